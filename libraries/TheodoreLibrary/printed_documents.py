"""Documents for people, read back: tables of Markdown and HTML, the pages of a PDF, and backups."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any, TYPE_CHECKING

from theodore_qa import extras
from theodore_qa.observing.display import plural
from TheodoreLibrary import documents
from TheodoreLibrary.documents import BrokenDocumentError, Document

if TYPE_CHECKING:
    from collections.abc import Callable


def read_markdown(content: bytes) -> Document:
    """The first table: a header, a line of dashes, and a line for each record."""
    lines = [line for line in documents.as_text(content).splitlines() if line.startswith("|")]
    if len(lines) < 2 or not re.fullmatch(r"\|( *:?-+:? *\|)+", lines[1]):  # noqa: PLR2004  # header and dashes
        raise BrokenDocumentError("it has no table")
    header, *rows = [_markdown_cells(line) for number, line in enumerate(lines) if number != 1]
    return _table(header, rows)


def _markdown_cells(line: str) -> list[str]:
    """The cells of a line; a backslash takes the meaning from the sign behind it."""
    from html import unescape  # brings all names of HTML

    cells, signs = [""], iter(line.strip().removeprefix("|").removesuffix("|"))
    for sign in signs:
        if sign == "|":
            cells.append("")
        else:
            cells[-1] += next(signs, "") if sign == "\\" else sign
    return [unescape(cell.strip()) for cell in cells]


def _table(header: list[str], rows: list[list[str]]) -> Document:
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            raise BrokenDocumentError(f"record {number} has {plural(len(row), 'cell')}, the header has {len(header)}")
    return Document(header, [dict(zip(header, row, strict=True)) for row in rows])


def read_html(content: bytes) -> Document:
    """The first table of a page; markup that came with a value is an element that does not belong there."""
    from TheodoreLibrary.html_tables import read

    table = read(documents.as_text(content))
    if table.foreign:
        raise BrokenDocumentError(f"the element {table.foreign[0]} does not belong into a cell")
    if not table.rows:
        raise BrokenDocumentError("it has no table")
    return _table(table.rows[0], table.rows[1:])


def read_pdf(content: bytes) -> list[str]:
    """The text of each page."""
    extras.demand("pypdf", "reading PDF files")
    import pypdf
    from pypdf.errors import PyPdfError

    try:
        return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content), strict=True).pages]
    except (PyPdfError, ValueError, KeyError) as error:
        raise BrokenDocumentError(f"it is no PDF: {error}") from None


def pdf_text(content: bytes) -> str:
    """The text of all pages."""
    return "\n".join(read_pdf(content))


def html_text(content: bytes) -> str:
    """The text of a page without its markup: a value that was not escaped is taken for markup and is not there."""
    from TheodoreLibrary.html_tables import text_of

    return text_of(documents.as_text(content))


def markdown_text(content: bytes) -> str:
    """The text of a page without the backslashes and references by which its signs are escaped."""
    from html import unescape  # brings all names of HTML

    return unescape(re.sub(r"\\([^\w\s])", r"\1", documents.as_text(content)))


TEXTS: dict[str, Callable[[bytes], str]] = {"pdf": pdf_text, "html": html_text, "markdown": markdown_text}


def read_backup(content: bytes) -> dict[str, bytes]:
    """The parts of a backup by name; one that is damaged or lies outside breaks it."""
    parts = documents.opened(content)
    return {name: parts.read(name) for name in parts.namelist()}


def digests(parts: dict[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each part."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()}


def plain(value: Any) -> str:
    """A value as a table for people has it."""
    import json

    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
