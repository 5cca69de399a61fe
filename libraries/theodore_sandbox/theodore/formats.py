"""Records written in the formats of the contract, a piece at a time."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from importlib import import_module
from typing import Any, TYPE_CHECKING
from xml.sax.saxutils import escape

import yaml

from theodore_sandbox import defects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Record = dict[str, Any]
PIECE = 65_536
FORMULA = ("=", "+", "-", "@", "\t", "\r")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


NEEDED = {"excel": "openpyxl", "xlsx": "openpyxl", "pdf": "reportlab"}


def lacking(kind: str) -> str:
    """What a plain installation lacks for a format, with the command that brings it; empty if nothing."""
    module = NEEDED.get(kind, "")
    try:
        if module:
            import_module(module)
    except ImportError:
        return f"The format {kind} needs {module}: pip install 'robotframework-theodore[sandbox]'"
    return ""


def flat(value: Any) -> Any:
    """A value as a cell holds it: lists and objects as JSON."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


def as_json(_: list[str], records: Iterable[Record]) -> Iterator[bytes]:
    """An array of objects."""
    yield b"["
    for number, record in enumerate(records):
        yield (",\n" if number else "\n").encode() + json.dumps(record, ensure_ascii=False).encode()
    yield b"\n]\n"


def as_csv(columns: list[str], records: Iterable[Record]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(columns)
    for record in records:
        writer.writerow([_cell(record.get(name)) for name in columns])
        if held.tell() > PIECE:
            yield held.getvalue().encode()
            held.seek(0)
            held.truncate()
    yield held.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(flat(value))
    if isinstance(value, float) and defects.on("csv-decimal-comma"):
        return text.replace(".", ",")
    runs = text.startswith(FORMULA) and isinstance(value, str) and not defects.on("csv-formulas-kept")
    return f"'{text}" if runs else text


def as_excel(columns: list[str], records: Iterable[Record]) -> Iterator[bytes]:
    """A workbook of one sheet, in which every text is a text and never a formula."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Companies")
    sheet.append(columns)

    def cell(value: Any) -> Any:
        held = flat(value)
        if not isinstance(held, str):
            return held
        made = WriteOnlyCell(sheet, value="")
        made.value = UNPRINTABLE.sub("", held)
        if not defects.on("workbook-formulas-run"):
            made.data_type = "s"
        return made

    for record in records:
        sheet.append([cell(record.get(name)) for name in columns])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def as_yaml(_: list[str], records: Iterable[Record]) -> Iterator[bytes]:
    """A list of mappings."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    number = 0
    for number, record in enumerate(records, 1):  # noqa: B007  # whether there was any
        yield yaml.dump([record], Dumper=dumper, allow_unicode=True, sort_keys=False).encode()
    if not number:
        yield b"[]\n"


def as_xml(_: list[str], records: Iterable[Record]) -> Iterator[bytes]:
    """One element a record, in it one an entry; entries of lists are called ``item``."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<companies>\n'
    for record in records:
        yield f"{_element('company', record)}\n".encode()
    yield b"</companies>\n"


def _element(name: str, value: Any) -> str:
    if value is None:
        return f"<{name}/>"
    if isinstance(value, dict):
        return f"<{name}>{''.join(_entry(key, inner) for key, inner in value.items())}</{name}>"
    if isinstance(value, list):
        return f"<{name}>{''.join(_element('item', inner) for inner in value)}</{name}>"
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(UNPRINTABLE.sub('', text))}</{name}>"


def _entry(key: str, value: Any) -> str:
    """A key that is no name in XML stands in an attribute."""
    if re.fullmatch(r"[A-Za-z_][\w.-]*", key, re.ASCII):
        return _element(key, value)
    quoted = escape(UNPRINTABLE.sub("", key), {'"': "&quot;"})
    return _element("entry", value).replace("<entry", f'<entry key="{quoted}"', 1)


FORMATS: dict[str, tuple[Any, str, str]] = {
    "json": (as_json, "application/json", "json"),
    "csv": (as_csv, "text/csv; charset=utf-8", "csv"),
    "excel": (as_excel, XLSX, "xlsx"),
    "xml": (as_xml, "application/xml", "xml"),
    "yaml": (as_yaml, "application/yaml", "yaml"),
}
