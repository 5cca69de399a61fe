"""A scenario on Locust: its master and workers, and the scenario as a locustfile.

Locust changes the standard library of a process when it is imported, so that it is imported in processes of its own alone:
:mod:`theodore_load.on_locust.master` and :mod:`theodore_load.on_locust.worker`. Everything else here needs no Locust.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_load.stages import seconds
from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from theodore_load.scenario import Scenario

ADDRESS = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[\w.-]+):(?P<port>\d{1,5})")
WAIT = 30.0
LAST_PORT = 65535
# The messages between master and workers, beside Locust's own.
SCENARIO, READY, GO, STOP, PROGRESS, DONE = (
    f"theodore-{name}" for name in ("scenario", "ready", "go", "stop", "progress", "done")
)


@dataclass(frozen=True)
class Addresses:
    """Where the master listens, how many workers it waits for, and for how many seconds."""

    master: str
    workers: int
    wait: float = WAIT

    @property
    def bound(self) -> tuple[str, int]:
        """The host and port of the master."""
        return parts(self.master)


def addresses(master: str, workers: int, wait: float | str = WAIT) -> Addresses:
    """The addresses, checked.

    Raises:
        UsageError: The master has no host and port, or there is no worker.
    """
    parts(master)
    if workers < 1:
        raise UsageError(f"A load on Locust needs workers, and {workers} are given: write from 1.")
    return Addresses(master, workers, seconds(wait))


def parts(address: str) -> tuple[str, int]:
    """The host and port of an address."""
    match = ADDRESS.fullmatch(address)
    if not match or not 0 < int(match["port"]) <= LAST_PORT:
        raise UsageError(f"'{address}' is no address of Locust's master: write for example 127.0.0.1:5557.")
    return match["host"].strip("[]"), int(match["port"])


def refuse_unsupported(scenario: Scenario) -> None:
    """Raise for what only our own engine sends."""
    for journey in scenario.journeys:
        for step in journey.steps:
            if step.stream is not None or step.redirects:
                what = "is a session over WS or SSE" if step.stream is not None else "follows redirects"
                raise UsageError(f"The step '{step.name}' {what}, which is not sent by Locust: leave out engine=locust.")
