"""Keywords that judge several researches together, as a sample with its interval."""

from __future__ import annotations

from typing import Any, Literal

from robotlibcore import keyword

from theodore_qa.errors import QaError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from TheodoreLibrary import research_checks, samples
from TheodoreLibrary.jobs import Job

FEWEST = 2


class SampleKeywords:
    """Consistency, accuracy, sources and false positives over several researches."""

    @keyword(tags=("research", "quality"))
    def researches_should_agree(
        self, researches: list[Any], over: Literal["repeated", "providers", "renewed"] = "repeated", *, at_least: float = 1.0
    ) -> None:
        """Checks that researches of one company have the same facts, whichever of them is asked.

        Facts and classifications are compared, lists whatever their order; sentences may differ. A value counts as the same if it
        is that of most researches.

        Args:
            researches: At least two researches of one company that were followed to their end.
            over: What they differ in, which names the check: repeated, providers or renewed; repeated by default.
            at_least: The least share of values that are the same, above 0 and up to 1; 1 by default.

        Raises:
            QaError: Too few values are the same; those that differ are named with the research that has them.

        Example:

        ```robotframework
        ${first} =    Research With Provider    Linear    openai
        ${second} =    Research With Provider    Linear    gemini
        VAR    @{both}    ${first}    ${second}
        Researches Should Agree    ${both}    over=providers
        ```
        """
        jobs = _ended(researches, FEWEST, at_least)
        if len({job.company for job in jobs}) > 1:
            raise UsageError("The researches are of several companies: only those of one can agree.")
        if len(set(map(id, jobs))) < len(jobs):
            raise UsageError("A research is in the list twice: it agrees with itself whatever it says.")
        checks = Checks("Agreement", jobs[0].company)
        for job in jobs:
            checks.equal("research.status", "completed", job.status)
        samples.agree(checks, f"quality.consistency.{over}", jobs, at_least)
        checks.conclude()

    @keyword(tags=("research", "quality"))
    def researches_should_be_true(self, researches: list[Any], truths: list[dict[str, Any]], *, at_least: float = 1.0) -> None:
        """Checks the known facts of several researches, with the interval of the share that is right.

        Args:
            researches: Researches that were followed to their end. One without a record has none of its facts right.
            truths: The true facts of each company, as `TestDataLibrary.Get Company` returns them.
            at_least: The least share of facts that are right, above 0 and up to 1; 1 by default.

        Raises:
            QaError: Too few facts are right; the first wrong ones are named.

        Example:

        ```robotframework
        ${truth} =    Get Company    Slack
        ${research} =    Research Company    Slack
        Researches Should Be True    ${{[$research]}}    ${{[$truth]}}
        ```
        """
        jobs = _ended(researches, 1, at_least)
        known = {truth["name"]: truth for truth in truths}
        if lacking := [job.company for job in jobs if job.company not in known]:
            raise UsageError(f"The truths lack {', '.join(lacking)}: take each company's from Get Company.")
        checks = Checks("Accuracy", plural(len(jobs), "research"))
        samples.true(checks, jobs, known, at_least)
        checks.conclude()

    @keyword(tags=("research", "quality"))
    def facts_should_be_attributed(self, researches: list[Any], *, at_least: float = 1.0) -> None:
        """Checks that each fact that records state stands on a page that was read for it, with the interval of the share.

        Without the calls of the link web this is NOT EVALUATED.

        Args:
            researches: Researches that were followed to their end.
            at_least: The least share of facts that are on a page, above 0 and up to 1; 1 by default.

        Raises:
            QaError: Too few facts are on a page; the first of the others are named.

        Example:

        ```robotframework
        ${research} =    Research Company    Slack
        Facts Should Be Attributed    ${{[$research]}}
        ```
        """
        jobs = _ended(researches, 1, at_least)
        checks = Checks("Sources", plural(len(jobs), "research"))
        samples.attributed(checks, jobs, at_least)
        checks.conclude()

    @keyword(tags=("research", "quality"))
    def nothing_should_have_been_found(self, *researches: Job) -> None:
        """Checks that no research of a company that does not exist has a record, and that each was looked for.

        Args:
            researches: Researches of names that nobody bears.

        Raises:
            QaError: A research completed, or has a record.

        Example:

        ```robotframework
        ${research} =    Research Company    Fake Corp ABC456
        Nothing Should Have Been Found    ${research}
        ```
        """
        jobs = _ended(list(researches), 1, 1.0)
        checks = Checks("False positives", plural(len(jobs), "name"))
        samples.found_nothing(checks, jobs)
        checks.conclude()


def _ended(researches: list[Any], fewest: int, at_least: float) -> list[Job]:
    if not 0 < at_least <= 1:
        raise UsageError(f"at_least is {at_least:g}, expected a share above 0 and up to 1.")
    if len(researches) < fewest or not all(isinstance(research, Job) for research in researches):
        raise UsageError(f"Expected a list of at least {plural(fewest, 'research')}, as Research Company returns them.")
    for research in researches:
        if not research_checks.ended(research):
            raise QaError(f"The {research} was not followed to its end: use Follow Research first.")
    return list(researches)
