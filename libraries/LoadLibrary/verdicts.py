"""What a load proves: conditions on its figures, held to only where they were observed."""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_load import results
from theodore_qa.context import context
from theodore_qa.errors import unknown, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.statistics import Share
from theodore_qa.systems.files import read_yaml
from theodore_qa.timing import show

if TYPE_CHECKING:
    from collections.abc import Callable

    from assertionengine import AssertionOperator

    from LoadLibrary.dependencies import Window
    from LoadLibrary.watching import Watch
    from theodore_load.recording import Figures
    from theodore_load.results import Result
    from theodore_qa.systems.system import System

OPERATORS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "less than": ("<", operator.lt),
    "<=": ("<=", operator.le),
    "greater than": (">", operator.gt),
    ">=": (">=", operator.ge),
    "equal": ("==", operator.eq),
}
STATISTIC = re.compile(r"p(\d{1,2}(?:\.\d+)?)")
SHARE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*")
TOTAL = "total_seconds"  # of a whole load
RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:/\s*s)?\s*")


@dataclass(frozen=True, eq=False, repr=False)  # a trace shows what a keyword returns
class Load:
    """A load that was run on a system."""

    name: str
    system: System
    result: Result
    usage: Watch | None = None
    calls: Window | None = None

    def __repr__(self) -> str:
        """Its name and size."""
        return f"load {self.name} ({plural(self.result.total.count, 'request')})"


def comparison(op: AssertionOperator, limit: float, most: float = math.inf) -> tuple[str, Callable[[float, float], bool]]:
    """An operator that compares figures from 0 to ``most`` with a limit; one that holds for all of them is refused."""
    if op.name not in OPERATORS:
        signs = ", ".join(sign for sign, _ in OPERATORS.values())
        raise UsageError(f"'{op.name}' does not compare figures: write one of {signs}.")
    sign, compare = OPERATORS[op.name]
    if compare(0, limit) and compare(most, limit):
        raise UsageError(f"The check '{sign} {limit:g}' holds for every value, so that it could not fail: compare with another.")
    return sign, compare


def latency(figures: Figures, statistic: str, *, service: bool) -> float | None:
    """A statistic of response times in seconds; None where too few requests were answered as expected."""
    times = figures.service if service else figures.response
    if statistic == "mean":
        return results.mean(times)
    if statistic == "max":
        return results.percentile(figures, 100, service=service)
    match = STATISTIC.fullmatch(statistic)
    if not match or float(match[1]) <= 0:
        raise UsageError(f"'{statistic}' is no statistic of response times: write p50, p95, p99.9, mean or max.")
    return results.percentile(figures, float(match[1]), service=service)


def share(text: str | float) -> float:
    """A share as testers write it: ``5 %`` or ``0.05``."""
    match = SHARE.fullmatch(str(text))
    value = float(match[1]) / (100 if match[2] else 1) if match else -1
    if not 0 <= value <= 1:
        raise UsageError(f"'{text}' is not a share: write for example 5 % or 0.05.")
    return value


def percent(text: str | float) -> float:
    """A share that may be more than the whole, as testers write it: ``250 %`` or ``2.5``."""
    match = SHARE.fullmatch(str(text))
    if not match:
        raise UsageError(f"'{text}' is not a share: write for example 5 % or 0.05.")
    return float(match[1]) / (100 if match[2] else 1)


def rate(text: str | float) -> float:
    """A rate as testers write it: ``100/s`` or ``100``."""
    match = RATE.fullmatch(str(text))
    if not match:
        raise UsageError(f"'{text}' is not a rate: write for example 100/s.")
    return float(match[1])


def objectives(name: str) -> dict[str, float]:
    """The objectives of a load in the thresholds of the environment."""
    path = context.environment.thresholds
    known = (read_yaml(path).get("load") or {}) if path else {}
    if name not in known:
        raise unknown("objectives", name, known, f"the entry load of {path.name if path else 'the thresholds'}")
    return {key: float(value) for key, value in (known[name] or {}).items()}


