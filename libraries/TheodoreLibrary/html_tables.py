"""The tables of an HTML page, row by row, and its text."""

from __future__ import annotations

from html.parser import HTMLParser

CELLS = ("td", "th")


def read(page: str) -> HtmlTable:
    """The rows of all tables of a page."""
    table = HtmlTable()
    table.feed(page)
    return table


def text_of(page: str) -> str:
    """The text of a page, piece by piece."""
    found = _Text()
    found.feed(page)
    return "\n".join(found.pieces)


class _Text(HTMLParser):
    """The text between the elements."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


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
