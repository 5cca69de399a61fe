"""``Get ...`` keywords with an AssertionEngine operator: the comparison becomes an observation."""

from __future__ import annotations

import re
from typing import Any

from assertionengine import AssertionOperator, verify_assertion

from theodore_qa.errors import QaError, UsageError
from theodore_qa.observing.display import written
from theodore_qa.observing.observations import recorder, Verdict
from theodore_qa.observing.provenance import provenance

OPERATORS_THAT_ONLY_COMPUTE = ("then", "evaluate")
_NAMES_VALUE = re.compile(r"\bvalue\b")
OF_TEXTS = ("contains", "matches", "starts", "ends")
TEXTS = ("", "\x00 neither this nor that")  # an operator that holds for both holds for every text
CONDITIONS = {  # how an operator reads before the value that it compares with
    "equal": "",
    "inequal": "other than ",
    "<=": "at most ",
    ">=": "at least ",
    "starts": "starts with ",
    "ends": "ends with ",
    "not contains": "does not contain ",
}


def asserted(
    check: str,
    value: Any,
    op: AssertionOperator | None,
    expected: Any,
    message: str | None,
    *,
    subject: str = "",
    possible: tuple[Any, ...] = (),
) -> Any:
    """Return ``value``; with an operator compare it first, and record the observation.

    Args:
        check: the name of the check, such as ``response.status``.
        value: that was observed.
        op: the operator; without one nothing is compared.
        expected: that ``value`` is compared with.
        message: the tester's own, in place of ours.
        subject: what the value belongs to.
        possible: all values there can be, if they are few.

    Raises:
        QaError: the comparison fails.
        UsageError: it could not fail, since it holds for every ``possible`` value or for every text.
    """
    if op is None:
        return value
    if provenance.compares_with_itself(AssertionOperator.__members__):
        raise UsageError(f"The check of {subject or check} compares a value with a part of itself: give what is expected.")
    if op.name == "validate" and not _NAMES_VALUE.search(str(expected)):
        raise UsageError(
            f"The check 'validate {expected}' does not look at the value: write for example 'validate    value > 3'."
        )
    texts = TEXTS if op.name in OF_TEXTS and isinstance(value, str) else ()
    _refuse_what_cannot_fail(op, expected, possible or texts)
    label = check.replace(".", " ").replace("_", " ").capitalize() + (f" of {subject}" if subject else "")
    condition = f"{CONDITIONS.get(op.name, op.name + ' ')}{written(expected)}"
    try:
        result = verify_assertion(value, op, expected, label, message)
    except AssertionError as error:
        recorder.record(check, condition, value, Verdict.FAIL, subject=subject)
        raise QaError(str(error)) from None
    if op.name not in OPERATORS_THAT_ONLY_COMPUTE:
        recorder.record(check, condition, value, Verdict.PASS, subject=subject)
    return result


def _refuse_what_cannot_fail(op: AssertionOperator, expected: Any, possible: tuple[Any, ...]) -> None:
    def holds(value: Any) -> bool:
        try:
            verify_assertion(value, op, expected)
        except Exception:  # noqa: BLE001  # an expression of the tester's own may raise anything
            return False
        return True

    if possible and all(map(holds, possible)):
        raise UsageError(
            f"The check '{op.name} {expected}' holds for every value, so that it could not fail: compare with another one."
        )
