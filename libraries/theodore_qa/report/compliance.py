"""What the results of a run say of the controls that its tests name, by standard."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.run.finished import FinishedRun
    from theodore_qa.run.judge import Judgement

STANDARDS = ("OWASP", "SOC2", "NIST-800-53", "PCI-DSS", "GDPR", "HIPAA", "CCPA", "CIS")
WORSE = ("PASS", "SKIP", "NOT EVALUATED", "FAIL")
FILE = "compliance.json"


def controls(judgement: Judgement) -> dict[str, dict[str, Any]]:
    """Each control with its tests and their worst verdict; a control is supported only if all of its tests passed.

    A test that saw answers alone, and no work, supports nothing.
    """
    found: dict[str, dict[str, Any]] = {}
    idle = judgement.without_work()
    for test in judgement.tests:
        verdict = "NOT EVALUATED" if test.verdict == "PASS" and test.key in idle else test.verdict
        for tag in test.tags:
            kind, _, name = tag.partition(":")
            if kind in ("control", "owasp"):
                known = found.setdefault(name if kind == "control" else f"OWASP-{name}", {"verdict": "PASS", "tests": []})
                known["tests"].append({"name": test.name, "verdict": verdict})
                known["verdict"] = max(known["verdict"], verdict, key=WORSE.index)
    return dict(sorted(found.items()))


class ComplianceReport:
    """Prints a line for each standard and control, and writes them to compliance.json."""

    files = (FILE,)

    def write(self, run: FinishedRun) -> list[Path]:
        """Print the lines and write the file."""
        by_name = controls(run.judgement)
        for standard in STANDARDS:
            own = {name: control for name, control in by_name.items() if name.startswith(standard)}
            if not own:
                click.echo(f"{standard}: NOT EVALUATED: no test names one of its controls")
                continue
            passed = sum(control["verdict"] == "PASS" for control in own.values())
            click.echo(f"{standard}: {passed} of {len(own)} controls supported by all of their tests")
            for name, control in own.items():
                counts = Counter(test["verdict"] for test in control["tests"])
                listed = ", ".join(f"{counts[verdict]} {verdict}" for verdict in WORSE if counts[verdict])
                click.echo(f"    {control['verdict']:<14} {name} ({listed})")
        note = "tests support a control; they do not prove that an organisation meets a standard"
        about = {"run": run.id, "embedded_sandbox": run.environment.is_sandbox, "notice": run.notice or None, "note": note}
        data = about | {"controls": by_name}
        path = run.folder / FILE
        path.write_text(json.dumps(data, indent=2), encoding="utf-8")
        click.echo(f"Controls: {path} ({note})")
        return [path]
