"""Markup that all parts of the page share: verdicts with a sign, tables, lists, bars, and links to tests."""

from __future__ import annotations

import re
from html import escape
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SIGNS = {
    "PASS": ("✔", "good"),
    "SUPPORTED": ("✔", "good"),
    "FAIL": ("✘", "bad"),
    "CONTRADICTED": ("✘", "bad"),
    "NOT EVALUATED": ("○", "open"),
    "SKIP": ("-", "aside"),
    "NOT SELECTED": ("-", "aside"),
}
LONGEST = 400
LOG = "log.html"
_ANCHOR = re.compile(r"s1(?:-[st]\d+)*")
Test = dict[str, Any]


def text(value: object, longest: int = LONGEST) -> str:
    """A text, escaped; a long one is cut and says so."""
    whole = str(value)
    return escape(whole if len(whole) <= longest else f"{whole[:longest]}… ({len(whole)} characters)")


def mark(verdict: str, words: str = "") -> str:
    """A verdict with its sign, so that colour is never alone."""
    sign, kind = SIGNS.get(verdict, ("", "aside"))
    return f'<span class="v {kind}">{sign} {text(words or verdict)}</span>'


def section(name: str, title: str, *parts: str, about: str = "") -> str:
    """A section with a heading that can be linked to; none without content."""
    body = "".join(parts)
    if not body:
        return ""
    return f'<section id="{name}"><h2>{text(title)}</h2>{f"<p>{about}</p>" if about else ""}{body}</section>'


def table(label: str, names: Sequence[str], rows: Iterable[Sequence[str]], *, classes: str = "") -> str:
    """A table of cells that are markup; on a narrow screen each row becomes a block whose cells are named."""
    listed = list(rows)
    if not listed:
        return ""
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in names)
    cells = [f'<td data-name="{text(name)}">' for name in names]
    body = "".join(f"<tr>{''.join(start + cell for start, cell in zip(cells, row, strict=True))}</tr>" for row in listed)
    return (
        f'<div class="table {classes}" role="region" aria-label="{text(label)}" tabindex="0"><table>'
        f'<caption class="away">{text(label)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def listing(items: Iterable[str]) -> str:
    """A list of items that are markup; empty without any."""
    listed = "".join(f"<li>{item}</li>" for item in items)
    return f"<ul>{listed}</ul>" if listed else ""


def folded(summary: str, body: str, *, opened: bool = False) -> str:
    """Markup behind a summary."""
    return f"<details{' open' if opened else ''}><summary>{summary}</summary>{body}</details>" if body else ""


def span_bar(low: float, high: float, width: int, label: str) -> str:
    """A bar from 0 to 100: solid up to the lower end, hatched up to the upper end."""
    start, wide = width * low / 100, max(width * (high - low) / 100, 2)
    return (
        f'<svg role="img" aria-label="{text(label)}" viewBox="0 0 {width} 16" width="{width}" height="16">'
        f'<rect width="{width}" height="16" fill="none" stroke="currentColor"/>'
        f'<rect width="{start:.1f}" height="16" fill="currentColor"/>'
        f'<rect x="{start:.1f}" width="{wide:.1f}" height="16" fill="url(#hatch)" stroke="currentColor"/></svg>'
    )


HATCH = (
    '<svg width="0" height="0" aria-hidden="true" class="away"><defs><pattern id="hatch" width="6" height="6" '
    'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="6" fill="currentColor"/></pattern>'
    "</defs></svg>"
)


class Links:
    """Links to tests: to their row on the page, and to their place in log.html."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        everything = [*data["tests"], *data["tests_of_no_area"]]
        self.tests: list[Test] = sorted(
            (test for test in everything if test["verdict"] != "NOT SELECTED"), key=lambda test: (test["source"], test["line"])
        )
        self.not_selected = len(everything) - len(self.tests)
        self._numbers = {_key(test): number for number, test in enumerate(self.tests)}
        self._written = {f"{test['name']} ({test['source']}:{test['line']})": test for test in self.tests}

    def to(self, test: Test, *, whole: bool = True) -> str:
        """The name of a test, as a link to it in log.html; with its file and line where they are wanted."""
        where = f" <small>{text(test['source'])}:{test['line']}</small>" if whole else ""
        return anchor(self.known(test), test["name"]) + where

    def known(self, test: Test) -> Test:
        """The test with all that the data says of it."""
        number = self._numbers.get(_key(test))
        return test if number is None else self.tests[number]

    def to_written(self, written: str) -> str:
        """A text that may name a test by file and line, with a link if it does."""
        test = self._written.get(written)
        return self.to(test) if test else text(written)

    def numbers(self, tests: Iterable[Test]) -> str:
        """The numbers of tests as ranges, such as ``0-24,31``."""
        found = sorted(self._numbers[_key(test)] for test in tests if _key(test) in self._numbers)
        ranges: list[list[int]] = []
        for number in found:
            if ranges and ranges[-1][1] == number - 1:
                ranges[-1][1] = number
            else:
                ranges.append([number, number])
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)

    def behind(self, tests: Sequence[Test], label: str, most: int = 5) -> str:
        """The tests behind a verdict: those without a pass by name, and a link that shows all of them in the table below."""
        if not tests:
            return ""
        count = f"{len(tests)} test{'' if len(tests) == 1 else 's'}"
        ran = [test for test in tests if test["verdict"] != "NOT SELECTED"]
        if not ran:
            return f"<small>{count}, none selected</small>"
        open_ends = [test for test in ran if test["verdict"] != "PASS"]
        named = listing(f"{mark(test['verdict'])} {self.to(test, whole=False)}" for test in open_ends[:most])
        rest = ", all passed" if len(ran) == len(tests) and not open_ends else f", {len(ran) - len(open_ends)} passed"
        return f'<a href="#tests" data-show="{self.numbers(ran)}" data-label="{text(label)}">{count}{rest}</a>{named}'


def anchor(test: Test, name: str) -> str:
    """A name as a link into log.html; a test that did not run is not there."""
    place = str(test.get("log") or "")
    if not _ANCHOR.fullmatch(place):
        return text(name)
    return f'<a href="{LOG}#{place}">{text(name)}</a>'


def _key(test: Test) -> tuple[Any, ...]:
    return test["source"], test["line"], test["name"]
