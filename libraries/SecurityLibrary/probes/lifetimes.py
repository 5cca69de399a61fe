"""Tokens without an end."""

from __future__ import annotations

import re
import time
from typing import Any, TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings import Severity
from SecurityLibrary.forged_tokens import TokenProbe
from theodore_qa.systems import pointers
from theodore_qa.systems.tokens import claims_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.scan import Scan

DAY = 86_400
NAMED = re.compile(r"(?i)(?:^|\.)(?:expires_?in|(?:access_?)?token_?(?:lifetime|ttl)|max_?age)$")


class EndlessToken(TokenProbe):
    """Tokens of a sign-in never expire, or not for a long time."""

    id = "token-lifetime"
    tier = 2
    title = "Tokens have no end"
    severity = Severity.MEDIUM
    cwe = 613
    sends = "nothing of its own: it reads the tokens that sign-ins brought"
    oracle = (
        "a JSON Web Token of a sign-in has no claim exp: medium; it is good for over a day, by its claims or by the answer to "
        "the sign-in: low"
    )
    bad = 'jwt.encode({"sub": name}, key)'
    good = 'jwt.encode({"sub": name, "exp": now + timedelta(minutes=15)}, key)'
    remediation = "Give each token an end, minutes or hours away, and renew it by a token that can be revoked."

    LONG = 1  # days

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
            yield self.finding(location, "its tokens name no end (exp)", answer)
        elif (seconds := _seconds(claims[1]) if claims is not None else float(lifetimes[0])) > self.LONG * DAY:
            observed = f"its tokens are valid for {seconds / DAY:.0f} days"
            yield self.finding(location, observed, answer, severity=Severity.LOW)


def _seconds(claims: dict[str, Any]) -> float:
    """How long a token is good by its claims; 0 where they do not say."""
    ends, begins = claims.get("exp"), claims.get("iat", claims.get("nbf", int(time.time())))
    return ends - begins if isinstance(ends, int | float) and isinstance(begins, int | float) else 0.0
