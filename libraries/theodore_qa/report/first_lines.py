"""The first line of each test in log.html, for readers who run nothing themselves: verdict, what was tried, what was seen."""

from __future__ import annotations

from collections import Counter
from typing import Any, TYPE_CHECKING

from theodore_qa.observing import evidence
from theodore_qa.readiness.causes import causes
from theodore_qa.redaction.markup import disarmed
from theodore_qa.run import outputs

if TYPE_CHECKING:
    from robot.result import Result

    from theodore_qa.run.finished import FinishedRun
    from theodore_qa.run.judged import Key

LONGEST_SEEN, LONGEST_MESSAGE = 300, 10_000
Record = dict[str, Any]


def add(result: Result, run: FinishedRun) -> None:
    """Begin the documentation of each test with the line, and cut long messages, which output.xml holds whole."""
    found = causes(run.judgement.tests, run.judgement.observations)
    passed: dict[Key, Record] = {}
    counts: Counter[Key] = Counter()
    for record in run.judgement.observations:
        if record["verdict"] == "PASS" and not record.get("precondition"):
            key = evidence.identity(record)
            passed.setdefault(key, record)
            counts[key] += 1
    verdicts = {test.key: test for test in run.judgement.tests}
    for test in result.suite.all_tests:
        key = outputs.key(test, run.suites)
        judged = verdicts.get(key)
        if judged is None:
            continue
        if cause := found.get(key):
            seen = cause.sentence
        elif first := passed.get(key):
            number = counts[key]
            seen = f"{number} check{'s hold' if number > 1 else ' holds'}, the first: {first['check']}, {first['observed']}"
        else:
            seen = judged.message or "nothing of its own"
        tried, _, more = test.doc.partition("\n\n")
        test.doc = f"{line(judged.verdict, tried or test.name, seen)}\n\n{more}".rstrip()
    result.visit(_cutter())


def line(verdict: str, tried: str, seen: str) -> str:
    """One line; what the tested system said in it makes no link, no picture and no markup."""
    return f"*{verdict}.* Tried: {' '.join(tried.split()).rstrip('.')}. Seen: {_as_text(seen).rstrip('.')}."


def _as_text(words: str) -> str:
    text = " ".join(words.split())
    text = text if len(text) <= LONGEST_SEEN else f"{text[:LONGEST_SEEN]}… ({len(text)} characters)"
    return disarmed(text.replace("://", ":\u2060//"))


def _cutter() -> Any:
    from robot.api import ResultVisitor

    class Cutter(ResultVisitor):  # type: ignore[misc]  # Robot is imported when it is needed
        """Cuts messages; those that are markup are our own, and capped when they are made."""

        def visit_message(self, message: Any) -> None:
            if not message.html and len(message.message) > LONGEST_MESSAGE:
                whole = len(message.message)
                message.message = f"{message.message[:LONGEST_MESSAGE]}… (cut here: output.xml has all {whole} characters)"

    return Cutter()
