"""Tokens without an end."""

from __future__ import annotations

import os
import re
import time
from typing import Any, TYPE_CHECKING

from SecurityLibrary.authentication.forged_tokens import TokenProbe
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from theodore_qa.systems import pointers
from theodore_qa.systems.forged import signed
from theodore_qa.systems.tokens import claims_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

HOUR, DAY = 3600, 86_400
MILLISECONDS = 10**11  # a moment that is counted in seconds is far below
MAX_AGE = re.compile(r"(?i);\s*max-age=(\d{1,10})")
NAMED = re.compile(r"(?i)(?:^|\.)(?:expires_?in|(?:access_?)?token_?(?:lifetime|ttl)|max_?age)$")


class EndlessToken(TokenProbe):
    """Tokens of a sign-in never expire, or not for a long time."""

    id = "token-lifetime"
    tier = 2
    title = "Tokens have no end"
    severity = Severity.MEDIUM
    cwe = 613
    sends = (
        "nothing of its own: it reads the tokens that sign-ins brought; where the key that signs is known, and a token says when "
        "it began and not when it ends, one that began 400 days ago"
    )
    oracle = (
        "a JSON Web Token of a sign-in has no claim exp: medium; of a session whose cookie ends within a day, and that says when "
        "it began, for information, and medium where the key is known and one that began long ago is served, twice; it is good "
        "for over a day, by its claims or by the answer to the sign-in: low"
    )
    bad = 'jwt.encode({"sub": name}, key)'
    good = 'jwt.encode({"sub": name, "exp": now + timedelta(minutes=15)}, key)'
    remediation = "Give each token an end, minutes or hours away, and renew it by a token that can be revoked."

    LONG, AGED = 1, 400  # days

    def run(self, scan: Scan) -> Iterator[Finding]:
        """The token of an identity that signs in."""
        identity = next((each for each in scan.target.accounts if each.ready), None)
        if identity is None:
            raise NotApplicableError("no sign-in brings a token")
        token = self.token(scan, identity)
        claims, answer = claims_of(token), scan.authenticator.answers[identity.name]
        named = (value for name, value in pointers.leaves(answer.body) if NAMED.search(name))
        lifetimes = [value for value in named if isinstance(value, int | float)]
        if claims is None and not lifetimes:
            raise NotApplicableError("the API's tokens are no JSON Web Tokens, and no answer says how long they are good")
        location = scan.authenticator.operation
        scan.coverage.tried(self.id, location)
        if claims is not None and claims[1].get("exp") is None:
            yield from self._endless(scan, identity, claims, answer)
        elif (seconds := _seconds(claims[1]) if claims is not None else float(lifetimes[0])) > self.LONG * DAY:
            observed = f"its tokens are valid for {seconds / DAY:.0f} days"
            yield self.finding(location, observed, answer, severity=Severity.LOW)

    def _endless(
        self, scan: Scan, identity: Identity, claims: tuple[dict[str, Any], dict[str, Any]], answer: Exchange
    ) -> Iterator[Finding]:
        """A token that names no end: a session that says when it began may have an end that the system keeps to itself."""
        location = scan.authenticator.operation
        begun = {name: value for name, value in claims[1].items() if _is_now(value)}
        lasts = _age_of(answer, scan.authenticator.cookie)
        if not begun or not lasts or lasts > self.LONG * DAY:
            yield self.finding(location, "its tokens name no end (exp)", answer)
            return
        old = claims[1] | {name: value - self.AGED * DAY * _unit(value) for name, value in begun.items()}
        served = self._served_old(scan, identity, claims, old)
        if served is None:
            observed = (
                f"its sessions name no end (exp), only when they began ({', '.join(begun)}); the cookie ends after {lasts} s"
            )
            yield self.finding(location, observed, answer, severity=Severity.INFO)
        elif served:
            observed = f"its tokens name no end (exp), and a session that began {self.AGED} days ago is served"
            yield self.finding(location, observed, *served)

    def _served_old(
        self, scan: Scan, identity: Identity, claims: tuple[dict[str, Any], dict[str, Any]], old: dict[str, Any]
    ) -> list[Exchange] | None:
        """The answers that serve a session that began long ago, twice; None where the key that signs is not known."""
        key = os.environ.get(scan.target.jwt.key_env, "").encode() or (scan.signing_key or (b"",))[0]
        if not key:
            return None
        protected = self.protected_operations(scan)[0][0]
        if not self.offer(scan, protected, identity, signed(claims[0], claims[1], key)).ok:
            return None
        answers = [self.offer(scan, protected, identity, signed(claims[0], old, key)) for _ in range(2)]
        return answers if all(each.ok for each in answers) else []


def _is_now(value: Any) -> bool:
    """Whether a number is a moment within the last hour, in seconds or milliseconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value / _unit(value) - time.time()) < HOUR


def _unit(value: float) -> int:
    """How many of its units a second has, in which a moment is counted."""
    return 1000 if value > MILLISECONDS else 1


def _age_of(answer: Exchange, name: str) -> int:
    """After how many seconds browsers forget a cookie that an answer sets; 0 where it does not say."""
    given = next((cookie for cookie in answer.cookies if name and cookie.startswith(f"{name}=")), "")
    match = MAX_AGE.search(given)
    return int(match[1]) if match else 0


def _seconds(claims: dict[str, Any]) -> float:
    """How long a token is good by its claims; 0 where they do not say."""
    ends, begins = claims.get("exp"), claims.get("iat", claims.get("nbf", int(time.time())))
    return ends - begins if isinstance(ends, int | float) and isinstance(begins, int | float) else 0.0
