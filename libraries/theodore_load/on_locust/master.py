"""``python -m theodore_load.on_locust.master``: Locust's master for one load, which it reads from standard input.

It speaks as :mod:`theodore_load.worker` does, so that the engine follows it like a worker of its own: the first line is the load,
it answers that all workers are ready, begins at the second line, tells of progress, and ends with what each worker recorded.
"""

from __future__ import annotations

import json
import logging
import math
import signal
import sys
import time
from typing import Any

from theodore_load import on_locust
from theodore_load import scenario as scenarios

FEW_SECONDS = 0.5
HEAD_START = 0.2
AGAIN = 0.5
COUNTS = ("requests", "failed", "answered", "seconds")


def main() -> None:
    """Run one load."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's to answer
    job = json.loads(sys.stdin.readline())
    addresses = on_locust.Addresses(**job["locust"])
    import gevent
    from locust import User
    from locust.env import Environment

    class ScenarioUser(User):  # type: ignore[misc]  # workers have the one that works
        """Stands for the users of the workers."""

    logging.basicConfig(level=logging.ERROR)
    environment = Environment(user_classes=[ScenarioUser], host="http://127.0.0.1")
    try:
        runner = environment.create_master_runner(*addresses.bound)
    except SystemExit:
        _say({"failed": f"the port of Locust's master, {addresses.master}, is taken"})
        return
    Master(gevent, runner, job["scenario"], addresses).run()


class Master:
    """One load, from waiting for its workers to what they recorded."""

    def __init__(self, gevent: Any, runner: Any, declared: dict[str, Any], addresses: on_locust.Addresses) -> None:
        self._gevent, self._runner, self._declared, self._addresses = gevent, runner, declared, addresses
        self._answers: dict[str, str] = {}
        self._counts: dict[str, dict[str, Any]] = {}
        self._done: dict[str, dict[str, Any]] = {}
        self._chosen: list[str] = []
        for name, listener in (
            (on_locust.READY, self._ready),
            (on_locust.PROGRESS, self._progress),
            (on_locust.DONE, self._ended),
        ):
            runner.register_message(name, listener)

    def run(self) -> None:
        """Run it."""
        failure = self._workers_come() or self._prepared()
        if failure:
            _say({"failed": failure})
        else:
            _say({"ready": True})
            pool = self._gevent.get_hub().threadpool
            if pool.apply(sys.stdin.readline):
                self._gevent.spawn(self._listen, pool)
                self._load()
        self._runner.quit()

    def _workers_come(self) -> str:
        addresses, deadline = self._addresses, time.monotonic() + self._addresses.wait
        while len(self._runner.clients.ready) < addresses.workers:
            if time.monotonic() > deadline:
                there = len(self._runner.clients.ready)
                return (
                    f"{there} of {addresses.workers} workers came to Locust's master at {addresses.master} within "
                    f"{addresses.wait:g} s: start them by 'python -m theodore_load.on_locust.worker {addresses.master}'"
                )
            self._gevent.sleep(0.05)
        self._chosen = [client.id for client in self._runner.clients.ready]
        return ""

    def _prepared(self) -> str:
        of, peak = len(self._chosen), _peak(self._declared)
        self._each = math.ceil(peak / of)
        jobs = {
            client: json.dumps({"scenario": self._declared, "index": index, "of": of, "users": self._each})
            for index, client in enumerate(self._chosen)
        }
        deadline, sent = time.monotonic() + self._addresses.wait, 0.0
        while len(self._answers) < of:
            if time.monotonic() > deadline:
                return f"{len(self._answers)} of {of} Locust workers answered: start workers of this version"
            if time.monotonic() > sent + AGAIN:  # a worker that has just come may not listen yet
                sent = time.monotonic()
                for client in self._chosen:
                    if client not in self._answers:
                        self._runner.send_message(on_locust.SCENARIO, jobs[client], client)
            self._gevent.sleep(0.02)
        if failure := next((text for text in self._answers.values() if text), ""):
            return failure
        self._runner.start(self._each * of, spawn_rate=self._each * of)
        while self._runner.user_count < self._each * of:
            if time.monotonic() > deadline + self._addresses.wait:
                return f"{self._runner.user_count} of {self._each * of} users were spawned by Locust's workers"
            self._gevent.sleep(0.02)
        return ""

    def _load(self) -> None:
        for client in self._chosen:
            self._runner.send_message(on_locust.GO, HEAD_START, client)
        while len(self._done) < len(self._chosen):
            self._gevent.sleep(FEW_SECONDS / 5)
            counts = self._counts.values()
            whole: dict[str, Any] = {name: sum(count[name] for count in counts) for name in COUNTS}
            _say(whole | {"stopped": next((count["stopped"] for count in counts if count["stopped"]), "")})
            lost = [client for client in self._chosen if client not in self._done and self._missing(client)]
            if lost:
                break
        self._runner.stop()
        _say({"done": list(self._done.values()), "lost": len(self._chosen) - len(self._done)})

    def _missing(self, client: str) -> bool:
        return client not in self._runner.clients or self._runner.clients[client].state == "missing"

    def _listen(self, pool: Any) -> None:
        """Stop when the parent says so, and when it is gone."""
        cause = str(pool.apply(sys.stdin.readline)).strip() or "the process that runs the load is gone"
        for client in self._chosen:
            self._runner.send_message(on_locust.STOP, cause, client)

    def _ready(self, environment: Any, msg: Any, **_: Any) -> None:  # noqa: ARG002  # Locust's names
        self._answers[msg.node_id] = msg.data["failed"]

    def _progress(self, environment: Any, msg: Any, **_: Any) -> None:  # noqa: ARG002  # Locust's names
        self._counts[msg.node_id] = msg.data

    def _ended(self, environment: Any, msg: Any, **_: Any) -> None:  # noqa: ARG002  # Locust's names
        if msg.node_id in self._chosen:
            self._done[msg.node_id] = json.loads(msg.data)


def _peak(declared: dict[str, Any]) -> int:
    from pathlib import Path

    return scenarios.read(declared, Path()).peak


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
