"""Records of a CSV file, RFC 4180: strict, with a header, each row as long as it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from QualityLibrary.sources import lines, Row
from theodore_qa.errors import QaError, UsageError
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from QualityLibrary.sources import Rows

OTHERS = (";", "\t", "|", ",")
NAMED = {"\t": "\\t"}


def rows(path: Path, *, encoding: str = "utf-8", delimiter: str = ",") -> Rows:
    """The rows of a CSV file; the first line that is no row of it ends them with an error that names its place."""
    delimiter = "\t" if delimiter in ("\\t", "tab") else delimiter
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UsageError(f"The delimiter is '{delimiter}': write one character, such as delimiter=; or delimiter=\\t.")
    with lines.opened(path) as file:
        reader = csv.reader(lines.texts(file, path, encoding), strict=True, delimiter=delimiter)
        header: list[str] = []
        blank = 0
        for place, values in _read(reader, path):
            if not header:
                header = _header(values, path, delimiter)
                continue
            if not values:
                blank = blank or place
                continue
            if blank:
                raise QaError(f"Line {blank} of {path} is empty, expected {plural(len(header), 'value')}: records follow it.")
            if len(values) != len(header):
                raise QaError(
                    f"Line {place} of {path} has {plural(len(values), 'value')}, and the header has {len(header)}: "
                    "put values that hold the delimiter or a line break in quotation marks."
                )
            yield Row(dict(zip(header, values, strict=True)), f"line {place}")


def _read(reader: csv.reader, path: Path) -> Iterator[tuple[int, list[str]]]:  # type: ignore[valid-type]  # a function by name
    """Each row with the number of the line on which it begins."""
    begin = 1
    while True:
        others = csv.field_size_limit(lines.LONGEST)  # it holds for the whole process, so that it is put back after each row
        try:
            values: list[str] = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            text = str(error)
            if "unexpected end" in text:
                text = "a quotation mark is opened and never closed: the file is cut off, or the mark belongs to the value"
            if "new-line character" in text:
                text = "lines end with a carriage return alone: save the file with line ends of Unix or Windows"
            raise QaError(f"The row of {path} that begins in line {begin} is no CSV: {text}.") from None
        finally:
            csv.field_size_limit(others)
        yield begin, values
        begin = reader.line_num + 1  # type: ignore[attr-defined]  # it is a reader


def _header(names: list[str], path: Path, delimiter: str) -> list[str]:
    twice = next((name for name in names if names.count(name) > 1), None)
    if not names or "" in names:
        column = names.index("") + 1 if "" in names else 1
        raise QaError(f"The header of {path} has no name in column {column}: name each column in the first line.")
    if twice is not None:
        raise QaError(f"The header of {path} has the column '{twice}' twice: rename one, since values would be mixed up.")
    if len(names) == 1 and (other := next((mark for mark in OTHERS if mark != delimiter and mark in names[0]), "")):
        raise QaError(
            f"The header of {path} is one column '{names[0][:80]}' with the delimiter '{NAMED.get(delimiter, delimiter)}': "
            f"write delimiter={NAMED.get(other, other)} if that divides it."
        )
    return names
