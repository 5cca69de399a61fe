"""The tables of an HTML page, row by row."""

from __future__ import annotations

from html.parser import HTMLParser

CELLS = ("td", "th")


def read(page: str) -> HtmlTable:
    """The rows of all tables of a page."""
    table = HtmlTable()
    table.feed(page)
    return table


class HtmlTable(HTMLParser):
    """Rows of cells, and the elements that stand where none belongs."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.foreign: list[str] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if self._cell is not None or tag in ("script", "iframe", "object"):
            self.foreign.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in CELLS:
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in CELLS and self._cell is not None and self.rows:
            self.rows[-1].append("".join(self._cell))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
