"""Accounts of the scan's own: registered a second time, and removed."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description import graphql
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import AUTHENTICATION
from SecurityLibrary.identities.accounts import register, registered, registering, Registration
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.identities.recovery import Recovering, ways
from SecurityLibrary.identities.registrations import is_password, names_of_accounts, plain
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

# How another writes a name that is taken already; a system may take them for one.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "with a space after it": "{} ".format,
    "with a space before it": " {}".format,
    "with a wide letter": lambda name: chr(ord(name[0]) + 0xFEE0) + name[1:],
    "with a null after it": "{}\0".format,
}
REMOVING = re.compile(
    r"(?i)[/#](?:me|self|account|profile|user)s?/(?:delete|remove|close|deactivate|erase)/?$"
    r"|(?:delete|remove|close|deactivate|erase)[-_]?(?:my)?[-_]?(?:me|account|profile|user|self)s?/?$"
)


class NameReuse(Probe):
    """Whoever knows the name of an account becomes the one who has it: by registering again, or by asking for a new password."""

    id = "account-takeover"
    title = "Who knows its name takes over an account"
    topic = "authentication"
    severity = Severity.CRITICAL
    cwe = 289
    owasp = (*AUTHENTICATION, "API2:2023")
    tier = 2
    changes = True
    sends = (
        "a second registration with the name of an account of the scan's own and another password: as it is, in capitals, with "
        "a space, a wide letter or a null beside it; a request for a new password of such an account by nobody, and a password "
        "with what the answer to it shows"
    )
    oracle = "the account's own name signs in with the other password afterwards, for two accounts, and not by a made-up token"
    bad = "accounts[name.strip().lower()] = Account(digest(password))"
    good = "if normalised(name) in accounts: raise HTTPException(409, 'not available')"
    remediation = (
        "Normalise names once, before they are compared and kept; let a unique index refuse those that are taken. Send what is "
        "handed out for a new password to the account's address alone."
    )

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each operation that makes accounts, and each that asks for a new password."""
        making, recoveries = registering(scan), ways(scan)
        if not making and not recoveries:
            raise NotApplicableError("no operation registers an account with a password")
        for operation in making:
            with scan.apart(self.id, str(operation)):
                yield from self._at(scan, operation)
        for recovery in recoveries:
            with scan.apart(self.id, str(recovery.asks)):
                yield from self._recovered(scan, Recovering(scan, recovery), making)

    def _recovered(self, scan: Scan, recovering: Recovering, making: list[ScanOperation]) -> Iterator[Finding]:
        """The answer to the request for a new password shows what only the account's letters may."""
        if not making:
            raise NotEvaluatedError("no operation registers an account whose password could be set anew")
        label = str(recovering.recovery.asks)
        answers: list[Exchange] = []
        for _ in range(2):
            account = _registered(scan, making[0]).identity
            answer, candidates = recovering.answer_to_request(account)
            made_up = f"{candidates[0][:-4]}{scan.random.number()}"[: max(len(candidates[0]), 4)] if candidates else ""
            if made_up and recovering.set_by(made_up, account)[1]:
                raise NotEvaluatedError("what was never handed out is taken for a new password as well")
            scan.coverage.tried(self.id, label)
            if not any(recovering.set_by(each, account)[1] for each in candidates):
                return
            answers.append(answer)
        yield self.finding(label, "the answer to anybody shows what sets a new password of the account", *answers)

    def _at(self, scan: Scan, operation: ScanOperation) -> Iterator[Finding]:
        account = _registered(scan, operation)
        for how, spelt in SPELLINGS.items():
            answers: list[Exchange] = []
            for _ in range(2):
                answer, taken = self._again(scan, account, spelt)
                scan.coverage.tried(self.id, str(operation))
                if not taken:
                    break
                answers.append(answer)
                account = _registered(scan, operation)
            if len(answers) == 2:  # noqa: PLR2004  # two accounts
                yield self.finding(str(operation), f"a second registration with the same name {how} sets its password", *answers)
                return

    @staticmethod
    def _again(scan: Scan, account: Registration, spelt: Callable[[str], str]) -> tuple[Exchange, bool]:
        """The answer to a second registration, and whether the account's own name signs in with its password."""
        operation, identity = account.operation, account.identity
        password = f"Qa-{scan.random.number()}-Second-{scan.random.number()}"
        secrets.add(password, "a password of the scan")
        given: dict[InsertableParameter, Any] = {
            parameter: spelt(identity.called(plain(parameter))) for parameter in names_of_accounts(scan.authenticator, operation)
        }
        given |= {each: password for each in operation.parameters if is_password(each, scan.authenticator)}
        sender = None if operation.secured is False else scan.plan.identity_for(operation)
        answer = scan.sender.send(operation, sender, given)
        if not registered(answer):
            return answer, False
        return answer, bool(scan.authenticator.token_in(scan.sender.try_sign_in(identity.username, password)))


