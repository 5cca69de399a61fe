"""Figures of a load while it runs: one line that is renewed on a terminal, plain lines from time to time elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any, IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from theodore_load.engine import Progress

OFTEN, SELDOM = 0.5, 10.0  # seconds between two lines on a terminal, and elsewhere


class LiveFigures:
    """Shows how far a load is; a context, since a terminal has to be left as it was."""

    def __init__(
        self,
        name: str,
        planned: float = 0.0,
        *,
        stream: IO[str] | None = None,
        write: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is shown yet.

        Args:
            name: The load's name.
            planned: The seconds that it lasts; 0 where that is not known.
            stream: Where to write; standard error by default, whatever has been put in its place.
            write: Takes the plain lines in place of ``stream``.
            clock: Says the time in seconds.
        """
        self._name, self._planned, self._clock = name, planned, clock
        self._stream = stream or sys.__stderr__
        self._write = write
        self._terminal = bool(self._stream and self._stream.isatty())
        self._began = self._written = clock()
        self._before: Progress | None = None
        self._live: Any = None

    def __enter__(self) -> Self:
        """Begin."""
        self._began = self._written = self._clock()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Leave the terminal as it was."""
        if self._live is not None:
            self._live.stop()

    def __call__(self, progress: Progress) -> None:
        """Show how far the load is, unless that was shown a moment ago."""
        now = self._clock()
        if now - self._written < (OFTEN if self._terminal else SELDOM):
            return
        line = self.line(progress, now)
        self._written, self._before = now, progress
        if self._terminal:
            self._renew(line)
        elif self._write is not None:
            self._write(line)
        elif self._stream is not None:
            self._stream.write(line + "\n")
            self._stream.flush()

    def line(self, progress: Progress, now: float) -> str:
        """The figures in words; rate and mean are of the time since the last line."""
        before, since = self._before, max(0.001, now - self._written)
        sent, failed, answered, seconds = (
            tuple(after - earlier for after, earlier in zip(progress, before, strict=True)) if before else progress
        )
        lasts = f" of {self._planned:.0f}" if self._planned else ""
        mean = f", mean {seconds / answered * 1000:.0f} ms" if answered else ""
        share = f" ({progress.failed / progress.sent:.1%})" if progress.failed and progress.sent else ""
        recent = f", {failed:.0f} of them just now" if failed and before else ""
        return (
            f"Load {self._name}: {now - self._began:.0f}{lasts} s, {progress.sent:.0f} requests, {sent / since:.0f}/s{mean}, "
            f"{progress.failed:.0f} failed{share}{recent}"
        )

    def _renew(self, line: str) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        text = Text(line, no_wrap=True, overflow="ellipsis")
        if self._live is None:
            console = Console(file=self._stream)
            self._live = Live(
                text, console=console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
            )
            self._live.start()
        self._live.update(text, refresh=True)
