"""Runs a scenario: starts workers, begins them at one moment, stops them when it must, and merges what they recorded."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from importlib import util
from pathlib import Path
from typing import Any, NamedTuple, TYPE_CHECKING

from theodore_load import on_locust
from theodore_load.results import Result
from theodore_load.share import GRACE
from theodore_qa import extras
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_load.on_locust import Addresses
    from theodore_load.scenario import Scenario

USERS_A_WORKER, RATE_A_WORKER = 250, 3000
STARTING = 60.0  # seconds for a worker to be ready
ENDING = 30.0
HEAD_START = 0.1  # seconds from the word to the beginning, so that all workers have heard it
FEW = 20  # requests before an error budget counts
INTERRUPTED = "the load was interrupted"
LIBRARIES = Path(__file__).resolve().parent.parent


class Progress(NamedTuple):
    """How far a load is: requests, failures, answers as expected, and the seconds that these took together."""

    sent: float = 0
    failed: float = 0
    answered: float = 0
    seconds: float = 0.0


def run(
    scenario: Scenario,
    *,
    keep: Callable[[Result], None] = lambda _: None,
    interrupted: Callable[[], bool] = lambda: False,
    progress: Callable[[Progress], None] = lambda _progress: None,
    locust: Addresses | None = None,
) -> Result:
    """Run a scenario to its end.

    Args:
        scenario: What to send.
        keep: Is given the result whatever happens, before an interruption goes on its way.
        interrupted: Asked now and then; the load stops when it says so, and its result is marked as partial.
        progress: Is given how far the load is, now and then.
        locust: Run it on the workers of a Locust master at these addresses, and not on our own.

    Raises:
        NotEvaluatedError: A package is lacking, or a worker cannot be started.
    """
    extras.demand("hdrh", "load tests")
    if util.find_spec("httptools") is None:
        raise NotEvaluatedError("httptools, which reads the answers of load tests, is not installed: pip install httptools")
    if locust is not None:
        on_locust.refuse_unsupported(scenario)
        extras.demand_found("locust", "loads on Locust")
    run = _Run(scenario, locust)
    try:
        run.start()
        _followed(run, keep, interrupted, progress)
    finally:
        run.end()
    return run.result


def _followed(
    run: _Run, keep: Callable[[Result], None], interrupted: Callable[[], bool], progress: Callable[[Progress], None]
) -> None:
    """Follow a load to its end; what breaks it off waits until its result is kept."""
    try:
        run.follow(interrupted, progress)
    except BaseException:
        run.stop(INTERRUPTED)
        run.follow(lambda: False, lambda _progress: None)
        raise
    finally:
        keep(run.result)


def workers_for(scenario: Scenario) -> int:
    """How many processes a load needs, at most one for each core."""
    declared = scenario.declared.get("workers")
    if declared:
        return max(1, int(declared))
    peak = max(max(stage.start, stage.end) for stage in scenario.stages)
    needed = peak / (RATE_A_WORKER if scenario.open else USERS_A_WORKER)
    return max(1, min(os.cpu_count() or 1, round(needed + 0.499)))


class _Run:
    """The workers of one load."""

    def __init__(self, scenario: Scenario, locust: Addresses | None) -> None:
        self._scenario, self._locust = scenario, locust
        self._count = 1 if locust else workers_for(scenario)  # of Locust's workers the master alone is ours
        self.result = Result(scenario, locust.workers if locust else self._count)
        self._workers: list[subprocess.Popen[str]] = []
        self._heard: queue.Queue[tuple[int, dict[str, Any] | None]] = queue.Queue()
        self._counts: dict[int, Progress] = {}
        self._open: set[int] = set()
        self._stopping = 0.0

    def start(self) -> None:
        """Start the workers, and have them begin together."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(LIBRARIES), os.environ.get("PYTHONPATH", "")])}
        for index in range(self._count):
            worker = subprocess.Popen(
                [sys.executable, "-m", "theodore_load.on_locust.master" if self._locust else "theodore_load.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            self._workers.append(worker)
            self._open.add(index)
            threading.Thread(target=self._hear, args=(index, worker), daemon=True).start()
            job = {"scenario": self._scenario.declared, "index": index, "of": self._count}
            self._say(worker, json.dumps(job | ({"locust": asdict(self._locust)} if self._locust else {})))
        ready: set[int] = set()
        deadline = time.monotonic() + STARTING + (3 * self._locust.wait if self._locust else 0)
        while len(ready) < self._count:
            index, message = self._next(deadline)
            if not message:
                raise NotEvaluatedError("A worker of the load could not be started: look at what it printed to standard error.")
            if message.get("failed"):
                raise NotEvaluatedError(f"NOT EVALUATED: the load was not run on Locust: {message['failed']}.")
            ready.add(index)
        begins = time.monotonic() + HEAD_START
        self.result.began = time.time() + HEAD_START
        for worker in self._workers:
            self._say(worker, json.dumps({"go": begins}))

    def follow(self, interrupted: Callable[[], bool], progress: Callable[[Progress], None]) -> None:
        """Hear the workers until all have ended, and stop them when they must."""
        deadline = time.monotonic() + self._scenario.limits["seconds"] + self._longest() + ENDING
        while self._open:
            now = time.monotonic()
            if now > deadline or (self._stopping and now > self._stopping + GRACE + ENDING):
                self.result.lost = "a worker of the load did not end in time"
                return
            if not self._stopping and interrupted():
                self.stop(INTERRUPTED)
            try:
                index, message = self._heard.get(timeout=0.2)
            except queue.Empty:
                continue
            self._take(index, message)
            so_far = Progress(*map(sum, zip(*self._counts.values(), strict=True))) if self._counts else Progress()
            progress(so_far)
            budget = self._scenario.limits["errors"]
            if not self._stopping and so_far.sent >= FEW and budget < 1 and so_far.failed > budget * so_far.sent:
                self.stop(f"the error budget of {budget:.0%} was used up")

    def stop(self, cause: str) -> None:
        """Have all workers stop."""
        if not self._stopping:
            self._stopping = time.monotonic()
            self.result.stopped = self.result.stopped or cause
            for worker in self._workers:
                self._say(worker, cause)

    def end(self) -> None:
        """End what is left of the workers."""
        for worker in self._workers:
            if worker.stdin:
                with contextlib.suppress(OSError):
                    worker.stdin.close()
            try:
                worker.wait(timeout=5)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()

    def _longest(self) -> float:
        steps = [step for journey in self._scenario.journeys for step in journey.steps]
        return max(max(step.timeout, step.within if step.repeats else 0.0) for step in steps)

    def _take(self, index: int, message: dict[str, Any] | None) -> None:
        if message is None:
            if index in self._open:
                self._open.discard(index)
                self.result.lost = f"worker {index + 1} of {self._count} ended without its results"
        elif "done" in message:
            self._open.discard(index)
            for recorded in message["done"] if isinstance(message["done"], list) else [message["done"]]:
                self.result.add(recorded)
            if message.get("lost"):
                self.result.lost = f"{message['lost']} of {self.result.workers} workers of Locust ended without their results"
        elif "requests" in message:
            self._counts[index] = Progress(*(message[name] for name in ("requests", "failed", "answered", "seconds")))
            if message["stopped"] and not self._stopping:
                self.stop(message["stopped"])

    def _next(self, deadline: float) -> tuple[int, dict[str, Any] | None]:
        try:
            return self._heard.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return -1, None

    def _hear(self, index: int, worker: subprocess.Popen[str]) -> None:
        for line in worker.stdout or ():
            self._heard.put((index, json.loads(line)))
        self._heard.put((index, None))

    @staticmethod
    def _say(worker: subprocess.Popen[str], line: str) -> None:
        if worker.stdin:
            with contextlib.suppress(OSError):  # it is gone, which its end of output says too
                worker.stdin.write(line + "\n")
                worker.stdin.flush()
