"""Keywords for batches: started, followed, paused, resumed and cancelled."""

from __future__ import annotations

import time
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from assertionengine import AssertionOperator  # Robot converts arguments by these hints
from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.assertions import asserted
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import course, plural
from theodore_qa.systems import conformance, links
from theodore_qa.timing import show
from TheodoreLibrary import batch_checks, batches
from TheodoreLibrary.batches import Batch  # Robot converts arguments by these hints

TIMEOUT = timedelta(seconds=120)
SETTLE = timedelta(seconds=1)
OK, CONFLICT = 200, 409
RESEARCH, DISCOVERY = "research", "discovery"


class BatchKeywords:
    """Batches from their start to their end."""

    @keyword(tags=("batch", "precondition"))
    def start_batch_research(
        self,
        companies: list[Any],
        *,
        file_id: str | None = None,
        concurrency: int | None = None,
        max_retries: int | None = None,
        retry_failed: bool | None = None,
        output_format: str | None = None,
        output_location: str | None = None,
        webhook_url: str | None = None,
        config_overrides: dict[str, Any] | None = None,
        include_similarity_analysis: bool | None = None,
        include_competitive_analysis: bool | None = None,
        priority: str | None = None,
        identity: str | None = None,
    ) -> Batch:
        """Starts the research of many companies, and checks that the accepted batch has them all before it.

        The batch is cancelled if the test ends before it.

        Args:
            companies: Names, or dictionaries with name and, where known, website, domain, industry, location, custom_id and
                metadata. Each without a ``custom_id`` gets one, by which its outcome is known.
            file_id: An uploaded file that holds the same companies: it is sent in their place. None by default.
            concurrency: How many companies are researched at once, from 1 to 20; by default the system decides.
            max_retries: How often a company is tried again, from 0 to 10; by default the system decides.
            retry_failed: Whether a company is tried again at all; by default the system decides.
            output_format: The format of the results: json, csv, excel, xml or yaml; json by default.
            output_location: The name of the file of the results; by default the system decides.
            webhook_url: An address to which the end is sent; none by default.
            config_overrides: Settings of this batch alone, such as ``timeout_per_company`` in seconds; none by default.
            include_similarity_analysis: Whether each outcome has its similar companies; by default the system decides.
            include_competitive_analysis: Whether each outcome has its competitors; by default the system decides.
            priority: How urgent it is: low, normal, high or urgent; by default the system decides.
            identity: The identity that sends the requests; by default the first one of the environment.

        Returns:
            The batch, for other keywords. It has ``${batch.id}``, ``${batch.status}`` and ``${batch.names}``.

        Raises:
            QaError: The system does not accept the batch with status 200 and a job_id.

        Example:

        ```robotframework
        ${batch} =    Start Batch Research    ${{["Siemens", "ABB"]}}    concurrency=2
        Follow Batch    ${batch}    timeout=60 s
        Get Batch Status    ${batch}    ==    completed
        ```
        """
        options: dict[str, Any] = {"concurrency": concurrency, "max_retries": max_retries, "retry_failed": retry_failed}
        options |= {
            "output_format": output_format,
            "output_location": output_location,
            "webhook_url": webhook_url,
            "config_overrides": config_overrides,
            "priority": priority,
            "include_similarity_analysis": include_similarity_analysis,
            "include_competitive_analysis": include_competitive_analysis,
        }
        listed = batches.as_companies(companies) if file_id is None else [dict(entry) for entry in companies]
        return _accepted(batches.start(listed, identity, RESEARCH, file_id, **options))

    @keyword(tags=("batch", "precondition"))
    def start_batch_discovery(
        self,
        companies: list[Any],
        *,
        limit: int = 3,
        similarity_threshold: float = 0.6,
        concurrency: int | None = None,
        deduplicate_results: bool | None = None,
        output_format: str | None = None,
        output_location: str | None = None,
        webhook_url: str | None = None,
        priority: str | None = None,
        identity: str | None = None,
    ) -> Batch:
        """Starts looking for companies that are similar to each of many. The batch is cancelled if the test ends before it.

        Args:
            companies: Names, or dictionaries with name.
            limit: The greatest number of similar companies for each, from 1 to 100; 3 by default.
            similarity_threshold: The least similarity, from 0 to 1; 0.6 by default.
            concurrency: How many companies are worked on at once, from 1 to 10; by default the system decides.
            deduplicate_results: Whether a company is listed once in all results; by default the system decides.
            output_format: The format of the results: json, csv, excel, xml or yaml; json by default.
            output_location: The name of the file of the results; by default the system decides.
            webhook_url: An address to which the end is sent; none by default.
            priority: How urgent it is: low, normal, high or urgent; by default the system decides.
            identity: The identity that sends the requests; by default the first one of the environment.

        Returns:
            The batch, for other keywords.

        Example:

        ```robotframework
        ${batch} =    Start Batch Discovery    ${{["Figma"]}}    limit=2
        Follow Batch    ${batch}
        Get Batch Status    ${batch}    ==    completed
        ```
        """
        config = {"company_name": "each", "limit": limit, "similarity_threshold": similarity_threshold}
        options: dict[str, Any] = {"concurrency": concurrency, "deduplicate_results": deduplicate_results}
        options |= {"output_format": output_format, "output_location": output_location}
        options |= {"webhook_url": webhook_url, "priority": priority}
        listed = batches.as_companies(companies)
        return _accepted(batches.start(listed, identity, DISCOVERY, discovery_config=config, **options))

    @keyword(tags=("batch", "precondition"))
    def follow_batch(self, batch: Batch, *, timeout: timedelta = TIMEOUT) -> Batch:
        """Follows a batch to its end: completed, partially_completed, failed or cancelled.

        Args:
            batch: A batch that `Start Batch Research` or `Start Batch Discovery` returned.
            timeout: The longest time from now to its end; 2 minutes by default.

        Returns:
            The batch.

        Raises:
            QaError: It does not end within ``timeout``, or a request for it fails. The error has its numbers.

        Example:

        ```robotframework
        ${batch} =    Start Batch Research    ${{["Siemens"]}}
        Follow Batch    ${batch}    timeout=60 s
        Get Batch Status    ${batch}    ==    completed
        ```
        """
        batches.follow(batch, timeout.total_seconds())
        log_table("Batch", ("Field", "Value"), list(batch.state.items()))
        return batch

    @keyword(tags=("batch", "precondition"))
    def research_batch(
        self,
        companies: list[Any],
        *,
        concurrency: int | None = None,
        max_retries: int | None = None,
        identity: str | None = None,
        timeout: timedelta = TIMEOUT,
    ) -> Batch:
        """Starts the research of many companies and follows it to its end, as `Start Batch Research` and `Follow Batch` do.

        Args:
            companies: Names, or dictionaries with name.
            concurrency: How many companies are researched at once, from 1 to 20; by default the system decides.
            max_retries: How often a company is tried again, from 0 to 10; by default the system decides.
            identity: The identity that sends the requests; by default the first one of the environment.
            timeout: The longest time; 2 minutes by default.

        Returns:
            The batch. Some of its companies, or all, may have failed: check it by other keywords.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens", "Fake Corp ABC456"]}}
        Get Batch Success Rate    ${batch}    ==    0.5
        ```
        """
        batch: Batch = self.start_batch_research(companies, concurrency=concurrency, max_retries=max_retries, identity=identity)
        return self.follow_batch(batch, timeout=timeout)  # type: ignore[no-any-return]  # the decorator hides the type

    @keyword(tags=("batch",))
    def get_batch_status(
        self, batch: Batch, op: AssertionOperator = None, expected: Any = None, message: str | None = None
    ) -> Any:
        """Requests the present status of a batch and returns it; compared with ``expected`` if an operator is given.

        Args:
            batch: A batch that was started.
            op: An operator of AssertionEngine, such as ``==`` or ``!=``. Without one nothing is compared.
            expected: The value that the operator compares with.
            message: The message of a failure; by default one that names both values.

        Example:

        ```robotframework
        ${batch} =    Research Batch    ${{["Siemens"]}}
        Get Batch Status    ${batch}    ==    completed
        ```
        """
        batches.ask(batch)
        statuses = tuple(context.system.contract.needed.enum({"$ref": "#/components/schemas/BatchJobStatus"}, ()))
        return asserted("batch.status", batch.status, op, expected, message, subject=batch.id, possible=statuses)

    @keyword(tags=("batch",))
    def pause_batch(self, batch: Batch, *, after: int = 1, settle: timedelta = SETTLE) -> Batch:
        """Pauses a batch at work and checks that it stands still: its numbers stay and no dependency is called.

        Companies that were at work when it was paused are worked on again when it is resumed. Where the environment has no links,
        the calls are NOT EVALUATED.

        Args:
            batch: A batch that is at work.
            after: How many companies must have an outcome before it is paused; 1 by default.
            settle: The time during which it must stand still; 1 second by default.

        Returns:
            The batch.

        Raises:
            UsageError: The batch ended before it could be paused: give it more companies, or a lower concurrency.

        Example:

        ```robotframework
        ${batch} =    Start Batch Research    ${{["Siemens", "ABB", "DHL", "Honda", "Ford", "FedEx"]}}    concurrency=1
        Pause Batch    ${batch}
        Resume Batch    ${batch}
        ```
        """
        batches.wait_for_progress(batch, after, TIMEOUT.total_seconds())
        checks = Checks("Batch paused", batch.id)
        answer = batches.pause(batch)
        if answer.status == CONFLICT and batches.ask(batch).ok and batch.status in batches.FINAL:
            raise UsageError(f"The {batch} ended before it could be paused: give it more companies, or a lower concurrency.")
        conformance.answered(checks, "batch.pause_accepted", OK, answer)
        _stands_still(checks, batch, settle.total_seconds(), "paused")
        left = batch.state.get(batches.PENDING)
        checks.that("batch.pause_keeps", isinstance(left, int) and left > 0, "companies that are pending", f"{left} pending")
        checks.conclude()
        return batch

    @keyword(tags=("batch",))
    def resume_batch(self, batch: Batch, *, by_new_request: bool = False, timeout: timedelta = TIMEOUT) -> Batch:
        """Resumes a paused batch, follows it to its end, and checks that it went on where it was.

        Args:
            batch: A batch that `Pause Batch` paused.
            by_new_request: Whether it is resumed by a request for a batch of researches that names it as ``resume_job_id``,
                whose own companies must not be added; False by default: at its own address.
            timeout: The longest time from now to its end; 2 minutes by default.

        Returns:
            The batch.

        Example:

        ```robotframework
        ${batch} =    Start Batch Research    ${{["Siemens", "ABB", "DHL", "Honda", "Ford", "FedEx"]}}    concurrency=1
        Pause Batch    ${batch}
        Resume Batch    ${batch}
        Each Company Should Have One Outcome    ${batch}
        ```
        """
        before = int(batch.state.get(batches.COMPLETED) or 0) + int(batch.state.get(batches.FAILED) or 0)
        checks = Checks("Batch resumed", batch.id)
        answer = batches.resume(batch, by_new_request=by_new_request)
        if conformance.answered(checks, "batch.resume_accepted", OK, answer):
            checks.equal("batch.resume_same", batch.id, answer.object().get("job_id"))
        batches.ask(batch)
        done = int(batch.state.get(batches.COMPLETED) or 0) + int(batch.state.get(batches.FAILED) or 0)
        checks.that("batch.checkpoint_kept", done >= before, f"at least {plural(before, 'outcome')}", plural(done, "outcome"))
        batches.follow(batch, timeout.total_seconds())
        checks.conclude()
        return batch

    @keyword(tags=("batch",))
    def cancel_batch(self, batch: Batch, *, after: int = 1, settle: timedelta = SETTLE) -> Batch:
        """Cancels a batch at work and checks that it does nothing more: its numbers stay and no dependency is called.

        Args:
            batch: A batch that is at work.
            after: How many companies must have an outcome before it is cancelled; 1 by default.
            settle: The time during which it must do nothing; 1 second by default.

        Returns:
            The batch.

        Raises:
            UsageError: The batch ended before it could be cancelled: give it more companies, or a lower concurrency.

        Example:

        ```robotframework
        ${batch} =    Start Batch Research    ${{["Siemens", "ABB", "DHL", "Honda", "Ford", "FedEx"]}}    concurrency=1
        Cancel Batch    ${batch}
        Get Batch Status    ${batch}    ==    cancelled
        ```
        """
        batches.wait_for_progress(batch, after, TIMEOUT.total_seconds())
        checks = Checks("Batch cancelled", batch.id)
        answer = batches.cancel(batch)
        if answer.status == CONFLICT and batches.ask(batch).ok and batch.status in batches.FINAL:
            raise UsageError(f"The {batch} ended before it could be cancelled: give it more companies, or a lower concurrency.")
        conformance.answered(checks, "batch.cancel_accepted", OK, answer)
        _stands_still(checks, batch, settle.total_seconds(), "cancelled")
        again = batches.cancel(batch)
        conformance.answered(checks, "batch.cancelled_once", CONFLICT, again)
        checks.conclude()
        return batch


