"""What our keywords write into log.html: escaped tables, capped and saying so."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CAP = 30
WIDEST = 300
_MARKS = {"PASS": "✔ PASS", "FAIL": "✘ FAIL", "NOT EVALUATED": "○ NOT EVALUATED"}
_CLASS = "doc"  # Robot's style of tables in documentation, which stands in each log.html


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, cap: int = CAP) -> str:
    """An HTML table of ``rows``; every text is escaped, long ones and long tables are cut and say so."""
    from html import escape

    listed = list(rows)
    head = "".join(f"<th>{escape(name)}" for name in header)  # end tags that HTML does not need would be a third of a log
    body = "".join("<tr>" + "".join(f"<td>{_cell(value)}" for value in row) for row in listed[:cap])
    more = f"<p>… and {len(listed) - cap} more of {plural(len(listed), 'row')}</p>" if len(listed) > cap else ""
    return f'<div class="{_CLASS}"><b>{escape(title)}</b><table><tr>{head}{body}</table>{more}</div>'


def _cell(value: Any) -> str:
    from html import escape

    from theodore_qa.observing.display import written
    from theodore_qa.redaction.secrets import shortened

    text = "-" if value is None else written(value)
    text = _MARKS.get(text, text)
    return escape(shortened(text, WIDEST)).replace("\n", "<br>")


def log_table(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, cap: int = CAP) -> None:
    """Write a table into the log of the running keyword."""
    from robot.api import logger

    from theodore_qa.redaction.markup import own_html

    logger.info(own_html(table(title, header, rows, cap=cap)), html=True)
