"""Files of companies as people and programs write them: good ones that are hard to read, and malformed ones."""

from __future__ import annotations

import io
import json
from typing import Any, NamedTuple, TYPE_CHECKING

from theodore_qa.errors import unknown

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_COMPANIES, LONGEST_NAME = 10_000, 200  # the contract's limits
BOM = b"\xef\xbb\xbf"
OLD_WORKBOOK = bytes.fromhex("d0cf11e0a1b11ae1").ljust(512, b"\0")  # as files of Excel before 2007 begin
COLUMNS = ("name", "website", "domain", "industry", "location", "custom_id")
# No such companies: what counts is that their names arrive as they stand.
HARD: list[dict[str, str]] = [
    {"name": "Qa First After The Mark", "custom_id": "first"},
    {
        "name": "Qa, With Comma",
        "website": "https://qa-comma.example/a?b=c,d",
        "domain": "qa-comma.example",
        "industry": "finance",
        "location": "Nowhere, Qa",
        "custom_id": "comma",
    },
    {"name": 'Qa "Quoted" Name', "custom_id": "quotes"},
    {"name": "Qa On Two\nLines", "custom_id": "lines"},
    {"name": "Qa 🦄 Naïve", "custom_id": "emoji"},
    {"name": "חברה Qa", "custom_id": "right-to-left"},
    {"name": "=Qa+1", "custom_id": "formula"},
    {"name": "../Qa/../../etc", "custom_id": "path"},
    {"name": "Qa With A Number", "custom_id": "4711"},
    {"name": "Qa Last Without Line End", "custom_id": "last"},
]


# With each column that a file may have, each value another one; the first name is as long as a name may be.
FIRST: list[dict[str, str]] = [
    {
        "name": "Q" * LONGEST_NAME if number == 1 else f"Qa First {number}",
        "website": f"https://site-{number}.example.test",
        "domain": f"domain-{number}.example.test",
        "industry": f"industry {number}",
        "location": f"location {number}",
        "custom_id": f"id {number}",
    }
    for number in range(1, 6)
]


class Malformed(NamedTuple):
    """A file that holds no companies as it should: its name, how it is made, and how it is to be refused."""

    name: str
    make: Callable[[], bytes]
    status: int
    reason: str


def hard(format: str) -> bytes:  # noqa: A002  # the word that testers know
    """The hard companies in csv, json or xlsx."""
    return _written(HARD, format)


def largest(format: str) -> bytes:  # noqa: A002  # the word that testers know
    """As many companies as the contract lets a file hold, the first with the longest name that it lets a company have."""
    return _written(FIRST + [{"name": f"Qa Of Many {number}"} for number in range(len(FIRST), MOST_COMPANIES)], format)


def _written(companies: list[dict[str, str]], format: str) -> bytes:  # noqa: A002  # the word that testers know
    if format not in _WRITERS:
        raise unknown("format", format, list(_WRITERS), "this keyword")
    return _WRITERS[format](companies)


def _csv(companies: list[dict[str, str]]) -> bytes:
    """With a byte order mark, no end of the last line, and blank lines and lines of empty cells between the others."""
    rows = _rows(companies)
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    lines[2:2] = ["", ",".join(['""'] * len(rows[0])), "," * (len(rows[0]) - 1)]
    return BOM + "\r\n".join(lines).encode()


def _json(companies: list[dict[str, str]]) -> bytes:
    return json.dumps(companies, ensure_ascii=False, indent=1).encode()


class Formula(str):
    """The value that a spreadsheet has reckoned for a formula, as its file keeps both."""

    __slots__ = ()


def workbook(rows: list[list[str]], padding: int = 0) -> bytes:
    """A workbook of one sheet with texts in its cells, those of digits as numbers, and ``padding`` bytes that pack well."""
    import zipfile
    from xml.sax.saxutils import escape

    kinds = "http://schemas.openxmlformats.org"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

    def written(cell: str) -> str:
        if isinstance(cell, Formula):
            return f'<c t="str"><f>CONCATENATE("Qa")</f><v>{escape(cell)}</v></c>'
        if cell.isdecimal():
            return f"<c><v>{cell}</v></c>"
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'

    sheet = "".join(f"<row>{''.join(map(written, row))}</row>" for row in rows)
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{kinds}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{media}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{media}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{kinds}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{kinds}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{kinds}/spreadsheetml/2006/main" '
        f'xmlns:r="{kinds}/officeDocument/2006/relationships"><sheets>'
        '<sheet name="Companies" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{kinds}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{kinds}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{kinds}/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData>'
        f"{' ' * padding}</worksheet>",
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, head + text)
    return held.getvalue()


def _xlsx(companies: list[dict[str, str]]) -> bytes:
    """Some values are those of formulas, a row is empty, and rows end with their last value."""
    header, first, *others = _rows(companies)
    others[-1][0] = Formula(others[-1][0])
    return workbook([header, first, [], *map(_shortened, others)])


