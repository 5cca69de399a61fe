"""Documents that a system wrote, read by other means than they were written by: CSV, workbook, XML, YAML and JSON.

Each reader is strict: what a lenient one would mend is a problem of the document.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

MOST_UNPACKED = 200_000_000  # bytes of a workbook's parts
SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class BrokenDocumentError(Exception):
    """A document that is not of its format; the message says where and why."""


@dataclass
class Document:
    """The records of a document: its columns, a row for each record, and the cells that a spreadsheet would run."""

    columns: list[str]
    rows: list[dict[str, Any]]
    formulas: list[str] = field(default_factory=list)
    nested: bool = False  # rows hold lists and objects, not their text


def read(content: bytes, format: str) -> Document:  # noqa: A002  # the word that testers know
    """The records of a document in csv, excel, xml, yaml or json."""
    readers = {
        "csv": read_csv,
        "excel": read_workbook,
        "xlsx": read_workbook,
        "xml": read_xml,
        "yaml": read_yaml,
        "json": read_json,
    }
    if format not in readers:
        raise UsageError(f"There is no reader for '{format}': there are {', '.join(readers)}.")
    return readers[format](content)


def as_text(content: bytes) -> str:
    """The text of a document in UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BrokenDocumentError(f"byte {error.start} is no UTF-8") from None


def read_csv(content: bytes) -> Document:
    """RFC 4180: a header, as many cells in each row, quotes doubled within quotes, lines that end in CRLF or LF."""
    rows = list(_csv_rows(as_text(content)))
    if not rows:
        raise BrokenDocumentError("it has no header")
    header = rows[0]
    if len(set(header)) < len(header):
        raise BrokenDocumentError(f"a column stands twice: {', '.join(header)}")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise BrokenDocumentError(f"record {number} has {plural(len(row), 'cell')}, the header has {len(header)}")
    formulas = [
        f"record {number}, {name}: {cell[:40]}"
        for number, row in enumerate(rows[1:], 2)
        for name, cell in zip(header, row, strict=True)
        if cell.startswith(BEGINS_FORMULA) and not _is_number(cell)
    ]
    return Document(header, [dict(zip(header, row, strict=True)) for row in rows[1:]], formulas)


def _csv_rows(text: str) -> Iterator[list[str]]:
    position, row = 0, []
    while position < len(text):
        if text[position] == '"':
            end = position + 1
            while (end := text.find('"', end)) != -1 and text[end + 1 : end + 2] == '"':
                end += 2
            if end == -1:
                raise BrokenDocumentError(f"the quote at character {position} is never closed")
            row.append(text[position + 1 : end].replace('""', '"'))
            position = end + 1
        else:
            end = next(match.start() for match in re.compile(r"[,\r\n]|$").finditer(text, position))
            if '"' in (cell := text[position:end]):
                raise BrokenDocumentError(f"a quote stands in the plain cell '{cell[:40]}'")
            row.append(cell)
            position = end
        following = text[position : position + 1]
        if following == ",":
            position += 1
            if position == len(text) or text[position] in "\r\n":
                row.append("")
                following = text[position : position + 1]
        if following in ("\r", "\n", ""):
            position += 2 if text[position : position + 2] == "\r\n" else 1
            yield row
            row = []
        elif following != ",":
            raise BrokenDocumentError(f"'{following}' follows a closed quote at character {position}")


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", cell) is not None


def opened(content: bytes) -> zipfile.ZipFile:
    """A ZIP file whose parts are whole and stay within it and within bounds."""
    import zipfile

    try:
        parts = zipfile.ZipFile(io.BytesIO(content))
        names = [part.filename for part in parts.infolist()]
        unsafe = [name for name in names if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name]
        if unsafe:
            raise BrokenDocumentError(f"the part '{unsafe[0]}' lies outside")
        if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
            raise BrokenDocumentError(f"its parts are more than {MOST_UNPACKED // 1_000_000} MB")
        if len(set(names)) < len(names):
            raise BrokenDocumentError("a part stands twice")
        if (broken := parts.testzip()) is not None:
            raise BrokenDocumentError(f"the part '{broken}' is damaged")
    except zipfile.BadZipFile as error:
        raise BrokenDocumentError(f"it is no ZIP file: {str(error).lower()}") from None
    return parts


def _tree(content: bytes, name: str) -> Element:
    import defusedxml.ElementTree
    from defusedxml import DefusedXmlException

    try:
        root: Element = defusedxml.ElementTree.fromstring(content)
    except (defusedxml.ElementTree.ParseError, DefusedXmlException) as error:
        raise BrokenDocumentError(f"{name} is no XML: {error}") from None
    return root


