"""Findings in a file that another run can take in: it says when the scan took place, on what, and whether it was whole."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, TYPE_CHECKING

from SecurityLibrary.findings import Finding
from theodore_qa.report import sarif

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from theodore_qa.systems.system import System


def save(findings: Sequence[Finding], file: Path, systems: Sequence[System], problems: Sequence[str]) -> None:
    """Write findings to a file; its ending decides the format.

    Args:
        findings: What was found, by whatever tool.
        file: Where to, with the ending ``.sarif`` or ``.json``.
        systems: What was scanned. Without any the file says nothing of a run, as it does not of the runs of other tools.
        problems: Why the scans are not whole.
    """
    rows = [finding.as_data() for finding in findings]
    if file.suffix != ".sarif":
        sarif.save(rows, file)
        return
    document = sarif.document(rows)
    for run in document["runs"]:
        if systems and run["tool"]["driver"]["name"] == Finding.tool:
            run.update(_of_run(systems, problems))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False), encoding="utf-8")


def _of_run(systems: Sequence[System], problems: Sequence[str]) -> dict[str, Any]:
    notifications = [{"level": "error", "message": {"text": problem}} for problem in problems]
    invocation = {
        "executionSuccessful": not problems,
        "endTimeUtc": dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "toolExecutionNotifications": notifications,
    }
    return {"invocations": [invocation], "originalUriBaseIds": {system.name: {"uri": f"{system.url}/"} for system in systems}}
