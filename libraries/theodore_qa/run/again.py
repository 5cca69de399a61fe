"""A second attempt at the tests that failed: it stands beside the first one, which counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from theodore_qa.run.judge import Judgement
    from theodore_qa.run.judged import Judged, Key

ATTEMPT = "attempt-2"  # below the evidence of the run
LOG = "rerun.html"
MODIFIER = "theodore_qa.run.only.Only"
VARIABLE = "THEODORE_ONLY"
TAG = "RERUN"


def failed(judgement: Judgement) -> list[Key]:
    """The tests that failed, in their order."""
    return [test.key for test in judgement.tests if test.verdict == "FAIL"]


def note(judgement: Judgement, reruns: list[Judged]) -> None:
    """Have the second verdict of each test stand beside the first one."""
    for test in reruns:
        reason = f" ({test.message.splitlines()[0]})" if test.message else ""
        judgement.note(test.key, TAG, f"{TAG}: FAIL, then {test.verdict}{reason}; the first attempt counts.")
