"""Keywords for starting, following and cancelling researches."""

from __future__ import annotations

from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from assertionengine import AssertionOperator  # Robot converts arguments by these hints
from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import QaError, unknown
from theodore_qa.log import log_table
from theodore_qa.observing.assertions import asserted
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.systems import conformance, links
from theodore_qa.timing import show
from TheodoreLibrary import jobs, research_checks, thresholds
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints

TIMEOUT = timedelta(seconds=60)
SETTLE = timedelta(seconds=1)
UNDER_WAY = 1  # calls that a busy machine may have sent before the cancel and take in after it


class ResearchKeywords:
    """Researches from their start to their end."""

    @keyword(tags=("research", "precondition"))
    def start_research(
        self,
        company: str,
        *,
        website: str | None = None,
        identity: str | None = None,
        deep_analysis: bool | None = None,
        include_similarity_analysis: bool | None = None,
        include_competitive_analysis: bool | None = None,
    ) -> Job:
        """Starts the research of a company and checks that the accepted job is new and is about this company.

        The job is cancelled if the test ends before it.

        Args:
            company: The company's name, from 1 to 200 characters.
            website: The company's website. Without one Theodore has to find it.
            identity: The identity that sends the requests; by default the first one of the environment.
            deep_analysis: Whether the slower, deeper analysis is requested; by default the system decides.
            include_similarity_analysis: Whether similar companies that the tenant has researched are named too; by default not.
            include_competitive_analysis: Whether the competitors are analysed too; by default not.

        Returns:
            The research, for other keywords. It has ``${research.id}``, ``${research.status}``, ``${research.record}`` and
            ``${research.error}``.

        Raises:
            QaError: The system does not accept the research with status 200 and a job_id.

        Example:

        ```robotframework
        ${research} =    Start Research    Salesforce
        Follow Research    ${research}    timeout=60 s
        ```
        """
        job = jobs.start(
            company,
            identity,
            website=website,
            deep_analysis=deep_analysis,
            include_similarity_analysis=include_similarity_analysis,
            include_competitive_analysis=include_competitive_analysis,
        )
        checks = Checks("Research accepted", company)
        research_checks.accepted(checks, job)
        checks.conclude()
        return job

    @keyword(tags=("research", "precondition"))
    def follow_research(self, research: Job, *, timeout: timedelta = TIMEOUT) -> Job:
        """Follows a research to its end, and checks that all answers were about it and kept to the contract.

        It may end completed, failed or cancelled. The log shows the request, the calls to dependencies, the result and the
        checks.

        Args:
            research: A research that `Start Research` returned.
            timeout: The longest time from the start of the research to its end; 60 seconds by default.

        Returns:
            The research.

        Raises:
            QaError: The research does not end within ``timeout``, or a request for it fails.

        Example:

        ```robotframework
        ${research} =    Start Research    Salesforce
        Follow Research    ${research}    timeout=60 s
        Get Research Status    ${research}    ==    completed
        ```
        """
        jobs.follow(research, timeout.total_seconds())
        _show(research)
        checks = Checks("Research followed", research.company)
        research_checks.one_job(checks, research)
        research_checks.answer_times(checks, research, thresholds.answer_time())
        checks.conclude()
        jobs.leave_open(research)
        return research

    @keyword(tags=("research", "precondition"))
    def research_company(
        self,
        company: str,
        *,
        website: str | None = None,
        identity: str | None = None,
        include_similarity_analysis: bool | None = None,
        include_competitive_analysis: bool | None = None,
        timeout: timedelta = TIMEOUT,
    ) -> Job:
        """Starts the research of a company and follows it to its end, as `Start Research` and `Follow Research` do.

        Args:
            company: The company's name.
            website: The company's website. Without one Theodore has to find it.
            identity: The identity that sends the requests; by default the first one of the environment.
            include_similarity_analysis: Whether similar companies that the tenant has researched are named too; by default not.
            include_competitive_analysis: Whether the competitors are analysed too; by default not.
            timeout: The longest time from the start to the end; 60 seconds by default.

        Returns:
            The research. It may have failed: check it by other keywords.

        Example:

        ```robotframework
        ${research} =    Research Company    Salesforce
        Get Research Status    ${research}    ==    completed
        ```
        """
        research: Job = self.start_research(
            company,
            website=website,
            identity=identity,
            include_similarity_analysis=include_similarity_analysis,
            include_competitive_analysis=include_competitive_analysis,
        )
        self.follow_research(research, timeout=timeout)
        return research

    @keyword(tags=("research",))
    def cancel_research(self, research: Job, *, settle: timedelta = SETTLE) -> Job:
        """Cancels a running research and checks that it calls no dependency any more.

        It must have called a dependency before, otherwise no stop could be seen. Without links the calls are NOT EVALUATED.

        Args:
            research: A research that `Start Research` returned and that still runs.
            settle: The time during which no dependency may be called; 1 second by default. Where a call comes that may have been
                under way, as long again.

        Example:

        ```robotframework
        ${research} =    Start Research    Salesforce
        Cancel Research    ${research}
        Get Research Status    ${research}    ==    cancelled
        ```
        """
        before = _calls_before_cancel(research)
        answer = jobs.cancel(research)
        checks = Checks("Research cancelled", research.company)
        conformance.conform(checks, "research.cancel_contract", answer)
        conformance.answered(checks, "research.cancel_accepted", 200, answer)
        named_id = answer.body.get("job_id") if isinstance(answer.body, dict) else None
        checks.equal("research.cancel_names_job", research.id, named_id)
        if before is None:
            research_checks.no_links(checks, "research.cancel_stops_calls", "no calls after the cancel")
        else:
            late, later = _calls_after_cancel(settle.total_seconds())
            checks.that("research.called_before_cancel", before > 0, "at least 1 call", plural(before, "call"), n=before)
            checks.that(
                "research.cancel_stops_calls",
                late <= UNDER_WAY and not later,
                f"no calls within {show(settle.total_seconds())}, or 1 that was under way and then none",
                f"{plural(late, 'call')}, then {plural(later, 'call')}" if late else plural(late, "call"),
                n=before,
            )
        jobs.ask(research)
        checks.equal("research.cancelled", "cancelled", research.status)
        checks.conclude()
        return research

    @keyword(tags=("research",))
    def get_research_status(
        self,
        research: Job,
        op: AssertionOperator = None,
        expected: Any = None,
        message: str | None = None,
    ) -> Any:
        """Requests the present status of a research and returns it; compared with ``expected`` if an operator is given.

        Args:
            research: A research that `Start Research` returned.
            op: An operator of AssertionEngine, such as ``==``, ``>=`` or ``contains``. Without one nothing is compared.
            expected: The value that the operator compares with.
            message: The message of a failure; by default one that names both values.

        Example:

        ```robotframework
        ${research} =    Research Company    Salesforce
        Get Research Status    ${research}    ==    completed
        ```
        """
        jobs.ask(research)
        statuses = tuple(context.system.contract.needed.enum({"$ref": "#/components/schemas/JobStatus"}, ()))
        return asserted("research.status", research.status, op, expected, message, subject=research.company, possible=statuses)

    @keyword(tags=("research",))
    def get_research_error(
        self,
        research: Job,
        op: AssertionOperator = None,
        expected: Any = None,
        message: str | None = None,
    ) -> Any:
        """Returns the error of a research as the system reports it, or None; compared if an operator is given.

        Args:
            research: A research that was followed to its end.
            op: An operator of AssertionEngine, such as ``==``, ``>=`` or ``contains``. Without one nothing is compared.
            expected: The value that the operator compares with.
            message: The message of a failure; by default one that names both values.

        Example:

        ```robotframework
        ${research} =    Research Company    Fake Corp ABC456
        Get Research Error    ${research}    contains    Fake Corp ABC456
        ```
        """
        return asserted("research.error", research.error, op, expected, message, subject=research.company)

    @keyword(tags=("research",))
    def get_research_field(
        self,
        research: Job,
        field: str,
        op: AssertionOperator = None,
        expected: Any = None,
        message: str | None = None,
    ) -> Any:
        """Returns a field of the record that a research produced; compared if an operator is given.

        Args:
            research: A research that was followed to its end.
            field: A field of the contract's CompanyIntelligence, such as industry.
            op: An operator of AssertionEngine, such as ``==``, ``>=`` or ``contains``. Without one nothing is compared.
            expected: The value that the operator compares with.
            message: The message of a failure; by default one that names both values.

        Raises:
            UsageError: The contract does not know the field; the error names the nearest one.
            QaError: The research has no record.

        Example:

        ```robotframework
        ${research} =    Research Company    Salesforce
        Get Research Field    ${research}    industry    ==    technology
        ```
        """
        known = context.system.contract.needed.raw["components"]["schemas"]["CompanyIntelligence"]["properties"]
        if field not in known:
            raise unknown("field", field, known, "a record")
        if research.record is None:
            raise QaError(
                f"The {research} has no record to read '{field}' from: its status is '{research.status}'"
                + (f" ({research.error})." if research.error else ".")
            )
        return asserted(
            f"research.field.{field}",
            research.record.get(field),
            op,
            expected,
            message,
            subject=research.company,
            possible=tuple(context.system.contract.needed.enum(known[field], ())),
        )

    @keyword(tags=("research",))
    def get_research_duration(
        self,
        research: Job,
        op: AssertionOperator = None,
        expected: float | None = None,
        message: str | None = None,
    ) -> Any:
        """Returns how many seconds a research took from its request to its end; compared if an operator is given.

        Args:
            research: A research that was followed to its end.
            op: An operator of AssertionEngine, such as ``==``, ``>=`` or ``contains``. Without one nothing is compared.
            expected: The value that the operator compares with, in seconds.
            message: The message of a failure; by default one that names both values.

        Example:

        ```robotframework
        ${research} =    Research Company    Salesforce
        Get Research Duration    ${research}    <=    60
        ```
        """
        return asserted("research.duration", research.finished_after, op, expected, message, subject=research.company)


