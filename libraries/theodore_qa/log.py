"""What our keywords write into log.html: escaped tables, capped and saying so."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CAP = 30
WIDEST = 300
_MARKS = {"PASS": "✔ PASS", "FAIL": "✘ FAIL", "NOT EVALUATED": "○ NOT EVALUATED"}
_CELL = "border:1px solid #8886;padding:2px 8px;text-align:left;vertical-align:top;white-space:pre-wrap"


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, cap: int = CAP) -> str:
    """An HTML table of ``rows``; every text is escaped, long ones and long tables are cut and say so."""
    from html import escape

    listed = list(rows)
    head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in header)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{_cell(value)}</td>' for value in row) + "</tr>" for row in listed[:cap]
    )
    more = f"<p>… and {len(listed) - cap} more of {plural(len(listed), 'row')}</p>" if len(listed) > cap else ""
    style = "border-collapse:collapse;font-size:90%"
    return f'<b>{escape(title)}</b><table style="{style}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}'


def _cell(value: Any) -> str:
    from html import escape

    from theodore_qa.observing.display import written
    from theodore_qa.redaction.secrets import shortened

    text = "-" if value is None else written(value)
    text = _MARKS.get(text, text)
    return escape(shortened(text, WIDEST))


def log_table(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, cap: int = CAP) -> None:
    """Write a table into the log of the running keyword."""
    from robot.api import logger

    from theodore_qa.redaction.markup import own_html

    logger.info(own_html(table(title, header, rows, cap=cap)), html=True)
