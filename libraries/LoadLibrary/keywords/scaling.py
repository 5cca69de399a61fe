"""Keywords about how much a system can do, and how that grows with its users."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from robot.api import logger
from robotlibcore import keyword

from LoadLibrary import capacity, pictures, scaling, verdicts, watching
from LoadLibrary.building import LoadJourney, LoadRequest, LoadStep  # Robot converts arguments by these hints
from LoadLibrary.scaling import Law
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder
from theodore_qa.redaction.markup import own_html

if TYPE_CHECKING:
    from LoadLibrary.capacity import Capacity
    from LoadLibrary.keywords.running import RunningKeywords

DRAWN = 60  # points of a fitted line
LIMITS_OF_CLIENT = "a client that keeps up"


class ScalingKeywords:
    """Capacity, scalability, and plans made from them."""

    def __init__(self, running: RunningKeywords) -> None:
        self._running = running
        self._law: Law | None = None
        self._test: object = None

    @keyword(tags=("load",))
    def find_capacity(
        self,
        *steps: LoadStep | LoadJourney,
        at_least: str,
        objectives: str,
        start: float = 10,
        most: float = 0,
        duration: str = "5 s",
        precision: str = "10 %",
        identities: list[str] | str | None = None,
        most_users: int = 200,
        lateness: str = "100 ms",
    ) -> float:
        """Finds the largest rate that meets objectives, and checks that it is enough.

        The rate is doubled until a load misses an objective, then the gap is halved until it is small, and the rate that was
        found is tried once more: one that held by luck does not count. A load in which arrivals found no free user missed its
        rate. The picture shows what was tried.

        Args:
            steps: Steps and journeys, as `Define Load Step` and `Define Load Journey` return them.
            at_least: The rate that is needed, such as ``50/s``.
            objectives: The objectives of the environment's thresholds that a rate has to meet, with their times.
            start: The first rate, in journeys a second.
            most: The greatest rate that is tried; by default what the environment allows.
            duration: How long each rate is tried.
            precision: The share of the rate to which the gap is narrowed.
            identities: Whom the users are, as for `Run Load Test`.
            most_users: The most users at once.
            lateness: How late the client may be, as for `Run Load Test`.

        Returns:
            The rate in journeys a second, 0 where none held.

        Raises:
            NotEvaluatedError: The client could not keep up before the rate that is needed was reached.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Find Capacity    ${version}    at_least=5/s    objectives=research    start=10    most=10    duration=500 ms
        ...    lateness=30 s
        ```
        """
        needed, limits = verdicts.rate(at_least), verdicts.objectives(objectives)
        most = most or context.system.environment.allow.load_max_rps
        if not 0 < start <= most:
            raise UsageError(f"The search for a capacity starts at {start:g}/s and ends at {most:g}/s: start lower, above 0.")

        def holds(rate: float) -> bool:
            load = self._running.measure(
                LoadRequest(
                    steps,
                    [f"{rate:g}/s for {duration}"],
                    identities=identities,
                    most_users=most_users,
                    lateness=lateness,
                    name=f"capacity {rate:g} a second",
                )
            )
            if load.result.saturated:
                raise NotEvaluatedError(
                    f"NOT EVALUATED: at {rate:g}/s the client was saturated ({load.result.saturated}), so that what the system "
                    f"can do is not known: set most= lower, or use more workers."
                )
            whole = not load.result.unsent and not load.result.partial
            return whole and load.result.total.checked > 0 and verdicts.missed(load.result.total, limits) == []

        found = capacity.search(holds, start, most, verdicts.share(precision))
        _log_capacity(found)
        if not self._answered():
            raise NotEvaluatedError("NOT EVALUATED: no answer came that was checked and is as expected, at any rate.")
        checks = Checks("Capacity")
        checks.that("load.capacity", found.rate >= needed, f"at least {needed:g}/s", str(found), n=len(found.trials))
        checks.conclude()
        return found.rate

    def _answered(self) -> bool:
        last = self._running.last()
        return last is not None and last.result.total.checked > 0

    @keyword(tags=("load",))
    def scalability_should_be(
        self,
        *steps: LoadStep | LoadJourney,
        at_least: str,
        users: list[int] | str = "5,10,20,50",
        iterations: int = 10,
        think: str = "0",
        step: str | None = None,
        data: list[dict[str, str]] | None = None,
        identities: list[str] | str | None = None,
        lateness: str = "100 ms",
    ) -> Law:
        """Checks how much of their single throughput many users keep, and fits the universal scalability law.

        The efficiency is what each of the most users gets done, as a share of what each of the fewest does: 100 % where nothing
        is shared, 10 % where a lock lets only one of ten times as many users work. It is measured; the law, whose terms are
        contention (waiting for each other) and coherency (agreeing with each other), is fitted to all loads, and drawn.

        Args:
            steps: Steps and journeys, as `Define Load Step` and `Define Load Journey` return them.
            at_least: The least efficiency, such as ``50 %``.
            users: The numbers of users, at least four.
            iterations: How often each user goes through a step or journey.
            think: The time a user thinks between two requests. With it the users of a system at rest are more efficient.
            step: The name of a step or journey whose throughput counts; all requests by default.
            data: Rows of values, one for each user in turn.
            identities: Whom the users are, as for `Run Load Test`.
            lateness: How late the client may be, as for `Run Load Test`.

        Returns:
            The law, for `Plan Capacity`.

        Raises:
            NotEvaluatedError: No answer came that was checked and expected, or the client could not keep up.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Scalability Should Be    ${version}    at_least=5 %    users=1,2,3,4    iterations=5    think=20 ms    lateness=30 s
        ```
        """
        numbers = sorted({int(number) for number in (users.split(",") if isinstance(users, str) else users)})
        limit = verdicts.share(at_least)
        if len(numbers) < scaling.FEWEST or numbers[0] < 1 or not limit:
            raise UsageError("Scalability needs at least four different numbers of users from 1, and an efficiency above 0.")
        request = LoadRequest(steps, [], think=think, identities=identities, data=data, lateness=lateness)
        points = []
        for number in numbers:
            load = self._running.measure(
                replace(request, stages=[f"{number} users x {iterations}"], name=f"{number} users at once")
            )
            verdicts.conclude_run(load)
            points.append(_point(number, load, step))
        if min(point.throughput for point in points) <= 0:
            raise NotEvaluatedError(
                "NOT EVALUATED: a load got nothing done that is as expected, so that nothing can be compared."
            )
        law, observed = scaling.fit(points), scaling.efficiency(points)
        self._law, self._test = law, recorder.test
        _log_scaling(points, law)
        failed = sum(load.result.total.count - load.result.total.ok for load in [self._running.last()] if load)
        few, many = points[0], points[-1]
        checks = Checks("Scalability", step or "")
        checks.that(
            "load.scalability",
            observed >= limit,
            f"an efficiency of at least {limit:.0%}",
            f"{observed:.0%}: {few.users} users {few.throughput:.1f}/s → {many.users} users {many.throughput:.1f}/s"
            f"{f', {failed} requests failed' if failed else ''}",
            n=len(points),
        )
        checks.conclude()
        return law

    @keyword(tags=("load",))
    def plan_capacity(
        self, rate: str, *, headroom: str = "30 %", instances_at_most: int = 1000, law: Law | None = None
    ) -> scaling.Plan:
        """Says how many users and instances a rate needs, with the interval of the fitted law, and whether that was measured.

        An instance is taken to bring at most what was measured of it. The plan holds for the numbers of users between which
        `Scalability Should Be` measured; beyond them it is NOT EVALUATED.

        Args:
            rate: The rate that is needed, such as ``500/s``.
            headroom: The share of an instance that stays free.
            instances_at_most: The most instances that there may be, by the upper end of the interval.
            law: What `Scalability Should Be` returned; by default the last one of the test.

        Returns:
            The plan: ``users`` of each instance, ``instances`` from and to.

        Raises:
            UsageError: Scalability was not measured yet.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Scalability Should Be    ${version}    at_least=5 %    users=1,2,3,4    iterations=5    think=20 ms    lateness=30 s
        Plan Capacity    20/s    instances_at_most=5
        ```
        """
        law = law or (self._law if self._test is recorder.test else None)  # that of another test proves nothing here
        if law is None:
            raise UsageError("There is nothing to plan by: measure by 'Scalability Should Be' first.")
        free = verdicts.share(headroom)
        if free >= 1:
            raise UsageError("A headroom of 100 % leaves nothing to work with: write for example 30 %.")
        needed = verdicts.rate(rate)
        if needed <= 0:
            raise UsageError("A plan needs a rate above 0, such as 500/s.")
        made = scaling.plan(law, needed, free)
        low, high = made.instances
        log_table(
            "Plan",
            ("Rate", "Instances (95 %)", "Users at work in each", "Headroom", "Measured between"),
            [(f"{needed:g}/s", f"{low} to {high}", made.users or "-", f"{free:.0%}", f"{law.fewest} and {law.most} users")],
        )
        checks = Checks("Plan", f"{needed:g}/s")
        expected, observed = f"at most {instances_at_most} instances", f"{low} to {high} instances"
        if made.valid and high <= instances_at_most:
            checks.not_evaluated("load.plan", expected, f"{observed}, beyond what was measured: {made.valid}")
        else:
            checks.that("load.plan", high <= instances_at_most, expected, observed)
        checks.conclude()
        return made


def _point(users: int, load: verdicts.Load, step: str | None) -> scaling.Point:
    result, figures = load.result, load.result.of(step)
    throughput = figures.ok / result.seconds if result.seconds else 0.0
    samples = watching.during(result, load.usage)
    cpu = sum(sample.cpu for sample in samples) / len(samples) / throughput if samples and throughput else None
    return scaling.Point(users, throughput, verdicts.latency(figures, "p95", service=False), cpu)


def _log_scaling(points: list[scaling.Point], law: Law) -> None:
    rows = [
        (
            point.users,
            f"{point.throughput:.1f}/s",
            f"{law.at(point.users):.1f}/s",
            verdicts.duration(point.p95),
            "-" if point.cpu is None else verdicts.duration(point.cpu),
        )
        for point in points
    ]
    log_table("Scalability", ("Users", "Throughput", "By the law", "p95", "CPU of the system for a request"), rows)
    width = (law.most - law.fewest) / DRAWN
    fitted = [(law.fewest + number * width, law.at(law.fewest + number * width)) for number in range(DRAWN + 1)]
    measured = [(float(point.users), point.throughput) for point in points]
    logger.info(
        own_html(pictures.curve("Throughput by users, and the fitted law", measured, (" users", "/s"), fitted)), html=True
    )
    peak = f"greatest with {law.peak:.0f} users" if law.peak <= law.most else "still growing with the most users"
    logger.info(
        f"Universal scalability law: {law.single:.1f}/s of a single user, contention {law.contention:.3f}, coherency "
        f"{law.coherency:.5f}; throughput is {peak}. A prediction within {law.fewest} to {law.most} users is off by "
        f"{law.error:.0%} at 95 %."
    )


def _log_capacity(found: Capacity) -> None:
    log_table("Rates", ("Rate", "Met the objectives"), [(f"{rate:g}/s", "yes" if held else "no") for rate, held in found.trials])
    points = [(rate, float(held)) for rate, held in found.trials]
    logger.info(own_html(pictures.curve("Rates that met the objectives (1) or not (0)", points, ("/s", ""))), html=True)
