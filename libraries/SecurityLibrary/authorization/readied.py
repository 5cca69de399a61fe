"""What is done to an object once it is ready for it, as an approval after a submission: tried on objects of the scan's own."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from SecurityLibrary.objects.identifiers import unknown_identifier
from SecurityLibrary.proof import comparison
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

# What somebody decides about an object that another one has asked for.
DECIDING = re.compile(
    r"(?i)approv|accept|authori[sz]|sign-?off|countersign|grant|endorse|ratif|releas|publish|confirm|verif|settle"
)
# What one does oneself, so that it can be decided.
READYING = re.compile(
    r"(?i)submi|request|propos|appl(?:y|ication)|file$|send|finish|complet|clos|review|ready|hand-?in|sign$|lock"
)
FORBIDDEN, NOT_FOUND = (401, 403), 404
TWICE, MOST_STEPS = 2, 3


def verb(operation: ScanOperation) -> str:
    """What an operation does to the object that its path names; empty if its path does not end so."""
    before, _, last = operation.route.rstrip("/").rpartition("/")
    changes = operation.method in ("POST", "PUT", "PATCH") and "#" not in operation.path
    return last if changes and before.endswith("}") and not last.startswith("{") else ""


def steps(scan: Scan, operation: ScanOperation) -> list[ScanOperation]:
    """What makes an object ready, of all that its owner does to it."""
    above = operation.route.rstrip("/").rpartition("/")[0]
    return [
        each
        for each in scan.plan.operations
        if each.route.rstrip("/").rpartition("/")[0] == above
        and READYING.search(verb(each))
        and not DECIDING.search(verb(each))
        and each != operation
        and not each.admin
        and not scan.plan.skip_reason(each)
    ][:MOST_STEPS]


def decided_by_owner(scan: Scan, operation: ScanOperation, owner: Identity) -> list[Exchange] | None:
    """The two answers by which an owner, without special rights, decided about new objects of their own; empty if they cannot.

    None where this says nothing of the operation: it decides nothing, or nothing makes an object for it.

    Raises:
        NotEvaluatedError: No object gets ready for it.
    """
    ready = steps(scan, operation)
    if not (DECIDING.search(verb(operation)) or (ready and verb(operation))) or operation.last is None or not scan.allow_changes:
        return None
    if reason := scan.plan.skip_reason(operation):
        raise NotEvaluatedError(reason)
    status = 0
    for way in _ways(ready):
        answers = [_decided(scan, operation, owner, way)]
        if answers[0][0] is None:
            break
        status = answers[0][0].status
        answers += [_decided(scan, operation, owner, way)] if answers[0][1] else []
        done = [answer for answer, effective in answers if answer is not None and effective]
        if len(done) == TWICE:
            nowhere = scan.sender.send(operation, owner, {operation.last: unknown_identifier("0")})
            return [] if nowhere.ok else done
        if status in FORBIDDEN and (way or not ready):
            return []
    if status in (*FORBIDDEN, NOT_FOUND):
        return []
    if not status:
        return None
    raise NotEvaluatedError(f"no object of the scan's own gets ready for it: it was answered {status}")


def _ways(ready: list[ScanOperation]) -> Iterator[tuple[ScanOperation, ...]]:
    """Ways to make an object ready: none, each step, then each before another one."""
    yield ()
    yield from ((step,) for step in ready)
    yield from itertools.permutations(ready, 2)


def _decided(
    scan: Scan, operation: ScanOperation, owner: Identity, way: tuple[ScanOperation, ...]
) -> tuple[Exchange | None, bool]:
    """The answer to a decision about a new object, and whether its owner sees an effect; no answer where there is no object."""
    if operation.last is None:
        return None, False
    identifier = scan.objects.identifier(operation, operation.last, owner, fresh=True)
    if identifier is None or str(identifier) not in scan.objects.made:
        return None, False
    for step in way:
        scan.sender.send(step, owner, {each: identifier for each in step.parameters if each == step.last})
    above = operation.route.rstrip("/").rpartition("/")[0]
    read = next((each for each in scan.plan.operations if each.method == "GET" and each.route.rstrip("/") == above), None)

    def seen() -> comparison.Leaves:
        answer = scan.sender.send(read, owner, {read.last: identifier}) if read and read.last else None
        return comparison.leaves(answer) if answer is not None and answer.ok else {}

    before = [seen(), seen()]
    answer = scan.sender.send(operation, owner, {operation.last: identifier})
    changed = comparison.differ(before[1], seen(), comparison.changing(before)) if before[1] else []
    repeated = not before[1] and str(identifier) in answer.text  # nothing reads it: the answer has to do
    return answer, answer.ok and (bool(changed) or repeated)
