"""The steady state: probes that use the system, and the samples that they take."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from theodore_qa.timing import seconds

POLL = 0.05
CONCURRENT = 8
OK = 200


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
class SteadyStateProbe:
    """A request, perhaps of a job that is followed until its end, and what is expected of the last answer.

    ``within`` is in seconds. ``failed`` describes the answer that reports a failure openly.
    """

    name: str
    method: str
    path: str
    body: Any = None
    follow: str = ""
    until: dict[str, list[str]] = field(default_factory=dict)
    within: float = 10.0
    expect: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, definition: dict[str, Any]) -> SteadyStateProbe:
        """A probe from its definition in experiments.yaml."""
        method, _, path = str(definition["request"]).partition(" ")
        rest = {key: definition[key] for key in ("body", "follow", "until", "expect", "failed") if key in definition}
        return cls(name, method, path, within=seconds(definition.get("within", 10)), **rest)

    def once(self, url: str, token: str) -> Sample:
        """Send the request once and judge the answer; takes at most about twice ``within``."""
        import httpx

        began, started = time.time(), time.monotonic()
        try:
            with httpx.Client(
                base_url=url, timeout=self.within, trust_env=False, headers={"Authorization": f"Bearer {token}"}
            ) as client:
                outcome, detail = self._judge(self._last(client, started))
        except httpx.HTTPError as error:
            outcome, detail = ProbeOutcome.SILENT, str(error) or type(error).__name__
        except ValueError:
            outcome, detail = ProbeOutcome.WRONG, "the answer is not JSON"
        return Sample(began, time.monotonic() - started, outcome, detail)

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

    def _judge(self, answer: Any) -> tuple[ProbeOutcome, str]:
        if answer is None:
            return ProbeOutcome.SILENT, f"no end within {self.within:g} s"
        body = answer.json()
        if answer.status_code != OK:
            open_failure = isinstance(body, dict) and body.get("status_code") == answer.status_code
            return (ProbeOutcome.OPEN if open_failure else ProbeOutcome.WRONG), f"status {answer.status_code}"
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
    """Uses a probe every ``interval`` seconds in threads of its own, until it is stopped."""

    def __init__(self, probe: SteadyStateProbe, url: str, token: str, interval: float) -> None:
        self.probe = probe
        self.samples: list[Sample] = []
        self._url, self._token, self._interval = url, token, interval
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(CONCURRENT, thread_name_prefix="probe")
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
            if len(under_way) < CONCURRENT:
                under_way.add(self._pool.submit(self._once))
            else:
                self.missed += 1
            due += self._interval
            self._stopped.wait(max(0.0, due - time.monotonic()))

    def _once(self) -> None:
        sample = self.probe.once(self._url, self._token)
        with self._lock:
            self.samples.append(sample)


def success(samples: list[Sample]) -> float:
    """The share of good samples; 0 without samples."""
    return sum(sample.outcome is ProbeOutcome.GOOD for sample in samples) / len(samples) if samples else 0.0


def slowest(samples: list[Sample]) -> float:
    """The 95th percentile (nearest rank) of the durations of good samples, in seconds; 0 without any."""
    durations = sorted(sample.took for sample in samples if sample.outcome is ProbeOutcome.GOOD)
    return durations[max(0, -(-len(durations) * 95 // 100) - 1)] if durations else 0.0
