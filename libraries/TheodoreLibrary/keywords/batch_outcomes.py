"""Keywords for what became of the companies of a batch."""

from __future__ import annotations

from typing import Any

from assertionengine import AssertionOperator  # Robot converts arguments by these hints
from robot.api import logger
from robotlibcore import keyword

from theodore_qa import artefacts
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.assertions import asserted
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from TheodoreLibrary import batch_checks, batches
from TheodoreLibrary.batches import Batch  # Robot converts arguments by these hints

MOST_SHOWN = 50
COLUMNS = ("Company", "Status", "Attempts", "Reason")


class BatchOutcomeKeywords:
    """The outcomes of a batch."""

    @keyword(tags=("batch",))
    def get_batch_outcomes(self, batch: Batch) -> list[dict[str, Any]]:
        """Returns what became of each company: position, company_name, custom_id, status, attempts, error and result.

        The log shows up to 50 that failed, each with its reason; a CSV file beside the evidence has them all.

        Args:
            batch: A batch that has ended.

        Raises:
            QaError: The outcomes cannot be downloaded, for example because the batch has not ended.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens"]}}
        ${outcomes} =    Get Batch Outcomes    ${batch}
        Observe    status of the first company    completed    ${outcomes}[0][status]
        ```
        """
        return _outcomes(batch)

    @keyword(tags=("batch",))
    def get_batch_success_rate(
        self, batch: Batch, op: AssertionOperator = None, expected: float | None = None, message: str | None = None
    ) -> Any:
        """Returns the share of companies that completed, among all that were sent; compared if an operator is given.

        Companies that were lost, or never decided, count as not completed.

        Args:
            batch: A batch that has ended.
            op: An operator of AssertionEngine, such as ``>=``. Without one nothing is compared.
            expected: A share from 0 to 1, such as 0.8.
            message: The message of a failure; by default one that names both values.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens", "ABB"]}}
        Get Batch Success Rate    ${batch}    >=    0.8
        ```
        """
        rate = round(batch_checks.success_rate(batch, _outcomes(batch)), 4)
        return asserted("batch.success_rate", rate, op, expected, message, subject=batch.id)

    @keyword(tags=("batch",))
    def get_batch_throughput(
        self, batch: Batch, op: AssertionOperator = None, expected: float | None = None, message: str | None = None
    ) -> Any:
        """Returns how many companies a second had an outcome, by our clock from the request to the end.

        Args:
            batch: A batch that was followed to its end without a pause.
            op: An operator of AssertionEngine, such as ``>``. Without one nothing is compared.
            expected: Companies a second.
            message: The message of a failure; by default one that names both values.

        Raises:
            UsageError: The batch was not followed to its end.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens", "ABB"]}}
        Get Batch Throughput    ${batch}    >    0.05
        ```
        """
        if not batch.finished_after:
            raise UsageError(f"The {batch} was not followed to its end: call Follow Batch first.")
        decided = [row for row in _outcomes(batch) if row.get("status") in batch_checks.ENDS]
        rate = round(len(decided) / batch.finished_after, 3)
        return asserted("batch.throughput", rate, op, expected, message, subject=batch.id)

    @keyword(tags=("batch",))
    def each_company_should_have_one_outcome(self, batch: Batch, *, max_retries: int = 3, readings: bool = True) -> None:
        """Checks that no company of a batch was lost, doubled, moved, mixed up with another or worked on again.

        Each company that was sent has one outcome in its place, each failure a reason, each record is about its company, and each
        company's site was read once. A batch that was paused, or whose system was restarted, may have read those at work again,
        at most as many as its concurrency for each break. Other work at the same time must be about other companies. Where the
        environment has no links, what was read is NOT EVALUATED.

        Args:
            batch: A batch that has ended by itself.
            max_retries: The most further attempts at a company; 3 by default.
            readings: Whether the readings of sites are looked at; True by default. Links do not keep those of thousands.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens", "ABB", "Fake Corp ABC456"]}}
        Each Company Should Have One Outcome    ${batch}
        ```
        """
        rows = _outcomes(batch)
        checks = Checks("Outcomes", batch.id)
        batch_checks.each_once(checks, batch, rows)
        batch_checks.undecided(checks, rows)
        batch_checks.attempts(checks, rows, 1 + max_retries)
        if any(row.get("status") == batches.COMPLETED for row in rows):
            batch_checks.own_records(checks, rows)
            if batch.kind == "research" and readings:
                batch_checks.worked_once(checks, batch, rows)
        checks.conclude()

    @keyword(tags=("batch",))
    def companies_should_be_found_by_hints(self, batch: Batch) -> None:
        """Checks that of companies of one name the one was researched whose industry and location were sent, and both came back.

        Where a name is that of a single company its hints show nothing: the batch needs companies of one name with different
        hints. The record of each must have its industry, as the contract names it, and its location among its places.

        Args:
            batch: A batch of researches that has ended, of companies with industry or location.

        Raises:
            UsageError: No name stands in the batch with different hints.

        Example:

        ```robotframework
        VAR    ${first} =    ${{ {"name": "Bread", "location": "Halifax"} }}
        VAR    ${second} =    ${{ {"name": "Bread", "location": "Ludlow"} }}
        ${batch} =    Research Batch    ${{[$first, $second]}}
        Companies Should Be Found By Hints    ${batch}
        ```
        """
        by_name: dict[str, set[tuple[Any, ...]]] = {}
        for company in batch.companies:
            hints = tuple(company.get(name) for name in batch_checks.HINTS)
            by_name.setdefault(company["name"], set()).update([hints] if any(hints) else [])
        if not any(len(hints) > 1 for hints in by_name.values()):
            raise UsageError(f"The {batch} has no two companies of one name with different industries or locations: add some.")
        checks = Checks("Hints", batch.id)
        rows = _outcomes(batch)
        batch_checks.hints_kept(checks, batch, rows)
        batch_checks.hints_used(checks, batch, rows)
        checks.conclude()

    @keyword(tags=("batch",))
    def discoveries_should_follow_hints(self, batch: Batch, researched: Batch) -> None:
        """Checks that a batch of discoveries looked for companies like those that industry and location mean.

        Each explanation must name the company that was researched by the same name and hints, and no match may be that company
        itself. The hints come back with each outcome.

        Args:
            batch: A batch of discoveries that has ended, with explanations, of companies with ``industry`` or ``location``.
            researched: A batch of researches of the same companies in the same order, each of which completed.

        Example:

        ```robotframework
        VAR    ${bread} =    ${{ {"name": "Bread", "location": "Halifax"} }}
        ${batch} =    Start Batch Discovery    ${{ [$bread] }}    similarity_threshold=0.2    deduplicate_results=False
        Follow Batch    ${batch}
        ${researched} =    Research Batch    ${{ [$bread] }}
        Discoveries Should Follow Hints    ${batch}    ${researched}
        ```
        """
        first, second = ([batch_checks.hinted(company) for company in each.companies] for each in (batch, researched))
        if first != second:
            raise UsageError(f"The {batch} and the {researched} are not of the same companies: pass the same list to both.")
        checks = Checks("Hints of discoveries", batch.id)
        rows = _outcomes(batch)
        batch_checks.hints_kept(checks, batch, rows)
        batch_checks.hints_of_discoveries(checks, rows, _outcomes(researched))
        checks.conclude()

    @keyword(tags=("batch",))
    def batch_numbers_should_add_up(self, batch: Batch) -> None:
        """Checks that completed, failed and pending make the total in each answer, never go back, and are those of the outcomes.

        The status at the end must be that of the outcomes: completed, partially_completed, failed or cancelled. When the batch
        was made and when it began stay the same in each answer, through pauses too, and its times are in order. An end that is
        estimated lies ahead, and a paused batch estimates none.

        Args:
            batch: A batch that was followed to its end.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens", "Fake Corp ABC456"]}}
        Batch Numbers Should Add Up    ${batch}
        ```
        """
        rows = _outcomes(batch)
        checks = Checks("Numbers", batch.id)
        batch_checks.numbers(checks, batch)
        batch_checks.times(checks, batch)
        batch_checks.final_status(checks, batch, rows)
        checks.conclude()

    @keyword(tags=("batch",))
    def batch_should_have_recovered(self, batch: Batch, *, at_least: int = 1) -> None:
        """Checks that companies whose first attempt failed were tried again and completed.

        A batch in which no company was tried again shows nothing of recovery: that is NOT EVALUATED.

        Args:
            batch: A batch during which something that it needs failed for a time.
            at_least: How many companies must have been tried again; 1 by default.

        Example:

        ```robotframework
        Make Dependency Misbehave    vectors    status=503    times=8
        ${batch} =    Research Batch    ${{["Siemens"]}}
        Batch Should Have Recovered    ${batch}
        ```
        """
        rows = _outcomes(batch)
        again = [row for row in rows if int(row.get("attempts") or 0) > 1]
        if len(again) < at_least:
            raise NotEvaluatedError(
                f"NOT EVALUATED: {len(again)} of {len(rows)} companies were tried again, expected at least {at_least}: let "
                "something that the batch needs fail longer."
            )
        lost = [f"{row.get('company_name')}: {row.get('error')}" for row in again if row.get("status") != batches.COMPLETED]
        checks = Checks("Recovery", batch.id)
        most = max(int(row["attempts"]) for row in again)
        observed = "; ".join(lost[:5]) or f"{len(again)} of {len(again)} completed after {plural(most, 'attempt')} at most"
        checks.that("batch.recovered", not lost, "a completed research after each retry", observed, n=len(again))
        checks.conclude()

    @keyword(tags=("batch",))
    def batch_should_be_successful(self, batch: Batch, *, at_least: float = 0.8) -> None:
        """Checks that enough companies of a batch completed, among all that were sent.

        Companies that were lost, or never decided, count as not completed. A completed one needs a record.

        Args:
            batch: A batch that has ended.
            at_least: The least share, from 0 to 1; 0.8 by default.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens", "ABB"]}}
        Batch Should Be Successful    ${batch}    at_least=0.8
        ```
        """
        rows, every = _outcomes(batch), len(batch.companies)
        done = sum(row.get("status") == batches.COMPLETED and bool(row.get("result")) for row in rows)
        checks = Checks("Success", batch.id)
        observed = f"{done} of {every} companies"
        checks.that("batch.success", done >= at_least * every, f"at least {at_least:.0%} of all companies", observed, n=every)
        checks.conclude()

    @keyword(tags=("batch",))
    def retries_should_have_ended(self, batch: Batch, *, max_retries: int) -> None:
        """Checks that companies that fail each time were tried as often as was requested, and not once more.

        Args:
            batch: A batch whose companies all failed while something that it needs did.
            max_retries: The number of further attempts that each was to get.

        Example:

        ```robotframework
        Make Dependency Misbehave    vectors    status=503
        ${batch} =    Research Batch    ${{["Siemens"]}}    max_retries=1
        Retries Should Have Ended    ${batch}    max_retries=1
        ```
        """
        rows = _outcomes(batch)
        failed = [row for row in rows if row.get("status") == batches.FAILED]
        checks = Checks("Retries", batch.id)
        tried = [row.get("attempts") for row in failed]
        expected = 1 + max_retries
        checks.that(
            "batch.retries_end",
            bool(tried) and set(tried) == {expected},
            f"{expected} attempts for each company that failed",
            f"attempts {written(tried)}",
            n=len(tried),
        )
        batch_checks.undecided(checks, rows)
        checks.conclude()

    @keyword(tags=("batch",))
    def batch_should_have_come_before(self, batch: Batch, later: Batch) -> None:
        """Checks that a batch ended before another one that was requested earlier and is less urgent.

        The two must have waited for the same places: where the other one had ended before this one was requested, this is NOT
        EVALUATED.

        Args:
            batch: The more urgent batch, which has ended.
            later: The less urgent one, which has ended too and was requested first.

        Example:

        ```robotframework
        ${working} =    Start Batch Research    ${{["Siemens"] * 25}}    concurrency=20
        ${low} =    Start Batch Research    ${{["Fake Corp ABC456"] * 40}}    priority=low    concurrency=20
        ${urgent} =    Start Batch Research    ${{["Fake Corp ABC456"] * 20}}    priority=urgent    concurrency=20
        Follow Batch    ${low}
        Follow Batch    ${urgent}
        Follow Batch    ${working}
        Batch Should Have Come Before    ${urgent}    ${low}
        ```
        """
        for other in (batch, later):
            if other.status not in batches.FINAL:
                raise UsageError(f"The {other} has not ended: call Follow Batch first.")
        checks = Checks("Order", f"{batch.id} before {later.id}")
        batch_checks.before(checks, batch, later)
        checks.conclude()

    @keyword(tags=("batch",))
    def batch_matches_should_be_distinct(self, batch: Batch) -> None:
        """Checks that a batch of discoveries found companies, and lists each of them once in all its results.

        The number that each company's result names must be that of its matches.

        Args:
            batch: A batch of discoveries that has ended, with duplicates taken out as is usual.

        Example:

        ```robotframework
        ${batch} =    Start Batch Discovery    ${{["Figma", "Stripe"]}}    limit=2
        Follow Batch    ${batch}
        Batch Matches Should Be Distinct    ${batch}
        ```
        """
        checks = Checks("Matches", batch.id)
        found = batch_checks.matches(checks, _outcomes(batch))
        twice = sorted({name for name in found if found.count(name) > 1})
        observed = f"twice: {', '.join(twice)}" if twice else f"{len(found)} of {len(found)} once"
        checks.that("batch.matches_distinct", not twice, "each company once", observed, n=len(found))
        checks.conclude()

    @keyword(tags=("batch",))
    def batch_matches_should_repeat(self, batch: Batch) -> None:
        """Checks that a batch of discoveries in which duplicates were to stay lists what was found for several companies.

        The number that each company's result names must be that of its matches.

        Args:
            batch: A batch with ``deduplicate_results=False`` that has ended, of companies that have similar ones in common.

        Example:

        ```robotframework
        ${batch} =    Start Batch Discovery    ${{["Stripe", "Adyen"]}}    limit=5    deduplicate_results=False
        Follow Batch    ${batch}
        Batch Matches Should Repeat    ${batch}
        ```
        """
        checks = Checks("Matches", batch.id)
        found = batch_checks.matches(checks, _outcomes(batch))
        twice = sorted({name for name in found if found.count(name) > 1})
        checks.that("batch.matches_repeat", bool(twice), "a company that was found for several", written(twice), n=len(found))
        checks.conclude()


def _outcomes(batch: Batch) -> list[dict[str, Any]]:
    rows = batches.outcomes(batch)
    failed = [
        (row.get("company_name"), row.get("status"), row.get("attempts"), row.get("error"))
        for row in rows
        if row.get("status") != batches.COMPLETED
    ]
    if failed:
        title = f"{len(failed)} of {len(rows)} companies without a record"
        log_table(title, COLUMNS, failed[:MOST_SHOWN])
        path = artefacts.write_csv(f"failed-companies-{batch.id}", COLUMNS, failed)
        logger.info(f"All {len(failed)} are in {path}.")
    return rows
