"""Lines of a text file, each checked as it is read: encoding, length and characters that no text has."""

from __future__ import annotations

import codecs
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from theodore_qa.errors import QaError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST = 4_000_000  # bytes of a line
BOM = codecs.BOM_UTF8
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A file that is there and holds something; it must not change while it is read."""
    try:
        before = path.stat()
        if not path.is_file():
            raise QaError(f"The source {path} is {'a folder' if path.is_dir() else 'no file'}: name a file.")
        if not before.st_size:
            raise QaError(f"The file {path} is empty, expected records: it has 0 bytes.")
        with path.open("rb") as file:
            yield file
        after = path.stat()
    except OSError as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        raise QaError(f"The file {path} {reason}; no records were read.") from None
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise QaError(f"The file {path} changed while it was read: read it again when it is written to its end.")


def texts(file: IO[bytes], path: Path, encoding: str) -> Iterator[str]:
    """The lines as texts with their ends; the first one without a mark of UTF-8."""
    decode = _decoder(encoding)
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if number == 1:
            if line.startswith(WIDE):
                raise QaError(f"The file {path} is in UTF-16: save it in UTF-8.")
            line = line.removeprefix(BOM)
        if len(line) > LONGEST:
            raise QaError(f"Line {number} of {path} is longer than {LONGEST:,} bytes: it was read no further.")
        if b"\0" in line:
            raise QaError(f"Line {number} of {path} holds a NUL character (column {line.index(0) + 1}), which no text has.")
        try:
            yield decode(line)
        except UnicodeDecodeError as error:
            raise QaError(
                f"Line {number} of {path} is not text in {encoding} (byte {error.start + 1} is 0x{line[error.start]:02x}): "
                "name its encoding, such as encoding=latin-1."
            ) from None


def _decoder(encoding: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  # a function of bytes
    try:
        name = codecs.lookup(encoding).name
        ascii_compatible = "a\n".encode(name) == b"a\n"
    except (LookupError, AttributeError, TypeError):
        raise UsageError(f"There is no encoding '{encoding}': write utf-8, latin-1 or cp1252.") from None
    if not ascii_compatible:
        raise UsageError(f"The encoding {encoding} is not read line by line: save the file in UTF-8.")
    return lambda line: line.decode(name)
