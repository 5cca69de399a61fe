"""Gates and readiness of a run: gates.json, readiness.json, and a page that says first whether this can go live."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

import click

from theodore_qa.observing.display import plural
from theodore_qa.readiness.gates import FAIL, NOT_EVALUATED, PASS
from theodore_qa.redaction.secrets import redact
from theodore_qa.report import summaries
from theodore_qa.report.readiness_data import as_data
from theodore_qa.report.readiness_page import page

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.readiness.assessing import Assessment, Demands
    from theodore_qa.run.finished import FinishedRun

GATES, DATA, PAGE = "gates.json", "readiness.json", "readiness.html"
SUMMARIES = (summaries.JUNIT, summaries.MARKDOWN, summaries.TABLE)


class ReadinessReport:
    """Evaluates the gates and the score, and writes them; what is wrong with requested gates becomes part of the verdict."""

    files = (GATES, DATA, PAGE, *SUMMARIES)

    def __init__(self, demands: Demands) -> None:
        self.demands = demands
        self.assessment: Assessment | None = None

    def write(self, run: FinishedRun) -> list[Path]:
        """Write the files."""
        from theodore_qa.readiness.assessing import assess

        self.assessment = assess(run, self.demands)
        head = _head(run, self.assessment)
        data = _redacted(as_data(run, self.assessment, self.demands, head))
        if self.demands.deviations:
            click.echo(f"GATES: {plural(len(self.demands.deviations), 'difference')} from the shipped gates; see {PAGE}.")
        texts = {
            GATES: _json(
                {
                    "$schema": "gate-verdicts.schema.json",
                    **{name: data[name] for name in head},
                    "deviations": data["deviations"],
                    "gates": data["gates"],
                }
            ),
            DATA: _json(data),
            PAGE: page(data),
        }
        for name, text in texts.items():
            (run.folder / name).write_text(text, encoding="utf-8")
        return [*(run.folder / name for name in texts), *summaries.write(data, run.folder)]


def _head(run: FinishedRun, assessment: Assessment) -> dict[str, Any]:
    return {
        "notice": run.notice or None,
        "run": run.id,
        "environment": run.environment.name,
        "sandbox": run.environment.is_sandbox,
        "sentence": sentence(run, assessment),
    }


def sentence(run: FinishedRun, assessment: Assessment) -> str:
    """The verdict in one sentence: whether this can go live, and what speaks against it."""
    judgement = run.judgement
    counts = [
        f"{judgement.count(verdict)} {words}"
        for verdict, words in (("PASS", "passed"), ("FAIL", "failed"), ("NOT EVALUATED", "NOT EVALUATED"), ("SKIP", "skipped"))
    ]
    planned = f"{', '.join(counts)} of {len(judgement.tests)} planned tests"
    passed, failed, unknown = map(assessment.count, (PASS, FAIL, NOT_EVALUATED))
    return f"{_answer(run, assessment)}: {planned}; {plural(passed, 'gate')} passed, {failed} failed, {unknown} NOT EVALUATED."


def _answer(run: FinishedRun, assessment: Assessment) -> str:
    judgement, ready = run.judgement, assessment.readiness
    if ready.low is None:
        return f"Nothing can be said ({ready.why_not.rstrip('.')})"
    if failed := [result.gate.id for result in assessment.gates if result.verdict == FAIL]:
        return f"This cannot go live: failed gates are {', '.join(failed)}"
    if judgement.count("FAIL") or judgement.failures:
        return "This cannot go live: tests failed"
    if run.environment.is_sandbox:
        return "Nothing failed, which says nothing of any production system"
    if judgement.missing_gates or judgement.count("NOT EVALUATED"):
        return "Whether this can go live is not known: not all that was requested was evaluated"
    unknown = sum(result.verdict == NOT_EVALUATED for result in assessment.gates)
    return f"Nothing failed, and {unknown} gates are still open" if unknown else "This can go live: nothing speaks against it"


def _redacted(data: dict[str, Any]) -> dict[str, Any]:
    """The data without secrets, before any text of it is cut: half of a secret would be known by nobody."""
    import msgspec

    try:
        found: dict[str, Any] = msgspec.json.decode(redact(_json(data)))
    except msgspec.DecodeError:  # what was taken out went beyond the end of its text
        found = _without_secrets(data)
    return found


def _without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: _without_secrets(inner) for name, inner in value.items()}
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value


def _json(data: dict[str, Any]) -> str:
    import msgspec  # writes indented JSON in a tenth of the time of json

    return msgspec.json.format(msgspec.json.encode(data), indent=1).decode() + "\n"
