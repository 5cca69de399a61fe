"""``python -m theodore_load.on_locust.worker HOST:PORT``: a Locust worker for whatever scenario its master sends.

It serves one load after another, and waits for a master where there is none. Who reaches the port of the master gets the
credentials of its users: keep it in a network of your own.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import time
from typing import Any, TYPE_CHECKING

import gevent
import locust  # changes the standard library of this process, so it comes before our own modules
from locust.env import Environment

from theodore_load import on_locust
from theodore_load.on_locust import users
from theodore_load.worker import raise_limits
from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from locust.runners import WorkerRunner

    from theodore_load.on_locust.crew import Crew

PROGRESS = 0.25
GRACE = 2.0
PAUSE = 0.5


class ScenarioUser(users.ScenarioUser):
    """The users of the load that runs."""


class Serving:
    """A worker while it serves one load."""

    def __init__(self, host: str, port: int) -> None:
        self._crew: Crew | None = None
        self._before = self._began = 0.0
        environment = Environment(user_classes=[ScenarioUser], host="http://127.0.0.1", stop_timeout=GRACE)
        self.runner: WorkerRunner = environment.create_worker_runner(host, port)
        for name, listener in ((on_locust.SCENARIO, self._prepare), (on_locust.GO, self._go), (on_locust.STOP, self._stop)):
            self.runner.register_message(name, listener, concurrent=True)

    def _prepare(self, environment: Environment, msg: Any, **_: Any) -> None:  # noqa: ARG002  # Locust's names
        job = json.loads(msg.data)
        try:
            if self._crew is not None:  # it was asked before
                return
            self._crew = users.crew_of(job["scenario"], job["index"], job["of"], job["users"])
        except QaError as error:
            self.runner.send_message(on_locust.READY, {"failed": str(error)})
            return
        ScenarioUser.crew = self._crew
        self.runner.send_message(on_locust.READY, {"failed": ""})

    def _go(self, environment: Environment, msg: Any, **_: Any) -> None:  # noqa: ARG002  # Locust's names
        crew = self._crew
        if crew is None:
            return
        self._before, self._began = time.process_time(), time.monotonic()
        crew.begin(float(msg.data))
        while not crew.ended.wait(PROGRESS):
            self.runner.send_message(on_locust.PROGRESS, crew.recorder.progress() | {"stopped": crew.stopped})
        cpu = (time.process_time() - self._before) / max(0.001, time.monotonic() - self._began)
        done = crew.recorder.data() | {"cpu": cpu, "stopped": crew.stopped, "seconds": crew.now()}
        self.runner.send_message(on_locust.DONE, json.dumps(done))

    def _stop(self, environment: Environment, msg: Any, **_: Any) -> None:  # noqa: ARG002  # Locust's names
        crew = self._crew
        if crew is not None:
            crew.stop(str(msg.data))
            gevent.spawn_later(GRACE, crew.ended.set)


def main() -> int:
    """Serve until this process is ended."""
    parser = argparse.ArgumentParser(
        prog="python -m theodore_load.on_locust.worker", description="Serve loads of a Locust master."
    )
    parser.add_argument("master", help="the address of the master, such as 10.0.0.5:5557")
    parser.add_argument("--once", action="store_true", help="end with the first load")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    try:
        host, port = on_locust.parts(options.master)
    except QaError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    raise_limits()
    gevent.signal_handler(signal.SIGTERM, sys.exit, 0)
    while True:
        try:
            Serving(host, port).runner.greenlet.join()
        except (ConnectionError, locust.exception.RPCError):
            gevent.sleep(PAUSE)
            continue
        if options.once:
            return 0
        gevent.sleep(PAUSE)


if __name__ == "__main__":
    sys.exit(main())
