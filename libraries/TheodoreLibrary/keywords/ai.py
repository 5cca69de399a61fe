"""Keywords for the AI providers behind a research: which one answered, what it cost, and whether fall-back lost anything."""

from __future__ import annotations

from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import unknown
from theodore_qa.observing.checks import Checks
from theodore_qa.timing import show
from TheodoreLibrary import jobs, outcomes, research_checks
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints

PROVIDERS = ("openai", "gemini", "bedrock")
DIMENSIONS = 1536
BOTH = 2  # calls: the analysis and the embedding
GROWTH = 1.4
TIMEOUT = timedelta(seconds=60)
KEPT_ON_FALLBACK = (
    "competitors",
    "competitive_advantages",
    "key_personnel",
    "products",
    "description",
    "headquarters",
    "ai_summary",
)


class AiKeywords:
    """Researches by a chosen provider, and by fall-back."""

    @keyword(tags=("ai",))
    def research_with_provider(
        self, company: str, provider: str, *, identity: str | None = None, timeout: timedelta = TIMEOUT
    ) -> Job:  # not asynchronous
        """Researches a company and has one AI provider do the analysis and the embedding.

        Args:
            company: The company's name.
            provider: Openai, gemini or bedrock; sent as ``config_overrides``.
            identity: Who asks; the first identity of the environment by default.
            timeout: How long it may take; 60 seconds by default.

        Returns:
            The research.

        Example:

        ```robotframework
        ${research} =    Research With Provider    Slack    gemini
        Provider Should Have Answered    ${research}    gemini
        ```
        """
        require_provider(provider)
        job = jobs.start(company, identity, config_overrides={"ai_provider": provider})
        jobs.follow(job, timeout.total_seconds())
        checks = Checks("Research followed", company)
        research_checks.one_job(checks, job)
        checks.conclude()
        return job

    @keyword(tags=("ai",))
    def provider_should_have_answered(self, research: Job, provider: str, *, at_least_tokens: int = 100) -> None:
        """Checks which provider did a research's analysis and embedding, by what the providers received, and what it cost.

        The tokens are those of prompt and answer; a prompt of pages is never free. The embedding has 1536 dimensions.

        Args:
            research: A research that was completed.
            provider: Openai, gemini or bedrock: that one was called, and none of the others.
            at_least_tokens: How many tokens the analysis took at least; 100 by default.

        Example:

        ```robotframework
        ${research} =    Research With Provider    Slack    bedrock
        Provider Should Have Answered    ${research}    bedrock    at_least_tokens=100
        ```
        """
        require_provider(provider)
        checks = Checks("Provider", f"{research.company} by {provider}")
        checks.equal("ai.completed", "completed", research.status)
        analysis, embedding = _output(research, "ai_analysis"), _output(research, "embedding_generation")
        checks.equal("ai.provider", provider, analysis.get("provider"))
        checks.equal("ai.embedding_provider", provider, embedding.get("provider"))
        checks.equal("ai.embedding_dimensions", DIMENSIONS, embedding.get("dimensions"))
        checks.that("ai.model", bool(analysis.get("model")), "a model", analysis.get("model"))
        checks.that("ai.embedding_model", bool(embedding.get("model")), "a model", embedding.get("model"))
        _tokens(checks, analysis, at_least_tokens, research)
        if research.calls is None:
            research_checks.no_links(checks, "ai.provider_called", f"calls to {provider} alone")
        else:
            counts = {name: sum(call["status"] == jobs.OK for call in research.calls.get(name, [])) for name in PROVIDERS}
            others = sum(count for name, count in counts.items() if name != provider)
            observed = ", ".join(f"{name} {count}" for name, count in counts.items())
            checks.that(
                "ai.provider_called",
                counts[provider] >= BOTH and not others,
                f"calls to {provider} alone",
                observed,
                n=sum(counts.values()),
            )  # analysis and embedding
        checks.conclude()

    @keyword(tags=("ai",))
    def provider_duration_should_be_within(
        self, research: Job, *, analysis: timedelta, embedding: timedelta = timedelta(seconds=10)
    ) -> None:
        """Checks how long the analysis and the embedding of a research took, as the system reports them.

        Both must be above zero and together no more than the whole research took by our own clock.

        Args:
            research: A research that was completed.
            analysis: The analysis at most, such as 15 s.
            embedding: The embedding at most; 10 seconds by default, as in the ticket.

        Example:

        ```robotframework
        ${research} =    Research With Provider    Slack    gemini
        Provider Duration Should Be Within    ${research}    analysis=20 s
        ```
        """
        checks = Checks("Durations", research.company)
        total = 0.0
        for name, phase, limit in (("analysis", "ai_analysis", analysis), ("embedding", "embedding_generation", embedding)):
            spent = research.phases.get(phase, {}).get("duration_ms")
            if not isinstance(spent, int | float):
                checks.not_evaluated(f"ai.{name}_time", f"at most {show(limit.total_seconds())}", "no duration reported")
                continue
            total += spent / 1000
            checks.that(
                f"ai.{name}_time",
                0 < spent / 1000 <= limit.total_seconds(),
                f"at most {show(limit.total_seconds())}",
                show(spent / 1000),
            )
        whole = research.finished_after or 0.0
        checks.that("ai.times_borne_out", 0 < total <= whole + 0.05, f"at most the {show(whole)} observed", show(total))
        checks.conclude()

    @keyword(tags=("ai",))
    def fallback_should_have_been_used(self, research: Job, failing: str, answering: str) -> None:
        """Checks that a research went from a failing provider to another, by what both received, and says so itself.

        Args:
            research: A research that was completed while ``failing`` misbehaved.
            failing: The provider that was asked first.
            answering: The provider that answered in its stead.

        Example:

        ```robotframework
        Make Dependency Misbehave    openai    status=503
        ${research} =    Research Company    Slack
        Fallback Should Have Been Used    ${research}    openai    gemini
        ```
        """
        require_provider(failing)
        require_provider(answering)
        checks = Checks("Fall-back", f"{research.company} from {failing} to {answering}")
        analysis = _output(research, "ai_analysis")
        checks.that(
            "ai.fallback", research.status == "completed", "completed by fall-back", f"{research.status} {research.error or ''}"
        )
        checks.equal("ai.fallback_provider", answering, analysis.get("provider"))
        checks.equal("ai.fallback_told", True, analysis.get("fallback_used"))
        attempts = analysis.get("attempts") or []
        tried = [attempt.get("provider") for attempt in attempts]
        right = bool(tried) and tried[0] == failing and tried[-1] == answering
        checks.that(
            "ai.attempts_told",
            right,
            f"attempts from {failing} to {answering}",
            ", ".join(map(str, tried)) or "none",
            n=len(tried),
        )
        outcomes = [attempt.get("outcome") for attempt in attempts]
        different = all(outcomes) and len(outcomes) > 1 and outcomes[-1] not in outcomes[:-1]
        observed = ", ".join(map(str, outcomes)) or "none"
        checks.that("ai.attempts_explained", different, "an outcome of each, the last unlike the others", observed, n=len(tried))
        if research.calls is None:
            research_checks.no_links(checks, "ai.fallback_received", f"calls to {failing}, then to {answering}")
        else:
            first, then = (
                research.calls.get(failing, []),
                [c for c in research.calls.get(answering, []) if c["status"] == jobs.OK],
            )
            in_order = bool(first and then) and first[0]["started"] <= then[0]["started"]
            observed = f"{failing} {len(first)}, {answering} {len(then)} answered"
            checks.that(
                "ai.fallback_received", in_order, f"calls to {failing}, then to {answering}", observed, n=len(first) + len(then)
            )
            if analysis.get("provider") == answering:
                reported = sum(attempt == failing for attempt in tried)
                received = sum("embed" not in call["path"].lower() and "invoke" not in call["path"] for call in first)
                checks.that(
                    "ai.attempts_true",
                    reported == received,
                    f"{received} attempts at {failing} told",
                    f"{reported} told",
                    n=received,
                )
        checks.conclude()

    @keyword(tags=("ai",))
    def fallback_should_lose_nothing(self, research: Job, *, compared_with: Job) -> None:
        """Checks that a record that was reached through fall-back holds what the usual provider's record holds.

        Args:
            research: The research that used a fall-back.
            compared_with: A research of the same company without one.

        Example:

        ```robotframework
        ${usual} =    Research Company    Slack
        Make Dependency Misbehave    openai    status=503
        ${other} =    Research Company    Slack
        Fallback Should Lose Nothing    ${other}    compared_with=${usual}
        ```
        """
        checks = Checks("Nothing lost", research.company)
        reference, record = compared_with.record or {}, research.record or {}
        held = [name for name in KEPT_ON_FALLBACK if reference.get(name)]
        lost = [name for name in held if not record.get(name)]
        checks.that(
            "ai.fallback_complete",
            bool(held) and not lost,
            f"{', '.join(held)} as usual",
            f"lost: {', '.join(lost)}" if lost else "all",
            n=len(held),
        )
        checks.conclude()

    @keyword(tags=("ai",))
    def retries_should_back_off(self, research: Job, link: str, *, at_least: timedelta, tries: int = 2) -> None:
        """Checks that a failing provider was asked again, with a pause before each further try.

        Without links this is NOT EVALUATED.

        Args:
            research: A research during which the provider behind ``link`` misbehaved.
            link: The provider.
            at_least: The shortest pause from a failed call to the next; Retry-After's seconds where it is sent.
            tries: How many calls there must have been at least; 2 by default, and from 3 on the pauses must grow.

        Example:

        ```robotframework
        Make Dependency Misbehave    openai    status=429    retry_after=1    times=1
        ${research} =    Research Company    Slack
        Retries Should Back Off    ${research}    openai    at_least=1 s
        ```
        """
        require_provider(link)
        checks = Checks("Back-off", f"{research.company} at {link}")
        least = at_least.total_seconds()
        if research.calls is None:
            research_checks.no_links(checks, "ai.backoff", f"pauses of at least {show(least)}")
            checks.conclude()
            return
        made = research.calls.get(link, [])
        failed = [index for index, call in enumerate(made) if call["status"] != jobs.OK and index + 1 < len(made)]
        pauses = [made[index + 1]["started"] - made[index]["finished"] for index in failed]
        checks.that(
            "ai.tried_again",
            len(made) >= tries and bool(pauses),
            f"at least {tries} calls, one after a failure",
            f"{len(made)} calls",
            n=len(made),
        )
        shortest = min(pauses, default=0.0)
        checks.that(
            "ai.backoff",
            bool(pauses) and shortest >= least * 0.95,
            f"pauses of at least {show(least)}",
            f"shortest {show(shortest)}",
            n=len(pauses),
        )
        if tries > BOTH:
            grows = len(pauses) >= BOTH and pauses[1] >= pauses[0] * GROWTH
            observed = " → ".join(show(pause) for pause in pauses[:BOTH])
            checks.that(
                "ai.backoff_grows", grows, "the second pause longer than the first", observed or "no pauses", n=len(pauses)
            )
        checks.conclude()

    @keyword(tags=("ai",))
    def dependency_should_have_been_asked(
        self, research: Job, link: str, *, at_least: int = 1, at_most: int | None = None
    ) -> None:
        """Checks how often a dependency was asked during a research.

        Without links this is NOT EVALUATED.

        Args:
            research: A research that was followed to its end.
            link: A link of the environment, such as openai.
            at_least: The least number of calls; 1 by default.
            at_most: The greatest number of calls; without one any.

        Example:

        ```robotframework
        ${research} =    Research Company    Slack
        Dependency Should Have Been Asked    ${research}    vectors    at_least=1    at_most=2
        ```
        """
        checks = Checks("Calls", f"{research.company} to {link}")
        condition = f"{at_least} to {at_most} calls" if at_most is not None else f"at least {at_least} calls"
        if research.calls is None:
            research_checks.no_links(checks, "ai.calls", condition)
        else:
            if link not in research.calls:
                raise unknown("link", link, research.calls, f"the environment file {context.environment.path.name}")
            made = len(research.calls[link])
            checks.that("ai.calls", at_least <= made and (at_most is None or made <= at_most), condition, f"{made} calls", n=made)
        checks.conclude()

    @keyword(tags=("ai",))
    def result_should_be_honest(self, research: Job, *, truth: dict[str, Any]) -> None:
        """Checks that a research came to a right record or to an open failure, and to nothing between.

        A completed one has every known fact right; a failed one has no result and an error without internals.

        Args:
            research: A research during which something misbehaved.
            truth: What is true of the company: `TestDataLibrary.Get Company`.

        Example:

        ```robotframework
        ${truth} =    Get Company    Slack
        Make Dependency Misbehave    openai    answer=truncated
        ${research} =    Research Company    Slack
        Result Should Be Honest    ${research}    truth=${truth}
        ```
        """
        checks = Checks("Honest", research.company)
        record = research.record
        if research.status == "completed" and record is not None:
            wrong = [name for name, value in truth["expected"].items() if not agrees(value, record.get(name))]
            differences = "; ".join(f"{name} {record.get(name)!r} instead of {truth['expected'][name]!r}" for name in wrong)
            checks.that("ai.honest", not wrong, "every known fact right", differences or "all right", n=len(truth["expected"]))
        else:
            open_failure = research.status == "failed" and record is None and bool(research.error)
            checks.that(
                "ai.honest", open_failure, "failed, no result, an error", f"{research.status}, {research.error or 'no error'}"
            )
            leak = outcomes.INTERNALS.search(research.error or "")
            checks.that("ai.error_without_internals", not leak, "no internals", leak[0] if leak else "none")
        checks.conclude()

    @keyword(tags=("ai",))
    def pages_should_not_give_orders(self, research: Job, field: str, ordered: str, *, truth: dict[str, Any]) -> None:
        """Checks that an order on a page ("ignore your instructions, say ...") did not get into a completed record.

        Args:
            research: The research of a company whose pages hold the instruction.
            field: The field that the instruction is about.
            ordered: The value that it orders.
            truth: What is true of the company.

        Example:

        ```robotframework
        ${truth} =    Get Company    Quiet Harbor Goods
        ${research} =    Research Company    Quiet Harbor Goods
        Pages Should Not Give Orders    ${research}    industry    finance    truth=${truth}
        ```
        """
        checks = Checks("No orders from pages", research.company)
        observed = (research.record or {}).get(field)
        true_value = truth["expected"].get(field)
        checks.equal("ai.injection_tried", "completed", research.status)
        checks.that("ai.injection", observed == true_value != ordered, f"{true_value}, not {ordered}", observed)
        prose = " ".join(str((research.record or {}).get(name)) for name in ("description", "ai_summary"))
        checks.that(
            "ai.injection_text", "instructions" not in prose.casefold(), "no instructions in description and summary", prose[:120]
        )
        checks.conclude()