def _calls_before_cancel(research: Job) -> int | None:
    mark = research.mark
    if mark is None:
        return None
    jobs.watch(5.0, lambda: links.mark(context.system) > mark)
    return links.mark(context.system) - mark


def _calls_after_cancel(seconds: float) -> tuple[int, int]:
    """The calls that come within some seconds, until the first of them; and those within as many seconds after it."""
    mark = links.mark(context.system)
    jobs.watch(seconds, lambda: links.mark(context.system) > mark)
    first = links.mark(context.system)
    if first > mark:
        jobs.watch(seconds, lambda: links.mark(context.system) > first)
    return first - mark, links.mark(context.system) - first


def _show(job: Job) -> None:
    request = [(name, value) for name, value in job.request.items()]
    log_table("Request", ("Field", "Value"), request)
    if job.calls is None:
        log_table("Calls to dependencies", ("Link", "Calls"), [("all", "NOT EVALUATED: the environment has no links")])
    else:
        rows = [
            (c["link"], c["method"], c["host"], c["path"], c["status"], show(c["finished"] - c["started"]))
            for cs in job.calls.values()
            for c in cs
        ]
        log_table("Calls to dependencies", ("Link", "Method", "Host", "Path", "Status", "Time"), rows)
    received = list((job.record or {"status": job.status, "error": job.error}).items())
    log_table("Result", ("Field", "Value"), [(name, value) for name, value in received if value not in (None, [], {})])
    spans = [
        (name, "yes" if phase.get("success") else "no", f"{phase.get('duration_ms')} ms") for name, phase in job.phases.items()
    ]
    log_table("Phases, as the system reports them", ("Phase", "Success", "Duration"), spans)
