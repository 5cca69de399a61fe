"""Keywords that make dependencies misbehave, and that check how the system copes."""

from __future__ import annotations

import time
from datetime import timedelta  # Robot converts arguments by these hints

from robot.api import SkipExecution
from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, QaError, unknown, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import course, plural, written
from theodore_qa.systems import conformance, links
from theodore_qa.timing import show
from TheodoreLibrary import jobs, outcomes
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints
from TheodoreLibrary.providers import require_provider

ANSWERS = ("foreign", "empty", "truncated", "huge", "nameless", "listed", "mistyped", "invented")
PAUSE = 0.1
TIMEOUT = timedelta(seconds=60)


class FaultKeywords:
    """Dependencies that misbehave until the test ends."""

    @keyword(tags=("ai", "fault"))
    def make_dependency_misbehave(
        self,
        link: str,
        *,
        status: int | None = None,
        retry_after: int | None = None,
        delay: timedelta | None = None,
        answer: str | None = None,
        times: int | None = None,
    ) -> None:
        """Makes the double behind a dependency link misbehave until the test ends.

        ``answer`` is one of: foreign (values in another language), empty, truncated, huge (2 MB), nameless (without a company's
        name), listed (a list of companies), mistyped (a text where a number belongs) or invented (facts that no page supports).

        The environment must allow ``chaos``, the system must prove its identity, and the link must name a ``behaviour``;
        otherwise this is NOT EVALUATED. The link behaves again when the test ends, whatever its result.

        Args:
            link: A link of the environment, such as openai, gemini, bedrock, search, web or vectors.
            status: The HTTP status of every answer, such as 503 or 429, in the vendor's error format; no error by default.
            retry_after: The value of the header ``Retry-After`` of these answers, in seconds; no such header by default.
            delay: The delay of every answer, such as 6 s; none by default.
            answer: The kind of useless answer that an AI provider gives, as listed above.
            times: The number of calls that are affected; all by default.

        Raises:
            UsageError: The link or the answer is unknown, or no misbehaviour is given.

        Example:

        ```robotframework
        Make Dependency Misbehave    openai    status=503
        ${research} =    Research Company    Slack
        Fallback Should Have Been Used    ${research}    openai    gemini
        ```
        """
        if link not in context.system.entry.links:
            if not context.system.entry.links:
                raise _not_evaluated(f"the environment {context.environment.name} has no links")
            raise unknown("link", link, context.system.entry.links, f"the environment file {context.environment.path.name}")
        if answer is not None and answer not in ANSWERS:
            raise unknown("answer", answer, ANSWERS)
        context.system.permit("chaos")
        options = {
            "status": status,
            "retry_after": retry_after,
            "delay": delay.total_seconds() if delay else None,
            "answer": answer,
            "times": times,
        }
        behaviour = {name: value for name, value in options.items() if value is not None}
        if not behaviour or set(behaviour) <= {"times", "retry_after"}:
            raise UsageError("Say how it is to misbehave: status=, delay= or answer=.")
        context.at_test_end(f"{link} could not be made to behave again", lambda: links.misbehave(context.system, link, {}))
        try:
            links.misbehave(context.system, link, behaviour)
        except NotEvaluatedError as error:
            raise _not_evaluated(str(error)) from None

    @keyword(tags=("ai", "fault"))
    def make_dependency_behave(self, link: str) -> None:
        """Ends the misbehaviour of the double behind a dependency link before the test ends.

        Args:
            link: A link that misbehaves.

        Example:

        ```robotframework
        Make Dependency Misbehave    openai    status=503
        Make Dependency Behave    openai
        ${research} =    Research Company    Slack
        Provider Should Have Answered    ${research}    openai
        ```
        """
        links.misbehave(context.system, link, {})

    @keyword(tags=("health",))
    def health_should_tell(self, status: str, component: str, component_status: str) -> None:
        """Checks the status that the system reports as its health, and that of one component. All others must be healthy.

        Args:
            status: healthy or degraded: the expected status of the system.
            component: A component such as openai, web or database.
            component_status: healthy or unhealthy: the expected status of the component.

        Example:

        ```robotframework
        Make Dependency Misbehave    openai    status=503
        Health Should Tell    degraded    openai    unhealthy
        ```
        """
        answer = context.system.request("GET", "/health")
        checks = Checks("Health", component)
        conformance.conform(checks, "health.contract", answer)
        checks.equal("health.status", status, answer.object().get("status"))
        parts = answer.object().get("components") or {}
        statuses = {name: part.get("status") for name, part in parts.items() if isinstance(part, dict)}
        checks.equal("health.component", component_status, statuses.get(component))
        others = [name for name, state in statuses.items() if name != component and state != "healthy"]
        checks.that("health.others", not others, "healthy for each other component", written(statuses), n=len(statuses))
        checks.conclude()

    @keyword(tags=("fault",))
    def job_should_fail_in(self, job: Job, phase: str) -> None:
        """Checks that a research or discovery failed openly in a phase.

        It has no result, its error names the phase, does not break off and shows no internals, and no other phase failed.

        Args:
            job: A research or discovery that was followed to its end while something misbehaved.
            phase: The name of the phase, such as domain_discovery or vector_storage.

        Example:

        ```robotframework
        Make Dependency Misbehave    vectors    status=503
        ${research} =    Research Company    Slack
        Job Should Fail In    ${research}    vector_storage
        ```
        """
        checks = Checks("Open failure", f"{job.kind} of {job.company}")
        checks.equal("fault.failed", "failed", job.status)
        nothing = job.record is None and not job.results
        checks.that(
            "fault.nothing_kept",
            nothing,
            "no record and no results",
            f"{'no record' if job.record is None else 'a record'}, {plural(len(job.results), 'result')}",
        )
        error = str(job.error or "")
        checks.that("fault.error_names_phase", phase in error, f"an error that names {phase}", error or "no error")
        whole = not error.rstrip().endswith(":")
        checks.that("fault.error_is_whole", whole, "an error that does not break off", error or "no error")
        leak = outcomes.INTERNALS.search(error)
        checks.that("fault.error_without_internals", not leak, "no internals", leak[0] if leak else "none")
        failed = [name for name, reported in job.phases.items() if reported.get("success") is not True]
        observed = ", ".join(failed) or "none"
        checks.that("fault.phase_reported", failed == [phase], f"no success of {phase} alone", observed, n=len(job.phases))
        checks.conclude()

    @keyword(tags=("ai", "precondition"))
    def wait_until_providers_answer(
        self, *providers: str, company: str = "Slack", timeout: timedelta = timedelta(seconds=20)
    ) -> None:
        """Waits until providers answer again: researches a company with each one whose circuit breaker is not closed.

        Args:
            providers: One or more of openai, gemini and bedrock.
            company: The name of the company that is researched; Slack by default.
            timeout: The longest time until all of them answer; 20 seconds by default.

        Example:

        ```robotframework
        Wait Until Providers Answer    openai    gemini    timeout=20 s
        ${research} =    Research With Provider    Slack    openai
        ```
        """
        deadline = time.monotonic() + timeout.total_seconds()
        container = context.system.request("GET", "/status", token=context.system.token()).object().get("container")
        breakers = container.get("ai_providers") if isinstance(container, dict) else None
        closed = [name for name, state in breakers.items() if state == "closed"] if isinstance(breakers, dict) else []
        for provider in providers:
            require_provider(provider)
            if provider in closed:
                continue
            while True:
                job = jobs.start(company, None, config_overrides={"ai_provider": provider})
                jobs.follow(job, TIMEOUT.total_seconds())
                if job.status == "completed":
                    break
                if time.monotonic() > deadline:
                    raise QaError(f"The provider {provider} did not answer within {show(timeout.total_seconds())}: {job.error}.")
                time.sleep(PAUSE)

    @keyword(tags=("ai", "fault"))
    def breaker_should_open_and_close(
        self, provider: str, *, company: str = "Slack", recovery: timedelta = timedelta(seconds=15)
    ) -> None:
        """Checks that the circuit breaker of a failing provider opens, and that it closes after the recovery.

        The calls that the provider receives tell: while the breaker is open, a completed research does not call it.

        Args:
            provider: openai, gemini or bedrock: the provider that is called first.
            company: The name of the company that is researched meanwhile; Slack by default.
            recovery: The longest time from the recovery to the first answered call; 15 seconds by default.

        Example:

        ```robotframework
        Breaker Should Open And Close    openai    recovery=15 s
        ```
        """
        require_provider(provider)
        checks = Checks("Breaker", provider)
        self.make_dependency_misbehave(provider, status=503)
        _research_until_spared(checks, provider, company)
        links.misbehave(context.system, provider, {})
        began = time.monotonic()
        answered = 0
        while not answered and time.monotonic() - began < recovery.total_seconds():
            job = _research(company)
            answered = sum(call["status"] == jobs.OK for call in (job.calls or {}).get(provider, []))
            if not answered:
                time.sleep(PAUSE)
        took = time.monotonic() - began
        limit = show(recovery.total_seconds())
        checks.that(
            "ai.breaker_closes", answered > 0, f"an answered call within {limit}", f"{answered} answered calls after {show(took)}"
        )
        checks.conclude()

    @keyword(tags=("fault",))
    def restart_should_close_the_breaker(
        self, provider: str, *components: str, company: str = "Slack", administrator: str = "admin"
    ) -> None:
        """Checks that a restart of ``ai_providers`` closes the open circuit breaker of a provider that has recovered.

        A restart of other components, before it, has to leave the breaker as it is.

        Args:
            provider: openai, gemini or bedrock: the provider that is called first.
            components: What is restarted; without any the list is empty, which stands for all of them.
            company: The name of the company that is researched meanwhile; Slack by default.
            administrator: An identity with administrator rights; admin by default.

        Example:

        ```robotframework
        Restart Should Close The Breaker    openai    ai_providers
        ```
        """
        require_provider(provider)
        context.system.permit("destructive")
        checks = Checks("Restart of the providers", provider)
        self.make_dependency_misbehave(provider, status=503)
        _research_until_spared(checks, provider, company)
        links.misbehave(context.system, provider, {})
        before = _breaker(provider, administrator)
        token = context.system.token(administrator)
        others = context.system.request("POST", "/restart", json_body=["search", "plugins"], token=token)
        beside = _breaker(provider, administrator)
        done = context.system.request("POST", "/restart", json_body=list(components), token=token)
        after = _breaker(provider, administrator)
        conformance.answered(checks, "api.restarted", jobs.OK, others)
        conformance.answered(checks, "api.restarted", jobs.OK, done)
        waiting = ("open", "half_open")
        checks.that("ai.breaker_reported", before in waiting, "open or half_open before the restart", before)
        expected = "open or half_open after a restart of search and plugins"
        checks.that("ai.restart_of_others", beside in waiting, expected, beside)
        checks.equal("ai.restart_closes", "closed", after)
        job = _research(company)
        answered = sum(call["status"] == jobs.OK for call in (job.calls or {}).get(provider, []))
        checks.that("ai.restart_asks", answered > 0, f"at least 1 answered call to {provider}", f"{answered} answered calls")
        checks.conclude()

    @keyword(tags=("ai", "fault"))
    def failures_between_successes_should_not_open(self, provider: str, *, failures: int = 3, company: str = "Slack") -> None:
        """Checks that the circuit breaker of a provider counts failures in a row: answers between them begin the count anew.

        Each research meets one call that is refused and one that is answered. After as many as would have opened the breaker in a
        row, the provider must still be called.

        Args:
            provider: openai, gemini or bedrock: the provider that is called first.
            failures: How many researches, at least as many as failures in a row open the breaker; 3 by default.
            company: The name of the company that is researched; Slack by default.

        Example:

        ```robotframework
        Failures Between Successes Should Not Open    openai    failures=3
        ```
        """
        require_provider(provider)
        checks = Checks("Breaker", provider)
        answered = []
        for number in range(failures):
            self.make_dependency_misbehave(provider, status=400, times=1)
            statuses = [call["status"] for call in (_research(company).calls or {}).get(provider, [])]
            if number == 0 and (statuses[:1] in ([], [jobs.OK]) or jobs.OK not in statuses):
                expected, observed = "a research with a refused call, then an answered one", f"statuses {written(statuses)}"
                checks.not_evaluated("ai.breaker_counts_in_a_row", expected, observed)
                checks.conclude()
            answered.append(statuses.count(jobs.OK))
        links.misbehave(context.system, provider, {})
        answered.append(len((_research(company).calls or {}).get(provider, [])))
        expected = f"answered calls to {provider} after each of {plural(failures, 'failure')}"
        checks.that("ai.breaker_counts_in_a_row", all(answered), expected, f"{course(answered)} answered calls", n=failures)
        checks.equal("ai.breaker_reported", "closed", _breaker(provider, None))
        checks.conclude()


