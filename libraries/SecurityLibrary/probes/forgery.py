"""What lets others act as a signed-in user: cross-site request forgery (CSRF), session tokens that can be guessed."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from SecurityLibrary.authentication import changes_by_query, signed_cookies
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description.operations import FORM
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import AUTHENTICATION
from SecurityLibrary.identities.accounts import account_of
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.identities.registrations import names_of_accounts
from SecurityLibrary.identities.sign_outs import signed_out
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from SecurityLibrary.sending.pacing import unlimited
from SecurityLibrary.values.randomness import bits_of
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems.tokens import claims_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

NAMED = re.compile(r"[\w-]*\d[\w-]*")  # a part of an address that names something by a number
ELSEWHERE = {"Origin": "https://qa-elsewhere.example", "Referer": "https://qa-elsewhere.example/"}


class RequestForgery(Probe):
    """A change is made without the token that keeps other sites from asking for it."""

    id = "csrf"
    title = "Cross-site request forgery"
    topic = "authentication"
    severity = Severity.MEDIUM
    cwe = 352
    owasp = ("A01:2021", "A01:2025")
    tier = 2
    changes = True
    sends = (
        "what changes something, with a session's cookie and without the token against forged requests, or with a made-up one, "
        "or with that of another identity's session; "
        "the log-out of sessions that are begun for it, without the token; forms about oneself as a GET, on an account that may "
        "be changed; "
        "where there is no such token and the cookie goes along from other sites, as other sites can send it"
    )
    oracle = (
        "it is answered as it is otherwise, twice; or the session has ended, twice; or the account reads what a GET "
        "named; for information where it is answered so to "
        "those who have no session, too"
    )
    bad = 'if request.headers.get("x-csrf-token", session.csrf) != session.csrf: refuse()'
    good = 'if not compare_digest(request.headers.get("x-csrf-token", ""), session.csrf): refuse()'
    remediation = "Refuse a change whose token is missing as one whose token is wrong; set SameSite on the session's cookie."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """With a token, leave it out, then send another; without one, send what a form of another site would."""
        csrf = scan.authenticator.way.csrf
        names = [name for name in (csrf.header, csrf.parameter) if name] if csrf else []
        working = [
            operation
            for operation in scan.plan.working(self.id)
            if not operation.safe and not scan.authenticator.signs_in(operation)
        ]
        if not names and not self._goes_along(scan):
            raise NotApplicableError("no session cookie is sent from other sites, and there is no CSRF token")
        methods = ("POST", "PUT", "PATCH") if names else ("POST",)  # browsers ask before they send others from elsewhere
        changing = [
            operation for operation in working if operation.method in methods and (names or operation.secured is not False)
        ]
        look = partial(self._without_token, scan, names) if names else partial(self._from_elsewhere, scan)
        for operation in changing:  # one after another, so that findings name their places in one order
            try:
                found = look(operation)
            except NotEvaluatedError as error:
                if scan.stopped:
                    raise
                scan.coverage.skip(self.id, str(operation), error)
                continue
            if found:
                yield found
        yield from self._by_query(scan, names, working)
        if names and scan.target.sign_out:
            with scan.apart(self.id, scan.target.sign_out):
                yield from self._log_out(scan)

    def _by_query(self, scan: Scan, names: list[str], working: list[ScanOperation]) -> Iterator[Finding]:
        """Forms about oneself, sent as a GET: a browser sends the session's cookie along with a link."""
        tried = changes_by_query.ChangesByQuery(scan, names)
        forms = [each for each in working if each.method == "POST" and each.media == FORM and _is_about_oneself(each)]
        for operation in forms if names and scan.authenticator.cookie and scan.allow_changes else ():
            with scan.apart(self.id, f"{operation} (by GET)"):
                if made := tried.made(operation):
                    observed = f"a GET with {made[0]} in its query changes it, without the token against forged requests"
                    yield self.finding(str(operation), observed, *made[1])

    def _log_out(self, scan: Scan) -> Iterator[Finding]:
        """Log a session out that was begun for it, without the token: others can sign a user out then."""
        location, identity = scan.target.sign_out, next((each for each in scan.target.accounts if each.ready), None)
        if reason := scan.target.skip.get(location):
            raise NotEvaluatedError(f"the description skips the log-out: {reason}")
        reading = next((each for each in scan.plan.working(self.id, sample=True) if _shows_a_session(each)), None)
        if identity is None or reading is None:
            raise NotEvaluatedError("no session can be begun for it, or no operation shows its end")

        def ends(*, guarded: bool) -> Exchange | None:
            token = scan.authenticator.token_in(scan.sender.try_sign_in(identity.username, identity.password()))
            session = {**identity.headers, **scan.authenticator.token_headers(identity, token)}
            if not token or not scan.sender.send(reading, None, headers=session, owner=identity).ok:
                raise NotEvaluatedError("a session that was begun for it is not taken")
            answer = signed_out(scan, identity, token, guarded=guarded)
            return answer if scan.sender.send(reading, None, headers=session, owner=identity).asks_to_sign_in else None

        twice = [answer for _ in range(2) if (answer := ends(guarded=False))]
        if not twice and not ends(guarded=True):
            raise NotEvaluatedError("the log-out ends no session, with the token either")
        scan.coverage.tried(self.id, location)
        if len(twice) == 2:  # noqa: PLR2004  # twice
            observed = "signs a user out without the token against forged requests"
            yield self.finding(location, observed, *twice, severity=Severity.LOW)

    @staticmethod
    def _goes_along(scan: Scan) -> bool:
        """Whether sign-ins set a cookie that browsers add to requests of other sites."""
        name = scan.authenticator.cookie
        answer = next(iter(scan.authenticator.answers.values()), None)
        given = (cookie.lower() for cookie in answer.cookies if cookie.startswith(f"{name}=")) if name and answer else ()
        return any("samesite=lax" not in cookie and "samesite=strict" not in cookie for cookie in given)

    def _without_token(self, scan: Scan, names: list[str], operation: ScanOperation) -> Finding | None:
        ways = [("without the token", ""), ("with a made-up token", f"qa-{scan.random.number()}")]
        ways += [("with the token of another identity's session", self._of_another(scan, operation))]
        for how, given in [ways[0], *(way for way in ways[1:] if way[1])]:
            made_up = dict.fromkeys(names, given) if given else {}
            extra = {name: value for name, value in made_up.items() if operation.takes_form}
            twice = self._twice(scan, operation, headers=made_up, without=() if given else tuple(names), extra=extra)
            scan.coverage.tried(self.id, str(operation))
            if twice:
                return self._judged(scan, operation, f"accepted {how} against forged requests", twice)
        return None

    @staticmethod
    def _of_another(scan: Scan, operation: ScanOperation) -> str:
        """The token against forged requests of a session of somebody else; empty where there is none, or it is the same one."""
        identity = scan.plan.identity_for(operation)
        own = scan.authenticator.guard_of(identity) if identity else ""
        others = (each for each in scan.target.accounts if each is not identity and each.ready)
        tokens = (scan.authenticator.guard_of(other) for other in others)
        return next((token for token in tokens if own and token and token != own), "")

    def _from_elsewhere(self, scan: Scan, operation: ScanOperation) -> Finding | None:
        """What a form can send without being asked about first: forms, and JSON as a plain text."""
        if operation.media and not operation.takes_form and not operation.takes_json:
            return None
        plain = {"Content-Type": "text/plain"} if operation.takes_json else {}
        twice = self._twice(scan, operation, headers={**ELSEWHERE, **plain})
        scan.coverage.tried(self.id, str(operation))
        observed = "accepted from a form of another site, with the session cookie"
        return self._judged(scan, operation, observed, twice) if twice else None

    def _judged(self, scan: Scan, operation: ScanOperation, observed: str, twice: list[Exchange]) -> Finding:
        """A finding; for information where nobody needs a session: what anybody may ask for is done in nobody's name."""
        anonymous = [] if names_of_accounts(scan.authenticator, operation) else self._twice(scan, operation, nobody=True)
        if anonymous or names_of_accounts(scan.authenticator, operation):
            observed += ", as it is from anybody, without a session"
            return self.finding(str(operation), observed, *twice, *anonymous[:1], severity=Severity.INFO)
        return self.finding(str(operation), observed, *twice)

    @staticmethod
    def _twice(scan: Scan, operation: ScanOperation, *, nobody: bool = False, **how: Any) -> list[Exchange]:
        """The two answers, where they are as the control is; as ``nobody`` without any session."""
        identity = scan.plan.identity_for(operation)
        control = scan.plan.control(operation, identity)[0]
        how |= {"owner": identity} if nobody else {}
        twice = [unlimited(scan.sender.send(operation, None if nobody else identity, **how)) for _ in range(2)]
        alike = (answer.status == control.status and comparison.same_kind(answer, control) for answer in twice)
        return twice if all(alike) and all(_leads_as(answer, control) for answer in twice) else []


