"""Companies in the formats that people read: Markdown, HTML and PDF."""

from __future__ import annotations

import html
import io
import json
from typing import Any, TYPE_CHECKING

from theodore_sandbox.theodore.formats import flat, UNPRINTABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Record = dict[str, Any]
TITLE = "Companies"
ROWS_ON_A_PAGE = 40
LINE, MARGIN, TOP = 16, 40, 780
PRINTED = ("name", "domain", "industry", "company_size")
WIDTHS = (180, 170, 100, 80)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return UNPRINTABLE.sub("", str(flat(value)))


def as_markdown(columns: list[str], records: Iterable[Record]) -> Iterator[bytes]:
    """A table; what Markdown or HTML would take for its own is escaped."""
    yield f"# {TITLE}\n\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}\n".encode()
    for record in records:
        cells = [_marked(_text(record.get(name))) for name in columns]
        yield f"| {' | '.join(cells)} |\n".encode()


def _marked(text: str) -> str:
    escaped = html.escape(text, quote=False).replace("\\", "\\\\").replace("|", "\\|")
    return " ".join(escaped.splitlines())


def as_html(columns: list[str], records: Iterable[Record]) -> Iterator[bytes]:
    """A page with a table and no script."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    yield (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title></head><body><h1>{TITLE}</h1>\n'
        f"<table><thead><tr>{head}</tr></thead><tbody>\n"
    ).encode()
    for record in records:
        cells = "".join(f"<td>{html.escape(_text(record.get(name)))}</td>" for name in columns)
        yield f"<tr>{cells}</tr>\n".encode()
    yield b"</tbody></table></body></html>\n"


def as_pdf(columns: list[str], records: Iterable[Record]) -> Iterator[bytes]:
    """A list of the companies, as many on each page, each page with its number."""
    from reportlab.pdfgen.canvas import Canvas

    listed = list(records)
    printed = [name for name in PRINTED if name in columns] or columns[: len(PRINTED)]
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842))
    canvas.setTitle(TITLE)
    pages = max(1, -(-len(listed) // ROWS_ON_A_PAGE))
    for page in range(pages):
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(MARGIN, TOP + 2 * LINE, TITLE)
        _line(canvas, TOP, printed)
        canvas.setFont("Helvetica", 9)
        for number, record in enumerate(listed[page * ROWS_ON_A_PAGE : (page + 1) * ROWS_ON_A_PAGE], 1):
            _line(canvas, TOP - number * LINE, [_text(record.get(name)) for name in printed])
        canvas.drawString(MARGIN, 40, f"Page {page + 1} of {pages}")
        canvas.showPage()
    canvas.save()
    yield file.getvalue()


def _line(canvas: Any, height: float, cells: list[str]) -> None:
    left = MARGIN
    for cell, width in zip(cells, WIDTHS, strict=False):
        canvas.drawString(left, height, cell.encode("cp1252", "replace").decode("cp1252")[: width // 5])
        left += width


def report(record: Record, similar: list[str], kind: str) -> Iterator[bytes]:
    """A report about one company, with the names of similar ones."""
    facts = [(name.replace("_", " ").capitalize(), _text(value)) for name, value in record.items() if value not in (None, [], {})]
    facts += [("Similar companies", ", ".join(similar))] if similar else []
    name = _text(record["name"])
    if kind == "json":
        yield json.dumps({"company": record, "similar_companies": similar}, ensure_ascii=False).encode()
    elif kind == "markdown":
        yield "".join([f"# {_marked(name)}\n\n", *(f"- **{key}**: {_marked(value)}\n" for key, value in facts)]).encode()
    elif kind == "html":
        listed = "".join(f"<dt>{html.escape(key)}</dt><dd>{html.escape(value)}</dd>\n" for key, value in facts)
        title = html.escape(name)
        yield (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
            f"<body><h1>{title}</h1><dl>\n{listed}</dl></body></html>\n"
        ).encode()
    else:
        yield from _flowing(name, facts)


def _flowing(name: str, facts: list[tuple[str, str]]) -> Iterator[bytes]:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    styles = getSampleStyleSheet()
    file = io.BytesIO()
    parts: list[Any] = [Paragraph(html.escape(name), styles["Title"])]
    parts += [Paragraph(f"<b>{html.escape(key)}</b>: {html.escape(value)}", styles["BodyText"]) for key, value in facts]
    SimpleDocTemplate(file, title=name).build(parts)
    yield file.getvalue()