def read_workbook(content: bytes) -> Document:
    """The first sheet of an XLSX workbook, from its parts: numbers as numbers, texts as texts, formulas named."""
    parts = opened(content)
    try:
        book = _tree(parts.read("xl/workbook.xml"), "the workbook")
        first = book.find(f"{SPREADSHEET}sheets/{SPREADSHEET}sheet")
        targets = {
            relation.get("Id"): str(relation.get("Target"))
            for relation in _tree(parts.read("xl/_rels/workbook.xml.rels"), "the list of parts")
        }
        target = targets[first.get(f"{RELATION}id") if first is not None else ""]
        sheet = _tree(parts.read(target.lstrip("/") if target.startswith("/") else f"xl/{target}"), "the sheet")
        shared = "xl/sharedStrings.xml"
        texts = [_joined(entry) for entry in _tree(parts.read(shared), shared)] if shared in parts.namelist() else []
    except KeyError as error:
        raise BrokenDocumentError(f"the part {error} is missing") from None
    rows, formulas = [], []
    for row in sheet.iter(f"{SPREADSHEET}row"):
        cells: dict[int, Any] = {}
        for number, cell in enumerate(row.findall(f"{SPREADSHEET}c")):
            if cell.find(f"{SPREADSHEET}f") is not None:
                formulas.append(f"cell {cell.get('r')}")
            cells[_column(cell.get("r"), number)] = _cell(cell, texts)
        rows.append(cells)
    if not rows:
        raise BrokenDocumentError("the sheet is empty")
    header = [str(rows[0].get(index)) for index in range(max(rows[0], default=-1) + 1)]
    beyond = [index for cells in rows[1:] for index in cells if index >= len(header)]
    if beyond:
        raise BrokenDocumentError(f"a row has {max(beyond) + 1} cells, the header has {len(header)}")
    records = [{name: cells.get(index) for index, name in enumerate(header)} for cells in rows[1:]]
    return Document(header, records, formulas)


def _column(reference: str | None, number: int) -> int:
    letters = re.match(r"[A-Z]+", reference or "")
    if not letters:
        return number
    index = 0
    for letter in letters[0]:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _cell(cell: Element, texts: list[str]) -> Any:
    kind, value = cell.get("t", "n"), cell.findtext(f"{SPREADSHEET}v")
    if kind == "inlineStr":
        inner = cell.find(f"{SPREADSHEET}is")
        return _joined(inner) if inner is not None else ""
    if not value:
        return None
    if kind == "s":
        return texts[int(value)]
    if kind == "b":
        return value == "1"
    if kind != "n":
        return value
    try:
        number = float(value)
    except ValueError:
        raise BrokenDocumentError(f"the cell {cell.get('r')} holds '{value[:20]}' as a number") from None
    return int(number) if number.is_integer() and "." not in value and "e" not in value.lower() else number


def _joined(entry: Element) -> str:
    return "".join(text.text or "" for text in entry.iter(f"{SPREADSHEET}t"))


def read_json(content: bytes) -> Document:
    """An array of objects."""
    try:
        records = json.loads(as_text(content))
    except ValueError as error:
        raise BrokenDocumentError(f"it is no JSON: {error}") from None
    return _of_records(records)


def read_yaml(content: bytes) -> Document:
    """A list of mappings, read by the loader in Python, which shares nothing with libyaml's emitter."""
    import yaml

    try:
        records = yaml.load(as_text(content), Loader=_plain_loader())  # noqa: S506  # a safe loader
    except yaml.YAMLError as error:
        raise BrokenDocumentError(f"it is no YAML: {str(error).splitlines()[0]}") from None
    return _of_records(records)


def _of_records(records: Any) -> Document:
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise BrokenDocumentError("it is no list of records")
    return Document(list(dict.fromkeys(name for record in records for name in record)), records, nested=True)


def read_xml(content: bytes) -> Document:
    """One element a record; an element with elements called ``item`` is a list, one with others an object."""
    root = _tree(content, "the document")
    return _of_records([{_name(child): _value(child) for child in record} for record in root])


def _name(element: Element) -> str:
    return element.get("key") or element.tag


def _value(element: Element) -> Any:
    children = list(element)
    if not children:
        return element.text
    if all(child.tag == "item" for child in children):
        return [_value(child) for child in children]
    return {_name(child): _value(child) for child in children}


def _plain_loader() -> Any:
    import yaml

    class Plain(yaml.SafeLoader):
        """Leaves times as the texts that they are."""

    Plain.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Plain
