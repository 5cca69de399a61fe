"""Signing in: operations without authentication, default credentials, brute force without a lockout."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from SecurityLibrary.authentication import absent_passwords, listed_sign_ins, spellings, word_lists
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import AUTHENTICATION
from SecurityLibrary.identities.accounts import LOCKED, require_working_sign_in, wrong_passwords
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from SecurityLibrary.proof.effects import effect
from SecurityLibrary.sending.pacing import TOO_MANY
from SecurityLibrary.values import lookalikes
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems.tokens import claims_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

UNAUTHORISED, FORBIDDEN = 401, 403
DEFAULTS = {
    "admin": ("admin", "password", "admin_password", "admin123", "changeme", "123456"),
    "administrator": ("administrator",),
    "root": ("root", "toor"),
    "test": ("test",),
    "user": ("user", "password"),
    "guest": ("guest",),
    "demo": ("demo", "demo_password"),
    "postgres": ("postgres",),
    "admin@example.com": ("admin", "password"),
    "system": ("manager",),
    "theodore": ("theodore",),
}
PASSWORDS_A_NAME = 4  # locks count five wrong ones or more


# A document that names no security for an operation leaves it open who may call it.
UNSAID = "; the document does not say who may call it: if everybody may, name it by 'public'"


class MissingAuthentication(Probe):
    """An operation serves anonymous callers."""

    id = "missing-authentication"
    resumable = True
    title = "Operation without authentication"
    topic = "authentication"
    severity = Severity.CRITICAL
    cwe = 306
    owasp = (*AUTHENTICATION, "A01:2021", "A01:2025")
    sends = (
        "each operation without credentials, and with credentials that are none; for an identity that is only a header, another "
        "address, number or key of its form"
    )
    oracle = (
        "what comes is of the kind that the identity gets, both times; a status alone decides nothing: 200 with a refusal, or "
        "204 where nothing happened, is no finding"
    )
    bad = '@router.get("/orders/{order_id}")\ndef order(order_id: int): ...'
    good = '@router.get("/orders/{order_id}")\ndef order(order_id: int, caller: SignedIn): ...'
    remediation = "Require authentication for all operations, and name the few that are public."

    NONSENSE = ("Bearer qa-nonsense", "Basic cWE6cWE=", "Bearer null", "bearer")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Send each operation anonymously."""
        if not scan.target.identities:
            raise NotEvaluatedError("the API's description names no identities")
        yield from scan.over_operations(self.id, scan.plan.working(self.id), partial(self._at, scan))
        self._refused_anonymously(scan)

    def _at(self, scan: Scan, operation: ScanOperation) -> Iterator[Finding]:
        """Send an operation anonymously."""
        identity = scan.plan.identity_for(operation)
        if operation.secured is False or identity is None or scan.authenticator.signs_in(operation):
            return
        control = scan.plan.control(operation, identity)[0]
        if (found := self._open(scan, operation, identity, control)) is not None:
            unsaid = operation.secured is None and not operation.admin
            yield replace(found, severity=Severity.INFO, observed=found.observed + UNSAID) if unsaid else found
        nowhere = scan.sender.request("GET", f"/qa-nowhere-{scan.random.number()}", identity)
        scan.access_matrix[str(operation)] = (
            scan.sender.send(operation, None, owner=identity).status,
            control.status,
            nowhere.status,
        )

    def _refused_anonymously(self, scan: Scan) -> None:
        """What would end the scan's session can still refuse an anonymous caller: that counts as tried."""
        for operation in scan.plan.operations:
            if (
                scan.plan.skip_reason(operation)
                and (operation.safe or scan.allow_changes)
                and operation.secured
                and scan.sender.send(operation, None).outcome in (UNAUTHORISED, FORBIDDEN)
            ):
                scan.coverage.tried(self.id, str(operation))

    def _nonsense(self, scan: Scan, operation: ScanOperation, identity: Identity) -> list[str]:
        """Credentials that are none, in the form of the identity's own; the numbers of others read only."""
        own = _own_form(scan, identity)
        if not own:
            return [*self.NONSENSE]
        return [lookalikes.made_up(own, scan.random), "qa-nonsense", *(lookalikes.neighbours(own) if operation.safe else ())]

    def _open(self, scan: Scan, operation: ScanOperation, identity: Identity, control: Exchange) -> Finding | None:
        first = scan.sender.send(operation, None, owner=identity)
        scan.coverage.tried(self.id, str(operation))
        forms = self._nonsense(scan, operation, identity)
        second = scan.sender.send(operation, None, owner=identity, headers={identity.header: forms[0]})
        if first.ok and second.ok and _served(scan, operation, identity, control, first, second):
            return self.finding(str(operation), "anonymous callers are served like signed-in ones", first, second)
        for given in forms:
            answers = [scan.sender.send(operation, None, owner=identity, headers={identity.header: given}) for _ in range(2)]
            if all(answer.ok for answer in answers) and _served(scan, operation, identity, control, *answers):
                return self.finding(str(operation), f"accepted as credentials: '{given}'", *answers)
        return None