def _rows(companies: list[dict[str, str]]) -> list[list[str]]:
    """A header and a row for each company; what it lacks is an empty cell."""
    return [list(COLUMNS), *([company.get(column, "") for column in COLUMNS] for company in companies)]


def _shortened(row: list[str]) -> list[str]:
    """A row without the empty cells at its end."""
    return row[: max(number for number, cell in enumerate(row, 1) if cell)]


_WRITERS: dict[str, Callable[[list[dict[str, str]]], bytes]] = {"csv": _csv, "json": _json, "xlsx": _xlsx}


def _of(data: Any) -> Callable[[], bytes]:
    return lambda: data if isinstance(data, bytes) else json.dumps(data).encode()


MALFORMED = {
    "empty-csv": Malformed("companies.csv", _of(b""), 422, "empty"),
    "empty-json": Malformed("companies.json", _of(b"  \n"), 422, "empty"),
    "empty-xlsx": Malformed("companies.xlsx", _of(b""), 422, "empty"),
    "header-only": Malformed("companies.csv", _of(b"name,website\r\n"), 422, "no company"),
    "empty-array": Malformed("companies.json", _of([]), 422, "no company"),
    "half-json": Malformed("companies.json", _of(b'[{"name": "Slack"}, {"na'), 422, "company 2"),
    "json-without-end": Malformed("companies.json", _of(b'[{"name": "Slack"}'), 422, "company 1"),
    "json-with-tail": Malformed("companies.json", _of(b'[{"name": "Slack"}] and more'), 422, "follows"),
    "json-object": Malformed("companies.json", _of({"name": "Slack"}), 422, "array"),
    "json-of-texts": Malformed("companies.json", _of(["Slack"]), 422, "company 1"),
    "json-deep": Malformed("companies.json", _of(b"[" * 90_000), 422, "company 1"),
    "nul-in-csv": Malformed("companies.csv", _of(b"name\nSla\x00ck\n"), 422, "line 2"),
    "nul-in-json": Malformed("companies.json", _of([{"name": "Sla\x00ck"}]), 422, "NUL"),
    "wrong-columns": Malformed("companies.csv", _of(b"company,web\nSlack,slack.com\n"), 422, "columns"),
    "unknown-column": Malformed("companies.csv", _of(b"name,revenue\nSlack,7\n"), 422, "revenue"),
    "column-twice": Malformed("companies.csv", _of(b"name,name\nSlack,Zoom\n"), 422, "columns"),
    "too-many-cells": Malformed("companies.csv", _of(b"name\nSlack,slack.com\n"), 422, "line 2"),
    "name-missing": Malformed("companies.csv", _of(b"name,website\nSlack,\n,zoom.us\n"), 422, "line 3"),
    "name-too-long": Malformed("companies.csv", lambda: b"name\n" + b"Q" * (LONGEST_NAME + 1), 422, "line 2"),
    "open-quote": Malformed("companies.csv", lambda: b'name\n"Slack\n' + b"Zoom\n" * 1000, 422, "line"),
    "long-line": Malformed("companies.csv", lambda: b"name\n" + b"Q" * 5_000_000, 422, "line 2"),
    "long-json-text": Malformed("companies.json", lambda: b'[{"name": "' + b"Q" * 5_000_000 + b'"}]', 422, "company 1"),
    "not-utf-8": Malformed("companies.csv", _of("name\nNaïve\n".encode("latin-1")), 422, "utf-8"),
    "too-many-companies": Malformed(
        "companies.csv", lambda: b"name\n" + b"Slack\n" * (MOST_COMPANIES + 1), 422, str(MOST_COMPANIES)
    ),
    "no-workbook": Malformed("companies.xlsx", _of(b"name\nSlack\n"), 422, "workbook"),
    "workbook-bomb": Malformed("companies.xlsx", lambda: workbook([["name"], ["Slack"]], 60_000_000), 422, "MB"),
    "workbook-columns": Malformed("companies.xlsx", lambda: workbook([["company"], ["Slack"]]), 422, "columns"),
    "workbook-cells": Malformed("companies.xlsx", lambda: workbook([["name"], ["Slack", "slack.com"]]), 422, "row 2"),
    "old-workbook": Malformed("companies.xls", _of(OLD_WORKBOOK), 400, "xlsx"),
    "old-workbook-renamed": Malformed("companies.xlsx", _of(OLD_WORKBOOK), 422, "workbook"),
    "text-file": Malformed("companies.txt", _of(b"name\nSlack\n"), 400, "csv"),
    "without-ending": Malformed("companies", _of(b"name\nSlack\n"), 400, "csv"),
}


def malformed(kind: str) -> Malformed:
    """The malformed file of this kind."""
    if kind not in MALFORMED:
        raise unknown("malformed file", kind, list(MALFORMED), "this keyword")
    return MALFORMED[kind]