def missed(figures: Figures, limits: dict[str, float]) -> list[str]:
    """The objectives that figures miss."""
    return [key for key, limit in limits.items() if not _within(figures, key, limit)]


def _within(figures: Figures, key: str, limit: float) -> bool:
    if not key.endswith("_seconds"):
        return error_share(figures).value <= limit
    value = latency(figures, key.removesuffix("_seconds"), service=False)
    return value is not None and value <= limit


def meet(load: Load, figures: Figures, name: str, limits: dict[str, float], *, times: bool) -> None:
    """Record each objective of a load."""
    checks = Checks(f"Objectives {name}", figures.name)
    for key, limit in limits.items():
        statistic, is_time = key.removesuffix("_seconds"), key.endswith("_seconds")
        if is_time and not times:
            continue
        if key == TOTAL:
            _record(
                checks,
                load,
                "load.total",
                load.result.seconds <= limit,
                f"at most {show(limit)} in all",
                show(load.result.seconds),
                figures.count,
            )
            continue
        if is_time:
            value = latency(figures, statistic, service=False)
            check, holds = f"load.{statistic}", _within(figures, key, limit)
            expected, observed = f"{statistic} at most {show(limit)}", duration(value)
        else:
            check, holds = f"load.{key}", _within(figures, key, limit)
            expected, observed = f"at most {limit:.0%}", observed_errors(figures)
            answered = f"{figures.ok} of {figures.count} as expected"
            _record(checks, load, "load.success", holds, f"at least {1 - limit:.0%}", answered, figures.count)
        _record(checks, load, check, holds, expected, observed, figures.count)
    if not checks.done:
        raise UsageError(f"The objectives '{name}' hold the load to nothing: add an error_rate, or use their times.")
    checks.conclude()


def judge(load: Load, check: str, holds: bool, expected: str, observed: str, n: int, subject: str) -> None:
    """Record a condition on a load; one that was cut short can fail it and not pass it."""
    checks = Checks("Load", subject)
    _record(checks, load, check, holds, expected, observed, n)
    checks.conclude()


def _record(checks: Checks, load: Load, check: str, holds: bool, expected: str, observed: str, n: int) -> None:
    if holds and load.result.partial:
        checks.not_evaluated(check, expected, f"{observed}, but the load is not whole: {load.result.partial}")
    else:
        checks.that(check, holds, expected, observed, n=n)


def conclude_run(load: Load) -> None:
    """Record whether a load can be judged at all.

    Raises:
        NotEvaluatedError: Its client could not keep up, nothing came that was expected, or requests were not sent.
    """
    result, total = load.result, load.result.total
    checks = Checks("Load", load.name)
    expected = "answers that are checked and as expected"
    if total.checked:
        checks.that("load.answers", True, expected, f"{total.checked} of {total.count} answers", n=total.count)
    else:
        checks.not_evaluated("load.answers", expected, f"0 of {total.count} requests ({_errors(result) or 'nothing was sent'})")
    if result.saturated:
        checks.not_evaluated("load.client", "a client that keeps up", f"the client was saturated: {result.saturated}")
    if result.unsent and not result.stopped:
        causes = ", ".join(f"{count} not sent ({cause})" for cause, count in result.unsent.items())
        checks.not_evaluated("load.sent", "every request is sent", f"{causes}: raise most_users, or lower the rate")
    checks.conclude()


def _errors(result: Result) -> str:
    return "; ".join(
        f"{count} x {kind}: {figures.examples[kind]}" for figures in result.steps for kind, count in figures.errors.most_common(2)
    )


def error_share(figures: Figures) -> Share:
    """The share of errors with its interval."""
    return Share(figures.count - figures.ok, figures.count)


def observed_errors(figures: Figures) -> str:
    """The share of errors in words, with the kinds."""
    kinds = ", ".join(f"{count} {kind}: {figures.examples[kind]}" for kind, count in figures.errors.most_common(3))
    return f"{error_share(figures)}{f'; {kinds}' if kinds else ''}"


def duration(value: Any) -> str:
    """A latency in words."""
    return "not answered" if value is None else show(value)
