"""The verdict on a run: what was planned, what Robot says, and what was observed have to agree."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from theodore_qa.observing import evidence as evidences
from theodore_qa.observing.display import plural
from theodore_qa.observing.observations import KEYWORD, Verdict
from theodore_qa.run.attribution import attributed
from theodore_qa.run.judged import Judged, Key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from theodore_qa.observing.evidence import Evidence
    from theodore_qa.run.plan import Plan

PASSED, FAILED, WRONG_USAGE, INCOMPLETE = range(4)
STOPPED = "The run was stopped"
LINKS = re.compile(r"\.links(\.|$)")  # entries of an environment file by which calls are observed


@dataclass
class Judgement:
    """All verdicts of a run, and what makes it incomplete.

    Attributes:
        tests: with their verdicts.
        problems: what makes the run incomplete.
        failures: what failed outside tests.
        observations: all of them.
        failed_gates: a sentence for each gate that failed.
        missing_gates: a sentence for each requested gate that is NOT EVALUATED and not waived.
        notes: what stands beside the verdict of a test, each a tag and a sentence.
        excused: tests whose failures were openly excused: they stay failures, and do not decide the exit code.
    """

    tests: list[Judged] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    observations: list[dict[str, Any]] = field(default_factory=list)
    failed_gates: list[str] = field(default_factory=list)
    missing_gates: list[str] = field(default_factory=list)
    notes: dict[Key, list[tuple[str, str]]] = field(default_factory=dict)
    excused: set[Key] = field(default_factory=set)

    def note(self, key: Key, tag: str, sentence: str) -> None:
        """Have something stand beside the verdict of a test."""
        self.notes.setdefault(key, []).append((tag, sentence))

    def count(self, verdict: str) -> int:
        """How many tests have this verdict."""
        return sum(test.verdict == verdict for test in self.tests)

    @property
    def exit_code(self) -> int:
        """0 all passed; 1 a test or gate failed; 3 incomplete, which goes before 1."""
        unseen = self.problems or self.missing_gates or self.count("NOT EVALUATED")
        failed = sum(test.verdict == "FAIL" and test.key not in self.excused for test in self.tests)
        if unseen or not (self.count("PASS") + failed):
            return INCOMPLETE
        return FAILED if failed or self.failures or self.failed_gates else PASSED

    def without_work(self) -> dict[Key, str]:
        """The tests in which only answers were seen, since the calls by which work shows are waived, with the waiver."""
        return {
            evidences.identity(observation): str(observation["waived"])
            for observation in self.observations
            if observation["waived"] and LINKS.search(str(observation.get("entry") or ""))
        }

    def waivers(self) -> Counter[str]:
        """The waivers on which tests that passed rest in part, with how many tests."""
        return Counter(reason for test in self.tests if test.verdict == "PASS" for reason in test.waived)


def judge(plan: Plan, robot: Iterable[tuple[Key, str, str]], evidence: Evidence, problems: list[str]) -> Judgement:
    """Compare plan, Robot's results and evidence as multisets and give each planned test its verdict."""
    results = _grouped((key, (status, message)) for key, status, message in robot)
    records = _grouped((evidences.identity(record), record) for record in evidence.tests)
    judgement = Judgement(problems=[*problems, *evidence.problems], observations=evidence.observations)
    judgement.problems += forgotten(evidence)
    judgement.problems += [f"{what[:1].upper()}{what[1:].rstrip('.')}." for what in evidence.failures]
    judgement.failures += [f"{suite['source']}: {suite['message']}" for suite in evidence.suites]
    planned = Counter(test.key for test in plan.tests)
    taken: Counter[Key] = Counter()
    for test in plan.tests:
        found, recorded = results.get(test.key, []), records.get(test.key, [])
        if planned[test.key] > 1:  # rows that are alike, as generated ones can be: each has a result of its own
            row = slice(taken[test.key], taken[test.key] + 1)
            found, recorded = found[row], recorded[row]
            taken[test.key] += 1
        verdict, message = _verdict(found, recorded)
        waived = tuple(recorded[-1].get("waived", ())) if recorded else ()
        judgement.tests.append(Judged(test.key, test.tags, verdict, message, waived))
    judgement.tests = attributed(judgement.tests, evidence)
    for key, statuses in results.items():
        if len(statuses) > planned[key]:
            judgement.problems.append(
                f"The test {key[2]} ({key[0]}:{key[1]}) has {plural(len(statuses), 'result')}, {planned[key]} planned."
            )
    if plan.tests and not judgement.count("PASS") + judgement.count("FAIL"):
        judgement.problems.append("Nothing was evaluated: no test passed or failed.")
    if not plan.tests:
        judgement.problems.append("Nothing was evaluated: no test was selected.")
    return judgement