def _limited_to_all(scan: Scan, operation: ScanOperation) -> bool:
    """Whether an operation that anybody may call was limited before, in this scan."""
    label = f"{operation.method} {operation.route}"
    signs_in = scan.authenticator.signs_in(operation)
    return not operation.secured and not signs_in and label in scan.client.limited and not scan.plan.skip_reason(operation)


def _own_form(scan: Scan, identity: Identity) -> str:
    """The value of a header that is all by which an identity is known; empty where it is a JSON Web Token or something else."""
    if identity.scheme or identity.cookie or identity.query or not identity.token_env:
        return ""
    token = scan.authenticator.token(identity)
    return "" if claims_of(token) else token


def _served(scan: Scan, operation: ScanOperation, identity: Identity, control: Exchange, *answers: Exchange) -> bool:
    """Whether answers show that an operation did its work: data of its kind, or an effect that its owner sees."""
    if not all(comparison.same_kind(answer, control) for answer in answers):
        return False
    if control.text.strip() and control.body not in ({}, [], None):
        return not _refusal(answers[0], control)
    return operation.safe or effect(scan, operation, identity) is not None


def _refusal(answer: Exchange, control: Exchange) -> bool:
    """Whether an answer of the same kind says fail where the control says otherwise."""
    refused, served = comparison.leaves(answer), comparison.leaves(control)
    words = ("fail", "error", "denied", "unauthor", "forbidden", "refused", "not allowed", "invalid")
    return any(
        any(word in value.lower() for word in words) and not any(word in served.get(location, "").lower() for word in words)
        for location, value in refused.items()
    )