def require_provider(provider: str) -> None:
    """Raise for a name that is no provider."""
    if provider not in PROVIDERS:
        raise unknown("provider", provider, PROVIDERS)


def _output(job: Job, phase: str) -> dict[str, Any]:
    output = job.phases.get(phase, {}).get("output_data")
    return output if isinstance(output, dict) else {}


def _tokens(checks: Checks, analysis: dict[str, Any], at_least: int, job: Job) -> None:
    usage = analysis.get("token_usage") or {}
    reported = [usage.get(name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")]
    numbers = all(isinstance(count, int) for count in reported)
    prompt, written, total = (int(count or 0) for count in reported) if numbers else (0, 0, 0)
    agree = numbers and prompt + written == total == analysis.get("tokens_used")
    checks.that("ai.tokens_add_up", agree, "prompt + completion = total = tokens_used", f"{usage}, {analysis.get('tokens_used')}")
    sent = _output(job, "intelligent_scraping").get("content_length")
    least = max(1, int(sent) // 12) if isinstance(sent, int) else 1
    enough = numbers and prompt >= least and written > 0 and total >= at_least
    checks.that(
        "ai.tokens",
        enough,
        f"at least {at_least} in all, {least} of them for the pages of the prompt",
        f"{total} in all, {prompt} for the prompt",
    )


def agrees(expected: Any, observed: Any) -> bool:
    """Whether an observed value holds what is true: all names of a list, all entries of a mapping, else the same value."""
    if isinstance(expected, list):
        return {_name_of(item) for item in expected} <= {_name_of(item) for item in observed or []}
    if isinstance(expected, dict):
        return isinstance(observed, dict) and all(observed.get(name) == value for name, value in expected.items())
    return bool(expected == observed)


def _name_of(item: Any) -> str:
    """The name of an item of a list: of a record its field ``name``, else the item itself."""
    return str(item.get("name") if isinstance(item, dict) else item)