def _accepted(batch: Batch) -> Batch:
    checks = Checks("Batch accepted", batch.id)
    batch_checks.accepted(checks, batch)
    checks.conclude()
    return batch


def _stands_still(checks: Checks, batch: Batch, seconds: float, status: str) -> None:
    """During ``seconds`` the batch has the ``status`` and the same numbers, and calls nothing."""
    mark = links.mark(batch.system) if batch.mark is not None else None
    deadline = time.monotonic() + seconds
    seen: list[str] = []
    statuses: list[str] = []
    while not seen or time.monotonic() < deadline:
        state = batches.ask(batch).object()
        statuses.append(str(state.get("status")))
        seen.append("/".join(str(state.get(name)) for name in (batches.COMPLETED, batches.FAILED, batches.PENDING)))
        time.sleep(batches.POLL)
    checks.that(f"batch.{status}", set(statuses) == {status}, status, course(statuses), n=len(statuses))
    checks.that(
        f"batch.{status}_numbers", len(set(seen)) == 1, f"the same numbers for {show(seconds)}", course(seen), n=len(seen)
    )
    check, expected = f"batch.{status}_quiet", f"no call within {show(seconds)}"
    if mark is None:
        batch.system.lacks(checks, check, expected, "the environment names no links", "links")
        return
    called = {link: len(links.calls(batch.system, link, mark)) for link in batch.system.entry.links}
    observed = ", ".join(f"{link} {count}" for link, count in called.items() if count) or f"0 calls over {len(called)} links"
    checks.that(check, not any(called.values()), expected, observed, n=len(called))
