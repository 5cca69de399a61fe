"""Keywords about what a system uses under load, and whether that, or its answers' time, grows."""

from __future__ import annotations

import re
from typing import Literal, TYPE_CHECKING

from assertionengine import AssertionOperator  # Robot converts arguments by these hints
from robot.api import logger
from robotlibcore import keyword

from LoadLibrary import pictures, trend, verdicts, watching
from LoadLibrary.verdicts import Load
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.redaction.markup import own_html
from theodore_qa.timing import show

if TYPE_CHECKING:
    from LoadLibrary.keywords.running import RunningKeywords
    from LoadLibrary.trend import Trend
    from theodore_qa.faults.usage import Usage

GROWTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(MB)?\s*(?:/|per|in)\s*(min|minute|1000 requests|request)\s*", re.IGNORECASE)
UNITS = {"cpu": " cores", "memory": " MB", "handles": " handles", "connections": " connections"}


class UsageKeywords:
    """Memory, CPU, handles and connections of the system, and drift of its answers."""

    def __init__(self, running: RunningKeywords) -> None:
        self._running = running

    @keyword(tags=("load",))
    def get_resource_usage(
        self,
        figure: Literal["cpu", "memory", "handles", "connections"],
        op: AssertionOperator = None,
        expected: float | None = None,
        *,
        load: Load | None = None,
    ) -> float:
        """Returns the most that the system used of something during a load; compared if an operator is given.

        Args:
            figure: ``cpu`` in cores, ``memory`` in MB, ``handles`` or ``connections`` in numbers.
            op: ``<``, ``<=``, ``>``, ``>=`` or ``==``. Without one nothing is compared.
            expected: What the operator compares with.
            load: A load, as `Run Load Test` returns it; the last one by default.

        Raises:
            NotEvaluatedError: The environment names no such process or container, or it was not seen.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Run Load Test    ${version}    users=2    duration=1 s    think=50 ms
        Get Resource Usage    memory    <    2000
        ```
        """
        load = self._running.judged(load)
        samples = _samples(load)
        value = max(getattr(sample, figure) for sample in samples)
        if op is None:
            return float(value)
        if expected is None:
            raise UsageError("The comparison of a usage needs a number, such as 'Get Resource Usage    memory    <    500'.")
        sign, compare = verdicts.comparison(op, expected)
        unit, name = UNITS[figure], load.usage.process if load.usage else ""
        text = f"{figure} {sign} {expected:g}{unit}"
        verdicts.judge(load, f"load.{figure}", compare(value, expected), text, f"{value:.1f}{unit}", len(samples), name)
        return float(value)

    @keyword(tags=("load",))
    def memory_should_not_grow(self, at_most: str = "1 MB per 1000 requests", *, load: Load | None = None) -> None:
        """Checks that the memory of the system does not grow while a load lasts, by the slope of all samples with its interval.

        Growth per minute is the slope over time, growth per request the slope over the number of answers. The first fifth is left
        out, in which caches fill. Growth is proved where the whole interval at 95 % lies above the limit, refuted where all of it
        lies below; in between the check is NOT EVALUATED: load for longer.

        Args:
            at_most: The growth that is allowed, such as ``5 MB/min``; ``1 MB per 1000 requests`` by default.
            load: A load, as `Run Load Test` returns it; the last one by default.

        Raises:
            NotEvaluatedError: There are too few samples, or they do not decide it.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Run Load Test    ${version}    users=2    duration=2 s    think=20 ms
        Memory Should Not Grow    500 MB/min
        ```
        """
        self._should_not_grow("memory", at_most, self._running.judged(load))

    @keyword(tags=("load",))
    def connections_should_not_grow(self, at_most: str = "10 per 1000 requests", *, load: Load | None = None) -> None:
        """Checks that the file handles of the system, its connections among them, do not grow while a load lasts.

        It is judged as in `Memory Should Not Grow`.

        Args:
            at_most: The growth that is allowed, such as ``5 per min``; ``10 per 1000 requests`` by default.
            load: A load, as `Run Load Test` returns it; the last one by default.

        Raises:
            NotEvaluatedError: There are too few samples, or they do not decide it.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Run Load Test    ${version}    users=2    duration=2 s    think=20 ms
        Connections Should Not Grow    100 per min
        ```
        """
        self._should_not_grow("handles", at_most, self._running.judged(load))

    @keyword(tags=("load",))
    def latency_should_not_drift(self, at_most: str = "10 %", *, statistic: str = "p50", load: Load | None = None) -> None:
        """Checks that answers do not become slower while a long load lasts: a soak.

        The line through the figures of all seconds says by which share of their mean answers became slower from its beginning
        to its end. It is judged by its interval, as in `Memory Should Not Grow`.

        Args:
            at_most: The share by which answers may become slower; 10 % by default.
            statistic: The figure of each second: ``p50`` (the default), ``p95`` or ``p99``.
            load: A load, as `Run Load Test` returns it; the last one by default.

        Raises:
            NotEvaluatedError: There are too few seconds, or they do not decide it.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Run Load Test    ${version}    users=1    duration=2 s    think=50 ms
        Latency Should Not Drift    500 %
        ```
        """
        load = self._running.judged(load)
        if statistic not in ("p50", "p95", "p99"):
            raise UsageError(f"'{statistic}' is no figure of a second: write p50, p95 or p99.")
        limit = float(verdicts.percent(at_most))
        rows = load.result.by_second()
        points = [(float(row["second"]), float(row[statistic])) for row in rows if row[statistic] is not None]
        found = trend.trend(points)
        if found is None:
            raise NotEvaluatedError(f"NOT EVALUATED: {len(points)} seconds are too few for a trend: load for longer.")
        share = found.seconds / found.middle if found.middle else 0.0
        observed = f"{statistic} {found.slope * share:+.0%} in {show(found.seconds)} ({_interval(found, share, '.0%')})"
        _conclude("load.drift", f"at most {limit:.0%} slower", observed, found, limit / share if share else limit, load)

    def _should_not_grow(self, figure: str, at_most: str, load: Load) -> None:
        limit, per = _growth(at_most)
        samples = _samples(load)
        by_time = watching.series(samples, figure)
        logger.info(own_html(pictures.curve(f"{figure.capitalize()} over time", by_time, (" s", UNITS[figure]))), html=True)
        # Requests do not come evenly: what each of them leaves behind is a straight line over their number alone.
        points = by_time if per.startswith("min") else watching.by_answers(load.result, samples, figure)
        found = trend.trend(points)
        if found is None:
            raise NotEvaluatedError(f"NOT EVALUATED: {len(points)} samples are too few for a trend: load for longer.")
        scale = 60.0 if per.startswith("min") else 1000 if "1000" in per else 1
        unit = f"{UNITS[figure]} per {per}"
        seconds = by_time[-1][0] - by_time[0][0]
        observed = f"{found.slope * scale:+.2f}{unit} ({_interval(found, scale, '.2f')}, n = {found.n} of {show(seconds)})"
        _conclude(f"load.{figure}_growth", f"at most {limit:g}{unit}", observed, found, limit / scale, load)


