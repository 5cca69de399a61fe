"""Keywords that compare a research with what the scenarios of the enterprise testing ticket expect."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from theodore_qa.errors import QaError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import written
from theodore_qa.timing import seconds
from TheodoreLibrary import outcomes, research_checks, thresholds
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints


class ExpectationKeywords:
    """Outcomes, quality checks and thresholds by name."""

    @keyword(tags=("research", "expectation"))
    def outcome_should_be(
        self, research: Job, outcome: str, expected: bool = True, *, truth: dict[str, Any]
    ) -> None:  # a column of a table
        """Checks one expected outcome of a research.

        Args:
            research: A research that was followed to its end.
            outcome: The name of an outcome, such as company_found or industry_identified.
            expected: True by default. Only company_found may be False.
            truth: The true facts of the company, as `TestDataLibrary.Get Company` returns them.

        Raises:
            UsageError: The outcome is unknown; the error names the nearest one.
            QaError: The research was not followed to its end.

        Example:

        ```robotframework
        ${truth} =    Get Company    Salesforce
        ${research} =    Research Company    Salesforce
        Outcome Should Be    ${research}    company_found    True    truth=${truth}
        ```
        """
        judge = outcomes.named(outcome, outcomes.OUTCOMES, "outcome")
        if not isinstance(expected, bool):
            raise UsageError(f"The outcome {outcome} is expected to be '{expected}': write True, or for company_found False.")
        if not expected and judge is not outcomes.company_found:
            raise UsageError(f"The outcome {outcome} cannot be expected to be False: only company_found can.")
        checks = _checks(research, f"Outcome {outcome}")
        judge(checks, research, truth, expected)
        checks.conclude()

    @keyword(tags=("research", "expectation"))
    def quality_check_should_pass(self, research: Job, check: str, *, truth: dict[str, Any]) -> None:
        """Checks one aspect of a research's data quality.

        Args:
            research: A research that was followed to its end.
            check: The name of a quality check, such as company_name_accuracy, description_quality or error_message_clarity.
            truth: The true facts of the company, as `TestDataLibrary.Get Company` returns them.

        Example:

        ```robotframework
        ${truth} =    Get Company    Salesforce
        ${research} =    Research Company    Salesforce
        Quality Check Should Pass    ${research}    description_quality    truth=${truth}
        ```
        """
        judge = outcomes.named(check, outcomes.QUALITY, "quality check")
        checks = _checks(research, f"Quality check {check}")
        judge(checks, research, truth, True)  # one signature for all
        checks.conclude()

    @keyword(tags=("research", "expectation"))
    def duration_should_be_within(
        self, research: Job, threshold: str, *, scenario: str | None = None, limit: str | None = None
    ) -> None:
        """Checks a duration of a research against a limit.

        Total durations are measured by our own clock. The duration of a phase is what the system reports, and must be at least as
        long as the calls over its link took; one that is not reported is NOT EVALUATED. Exactly one of ``scenario`` and ``limit``
        is needed.

        Args:
            research: A research that was followed to its end.
            threshold: The name of a threshold, such as total_duration_seconds or ai_operation_duration_seconds.
            scenario: The scenario in variables/thresholds.yaml whose limit applies; none by default.
            limit: A limit of your own instead of the scenario's, such as 30 s; none by default.

        Example:

        ```robotframework
        ${research} =    Research Company    Salesforce
        Duration Should Be Within    ${research}    total_duration_seconds    scenario=enterprise_saas_research
        ```
        """
        if (scenario is None) == (limit is None):
            raise QaError("Give either scenario= (a name in variables/thresholds.yaml) or limit= (such as 30 s).")
        allowed = seconds(limit) if limit else thresholds.limit_of(str(scenario), threshold)
        checks = _checks(research, f"Duration {threshold}")
        thresholds.check(checks, research, threshold, allowed)
        checks.conclude()

    @keyword(tags=("research", "expectation"))
    def research_should_be_about_its_own_company(self, research: Job) -> None:
        """Checks that a completed research holds data about its company, from pages of that company alone.

        Each fact must be on a fetched page as it is. Of each sentence, at least half of the longer words and every number must be
        on the pages. Classifications, such as the industry, are compared with the truth by other keywords.

        Args:
            research: A research that was followed to its end.

        Example:

        ```robotframework
        ${research} =    Research Company    SAP
        Research Should Be About Its Own Company    ${research}
        ```
        """
        checks = _checks(research, "Own company")
        research_checks.has_data(checks, research)
        research_checks.names_company(checks, research)
        research_checks.own_pages(checks, research)
        research_checks.grounded(checks, research)
        research_checks.valid_fields(checks, research)
        checks.conclude()

    @keyword(tags=("research", "expectation"))
    def confidence_should_be_higher(self, research: Job, than: Job, *, at_least: float = 0.1) -> None:
        """Checks that a well documented company has a higher confidence score than a hardly documented one.

        Args:
            research: The research of the well documented company.
            than: The research of the hardly documented company.
            at_least: The least difference of the scores; 0.1 by default.

        Example:

        ```robotframework
        ${known} =    Research Company    Salesforce
        ${thin} =    Research Company    Acme Startup Inc
        Confidence Should Be Higher    ${known}    than=${thin}
        ```
        """
        scores = [(job.record or {}).get("confidence_score") for job in (research, than)]
        checks = Checks("Confidence", f"{research.company} and {than.company}")
        numeric = all(isinstance(score, int | float) for score in scores)
        holds = numeric and scores[0] - scores[1] >= at_least  # type: ignore[operator]  # both are numbers here
        checks.that(
            "research.confidence_distinguishes",
            holds,
            f"a score higher by at least {at_least}",
            f"{written(scores[0])} for {research.company}, {written(scores[1])} for {than.company}",
            n=2,
        )
        checks.conclude()


def _checks(research: Job, title: str) -> Checks:
    if not research_checks.ended(research):
        raise QaError(f"The {research} was not followed to its end: use Follow Research first.")
    return Checks(title, research.company)
