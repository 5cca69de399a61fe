"""The companies of a file: CSV, JSON or XLSX, read a piece at a time, so that a hostile file takes little memory."""

from __future__ import annotations

import codecs
import contextlib
import csv
import json
from typing import Any, TYPE_CHECKING

from theodore_sandbox.cli import switches
from theodore_sandbox.cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import TextIOWrapper
    from pathlib import Path

NAMES = ("name", "company_name", "company")
FIELDS = ("website", "domain", "industry", "location", "custom_id")
MOST_BYTES = 100 * 1024 * 1024  # limits.max_file_size_mb of GET /version
MOST_UNPACKED = 50 * 1024 * 1024
MOST_IN_OBJECT = 4 * 1024 * 1024
MOST_COMPANIES = 10_000
MOST_ROWS, MOST_COLUMNS = 2 * MOST_COMPANIES, 100
LONGEST_NAME = 200
LONGEST = 100_000  # characters of a line, of an entry, of a cell
PIECE = 65_536
OLD_WORKBOOK = ".xls"


def read(path: Path) -> list[dict[str, Any]]:
    """The companies of a file, in its order; a file that cannot be read whole is an error with the place."""
    if path.stat().st_size > MOST_BYTES:
        raise CommandError(f"{path} has {path.stat().st_size / 1024 / 1024:.0f} MB: the most is 100 MB.")
    readers = {".csv": _csv, ".json": _json, ".xlsx": _xlsx}
    reader = readers.get(path.suffix.lower())
    if path.suffix.lower() == OLD_WORKBOOK:
        raise CommandError(f"{path} is a workbook of the old format {OLD_WORKBOOK}: save it as .xlsx.")
    if reader is None:
        raise CommandError(f"{path} is no file of companies: expected a name that ends with {', '.join(readers)}.")
    if not path.stat().st_size:
        raise CommandError(f"{path} is empty.")
    found: list[dict[str, Any]] = []
    for row, place in reader(path):
        if len(found) == MOST_COMPANIES:
            raise CommandError(f"{path} names more than {MOST_COMPANIES} companies, which is the most.")
        found.append(_company(row, f"{path}, {place}"))
    if switches.on("cli-last-line-dropped"):
        found.pop()
    if not found:
        raise CommandError(f"{path} names no company.")
    return found


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[TextIOWrapper]:
    """A file as text, once it is seen to be UTF-8 without NUL characters."""
    decoder, position, line = codecs.getincrementaldecoder("utf-8")(), 0, 1
    with path.open("rb") as file:
        while True:
            piece = file.read(PIECE)
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                place = position - held + error.start
                raise CommandError(f"{path} is not UTF-8: byte {place} is 0x{error.object[error.start]:02x}.") from None
            if b"\0" in piece:
                line += piece[: piece.index(0)].count(b"\n")
                raise CommandError(f"{path}, line {line}: it holds a NUL character.")
            if not piece:
                break
            line += piece.count(b"\n")
            position += len(piece)
    with path.open(encoding="utf-8-sig", newline="") as text:
        yield text