def modified(plan: Plan, evidence: Evidence) -> list[str]:
    """What ran otherwise than it stands in the suite files, as one sentence; empty if nothing did."""
    started = [(evidences.identity(record), record.get("fingerprint")) for record in evidence.started]
    changed = [key for key, found in started if found and plan.fingerprints.get(key, found) != found]
    if not changed:
        return []
    names = ", ".join(f"{name} ({source}:{line})" for source, line, name in dict.fromkeys(changed))
    return [
        f"Tests ran with other steps than stand in their files: {names}. If a modifier is meant to do that: --allow-modifiers."
    ]


def forgotten(evidence: Evidence) -> list[str]:
    """Tests whose verdict says PASS though the last word of a check in their evidence is FAIL: something took it back."""
    passed = {_attempt(test) for test in evidence.tests if test["verdict"] == "PASS"}
    suspects = [record for record in evidence.observations if record.get("stands") == Verdict.FAIL and _attempt(record) in passed]
    wanting = {_words(record) for record in suspects}
    names = {record["check"] for record in suspects}
    last: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in evidence.observations if suspects else ():
        if record["check"] in names and (words := _words(record)) in wanting:
            last[words] = record
    return [
        f"The verdict on {record['name']} ({record['source']}:{record['line']}) says PASS, and its evidence has a failed check: "
        f"{record['check']}, expected {record['expected']}, observed {record['observed']}."
        for record in last.values()
        if record.get("stands") == Verdict.FAIL and _attempt(record) in passed and not str(record["check"]).startswith(KEYWORD)
    ]


def _words(record: dict[str, Any]) -> tuple[Any, ...]:
    return (*_attempt(record), *(record.get(name) for name in ("check", "subject", "expected", "call")))


def _attempt(record: dict[str, Any]) -> tuple[Any, ...]:
    return (record.get("run"), *evidences.identity(record), record.get("attempt"))


def _grouped(pairs: Iterable[tuple[Key, Any]]) -> dict[Key, list[Any]]:
    groups: dict[Key, list[Any]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _verdict(results: list[tuple[str, str]], records: list[dict[str, Any]]) -> tuple[str, str]:
    if not results:
        return "NOT EVALUATED", "The test was planned and has no result."
    status, explanation = results[-1]
    last = records[-1] if records else None
    message = str(last["message"]) if last else ""
    if last is None:
        reason = "Robot says PASS, but the evidence of the run does not." if status == "PASS" else explanation
        failed = status == "FAIL" and not explanation.startswith("NOT EVALUATED")
        return ("FAIL" if failed else "NOT EVALUATED"), reason
    if status == "PASS" or last["verdict"] in ("NOT EVALUATED", "FAIL"):
        verdict = "NOT EVALUATED" if status == "PASS" and last["verdict"] == "SKIP" else last["verdict"]
        return verdict, "" if verdict == "PASS" else message or "Robot says PASS, but the evidence of the run does not."
    if status == "SKIP":
        return ("SKIP" if last["verdict"] == "SKIP" else "NOT EVALUATED"), message
    return "FAIL", explanation or message
