"""How a run goes on: a bar on a terminal, a line for each test elsewhere."""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Protocol, TYPE_CHECKING

from theodore_qa.observing.display import plural
from theodore_qa.redaction.secrets import redact

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.run.plan import Plan

STYLES = {"PASS": "green", "FAIL": "red", "NOT EVALUATED": "magenta", "SKIP": "yellow"}


class Progress(Protocol):
    """What a run tells of itself."""

    def planned(self, plan: Plan) -> None:
        """The plan is made."""

    def follow(self, records: Path) -> None:
        """New evidence may have been written."""


class Silent:
    """Tells nothing."""

    def planned(self, plan: Plan) -> None:
        """Say nothing."""

    def follow(self, records: Path) -> None:
        """Say nothing."""


class Follower:
    """Reads the evidence as it grows and shows each test that ended."""

    def __init__(self, *, verbose: bool = False) -> None:
        self.verbose = verbose
        self._read: dict[Path, int] = {}
        self._began = time.monotonic()
        self._done = 0
        self._total = 0
        self._bar: Any = None

    def planned(self, plan: Plan) -> None:
        """Say how much there is to do."""
        self._total = len(plan.tests)
        if sys.stdout.isatty() and not self.verbose:
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Bar(*columns, transient=True)
            self._bar.add_task("starting", total=self._total)
            self._bar.start()
        else:
            sys.stdout.write(f"{plural(self._total, 'test')} planned\n")

    def follow(self, records: Path) -> None:
        """Show the tests that ended since the last look."""
        for path in sorted(records.glob("*.jsonl")):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                lines = file.readlines()
            complete = [line for line in lines if line.endswith(b"\n")]
            self._read[path] = self._read.get(path, 0) + sum(map(len, complete))
            for line in complete:
                record = json.loads(line)
                if record["type"] == "test":
                    self._show(record)

    def _show(self, record: dict[str, Any]) -> None:
        self._done += 1
        if self._bar:
            self._bar.update(self._bar.task_ids[0], completed=self._done, description=redact(record["name"])[:40])
            return
        elapsed = time.monotonic() - self._began
        line = (
            f"[{self._done:>3}/{self._total}] {record['verdict']:<13} {record['source']} > {record['name']} ({elapsed:.1f} s)\n"
        )
        sys.stdout.write(redact(line))
        if self.verbose and record["message"]:
            sys.stdout.write(redact("".join(f"        {part}\n" for part in record["message"].splitlines())))
        sys.stdout.flush()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar.stop()
            self._bar = None
