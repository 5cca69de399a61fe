"""Keywords about where the time of a system goes: its phases, its dependency links, its functions."""

from __future__ import annotations

from typing import Literal, TYPE_CHECKING

from robot.api import logger
from robotlibcore import keyword

from LoadLibrary import bottleneck, profiling, verdicts
from LoadLibrary.building import LoadJourney, LoadRequest, LoadStep  # Robot converts arguments by these hints
from LoadLibrary.verdicts import Load
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, unknown, UsageError
from theodore_qa.faults import injection
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks

if TYPE_CHECKING:
    from LoadLibrary.keywords.running import RunningKeywords
    from theodore_load.recording import Figures
    from theodore_qa.systems.system import System

FEWEST = 20  # samples of a profile


class BottleneckKeywords:
    """Where the time goes."""

    def __init__(self, running: RunningKeywords) -> None:
        self._running = running

    @keyword(tags=("load",))
    def find_bottleneck(
        self,
        *,
        at_most: str,
        by: Literal["phases", "links"] = "phases",
        step: str | None = None,
        load: Load | None = None,
    ) -> str:
        """Finds the phase or dependency in which most of the time goes, and checks that it is not too large a share.

        The phases are those that the system lists in its own answers (``phases=`` of `Define Load Step`). The time that none of
        them accounts for, such as waiting in a queue, is shown as ``outside its phases`` and counts like a phase.

        The dependency links are those of the environment, whose own records say when the system called and how long that took.
        What they leave is shown as ``the system itself`` and is no dependency. Calls at the same time count each.

        Args:
            at_most: The largest share of the time that a phase or dependency may take, such as ``60 %``.
            by: ``phases``, or ``links`` for the dependency links.
            step: The name of the step or journey whose whole time counts; all requests by default.
            load: A load, as `Run Load Test` returns it; the last one by default.

        Returns:
            The name of the phase or link.

        Raises:
            NotEvaluatedError: The system named no phases; the links have no records, or nothing was called over them.

        Example:

        ```robotframework
        VAR    &{take}    job=job_id
        VAR    &{slack}    company_name=Slack
        ${start} =    Define Load Step    POST    /research    json=${slack}    fields=${slack}    take=${take}
        VAR    &{phases}    at=progress.details.phases    name=phase_name    milliseconds=duration_ms
        ${wait} =    Define Load Step    GET    /research/{{job}}    fields=${slack}    until={"status": "completed"}
        ...    phases=${phases}    every=20 ms
        ${research} =    Define Load Journey    research    ${start}    ${wait}
        Run Load Test    ${research}    users=1    iterations=2    lateness=30 s
        Find Bottleneck    at_most=99 %    step=research
        Find Bottleneck    at_most=99 %    step=research    by=links
        ```
        """
        load = self._running.judged(load)
        limit = verdicts.share(at_most)
        if limit >= 1:
            raise UsageError("No phase takes more than all of the time, so that the check could not fail: write less than 100 %.")
        figures = load.result.of(step)
        found = _of_phases(load, figures) if by == "phases" else _of_links(load, figures)
        rows = [(phase.name, phase.count, verdicts.duration(phase.mean), f"{phase.share:.0%}") for phase in found]
        log_table(f"Where the time of {figures.name} went", (by[:-1].capitalize(), "Count", "Mean", "Share"), rows)
        observed = ", ".join(map(str, found[:3]))
        expected = f"no {by[:-1]} takes more than {limit:.0%} of the time"
        verdicts.judge(load, "load.bottleneck", found[0].share <= limit, expected, observed, figures.ok, figures.name)
        return found[0].name

    @keyword(tags=("load",))
    def calls_should_not_grow(
        self, load: Load, compared_with: Load, *, at_most: float = 1, link: str | None = None, step: str | None = None
    ) -> None:
        """Checks that more results take no more calls of a dependency: one call for each of them is N+1.

        Both loads do the same; the first one has more results to return. The calls are those that the links of the environment
        recorded, for each request or journey that was answered as expected.

        Args:
            load: A load whose answers have many results.
            compared_with: The same load whose answers have few.
            at_most: How many more calls of a link a request may take.
            link: The name of a link; each of them by default.
            step: The name of the step or journey that counts; all requests by default.

        Raises:
            NotEvaluatedError: The environment names no links, or nothing was called over them.

        Example:

        ```robotframework
        ${few} =    Define Load Step    GET    /discover/suggestions?query=Sla&limit=1    text=Slack    name=few
        ${many} =    Define Load Step    GET    /discover/suggestions?query=Sla&limit=9    text=Slack    name=many
        ${little} =    Run Load Test    ${few}    users=1    iterations=2    lateness=30 s
        ${much} =    Run Load Test    ${many}    users=1    iterations=2    lateness=30 s
        Calls Should Not Grow    ${much}    compared_with=${little}
        ```
        """
        few, many = _calls_each(compared_with, step), _calls_each(load, step)
        if link is not None and link not in many:
            raise unknown("link", link, many, "the environment")
        checks = Checks("Calls of dependencies", load.name)
        for name in [link] if link else sorted(few.keys() | many.keys()):
            before, after = few.get(name, 0.0), many.get(name, 0.0)
            if not before and not after:
                continue
            checks.that(
                "load.calls_growth",
                after - before <= at_most,
                f"at most {at_most:g} calls of {name} more",
                f"{before:.1f} → {after:.1f} calls of {name} a request",
                n=load.result.of(step).ok,
            )
        if not checks.done:
            raise NotEvaluatedError("NOT EVALUATED: nothing was called over dependency links, so that nothing can be compared.")
        checks.conclude()

    @keyword(tags=("load",))
    def profile_process(
        self,
        *steps: LoadStep | LoadJourney,
        users: int = 5,
        duration: str = "5 s",
        process: str = "api",
        at_most: str = "",
        identities: list[str] | str | None = None,
        lateness: str = "100 ms",
    ) -> list[profiling.Function]:
        """Runs a load while py-spy looks at a process of the system, and shows the ten functions that were at work most.

        py-spy reads the memory of a Python process from outside, which it stops for a moment a hundred times a second; it needs
        the right to do so. Its samples hold names of functions and files, no values. Threads that wait are left out.

        Args:
            steps: Steps and journeys, as `Define Load Step` and `Define Load Journey` return them.
            users: The users of the load, who wait for their answers.
            duration: How long.
            process: The process, as the environment names it; ``api`` is the system's own.
            at_most: The largest share of the samples in which one function may itself be at work, such as ``50 %``. Without it
                nothing is checked.
            identities: Whom the users are, as for `Run Load Test`.
            lateness: How late the client may be, as for `Run Load Test`.

        Returns:
            The functions, the hottest first: ``name``, and shares ``own`` and ``whole`` (with what they called).

        Raises:
            NotEvaluatedError: py-spy is not installed, may not look at the process, or has too few samples.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        ${functions} =    Profile Process    ${version}    users=3    duration=1 s    at_most=99 %    lateness=30 s
        Should Not Be Empty    ${functions}
        ```
        """
        limit = verdicts.share(at_most) if at_most else 1.0
        if at_most and limit >= 1:
            raise UsageError("No function takes more than all samples, so that the check could not fail: write less than 100 %.")
        system = context.system
        system.start()
        profiler = profiling.Profiler(_pid(system, process))
        try:
            name = f"profile of {process}"
            stages = [f"{users} users for {duration}"]
            load = self._running.measure(LoadRequest(steps, stages, identities=identities, lateness=lateness, name=name))
        finally:
            profile = profiler.end()
        verdicts.conclude_run(load)
        rows = [(function.name, f"{function.own:.0%}", f"{function.whole:.0%}") for function in profile.hottest]
        columns = ("Function", "Itself", "With what it called")
        log_table(f"The hottest functions of {process}, n = {profile.samples}", columns, rows)
        if profile.samples < FEWEST:
            raise NotEvaluatedError(f"NOT EVALUATED: {profile.samples} samples are too few for a profile: load for longer.")
        hottest = profile.hottest[0]
        if at_most:
            expected = f"no function is at work in more than {limit:.0%} of the samples"
            observed = f"{hottest.name} {hottest.own:.0%}"
            verdicts.judge(load, "load.profile", hottest.own <= limit, expected, observed, profile.samples, process)
        else:
            logger.info(f"The hottest function is {hottest.name}, in {hottest.own:.0%} of the samples.")
        return list(profile.hottest)


