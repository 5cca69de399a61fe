"""Findings that somebody has accepted, for a reason and until a date."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, TYPE_CHECKING

from SecurityLibrary.findings.finding import Finding
from theodore_qa.accepted import load, valid

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["applied", "load"]


def applied(findings: Iterable[Finding], entries: list[dict[str, Any]]) -> list[Finding]:
    """Findings with the reason why they are accepted, as long as each of their places is; an entry past its date is none.

    What another tool reports as suppressed stays so.
    """
    in_force = valid(entries)

    def reason(finding: Finding) -> str:
        matching = [entry for entry in in_force if entry["probe"] == finding.probe]
        covered = [next((e for e in matching if fnmatchcase(location, str(e["place"]))), None) for location in finding.locations]
        if not covered or not all(covered):
            return "" if finding.tool == Finding.tool else finding.accepted
        entry = covered[0] or {}
        return f"{entry['reason']} ({entry['owner']}, until {entry['until']})"

    return [replace(finding, accepted=reason(finding)) for finding in findings]
