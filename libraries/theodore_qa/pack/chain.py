"""How packs hang together: each names the run before it and the digest of that run's manifest, and the ledger names all runs."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

from theodore_qa.pack import manifest
from theodore_qa.pack.manifest import MANIFEST, SEAL
from theodore_qa.run import ledger

if TYPE_CHECKING:
    from pathlib import Path

FILE = "chain.json"


def link(evidence: Path, run: str) -> dict[str, Any]:
    """What the pack of a run says of the runs before it."""
    entries, damaged = ledger.read(evidence)
    before = [entry for entry in entries if entry.run != run]
    packed = [entry for entry in before if entry.event == ledger.JUDGED]
    last = packed[-1] if packed else None
    since = before[before.index(last) + 1 :] if last else before
    return {
        "run": run,
        "number": sum(entry.event == ledger.STARTED for entry in entries),
        "previous": {"run": last.run, "manifest_sha256": last.details.get("manifest", "")} if last else None,
        "not_judged_since": unjudged(since),
        "ledger_head_sha256": ledger.head(evidence),
        "ledger_problems": damaged,
    }


def unjudged(entries: list[ledger.Entry]) -> list[dict[str, str]]:
    """Runs that began and were not judged, each with the reason."""
    judged = {entry.run for entry in entries if entry.event == ledger.JUDGED}
    reasons = {entry.run: str(entry.details.get("reason", "")) for entry in entries if entry.event == ledger.ABORTED}
    return [
        {"run": entry.run, "reason": reasons.get(entry.run, "it did not end: its process was killed")}
        for entry in entries
        if entry.event == ledger.STARTED and entry.run not in judged
    ]


def problems(folder: Path) -> list[str]:
    """What the ledger beside a pack, and the pack before it, say otherwise; nothing where they are not there."""
    found: list[str] = []
    evidence = folder.parent
    entries, _ = ledger.read(evidence)
    own = [entry for entry in entries if entry.run == folder.name and entry.event == ledger.JUDGED]
    if entries and not own:
        found.append(f"MISSING in {ledger.FILE}: the run {folder.name} stands there without its manifest.")
    if own and own[-1].details.get("manifest") != manifest.digest(folder / MANIFEST):
        found.append(f"CHANGED {MANIFEST}: {ledger.FILE} names another digest of it.")
    if own and own[-1].details.get("seal") not in (None, manifest.digest(folder / SEAL) if (folder / SEAL).is_file() else ""):
        found.append(f"CHANGED {SEAL}: {ledger.FILE} names another digest of it.")
    try:
        previous = json.loads((folder / FILE).read_text(encoding="utf-8"))["previous"]
        path = evidence / previous["run"] / MANIFEST if previous else None
    except (OSError, ValueError, KeyError, TypeError):
        return found  # the manifest names the file that changed
    if path and path.is_file() and manifest.digest(path) != previous["manifest_sha256"]:
        found.append(f"CHANGED {MANIFEST} of the run before, {previous['run']}: this pack names another digest of it.")
    return found


def all_problems(evidence: Path) -> list[str]:
    """What is wrong with the ledger of a results folder: gaps, and packs that are no longer there."""
    entries, found = ledger.read(evidence)
    runs = {entry.run for entry in entries}
    for entry in entries:
        if entry.event == ledger.ELSEWHERE and not (evidence.parent / str(entry.details.get("folder"))).is_dir():
            found.append(f"MISSING {entry.run}: it ran in {entry.details.get('folder')}, which is not there.")
        if entry.event == ledger.JUDGED and not (evidence / entry.run / MANIFEST).is_file():
            found.append(f"MISSING {entry.run}: the ledger names its pack, which is not there.")
    for path in sorted(evidence.iterdir()):
        if (path / MANIFEST).is_file() and path.name not in runs:
            found.append(f"ADDED {path.name}: the ledger knows no such run.")
    return found


def unsealed(evidence: Path) -> list[str]:
    """Runs that left records and were never sealed: of plain robot, or broken off."""
    return sorted(path.name for path in evidence.iterdir() if path.is_dir() and not (path / MANIFEST).is_file())
