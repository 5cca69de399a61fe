"""Files of companies: read as a stream within bounds, with the reason and the line of what is wrong."""

from __future__ import annotations

import csv
import json
import zipfile
from io import TextIOWrapper
from typing import Any, IO, TYPE_CHECKING

from pydantic import ValidationError

from theodore_sandbox import defects
from theodore_sandbox.theodore.batch_models import CompanyInput, MOST_COMPANIES

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_LINE = 100_000  # characters of a line, of a company in JSON, of a cell
MOST_UNPACKED = 50_000_000  # bytes of a workbook's parts together
MOST_ROWS = 2 * MOST_COMPANIES
MOST_COLUMNS = 100
CHUNK = 65_536
COLUMNS = ("name", "website", "domain", "industry", "location", "custom_id")
BLANK = " \t\r\n"


class UnreadableFileError(Exception):
    """A file that holds no companies as it should; the message says where and why."""


def companies(file: IO[bytes], kind: str) -> list[dict[str, Any]]:
    """The companies of a file of the ``kind`` csv, json or xlsx."""
    if kind == "xlsx":
        return _all(_xlsx(file))
    text = TextIOWrapper(file, encoding="utf-8" if defects.on("upload-mark-kept") else "utf-8-sig", newline="")
    try:
        return _all(_csv(text) if kind == "csv" else _elements(text))
    except UnicodeDecodeError:
        raise UnreadableFileError("The file is not text in UTF-8") from None
    finally:
        text.detach()


def _all(rows: Iterator[tuple[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for place, row in rows:
        found.append(_company(place, row))
        if len(found) > MOST_COMPANIES:
            raise UnreadableFileError(f"The file holds more than {MOST_COMPANIES} companies")
    if not found:
        raise UnreadableFileError("The file holds no company")
    return found


def _company(place: str, row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise UnreadableFileError(f"{place} is not an object with a name")
    if "\0" in json.dumps(row, ensure_ascii=False) or "\\u0000" in json.dumps(row):
        raise UnreadableFileError(f"{place} has a NUL character")
    try:
        return CompanyInput.model_validate(row).model_dump(mode="json", exclude_none=True)
    except ValidationError as error:
        first = error.errors()[0]
        raise UnreadableFileError(f"{place}, {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _lines(text: IO[str]) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise UnreadableFileError(f"Line {number} is longer than {LONGEST_LINE} characters")
        if "\0" in line:
            raise UnreadableFileError(f"Line {number} has a NUL character")
        if defects.on("upload-last-line-dropped") and not line.endswith("\n"):
            return
        yield line.rstrip("\r\n") if defects.on("upload-lines-joined") else line


def _csv(text: IO[str]) -> Iterator[tuple[str, dict[str, str]]]:
    reader = csv.reader(_lines(text), strict=True)
    try:
        header = _header(next(reader, []))
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) > len(header):
                raise UnreadableFileError(f"Line {reader.line_num} has {len(cells)} cells, the header has {len(header)}")
            yield f"Line {reader.line_num}", {name: cell for name, cell in zip(header, cells, strict=False) if cell}
    except csv.Error as error:
        raise UnreadableFileError(f"Line {reader.line_num} is no CSV: {error}") from None


def _header(cells: list[str]) -> list[str]:
    header = [cell.strip().casefold() for cell in cells]
    if not any(header):
        raise UnreadableFileError("The file is empty")
    unknown = [name for name in header if name not in COLUMNS]
    if "name" not in header or unknown or len(set(header)) < len(header):
        known = f"name and some of {', '.join(COLUMNS[1:])}"
        raise UnreadableFileError(f"The columns are {', '.join(header)[:200]}, expected {known}")
    return header


def _elements(text: IO[str]) -> Iterator[tuple[str, Any]]:
    """The elements of an array, one at a time, so that neither a long nor a deep file takes much memory."""
    decoder = json.JSONDecoder()
    held = text.read(CHUNK).lstrip(BLANK)
    if not held:
        raise UnreadableFileError("The file is empty")
    if held[0] != "[":
        raise UnreadableFileError("The file is not a JSON array of companies")
    held, number, more = held[1:], 0, True
    while True:
        while more and len(held) <= LONGEST_LINE:
            read = text.read(CHUNK)
            held, more = held + read, bool(read)
        held = held.lstrip(BLANK)
        if number == 0 and held[:1] == "]":
            held = held[1:]
            break
        try:
            element, end = decoder.raw_decode(held)
        except (ValueError, RecursionError):
            long = f", or is longer than {LONGEST_LINE} characters" if more else ""
            raise UnreadableFileError(f"Company {number + 1} is no complete JSON{long}") from None
        number += 1
        yield f"Company {number}", element
        held = held[end:].lstrip(BLANK)
        separator, held = held[:1], held[1:]
        if separator == "]":
            break
        if separator != ",":
            raise UnreadableFileError(f"The array ends after company {number}: a comma or a bracket is missing")
    if (held + text.read(CHUNK)).strip(BLANK):
        raise UnreadableFileError("Something follows the array")


def _xlsx(file: IO[bytes]) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of the first sheet; openpyxl breaks in many ways over what is no workbook."""
    try:
        yield from _sheet(file)
    except UnreadableFileError:
        raise
    except Exception:  # noqa: BLE001  # whatever it is, the file is no workbook
        raise UnreadableFileError("The file is no workbook that can be read") from None


def _sheet(file: IO[bytes]) -> Iterator[tuple[str, dict[str, str]]]:
    from openpyxl import load_workbook

    if not file.read(1):
        raise UnreadableFileError("The file is empty")
    with zipfile.ZipFile(file) as parts:
        unpacked = sum(part.file_size for part in parts.infolist())
    if unpacked > MOST_UNPACKED:
        raise UnreadableFileError(f"The workbook unpacks to more than {MOST_UNPACKED // 1_000_000} MB")
    file.seek(0)
    sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
    sheet.reset_dimensions()
    rows = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS)
    header = _header([_text(cell) for cell in _trimmed(next(rows, ()))])
    for number, cells in enumerate(rows, 2):
        if number > MOST_ROWS:
            raise UnreadableFileError(f"The first sheet has more than {MOST_ROWS} rows")
        given = _trimmed(cells)
        if len(given) > len(header):
            raise UnreadableFileError(f"Row {number} has {len(given)} cells, the header has {len(header)}")
        row = {name: text for name, cell in zip(header, given, strict=False) if (text := _text(cell))}
        if row:
            yield f"Row {number}", row


def _trimmed(cells: tuple[Any, ...]) -> list[Any]:
    """The cells of a row up to the last that holds something."""
    last = max((number for number, cell in enumerate(cells, 1) if cell is not None), default=0)
    return list(cells[:last])


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
