"""Loads two builds in turn, in random order within each pair of rounds; the load engine runs as a process of its own."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import NotEvaluatedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

TESTED, REFERENCE = "tested", "reference"
ALL = "all requests"  # the row of all steps
WRONG = 2  # the exit code of the engine for a mistake in the scenario
WITHIN = 600  # seconds for a round


@dataclass
class Rounds:
    """The rows of the load engine by round and build, with the seed of their order."""

    seed: int
    pairs: list[dict[str, dict[str, dict[str, Any]]]] = field(default_factory=list)


def run(scenario: dict[str, Any], urls: dict[str, str], count: int, seed: int, report: Callable[[str], None]) -> Rounds:
    """Run so many pairs of rounds.

    Args:
        scenario: of the load engine, without an address.
        urls: of the build under test and of the reference.
        count: of pairs.
        seed: of the order within each pair.
        report: is given a line after each pair.

    Raises:
        UsageError: the engine does not take the scenario.
        NotEvaluatedError: a round was cut off, or its client could not keep up.
    """
    draw = random.Random(seed)  # noqa: S311  # an order, no secret
    rounds = Rounds(seed)
    with tempfile.TemporaryDirectory() as name:
        for number in range(1, count + 1):
            order = [TESTED, REFERENCE]
            draw.shuffle(order)
            rounds.pairs.append({build: _loaded(scenario | {"url": urls[build]}, Path(name), build) for build in order})
            report(f"Round {number} of {count}: {' then '.join(order)}")
    return rounds


def _loaded(scenario: dict[str, Any], folder: Path, build: str) -> dict[str, dict[str, Any]]:
    """The rows of one load by their steps."""
    path = folder / "scenario.yaml"
    path.write_text(json.dumps(scenario), encoding="utf-8")
    result = folder / "result.json"
    result.unlink(missing_ok=True)
    command = [sys.executable, "-m", "theodore_load", str(path), "--results", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN)
    except subprocess.TimeoutExpired:
        raise NotEvaluatedError(f"A load of the {build} build did not end within {WITHIN} s.") from None
    if done.returncode == WRONG:
        raise UsageError(f"The load cannot be run: {done.stderr.strip()}")
    lines = done.stdout.splitlines() + done.stderr.splitlines()
    if not result.is_file():
        raise NotEvaluatedError(f"A load of the {build} build left no result: {(lines or ['it said nothing'])[-1]}")
    data = json.loads(result.read_text(encoding="utf-8"))
    if data["stopped"] or data["lost"] or data["client"]["saturated"]:
        reason = next((line for line in lines if line.startswith(("PARTIAL", "NOT EVALUATED"))), "it was cut off")
        raise NotEvaluatedError(f"A load of the {build} build is NOT EVALUATED: {reason}")
    steps = data["steps"]
    whole = next(number for number, step in enumerate(steps) if step["step"] == ALL)  # journeys stand behind it
    return {step["step"]: step for step in steps[:whole]}