def _pid(system: System, process: str) -> int:
    """The pid of a process of the system on this machine."""
    known = [*system.entry.processes, injection.API]
    if process not in known:
        raise unknown("process", process, known, system.environment.path.name)
    try:
        pid = injection.pid_of(system, process)
    except (OSError, ValueError) as error:
        raise NotEvaluatedError(f"NOT EVALUATED: the pid of {process} cannot be read: {error}.") from None
    if pid is None:
        raise NotEvaluatedError(f"NOT EVALUATED: the process {process} of {system.name} has no pid that is known: name its file.")
    return pid


def _of_phases(load: Load, figures: Figures) -> list[bottleneck.PhaseShare]:
    found = bottleneck.shares(load.result, figures)
    if not found:
        raise NotEvaluatedError("NOT EVALUATED: no answer listed phases: name where they stand by phases= of the step.")
    return found


def _of_links(load: Load, figures: Figures) -> list[bottleneck.PhaseShare]:
    found = bottleneck.of_links(load.calls.calls() if load.calls else {}, figures)
    if not found:
        raise NotEvaluatedError("NOT EVALUATED: nothing was called over dependency links, or nothing was answered as expected.")
    return found


def _calls_each(load: Load, step: str | None) -> dict[str, float]:
    """How many calls of each link a request took."""
    ok = load.result.of(step).ok
    if not ok:
        raise NotEvaluatedError(f"NOT EVALUATED: nothing of {load.name} was answered as expected: its calls prove nothing.")
    return {name: len(calls) / ok for name, calls in (load.calls.calls() if load.calls else {}).items()}