def _samples(load: Load) -> list[Usage]:
    watch = load.usage
    samples = watching.during(load.result, watch)
    if watch is None or not samples:
        reason = watch.reason if watch and watch.reason else "it was not seen during the load"
        name = watch.process if watch else "the system"
        raise NotEvaluatedError(f"NOT EVALUATED: what {name} uses is not known: {reason}. Name it in the environment file.")
    return samples


def _growth(text: str) -> tuple[float, str]:
    match = GROWTH.fullmatch(text)
    if not match:
        raise UsageError(f"'{text}' is no growth: write for example '5 MB/min' or '10 per 1000 requests'.")
    return float(match[1]), match[3].lower()


def _interval(found: Trend, scale: float, form: str) -> str:
    return f"95 %: {format(found.low * scale, '+' + form)} to {format(found.high * scale, '+' + form)}"


def _conclude(check: str, expected: str, observed: str, found: Trend, limit: float, load: Load) -> None:
    """Record a trend: proved, refuted, or not decided."""
    if found.low <= limit < found.high:
        checks = Checks("Trend", load.name)
        checks.not_evaluated(check, expected, f"{observed}, which does not decide it: load for longer")
        checks.conclude()
    verdicts.judge(load, check, found.high <= limit, expected, observed, found.n, load.usage.process if load.usage else load.name)
