"""Findings that somebody has accepted, for a reason and until a date, as the project's file lists them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from theodore_qa import paths
from theodore_qa.errors import UsageError
from theodore_qa.systems.files import read_yaml

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


def valid(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries whose date is not past."""
    today = dt.datetime.now(dt.UTC).date()
    return [entry for entry in entries if dt.date.fromisoformat(str(entry["until"])) >= today]
