"""The result of a load: figures merged over the workers, and whether they may be judged at all."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, TYPE_CHECKING

from theodore_load.recording import COARSE, decoded, Figures, histogram, MICROSECONDS
from theodore_qa.errors import unknown
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hdrh.histogram import HdrHistogram

    from theodore_load.scenario import Scenario

PERCENTILES = (50, 75, 90, 95, 99, 99.9)
TOTAL = "all requests"
MOST_HELD = 0.01
CLIENT = "client"
METHOD = "nearest rank in an HDR histogram of 3 significant digits, over all requests; one that failed was never answered"


def percentile(figures: Figures, percent: float, *, service: bool = False) -> float | None:
    """The seconds within which ``percent`` of all requests were answered as expected; None where fewer ever were.

    A request that failed counts as one that was never answered: otherwise a system would be the faster the more it refuses.
    The value is that of the nearest rank in an HDR histogram of three significant digits.
    """
    times = figures.service if service else figures.response
    return value_at(times, percent * figures.count / figures.ok) if figures.ok else None


def value_at(times: HdrHistogram, percent: float) -> float | None:
    """The seconds at a percentile of a histogram; None above 100."""
    count = times.get_total_count()
    if not count or math.ceil(round(percent / 100 * count, 6)) > count:
        return None
    return float(times.get_value_at_percentile(percent)) / MICROSECONDS


def mean(times: HdrHistogram) -> float | None:
    """The mean in seconds; None of nothing."""
    return times.get_mean_value() / MICROSECONDS if times.get_total_count() else None


@dataclass(repr=False)
class Result:
    """What a load observed."""

    scenario: Scenario
    workers: int
    steps: list[Figures] = field(default_factory=list)
    journeys: list[Figures] = field(default_factory=list)
    series: dict[int, dict[str, Any]] = field(default_factory=dict)
    phases: dict[str, HdrHistogram] = field(default_factory=dict)
    served: dict[str, list[float]] = field(default_factory=dict)  # of each identity: answered, failed, seconds
    lateness: HdrHistogram = field(default_factory=histogram)
    unsent: Counter[str] = field(default_factory=Counter)
    held: int = 0
    cpu: list[float] = field(default_factory=list)
    began: float = 0.0  # by the clock of the wall
    seconds: float = 0.0
    stopped: str = ""
    lost: str = ""  # why results of a worker are missing

    def add(self, data: dict[str, Any]) -> None:
        """Take in what a worker recorded."""
        known = {figures.name: figures for figures in (*self.steps, *self.journeys)}
        for other in data["figures"]:
            if other["name"] not in known:
                known[other["name"]] = Figures(other["name"], journey=other["journey"])
                (self.journeys if other["journey"] else self.steps).append(known[other["name"]])
            known[other["name"]].add(other)
        for second, entry in data["series"].items():
            whole = self.series.setdefault(int(second), {"ok": 0, "errors": 0, "bytes": 0, "times": []})
            for name, value in entry.items():
                whole[name] += value
        for name, times in data["phases"].items():
            self.phases.setdefault(name, histogram()).add(decoded(times))
        for name, sums in data["served"].items():
            before = self.served.get(name, [0, 0, 0.0])
            self.served[name] = [mine + other for mine, other in zip(before, sums, strict=True)]
        self.lateness.add(decoded(data["lateness"]))
        self.unsent.update(data["unsent"])
        self.held += data["held"]
        self.cpu.append(data["cpu"])
        self.seconds = max(self.seconds, data["seconds"])
        self.stopped = self.stopped or data["stopped"]

    @property
    def total(self) -> Figures:
        """All requests of all steps."""
        whole = Figures(TOTAL)
        for figures in self.steps:
            whole.add(figures.data())
        return whole

    def of(self, name: str | None) -> Figures:
        """The figures of a step or journey by its name, of all requests without one."""
        if not name or name == TOTAL:
            return self.total
        for figures in (*self.steps, *self.journeys):
            if figures.name == name:
                return figures
        raise unknown("step", name, [figures.name for figures in (*self.steps, *self.journeys)], "this load")

    @property
    def partial(self) -> str:
        """Why the load is not whole; empty if it is."""
        return self.lost or self.stopped

    @property
    def saturated(self) -> str:
        """Why the client and not the system may have made the figures; empty if it kept up."""
        late, limit = value_at(self.lateness, 99), self.scenario.limits["lateness"]
        own = sum(figures.errors[CLIENT] for figures in self.steps)
        sent = sum(figures.count for figures in self.steps)
        if self.lost:
            return self.lost
        if own:
            return f"{plural(own, 'request')} failed for want of the client's own sockets or memory"
        if self.scenario.open and self.held > MOST_HELD * max(1, sent):
            return f"the limit of {self.scenario.limits['max_rps']:g} requests a second held back {self.held} of {sent} requests"
        if late is not None and late > limit:
            return f"it was {late * 1000:.0f} ms late for its own appointments (p99), at most {limit * 1000:.0f} ms are allowed"
        return ""

    def row(self, figures: Figures) -> dict[str, Any]:
        """The figures of a step as data, times in seconds."""
        times = figures.response
        some = bool(times.get_total_count())
        row: dict[str, Any] = {
            "step": figures.name,
            "count": figures.count,
            "ok": figures.ok,
            "checked": figures.checked,
            "errors": sum(figures.errors.values()),
            "rate": figures.count / self.seconds if self.seconds else 0.0,
            "mean": mean(times),
            "min": times.get_min_value() / MICROSECONDS if some else None,
            "max": times.get_max_value() / MICROSECONDS if some else None,
        }
        row |= {f"p{percent:g}": percentile(figures, percent) for percent in PERCENTILES}
        row |= {f"service p{percent:g}": percentile(figures, percent, service=True) for percent in (50, 95, 99)}
        return row | {"bytes sent": figures.sent, "bytes received": figures.received, "errors by kind": dict(figures.errors)}

    def rows(self) -> list[dict[str, Any]]:
        """One row for each step, for each journey of several, and for all requests."""
        return [self.row(figures) for figures in (*self.steps, self.total, *self.journeys)]

    def by_second(self) -> list[dict[str, Any]]:
        """What happened in each second, those without an answer among them."""
        found = []
        for second in range(max(self.series, default=-1) + 1):
            entry = self.series.get(second, {"ok": 0, "errors": 0, "bytes": 0, "times": []})
            times = histogram(COARSE)
            for text in entry["times"]:
                times.add(decoded(text))
            row = {"second": second, "ok": entry["ok"], "errors": entry["errors"], "bytes": entry["bytes"]}
            found.append(row | {f"p{percent:g}": value_at(times, percent) for percent in (50, 95, 99)})
        return found

    def answered(self, moments: Iterable[float]) -> list[float]:
        """How many answers, good or not, there were until each moment, in seconds of the load; even within a second."""
        seconds = range(max(self.series, default=-1) + 1)
        counts = [self.series[second]["ok"] + self.series[second]["errors"] if second in self.series else 0 for second in seconds]
        until = [0, *accumulate(counts)]
        found = []
        for moment in moments:
            second = min(max(0, int(moment)), len(counts))
            within = min(1.0, max(0.0, moment - second)) * counts[second] if second < len(counts) else 0.0
            found.append(until[second] + within)
        return found

    def data(self) -> dict[str, Any]:
        """The whole result as data."""
        return {
            "url": self.scenario.url,
            "model": self.scenario.model,
            "percentiles": METHOD,
            "workers": self.workers,
            "seconds": self.seconds,
            "stopped": self.stopped,
            "lost": self.lost,
            "client": {
                "saturated": self.saturated,
                "late p99": value_at(self.lateness, 99),
                "cpu": self.cpu,
                "held back by the limit of the rate": self.held,
            },
            "unsent": dict(self.unsent),
            "steps": self.rows(),
            "phases": {name: {"count": times.get_total_count(), "mean": mean(times)} for name, times in self.phases.items()},
            "identities": {
                name: {"answered": ok, "failed": failed, "mean": seconds / ok if ok else None}
                for name, (ok, failed, seconds) in self.served.items()
            },
            "seconds by number": self.by_second(),
        }