class DefaultCredentials(Probe):
    """Credentials that a product is shipped with, or that anyone guesses, sign in."""

    id = "default-credentials"
    title = "Default credentials"
    topic = "authentication"
    severity = Severity.CRITICAL
    cwe = 1392
    owasp = AUTHENTICATION
    sends = (
        f"the default passwords of {len(DEFAULTS)} names, and the most used ones up to {PASSWORDS_A_NAME} a name; none for an "
        "identity of the description, which could be locked: its own password is looked up among the 10,000 most used; for an "
        "account of the scan's own, or one that may be locked, no password, an empty one, null, true, 0 and an empty list"
    )
    oracle = (
        "a token comes, twice, that synthetic credentials do not bring; low where only a password of the description is usual; "
        "the account signs in without its password, twice, and not with a wrong one"
    )
    bad = 'users = {"admin": "admin_password"}'
    good = "the first start asks for a password, or makes one up and prints it once"
    remediation = "Ship no accounts; let the first start make one with a password of its own."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try the pairs of each name, and look up the passwords that are known."""
        require_working_sign_in(scan)
        known = {identity.username: identity for identity in scan.target.system.identities.values() if identity.username}
        usual = word_lists.passwords()
        for username, pairs in DEFAULTS.items():
            if username in known:
                continue
            yield from self._tried(
                scan, username, [*dict.fromkeys((*pairs, username, *usual))][: max(len(pairs), PASSWORDS_A_NAME)]
            )
        for identity in scan.target.accounts:
            if identity.ready:
                yield from self._looked_up(scan, identity, set(usual))
        with suppress(NotEvaluatedError):  # no identity of the description is tried, which could be locked
            if entered := absent_passwords.taken(scan):
                observed = f"an account that may be tried signs in {entered[0]}"
                found = self.finding(scan.authenticator.operation, observed, *entered[1])
                yield replace(found, title="Sign-in without the password", cwe=287)

    def _tried(self, scan: Scan, username: str, passwords: list[str]) -> Iterator[Finding]:
        for password in passwords:
            answer = scan.sender.try_sign_in(username, password)
            if answer.outcome in (TOO_MANY, LOCKED):
                scan.coverage.skip(self.id, f"sign-in as {username}", f"the sign-ins were limited ({answer.status})")
                return
            scan.coverage.tried(self.id, f"sign-in as {username} with {password}")
            if scan.authenticator.token_in(answer) and scan.authenticator.token_in(
                again := scan.sender.try_sign_in(username, password)
            ):
                yield self.finding(scan.authenticator.operation, f"'{username}' signs in with '{password}'", answer, again)
                return

    def _looked_up(self, scan: Scan, identity: Identity, usual: set[str]) -> Iterator[Finding]:
        """A finding for an identity whose password anyone would try; it signs in with it as it always does."""
        username, password = identity.username, identity.password()
        scan.coverage.tried(self.id, f"the password of {identity.name}")
        by_default = password in (*DEFAULTS.get(username, ()), username)
        if not by_default and password not in usual:
            return
        answers = [scan.sender.try_sign_in(username, password) for _ in range(2)]
        if all(map(scan.authenticator.token_in, answers)):
            what = "with a default password" if by_default else "with one of the 10,000 most used passwords"
            severity = self.severity if by_default else Severity.LOW
            yield self.finding(scan.authenticator.operation, f"'{username}' signs in {what}", *answers, severity=severity)


class BruteForce(Probe):
    """Passwords can be tried without a lockout or throttling, or a header bypasses it."""

    id = "brute-force"
    title = "Passwords can be tried without limit"
    topic = "authentication"
    severity = Severity.HIGH
    cwe = 307
    owasp = (*AUTHENTICATION, "API4:2023")
    sends = "30 wrong passwords for one made-up name, and for an identity that the description calls lockable, then its right one"
    oracle = (
        "none of the 30 is answered 429 or 423, nor later and later, and the lockable identity still gets in: high; medium if no "
        "identity is lockable, for names that there are may be limited; low if only those that there are not are unlimited"
    )
    bad = 'if not matches: raise HTTPException(401, "Invalid username or password")'
    good = "limit.count(username)  # 10 in 15 minutes"
    remediation = "Limit tries for each name and for each address, whatever headers say of the address."

    TRIES = 30

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try until there is an end."""
        require_working_sign_in(scan)
        name = f"qa-nobody-{scan.random.number()}-{scan.random.number()}"
        source = scan.client.elsewhere()
        answers = wrong_passwords(scan, name, self.TRIES, source)
        location, last = scan.authenticator.operation, answers[-1]
        scan.coverage.tried(self.id, location)
        if _limited(answers):
            if last.outcome == TOO_MANY:
                yield from LimitBypass.by_header(scan, name, source)
            return
        observed = f"{len(answers)} wrong passwords for one unknown name answered {last.status}"
        real = scan.target.lockable
        if real is None:
            observed += "; not tried for a known name: give an identity that may be locked 'lockable: true'"
            yield self.finding(location, observed, answers[0], last, severity=Severity.MEDIUM)
            return
        answers = wrong_passwords(scan, real.username, self.TRIES, source)
        signed_in = scan.authenticator.try_sign_in(real.username, real.password(), source=source)
        if _limited(answers) or not scan.authenticator.token_in(signed_in):
            yield self.finding(
                location, f"{observed}, those for a known name were limited", last, signed_in, severity=Severity.LOW
            )
        else:
            observed = (
                f"{len(answers)} wrong passwords for '{real.username}' answered {answers[-1].status}, then the right one accepted"
            )
            yield self.finding(location, observed, answers[0], last)


def _limited(answers: list[Exchange]) -> bool:
    """Whether tries came to an end, or each waits longer."""
    last = answers[-1]
    return last.outcome in (TOO_MANY, LOCKED) or (last.duration > 1 and last.duration > 3 * answers[0].duration)


