"""The steady state: probes that use the system, and the samples that they take."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TYPE_CHECKING

from theodore_qa.timing import seconds

if TYPE_CHECKING:
    from concurrent.futures import Future

    from theodore_qa.systems.system import System

POLL = 0.05
CONCURRENT = 8
OK = 200
FIRST_ERROR = 400


class ProbeOutcome(StrEnum):
    """The outcome of one probe: good, an honest failure, no answer, or a wrong answer."""

    GOOD = "good"
    OPEN = "failed openly"
    SILENT = "no answer"
    WRONG = "wrong"


@dataclass(frozen=True)
class Sample:
    """One use of a probe: its beginning by the wall clock, its duration in seconds, its outcome."""

    began: float
    took: float
    outcome: ProbeOutcome
    detail: str = ""


@dataclass(frozen=True)
class Caller:
    """Where probes go and as whom, and the field in which the system's errors repeat their status, if they do."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    status_field: str = ""

    @classmethod
    def of(cls, system: System) -> Caller:
        """The first identity of a system; nobody where it has none."""
        headers = system.token_headers(system.token()) if system.identities else {}
        conventions = system.declared.conventions
        errors = conventions.errors if conventions else None
        return cls(system.url, headers, errors.status if errors else "")


@dataclass(frozen=True)
class SteadyStateProbe:
    """A request, perhaps of a job that is followed until its end, and what is expected of the last answer.

    ``within`` is in seconds, and a limit. ``failed`` describes the answer that reports a failure openly.
    """

    name: str
    method: str
    path: str
    body: Any = None
    follow: str = ""
    until: dict[str, list[str]] = field(default_factory=dict)
    within: float = 10.0
    status: int = OK
    expect: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, definition: dict[str, Any]) -> SteadyStateProbe:
        """A probe from its definition in experiments.yaml."""
        method, _, path = str(definition["request"]).partition(" ")
        rest = {key: definition[key] for key in ("body", "follow", "until", "status", "expect", "failed") if key in definition}
        return cls(name, method, path, within=seconds(definition.get("within", 10)), **rest)

    def once(self, caller: Caller) -> Sample:
        """Send the request once and judge the answer; takes at most about twice ``within``."""
        import httpx

        began, started = time.time(), time.monotonic()
        try:
            with httpx.Client(base_url=caller.url, timeout=self.within, trust_env=False, headers=caller.headers) as client:
                outcome, detail = self._judge(self._last(client, started), caller.status_field)
        except httpx.HTTPError as error:
            outcome, detail = ProbeOutcome.SILENT, str(error) or type(error).__name__
        except ValueError:
            outcome, detail = ProbeOutcome.WRONG, "the answer is not JSON"
        took = time.monotonic() - started
        if outcome is ProbeOutcome.GOOD and took > self.within:
            outcome, detail = ProbeOutcome.SILENT, f"the answer took {took:.2f} s, expected within {self.within:g} s"
        return Sample(began, took, outcome, detail)

    def _last(self, client: Any, started: float) -> Any:
        answer = client.request(self.method, self.path, json=self.body)
        if not self.follow or answer.status_code != OK:
            return answer
        first = answer.json()
        path = self.follow.format(**first)
        while True:
            answer = client.get(path)
            if answer.status_code != OK or all(value_of(answer.json(), name) in values for name, values in self.until.items()):
                return answer
            if time.monotonic() - started > self.within:
                return None
            time.sleep(POLL)

    def _judge(self, answer: Any, status_field: str) -> tuple[ProbeOutcome, str]:
        if answer is None:
            return ProbeOutcome.SILENT, f"no end within {self.within:g} s"
        status = answer.status_code
        if status != self.status:
            honest = status >= FIRST_ERROR and (not status_field or value_of(answer.json(), status_field) == status)
            return (ProbeOutcome.OPEN if honest else ProbeOutcome.WRONG), f"status {status}"
        body = answer.json() if self.failed or self.expect else None
        if self.failed and all(value_of(body, name) == value for name, value in self.failed.items()):
            return ProbeOutcome.OPEN, str(value_of(body, "error") or "failed")
        for name, value in self.expect.items():
            found = value_of(body, name)
            if found != value:
                return ProbeOutcome.WRONG, f"{name} {found}, expected {value}"
        return ProbeOutcome.GOOD, ""


def value_of(body: Any, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    for name in path.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body


class Prober:
    """Uses a probe every ``interval`` seconds in threads of its own, until it is stopped; at most ``concurrent`` at once."""

    def __init__(self, probe: SteadyStateProbe, caller: Caller, interval: float, concurrent: int = CONCURRENT) -> None:
        self.probe = probe
        self.samples: list[Sample] = []
        self._caller, self._interval, self._concurrent = caller, interval, concurrent
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        from concurrent.futures import ThreadPoolExecutor

        self._pool = ThreadPoolExecutor(concurrent, thread_name_prefix="probe")
        self._clock = threading.Thread(target=self._tick, daemon=True)
        self.missed = 0

    def start(self) -> Prober:
        """Start probing."""
        self._clock.start()
        return self

    def halt(self) -> None:
        """Start no more probes; running ones go on."""
        self._stopped.set()

    def stop(self) -> list[Sample]:
        """Stop, and wait for running probes; returns all samples in order."""
        self._stopped.set()
        self._clock.join()
        self._pool.shutdown(wait=True)
        return self.since(0)

    def since(self, moment: float) -> list[Sample]:
        """The samples that began at or after a moment, in order."""
        with self._lock:
            return sorted((sample for sample in self.samples if sample.began >= moment), key=lambda sample: sample.began)

    def _tick(self) -> None:
        under_way: set[Future[None]] = set()
        due = time.monotonic()
        while not self._stopped.is_set():
            under_way = {running for running in under_way if not running.done()}
            if len(under_way) < self._concurrent:
                under_way.add(self._pool.submit(self._once))
            else:
                self.missed += 1
            due += self._interval
            self._stopped.wait(max(0.0, due - time.monotonic()))

    def _once(self) -> None:
        sample = self.probe.once(self._caller)
        with self._lock:
            self.samples.append(sample)


def success(samples: list[Sample]) -> float:
    """The share of good samples; 0 without samples."""
    return sum(sample.outcome is ProbeOutcome.GOOD for sample in samples) / len(samples) if samples else 0.0


def p95(samples: list[Sample]) -> float:
    """The 95th percentile (nearest rank) of the durations of good samples, in seconds; 0 without any."""
    durations = sorted(sample.took for sample in samples if sample.outcome is ProbeOutcome.GOOD)
    return durations[max(0, -(-len(durations) * 95 // 100) - 1)] if durations else 0.0
