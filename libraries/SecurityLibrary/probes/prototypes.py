"""Objects that are laid over others together with what all of them inherit from."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description import graphql
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import INJECTION
from SecurityLibrary.identities.accounts import registering
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

INHERITED = ("__proto__", "constructor", "prototype")


class PrototypePollution(Probe):
    """A body changes the prototype of all objects of a service in JavaScript."""

    id = "prototype-pollution"
    title = "Prototype pollution"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 1321
    owasp = INJECTION
    tier = 2
    changes = True
    sends = (
        "a property of a made-up name, where a body takes it then the same one within __proto__ and within "
        "constructor.prototype; then what reads is read, as somebody else too"
    )
    oracle = "an object that it was not sent to has the property, twice, with other names"
    bad = "for (const key in source) merge(target[key], source[key])"
    good = "if (Object.hasOwn(target, key) && !['__proto__', 'constructor', 'prototype'].includes(key)) target[key] = source[key]"
    remediation = "Leave __proto__, constructor and prototype out of what is merged; keep what callers name in a Map."

    MOST_READ = 4

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each body that takes properties of any name; no more after the first that has the weakness: it concerns all."""
        operations = [each for each in scan.plan.operations if self._takes(scan, each)]
        if not operations:
            raise NotApplicableError("no operation takes an object in JSON")
        for operation in operations:
            with scan.apart(self.id, str(operation)):
                found = self._look(scan, operation)
                scan.coverage.tried(self.id, str(operation))
                if found:
                    yield found
                    return

    @staticmethod
    def _takes(scan: Scan, operation: ScanOperation) -> bool:
        changes = operation.method in ("POST", "PUT", "PATCH") and operation.takes_json and isinstance(operation.body, dict)
        enters = scan.authenticator.signs_in(operation) or operation in registering(scan)
        return changes and not enters and not operation.admin and not graphql.reads(operation)

    def _look(self, scan: Scan, operation: ScanOperation) -> Finding | None:
        identity = scan.plan.identity_for(operation)
        scan.plan.control(operation, identity)
        plain = self._mark(scan)
        kept = scan.sender.send(operation, identity, extra={plain: "qa"})
        if not kept.ok or plain not in kept.text:
            return None  # it leaves out what it does not know, and lays nothing over anything
        for wrap in (lambda inner: {"__proto__": inner}, lambda inner: {"constructor": {"prototype": inner}}):
            found: list[Exchange] = []
            for _ in range(2):
                mark = self._mark(scan)
                sent = scan.sender.send(operation, identity, extra=wrap({mark: "qa"}))
                seen = self._inherited(scan, operation, identity, mark) if sent.ok else None
                if seen is None:
                    break
                scan.sender.traces.not_removed.append(f"{mark} of all objects: it is there until the service is started anew")
                found.append(seen)
            else:
                observed = f"an object that it was not sent to has the property, as {found[1].method} {found[1].path} shows"
                return self.finding(str(operation), observed, *found)
        return None

    def _inherited(self, scan: Scan, operation: ScanOperation, identity: Identity | None, mark: str) -> Exchange | None:
        """The answer in which another object has a property; None where none does."""
        reads = [each for each in scan.plan.operations if each.method == "GET" and "{" not in each.route and not each.admin]
        reads.sort(key=lambda each: each.route != operation.route)
        others = [
            each for each in scan.target.identities.values() if each is not identity and each.role != "admin" and each.ready
        ]
        for caller in (*others[:1], identity):
            for read in reads[: self.MOST_READ]:
                try:
                    scan.plan.control(read, caller)
                except NotEvaluatedError:
                    continue
                answer = scan.sender.send(read, caller)
                if answer.ok and _has(answer.body, mark):
                    return answer
        return None

    @staticmethod
    def _mark(scan: Scan) -> str:
        return f"qa{scan.random.number()}x{scan.random.number()}"


def _has(body: Any, mark: str) -> bool:
    """Whether an object has a property, and not below a name by which it was sent."""
    paths = [pointers.parts(name) for name, _ in pointers.leaves(body)]
    return any(path[-1] == mark and not set(path) & set(INHERITED) for path in paths if path)
