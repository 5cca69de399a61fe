"""The companies of a file: CSV, JSON or XLSX."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, TYPE_CHECKING

from theodore_sandbox.cli import switches
from theodore_sandbox.cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAMES = ("name", "company_name", "company")
FIELDS = ("website", "domain", "industry", "location", "custom_id")
MOST_BYTES = 100 * 1024 * 1024  # limits.max_file_size_mb of GET /version
MOST_COMPANIES = 10_000
LONGEST_NAME = 200


def read(path: Path) -> list[dict[str, Any]]:
    """The companies of a file, in its order; a file that cannot be read whole is an error with the place."""
    if path.stat().st_size > MOST_BYTES:
        raise CommandError(f"{path} has {path.stat().st_size / 1024 / 1024:.0f} MB: the most is 100 MB.")
    readers = {".csv": _csv, ".json": _json, ".xlsx": _xlsx}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise CommandError(f"{path} is no file of companies: expected a name that ends with {', '.join(readers)}.")
    found = [_company(row, f"{path}, {place}") for row, place in reader(path)]
    if switches.on("cli-last-line-dropped"):
        found.pop()
    if not found:
        raise CommandError(f"{path} names no company.")
    if len(found) > MOST_COMPANIES:
        raise CommandError(f"{path} names {len(found)} companies: the most is {MOST_COMPANIES}.")
    return found


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}.") from None
    if "\0" in text:
        raise CommandError(f"{path}, line {text[: text.index(chr(0))].count(chr(10)) + 1}: it holds a NUL character.")
    return text


def _csv(path: Path) -> Iterable[tuple[Any, str]]:
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
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
    try:
        data = json.loads(_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise CommandError(f"{path}, line {line}: it is no JSON ({getattr(error, 'msg', 'too deep')}).") from None
    if isinstance(data, dict) and isinstance(data.get("companies"), list):
        data = data["companies"]
    if not isinstance(data, list):
        raise CommandError(f"{path} holds no list of companies.")
    for number, item in enumerate(data, 1):
        yield {"name": item} if isinstance(item, str) else item, f"entry {number}"


def _xlsx(path: Path) -> Iterable[tuple[Any, str]]:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise CommandError(f"Reading {path} needs openpyxl: install it, or save the file as CSV.") from None
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MOST_BYTES:
            raise CommandError(f"{path} unpacks to {unpacked / 1024 / 1024:.0f} MB: the most is 100 MB.")
        sheet = load_workbook(path, read_only=True, data_only=True).worksheets[0]
        rows = sheet.iter_rows(values_only=True)
        columns = [str(value or "").strip().casefold() for value in next(rows, ())]
        if not set(NAMES) & set(columns):
            raise CommandError(f"{path} has no column 'name': its first line is '{','.join(columns)[:80]}'.")
        for number, row in enumerate(rows, 2):
            if any(value not in (None, "") for value in row):
                texts = ("" if value is None else str(value) for value in row)
                yield dict(zip(columns, texts, strict=False)), f"line {number}"
    except (zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise CommandError(f"{path} is no workbook.") from None


def _company(row: Any, place: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise CommandError(f"{place}: expected a name, or an object with a name.")
    name = next((str(row[key]).strip() for key in NAMES if row.get(key)), "")
    if not name:
        raise CommandError(f"{place}: it has no company name.")
    if len(name) > LONGEST_NAME:
        raise CommandError(f"{place}: the company name has {len(name)} characters; the most is {LONGEST_NAME}.")
    return {"name": name} | {field: str(row[field]).strip() for field in FIELDS if row.get(field)}
