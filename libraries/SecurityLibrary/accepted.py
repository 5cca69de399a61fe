"""Findings that somebody has accepted, for a reason and until a date."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, TYPE_CHECKING

from SecurityLibrary.findings import Finding
from theodore_qa import paths
from theodore_qa.errors import UsageError
from theodore_qa.systems.files import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = "accepted-findings.yaml"
NEEDED = ("probe", "place", "reason", "owner", "until")


def load(name: str | None) -> list[dict[str, Any]]:
    """The entries of a file of accepted findings; an entry without reason, owner or date is an error."""
    path = paths.project() / name if name else paths.find("variables", FILE)
    if path is None:
        return []
    if not path.is_file():
        raise UsageError(f"The file {name} of accepted findings is not there.")
    entries = read_yaml(path).get("accepted") or []
    for entry in entries:
        missing = [key for key in NEEDED if not isinstance(entry, dict) or not entry.get(key)]
        if missing:
            raise UsageError(f"An accepted finding in {path.name} lacks {', '.join(missing)}: {entry}.")
        try:
            dt.date.fromisoformat(str(entry["until"]))
        except ValueError:
            message = f"An accepted finding in {path.name} is accepted until '{entry['until']}', which is no date."
            raise UsageError(message) from None
    return list(entries)


def applied(findings: Iterable[Finding], entries: list[dict[str, Any]]) -> list[Finding]:
    """Findings with the reason why they are accepted, as long as each of their places is; an entry past its date is none.

    What another tool reports as suppressed stays so.
    """
    today = dt.datetime.now(dt.UTC).date()
    valid = [entry for entry in entries if dt.date.fromisoformat(str(entry["until"])) >= today]

    def reason(finding: Finding) -> str:
        matching = [entry for entry in valid if entry["probe"] == finding.probe]
        covered = [next((e for e in matching if fnmatchcase(location, str(e["place"]))), None) for location in finding.locations]
        if not covered or not all(covered):
            return "" if finding.tool == Finding.tool else finding.accepted
        entry = covered[0] or {}
        return f"{entry['reason']} ({entry['owner']}, until {entry['until']})"

    return [replace(finding, accepted=reason(finding)) for finding in findings]
