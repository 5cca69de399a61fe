"""The run for other readers: junit.xml for CI, summary.md for a pull request, summary.csv for a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from typing import Any, TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

JUNIT, MARKDOWN, TABLE = "junit.xml", "summary.md", "summary.csv"
MOST_ROWS = 30
LONGEST = 300
SIGNS = {"PASS": "✔", "FAIL": "✘", "NOT EVALUATED": "○", "SKIP": "-", "NOT SELECTED": "-"}
KINDS = {"FAIL": "failure", "NOT EVALUATED": "error"}
COLUMNS = ("source", "line", "name", "verdict", "seconds", "category", "message")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~!])")
_CALLS = re.compile(r"([@#](?=\w)|:(?=//))")  # what would notify people, cite issues or become a link
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(data: dict[str, Any], folder: Path) -> list[Path]:
    """Write the three files from the data of readiness.json, which has no secrets any more."""
    texts = {JUNIT: junit(data), MARKDOWN: markdown(data), TABLE: table(data)}
    for name, words in texts.items():
        (folder / name).write_text(words, encoding="utf-8", newline="")
    return [folder / name for name in texts]


def junit(data: dict[str, Any]) -> str:
    """The tests in the form that CI servers read: a failed test is a failure, one that is NOT EVALUATED an error."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for test in _tests(data):
        groups.setdefault(test["source"], []).append(test)
    if data["problems"] or data["failures"]:
        sentences = "\n".join([*data["problems"], *data["failures"]])
        run = {"source": "run", "line": 0, "name": "The run is complete", "message": sentences}
        groups["run"] = [run | {"verdict": "NOT EVALUATED" if data["problems"] else "FAIL"}]
    parts = [_suite(source, tests, data["notice"]) for source, tests in groups.items()]
    everything = [test for tests in groups.values() for test in tests]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites{_figures(everything)}>\n{"".join(parts)}</testsuites>\n'


def _suite(source: str, tests: Sequence[dict[str, Any]], notice: str | None) -> str:
    about = f'<properties><property name="notice" value={_quoted(notice)}/></properties>\n' if notice else ""
    skipped = sum(test["verdict"] == "SKIP" for test in tests)
    cases = "".join(map(_case, tests))
    return f'<testsuite name={_quoted(source)}{_figures(tests)} skipped="{skipped}">\n{about}{cases}</testsuite>\n'


def _figures(tests: Sequence[dict[str, Any]]) -> str:
    verdicts = [test["verdict"] for test in tests]
    seconds = sum(test.get("seconds") or 0 for test in tests)
    return (
        f' tests="{len(tests)}" failures="{verdicts.count("FAIL")}" errors="{verdicts.count("NOT EVALUATED")}" '
        f'time="{seconds:.3f}"'
    )


def _case(test: dict[str, Any]) -> str:
    verdict, message = test["verdict"], str(test.get("message") or test["verdict"])
    classname = test["source"].removesuffix(".robot").replace("/", ".")
    head = f'<testcase classname={_quoted(classname)} name={_quoted(test["name"])} time="{test.get("seconds") or 0:.3f}"'
    if verdict in KINDS:
        kind = KINDS[verdict]
        return f"{head}><{kind} type={_quoted(test.get('category') or verdict)} message={_quoted(message)}/></testcase>\n"
    return f"{head}><skipped message={_quoted(message)}/></testcase>\n" if verdict == "SKIP" else f"{head}/>\n"


def _quoted(words: str) -> str:
    return quoteattr(_UNPRINTABLE.sub("\ufffd", words))


def markdown(data: dict[str, Any]) -> str:
    """A summary for a pull request: the verdict, the range, the gates, and what speaks against it."""
    score = data["score"]
    ranged = f"{score['low']:g} to {score['high']:g} of 100" if score else f"none: {as_plain(data['why_no_label'])}"
    lines = [f"## {as_plain(data['sentence'])}", ""]
    if data["notice"]:
        lines += [f"> **{as_plain(data['notice'])}**", ""]
    lines += [f"Readiness: {ranged}. Label: {as_plain(data['label'] or 'none')}. Run {as_plain(data['run'])}.", ""]
    lines += [f"- Incomplete: {as_plain(problem)}" for problem in [*data["problems"], *data["failures"]][:MOST_ROWS]]
    lines += ["", "| Gate | Verdict | Expected | Observed | n | Next |", "|---|---|---|---|---|---|"]
    order = ("FAIL", "NOT EVALUATED", "PASS")
    for gate in sorted(data["gates"], key=lambda gate: (order.index(gate["verdict"]), not gate["critical"])):
        cells = (gate["title"], f"{SIGNS[gate['verdict']]} {gate['verdict']}", gate["expected"], gate["measured"] or "nothing")
        lines.append(f"| {' | '.join(map(as_plain, cells))} | {gate['n']} | {as_plain(gate['next'])} |")
    unhappy = [test for test in _tests(data) if test["verdict"] in KINDS]
    if unhappy:
        lines += ["", "| Test | Verdict | Why |", "|---|---|---|"]
        lines += [
            f"| {as_plain(test['name'])} ({as_plain(test['source'])}:{test['line']}) "
            f"| {SIGNS[test['verdict']]} {test['verdict']} | {as_plain(test.get('message') or '')} |"
            for test in unhappy[:MOST_ROWS]
        ]
        if len(unhappy) > MOST_ROWS:
            lines.append(f"\nand {len(unhappy) - MOST_ROWS} more")
    return "\n".join(lines) + "\n"


def as_plain(words: object) -> str:
    """A text that Markdown shows as it is, on one line; nobody is notified by it."""
    line = " ".join(str(words).split())
    return _CALLS.sub("\\1\u2060", _MARKDOWN.sub(r"\\\1", line if len(line) <= LONGEST else f"{line[:LONGEST]}…"))


def table(data: dict[str, Any]) -> str:
    """All tests as rows; what a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    if data["notice"]:
        writer.writerow([f"# {data['notice']}"])
    writer.writerow(COLUMNS)
    for test in _tests(data):
        writer.writerow([as_cell(test.get(name)) for name in COLUMNS])
    return text.getvalue()


def as_cell(value: object) -> object:
    """A value as a spreadsheet shows it."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def _tests(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The tests that were planned."""
    return [test for test in [*data["tests"], *data["tests_of_no_area"]] if test["verdict"] != "NOT SELECTED"]
