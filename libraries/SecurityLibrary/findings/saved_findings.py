"""Findings in a file that another run can take in: it says when the scan took place, on what, and whether it was whole."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary.findings.finding import Finding
from theodore_qa.report import sarif

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def save(findings: Sequence[Finding], file: Path, attacks: Sequence[dict[str, Any]], problems: Sequence[str]) -> None:
    """Write findings to a file; its ending decides the format.

    Args:
        findings: What was found, by whatever tool.
        file: Where to, with the ending ``.sarif`` or ``.json``.
        attacks: What the scans tried. Without any the file says nothing of a run, as it does not of the runs of other tools.
        problems: Why the scans are not whole.
    """
    systems = {attack["system"] for attack in attacks}
    own = {"system": next(iter(systems))} if len(systems) == 1 else {}
    rows = [finding.as_data() | (own if finding.tool == Finding.tool else {}) for finding in findings]
    sarif.save(rows, file, attacks, problems=problems)
