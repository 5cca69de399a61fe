"""``Get ...`` keywords with an AssertionEngine operator: the comparison becomes an observation."""

from __future__ import annotations

from typing import Any

from assertionengine import AssertionOperator, verify_assertion

from theodore_qa.errors import QaError
from theodore_qa.observing.display import written
from theodore_qa.observing.observations import recorder, Verdict

OPERATORS_THAT_ONLY_COMPUTE = ("then", "evaluate")
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
) -> Any:
    """Return ``value``; with an operator compare it first, record the observation and raise a sentence if it fails."""
    if op is None:
        return value
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
