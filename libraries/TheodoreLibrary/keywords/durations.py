"""Keywords for how long parts of a research took: phases by the system's word, calls of providers by the record of their link."""

from __future__ import annotations

from typing import Literal  # Robot converts arguments by these hints

from robotlibcore import keyword

from theodore_qa.errors import unknown
from theodore_qa.observing.checks import Checks
from theodore_qa.timing import show
from TheodoreLibrary import jobs, phases, providers, research_checks
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints

EMBEDDING = "embed"  # what the paths of all three providers' embeddings hold, and of no completion


class DurationKeywords:
    """Times that `Benchmark` can hold to a budget by ``timed_by=result``."""

    @keyword(tags=("research",))
    def get_phase_duration(self, research: Job, phase: str) -> float:
        """Returns how long a phase of a research took, as the system reports it, and checks that this can be.

        It has to be above zero, and no longer than the whole research took by our own clock.

        Args:
            research: A research that was completed.
            phase: domain_discovery, intelligent_scraping, ai_analysis, embedding_generation or vector_storage.

        Returns:
            The seconds.

        Raises:
            NotEvaluatedError: The system reports no duration.

        Example:

        ```robotframework
        ${research} =    Research Company    Slack
        ${seconds} =    Get Phase Duration    ${research}    vector_storage
        ```
        """
        if phase not in phases.PHASES:
            raise unknown("phase", phase, phases.PHASES, "a research")
        spent = research.phases.get(phase, {}).get("duration_ms")
        seconds = spent / 1000 if isinstance(spent, int | float) and not isinstance(spent, bool) else None
        return _plausible("research.phase_time", research, phase, seconds, "the system reports no duration")

    @keyword(tags=("ai",))
    def get_provider_call_duration(self, research: Job, provider: str, operation: Literal["completion", "embedding"]) -> float:
        """Returns how long a provider took to answer in a research, by the record of its link, and checks that this can be.

        It is the mean of the calls that were answered with 200. It has to be above zero, and no longer than the whole research
        took by our own clock.

        Args:
            research: A research by that provider, as `Research With Provider` returns it.
            provider: openai, gemini or bedrock.
            operation: completion, with which the pages are analysed, or embedding.

        Returns:
            The seconds.

        Raises:
            NotEvaluatedError: The environment names no links, or the provider was not called.

        Example:

        ```robotframework
        ${research} =    Research With Provider    Slack    openai
        ${seconds} =    Get Provider Call Duration    ${research}    openai    embedding
        ```
        """
        providers.require_provider(provider)
        if research.calls is None:
            checks = Checks("Durations", research.company)
            research_checks.no_links(checks, "ai.call_time", f"a time of the {operation} by {provider}")
            checks.conclude()
        spans = [
            call["finished"] - call["started"]
            for call in (research.calls or {}).get(provider, [])
            if call["status"] == jobs.OK and (EMBEDDING in call["path"].lower()) == (operation == "embedding")
        ]
        seconds = sum(spans) / len(spans) if spans else None
        what = f"{operation} by {provider}"
        return _plausible("ai.call_time", research, what, seconds, "the record of the link has no such call")


def _plausible(check: str, research: Job, what: str, seconds: float | None, lacking: str) -> float:
    """The seconds that a part of a research took, where they can be true."""
    checks = Checks("Durations", research.company)
    most = (research.finished_after or 0.0) + phases.CLOCKS_APART
    expected = f"{what} above 0 s and at most {show(most)}, as long as the research took"
    if seconds is None:
        checks.not_evaluated(check, expected, lacking)
    else:
        checks.that(check, 0 < seconds <= most, expected, show(seconds))
    checks.conclude()
    return seconds or 0.0
