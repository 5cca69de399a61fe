"""States that somebody else is to set: what one has asked for is approved by oneself."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.authorization import readied, skipped_steps
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

STATE = re.compile(r"(?i)(?:^|[._])(?:state|status|stage|phase)$")
ASKING = re.compile(
    r"(?i)(?:(?:in[_ -]?)?review|filed|submitted|requested|pending|draft|proposed|new|open|waiting|queued|unpaid|applied)"
)
APPROVED = ("approved", "published", "accepted", "registered", "verified", "confirmed", "granted", "paid")
APPROVAL = re.compile(
    r"(?i)(?:^|[._])(?:is_?)?(?:approved|authori[sz]ed|granted|countersigned|endorsed|ratified)(?:_?(?:by|at|on))?$|approver"
)
APPROVES = re.compile(r"(?i)approv|authori[sz]|countersign|endorse|ratif|grant|sign-?off")


class SelfApproval(Probe):
    """Whoever asks for something sets the state that says yes to it."""

    id = "self-approval"
    title = "What was asked for can be approved by oneself"
    topic = "authorization"
    severity = Severity.LOW
    cwe = 841
    owasp = (*ACCESS, "A04:2021", "API6:2023")
    tier = 2
    changes = True
    sends = (
        "the states approved, published, paid and their like, as an ordinary identity, for new objects of its own, where the "
        "description has it set the state of somebody who asks, such as review or submitted; and operations that approve, for "
        "new objects that were submitted, or that wait for it from their beginning; and what follows the step of an "
        "administrator, without it"
    )
    oracle = (
        "the state is taken, for two objects, and a made-up state is refused, or two objects are approved when they are read, "
        "and where nothing was submitted the answer says so; or two objects are led on without the step, which is possible for "
        "a new object, and refused then; "
        "whether that is meant only people can say: low"
    )
    bad = 'article.status = body["status"]'
    good = 'if body["status"] not in ALLOWED[caller.role, article.status]: raise HTTPException(403)'
    remediation = "Name for each role and state the states that may follow; waive this where owners approve for themselves."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each place for a state of an object."""
        if scan.target.administrator is None:
            raise NotApplicableError("the description names nobody who could approve")
        places = [
            (operation, parameter)
            for operation in scan.plan.operations
            if operation.method in ("POST", "PUT", "PATCH") and operation.last is not None and not operation.admin
            for parameter in operation.parameters
            if parameter.location == "body" and _asks(parameter)
        ]
        identity = scan.plan.identity_for()
        deciding = [
            each for each in scan.plan.operations if not each.admin and APPROVES.search(readied.verb(each)) and scan.allow_changes
        ]
        skippable = skipped_steps.pairs(scan) if scan.allow_changes else []
        if not places and not deciding and not skippable:
            raise NotApplicableError("no operation sets a state in which something is asked for")
        if identity is not None and identity.role != "admin":
            yield from self._decided(scan, deciding, identity)
            yield from self._without_a_step(scan, skippable, identity)
        for operation, parameter in places:
            with scan.apart(self.id, f"{operation} {parameter}"):
                if found := self._look(scan, operation, parameter):
                    yield found

    def _decided(self, scan: Scan, deciding: list[ScanOperation], identity: Identity) -> Iterator[Finding]:
        """What is decided by whoever has requested it."""
        for operation in deciding:
            with scan.apart(self.id, str(operation)):
                answers = readied.decided_by_owner(scan, operation, identity)
                if answers is None:
                    raise NotApplicableError("nothing makes an object for it")
                scan.coverage.tried(self.id, str(operation))
                if answers and (readied.steps(scan, operation) or all(map(_tells_of_approval, answers))):
                    observed = f"'{identity.name}' approves what they have asked for themselves"
                    yield self.finding(str(operation), observed, *answers, identity=identity.name)

    def _without_a_step(
        self, scan: Scan, skippable: list[tuple[ScanOperation, ScanOperation]], identity: Identity
    ) -> Iterator[Finding]:
        """What follows the step of an administrator, and is done without it."""
        for operation, step in skippable:
            with scan.apart(self.id, str(operation)):
                answers = skipped_steps.left_out(scan, operation, step, identity)
                scan.coverage.tried(self.id, str(operation))
                if answers:
                    observed = f"it is done without {step}, which is too late then"
                    yield self.finding((str(operation), str(step)), observed, *answers, identity=identity.name)

    def _look(self, scan: Scan, operation: ScanOperation, parameter: InsertableParameter) -> Finding | None:
        if reason := scan.plan.skip_reason(operation):
            raise NotEvaluatedError(reason)
        identity = scan.plan.identity_for(operation)

        def sent(value: Any) -> Exchange:
            return scan.sender.send(operation, identity, self._new(scan, operation, identity) | {parameter: value})

        if not sent(parameter.schema.get("example", next(iter(parameter.schema.get("enum", ())), None))).ok:
            raise NotEvaluatedError("the state of a new object could not be set as the description has it")
        scan.coverage.tried(self.id, f"{operation} {parameter}")
        if sent(f"qa{scan.random.number()}").ok:
            return None  # a state may be any text
        for state in parameter.schema.get("enum") or APPROVED:
            answers = [sent(state) for _ in range(2)] if str(state).lower() in APPROVED else []
            if answers and all(answer.ok for answer in answers):
                observed = f"'{identity.name if identity else 'anybody'}' sets {parameter.name} to {state}"
                return self.finding(f"{operation} {parameter}", observed, *answers)
        return None

    @staticmethod
    def _new(scan: Scan, operation: ScanOperation, identity: Identity | None) -> dict[InsertableParameter, Any]:
        """The place in the path with a new object of one's own."""
        last = operation.last
        made = scan.objects.identifier(operation, last, identity, fresh=True) if last else None
        if last is None or made is None:
            raise NotEvaluatedError("no object of the scan's own could be made for it")
        return {last: made}


def _tells_of_approval(answer: Exchange) -> bool:
    """Whether an answer names a state of approval, or who has approved."""
    leaves = pointers.leaves(answer.body) if isinstance(answer.body, dict | list) else []
    named = (str(value).lower() in APPROVED for name, value in leaves if STATE.search(name))
    return any(named) or any(value not in (None, "", False) for name, value in leaves if APPROVAL.search(name))


def _asks(parameter: InsertableParameter) -> bool:
    """Whether a place is that of a state, in which the description has somebody ask for something."""
    described = [parameter.schema.get("example"), *parameter.schema.get("enum", ())]
    return bool(STATE.search(parameter.name)) and any(ASKING.fullmatch(str(each)) for each in described if each is not None)
