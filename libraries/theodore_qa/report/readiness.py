"""Gates and readiness of a run: gates.json, readiness.json, and a page that says first whether this can go live."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

import click

from theodore_qa.observing.display import plural
from theodore_qa.readiness.gates import FAIL, NOT_EVALUATED, PASS
from theodore_qa.redaction.secrets import redact
from theodore_qa.report.readiness_page import page

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.readiness.assessing import Assessment, Demands
    from theodore_qa.readiness.gates import GateResult
    from theodore_qa.readiness.located import LocatedTest
    from theodore_qa.run.finished import FinishedRun

GATES, DATA, PAGE = "gates.json", "readiness.json", "readiness.html"


class ReadinessReport:
    """Evaluates the gates and the score, and writes them; what is wrong with requested gates becomes part of the verdict."""

    files = (GATES, DATA, PAGE)

    def __init__(self, demands: Demands) -> None:
        self.demands = demands
        self.assessment: Assessment | None = None

    def write(self, run: FinishedRun) -> list[Path]:
        """Write the three files."""
        from theodore_qa.readiness.assessing import assess

        self.assessment = assess(run, self.demands)
        data = as_data(run, self.assessment, self.demands)
        if self.demands.deviations:
            click.echo(f"GATES: {len(self.demands.deviations)} are others than the shipped ones; {PAGE} names them.")
        texts = {
            GATES: _json(
                {
                    "$schema": "gate-verdicts.schema.json",
                    **_head(run, self.assessment),
                    "deviations": data["deviations"],
                    "gates": data["gates"],
                }
            ),
            DATA: _json(data),
            PAGE: page(data),
        }
        for name, text in texts.items():
            (run.folder / name).write_text(redact(text), encoding="utf-8")
        return [run.folder / name for name in texts]


def as_data(run: FinishedRun, assessment: Assessment, demands: Demands) -> dict[str, Any]:
    """All that the score rests on, so that it can be recomputed by hand."""
    from theodore_qa.readiness.score import rounded_down, rounded_up

    ready, judgement = assessment.readiness, run.judgement
    verdicts = ("PASS", "FAIL", "NOT EVALUATED", "SKIP")
    score = None if ready.low is None else {"low": ready.low, "high": ready.high}
    return {
        "$schema": "readiness.schema.json",
        **_head(run, assessment),
        "exit_code": judgement.exit_code,
        "tests_by_verdict": {verdict: judgement.count(verdict) for verdict in verdicts} | {"NOT SELECTED": len(run.deselected)},
        "score": score,
        "label": ready.label or None,
        "why_no_label": ready.why_not or None,
        "capped_by": list(ready.capped_by),
        "labels": [{"from": least, "label": label} for least, label in demands.weights.labels],
        "areas": [
            {
                "id": area.area.id,
                "title": area.area.title,
                "weight": area.area.weight,
                "passed": float(area.passed),
                "failed": float(area.failed),
                "unknown": float(area.unknown),
                "low": rounded_down(area.low),
                "high": rounded_up(area.high),
                "tests": dict(area.counts),
            }
            for area in ready.areas
        ],
        "gates": [_gate(result, assessment) for result in assessment.gates],
        "deviations": list(demands.deviations),
        "problems": judgement.problems,
        "failures": judgement.failures,
        "waived_in_part": dict(judgement.waivers()),
        "read_from": {path.name: digest for path, digest in demands.files.items()},
        "tests": [_test(test) | {"area": area, "weight": weight} for test, area, weight in ready.tests],
        "tests_of_no_area": list(map(_test, ready.outside)),
    }


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


def _gate(result: GateResult, assessment: Assessment) -> dict[str, Any]:
    gate, waiver = result.gate, result.waiver
    return {
        "id": gate.id,
        "title": gate.title,
        "source": gate.source,
        "critical": gate.critical,
        "requested": gate.id in assessment.requested,
        "expected": gate.demand,
        "minimum": gate.minimum,
        "fed_by": gate.fed_by,
        "verdict": result.verdict,
        "measured": result.measured or None,
        "n": result.n,
        "bounds_95": None if result.bounds is None else [round(bound, 5) for bound in result.bounds],
        "reason": result.reason or None,
        "waived": result.waived or None,
        "waiver": None
        if waiver is None
        else {
            "reason": waiver.reason,
            "owner": waiver.owner,
            "until": waiver.until,
            "where": waiver.where,
            "in_force": waiver.in_force,
        },
        "tests": list(map(_test, result.tests)),
    }


def _test(test: LocatedTest) -> dict[str, Any]:
    return {"source": test.source, "line": test.key[1], "name": test.name, "verdict": test.verdict}


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