def _leads_as(answer: Exchange, control: Exchange) -> bool:
    """Whether a form was answered by the same redirect as the control: a refusal may lead elsewhere."""
    return _place(answer.location) == _place(control.location)


def _place(location: str) -> str:
    """Where a redirect leads, without what names an object."""
    return NAMED.sub("", urlsplit(location).path)


def _is_about_oneself(operation: ScanOperation) -> bool:
    """Whether a path is that of one's own account, or stands below it."""
    parts = operation.path.rstrip("/").split("/")
    return any(ABOUT_ONESELF.search("/".join(parts[:length])) for length in range(2, len(parts) + 1))


def _shows_a_session(operation: ScanOperation) -> bool:
    return operation.method == "GET" and operation.secured is not False


class GuessableSession(Probe):
    """Sessions are named by what can be guessed, such as the time."""

    id = "session-entropy"
    title = "Sessions can be guessed"
    topic = "authentication"
    severity = Severity.HIGH
    cwe = 330
    owasp = (*AUTHENTICATION, "A02:2021", "A04:2025")
    tier = 2
    sends = "eight sign-ins of one identity"
    oracle = (
        "the tokens differ in so few places that they are of fewer than 64 bits: the number of places times the bits of the "
        "characters seen there (OWASP Session Management Cheat Sheet: at least 64 bits)"
    )
    bad = 'session = f"{int(time.time() * 1000)}-{user.id}"'
    good = "session = secrets.token_urlsafe(32)"
    remediation = "Make the names of sessions by a cryptographic random generator, with 128 bits."

    SAMPLES, LEAST = 8, 64

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Sign in several times and compare."""
        identity = account_of(scan)
        answers = [scan.sender.try_sign_in(identity.username, identity.password()) for _ in range(2)]
        if claims_of(scan.authenticator.token_in(answers[0])) is not None:
            raise NotApplicableError("the API's tokens are signed (JSON Web Tokens): they are not guessed but forged")
        if any(signed_cookies.forms(scan.authenticator.token_in(answers[0]))):
            raise NotApplicableError("the session stands in a signed cookie: it is not guessed but forged")
        more = range(self.SAMPLES - len(answers))
        answers += [scan.sender.try_sign_in(identity.username, identity.password()) for _ in more]
        tokens = sorted({token for answer in answers if (token := scan.authenticator.token_in(answer))})
        if len(tokens) < self.SAMPLES:
            raise NotEvaluatedError(f"{len(tokens)} of {self.SAMPLES} sign-ins brought a token of its own")
        scan.coverage.tried(self.id, scan.authenticator.operation)
        bits = bits_of(tokens)
        if bits < self.LEAST:
            observed = f"{self.SAMPLES} tokens of {len(tokens[0])} characters differ by {bits:.0f} bits"
            yield self.finding(scan.authenticator.operation, observed, *answers[:2])
