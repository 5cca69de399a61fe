"""Keywords for the analyses that a research makes on request: of similar companies, and of competitors."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from theodore_qa.errors import QaError, UsageError
from theodore_qa.observing.checks import Checks
from TheodoreLibrary import analysis_checks, batches, jobs
from TheodoreLibrary.batches import Batch  # Robot converts arguments by these hints
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints

LONGEST = 60.0


class AnalysisKeywords:
    """Analyses within a research, compared with its record and with a discovery."""

    @keyword(tags=("research", "discovery"))
    def similarity_analysis_should_be_sound(self, research: Job, *, at_least: int = 1) -> None:
        """Checks the similarity analysis of a research that was started with ``include_similarity_analysis``.

        It must hold what holds for any discovery, and the same companies with the same scores as a discovery in the vector
        store, which is started for the comparison. Take it soon: what other users research meanwhile is in the one alone.

        Args:
            research: A completed research.
            at_least: The least number of similar companies; 1 by default.

        Raises:
            UsageError: The research did not request the analysis.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Adyen", "Square"]}}
        ${research} =    Research Company    Stripe    include_similarity_analysis=True
        Similarity Analysis Should Be Sound    ${research}    at_least=2
        ```
        """
        known, _ = _known(research, "include_similarity_analysis")
        checks = Checks("Similarity analysis", research.company)
        analysis_checks.similar(checks, research, known, at_least)
        checks.conclude()

    @keyword(tags=("research", "discovery"))
    def competitive_analysis_should_be_sound(self, research: Job) -> None:
        """Checks the competitive analysis of a research that was started with ``include_competitive_analysis``.

        It must name the competitors of the record in their order, its advantages and its position. Competitors that the tenant
        has researched must have the domain and the score of a discovery in the vector store, and others neither. Where it has
        researched none of them, the scores are NOT EVALUATED.

        Args:
            research: A completed research.

        Raises:
            UsageError: The research did not request the analysis.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Adyen", "Square"]}}
        ${research} =    Research Company    Stripe    include_competitive_analysis=True
        Competitive Analysis Should Be Sound    ${research}
        ```
        """
        known, names = _known(research, "include_competitive_analysis")
        checks = Checks("Competitive analysis", research.company)
        analysis_checks.competitive(checks, research, known, names)
        checks.conclude()

    @keyword(tags=("batch", "discovery"))
    def batch_analyses_should_be_sound(self, batch: Batch, *, at_least: int = 1) -> None:
        """Checks the analyses of each company of a batch that requested them, as those of single researches are checked.

        An analysis that was not requested must not be there. Of companies that are not known beforehand each makes its analysis
        with those before it alone: research them before, or with ``concurrency=1`` and each company once.

        Args:
            batch: A batch that has ended, started with ``include_similarity_analysis`` or ``include_competitive_analysis``.
            at_least: The least number of similar companies of each; 1 by default.

        Raises:
            UsageError: The batch requested no analysis.
            QaError: A company failed, so that it has no analysis.

        Example:

        ```robotframework
        Research Batch    ${{["Adyen", "Square", "Stripe"]}}
        ${batch} =    Start Batch Research    ${{["Stripe"]}}    include_similarity_analysis=True
        Follow Batch    ${batch}
        Batch Analyses Should Be Sound    ${batch}    at_least=2
        ```
        """
        requested = [name for name in analysis_checks.NAMES if batch.options.get(f"include_{name}")]
        if not requested:
            raise UsageError(f"The {batch} requested no analysis: start it with include_similarity_analysis=True, or the other.")
        for row in batches.outcomes(batch):
            research = analysis_checks.BatchedResearch(str(row.get("company_name")), batch.identity, batch.options, row)
            known, names = _known(research, f"include_{requested[0]}")
            checks = Checks("Analyses of a batch", research.company)
            if "similarity_analysis" in requested:
                analysis_checks.similar(checks, research, known, at_least)
            if "competitive_analysis" in requested:
                analysis_checks.competitive(checks, research, known, names)
            analysis_checks.absent(checks, research)
            checks.conclude()

    @keyword(tags=("research",))
    def research_should_have_no_other_analyses(self, research: Job) -> None:
        """Checks that a completed research has no analysis that was not requested.

        Args:
            research: A research.

        Raises:
            UsageError: The research requested both analyses.

        Example:

        ```robotframework
        ${research} =    Research Company    Stripe
        Research Should Have No Other Analyses    ${research}
        ```
        """
        if all(research.request.get(name) for name in ("include_similarity_analysis", "include_competitive_analysis")):
            raise UsageError(f"The {research} requested both analyses, so that there are no others.")
        checks = Checks("Analyses", research.company)
        analysis_checks.absent(checks, research)
        checks.conclude()


def _known(research: Job | analysis_checks.BatchedResearch, option: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The scores by domain, and the domains by name, of all companies that the tenant knows, by a discovery."""
    if not research.request.get(option):
        raise UsageError(f"The {research} was not started with {option}=True.")
    if research.status != "completed":
        raise QaError(f"The {research} has no analysis: expected status completed, observed {research.status}.")
    discovery = jobs.start(
        research.company,
        research.identity,
        jobs.DISCOVERY,
        limit=analysis_checks.MOST_KNOWN,
        similarity_threshold=0.0,
        source_preference=["vector"],
    )
    jobs.follow(discovery, LONGEST)
    jobs.leave_open(discovery)
    if discovery.status != "completed":
        raise QaError(
            f"The {discovery}, with which the analysis is compared, ended {discovery.status}: expected completed, "
            f"observed {discovery.error}."
        )
    companies = [(result.get("company") or {}, result.get("similarity_score")) for result in discovery.results]
    names = {str(company.get("name")).casefold(): str(company.get("domain")) for company, _ in companies}
    return {str(company.get("domain")): score for company, score in companies}, names
