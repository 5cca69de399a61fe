"""Amounts that pages show, named by what stands before them and by their elements."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from SecurityLibrary.discovery.pages import PAGES

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

MINUS = "-\u2212\u2013"
CURRENCY = r"(?:[A-Z]{3}|[^\w\s.,:;<>()/-]{1,2})"
NUMBER = rf"[{MINUS}]?\s?(?:{CURRENCY}\s?)?[{MINUS}]?\d[\d.,'\u00a0\u202f ]*"
ALONE = re.compile(rf"\s*(?P<number>{NUMBER})\s*(?:{CURRENCY}|[A-Za-z]{{2,10}})?\s*")  # a unit may be a word, such as pence
LABELLED = re.compile(
    rf"(?P<label>[A-Za-z][\w -]{{0,40}}?)\s*[:=]?\s*(?<![\w.,])(?P<number>{NUMBER})(?:\s*{CURRENCY})?(?![\w.,-])"
)
DECIMALS = re.compile(r"(\d[\d.,]*?)[.,](\d{1,2}|\d{4,})")  # three digits behind a separator are thousands
HIDING = ("script", "style", "title", "nav")
LONGEST = 40  # characters of a label


def of(answer: Exchange) -> dict[str, float]:
    """The amounts of a page by name, such as ``total`` for ``Total: <b>12.50</b>``; empty for what is no page."""
    if answer.media not in PAGES:
        return {}
    parser = _Amounts()
    parser.feed(answer.text)
    return parser.found


def value_of(text: str) -> float | None:
    """The value of an amount as people write it, with separators and a currency; None for what is none."""
    digits = re.sub(r"[^\d.,]", "", text).strip(".,")
    match = DECIMALS.fullmatch(digits)
    whole, decimals = match.groups() if match else (digits, "")
    whole = re.sub(r"[.,]", "", whole)
    if not whole:
        return None
    value = float(f"{whole}.{decimals or 0}")
    return -value if any(sign in text for sign in MINUS) else value


class _Amounts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, float] = {}
        self._label, self._names, self._hidden = "", [""], 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in HIDING
        attributes = dict(attrs)
        self._names.append(attributes.get("id") or attributes.get("class") or "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in HIDING and self._hidden > 0
        self._names = self._names[:-1] or [""]

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if self._hidden or not text:
            return
        if alone := ALONE.fullmatch(text):
            self._keep(f"{self._label} {self._names[-1]}", alone["number"])
            return
        for labelled in LABELLED.finditer(text):
            self._keep(labelled["label"], labelled["number"])
        self._label = re.split(r"[.;!?]\s", text)[-1][-LONGEST:]

    def _keep(self, label: str, number: str) -> None:
        name = re.sub(r"\W+", "_", label).strip("_").lower()
        value = value_of(number)
        if name and value is not None:
            place = name
            while place in self.found:
                place = f"{place}_"
            self.found[place] = value
