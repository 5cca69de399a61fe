"""What a run says of the controls of standards: supported, contradicted or not evaluated, by what was observed."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa.observing import evidence
from theodore_qa.readiness.catalogue import CONTROL, OWASP
from theodore_qa.readiness.gates import FAIL, NOT_EVALUATED, PASS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from theodore_qa.readiness.catalogue import Catalogue, Control
    from theodore_qa.readiness.located import Key, LocatedTest
    from theodore_qa.run.judge import Judgement

SUPPORTED, CONTRADICTED = "SUPPORTED", "CONTRADICTED"
VERDICTS = (CONTRADICTED, NOT_EVALUATED, SUPPORTED)
NOTHING_SEEN = "passed without an observation of its own"
MOST_NAMES = 3


@dataclass(frozen=True)
class ControlResult:
    """What a run says of a control, by which tests, and why it is not supported."""

    control: Control
    verdict: str
    reason: str
    tests: tuple[LocatedTest, ...]


def evaluate(
    catalogue: Catalogue, tests: Sequence[LocatedTest], judgement: Judgement, *, in_suites: Path | None = None
) -> list[ControlResult]:
    """The verdict on each control.

    A control is supported if each test that feeds it passed by an observation, in a run that holds all of their folders.

    Args:
        catalogue: of the controls.
        tests: of the run.
        judgement: with the observations of the run.
        in_suites: the folder that was run; where the catalogue does not know its suites, their folders say nothing.
    """
    seen = observed(judgement)
    by_tag: dict[str, list[LocatedTest]] = {}
    by_name: dict[str, list[LocatedTest]] = {}
    for test in tests:
        for tag in test.tags:
            by_tag.setdefault(tag.casefold(), []).append(test)
        by_name.setdefault(f"{test.source}: {test.name}", []).append(test)
    present = {test.folder for test in tests}
    known = in_suites is not None and any(map(in_suites.resolve().is_relative_to, catalogue.suites))
    results = []
    for control in catalogue.controls.values():
        fed = {test.key: test for tag in sorted(control.all_tags) for test in by_tag.get(tag, ())}
        fed |= {test.key: test for name in control.tests for test in by_name.get(name, ())}
        names = (*control.all_tags, *control.tests) if known else ()
        folders = {folder for name in names for folder in catalogue.folders.get(name, ())}
        own = tuple(sorted(fed.values(), key=lambda test: (test.source, test.key)))
        results.append(ControlResult(control, *_verdict(control, own, folders - present, seen), own))
    return results


def observed(judgement: Judgement) -> set[Key]:
    """The tests of whose observations one passed that counts, without those in which no work was seen."""
    passed = {
        evidence.identity(record)
        for record in judgement.observations
        if record["verdict"] == PASS and not record.get("precondition")
    }
    return passed - judgement.without_work().keys()


def unlisted(catalogue: Catalogue, tests: Iterable[LocatedTest]) -> list[str]:
    """A sentence for each tag of a control that the catalogue does not list."""
    known = {tag: control.id for control in catalogue.controls.values() for tag in [control.own_tag.casefold()]}
    counts = Counter(
        tag for test in tests for tag in test.tags if tag.casefold().startswith((CONTROL, OWASP)) and tag.casefold() not in known
    )
    sentences = []
    for tag, number in sorted(counts.items()):
        near = difflib.get_close_matches(tag.casefold(), known, n=1, cutoff=0.8)
        hint = f": did you mean {near[0]}?" if near else "."
        sentences.append(f"The tag {tag} of {number} tests names no control that is listed{hint}")
    return sentences


def _verdict(
    control: Control, tests: Sequence[LocatedTest], elsewhere: Collection[str], seen: Collection[Key]
) -> tuple[str, str]:
    failed = [test for test in tests if test.verdict == FAIL]
    if failed:
        return CONTRADICTED, f"{len(failed)} of {len(tests)} tests failed: {_names(failed)}"
    reason = _why_not(control, tests, elsewhere, seen)
    return (NOT_EVALUATED, reason) if reason else (SUPPORTED, "")


def _why_not(control: Control, tests: Sequence[LocatedTest], elsewhere: Collection[str], seen: Collection[Key]) -> str:
    """Why nothing can be said of a control of which no test failed; empty if it is supported."""
    missing = [test for test in tests if test.verdict != PASS]
    hollow = [test for test in tests if test.verdict == PASS and test.key not in seen]
    if control.reason:
        return control.reason
    if elsewhere:
        return f"its tests in {', '.join(f'suites/{folder}' for folder in sorted(elsewhere))} were not in this run"
    if not tests:
        return f"no test has the tag {control.own_tag}" + (f" or {', '.join(control.tags)}" if control.tags else "")
    if missing:
        return f"{len(missing)} of {len(tests)} tests have no verdict: {_names(missing)}"
    return f"{len(hollow)} of {len(tests)} tests {NOTHING_SEEN}: {_names(hollow)}" if hollow else ""


def _names(tests: Sequence[LocatedTest]) -> str:
    more = f" and {len(tests) - MOST_NAMES} more" if len(tests) > MOST_NAMES else ""
    return ", ".join(f"{test.name} ({test.verdict})" for test in tests[:MOST_NAMES]) + more
