"""Function-level authorization (BFLA): administrative operations that are open to ordinary users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.authorization import accounts_by_path, foreign_accounts, readied, unequal_siblings
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.identities.accounts import registering
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from SecurityLibrary.proof.effects import effect
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

    Attack = Callable[[Scan, ScanOperation, Identity], list[Exchange] | None]

OWN, UNEQUAL = "{} (an object of one's own)", "{} (what one may not change)"


class FunctionLevel(Probe):
    """Ordinary users do what is for administrators."""

    id = "function-level"
    title = "Administration is open to ordinary users (BFLA)"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 285
    owasp = (*ACCESS, "API5:2023")
    sends = (
        "each administrative operation as an ordinary identity; approvals and the like also for new objects of that identity, "
        "after the steps that make them ready, such as a submission; removals of what an identity of another role makes"
    )
    oracle = (
        "what comes is of the kind that the administrator gets, twice; for what changes something, the administrator sees it, or "
        "the owner of the object that was approved; or an object is gone that its remover was not let make or change, twice"
    )
    bad = '@router.post("/config")\ndef configure(caller: SignedIn): ...'
    good = '@router.post("/config")\ndef configure(caller: Administrator): ...'
    remediation = "Ask for the role in each administrative operation, and refuse by default."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each administrative operation, as each ordinary identity of another role; before, removals of what others make."""
        yield from self._unequal(scan)
        guarded = [operation for operation in scan.target.operations if operation.admin]
        administrator = scan.target.administrator
        ordinary = next((identity for identity in scan.target.identities.values() if identity.role != "admin"), None)
        if not guarded or administrator is None or ordinary is None:
            raise NotEvaluatedError("administrative operations ('admin'), an administrator and an ordinary identity are needed")
        for operation in guarded:
            with scan.apart(self.id, str(operation)):
                yield from self._at(scan, operation, administrator, ordinary)

    def _at(self, scan: Scan, operation: ScanOperation, administrator: Identity, ordinary: Identity) -> Iterator[Finding]:
        if (found := self._of_new_accounts(scan, operation, administrator, ordinary)) is not None:
            yield found
            return
        if (own := self._of_own(scan, operation, ordinary)) is not None:
            yield own
            return
        control = self._control(scan, operation, administrator)
        if control is None:
            return
        first, second = (
            scan.sender.send(operation, ordinary, owner=administrator),
            scan.sender.send(operation, ordinary, owner=administrator),
        )
        scan.coverage.tried(self.id, str(operation))
        if first.ok and operation.safe and not self._same_kind(first, control):  # others may have changed what it shows
            control = scan.sender.send(operation, administrator)
        alike = (first.ok or first.status == control.status) and second.status == first.status
        if alike and not self._same_kind(first, control) and first.ok and not operation.safe:
            by_effect = [effect(scan, operation, administrator, ordinary) for _ in range(2)]
            if by_effect[0] and by_effect[1]:
                observed = f"'{ordinary.name}', no administrator, did it: '{administrator.name}' sees the effect"
                yield self.finding(str(operation), observed, by_effect[0], by_effect[1], identity=ordinary.name)
            return
        if alike and self._same_kind(first, control):
            observed = f"'{ordinary.name}', no administrator, is served like '{administrator.name}'"
            yield self.finding(str(operation), observed, first, second, identity=ordinary.name)

    def _unequal(self, scan: Scan) -> Iterator[Finding]:
        """What is removed by whoever may neither make nor change it, where the description names nobody who may."""
        sender = next((identity for identity in scan.target.identities.values() if identity.role != "admin"), None)
        for operation in scan.plan.operations:
            if operation.method != "DELETE" or operation.admin or sender is None:
                continue
            observed = f"'{sender.name}' removes what only others may make and change"
            found = self._attacked(scan, UNEQUAL, operation, sender, unequal_siblings.removed, observed)
            if found is not None:
                yield found

    def _control(self, scan: Scan, operation: ScanOperation, administrator: Identity) -> Exchange | None:
        """What an administrator is answered; None where that tells nothing."""
        try:
            return scan.plan.control(operation, administrator)[0]
        except NotEvaluatedError as error:
            if scan.stopped:
                raise
            return self._refusal(scan, operation, administrator, error)

    def _of_new_accounts(
        self, scan: Scan, operation: ScanOperation, administrator: Identity, ordinary: Identity
    ) -> Finding | None:
        """A change of accounts that a body or a path names, tried on accounts that the scan registers."""
        if not scan.allow_changes or not registering(scan):
            return None
        with scan.apart(self.id, str(operation)):
            if foreign_accounts.naming(scan, operation):
                return foreign_accounts.changed_by_another(self, scan, operation, administrator, ordinary)
            if accounts_by_path.naming(scan, operation):
                return accounts_by_path.changed_by_another(self, scan, operation, administrator, ordinary)
        return None

    def _of_own(self, scan: Scan, operation: ScanOperation, ordinary: Identity) -> Finding | None:
        """What is for administrators, done by somebody else to an object of their own that is ready for it."""
        observed = f"'{ordinary.name}', no administrator, does it to an object of their own, and sees the effect"
        return self._attacked(scan, OWN, operation, ordinary, readied.decided_by_owner, observed)

    def _attacked(
        self, scan: Scan, location: str, operation: ScanOperation, sender: Identity, attack: Attack, observed: str
    ) -> Finding | None:
        """What an attack on an operation brought, at a location of its own; None from the attack is: it could not be tried."""
        location = location.format(operation)
        with scan.apart(self.id, location):
            answers = attack(scan, operation, sender)
            if answers is not None:
                scan.coverage.tried(self.id, location)
            if answers:
                return self.finding(str(operation), observed, *answers, identity=sender.name)
        return None

    def _refusal(
        self, scan: Scan, operation: ScanOperation, administrator: Identity, error: NotEvaluatedError
    ) -> Exchange | None:
        """How an administrator is refused what is not possible now, such as enabling what is enabled: that is a control too."""
        reason = scan.plan.skip_reason(operation)
        answer = None if reason else scan.sender.send(operation, administrator)
        if answer is None or answer.status not in (400, 404, 409):
            if OWN.format(operation) not in scan.coverage.of(self.id).tried:
                scan.coverage.skip(self.id, str(operation), error)
            return None
        return answer

    @staticmethod
    def _same_kind(answer: Exchange, control: Exchange) -> bool:
        if control.ok:
            return comparison.same_kind(answer, control)
        same, other = comparison.leaves(answer), comparison.leaves(control)
        return not comparison.differ(same, other)
