"""The report of ``--output-report``: every test with every check, as a page or as data."""

from __future__ import annotations

import json
from html import escape
from typing import Any, TYPE_CHECKING

from theodore_qa.log import table
from theodore_qa.observing import evidence
from theodore_qa.redaction.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from theodore_qa.run.finished import FinishedRun

VERDICTS = {"PASS": "#2e7d32", "FAIL": "#c62828", "NOT EVALUATED": "#7b1fa2", "SKIP": "#8d6e00"}
STYLE = (
    ":root{color-scheme:light dark}body{font:15px system-ui,sans-serif;margin:2em;max-width:75em}"
    "h2{margin-bottom:.2em}table{margin:.3em 0 1.2em}summary{cursor:pointer}"
)


class DetailedReport:
    """Writes a page or data, as the ending of the file's name says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = (str(path.absolute()),)

    def write(self, run: FinishedRun) -> list[Path]:
        """Write the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        data = as_data(run)
        text = page(data) if self.path.suffix == ".html" else json.dumps(data, indent=2, ensure_ascii=False)
        self.path.write_text(redact(text), encoding="utf-8")
        return [self.path]


def as_data(run: FinishedRun) -> dict[str, Any]:
    """The run as plain data: counts, problems, and each test with its observations."""
    by_test: dict[tuple[str, int, str], list[dict[str, Any]]] = {}
    for observation in run.judgement.observations:
        by_test.setdefault(evidence.identity(observation), []).append(observation)
    fields = ("check", "subject", "expected", "observed", "n", "verdict", "waived", "controls")
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


def page(data: dict[str, Any]) -> str:
    """The report as one HTML page that needs nothing else."""
    mark = f"<p><b>{escape(data['notice'])}</b></p>" if data["notice"] else ""
    problems = "".join(f"<li>{escape(problem)}</li>" for problem in data["problems"])
    parts = [
        f"<h1>Test run {escape(data['run'])}</h1>{mark}",
        f"<p>Environment {escape(data['environment'])}, {data['duration_seconds']} s, exit code {data['exit_code']}.</p>",
        bar(list(data["counts"].items())),
        f"<h2>Incomplete because</h2><ul>{problems}</ul>" if problems else "",
    ]
    suites = dict.fromkeys(test["suite"] for test in data["tests"])
    for suite in suites:
        parts.append(f"<h2>{escape(suite)}</h2>")
        parts += [_test(test) for test in data["tests"] if test["suite"] == suite]
    title = f"Test run {escape(data['run'])}"
    body = "".join(parts)
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>{body}</html>'


def _test(test: dict[str, Any]) -> str:
    rows = [
        tuple(observation[name] for name in ("check", "subject", "expected", "observed", "n", "verdict"))
        for observation in test["observations"]
    ]
    checks = (
        table("", ("Check", "Subject", "Expected", "Observed", "n", "Verdict"), rows, cap=200)
        if rows
        else "<p>No observation.</p>"
    )
    message = f"<p>{escape(test['message'])}</p>" if test["message"] else ""
    opened = "" if test["verdict"] == "PASS" else " open"
    return f"<details{opened}><summary>{escape(test['verdict'])}: {escape(test['name'])}</summary>{message}{checks}</details>"


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
