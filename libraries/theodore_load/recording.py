"""What a worker records: histograms, counts and errors of each step, and of each second."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, TYPE_CHECKING

from theodore_load import phases
from theodore_qa import extras

if TYPE_CHECKING:
    from hdrh.histogram import HdrHistogram

LONGEST = 3_600_000_000  # microseconds
FINE, COARSE = 3, 2  # significant digits of a step's histogram, and of a second's
MICROSECONDS = 1_000_000
PRECISION = 11  # leading bits of a number of microseconds that three significant digits tell apart in an HDR histogram
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


def tallied(seconds: float) -> int:
    """The least number of microseconds that an HDR histogram of three significant digits keeps in the same place."""
    value = int(seconds * MICROSECONDS)
    rest = value.bit_length() - PRECISION
    return value >> rest << rest if rest > 0 else value


class Times:
    """Durations: tallied as they come by their places in the histogram that they are then kept in, which costs a tenth of it."""

    def __init__(self, digits: int = FINE) -> None:
        self._histogram = histogram(digits)
        self.tally: defaultdict[int, int] = defaultdict(int)  # of microseconds

    def record(self, seconds: float) -> None:
        """Take in one duration."""
        self.tally[tallied(seconds)] += 1

    @property
    def histogram(self) -> HdrHistogram:
        """All durations."""
        self._keep()
        return self._histogram

    def _keep(self) -> None:
        for value, count in self.tally.items():
            self._histogram.record_value(min(LONGEST, max(1, value)), count)
        self.tally.clear()


class Figures:
    """The figures of one step, or of whole journeys."""

    def __init__(self, name: str, *, journey: bool = False) -> None:
        self.name = name
        self.journey = journey
        self.responses, self.services = Times(), Times()
        self.ok = self.checked = 0
        self.errors: Counter[str] = Counter()
        self.statuses: Counter[str | int] = Counter()
        self.sent = self.received = 0
        self.examples: dict[str, str] = {}
        self.sample = ""

    @property
    def response(self) -> HdrHistogram:
        """Times from the intended start."""
        return self.responses.histogram

    @property
    def service(self) -> HdrHistogram:
        """Times from the moment of sending."""
        return self.services.histogram

    @property
    def count(self) -> int:
        """How many requests were sent, whatever came of them."""
        return self.ok + sum(self.errors.values())

    def good(self, response: float, service: float, *, checked: bool) -> None:
        """An answer came and is what was expected."""
        self.ok += 1
        self.checked += checked
        self.responses.record(response)
        self.services.record(service)

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
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "examples": self.examples,
            "response": self.response.encode().decode(),
            "service": self.service.encode().decode(),
        }


class Series:
    """What happened in each second; the histogram of a second that is over is kept packed."""

    def __init__(self) -> None:
        self.seconds: dict[int, dict[str, Any]] = {}
        self.now = -1
        self.entry: dict[str, Any] = {}
        self.times = Times(COARSE)

    def count(self, moment: float, response: float | None, received: int) -> None:
        """An exchange ended at ``moment`` seconds; ``response`` is None for an error."""
        if int(moment) != self.now:
            self.turn(int(moment))
        self.entry["bytes"] += received
        if response is None:
            self.entry["errors"] += 1
        else:
            self.entry["ok"] += 1
            self.times.record(response)

    def turn(self, second: int) -> None:
        """Begin another second."""
        self.pack()
        self.now = second
        self.entry = self.seconds.setdefault(second, {"ok": 0, "errors": 0, "bytes": 0, "times": []})

    def pack(self) -> None:
        """Keep the histogram of the second that is over."""
        if self.entry and (times := self.times.histogram).get_total_count():
            self.entry["times"].append(times.encode().decode())
            times.reset()


class Recorder:
    """What one worker records."""

    def __init__(self, steps: list[str], journeys: list[str]) -> None:
        self.steps = {name: Figures(name) for name in steps}
        self.journeys = {name: Figures(name, journey=True) for name in journeys}
        self.series = Series()
        self.phases: dict[str, Times] = {}
        self.served: dict[str, list[float]] = {}  # of each identity: answered, failed, seconds of what was answered
        self.lateness = Times()
        self.unsent: Counter[str] = Counter()
        self.held = 0  # requests that the limit of the rate made wait
        self.requests = self.failed = 0

    def answered(self, figures: Figures, moment: float, response: float, service: float, received: int, *, checked: bool) -> None:
        """Do what :meth:`Figures.good` and :meth:`Series.count` do, in half of their time; nearly all answers come here."""
        series = self.series
        if int(moment) != series.now:
            series.turn(int(moment))
        figures.ok += 1
        figures.checked += checked
        place = tallied(response)
        figures.responses.tally[place] += 1
        series.times.tally[place] += 1
        figures.services.tally[tallied(service)] += 1
        entry = series.entry
        entry["ok"] += 1
        entry["bytes"] += received

    def phase(self, name: str, seconds: float) -> None:
        """Take in how long a phase of the system took, by its own word."""
        times = self.phases.get(name)
        if times is None and len(self.phases) < phases.MOST:
            times = self.phases[name] = Times()
        if times is not None:
            times.record(seconds)

    def serving(self, identity: str) -> list[float]:
        """The sums of an identity, to which its users add."""
        return self.served.setdefault(identity, [0, 0, 0.0])

    def progress(self) -> dict[str, float]:
        """How far the load is: requests, failures, answers, and the seconds that these took together."""
        sums = self.served.values()
        answered, seconds = sum(ok for ok, _, _ in sums), sum(took for _, _, took in sums)
        return {"requests": self.requests, "failed": self.failed, "answered": answered, "seconds": seconds}

    def data(self) -> dict[str, Any]:
        """All of it as data."""
        self.series.pack()
        return {
            "figures": [figures.data() for figures in (*self.steps.values(), *self.journeys.values())],
            "series": self.series.seconds,
            "phases": {name: times.histogram.encode().decode() for name, times in self.phases.items()},
            "served": self.served,
            "lateness": self.lateness.histogram.encode().decode(),
            "unsent": dict(self.unsent),
            "held": self.held,
        }
