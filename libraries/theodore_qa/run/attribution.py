"""Whose failure it is: what every answer keeps to has a test that is named for it, and the others have promises of their own."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from theodore_qa.observing import evidence as evidences
from theodore_qa.observing.observations import ALL_ANSWERS, NONE_BREAKS, Verdict
from theodore_qa.systems.contract import rule_of

if TYPE_CHECKING:
    from theodore_qa.observing.evidence import Evidence
    from theodore_qa.run.judged import Judged

MOST_OF_CONTRACT = 1  # tests of operations that stay failed beside the named one


def attributed(tests: list[Judged], evidence: Evidence) -> list[Judged]:
    """The verdicts, where a test that failed only by what a named test failed by too is judged on its own promise.

    It says then what was also seen, and where. Where no named test ran, or none of them failed by that, it stays failed. So
    does the only test that holds an operation to the contract and failed by that rule: it says at which operation it is broken.
    """
    named = _named(tests, evidence)
    records = {evidences.identity(record): record for record in evidence.tests}
    of_contract = Counter(rule for record in records.values() if record.get("of_contract") for rule in _rules(record))
    return [_attributed(test, records.get(test.key, {}), named, of_contract) for test in tests]


def _rules(record: dict[str, Any]) -> set[str]:
    """The rules that answers to a test broke."""
    return {rule_of(str(violation)) for violation in record.get("aside", ())}


def _named(tests: list[Judged], evidence: Evidence) -> dict[str, Judged]:
    """The tests that failed by the check of all answers, by the rule that was broken."""
    failed = {test.key: test for test in tests if test.verdict == "FAIL"}
    return {
        str(record["expected"]).removeprefix(NONE_BREAKS): failed[evidences.identity(record)]
        for record in evidence.observations
        if record["check"] == ALL_ANSWERS and record.get("stands") == Verdict.FAIL and evidences.identity(record) in failed
    }


def _attributed(test: Judged, record: dict[str, Any], named: dict[str, Judged], of_contract: Counter[str]) -> Judged:
    seen, rules = [str(violation) for violation in record.get("aside", ())], _rules(record)
    if record.get("of_contract") and all(of_contract[rule] <= MOST_OF_CONTRACT for rule in rules):
        return test
    if test.verdict != "FAIL" or record.get("own") != "PASS" or not rules or not rules <= named.keys():
        return test
    where = ", ".join(dict.fromkeys(f"{named[rule].suite} > {named[rule].name}" for rule in sorted(rules)))
    return replace(test, verdict="PASS", message=f"Also seen: {seen[0]}: see {where}.")
