"""Tags and names by which suites are selected: a misspelt one would leave tests out without a word."""

from __future__ import annotations

import difflib
import functools
import glob
from typing import TYPE_CHECKING

from robot.utils import MultiMatcher

from theodore_qa.errors import unknown, UsageError
from theodore_qa.run.plan import EXCLUDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from robot.model import TagPatterns
    from robot.running import TestSuite

    from theodore_qa.run.plan import Planned

# What stands before the colon, and what it says; docs/TESTING_GUIDE.md has the same table, and a test compares them.
KNOWN = {
    "system": "the system that a test is for; `--system NAME` selects by it",
    "scenario": "the scenario that a test belongs to; `--scenario NAME` selects by it",
    "attack": "the attack that a test makes; `--attack NAME` selects by it",
    "experiment": "the experiment that a test makes; `--experiment NAME` selects by it",
    "company": "the company that a test is about; `--company NAME` selects by it",
    "control": "the control of a standard that a test speaks to, such as `control:SOC2-CC6.1`",
    "owasp": "the entry of an OWASP Top 10, such as `owasp:A03-2021`",
    "area": "the area of the system that a test looks at, for reports",
    "gate": "the gate in gates.yaml that a test feeds, such as `gate:availability`",
    "lane": "`lane:alone`: the test has the machine for itself; `lane:functional`: it may run beside others",
    "check": "`check:performance`, `check:data-quality` and `check:regression`: only with the option of that name",
    "expects-failure": "why an assertion that fails and is swallowed is meant, such as `expects-failure:known bug 17`",
}
STANDARDS = ("SOC2", "ISO27001", "HIPAA", "GDPR", "CCPA", "PCI-DSS", "NIST-800-53", "OWASP", "ASVS", "CIS")
NEAR = 0.75
OPTIONS = {  # of Robot, by what they select by
    "exclude": ("--exclude", "-e"),
    "include": ("--include", "-i"),
    "suite": ("--suite", "-s"),
    "test": ("--test", "-t", "--task"),
    "": ("--rerunfailed", "-R", "--parseinclude", "-I"),
}
SELECTING = {option: kind for kind, options in OPTIONS.items() for option in options}


def left_out_by(test: Planned, options: Sequence[str]) -> str:
    """The option of Robot, or the tag of its own, that leaves a test out."""
    given = list(_selecting(options))
    for kind, _, pattern in given:
        if kind == "exclude" and _tagged(pattern).match(test.tags):
            return f"--exclude {pattern}"
    included = [pattern for kind, _, pattern in given if kind == "include"]
    if included and not _tagged(*included).match(test.tags):
        return f"--include {' '.join(included)}"
    if EXCLUDE in map(str.lower, test.tags):
        return f"its tag {EXCLUDE}"
    others = [f"{option} {chosen}" for kind, option, chosen in given if kind not in ("exclude", "include")]
    return ", ".join(others) or "another option of Robot, or the file itself"


@functools.cache  # all tests are compared with the same few patterns
def _tagged(*patterns: str) -> TagPatterns:
    from robot.model import TagPatterns

    return TagPatterns(patterns)


def _selecting(options: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """The options that select: by what, the option as it was written, and its value."""
    for before, part in zip(("", *options), options, strict=False):
        name, equals, value = part.partition("=")
        option, chosen = (name, value) if equals and name.startswith("--") else (before, part)
        if option in SELECTING:
            yield SELECTING[option], option, chosen


def require_named(options: Sequence[str], root: TestSuite, planned: Iterable[Planned]) -> None:
    """Each suite and test that options of Robot name is there, or fits a pattern; tests that are made at the start are planned.

    Raises:
        UsageError: One is not; the error names the nearest one. Robot runs the others and says nothing of it.
    """
    for kind, _, name in _selecting(options):
        if kind not in ("suite", "test"):
            continue
        known = [(each.name, each.full_name) for each in (root.all_tests if kind == "test" else _suites(root))]
        known += [(test.name, test.name) for test in planned if kind == "test"]
        fits = MultiMatcher([name], ignore="_").match
        if any(fits(short) or fits(full) for short, full in known):
            continue
        if any(name in names for names in known):
            raise UsageError(f"The {kind} '{name}' is not selected by its name, which is a pattern: write '{glob.escape(name)}'.")
        raise unknown(kind, name, {short for short, _ in known})


def _suites(suite: TestSuite) -> Iterator[TestSuite]:
    yield suite
    for inner in suite.suites:
        yield from _suites(inner)


def misspelt(tests: Iterable[Planned]) -> list[str]:
    """A sentence for each tag that is nearly a known one."""
    found: dict[str, str] = {}
    for test in tests:
        for tag in test.tags:
            if tag not in found and (right := _nearly(tag)):
                found[tag] = f"The tag '{tag}' of {test} selects nothing: did you mean '{right}'?"
    return list(found.values())


def _nearly(tag: str) -> str:
    """The known tag that this one nearly is; empty if it is one, or one of the tester's own."""
    kind, colon, value = tag.partition(":")
    if not colon:
        return ""
    if kind not in KNOWN:
        near = difflib.get_close_matches(kind.lower(), KNOWN, n=1, cutoff=NEAR)
        return f"{near[0]}:{value}" if near else ""
    if kind == "control" and not value.startswith(STANDARDS):
        head = value[: max(map(len, STANDARDS))]
        standard = next(
            (name for name in STANDARDS if difflib.SequenceMatcher(None, head[: len(name)].upper(), name).ratio() >= NEAR), ""
        )
        return f"control:{standard}{value[len(standard) :]}" if standard else ""
    return ""
