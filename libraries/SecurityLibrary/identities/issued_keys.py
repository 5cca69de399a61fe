"""Keys for programs that a scan has made for itself, and how they are used and taken back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.objects.identifiers import identifier_in
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

MAKING = re.compile(r"(?i)(?:api|access|service|personal|program)?[-_/]?(?:keys?|tokens?|credentials?)/?$")
SIGNS_IN = re.compile(r"(?i)login|sign-?in|refresh|renew|session|oauth|auth/token|/token/?$|reset|forgot|verif|csrf")
SECRET = re.compile(r"(?i)(?:api|access|secret|service)?[-_]?(?:key|token|secret|value)")
TAKING_BACK = re.compile(r"(?i)/(?:revoke|revocation|disable|deactivate)/?$")
SHORTEST = 12


@dataclass(frozen=True)
class IssuedKey:
    """A key that was made, what it is called by, and the headers with which it goes."""

    secret: str
    identifier: Any
    headers: dict[str, str]
    answer: Exchange


class KeyDesk:
    """What makes keys for programs in a system, and what takes them back."""

    def __init__(self, scan: Scan, making: ScanOperation) -> None:
        self.scan, self.making = scan, making
        self.identity = scan.plan.identity_for(making)
        below = f"{making.route.rstrip('/')}/{{"
        single = [each for each in scan.plan.operations if each.route.startswith(below) and each.route.count("{") == 1]
        removing = [each for each in single if each.method == "DELETE" and each.route.endswith("}")]
        revoking = [each for each in single if each.method in ("POST", "PUT", "PATCH") and TAKING_BACK.search(each.route)]
        self.taking_back: ScanOperation | None = next(iter([*removing, *revoking]), None)

    def made(
        self, given: Mapping[InsertableParameter, Any] | None = None, uses: tuple[ScanOperation, Identity] | None = None
    ) -> IssuedKey:
        """A new key; its headers are those with which it is served where it is used.

        Raises:
            NotEvaluatedError: None was made, or it is not served in any of the usual headers.
        """
        answer = self.scan.sender.send(self.making, self.identity, given)
        secret = _secret_in(answer.body) if answer.ok else ""
        if not secret:
            raise NotEvaluatedError(f"no key was made: it was answered {answer.status}")
        secrets.add(secret, "a key of the scan")
        last = self.taking_back.last.name if self.taking_back and self.taking_back.last else "id"
        identifier = identifier_in(answer.body, last)
        key = IssuedKey(secret, identifier, {}, answer)
        if uses is None:
            return key
        for headers in self._forms(secret, uses[1]):
            if self.offered(uses[0], headers).ok and not self.offered(uses[0], _wrong(headers, secret)).ok:
                return IssuedKey(secret, identifier, headers, answer)
        raise NotEvaluatedError("the key that was made is not served in any of the usual headers")

    def offered(self, operation: ScanOperation, headers: dict[str, str]) -> Exchange:
        """The answer to an operation with a key, and without any other credentials."""
        return self.scan.sender.send(operation, None, headers=headers, owner=self.identity)

    def taken_back(self, key: IssuedKey) -> Exchange:
        """The answer to the end of a key."""
        operation = self.taking_back
        if operation is None or operation.last is None or key.identifier is None:
            raise NotApplicableError("no operation takes a key back")
        return self.scan.sender.send(operation, self.identity, {operation.last: key.identifier})

    def _forms(self, secret: str, identity: Identity) -> list[dict[str, str]]:
        components = self.scan.target.document.raw.get("components")
        schemes = components.get("securitySchemes") if isinstance(components, dict) else {}
        named = [
            str(scheme.get("name"))
            for scheme in (schemes.values() if isinstance(schemes, dict) else ())
            if isinstance(scheme, dict) and scheme.get("type") == "apiKey" and scheme.get("in") == "header"
        ]
        headers = [{name: secret} for name in dict.fromkeys([*named, "X-API-Key"])]
        bearer = [{"Authorization": f"{scheme} {secret}"} for scheme in ("Bearer", "ApiKey", "Token")]
        own = [] if identity.cookie or identity.query else [self.scan.authenticator.token_headers(identity, secret)]
        return [*own, *headers, *bearer]


def desks(scan: Scan) -> list[KeyDesk]:
    """The operations that make keys for programs.

    Raises:
        NotApplicableError: There are none.
    """
    found = [
        operation
        for operation in scan.plan.operations
        if operation.method == "POST"
        and "{" not in operation.route
        and MAKING.search(operation.route)
        and not SIGNS_IN.search(operation.route)
        and operation.secured is not False
        and not operation.admin
        and not scan.authenticator.signs_in(operation)
    ]
    if not found:
        raise NotApplicableError("no operation makes keys for programs")
    return [KeyDesk(scan, operation) for operation in found]


def _secret_in(body: Any) -> str:
    """The text of a new key in an answer; empty if there is none."""
    if not isinstance(body, dict):
        return ""
    for name, value in body.items():
        if isinstance(value, str) and len(value) >= SHORTEST and SECRET.fullmatch(str(name)):
            return value
    return next((found for value in body.values() if (found := _secret_in(value))), "")


def _wrong(headers: dict[str, str], secret: str) -> dict[str, str]:
    """The same headers with another key of the same form."""
    turned = secret[: SHORTEST // 2] + secret[SHORTEST // 2 :][::-1].swapcase()
    return {name: value.replace(secret, turned if turned != secret else f"{secret}q") for name, value in headers.items()}
