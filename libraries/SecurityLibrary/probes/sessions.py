"""What begins with a sign-in: cookies, sessions, second factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import AUTHENTICATION
from SecurityLibrary.identities import remembered
from SecurityLibrary.identities.accounts import account_of
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.sending.pacing import unlimited
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems import second_factor
from theodore_qa.systems.tokens import claims_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


class CookieFlags(Probe):
    """A session's cookie can be read by scripts, sent in clear, or sent along from other sites."""

    id = "cookie-flags"
    title = "Session cookie without HttpOnly, SameSite or Secure"
    topic = "authentication"
    severity = Severity.MEDIUM
    cwe = 1004
    owasp = ("A05:2021", "A02:2025")
    tier = 2
    sends = "a sign-in, also one that is to be remembered, and the operations of an identity"
    oracle = "a cookie that looks like a session's, or opens something alone, lacks HttpOnly, SameSite or, over TLS, Secure"
    bad = 'response.set_cookie("session", token)'
    good = 'response.set_cookie("session", token, httponly=True, secure=True, samesite="lax")'
    remediation = "Set HttpOnly, Secure and SameSite on each session cookie."

    NAMES = ("sess", "sid", "token", "auth", "jwt")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Look at all cookies that are set."""
        locations: list[tuple[str, Exchange]] = []
        known: dict[str, Exchange] = {}  # cookies by which one is known without a session
        if scan.authenticator.operation:
            identity = account_of(scan)
            answer = scan.sender.try_sign_in(identity.username, identity.password())
            locations.append((scan.authenticator.operation, answer))
            known = {cookie.name: cookie.answer for cookie, _ in remembered.knowing(scan, identity)}
            locations += [(scan.authenticator.operation, answer) for answer in list(known.values())[:1]]
        locations += [
            (str(operation), scan.plan.control(operation, scan.plan.identity_for(operation))[0])
            for operation in scan.plan.working(self.id)
        ]
        seen: set[tuple[str, str]] = set()
        for location, answer in locations:
            for cookie in answer.cookies:
                name, _, rest = cookie.partition("=")
                of_session = any(part in name.lower() for part in self.NAMES) or name.strip() in known
                if not of_session or (location, name) in seen:
                    continue
                seen.add((location, name))
                scan.coverage.tried(self.id, f"{location} {name}")
                flags = {flag.strip().partition("=")[0].lower() for flag in rest.split(";")[1:]}
                needed = {"httponly", "samesite"} | ({"secure"} if scan.client.url.startswith("https") else set())
                if missing := sorted(needed - flags):
                    yield self.finding(location, f"the cookie {name} lacks {', '.join(missing)}", answer)
        if not seen:
            raise NotApplicableError("no cookie that looks like a session's is set")


def _visited(scan: Scan, name: str) -> str:
    """The value of a cookie that a visitor who has not signed in is given; empty if none is."""
    entry = (scan.authenticator.operation or "").partition(" ")[2].partition("#")[0]
    for path in dict.fromkeys((entry, "/login", "/")):
        cookies = scan.sender.request("GET", path).cookies if path else ()
        value = next((cookie.partition("=")[2].partition(";")[0] for cookie in cookies if cookie.startswith(f"{name}=")), "")
        if value:
            return value
    return ""


class SessionFixation(Probe):
    """A session that was there before the sign-in is signed in."""

    id = "session-fixation"
    title = "Session fixation"
    topic = "authentication"
    severity = Severity.HIGH
    cwe = 384
    owasp = AUTHENTICATION
    tier = 2
    sends = "a sign-in with a session of our own choice, and with one that a visitor is given, in its cookie or header"
    oracle = "afterwards the session alone opens an operation that refused it before, or answers it as another identity"
    bad = "session = sessions[request.cookies.get('sid') or new_id()]; session.user = user"
    good = "response.set_cookie('sid', new_id(), ...)  # a new one for each sign-in"
    remediation = "Make a new session at each sign-in."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Choose a session, sign in with it, use it."""
        identity = account_of(scan)
        answer = scan.sender.try_sign_in(identity.username, identity.password())
        names = [cookie.partition("=")[0] for cookie in answer.cookies]
        header = "" if names else next(iter(scan.authenticator.token_headers(identity, "qa")), "")
        if not names and (not header or claims_of(scan.authenticator.token_in(answer))):
            raise NotApplicableError("signing in sets no cookie, and its token is none that somebody could bring")
        protected = next(
            (operation for operation in scan.plan.operations if operation.method == "GET" and operation.secured is not False),
            None,
        )
        if protected is None:
            raise NotApplicableError("no operation needs a session")
        for name, given in [*((name, False) for name in names or [header]), *((name, True) for name in names)]:
            opened = []
            for _ in range(2):
                value = _visited(scan, name) if given else f"qa{scan.random.number()}{scan.random.number()}{scan.random.number()}"
                if not value:
                    break
                session = {"Cookie": f"{name}={value}"} if names else scan.authenticator.token_headers(identity, value)
                before = unlimited(scan.sender.send(protected, None, headers=session))
                unlimited(scan.sender.try_sign_in(identity.username, identity.password(), session))
                after = unlimited(scan.sender.send(protected, None, headers=session))
                scan.coverage.tried(self.id, f"{protected} with {name}")
                if after.ok and not before.ok:
                    opened.append(after)
            if len(opened) == 2:  # noqa: PLR2004  # twice
                origin = "that a visitor was given" if given else "chosen"
                observed = f"the {'cookie' if names else 'session in'} {name} {origin} before the sign-in is signed in afterwards"
                yield self.finding((scan.authenticator.operation, str(protected)), observed, *opened)


