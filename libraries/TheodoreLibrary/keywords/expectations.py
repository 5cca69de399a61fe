"""Keywords that hold a research against what the seed's scenarios expect of it."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from theodore_qa.errors import QaError, UsageError
from theodore_qa.observing.checks import Checks
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
            outcome: Its name, such as company_found or industry_identified; a misspelt one is answered with the nearest.
            expected: True by default; company_found may be False.
            truth: What is true of the company: `TestDataLibrary.Get Company`.

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
        """Makes one of the seed's data quality checks.

        Args:
            research: A research that was followed to its end.
            check: Its name, such as company_name_accuracy, description_quality, data_consistency, error_message_clarity.
            truth: What is true of the company: `TestDataLibrary.Get Company`.

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
        """Checks a duration against its threshold.

        Total durations are taken by our own clock. A phase's duration is what the system reports; it has to be at least the time
        that the calls over its link took. One that is not reported is NOT EVALUATED. The limits are those of the enterprise
        testing ticket.

        Args:
            research: A research that was followed to its end.
            threshold: Its name, such as total_duration_seconds or ai_operation_duration_seconds.
            scenario: The scenario in variables/thresholds.yaml that holds the limit.
            limit: A limit of your own instead, such as 30 s.

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
        """Checks that a completed research holds data, names the company, and stands on pages of that company alone.

        Facts have to stand on a fetched page as they are; sentences in their words, half of the longer ones at least, with each
        of their numbers. Classifications, such as the industry, are held against the truth elsewhere.

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
        """Checks that a well documented company gets a clearly higher confidence score than a hardly documented one.

        Args:
            research: The research of the well documented company.
            than: The research of the other.
            at_least: How much higher; 0.1 by default.

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
            f"higher by at least {at_least}",
            f"{scores[0]} and {scores[1]}",
            n=2,
        )
        checks.conclude()


def _checks(research: Job, title: str) -> Checks:
    if not research_checks.ended(research):
        raise QaError(f"The {research} was not followed to its end: use Follow Research first.")
    return Checks(title, research.company)
