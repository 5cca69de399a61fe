"""Steps of administrators that can be left out: what follows them is done without, and it is too late for them then."""

from __future__ import annotations

import itertools
import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.authorization import readied
from SecurityLibrary.proof.effects import done
from SecurityLibrary.values.earlier_steps import ENDS
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

EDITS = re.compile(
    r"(?i)comment|note|edit|update|attach|upload|tag|rename|message|photo|file|submi|request|remind|view|read|print"
)
TWICE, MOST = 2, 12


def pairs(scan: Scan) -> list[tuple[ScanOperation, ScanOperation]]:
    """What an owner does to an object, and what an administrator does to the same, neither of which ends or edits it."""
    return list(itertools.islice(_pairs(scan), MOST))


def _pairs(scan: Scan) -> Iterator[tuple[ScanOperation, ScanOperation]]:
    for operation in scan.plan.operations:
        if operation.admin or not _leads_on(operation):
            continue
        above = operation.route.rstrip("/").rpartition("/")[0]
        for step in scan.plan.operations:
            same = step.route.rstrip("/").rpartition("/")[0] == above or _about(step) == _about(operation) != ""
            if step.admin and step != operation and same and _leads_on(step) and not scan.plan.skip_reason(step):
                yield operation, step


def _leads_on(operation: ScanOperation) -> bool:
    verb = readied.verb(operation)
    return bool(verb) and not ENDS.search(verb) and not EDITS.search(verb)


def _about(operation: ScanOperation) -> str:
    """The collection of the object whose verb an operation is, such as ``loans``, whatever stands before it."""
    match = re.search(r"([^/{}]+)/\{[^/]+\}/[^/{}]+/?$", operation.route)
    return match[1].lower() if match else ""


def left_out(scan: Scan, operation: ScanOperation, step: ScanOperation, owner: Identity) -> list[Exchange]:
    """The answers to an operation that was possible without a step, after which the step is refused; empty where it is not so.

    The step is possible for a new object, and the operation after it.

    Raises:
        NotEvaluatedError: No object is made for it, or the step is not possible for a new one.
    """
    if reason := scan.plan.skip_reason(operation):
        raise NotEvaluatedError(reason)
    administrator = scan.plan.identity_for(step)
    answers: list[Exchange] = []
    examined = _new(scan, step, operation, owner)
    if not done(_sent(scan, step, administrator, examined)):
        raise NotEvaluatedError(f"{step} is not possible for a new object")
    if done(_sent(scan, step, administrator, examined)) or not done(_sent(scan, operation, owner, examined)):
        return []  # it may be done again at any time, or does not come before
    for _ in range(TWICE):
        new = _new(scan, step, operation, owner)
        answers.append(_sent(scan, operation, owner, new))
        if not done(answers[-1]) or done(_sent(scan, step, administrator, new)):
            return []
    return answers


def _new(scan: Scan, step: ScanOperation, operation: ScanOperation, owner: Identity) -> Any:
    """An object of the owner's that was just made, for which nothing was done but what comes before the step."""
    for each in (step, operation):
        if each is operation and str(operation) in scan.objects.first:
            continue
        made = scan.objects.identifier(each, each.last, owner, fresh=True) if each.last else None
        if made is not None and str(made) in scan.objects.made:
            return made
    raise NotEvaluatedError("no object of the scan's own could be made for it")


def _sent(scan: Scan, operation: ScanOperation, identity: Identity | None, identifier: Any) -> Exchange:
    given = {operation.last: identifier} if operation.last else {}
    return scan.sender.send(operation, identity, given)