class LimitBypass(Probe):
    """A header says where a request comes from, or a name is spelt otherwise, and the limit believes it."""

    id = "limit-bypass"
    title = "A limit can be bypassed"
    topic = "authentication"
    severity = Severity.HIGH
    cwe = 348
    owasp = (*AUTHENTICATION, "API4:2023")
    sends = (
        "one more try after the limit, with X-Forwarded-For and its kin; and for an account of the scan's own, or one that may "
        "be locked, with its name in other letters or with a space, and in one request more wrong passwords than are allowed, "
        "and the right one behind them: a list of sign-ins, and a list of passwords"
    )
    oracle = (
        "it is not limited with the header, or for the other spelling, twice, and is limited without it in between; what is "
        "spelt otherwise signs in with the right password; or the right one behind more than are allowed signs in, twice"
    )
    bad = 'who = request.headers.get("X-Forwarded-For", request.client.host)'
    good = "who = request.client.host  # behind a proxy: what the proxy itself has added"
    remediation = "Take the address from the connection, or from what an own proxy has added last."

    HEADERS = (
        "X-Forwarded-For",
        "X-Real-IP",
        "X-Originating-IP",
        "X-Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "Forwarded",
    )

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Come to the limit of a made-up name first; then routes that were limited before, and that anybody may call."""
        limited = [operation for operation in scan.plan.operations if _limited_to_all(scan, operation)]
        for operation in limited:
            with scan.apart(self.id, str(operation)):
                yield from self._of_route(scan, operation)
        if limited and not scan.authenticator.operation:
            return
        require_working_sign_in(scan)
        name = f"qa-nobody-{scan.random.number()}-{scan.random.number()}"
        source = scan.client.elsewhere()
        answers = wrong_passwords(scan, name, BruteForce.TRIES, source)
        if is_limited := answers[-1].outcome == TOO_MANY:
            scan.coverage.tried(self.id, scan.authenticator.operation)
            yield from self.by_header(scan, name, source)
        limited_at = len(answers) - 1 if answers[-1].outcome in (TOO_MANY, LOCKED) else None
        several = listed_sign_ins.beyond_limit(scan, limited_at) if limited_at else None
        if several is not None:
            scan.coverage.tried(self.id, f"{scan.authenticator.operation} (several in one request)")
            if several[1]:
                observed = f"{limited_at} wrong passwords are allowed; behind more in {several[0]} the right one signs in"
                yield self.finding(scan.authenticator.operation, observed, *several[1])
        tries = spellings.beyond_limit(scan, BruteForce.TRIES)
        if tries is None and not is_limited:
            raise NotApplicableError(f"there is no limit to bypass: {len(answers)} tries were not limited (429)")
        if tries is not None:
            scan.coverage.tried(self.id, f"{scan.authenticator.operation} (another spelling of a name)")
        if tries:
            observed = "another spelling of a name that is limited, which signs in as it does, is not limited"
            yield self.finding(scan.authenticator.operation, observed, *tries)

    def _of_route(self, scan: Scan, operation: ScanOperation) -> Iterator[Finding]:
        """Come to the limit of an operation, and try each header."""
        answers: list[Exchange] = []
        while len(answers) < BruteForce.TRIES and not (answers and answers[-1].outcome == TOO_MANY):
            answers.append(scan.sender.send(operation, None, patient=False))
        if answers[-1].outcome != TOO_MANY:
            raise NotEvaluatedError(f"{len(answers)} requests were not limited (429), though one was before")
        scan.coverage.tried(self.id, str(operation))
        for header in self.HEADERS:
            tries = []
            for number in (scan.random.number(), None, scan.random.number()):
                address = f"198.51.100.{(number or 0) % 250 + 1}"
                given = {header: f"for={address}" if header == "Forwarded" else address} if number else {}
                tries.append(scan.sender.send(operation, None, headers=given, patient=False))
            if [answer.outcome == TOO_MANY for answer in tries] == [False, True, False]:
                yield self.finding(str(operation), f"the header {header} bypasses the limit of this operation", *tries)

    @classmethod
    def by_header(cls, scan: Scan, name: str, source: str) -> Iterator[Finding]:
        """Try each header on a name that is limited at an address."""
        for header in cls.HEADERS:
            tries = []
            for number in (scan.random.number(), None, scan.random.number()):
                address = f"198.51.100.{(number or 0) % 250 + 1}"
                value = f"for={address}" if header == "Forwarded" else address
                given = {header: value} if number else {}
                tries.append(scan.authenticator.try_sign_in(name, f"Wrong-{scan.random.number()}", given, source=source))
            if [answer.outcome == TOO_MANY for answer in tries] == [False, True, False]:
                observed = f"the header {header} bypasses the limit of sign-ins"
                yield cls().finding(scan.authenticator.operation, observed, tries[0], tries[1], tries[2])
