"""Records of JSON files: one object a line, or one array of objects, which is read piece by piece."""

from __future__ import annotations

import json
from typing import Any, NoReturn, TYPE_CHECKING

from QualityLibrary.sources import lines, Row
from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from pathlib import Path

    from QualityLibrary.sources import Rows

PIECE = 1_000_000  # characters that are read at once
LONGEST = lines.LONGEST  # characters of one record


class DoubledNameError(ValueError):
    """An object has a name twice."""


def rows_of_lines(path: Path, *, encoding: str = "utf-8") -> Rows:
    """The objects of a file with one a line."""
    blank = 0
    with lines.opened(path) as file:
        for number, line in enumerate(lines.texts(file, path, encoding), 1):
            if not line.strip():
                blank = blank or number
                continue
            if blank:
                raise QaError(f"Line {blank} of {path} is empty, expected an object: records follow it.")
            try:
                value = _decoder().decode(line)
            except json.JSONDecodeError as error:
                raise QaError(f"Line {number} of {path} is no whole JSON (column {error.colno}): {error.msg}.") from None
            except (ValueError, RecursionError) as error:
                raise QaError(f"Line {number} of {path} is no JSON that can be kept: {_reason(error)}.") from None
            yield Row(_object(value, f"Line {number} of {path}"), f"line {number}")


def rows_of_array(path: Path, *, encoding: str = "utf-8") -> Rows:
    """The objects of an array; at most one record and one piece are held at a time."""
    with lines.opened(path) as file:
        text = _Text(file, path, encoding)
        text.expect("[", "an array of objects")
        number = 0
        while text.first() != "]":
            if number:
                text.expect(",", "a comma or the end of the array")
            number += 1
            yield Row(_object(text.value(number), f"Record {number} of {path}"))
        text.expect("]", "the end of the array")
        if rest := text.first():
            raise QaError(f"The file {path} goes on after its array with '{rest}': it must hold one array.")


class _Text:
    """The text of a file, of which a window is kept."""

    def __init__(self, file: Any, path: Path, encoding: str) -> None:
        import io

        self.path = path
        self.file = io.TextIOWrapper(file, encoding="utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
        self.window = ""
        self.at = 0
        self.passed = 0  # characters before the window
        self.ended = False

    def first(self) -> str:
        """The next character that is no space; empty at the end of the file."""
        while True:
            while self.at < len(self.window) and self.window[self.at] in " \t\r\n":
                self.at += 1
            if self.at < len(self.window) or not self._more():
                return self.window[self.at : self.at + 1]

    def expect(self, mark: str, what: str) -> None:
        """Pass over a mark that must come."""
        found = self.first()
        if found != mark:
            where = f"'{found}'" if found else "the end of the file"
            raise QaError(f"The file {self.path} is no whole JSON array: expected {what}, observed {where} {self.place()}.")
        self.at += 1

    def value(self, number: int) -> Any:
        """The next value, with as much of the file as it needs."""
        self.first()
        while True:
            try:
                value, end = _decoder().raw_decode(self.window, self.at)
            except json.JSONDecodeError as error:
                if len(self.window) - self.at > LONGEST:
                    raise QaError(
                        f"Record {number} of {self.path} is longer than {LONGEST:,} characters, or broken {self.place()}: "
                        "it was read no further."
                    ) from None
                if not self._more():
                    place = f"at character {self.passed + error.pos + 1:,}"
                    raise QaError(f"Record {number} of {self.path} is no whole JSON {place}: {error.msg}.") from None
            except (ValueError, RecursionError) as error:
                raise QaError(f"Record {number} of {self.path} is no JSON that can be kept: {_reason(error)}.") from None
            else:
                if end < len(self.window) or not self._more():  # a number may go on in the next piece
                    self.at = end
                    return value

    def place(self) -> str:
        """Where the next character stands."""
        return f"at character {self.passed + self.at + 1:,}"

    def _more(self) -> bool:
        if self.ended:
            return False
        try:
            piece = self.file.read(PIECE)
        except UnicodeDecodeError as error:
            raise QaError(
                f"The file {self.path} is not text in {error.encoding} after record text {self.place()} "
                f"(0x{error.object[error.start]:02x}): name its encoding, such as encoding=latin-1."
            ) from None
        except LookupError:
            raise QaError(f"The file {self.path} cannot be read: there is no such encoding.") from None
        if "\0" in piece:
            raise QaError(f"The file {self.path} holds a NUL character, which no JSON has.")
        self.passed += self.at
        self.window, self.at = self.window[self.at :] + piece, 0
        self.ended = not piece
        return bool(piece)


def _decoder() -> json.JSONDecoder:
    return _DECODER


def _constant(name: str) -> NoReturn:
    raise DoubledNameError(f"{name} is no number of JSON")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise DoubledNameError(f"the name '{next(name for name in names if names.count(name) > 1)}' stands twice in an object")
    return record


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)


def _reason(error: Exception) -> str:
    return "it nests too deep" if isinstance(error, RecursionError) else str(error)


def _object(value: Any, where: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    kind = {list: "an array", str: "a text", type(None): "null", bool: "a boolean"}.get(type(value), "a number")
    raise QaError(f"{where} is {kind}, expected an object with the fields of a record.")
