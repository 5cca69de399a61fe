"""What an earlier run found, out of its evidence pack, if that is still what was sealed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa.errors import QaError, UsageError
from theodore_qa.pack import verifying
from theodore_qa.readiness import comparing

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.readiness.comparing import Verdicts

RESULTS = "results.json"
SUITES = "suites"


@dataclass(frozen=True)
class EarlierResults:
    """The verdicts of an earlier run by file, from ``suites/`` on, and name of the test."""

    run: str
    verdicts: Verdicts


def read(reference: str, evidence: Path) -> EarlierResults:
    """The results of the pack in a folder, or of the run of this id.

    Args:
        reference: the folder of a pack, or the id of a run.
        evidence: where the packs of runs are.

    Raises:
        UsageError: there is no such pack.
        QaError: the pack is not what was sealed.
    """
    folder = next((path for path in (evidence / reference, evidence.parent / reference) if (path / RESULTS).is_file()), None)
    if folder is None:
        raise UsageError(f"There is no evidence pack {reference}: name its folder, or the id of a run in {evidence}.")
    if found := verifying.problems(folder.resolve()):
        raise QaError("\n".join([f"The evidence of the earlier run {folder.name} does not hold:", *found]))
    data = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    prefix = "" if data["root"] == SUITES else f"{data['root']}/"
    rows = ((prefix + test["source"], test["name"], test["verdict"]) for test in data["tests"])
    return EarlierResults(data["run"], comparing.verdicts(rows))
