"""What the results of a run say of the controls that its tests name, by standard."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

import click

if TYPE_CHECKING:
    from theodore_qa.run.judge import Judgement
    from theodore_qa.run.runner import Run

STANDARDS = ("OWASP", "SOC2", "NIST-800-53", "PCI-DSS", "GDPR", "HIPAA", "CCPA", "CIS")
WORSE = ("PASS", "SKIP", "NOT EVALUATED", "FAIL")
FILE = "compliance.json"


def controls(judgement: Judgement) -> dict[str, dict[str, Any]]:
    """Each control with its tests and their worst verdict; a control is supported only if all of its tests passed."""
    found: dict[str, dict[str, Any]] = {}
    for test in judgement.tests:
        for tag in test.tags:
            kind, _, name = tag.partition(":")
            if kind in ("control", "owasp"):
                known = found.setdefault(name if kind == "control" else f"OWASP-{name}", {"verdict": "PASS", "tests": []})
                known["tests"].append({"name": test.name, "verdict": test.verdict})
                known["verdict"] = max(known["verdict"], test.verdict, key=WORSE.index)
    return dict(sorted(found.items()))


def show(run: Run) -> None:
    """Print a line for each standard and control, and write them to compliance.json."""
    told = controls(run.judgement)
    for standard in STANDARDS:
        own = {name: one for name, one in told.items() if name.startswith(standard)}
        if not own:
            click.echo(f"{standard}: NOT EVALUATED: no test names one of its controls")
            continue
        passed = sum(one["verdict"] == "PASS" for one in own.values())
        click.echo(f"{standard}: {passed} of {len(own)} controls supported by all of their tests")
        for name, one in own.items():
            counts = ", ".join(
                f"{sum(t['verdict'] == v for t in one['tests'])} {v}"
                for v in WORSE
                if any(t["verdict"] == v for t in one["tests"])
            )
            click.echo(f"    {one['verdict']:<14} {name} ({counts})")
    note = "tests support a control; they do not prove that an organisation meets a standard"
    data = {"run": run.id, "embedded_sandbox": run.environment.is_sandbox, "note": note, "controls": told}
    (run.folder / FILE).write_text(json.dumps(data, indent=2), encoding="utf-8")
    click.echo(f"Controls: {run.folder / FILE} ({note})")
