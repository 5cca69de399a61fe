"""How a run goes on, over all its processes: a few lines on a terminal that stay in place, a line for each test elsewhere."""

from __future__ import annotations

import json
import sys
import time
import unicodedata
from dataclasses import dataclass
from typing import Any, Protocol, TYPE_CHECKING

from theodore_qa import timing
from theodore_qa.observing.display import plural
from theodore_qa.redaction.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from theodore_qa.run.plan import Plan

STYLES = {"PASS": "green", "FAIL": "red", "NOT EVALUATED": "magenta", "SKIP": "yellow"}
MOST_SHOWN = 6  # tests that run
EVERY = 0.2  # seconds between two looks of the terminal
BETWEEN = 10.0  # seconds without a line, after which a scan says how far it is
SILENCE = 30.0  # seconds without a line, after which one says what runs
Key = tuple[str, int, str]


class Progress(Protocol):
    """What a run tells of itself."""

    def planned(self, plan: Plan) -> None:
        """The plan is made."""

    def follow(self, records: Path) -> None:
        """New evidence may have been written."""

    def close(self) -> None:
        """All has ended, and others write to the console from here on."""


class Silent:
    """Tells nothing."""

    def planned(self, plan: Plan) -> None:
        """Say nothing."""

    def follow(self, records: Path) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Usual:
    """How long tests usually take, by their file and name, and how many of them run side by side."""

    seconds: Mapping[tuple[str, str], float]
    processes: int = 1

    def of(self, key: Key) -> float | None:
        """The seconds of a test; None where nobody knows."""
        return self.seconds.get((key[0], key[2]))

    def left(self, waiting: Sequence[Key], running: Mapping[Key, float]) -> float | None:
        """About how many seconds are left; None while nothing is known of most tests.

        Args:
            waiting: tests that have not begun.
            running: tests that have, each with the seconds since.
        """
        known = [seconds for key in (*waiting, *running) if (seconds := self.of(key)) is not None]
        if not known or len(known) * 2 < len(waiting) + len(running):
            return None
        mean = sum(known) / len(known)
        rest = [self.of(key) or mean for key in waiting]
        rest += [max(0.0, (self.of(key) or mean) - since) for key, since in running.items()]
        return sum(rest) / max(1, min(self.processes, len(rest)))


class Follower:
    """Reads the evidence as it grows and shows what ended, what runs, how long that usually takes, and what is left."""

    def __init__(self, *, verbose: bool = False, usual: Usual | None = None) -> None:
        self.verbose = verbose
        self.usual = usual or Usual({})
        self._read: dict[Path, int] = {}
        self._began = self._looked = self._written = time.monotonic()
        self._waiting: list[Key] = []
        self._running: dict[Key, float] = {}
        self._counts: dict[str, int] = {}
        self._total = 0
        self._live: Any = None

    def planned(self, plan: Plan) -> None:
        """Say how much there is to do."""
        self._waiting = [test.key for test in plan.tests]
        self._total = len(plan.tests)
        if sys.stdout.isatty() and not self.verbose:
            from rich.live import Live

            self._live = Live(self._table(), transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
            self._live.start(refresh=True)
        else:
            sys.stdout.write(f"{plural(self._total, 'test')} planned{self._estimated('; about ')}\n")
            sys.stdout.flush()

    def follow(self, records: Path) -> None:
        """Show what began and ended since the last look."""
        for path in sorted(records.glob("*.jsonl")):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                lines = file.readlines()
            complete = [line for line in lines if line.endswith(b"\n")]
            self._read[path] = self._read.get(path, 0) + sum(map(len, complete))
            for line in complete:
                record = json.loads(line)
                if record["type"] == "start":
                    self._start((record["source"], record["line"], record["name"]))
                elif record["type"] == "test":
                    self._end(record)
                elif record["type"] == "progress" and not self._live and time.monotonic() - self._written > BETWEEN:
                    self._say(f"      {record['what']}\n")
        now = time.monotonic()
        if self._live and now - self._looked > EVERY:
            self._looked = now
            self._live.update(self._table(), refresh=True)
        elif not self._live and now - self._written > SILENCE and self._running:
            self._say(f"{self._done} of {self._total} ended; running: {', '.join(map(self._described, self._running))}\n")

    @property
    def _done(self) -> int:
        return sum(self._counts.values())

    def _start(self, key: Key) -> None:
        if key in self._waiting:
            self._waiting.remove(key)
        self._running[key] = time.monotonic()

    def _end(self, record: dict[str, Any]) -> None:
        self._running.pop((record["source"], record["line"], record["name"]), None)
        verdict = record["verdict"]
        self._counts[verdict] = self._counts.get(verdict, 0) + 1
        if self._live:
            if verdict in ("FAIL", "NOT EVALUATED"):
                ended = _line(f"{verdict}: {record['source']} > {record['name']}", STYLES[verdict])
                self._live.console.print(ended, no_wrap=True, overflow="ellipsis")
            return
        elapsed = time.monotonic() - self._began
        self._say(f"[{self._done:>3}/{self._total}] {verdict:<13} {record['source']} > {record['name']} ({elapsed:.1f} s)\n")
        if self.verbose and record["message"]:
            self._say("".join(f"        {part}\n" for part in record["message"].splitlines()))

    def _say(self, text: str) -> None:
        self._written = time.monotonic()
        sys.stdout.write(redact(text))
        sys.stdout.flush()

    def _described(self, key: Key) -> str:
        seconds = self.usual.of(key)
        return f"{key[2]}{f' (usually {timing.show(seconds)})' if seconds is not None else ''}"

    def _estimated(self, before: str) -> str:
        now = time.monotonic()
        left = self.usual.left(self._waiting, {key: now - began for key, began in self._running.items()})
        return "" if left is None else f"{before}{timing.show(float(round(left)))}"

    def _table(self) -> Any:
        """What stands on the terminal: a line of counts, and one for each test that runs."""
        from rich.console import Group

        others = [f"{count} {verdict}" for verdict, count in self._counts.items() if verdict != "PASS"]
        elapsed = timing.show(float(int(time.monotonic() - self._began)))
        head = ", ".join([f"{self._done}/{self._total} tests", *others, elapsed])
        lines = [_line(f"{head}{self._estimated(', left about ')}", "bold")]
        running = list(self._running)[:MOST_SHOWN]
        lines += [_line(f"  {self._described(key)}", "") for key in running]
        if more := len(self._running) - len(running):
            lines.append(_line(f"  and {more} more", ""))
        return Group(*lines)

    def close(self) -> None:
        """Take what stands on the terminal away."""
        if self._live:
            self._live.stop()
            self._live = None


def _line(text: str, style: str) -> Any:
    """A line that is cut where the terminal ends; what stands in it is shown, never carried out."""
    from rich.text import Text

    plain = "".join("?" if unicodedata.category(letter).startswith("C") else letter for letter in redact(text))
    return Text(plain, style=style, no_wrap=True, overflow="ellipsis")