class AfterDeletion(Probe):
    """A token is worth something after its account was removed."""

    id = "token-after-deletion"
    title = "Tokens outlive the account"
    topic = "authentication"
    severity = Severity.MEDIUM
    cwe = 613
    owasp = (*AUTHENTICATION, "API2:2023")
    tier = 2
    changes = True
    sends = "the removal of an account that the scan registered, by itself; then its token"
    oracle = (
        "the account does not sign in any more, and an operation that answered it before answers its token as before, for two "
        "accounts; a random token is refused there"
    )
    bad = "del accounts[caller.name]"
    good = "del accounts[caller.name]; sessions.end_all_of(caller.name)"
    remediation = "End all sessions of an account that is removed, or look the account up for each token."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each operation by which an account removes itself."""
        removing = [each for each in scan.plan.operations if not each.admin and _removes_itself(each)]
        if not removing:
            raise NotApplicableError("no operation removes the account of whoever sends it")
        making = registering(scan)
        if not making:
            raise NotEvaluatedError("no operation registers an account that could be removed")
        for operation in removing:
            with scan.apart(self.id, str(operation)):
                yield from self._at(scan, operation, making[0])

    def _at(self, scan: Scan, operation: ScanOperation, making: ScanOperation) -> Iterator[Finding]:
        served: list[Exchange] = []
        for _ in range(2):
            account = _registered(scan, making)
            identity = account.identity
            headers = scan.authenticator.token_headers(identity, account.token)
            read = self._read(scan, account, headers)
            before = scan.sender.send(read, identity, headers=headers)
            given = {each: identity.password() for each in operation.parameters if is_password(each, scan.authenticator)}
            answer = scan.sender.send(operation, identity, given)
            if not registered(answer):
                raise NotEvaluatedError(f"the removal was answered {answer.status}")
            if scan.authenticator.token_in(scan.sender.try_sign_in(identity.username, identity.password())):
                raise NotEvaluatedError("the account signs in after its removal")
            after = scan.sender.send(read, identity, headers=headers)
            scan.coverage.tried(self.id, str(operation))
            if not after.ok or not comparison.same_kind(after, before):
                return
            served.append(after)
        yield self.finding(str(operation), f"{read} answers the token of an account that was removed", *served)

    @staticmethod
    def _read(scan: Scan, account: Registration, headers: dict[str, str]) -> ScanOperation:
        """An operation that answers the account, and refuses a random token."""
        nobody = scan.authenticator.token_headers(account.identity, "qa." + "x" * 40)
        reads = [each for each in scan.plan.operations if graphql.reads(each) and not each.admin and each.secured is not False]
        for read in sorted(reads, key=lambda each: not ABOUT_ONESELF.search(each.path)):
            if scan.plan.skip_reason(read) or not scan.sender.send(read, account.identity, headers=headers).ok:
                continue
            refused = scan.sender.send(read, account.identity, headers=nobody)
            if not refused.ok:
                return read
        raise NotEvaluatedError("no operation answers the account and refuses a random token")


def _registered(scan: Scan, operation: ScanOperation) -> Registration:
    account = register(scan, operation)
    if account is None:
        raise NotEvaluatedError("an account that it made could not sign in")
    return account


def _removes_itself(operation: ScanOperation) -> bool:
    removes = operation.method == "DELETE" and ABOUT_ONESELF.search(operation.path)
    return bool(removes or (operation.method == "POST" and REMOVING.search(operation.path)))
