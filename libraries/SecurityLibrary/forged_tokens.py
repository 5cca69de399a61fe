"""Forged JSON Web Tokens, and the base class of the probes that offer them to operations."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any, TYPE_CHECKING

from SecurityLibrary import comparison
from SecurityLibrary.findings import Severity
from SecurityLibrary.owasp import AUTHENTICATION
from SecurityLibrary.pacing import unlimited
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems.authentication import asks_to_sign_in, claims_of
from theodore_qa.systems.exchange import NO_ANSWER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.operations import Operation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

FORBIDDEN = 403
HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def part(value: dict[str, Any]) -> str:
    """A part of a JSON Web Token."""
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def signed(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    """A JSON Web Token with an HMAC signature."""
    text = f"{part(header)}.{part(claims)}"
    digest = hmac.new(key, text.encode(), HASHES.get(str(header.get("alg")), hashlib.sha256)).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


class TokenProbe(Probe):
    """A probe that offers a token on an operation that needs one; a random token has to be refused there first."""

    topic = "authentication"
    severity = Severity.CRITICAL
    owasp = AUTHENTICATION

    def doors(self, scan: Scan) -> list[tuple[Operation, Identity, Exchange]]:
        """Up to two operations that answer a person and refuse a random token."""
        found = []
        for operation in scan.target.operations:
            person = scan.plan.identity_for(operation)
            if person is None or not operation.safe or operation.secured is False:
                continue
            try:
                control = scan.plan.control(operation, person)[0]
            except QaError as error:
                scan.coverage.skip(self.id, str(operation), str(error))
                continue
            refused = self.offer(scan, operation, person, "qa." + "x" * 40)
            if refused.status == FORBIDDEN or asks_to_sign_in(refused):
                found.append((operation, person, control))
            if len(found) == 2:  # noqa: PLR2004  # one to find, one to confirm
                break
        if not found:
            raise NotEvaluatedError("no operation answers an identity and refuses a random token")
        return found

    def offer(self, scan: Scan, operation: Operation, person: Identity, token: str) -> Exchange:
        """Send an operation with another token than the person's."""
        secrets.add(token, "a forged token")
        return scan.sender.send(operation, person, headers=scan.authenticator.shown(person, token))

    def taken(
        self, scan: Scan, doors: list[tuple[Operation, Identity, Exchange]], token: str, what: str, where: str = ""
    ) -> Iterator[Finding]:
        """A finding if a token is taken at two doors, or at one of them twice: it is answered as its owner is at that moment.

        ``where`` is the operation to blame, in front of the doors.
        """
        owner = doors[0][1]
        opened: list[tuple[Operation, Exchange]] = []

        def offered(operation: Operation) -> None:
            answer, genuine = self.offer(scan, operation, owner, token), scan.sender.send(operation, owner)
            refused = self.offer(scan, operation, owner, "qa." + "x" * 40)
            told = unlimited(answer).status == genuine.status != refused.status and answer.status != NO_ANSWER
            if told and comparison.alike(answer, genuine):
                opened.append((operation, answer))

        for operation, _, _ in doors:
            scan.coverage.tried(self.id, f"{operation} ({what})")
            offered(operation)
        if len(opened) == 1:
            offered(opened[0][0])
        if len(opened) > 1:
            places = dict.fromkeys([*filter(None, (where,)), *(str(operation) for operation, _ in opened)])
            yield self.finding(places, f"{what} is taken", *(answer for _, answer in opened))

    @staticmethod
    def token(scan: Scan, person: Identity) -> str:
        """The person's own token."""
        return scan.authenticator.token(person)

    def own(self, scan: Scan, person: Identity) -> tuple[dict[str, Any], dict[str, Any], str]:
        """Header, claims and text of the person's own JSON Web Token."""
        token = self.token(scan, person)
        if (parts := claims_of(token)) is None:
            raise NotEvaluatedError("the API's tokens are no JSON Web Tokens")
        return *parts, token
