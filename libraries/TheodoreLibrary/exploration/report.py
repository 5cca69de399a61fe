"""A failing sequence as a tester reads it: numbered steps, a test to paste, and a file to replay."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError
from TheodoreLibrary.exploration.model.catalogue import ACTIONS
from TheodoreLibrary.exploration.steps import Step

if TYPE_CHECKING:
    from pathlib import Path

    from TheodoreLibrary.exploration.engine import Failure

FORMAT = 1


def numbered(failure: Failure) -> str:
    """The steps with their numbers, and what differs after the last one."""
    lines = [
        f"{number}. {step.caller}: {ACTIONS[step.action].sentence(step)}{f' as {step.label}' if step.label else ''} → {status}"
        for number, (step, status) in enumerate(zip(failure.steps, failure.statuses, strict=True), 1)
    ]
    return "\n".join([*lines, f"Expected {failure.difference.expected}, observed {failure.difference.observed}."])


def save(path: Path, seed: int, failure: Failure) -> None:
    """Save a failing sequence for `Replay Exploration`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    difference = failure.difference
    data = {
        "format": FORMAT,
        "seed": seed,
        "check": difference.check,
        "expected": difference.expected,
        "observed": difference.observed,
        "identities": list(failure.world.identities),
        "steps": [step.data() for step in failure.steps],
    }
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> dict[str, Any]:
    """Read a saved sequence; its steps are steps."""
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise UsageError(f"The file {path.name} has the format {data['format']}, expected {FORMAT}: explore again.")
        steps = [Step(**entry) for entry in data["steps"]]
    except OSError as error:
        raise UsageError(f"The exploration {path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"The file {path.name} is no exploration: name a file that Explore Theodore has saved.") from None
    if unknown := sorted({step.action for step in steps} - ACTIONS.keys()):
        raise UsageError(f"The file {path.name} has unknown steps: {', '.join(unknown)}.")
    return data | {"steps": steps}
