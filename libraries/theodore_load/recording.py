"""What a worker records: histograms, counts and errors of each step, and of each second."""

from __future__ import annotations

from collections import Counter
from typing import Any, TYPE_CHECKING

from theodore_qa import extras

if TYPE_CHECKING:
    from hdrh.histogram import HdrHistogram

LONGEST = 3_600_000_000  # microseconds
FINE, COARSE = 3, 2  # significant digits of a step's histogram, and of a second's
MICROSECONDS = 1_000_000
EXAMPLE = 200


def histogram(digits: int = FINE) -> HdrHistogram:
    """An empty histogram of durations from a microsecond to an hour."""
    extras.demand("hdrh", "load tests")
    from hdrh.histogram import HdrHistogram

    return HdrHistogram(1, LONGEST, digits)


def decoded(text: str) -> HdrHistogram:
    """A histogram that another process recorded."""
    extras.demand("hdrh", "load tests")
    from hdrh.histogram import HdrHistogram

    return HdrHistogram.decode(text.encode())


def microseconds(seconds: float) -> int:
    """A duration as histograms keep it."""
    return min(LONGEST, max(1, round(seconds * MICROSECONDS)))


class Figures:
    """The figures of one step, or of whole journeys."""

    def __init__(self, name: str, *, journey: bool = False) -> None:
        self.name = name
        self.journey = journey
        self.response, self.service = histogram(), histogram()
        self.ok = self.checked = 0
        self.errors: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.sent = self.received = 0
        self.examples: dict[str, str] = {}
        self.sample = ""

    @property
    def count(self) -> int:
        """How many requests were sent, whatever came of them."""
        return self.ok + sum(self.errors.values())

    def good(self, response: float, service: float, *, checked: bool) -> None:
        """An answer came and is what was expected."""
        self.ok += 1
        self.checked += checked
        self.response.record_value(microseconds(response))
        self.service.record_value(microseconds(service))

    def bad(self, kind: str, text: str) -> None:
        """No answer came, or another one than was expected."""
        self.errors[kind] += 1
        self.examples.setdefault(kind, text[:EXAMPLE])

    def add(self, other: dict[str, Any]) -> None:
        """Take in what another worker recorded, as :meth:`data` gives it."""
        self.response.add(decoded(other["response"]))
        self.service.add(decoded(other["service"]))
        for name in ("ok", "checked", "sent", "received"):
            setattr(self, name, getattr(self, name) + other[name])
        self.errors.update(other["errors"])
        self.statuses.update(other["statuses"])
        self.examples = other["examples"] | self.examples
        self.sample = self.sample or other["sample"]

    def data(self) -> dict[str, Any]:
        """All of it as data."""
        plain = {name: getattr(self, name) for name in ("name", "journey", "ok", "checked", "sent", "received", "sample")}
        return plain | {
            "errors": dict(self.errors),
            "statuses": dict(self.statuses),
            "examples": self.examples,
            "response": self.response.encode().decode(),
            "service": self.service.encode().decode(),
        }


class Series:
    """What happened in each second; the histogram of a second that is over is kept packed."""

    def __init__(self) -> None:
        self.seconds: dict[int, dict[str, Any]] = {}
        self._now = -1
        self._times = histogram(COARSE)

    def count(self, moment: float, response: float | None, received: int) -> None:
        """An exchange ended at ``moment`` seconds; ``response`` is None for an error."""
        second = int(moment)
        if second != self._now:
            self.pack()
            self._now = second
        entry = self.seconds.setdefault(second, {"ok": 0, "errors": 0, "bytes": 0, "times": []})
        entry["bytes"] += received
        if response is None:
            entry["errors"] += 1
        else:
            entry["ok"] += 1
            self._times.record_value(microseconds(response))

    def pack(self) -> None:
        """Keep the histogram of the second that is over."""
        if self._now in self.seconds and self._times.get_total_count():
            self.seconds[self._now]["times"].append(self._times.encode().decode())
            self._times.reset()


class Recorder:
    """What one worker records."""

    def __init__(self, steps: list[str], journeys: list[str]) -> None:
        self.steps = {name: Figures(name) for name in steps}
        self.journeys = {name: Figures(name, journey=True) for name in journeys}
        self.series = Series()
        self.lateness = histogram()
        self.unsent: Counter[str] = Counter()
        self.held = 0  # requests that the limit of the rate made wait
        self.requests = self.failed = 0

    def data(self) -> dict[str, Any]:
        """All of it as data."""
        self.series.pack()
        return {
            "figures": [figures.data() for figures in (*self.steps.values(), *self.journeys.values())],
            "series": self.series.seconds,
            "lateness": self.lateness.encode().decode(),
            "unsent": dict(self.unsent),
            "held": self.held,
        }
