"""Passwords that are set: where accounts are made, and where a password is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import AUTHENTICATION
from SecurityLibrary.identities import password_fields
from SecurityLibrary.identities.accounts import changed_password, enter, password_change, put_back_password, register, registering
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof.effects import done
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


class PasswordPolicy(Probe):
    """Weak passwords are taken."""

    id = "password-policy"
    title = "Weak passwords are accepted"
    topic = "authentication"
    severity = Severity.MEDIUM
    cwe = 521
    owasp = AUTHENTICATION
    changes = True
    sends = "short and well-known passwords where an account is made, or as a new password with the right one beside it"
    oracle = "the account signs in with the weak password"
    bad = "new_password: str"
    good = "new_password: Annotated[str, Field(min_length=12), AfterValidator(not_well_known)]"
    remediation = "Ask for at least 8 characters, better 12, and refuse well-known passwords (NIST SP 800-63B)."

    WEAK = ("a", "password", "12345678", "aaaaaaaa", "qwertyui")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Make accounts with weak passwords, and change a password to a weak one and back."""
        if not scan.authenticator.operation:
            raise NotEvaluatedError("the API's description does not say how to sign in")
        making = registering(scan)
        yield from scan.side_by_side(self.id, making, lambda operation: self._made(scan, operation), str)
        try:
            changing = password_change(scan)
        except NotEvaluatedError:
            if making:
                return
            raise
        yield from self._changed(scan, *changing)

    def _made(self, scan: Scan, operation: ScanOperation) -> Finding | None:
        """Accounts with weak passwords, after one with a strong password that signs in."""
        if register(scan, operation) is None:
            raise NotEvaluatedError("an account that was made with a strong password could not sign in")
        taken = []
        for weak in self.WEAK:
            scan.coverage.tried(self.id, f"{operation} {weak!r}")
            if made := register(scan, operation, weak):
                taken.append((weak, made.answer))
        return self._weak_passwords_taken(operation, taken)

    def _changed(
        self, scan: Scan, operation: ScanOperation, identity: Identity, old: InsertableParameter | None, new: InsertableParameter
    ) -> Iterator[Finding]:
        right = identity.password()
        taken = []
        current = right
        try:
            for weak in self.WEAK:
                answer = changed_password(scan, operation, identity, (old, new), (current, weak))
                scan.coverage.tried(self.id, f"{operation} {weak!r}")
                token = scan.authenticator.token_in(scan.sender.try_sign_in(identity.username, weak)) if done(answer) else ""
                if token:
                    taken.append((weak, answer))
                    current = weak
                    enter(scan, identity, token)
        finally:
            put_back_password(scan, operation, identity, (old, new), list(self.WEAK))
        if found := self._weak_passwords_taken(operation, taken):
            yield found

    def _weak_passwords_taken(self, operation: ScanOperation, taken: list[tuple[str, Exchange]]) -> Finding | None:
        if not taken:
            return None
        observed = f"accepted passwords: {', '.join(repr(weak) for weak, _ in taken)}"
        return self.finding(str(operation), observed, *(answer for _, answer in taken[:2]))


class CurrentPassword(Probe):
    """A password is changed by whoever has a session, without the current one."""

    id = "current-password"
    title = "A password is changed without the current one"
    topic = "authentication"
    severity = Severity.MEDIUM
    cwe = 620
    owasp = AUTHENTICATION
    tier = 2
    changes = True
    sends = (
        "a change of the password of an account that the scan registered, or that is lockable, with a wrong current password, "
        "with an empty one and with none; then the password is put back"
    )
    oracle = "the account signs in with the new password, twice; low where the description has no place for the current one"
    bad = "account.password = digest(body.new_password)"
    good = "if not matches(account, body.current_password): refuse()"
    remediation = "Ask for the current password, and check it, before a new one is set."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Change a password in each wrong way, twice."""
        if not scan.authenticator.operation:
            raise NotEvaluatedError("the API's description does not say how to sign in")
        operation, identity, old, new = password_change(scan)
        wrong = f"Qa-{scan.random.number()}-Wrong-{scan.random.number()}"
        ways: list[tuple[ScanOperation, InsertableParameter | None, str, str | None]]
        ways = [(operation, old, "with a wrong current one", wrong), (operation, old, "without the current one", "")]
        ways += (
            [(password_fields.without(operation, old), None, "by a request that leaves the current one out", None)] if old else []
        )
        tried: list[str] = []
        try:
            for sent, place, how, current in ways if old else [(operation, None, "", None)]:
                taken = [answer for _ in range(2) if (answer := self._set(scan, sent, identity, (place, new), current, tried))]
                if len(taken) == 2:  # noqa: PLR2004  # twice
                    observed = f"it is changed {how or 'without the current one, for which there is no place'}"
                    severity = self.severity if old else Severity.LOW
                    yield self.finding(str(operation), observed, *taken, severity=severity)
                    break
            scan.coverage.tried(self.id, str(operation))
        finally:
            put_back_password(scan, operation, identity, (old, new), tried)

    @staticmethod
    def _set(
        scan: Scan,
        operation: ScanOperation,
        identity: Identity,
        parameters: tuple[InsertableParameter | None, InsertableParameter],
        current: str | None,
        tried: list[str],
    ) -> Exchange | None:
        """The answer to a change after which the account signs in with the new password; None if it does not."""
        password = f"Qa-{scan.random.number()}-Other-{scan.random.number()}"
        secrets.add(password, "a password of the scan")
        tried.append(password)
        answer = changed_password(scan, operation, identity, parameters, (current, password))
        token = scan.authenticator.token_in(scan.sender.try_sign_in(identity.username, password)) if done(answer) else ""
        if token:
            enter(scan, identity, token)
        return answer if token else None
