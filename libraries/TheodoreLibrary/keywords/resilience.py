"""Keywords that say what users of Theodore see while something is broken, and whether all is well afterwards."""

from __future__ import annotations

import time
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.faults.agent_client import Fault  # Robot converts arguments by these hints
from theodore_qa.observing.checks import Checks
from theodore_qa.timing import show
from TheodoreLibrary import jobs, outcomes
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints
from TheodoreLibrary.keywords.ai import agrees

PAUSE = 0.1


class ResilienceKeywords:
    """What a fault may do to a job, and what it may not."""

    @keyword(tags=("resilience",))
    def job_should_end_within(self, job: Job, limit: timedelta) -> None:
        """Follows a job and checks that it ends in time, whatever is broken; answers that fail meanwhile are asked for again.

        Args:
            job: A research or discovery that was started.
            limit: How long after its start it may take, such as 15 s.

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
        observed = f"{job.status} after {show(job.finished_after or 0)}" if ended else f"still {job.status}: {problem}"
        checks.that("chaos.ended", ended, f"an end within {show(seconds)}", observed)
        checks.conclude()

    @keyword(tags=("resilience",))
    def job_should_be_honest(self, job: Job, *, truth: dict[str, Any] | None = None) -> None:
        """Checks that a job came to a whole result or to an open failure, whatever was broken meanwhile.

        A completed one has gone through all its phases, has nothing twice, and every known fact right; a failed one has no result
        and an error without internals.

        Args:
            job: A research or discovery that has ended.
            truth: What is true of the company: `TestDataLibrary.Get Company`; without it values are not compared.

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
            observed = (
                f"completed, {', '.join(failed) or 'no phase'} failed" if failed else f"completed in {len(job.phases)} phases"
            )
            checks.that("chaos.honest", whole, "completed through all phases", observed, n=len(job.phases))
        else:
            nothing = job.status == "failed" and record is None and not job.results and bool(job.error)
            observed = f"{job.status}, {job.error or 'no error'}"
            checks.that("chaos.honest", nothing, "completed, or failed with an error and no result", observed)
            leak = outcomes.INTERNALS.search(str(job.error or ""))
            checks.that("chaos.error_without_internals", not leak, "no internals", leak[0] if leak else "none")
        if record is not None:
            sources = [str(source) for source in record.get("data_sources") or []]
            twice = sorted({source for source in sources if sources.count(source) > 1})
            checks.that("chaos.no_duplicates", not twice, "no page twice", ", ".join(twice) or "none", n=len(sources))
        if record is not None and truth is not None:
            wrong = [name for name, value in truth["expected"].items() if not agrees(value, record.get(name))]
            differences = "; ".join(f"{name} {record.get(name)!r} instead of {truth['expected'][name]!r}" for name in wrong)
            checks.that(
                "chaos.no_wrong_data", not wrong, "every known fact right", differences or "all right", n=len(truth["expected"])
            )
        checks.conclude()

    @keyword(tags=("resilience",))
    def job_should_have_survived(self, job: Job, fault: Fault) -> None:
        """Checks that a job was completed although a fault hit some of its calls: what failed was tried again.

        Args:
            job: A research or discovery that has ended.
            fault: The fault that hit it, undone by `ChaosLibrary.Fault Should Have Touched`.

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
            expected = f"completed, although {fault} touched {fault.touched}"
            observed = f"{job.status}, {job.error}" if job.error else str(job.status)
            checks.that("chaos.retried", job.status == "completed", expected, observed, n=fault.touched)
        else:
            checks.not_evaluated("chaos.retried", "a fault that touched something", f"{fault} touched nothing")
        checks.conclude()

    @keyword(tags=("resilience",))
    def company_should_not_be_listed(self, company: str) -> None:
        """Checks that a company is not among those that the tenant has researched, because its research failed.

        By the suggestions, which name a company by its exact name only if the tenant has researched it.

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
        checks.that("chaos.nothing_half_written", fine, f"suggestions without {company}", f"{answer.status}, {listed}")
        checks.conclude()

    @keyword(tags=("resilience",))
    def research_should_work_again_within(self, company: str, limit: timedelta) -> None:
        """Checks that a company can be researched again, with no restart of anything, soon after a fault was undone.

        Args:
            company: The company that is researched.
            limit: How long it may take until a research is completed, such as 10 s.

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
                recovered, last = job.status == "completed", f"{job.status}, {job.error}"
            except QaError as error:
                last = str(error)
            if not recovered:
                time.sleep(PAUSE)
        took = time.monotonic() - began
        observed = f"after {show(took)}" if recovered else f"not within {show(took)}: {last}"
        checks = Checks("Recovery", company)
        checks.that("chaos.recovered", recovered, f"a completed research within {show(seconds)}", observed)
        checks.conclude()