def _research_until_spared(checks: Checks, provider: str, company: str) -> None:
    """Research until a research does not call the failing provider any more."""
    unasked = None
    for number in range(1, 7):
        job = _research(company)
        if job.calls is not None and job.status == "completed" and not job.calls.get(provider):
            unasked = number
            break
    checks.that(
        "ai.breaker_opens",
        unasked is not None,
        "a completed research without calls to the failing provider",
        f"research {unasked} of 6" if unasked else "0 of 6 researches",
    )


def _breaker(provider: str, identity: str | None) -> str:
    """The state of a provider's breaker as the status tells it."""
    status = context.system.request("GET", "/status", token=context.system.token(identity)).object()
    return str(((status.get("container") or {}).get("ai_providers") or {}).get(provider))


def _not_evaluated(reason: str) -> Exception:
    """What to raise where nothing can be made to fail: a skip, where the environment openly does without links."""
    expected = "a dependency that can be made to fail"
    waiver = context.system.lacks(Checks("Fault"), "fault.possible", expected, reason, "links")
    if waiver:
        return SkipExecution(f"NOT EVALUATED: {reason}, waived: {waiver}.")
    return NotEvaluatedError(f"NOT EVALUATED: {reason}.")


def _research(company: str) -> Job:
    job = jobs.start(company, None)
    jobs.follow(job, TIMEOUT.total_seconds())
    if job.calls is None:
        raise _not_evaluated(f"the environment {context.environment.name} has no links by which the calls could be observed")
    return job
