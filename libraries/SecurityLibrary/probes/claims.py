"""Genuine tokens that are no longer, not yet, or not here worth anything."""

from __future__ import annotations

import os
import time
from typing import Any, TYPE_CHECKING

from SecurityLibrary.authentication.forged_tokens import TokenProbe
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.identities import remembered, renewals
from SecurityLibrary.identities.accounts import changed_password, enter, password_change, put_back_password
from SecurityLibrary.identities.sign_outs import signed_out
from SecurityLibrary.proof.effects import done
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems.forged import signed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


class Claims(TokenProbe):
    """What a genuine token says of its validity is not heeded."""

    severity = Severity.HIGH
    bad = 'jwt.decode(token, key, algorithms=["HS256"], options={"verify_exp": False})'
    good = 'jwt.decode(token, key, algorithms=["HS256"], issuer=ISSUER, audience=AUDIENCE)'
    oracle = "operations that refuse a random token answer as to its owner, twice"

    def forged(self, claims: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """What is wrong with each token, and its claims."""
        raise NotImplementedError

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Sign with the system's own key, which the tester has named."""
        protected = self.protected_operations(scan)
        header, claims, _ = self.own(scan, protected[0][1])
        key, source = self._key(scan)
        if not self.offer(scan, protected[0][0], protected[0][1], signed(header, claims, key)).ok:
            raise NotEvaluatedError(f"a token signed with {source} is not taken: it is not the key")
        for what, other in self.forged(claims):
            yield from self.taken(scan, protected, signed(header, other, key), what)

    @staticmethod
    def _key(scan: Scan) -> tuple[bytes, str]:
        """The key that signs, and how it is known: the tester has named it, or it was guessed."""
        variable = scan.target.jwt.key_env
        if key := os.environ.get(variable, ""):
            secrets.add(key, variable)
            return key.encode(), f"the key in {variable}"
        if scan.signing_key:
            return scan.signing_key
        raise NotEvaluatedError(
            "a genuine token with other claims needs the key that signs: name its environment variable by 'jwt: {key_env: NAME}'"
        )


class ExpiredToken(Claims):
    """Expired tokens are taken."""

    id = "token-expired"
    title = "Expired tokens are taken"
    cwe = 613
    sends = (
        "a genuine token that expired 90 seconds ago, and one that expired an hour ago; where the key that signs is not known, "
        "the first token of an identity, 65 seconds after its end, if that is soon enough"
    )
    remediation = "Refuse tokens after their time, with seconds of leeway at most."

    LEEWAY, PATIENCE = 65, 125  # seconds after the end of a token, and that are waited for that

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Sign an old token, or let one grow old."""
        try:
            self._key(scan)
        except NotEvaluatedError as error:
            yield from self._aged(scan, error)
        else:
            yield from super().run(scan)

    def _aged(self, scan: Scan, unknown: NotEvaluatedError) -> Iterator[Finding]:
        """The first token of an identity after its end, which the token tells, or the answer to the sign-in."""
        protected = self.protected_operations(scan)
        identity = protected[0][1]
        token, ends = scan.authenticator.first.get(identity.name, ("", None))
        if ends is None:
            raise unknown
        remaining = ends + self.LEEWAY - time.time()
        if remaining > self.PATIENCE:
            raise NotEvaluatedError(f"the token ends in {ends - time.time():.0f} seconds, and {unknown}")
        scan.sender.pause(remaining)
        yield from self.taken(scan, protected, token, f"a token that expired over {self.LEEWAY} seconds ago")

    def forged(self, claims: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Expired by less and by more."""
        for seconds, ago in ((90, "90 seconds"), (3600, "an hour")):
            yield f"a token that expired {ago} ago", claims | {"exp": int(time.time()) - seconds}


class EarlyToken(Claims):
    """Tokens are taken before they are valid."""

    id = "token-not-yet-valid"
    group = "claims"
    title = "Tokens are taken before they are valid"
    cwe = 345
    sends = "a genuine token that will be valid in an hour"
    remediation = "Check the claim nbf."

    def forged(self, claims: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Valid in an hour."""
        yield "a token that is valid from in an hour on", claims | {"nbf": int(time.time()) + 3600}


class ForeignToken(Claims):
    """Tokens of another issuer, or for another audience, are taken."""

    id = "token-foreign"
    group = "claims"
    title = "Tokens of another issuer or for another audience are taken"
    cwe = 346
    sends = "a genuine token with another issuer, and one with another audience"
    remediation = "Check the claims iss and aud against what this system expects."

    def forged(self, claims: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """One claim at a time, of those that the API's tokens have."""
        if not claims.keys() & {"iss", "aud"}:
            raise NotApplicableError("the API's tokens name neither an issuer nor an audience")
        if "iss" in claims:
            yield "a token of another issuer", claims | {"iss": "https://issuer.example"}
        if "aud" in claims:
            yield "a token for another audience", claims | {"aud": "another-service"}


class TokenUse(Claims):
    """A token that is meant for something else is taken as an access token."""

    id = "token-use"
    group = "claims"
    title = "A refresh token is taken as an access token"
    cwe = 345
    sends = "the refresh token that came with the sign-in, as an access token"
    remediation = "Check what a token is for."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Sign in and use the other token."""
        protected = self.protected_operations(scan)
        identity = protected[0][1]
        name = scan.authenticator.way.refresh
        if identity not in scan.target.accounts:
            raise NotEvaluatedError("the 'sign_in' of the description names no 'refresh', or the identity signs in otherwise")
        entered = scan.sender.try_sign_in(identity.username, identity.password())
        token = renewals.token_in(scan, entered)
        if not token and name:
            raise NotEvaluatedError(f"signing in brought no {name}")
        if not token:
            raise NotEvaluatedError("the 'sign_in' of the description names no 'refresh', and its answer shows none")
        yield from self.taken(scan, protected, token, "a refresh token")


class AfterLogout(TokenProbe):
    """A token is worth something after it was signed out."""

    id = "token-after-logout"
    title = "Tokens outlive the log-out"
    severity = Severity.HIGH
    cwe = 613
    changes = True
    sends = (
        "a new sign-in, its log-out, and the token again; and the token for renewal, and a cookie by which one is known without "
        "a session, where the sign-in brings them"
    )
    oracle = (
        "the token worked before, and operations answer it afterwards as to its owner, twice; or the token for renewal brings a "
        "new one after the log-out, for two sign-ins; medium where the cookie opens something then"
    )
    bad = 'return {"message": "Signed out"}'
    good = 'revoked.add(claims["jti"])'
    remediation = "Keep a list of revoked tokens, or make tokens short-lived and sessions checked."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Sign in anew, so that no session of the scan is touched."""
        protected = self.protected_operations(scan)
        identity = protected[0][1]
        if not scan.target.sign_out or identity not in scan.target.accounts:
            raise NotEvaluatedError("the description names no 'sign_out', or the identity does not sign in by a request")
        if reason := scan.target.skip.get(scan.target.sign_out):
            raise NotEvaluatedError(f"the description skips the log-out: {reason}")
        kept = scan.authenticator.answers.get(identity.name)
        token = scan.authenticator.sign_in(identity)
        if not self.offer(scan, protected[0][0], identity, token).ok:
            raise NotEvaluatedError("a new token is not taken even before the log-out")
        done = signed_out(scan, identity, token)
        scan.authenticator.answers |= {identity.name: kept} if kept else {}  # the scan's own session goes on
        if not done.ok and not done.location:
            raise NotEvaluatedError(f"the log-out was answered {done.status}")
        yield from self.taken(scan, protected, token, "a token after its log-out", scan.target.sign_out)
        yield from self._renewed(scan, identity)
        yield from self._remembered(scan, identity)

    def _remembered(self, scan: Scan, identity: Identity) -> Iterator[Finding]:
        """A cookie by which one is known without a session, after the log-out of the sign-in that brought it."""
        kept: dict[str, list[Exchange]] = {}
        for _ in range(2):
            for cookie, operation in remembered.knowing(scan, identity):
                token = scan.authenticator.token_in(cookie.answer)
                scan.coverage.tried(self.id, f"{scan.target.sign_out} (the cookie {cookie.name})")
                done = signed_out(scan, identity, token, beside=cookie.header()["Cookie"])
                answer = scan.sender.send(operation, None, headers=cookie.header(), owner=identity)
                if (done.ok or done.location) and answer.ok and not answer.asks_to_sign_in:
                    kept.setdefault(cookie.name, []).append(answer)
        for name, answers in kept.items():
            if len(answers) > 1:
                observed = f"the cookie {name} signs in after the log-out of the sign-in that brought it"
                yield self.finding(scan.target.sign_out, observed, *answers, severity=Severity.MEDIUM)

    def _renewed(self, scan: Scan, identity: Identity) -> Iterator[Finding]:
        """Renew what was signed out, where the API says how."""
        authenticator = scan.authenticator
        known = renewals.operations(scan)
        if not known:
            return
        operation, parameter = known[0]
        renewed: list[Exchange] = []
        for _ in range(2):
            entered = scan.sender.try_sign_in(identity.username, identity.password())
            token, renewal = authenticator.token_in(entered), renewals.token_in(scan, entered)
            if not token or not renewal:
                return
            signed_out(scan, identity, token)
            answer = scan.sender.send(operation, None, {parameter: renewal})
            scan.coverage.tried(self.id, str(operation))
            renewed += [answer] if answer.ok and authenticator.token_in(answer) else []  # of one second they may be the same
        made_up = scan.sender.send(operation, None, {parameter: f"qa{scan.random.number()}{scan.random.number()}"})
        if len(renewed) == 2 and not authenticator.token_in(made_up):  # noqa: PLR2004  # twice
            observed = "a refresh token brings a new token after its log-out"
            yield self.finding((scan.target.sign_out, str(operation)), observed, *renewed)


class AfterPasswordChange(TokenProbe):
    """A token of before a change of the password is worth something afterwards."""

    id = "token-after-password-change"
    title = "Tokens outlive a change of the password"
    severity = Severity.MEDIUM
    cwe = 613
    changes = True
    sends = "a new sign-in, a change of the password, and the token again; then the password is put back"
    oracle = "the token worked before, and operations answer it afterwards as to its owner, twice"
    bad = "account.password = digest(new)"
    good = "account.password, account.generation = digest(new), account.generation + 1  # tokens name their generation"
    remediation = "Let a change of the password end all sessions but the one that asked for it."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Change a password and put it back, whatever happens between."""
        protected = self.protected_operations(scan)
        operation, identity, old, new = password_change(scan)
        protected = [(reading, identity, control) for reading, _, control in protected]
        right = identity.password()
        other = f"Qa-{scan.random.number()}-Other-{scan.random.number()}"
        secrets.add(other, "a password of the scan")
        token, acting = scan.authenticator.sign_in(identity), scan.authenticator.sign_in(identity)
        if not self.offer(scan, protected[0][0], identity, token).ok:
            raise NotEvaluatedError("a new token is not taken even before the change")
        enter(scan, identity, acting)
        answer = changed_password(scan, operation, identity, (old, new), (right, other))
        if not done(answer):
            raise NotEvaluatedError(f"the change of the password was answered {answer.status}")
        try:
            enter(scan, identity, scan.authenticator.token_in(scan.sender.try_sign_in(identity.username, other)))
            yield from self.taken(scan, protected, token, "a token of before the change")
        finally:
            put_back_password(scan, operation, identity, (old, new), [other])
