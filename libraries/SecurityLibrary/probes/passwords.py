"""Passwords that are set: where accounts are made, and where a password is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.accounts import password_change
from SecurityLibrary.findings import Severity
from SecurityLibrary.owasp import AUTHENTICATION
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.registrations import names_of_accounts, new_name, plain
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.operations import InsertableParameter, ScanOperation
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
        making = [operation for operation in scan.target.operations if names_of_accounts(scan.authenticator, operation)]
        yield from scan.side_by_side(self.id, making, lambda operation: self._made(scan, operation), str)
        try:
            changing = password_change(scan)
        except NotEvaluatedError:
            if making:
                return
            raise NotEvaluatedError("no operation makes accounts or changes a password") from None
        yield from self._changed(scan, *changing)

    def _made(self, scan: Scan, operation: ScanOperation) -> Finding | None:
        """Accounts with weak passwords, after one with a strong password that signs in."""
        strong = f"Qa-{scan.random.number()}-Correct-{scan.random.number()}"
        secrets.add(strong, "a password of the scan")
        made = self._account(scan, operation, strong)
        if made is None:
            raise NotEvaluatedError("an account that was made with a strong password could not sign in")
        taken = []
        for weak in self.WEAK:
            scan.coverage.tried(self.id, f"{operation} {weak!r}")
            if (made := self._account(scan, operation, weak)) is not None:
                taken.append((weak, made))
        return self._weak_passwords_taken(operation, taken)

    @staticmethod
    def _account(scan: Scan, operation: ScanOperation, password: str) -> Exchange | None:
        """How an account was made that signs in with a password; None if it was not, or does not."""
        names = {parameter: new_name(scan.random, parameter) for parameter in names_of_accounts(scan.authenticator, operation)}
        repeated = {parameter: password for parameter in operation.parameters if "password" in plain(parameter)}
        given = {**names, **repeated}
        answer = scan.sender.send(operation, None if operation.secured is False else scan.plan.identity_for(operation), given)
        known_by = scan.authenticator.name_field
        name = next((name for parameter, name in names.items() if parameter.name == known_by), next(iter(names.values())))
        entered = answer.ok and scan.authenticator.token_in(scan.sender.try_sign_in(name, password))
        return answer if entered else None

    def _changed(
        self, scan: Scan, operation: ScanOperation, identity: Identity, old: InsertableParameter | None, new: InsertableParameter
    ) -> Iterator[Finding]:
        right = identity.password()
        taken = []
        current = right
        try:
            for weak in self.WEAK:
                answer = scan.sender.send(operation, identity, {new: weak} | ({old: current} if old else {}))
                scan.coverage.tried(self.id, f"{operation} {weak!r}")
                token = scan.authenticator.token_in(scan.sender.try_sign_in(identity.username, weak)) if answer.ok else ""
                if token:
                    taken.append((weak, answer))
                    current = weak
                    scan.authenticator.tokens[identity.name] = token
        finally:
            if current != right:
                scan.sender.send(operation, identity, {new: right} | ({old: current} if old else {}))
                scan.authenticator.tokens.pop(identity.name, None)
        if found := self._weak_passwords_taken(operation, taken):
            yield found

    def _weak_passwords_taken(self, operation: ScanOperation, taken: list[tuple[str, Exchange]]) -> Finding | None:
        if not taken:
            return None
        observed = f"accepted passwords: {', '.join(repr(weak) for weak, _ in taken)}"
        return self.finding(str(operation), observed, *(answer for _, answer in taken[:2]))
