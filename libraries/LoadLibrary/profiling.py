"""Where a Python process spends its time, by the samples of py-spy, which looks at it from outside, now and then for a moment."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from theodore_qa import extras
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Sequence

RATE = 100  # samples a second
ENDING = 30.0
HOTTEST = 10


@dataclass(frozen=True)
class Function:
    """A function: in which share of the samples it was at work itself, and in which it or what it called."""

    name: str
    own: float
    whole: float


@dataclass(frozen=True)
class Profile:
    """The samples of a process."""

    samples: int
    hottest: tuple[Function, ...]


class Profiler:
    """Samples a process from its start until :meth:`end`."""

    def __init__(self, pid: int) -> None:
        """Start to sample.

        Raises:
            NotEvaluatedError: py-spy is not installed.
        """
        program = extras.program("py-spy", "a profile")
        self._folder = tempfile.TemporaryDirectory(prefix="profile-")
        self._file = Path(self._folder.name) / "stacks"
        command = [
            program,
            "record",
            "--pid",
            str(pid),
            "--rate",
            str(RATE),
            "--duration",
            "86400",
            "--function",
            "--format",
            "raw",
        ]
        self._process = subprocess.Popen(
            [*command, "--output", str(self._file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self) -> Profile:
        """End, and return what was seen.

        Raises:
            NotEvaluatedError: The process could not be looked at, or was at work in no sample.
        """
        self._process.send_signal(signal.SIGINT)
        try:
            _, printed = self._process.communicate(timeout=ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            _, printed = self._process.communicate()
        try:
            stacks = self._file.read_text(encoding="utf-8", errors="replace").splitlines() if self._file.is_file() else []
        finally:
            self._folder.cleanup()
        if not (found := read(stacks)).samples:
            last = next((line for line in reversed(printed.strip().splitlines()) if line.strip()), "it saw nobody at work")
            raise NotEvaluatedError(f"NOT EVALUATED: py-spy has no samples of the process: {last.strip()}.")
        return found


def read(stacks: Sequence[str]) -> Profile:
    """The profile in lines of ``outer;inner count``."""
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for line in stacks:
        text, _, number = line.rpartition(" ")
        if not text or not number.isdigit():
            continue
        frames = text.split(";")
        own[frames[-1]] += int(number)
        for frame in dict.fromkeys(frames):
            whole[frame] += int(number)
    samples = sum(own.values())
    hottest = tuple(Function(name, count / samples, whole[name] / samples) for name, count in own.most_common(HOTTEST))
    return Profile(samples, hottest)
