"""All tests of a run, by file, with a search: each leads to its place in log.html."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from theodore_qa.report.page.markup import anchor, mark, section, text
from theodore_qa.timing import show

if TYPE_CHECKING:
    from theodore_qa.report.page.markup import Links, Test

VERDICTS = ("FAIL", "NOT EVALUATED", "PASS", "SKIP", "NOT SELECTED")
MOST_MESSAGES, LONGEST_MESSAGE = 500, 300


def tests(links: Links) -> str:
    """The table with its tools; rows keep the order in which links count them."""
    if not links.tests:
        return section("tests", "Tests (0)", "<p>No test of suites/, or of a folder in it, was run.</p>")
    messages = iter(range(MOST_MESSAGES))
    bodies = []
    for source, own in groupby(links.tests, key=lambda test: str(test["source"])):
        rows = "".join(_row(test, explained=test["verdict"] != "PASS" and next(messages, None) is not None) for test in own)
        bodies.append(f'<tbody><tr><th colspan="3" scope="rowgroup">{text(source)}</th></tr>{rows}</tbody>')
    options = "".join(f'<option value="{verdict}">{verdict}</option>' for verdict in VERDICTS)
    tools = (
        '<div class="tools" id="tools" role="search" aria-label="Tests" hidden><div><label for="search">'
        'Search tests by name, file or message</label><input id="search" type="search" autocomplete="off"></div>'
        '<div><label for="verdict">Verdict</label>'
        f'<select id="verdict"><option value="">all</option>{options}</select></div>'
        '<button id="all" type="button" hidden>Show all tests</button><span id="found" role="status"></span></div>'
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Verdict", "Test", "Duration"))
    table = (
        '<div class="table" role="region" aria-label="All tests" tabindex="0"><table><caption class="away">All tests</caption>'
        f"<thead><tr>{head}</tr></thead>{''.join(bodies)}</table></div>"
    )
    left = f"{links.not_selected} more tests of these suites were not selected." if links.not_selected else ""
    return section("tests", f"Tests ({len(links.tests)})", tools, table, about=left)


def _row(test: Test, *, explained: bool) -> str:
    verdict = str(test["verdict"])
    seconds = test.get("seconds")
    message = f"<br><small>{text(test['message'], LONGEST_MESSAGE)}</small>" if explained and test.get("message") else ""
    took = "" if seconds is None else text(show(seconds))
    return f'<tr data-v="{verdict}"><td>{mark(verdict)}<td>{anchor(test, test["name"])}{message}<td>{took}</tr>'
