"""Keywords that judge a load."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from assertionengine import AssertionOperator  # Robot converts arguments by these hints
from robotlibcore import keyword

from LoadLibrary import verdicts
from LoadLibrary.verdicts import Load
from theodore_qa.errors import UsageError
from theodore_qa.timing import seconds, show

if TYPE_CHECKING:
    from LoadLibrary.keywords.running import RunningKeywords


class VerdictKeywords:
    """Times, errors and throughput of the last load, or of another one."""

    def __init__(self, running: RunningKeywords) -> None:
        self._running = running

    @keyword(tags=("load",))
    def get_latency(
        self,
        statistic: str,
        op: AssertionOperator = None,
        expected: str | None = None,
        *,
        step: str | None = None,
        service: bool = False,
        load: Load | None = None,
    ) -> Any:
        """Returns a statistic of the response times in seconds; compared if an operator is given.

        A percentile is over all requests that were sent: one that failed counts as never answered, so that a system that
        refuses half of them has no p95.

        Args:
            statistic: ``p50``, ``p95``, ``p99.9`` and the like, ``max``, or ``mean`` of those that were answered.
            op: ``<``, ``<=``, ``>``, ``>=`` or ``==``. Without one nothing is compared.
            expected: The time that the operator compares with, such as ``2 s`` or ``200 ms``.
            step: The name of a step or journey; all requests by default.
            service: Count from the moment at which a request was sent, not from that at which it was meant to be.
            load: A load, as `Run Load Test` returns it; the last one by default.

        Returns:
            The seconds, or None where fewer requests were answered.

        Raises:
            UsageError: The statistic or the step does not exist, or no load was run.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Run Load Test    ${version}    users=5    iterations=4
        Get Latency    p95    <    2 s
        ```
        """
        load = self._running.judged(load)
        figures = load.result.of(step)
        value = verdicts.latency(figures, statistic, service=service)
        if op is None:
            return value
        if expected is None:
            raise UsageError("The comparison of a latency needs a time, such as 'Get Latency    p95    <    2 s'.")
        limit = seconds(expected)
        sign, compare = verdicts.comparison(op, limit)
        holds = value is not None and compare(value, limit)
        failed = figures.count - figures.ok
        observed = f"{statistic} {verdicts.duration(value)} (n = {figures.count}, {failed} failed)"
        verdicts.judge(load, "load.latency", holds, f"{statistic} {sign} {show(limit)}", observed, figures.count, figures.name)
        return value

    @keyword(tags=("load",))
    def error_rate_should_be(
        self, op: AssertionOperator, expected: str, *, step: str | None = None, load: Load | None = None
    ) -> None:
        """Checks the share of requests that failed: no answer, another status or another body than was expected.

        The interval of the share at 95 % is shown with the number of requests.

        Args:
            op: ``<``, ``<=``, ``>``, ``>=`` or ``==``.
            expected: The share, such as ``5 %`` or ``0.05``.
            step: The name of a step or journey; all requests by default.
            load: A load, as `Run Load Test` returns it; the last one by default.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Run Load Test    ${version}    users=5    iterations=4
        Error Rate Should Be    <    5 %
        ```
        """
        load = self._running.judged(load)
        figures = load.result.of(step)
        limit = verdicts.share(expected)
        sign, compare = verdicts.comparison(op, limit, most=1)
        verdicts.judge(
            load,
            "load.error_rate",
            compare(verdicts.error_share(figures).value, limit),
            f"{sign} {limit:g}",
            verdicts.observed_errors(figures),
            figures.count,
            figures.name,
        )

    @keyword(tags=("load",))
    def throughput_should_be(
        self, op: AssertionOperator, expected: str, *, step: str | None = None, load: Load | None = None
    ) -> None:
        """Checks how many requests a second were answered as expected.

        Args:
            op: ``<``, ``<=``, ``>``, ``>=`` or ``==``.
            expected: The rate, such as ``100/s``.
            step: The name of a step or journey; all requests by default.
            load: A load, as `Run Load Test` returns it; the last one by default.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Run Load Test    ${version}    users=5    iterations=4
        Throughput Should Be    >    5/s
        ```
        """
        load = self._running.judged(load)
        figures = load.result.of(step)
        limit = verdicts.rate(expected)
        sign, compare = verdicts.comparison(op, limit)
        observed = _throughput(load, step)
        text = f"{observed:.1f}/s ({figures.ok} in {show(load.result.seconds)})"
        holds = compare(observed, limit)
        verdicts.judge(load, "load.throughput", holds, f"{sign} {limit:g}/s", text, figures.count, figures.name)

    @keyword(tags=("load",))
    def load_should_meet_objectives(
        self, objectives: str, *, times: bool = True, step: str | None = None, load: Load | None = None
    ) -> None:
        """Checks a load against objectives of the environment's thresholds: the share of errors, and response times.

        They stand under ``load``, such as ``api: {error_rate: 0.05, p95_seconds: 2, mean_seconds: 1}``; ``total_seconds`` is for
        the whole load.

        Args:
            objectives: The name of the objectives.
            times: Whether response times are held to them too; without, errors alone are.
            step: The name of a step or journey; all requests by default.
            load: A load, as `Run Load Test` returns it; the last one by default.

        Raises:
            UsageError: There are no such objectives.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Run Load Test    ${version}    users=5    iterations=4
        Load Should Meet Objectives    api    times=False
        ```
        """
        load = self._running.judged(load)
        verdicts.meet(load, load.result.of(step), objectives, verdicts.objectives(objectives), times=times)

    @keyword(tags=("load",))
    def throughput_should_grow(self, load: Load, compared_with: Load, *, factor: float = 2, step: str | None = None) -> None:
        """Checks that more users get more done: a lock that serialises all of them does not let them.

        Args:
            load: A load with more users.
            compared_with: The same load with fewer users.
            factor: How many times the throughput has to be, at least; 2 by default.
            step: The name of a step or journey; all requests by default.

        Raises:
            UsageError: The factor is not above 0, or nothing was answered in the load that is compared with.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        ${alone} =    Run Load Test    ${version}    users=1    iterations=10    think=100 ms
        ${many} =    Run Load Test    ${version}    users=5    iterations=10    think=100 ms
        Throughput Should Grow    ${many}    compared_with=${alone}    factor=1.5
        ```
        """
        fewer, more = _throughput(compared_with, step), _throughput(load, step)
        if factor <= 0 or not fewer:
            raise UsageError("Throughput Should Grow needs a factor above 0, and a load with answers to compare with.")
        verdicts.judge(
            load,
            "load.growth",
            more >= factor * fewer,
            f"at least {factor:g} times the throughput",
            f"{more / fewer:.1f} times: {fewer:.1f}/s → {more:.1f}/s",
            load.result.of(step).count,
            load.result.of(step).name,
        )


def _throughput(load: Load, step: str | None) -> float:
    return load.result.of(step).ok / load.result.seconds if load.result.seconds else 0.0
