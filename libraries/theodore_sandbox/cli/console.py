"""Data on standard output, progress and errors on standard error."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import IO, TYPE_CHECKING

from theodore_sandbox.cli import switches
from theodore_sandbox.cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


def error(message: str) -> None:
    """Say what went wrong, in one line."""
    stream = sys.stdout if switches.on("cli-errors-on-stdout") else sys.stderr
    _write(stream, f"Error: {' '.join(message.split())}\n")


def progress(message: str) -> None:
    """Say how far a command is."""
    stream = sys.stdout if switches.on("cli-progress-on-stdout") else sys.stderr
    _write(stream, f"{message}\n")


def data(text: str) -> None:
    """Write data, whole, with one line end."""
    try:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        if switches.on("cli-broken-pipe-traceback"):
            traceback.print_exc()
        raise


def coloured() -> bool:
    """Whether standard output is a terminal that is to have colours (https://no-color.org)."""
    refused = os.environ.get("NO_COLOR") and not switches.on("cli-colours-always")
    return sys.stdout.isatty() and not refused and os.environ.get("TERM") != "dumb"


def save(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file whole or not at all."""
    with saving(path, private=private) as file:
        file.write(content)


@contextlib.contextmanager
def saving(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """A file to write to, which takes its place when the block has ended; what is interrupted leaves the file of before."""
    try:
        descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {(error.strerror or 'no place').lower()}.") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        if not private:
            mask = os.umask(0)
            os.umask(mask)
            Path(part).chmod(0o666 & ~mask)
        elif switches.on("cli-settings-readable-by-all"):
            Path(part).chmod(0o644)
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _write(stream: TextIO, text: str) -> None:
    """Write what may be lost: nobody has to read it."""
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        if stream is sys.stdout:
            raise
