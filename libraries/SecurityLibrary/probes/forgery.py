"""What lets others act in somebody's name: requests that other sites send, sessions that can be guessed."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

from SecurityLibrary import compare
from SecurityLibrary.findings import Severity
from SecurityLibrary.identities import claims_of
from SecurityLibrary.probe import Probe
from SecurityLibrary.probes.signin import account_of
from SecurityLibrary.probes.tokens import AUTHENTICATION
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.exchange import Exchange
    from SecurityLibrary.findings import Finding
    from SecurityLibrary.operations import Operation
    from SecurityLibrary.scan import Scan


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
    sends = "what changes something, with a session's cookie and without the token against forged requests, or with a made-up one"
    decides = "it is answered as with the token, twice"
    bad = 'if request.headers.get("x-csrf-token", session.csrf) != session.csrf: refuse()'
    good = 'if not compare_digest(request.headers.get("x-csrf-token", ""), session.csrf): refuse()'
    mend = "Refuse a change whose token is missing as one whose token is wrong; set SameSite on the session's cookie."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Leave the token out, then send another."""
        header = str(scan.api.door.login.get("csrf", {}).get("header", ""))
        if not header:
            raise NotEvaluatedError("the API's description names no token against forged requests ('csrf')")
        for operation in scan.working(self):
            if operation.safe or operation.method == "DELETE" or str(operation) == scan.api.door.operation:
                continue
            scan.tried(self, str(operation))
            for told, given in (("without the token", None), ("with a made-up token", f"qa-{scan.number()}")):
                if twice := self._forged(scan, operation, header, given):
                    yield self.finding(str(operation), f"it is done {told} against forged requests", *twice)
                    break

    @staticmethod
    def _forged(scan: Scan, operation: Operation, header: str, given: str | None) -> list[Exchange]:
        person = scan.person(operation)
        control = scan.control(operation, person)[0]
        if given is None:
            twice = [scan.send(operation, person, without=(header,)) for _ in range(2)]
        else:
            twice = [scan.send(operation, person, headers={header: given}) for _ in range(2)]
        return twice if all(one.status == control.status and compare.alike(one, control) for one in twice) else []


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
    decides = (
        "the tokens differ in so few places that they are of fewer than 64 bits: the number of places times the bits of the "
        "characters seen there (OWASP Session Management Cheat Sheet: at least 64 bits)"
    )
    bad = 'session = f"{int(time.time() * 1000)}-{user.id}"'
    good = "session = secrets.token_urlsafe(32)"
    mend = "Make the names of sessions by a cryptographic random generator, with 128 bits."

    SAMPLES, LEAST = 8, 64

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Sign in several times and compare."""
        person = account_of(scan)
        answers = [scan.api.door.try_sign_in(scan.client, person.username, person.right, patient=True) for _ in range(2)]
        if claims_of(scan.api.door.token_in(answers[0])) is not None:
            raise NotEvaluatedError("the API's tokens are signed (JSON Web Tokens): they are not guessed but forged")
        more = range(self.SAMPLES - len(answers))
        answers += [scan.api.door.try_sign_in(scan.client, person.username, person.right, patient=True) for _ in more]
        tokens = sorted({token for one in answers if (token := scan.api.door.token_in(one))})
        if len(tokens) < self.SAMPLES:
            raise NotEvaluatedError(f"{len(tokens)} of {self.SAMPLES} sign-ins brought a token of its own")
        scan.tried(self, scan.api.door.operation)
        bits = _bits(tokens)
        if bits < self.LEAST:
            told = f"{self.SAMPLES} tokens of {len(tokens[0])} characters differ in places of {bits:.0f} bits together"
            yield self.finding(scan.api.door.operation, told, *answers[:2])


def _bits(tokens: list[str]) -> float:
    """The most that the places can tell at which texts differ."""
    kinds = ("0123456789", "0123456789abcdef", "0123456789ABCDEF")
    seen = set("".join(tokens)) - set("-_.=")
    size = next((len(kind) for kind in kinds if seen <= set(kind)), 62)
    places = [{token[index : index + 1] for token in tokens} for index in range(max(map(len, tokens)))]
    return sum(log2(size) for place in places if len(place) > 1)
