"""Tokens without an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings import Severity
from SecurityLibrary.forged_tokens import TokenProbe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.scan import Scan

DAY = 86_400


class EndlessToken(TokenProbe):
    """Tokens of a sign-in never expire, or not for a long time."""

    id = "token-lifetime"
    tier = 2
    title = "Tokens have no end"
    severity = Severity.MEDIUM
    cwe = 613
    sends = "nothing of its own: it reads the tokens that sign-ins brought"
    oracle = "a JSON Web Token of a sign-in has no claim exp: medium; it is worth something for over 30 days: low"
    bad = 'jwt.encode({"sub": name}, key)'
    good = 'jwt.encode({"sub": name, "exp": now + timedelta(minutes=15)}, key)'
    remediation = "Give each token an end, minutes or hours away, and renew it by a token that can be revoked."

    LONG = 30  # days

    def run(self, scan: Scan) -> Iterator[Finding]:
        """The token of an identity that signs in."""
        identity = next((each for each in scan.target.accounts if each.ready), None)
        if identity is None:
            raise NotApplicableError("no sign-in brings a token")
        claims = self.own(scan, identity)[1]
        location, evidence = scan.authenticator.operation, scan.authenticator.answers[identity.name]
        scan.coverage.tried(self.id, location)
        ends, begins = claims.get("exp"), claims.get("iat", claims.get("nbf"))
        if ends is None:
            yield self.finding(location, "its tokens name no end (exp)", evidence)
        elif isinstance(ends, int | float) and isinstance(begins, int | float) and ends - begins > self.LONG * DAY:
            observed = f"its tokens are valid for {(ends - begins) / DAY:.0f} days"
            yield self.finding(location, observed, evidence, severity=Severity.LOW)
