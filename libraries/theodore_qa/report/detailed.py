"""The report of ``--output-report``: every test with every check, as a page, as data, as Markdown, as a table, or printed."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import tempfile
from html import escape
from pathlib import Path
from typing import Any, TYPE_CHECKING

import click

from theodore_qa.log import table
from theodore_qa.observing import evidence
from theodore_qa.redaction.secrets import redact
from theodore_qa.report.page.markup import mark
from theodore_qa.report.summaries import as_cell, as_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from theodore_qa.run.finished import FinishedRun

VERDICTS = {"PASS": "#2e7d32", "FAIL": "#c62828", "NOT EVALUATED": "#7b1fa2", "SKIP": "#8d6e00"}
FIELDS = ("check", "subject", "expected", "observed", "n", "verdict")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PRINT_WITHIN = 120.0
STYLE = (
    ":root{color-scheme:light dark}body{font:15px system-ui,sans-serif;margin:2em auto;padding:0 1em;max-width:75em;"
    "overflow-wrap:anywhere}h2{margin-bottom:.2em}.doc{overflow-x:auto}table{margin:.3em 0 1.2em;border-collapse:collapse}"
    "th,td{border:1px solid #8886;padding:2px 8px;text-align:left;vertical-align:top}summary{cursor:pointer}.v{font-weight:600}"
    "svg{max-width:100%}"
)


class DetailedReport:
    """Writes the report in the format that the ending of the file's name says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = (str(path.absolute()),)

    def write(self, run: FinishedRun) -> list[Path]:
        """Write the file; where no browser prints a PDF, the run says so, and nothing is written."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        data = as_data(run)
        if self.path.suffix == ".pdf":
            return _printed(redact(page(data, opened=True)), self.path)
        texts = {".html": page, ".json": _json, ".md": markdown, ".csv": rows}
        self.path.write_text(redact(texts[self.path.suffix](data)), encoding="utf-8", newline="")
        return [self.path]


def as_data(run: FinishedRun) -> dict[str, Any]:
    """The run as plain data: counts, problems, and each test with its observations."""
    by_test: dict[tuple[str, int, str], list[dict[str, Any]]] = {}
    for observation in run.judgement.observations:
        by_test.setdefault(evidence.identity(observation), []).append(observation)
    fields = (*FIELDS, "waived", "controls")
    tests = [
        {
            "suite": test.suite,
            "line": test.key[1],
            "name": test.name,
            "tags": list(test.tags),
            "verdict": test.verdict,
            "message": test.message,
            "observations": [{name: observation[name] for name in fields} for observation in by_test.get(test.key, [])],
        }
        for test in run.judgement.tests
    ]
    outside = [{name: observation[name] for name in fields} for observation in by_test.get(evidence.NO_TEST, [])]
    return {
        "run": run.id,
        "environment": run.environment.name,
        "embedded_sandbox": run.environment.is_sandbox,
        "notice": run.notice or None,
        "duration_seconds": round(run.duration, 1),
        "exit_code": run.exit_code,
        "counts": {verdict: run.judgement.count(verdict) for verdict in VERDICTS},
        "problems": [*run.judgement.problems, *run.judgement.failures],
        "waived_in_part": dict(run.judgement.waivers()),
        "tests": tests,
        "in_suite_setups": outside,
    }


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)


def page(data: dict[str, Any], *, opened: bool = False) -> str:
    """The report as one HTML page that needs nothing else; with the checks of each test unfolded where it is to be printed."""
    notice = f"<p><b>{escape(data['notice'])}</b></p>" if data["notice"] else ""
    problems = "".join(f"<li>{escape(problem)}</li>" for problem in data["problems"])
    parts = [
        f"<h1>Test run {escape(data['run'])}</h1>{notice}",
        f"<p>Environment {escape(data['environment'])}, {data['duration_seconds']} s, exit code {data['exit_code']}.</p>",
        bar(list(data["counts"].items())),
        f"<h2>Incomplete because</h2><ul>{problems}</ul>" if problems else "",
    ]
    suites = dict.fromkeys(test["suite"] for test in data["tests"])
    for suite in suites:
        parts.append(f"<h2>{escape(suite)}</h2>")
        parts += [_test(test, opened=opened) for test in data["tests"] if test["suite"] == suite]
    title = f"Test run {escape(data['run'])}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>"
    )


def _test(test: dict[str, Any], *, opened: bool) -> str:
    found = [tuple(observation[name] for name in FIELDS) for observation in test["observations"]]
    names = ("Check", "Subject", "Expected", "Observed", "n", "Verdict")
    checks = table("", names, found, cap=200) if found else "<p>No observation.</p>"
    message = f"<p>{escape(test['message'])}</p>" if test["message"] else ""
    state = "" if test["verdict"] == "PASS" and not opened else " open"
    return f"<details{state}><summary>{mark(test['verdict'])}: {escape(test['name'])}</summary>{message}{checks}</details>"


def bar(counts: Sequence[tuple[str, int]], width: int = 640) -> str:
    """A bar of counts with its figures beside it; patterns of width and text carry it without colour."""
    total = sum(count for _, count in counts) or 1
    x, parts = 0.0, []
    for name, count in counts:
        if count:
            span = width * count / total
            parts.append(
                f'<rect x="{x:.1f}" y="0" width="{span:.1f}" height="18" fill="{VERDICTS[name]}" stroke="currentColor"/>'
                f"<title>{escape(name)} {count}</title>"
            )
            x += span
    legend = ", ".join(f"{count} {name}" for name, count in counts)
    label = escape(legend)
    return f'<svg role="img" aria-label="{label}" width="{width}" height="20">{"".join(parts)}</svg><p>{label}</p>'


def markdown(data: dict[str, Any]) -> str:
    """The report as Markdown: a heading for each suite, a table for each test."""
    lines = [f"# Test run {as_plain(data['run'])}", ""]
    if data["notice"]:
        lines += [f"> **{as_plain(data['notice'])}**", ""]
    counts = ", ".join(f"{count} {verdict}" for verdict, count in data["counts"].items())
    lines += [f"Environment {as_plain(data['environment'])}, exit code {data['exit_code']}: {counts}.", ""]
    lines += [f"- Incomplete: {as_plain(problem)}" for problem in data["problems"]]
    suite = ""
    for test in data["tests"]:
        if test["suite"] != suite:
            suite = test["suite"]
            lines += ["", f"## {as_plain(suite)}"]
        lines += ["", f"### {test['verdict']}: {as_plain(test['name'])}", ""]
        if test["message"]:
            lines += [as_plain(test["message"]), ""]
        if test["observations"]:
            lines += [f"| {' | '.join(name.capitalize() for name in FIELDS)} |", f"|{'---|' * len(FIELDS)}"]
            lines += [f"| {' | '.join(as_plain(found[name]) for name in FIELDS)} |" for found in test["observations"]]
    return "\n".join(lines) + "\n"


def rows(data: dict[str, Any]) -> str:
    """The report as a table: a row for each observation, and for each test that has none."""
    text = io.StringIO()
    writer = csv.writer(text)
    if data["notice"]:
        writer.writerow([f"# {data['notice']}"])
    writer.writerow(("suite", "line", "test", "test verdict", "message", *FIELDS))
    for test in data["tests"]:
        about = [as_cell(test[name]) for name in ("suite", "line", "name", "verdict", "message")]
        for found in test["observations"] or [dict.fromkeys(FIELDS)]:
            writer.writerow([*about, *(as_cell(found[name]) for name in FIELDS)])
    return text.getvalue()


def _printed(text: str, path: Path) -> list[Path]:
    """A page as PDF, by a browser without a window; it loads nothing, since the page needs nothing."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        click.echo(f"The report {path} was not written: printing needs Chromium, which is not installed; give a name with .html.")
        return []
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_text(text, encoding="utf-8")
        options = ["--headless", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/profile"]
        if os.geteuid() == 0:  # Chromium refuses its sandbox to root
            options.append("--no-sandbox")
        try:
            done = subprocess.run(
                [browser, *options, f"--print-to-pdf={made}", source.as_uri()],
                capture_output=True,
                check=False,
                timeout=PRINT_WITHIN,
            )
            reason = f"it ended with {done.returncode}"
        except (OSError, subprocess.TimeoutExpired):
            reason = f"it did not end within {PRINT_WITHIN:g} s"
        if not made.is_file():
            click.echo(
                f"The report {path} was not written: {Path(browser).name} printed nothing, {reason}; give a name with .html."
            )
            return []
        shutil.copyfile(made, path)
    return [path]
