"""The base class of the probes that offer forged JSON Web Tokens to operations."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description import graphql
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import AUTHENTICATION
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from SecurityLibrary.sending.pacing import TOO_MANY, unlimited
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems.exchange import NO_ANSWER
from theodore_qa.systems.tokens import claims_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

FORBIDDEN = 403


class TokenProbe(Probe):
    """A probe that offers a token on an operation that needs one; a random token has to be refused there first."""

    topic = "authentication"
    severity = Severity.CRITICAL
    owasp = AUTHENTICATION

    def protected_operations(self, scan: Scan) -> list[tuple[ScanOperation, Identity, Exchange]]:
        """Up to two operations that answer an identity and refuse a random token."""
        found = []
        for operation in scan.target.operations:
            identity = scan.plan.identity_for(operation)
            if identity is None or not (operation.safe or graphql.reads(operation)) or operation.secured is False:
                continue
            try:
                control = scan.plan.control(operation, identity)[0]
            except QaError:  # one or two operations are enough
                continue
            known = str(operation), identity.name
            if known not in scan.refusing:
                scan.refusing[known] = self._refuses(scan, operation, identity)
            if scan.refusing[known]:
                found.append((operation, identity, control))
            if len(found) == 2:  # noqa: PLR2004  # one to find, one to confirm
                break
        if not found:
            raise NotEvaluatedError("no operation answers an identity and refuses a random token")
        return found

    def _refuses(self, scan: Scan, operation: ScanOperation, identity: Identity) -> bool:
        """Whether an operation refuses tokens that are none, in whatever way; who has none is asked to sign in there."""
        refused = [self.offer(scan, operation, identity, "qa." + "x" * 40) for _ in range(2)]
        if refused[0].outcome == FORBIDDEN or refused[0].asks_to_sign_in:
            return True
        if any(answer.ok or answer.outcome in (NO_ANSWER, TOO_MANY) for answer in refused):
            return False
        anonymous = scan.sender.send(operation, None, owner=identity)
        closed = anonymous.outcome == FORBIDDEN or anonymous.asks_to_sign_in or anonymous.without_data
        return closed and refused[0].outcome == refused[1].outcome

    def offer(self, scan: Scan, operation: ScanOperation, identity: Identity, token: str) -> Exchange:
        """Send an operation with another token than the identity's."""
        secrets.add(token, "a forged token")
        return scan.sender.send(operation, identity, headers=scan.authenticator.token_headers(identity, token))

    def taken(
        self,
        scan: Scan,
        protected_operations: list[tuple[ScanOperation, Identity, Exchange]],
        token: str,
        what: str,
        where: str = "",
    ) -> Iterator[Finding]:
        """A finding if two protected operations take a token, or one of them twice: they answer it as its owner at that moment.

        ``where`` is the operation to blame, named before the protected ones.
        """
        owner = protected_operations[0][1]
        opened: list[tuple[ScanOperation, Exchange]] = []

        def offered(operation: ScanOperation) -> None:
            answer, genuine = self.offer(scan, operation, owner, token), scan.sender.send(operation, owner)
            refused = self.offer(scan, operation, owner, "qa." + "x" * 40)
            taken = unlimited(answer).outcome == genuine.outcome != refused.outcome and answer.status != NO_ANSWER
            if taken and comparison.same_kind(answer, genuine):
                opened.append((operation, answer))

        for operation, _, _ in protected_operations:
            scan.coverage.tried(self.id, f"{operation} ({what})")
            offered(operation)
        if len(opened) == 1:
            offered(opened[0][0])
        if len(opened) > 1:
            locations = dict.fromkeys([*filter(None, (where,)), *(str(operation) for operation, _ in opened)])
            yield self.finding(locations, f"{what} is accepted", *(answer for _, answer in opened))

    @staticmethod
    def token(scan: Scan, identity: Identity) -> str:
        """The identity's own token."""
        return scan.authenticator.token(identity)

    def own(self, scan: Scan, identity: Identity) -> tuple[dict[str, Any], dict[str, Any], str]:
        """Header, claims and text of the identity's own JSON Web Token."""
        token = self.token(scan, identity)
        if (parts := claims_of(token)) is None:
            raise NotApplicableError("the API's tokens are no JSON Web Tokens")
        return *parts, token