def _lines(path: Path, text: TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            raise CommandError(f"{path}, line {number}: it is longer than {LONGEST} characters.")
        yield line


def _csv(path: Path) -> Iterable[tuple[Any, str]]:
    with _opened(path) as text:
        reader = csv.DictReader(_lines(path, text), strict=True)
        try:
            columns = [str(column).strip().casefold() for column in reader.fieldnames or ()]
            if not set(NAMES) & set(columns):
                raise CommandError(f"{path} has no column 'name': its first line is '{','.join(reader.fieldnames or ())[:80]}'.")
            reader.fieldnames = columns
            for row in reader:
                if None in row or None in row.values():
                    raise CommandError(f"{path}, line {reader.line_num}: it has another number of values than the first line.")
                if any(value.strip() for value in row.values()):
                    yield row, f"line {reader.line_num}"
        except csv.Error as error:
            raise CommandError(f"{path}, line {reader.line_num}: it is no CSV ({error}).") from None


def _json(path: Path) -> Iterable[tuple[Any, str]]:
    with _opened(path) as text:
        for number, item in enumerate(_elements(path, text), 1):
            yield {"name": item} if isinstance(item, str) else item, f"entry {number}"


def _elements(path: Path, text: TextIOWrapper) -> Iterator[Any]:
    """The elements of an array, one at a time; an object with ``companies`` is read whole, and may not be large."""
    held, line, more = text.read(PIECE).lstrip(), 1, True
    if held[:1] != "[":
        if path.stat().st_size > MOST_IN_OBJECT:
            raise CommandError(f"{path} holds no list of companies.")
        data = _decoded(path, held + text.read(), 1, whole=True)[0]
        if not isinstance(data, dict) or not isinstance(data.get("companies"), list):
            raise CommandError(f"{path} holds no list of companies.")
        yield from data["companies"]
        return
    held, first = held[1:], True
    while True:
        while more and len(held) <= LONGEST:
            piece = text.read(PIECE)
            held, more = held + piece, bool(piece)
        blank = len(held) - len(held.lstrip())
        line, held = line + held[:blank].count("\n"), held[blank:]
        if first and held[:1] == "]":
            held = held[1:]
            break
        element, end = _decoded(path, held, line, more=more)
        yield element
        first, line = False, line + held[:end].count("\n")
        rest = held[end:].lstrip()
        line, held = line + held[end : len(held) - len(rest)].count("\n"), rest[1:]
        if rest[:1] == "]":
            break
        if rest[:1] != ",":
            raise CommandError(f"{path}, line {line}: it is no JSON (a comma or a bracket is missing).")
    if (held + text.read(PIECE)).strip():
        raise CommandError(f"{path}, line {line}: it is no JSON (something follows the list).")


def _decoded(path: Path, text: str, line: int, *, whole: bool = False, more: bool = False) -> tuple[Any, int]:
    """A value at the beginning of a text that starts in a line, and where it ends."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    try:
        return (decoder.decode(text), len(text)) if whole else decoder.raw_decode(text)
    except RecursionError:
        raise CommandError(f"{path}, line {line}: it is no JSON (too deep).") from None
    except ValueError as error:
        if more:
            raise CommandError(f"{path}, line {line}: it is no JSON, or an entry is longer than {LONGEST} characters.") from None
        place = line + text[: getattr(error, "pos", 0)].count("\n")
        raise CommandError(f"{path}, line {place}: it is no JSON ({getattr(error, 'msg', error)}).") from None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _xlsx(path: Path) -> Iterable[tuple[Any, str]]:
    """The rows of the first sheet; openpyxl breaks in many ways over what is no workbook."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise CommandError(f"Reading {path} needs openpyxl: install it, or save the file as CSV.") from None
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            _bounded(path, sum(entry.file_size for entry in archive.infolist()))
        sheet = load_workbook(path, read_only=True, data_only=True).worksheets[0]
        sheet.reset_dimensions()  # what a file says of them may be anything
        yield from _rows(path, sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS))
    except CommandError:
        raise
    except Exception:  # noqa: BLE001  # whatever it is, the file is no workbook
        raise CommandError(f"{path} is no workbook.") from None


def _bounded(path: Path, unpacked: int) -> None:
    if unpacked > MOST_UNPACKED:
        raise CommandError(f"{path} unpacks to {unpacked / 1024 / 1024:.0f} MB: the most is 50 MB.")


def _rows(path: Path, rows: Iterator[tuple[Any, ...]]) -> Iterable[tuple[Any, str]]:
    columns = ",".join(str(value or "").strip().casefold() for value in next(rows, ())).rstrip(",").split(",")
    if not set(NAMES) & set(columns):
        raise CommandError(f"{path} has no column 'name': its first line is '{','.join(columns)[:80]}'.")
    for number, row in enumerate(rows, 2):
        if number > MOST_ROWS:
            raise CommandError(f"{path} has more than {MOST_ROWS} rows.")
        texts = ["" if value is None else str(value) for value in row]
        if any(texts[len(columns) :]):
            raise CommandError(f"{path}, line {number}: it has another number of values than the first line.")
        if any(texts):
            yield dict(zip(columns, texts, strict=False)), f"line {number}"


def _company(row: Any, place: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise CommandError(f"{place}: expected a name, or an object with a name.")
    name = next((_text(row, key, place) for key in NAMES if row.get(key)), "")
    if not name:
        raise CommandError(f"{place}: it has no company name.")
    if len(name) > LONGEST_NAME:
        raise CommandError(f"{place}: the company name has {len(name)} characters; the most is {LONGEST_NAME}.")
    metadata = row.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise CommandError(f"{place}: its metadata is no object.")
    known = {"name": name} | {field: _text(row, field, place) for field in FIELDS if row.get(field)}
    return known | ({"metadata": metadata} if metadata else {})


def _text(row: dict[str, Any], key: str, place: str) -> str:
    """A value that is a text, or a number, and can be written."""
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise CommandError(f"{place}: its {key} is no text.")
    text = str(value).strip()
    if "\0" in text:
        raise CommandError(f"{place}: its {key} holds a NUL character.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise CommandError(f"{place}: its {key} holds half a character.")
    return text
