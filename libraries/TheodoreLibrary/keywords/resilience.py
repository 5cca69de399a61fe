"""Keywords for what users of Theodore see during a fault, and for the recovery after it."""

from __future__ import annotations

import time
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.faults.agent_client import Fault  # Robot converts arguments by these hints
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.timing import show
from TheodoreLibrary import jobs, outcomes
from TheodoreLibrary import truth as truths
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints

PAUSE = 0.1


class ResilienceKeywords:
    """Effects of faults on jobs."""

    @keyword(tags=("resilience",))
    def job_should_end_within(self, job: Job, limit: timedelta) -> None:
        """Follows a job and checks that it ends in time, whatever is broken. Failed requests are repeated meanwhile.

        Args:
            job: A research or discovery that was started.
            limit: The longest time from the start of the job to its end, such as 15 s.

        Example:

        ```robotframework
        ${research} =    Start Research    Slack
        Job Should End Within    ${research}    15 s
        ```
        """
        seconds = limit.total_seconds()
        problem = ""
        while time.monotonic() - job.started < seconds:
            try:
                jobs.follow(job, min(seconds, time.monotonic() - job.started + 1))
                break
            except QaError as error:
                problem = str(error)
                time.sleep(PAUSE)
        checks = Checks("End", f"{job.kind} of {job.company}")
        ended = job.status in jobs.FINAL
        observed = f"status {job.status} after {show(job.finished_after or 0)}" if ended else f"status {job.status}: {problem}"
        checks.that("chaos.ended", ended, f"an end within {show(seconds)}", observed)
        checks.conclude()

    @keyword(tags=("resilience",))
    def job_should_be_honest(self, job: Job, *, truth: dict[str, Any] | None = None) -> None:
        """Checks that a job ended with a complete result or failed openly, whatever was broken meanwhile.

        A completed job has passed all its phases, names no source twice, and has the true value of every known fact. A failed job
        has no result, and its error shows no internals.

        Args:
            job: A research or discovery that was followed to its end.
            truth: The true facts of the company, from `TestDataLibrary.Get Company`. Without them no values are compared.

        Example:

        ```robotframework
        ${truth} =    Get Company    Slack
        ${research} =    Research Company    Slack
        Job Should Be Honest    ${research}    truth=${truth}
        ```
        """
        checks = Checks("Honest", f"{job.kind} of {job.company}")
        record = job.record
        if job.status == "completed":
            failed = [name for name, phase in job.phases.items() if phase.get("success") is not True]
            whole = not failed and bool(job.phases)
            observed = f"status completed, success of {len(job.phases) - len(failed)} of {len(job.phases)} phases"
            observed += f", not of {', '.join(failed)}" if failed else ""
            checks.that("chaos.honest", whole, "status completed, and success of each phase", observed, n=len(job.phases))
        else:
            nothing = job.status == "failed" and record is None and not job.results and bool(job.error)
            observed = f"status {job.status}, {job.error or 'no error'}"
            checks.that("chaos.honest", nothing, "status completed, or failed with an error and no result", observed)
            leak = outcomes.INTERNALS.search(str(job.error or ""))
            checks.that("chaos.error_without_internals", not leak, "no internals", leak[0] if leak else "none")
        if record is not None:
            sources = [str(source) for source in record.get("data_sources") or []]
            twice = sorted({source for source in sources if sources.count(source) > 1})
            checks.that(
                "chaos.no_duplicates",
                not twice,
                "each source once",
                f"repeated: {', '.join(twice)}" if twice else plural(len(sources), "source"),
                n=len(sources),
            )
        if record is not None and truth is not None:
            differences = truths.differences(record, truth["expected"])
            checks.that(
                "chaos.no_wrong_data",
                not differences,
                "the true value of each known fact",
                differences or f"{len(truth['expected'])} of {len(truth['expected'])} facts",
                n=len(truth["expected"]),
            )
        checks.conclude()

    @keyword(tags=("resilience",))
    def job_should_have_survived(self, job: Job, fault: Fault) -> None:
        """Checks that a job was completed although a fault disturbed some of its calls, since the system retried them.

        Where the fault touched nothing, this is NOT EVALUATED.

        Args:
            job: A research or discovery that was followed to its end.
            fault: The fault that hit the job, undone by `ChaosLibrary.Fault Should Have Touched`.

        Example:

        ```robotframework
        ${fault} =    Let Dependency Answer    search    status    rate=0.5    seed=1
        ${research} =    Research Company    Slack
        Fault Should Have Touched    ${fault}
        Job Should Have Survived    ${research}    ${fault}
        ```
        """
        checks = Checks("Survival", f"{job.kind} of {job.company}")
        if fault.touched:
            expected = f"status completed, although {fault} touched {fault.touched}"
            observed = f"status {job.status}" + (f", {job.error}" if job.error else "")
            checks.that("chaos.retried", job.status == "completed", expected, observed, n=fault.touched)
        else:
            checks.not_evaluated("chaos.retried", "a fault that touched at least 1 call", f"{fault} touched nothing")
        checks.conclude()

    @keyword(tags=("resilience",))
    def company_should_not_be_listed(self, company: str) -> None:
        """Checks that a company whose research failed is not listed among the companies that the tenant has researched.

        The suggestions tell: they hold a company's exact name only if the tenant has researched it.

        Args:
            company: The company's name.

        Example:

        ```robotframework
        Company Should Not Be Listed    Figma
        ```
        """
        answer = context.system.request("GET", f"/discover/suggestions?query={company}", token=context.system.token())
        checks = Checks("Nothing half written", company)
        listed = answer.object().get("suggestions")
        fine = answer.status == jobs.OK and isinstance(listed, list) and company not in listed
        checks.that(
            "chaos.nothing_half_written",
            fine,
            f"suggestions without {company}",
            f"status {answer.status}, suggestions {written(listed)}",
        )
        checks.conclude()

    @keyword(tags=("resilience",))
    def research_should_work_again_within(self, company: str, limit: timedelta) -> None:
        """Checks that a company can be researched soon after a fault was undone, without a restart.

        Args:
            company: The name of the company that is researched.
            limit: The longest time until a research is completed, such as 10 s.

        Example:

        ```robotframework
        Research Should Work Again Within    Slack    10 s
        ```
        """
        began, seconds = time.monotonic(), limit.total_seconds()
        last = "nothing was started"
        recovered = False
        while not recovered and (left := seconds - (time.monotonic() - began)) > 0:
            try:
                job = jobs.start(company, None)
                jobs.follow(job, left)
                recovered, last = job.status == "completed", f"status {job.status}, {job.error}"
            except QaError as error:
                last = str(error)
            if not recovered:
                time.sleep(PAUSE)
        took = time.monotonic() - began
        observed = f"completed after {show(took)}" if recovered else f"none within {show(took)}: {last}"
        checks = Checks("Recovery", company)
        checks.that("chaos.recovered", recovered, f"a completed research within {show(seconds)}", observed)
        checks.conclude()