class SecondFactor(Probe):
    """The token of the first step opens operations although a second factor is required."""

    id = "mfa-bypass"
    title = "The second factor can be skipped"
    topic = "authentication"
    severity = Severity.HIGH
    cwe = 308
    owasp = AUTHENTICATION
    tier = 2
    sends = (
        "the token that comes after the password, on operations, without the second factor; where the description has one "
        "(totp_env), sign-ins without a code, with two wrong ones, and with one that was used"
    )
    oracle = "two operations that refuse an anonymous caller answer it; medium for a used code"
    bad = "token = issue(user); return {'mfa_required': True, 'access_token': token}"
    good = "return {'mfa_required': True, 'challenge': challenge}"
    remediation = "Issue a token that opens operations only after the second factor, and take each code once."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Use what there is after the first step, or what comes for codes that are none."""
        with_codes = [identity for identity in scan.target.accounts if identity.totp_env and identity.way.second_factor]
        if with_codes:
            yield from self._codes(scan, scan.target.lockable or with_codes[0], with_codes[0])
            return
        identity = account_of(scan)
        answer = scan.sender.try_sign_in(identity.username, identity.password())
        body = answer.body if isinstance(answer.body, dict) else {}
        if not any(("mfa" in key or "otp" in key or "factor" in key) and value for key, value in body.items()):
            raise NotApplicableError("signing in asks for no second factor")
        tokens = [value for key, value in body.items() if isinstance(value, str) and ("token" in key or "challenge" in key)]
        protected = [
            operation for operation in scan.plan.operations if operation.method == "GET" and operation.secured is not False
        ][:2]
        for token in tokens:
            answers = []
            for operation in protected:
                scan.coverage.tried(self.id, str(operation))
                opened = scan.sender.send(
                    operation, None, headers=scan.authenticator.token_headers(identity, token), owner=identity
                )
                closed = scan.sender.send(operation, None, owner=identity)
                if opened.ok and not closed.ok:
                    answers.append(opened)
            if answers and len(answers) == len(protected):
                yield self.finding(
                    [str(operation) for operation in protected], "the token of the first step is accepted", *answers
                )

    def _codes(self, scan: Scan, spare: Identity, known: Identity) -> Iterator[Finding]:
        """Sign in with what is no code of now; the spare identity, if it has codes, is the one that may be locked by it."""
        identity = spare if spare.totp_env and spare.way.second_factor else known
        protected = [
            operation for operation in scan.plan.operations if operation.method == "GET" and operation.secured is not False
        ][:2]
        scan.authenticator.credentials(known)  # a right code signs in, or this says why not
        used = second_factor.fresh(identity)
        if not scan.authenticator.token_in(self._enter(scan, identity, used)):
            raise NotEvaluatedError("a right code brings no token")
        far = second_factor.present(identity) + 10_000
        for what, codes, severity in (
            ("without a code", ["", ""], None),
            ("with a wrong code", [second_factor.code(identity, far), second_factor.code(identity, far + 1)], None),
            ("with a code that was used", [used, used], Severity.MEDIUM),
        ):
            scan.coverage.tried(self.id, f"a sign-in {what}")
            entered = [self._enter(scan, identity, code) for code in codes]
            tokens = [scan.authenticator.token_in(answer) for answer in entered]
            if all(token and self._opens(scan, identity, protected, token) for token in tokens):
                yield self.finding(scan.authenticator.operation, f"a sign-in {what} is accepted", *entered, severity=severity)

    @staticmethod
    def _enter(scan: Scan, identity: Identity, code: str) -> Exchange:
        """The last answer to a sign-in with a code; without one where it is empty."""
        factor = identity.way.second_factor
        in_one = {factor.code: code} if factor and not factor.operation and code else None
        first = unlimited(scan.sender.try_sign_in(identity.username, identity.password(), more=in_one))
        if factor is None or not factor.operation or not first.ok or not code:
            return first
        place = scan.authenticator.located(factor.operation)
        return second_factor.confirmed(scan.authenticator.sender.send, place, factor, first, code)

    @staticmethod
    def _opens(scan: Scan, identity: Identity, protected: list[ScanOperation], token: str) -> bool:
        headers = scan.authenticator.token_headers(identity, token)
        return any(
            scan.sender.send(operation, None, headers=headers, owner=identity).ok
            and not scan.sender.send(operation, None, owner=identity).ok
            for operation in protected
        )
