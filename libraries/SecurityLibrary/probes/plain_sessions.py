"""Sessions that are only a name: whoever writes another one into it is somebody else."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from SecurityLibrary.authentication.forged_tokens import TokenProbe
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.identities import remembered
from SecurityLibrary.proof import comparison
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems.tokens import claims_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

SHORTEST, MOST = 2, 3
DIGESTS = ("md5", "sha1", "sha256", "sha512")
SEPARATORS = re.compile(r"(--|[.|:!~])")


class PlainSession(TokenProbe):
    """A session or token holds the name of its owner, and nothing that proves it."""

    id = "session-forged"
    tier = 2
    title = "Sessions are only a name"
    cwe = 565
    sends = (
        "the session of an identity with the name or role of another one in it, or with a digest of that name: as it is, or "
        "decoded and encoded again, also in one of several parts, with the signature as it was; the same for cookies by which "
        "one is known without a session, as 'remember me' brings them"
    )
    oracle = "what comes is what the other one gets, and the owner of the session does not, twice"
    bad = 'answer.set_cookie("session", base64.b64encode(json.dumps({"user": name}).encode()))'
    good = 'answer.set_cookie("session", secrets.token_urlsafe(32))  # the server knows whose it is'
    remediation = "Let a session be a random value that the server looks up, or sign it and check the signature."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each pair of identities that sign in, until one is forged; first what somebody is known again by without a session."""
        accounts = [identity for identity in scan.target.accounts if identity.ready]
        if not accounts:
            raise NotApplicableError("no sign-in brings a session")
        yield from self._remembered(scan, accounts)
        location = scan.authenticator.operation
        holding = False
        for owner in accounts:
            token = self.token(scan, owner)
            if claims_of(token):
                if scan.coverage.of(self.id).tried:
                    return
                raise NotApplicableError("the sessions are JSON Web Tokens, which other attacks forge")
            for other in accounts:
                forged = _forged(token, owner, other) if other is not owner else ""
                if not forged:
                    continue
                holding = True

                def offered(operation: ScanOperation, owner: Identity = owner, forged: str = forged) -> Exchange:
                    return self.offer(scan, operation, owner, forged)

                if found := self._taken(scan, (owner, other), offered):
                    scan.coverage.tried(self.id, location)
                    yield self.finding((location, str(found[0])), f"'{owner.name}' is '{other.name}' by another name", *found[1])
                    return
        if not holding and not scan.coverage.of(self.id).tried:
            raise NotApplicableError("the sessions hold no name")

    def _remembered(self, scan: Scan, accounts: list[Identity]) -> Iterator[Finding]:
        """Cookies by which one is known without a session, with the name of another identity in them."""
        location = scan.authenticator.operation
        for owner in accounts[:1]:
            for cookie, opened in remembered.knowing(scan, owner):
                scan.coverage.tried(self.id, f"{location} (the cookie {cookie.name})")
                for other in (each for each in accounts if each is not owner):
                    if not (forged := _forged(cookie.value, owner, other)):
                        continue
                    secrets.add(forged, "a forged cookie")
                    header = cookie.header(forged)

                    def offered(operation: ScanOperation, header: dict[str, str] = header) -> Exchange:
                        return scan.sender.send(operation, None, headers=header, owner=owner)  # noqa: B023  # called at once

                    if found := self._taken(scan, (owner, other), offered):
                        observed = f"the cookie {cookie.name} of '{owner.name}' signs in as '{other.name}' by another name"
                        yield self.finding((location, str(opened)), observed, *found[1])
                        break

    def _taken(
        self, scan: Scan, identities: tuple[Identity, Identity], offered: Callable[[ScanOperation], Exchange]
    ) -> tuple[ScanOperation, list[Exchange]] | None:
        """An operation that answers what is forged as the other identity, with two answers; None where none does."""
        owner, other = identities
        looked = 0
        for operation in scan.plan.operations:
            if not operation.safe or "{" in operation.path or operation.secured is False or looked == MOST:
                continue
            own, theirs = scan.sender.send(operation, owner), scan.sender.send(operation, other)
            if not theirs.ok or not comparison.differ(comparison.leaves(own), comparison.leaves(theirs)):
                continue
            looked += 1
            scan.coverage.tried(self.id, scan.authenticator.operation)
            answers = [offered(operation) for _ in range(2)]
            again = scan.sender.send(operation, other)
            changing = comparison.changing([comparison.leaves(theirs), comparison.leaves(again)])
            changing |= comparison.changing(map(comparison.leaves, answers))  # each may begin a session, with tokens of its own
            same = [not comparison.differ(comparison.leaves(answer), comparison.leaves(again), changing) for answer in answers]
            if all(same) and comparison.differ(comparison.leaves(own), comparison.leaves(again), changing):
                return operation, answers
        if not looked:
            raise NotEvaluatedError("no operation answers two identities otherwise")
        return None


def _forged(token: str, owner: Identity, other: Identity) -> str:
    """A session with another name, and role, in it; empty where it holds no name."""
    for decode, encode in CODECS:
        try:
            text = decode(token)
        except (ValueError, binascii.Error, UnicodeError):
            continue
        for name, another in ((owner.username, other.username), (owner.name, other.name)):
            if changed := _renamed(text, (name, owner.role), (another, other.role)):
                return encode(changed)
    return _in_parts(token, owner, other)


def _renamed(text: str, own: tuple[str, str], theirs: tuple[str, str]) -> str:
    """A text with another name, and role, in it, or its digest; empty where it holds neither the name nor a digest of it."""
    (name, role), (another, their_role) = own, theirs
    if len(name) < SHORTEST or name == another or not another:
        return ""
    changed = text.replace(name, another)
    for kind in DIGESTS:
        was, now = (hashlib.new(kind, each.encode(), usedforsecurity=False).hexdigest() for each in (name, another))
        changed = changed.replace(was, now).replace(was.upper(), now.upper())
    if changed == text:
        return ""
    return changed.replace(role, their_role) if role and their_role != role else changed


def _in_parts(token: str, owner: Identity, other: Identity) -> str:
    """A session of several parts, one of them changed and the others as they were: its signature may not be looked at."""
    plain = unquote(token)
    parts = SEPARATORS.split(plain)
    for index, part in enumerate(parts if len(parts) > 1 else ()):
        written: Callable[[str], str] = partial(_to_base64, part)
        try:
            text = _from_base64(part)
        except (ValueError, binascii.Error, UnicodeError):
            text, written = part, str
        for own, theirs in ((owner.username, other.username), (owner.name, other.name)):
            if changed := _renamed(text, (own, owner.role), (theirs, other.role)):
                whole = "".join((*parts[:index], written(changed), *parts[index + 1 :]))
                return whole if plain == token else quote(whole, safe="")
    return ""


def _from_base64(token: str) -> str:
    plain = unquote(token).replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode()


def _to_base64(like: str, text: str) -> str:
    """A text as another one is encoded."""
    encoded = base64.b64encode(text.encode()).decode()
    encoded = encoded if set(like) & set("+/") else encoded.replace("+", "-").replace("/", "_")
    return encoded if like.endswith("=") or len(like) % 4 == 0 else encoded.rstrip("=")


CODECS: tuple[tuple[Callable[[str], str], Callable[[str], str]], ...] = (
    (str, str),
    (unquote, lambda text: quote(text, safe="")),
    (_from_base64, lambda text: base64.b64encode(text.encode()).decode()),
    (lambda token: bytes.fromhex(token).decode(), lambda text: text.encode().hex()),
)
