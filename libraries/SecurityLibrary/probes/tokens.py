"""Tokens that should not be taken: forged, stripped, expired, signed out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any, TYPE_CHECKING

from SecurityLibrary import comparison
from SecurityLibrary.findings import Severity
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
AUTHENTICATION = ("A07:2021", "A07:2025", "API2:2023")
WEAK_KEYS = (
    "secret", "password", "123456", "12345678", "changeme", "change-me", "change_me", "jwt", "jwt_secret", "jwt-secret", "key",
    "secretkey", "secret_key", "secret-key", "your-256-bit-secret", "your-secret-key", "supersecret", "super-secret", "dev",
    "development", "test", "testing", "default", "admin", "root", "qwerty", "letmein", "token", "private", "theodore", "mysecret",
    "my-secret-key", "s3cr3t", "insecure", "django-insecure", "HS256", "hmackey", "example", "demo", "development-key", "",
    "your_jwt_secret", "jwtsecret", "thisisasecret", "keyboard cat", "shhhhh", "not-a-secret", "dev-secret", "secret123",
)  # fmt: skip
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
        for operation in scan.api.operations:
            person = scan.person(operation)
            if person is None or not operation.safe or operation.secured is False:
                continue
            try:
                control = scan.control(operation, person)[0]
            except QaError as error:
                scan.left_out(self, str(operation), str(error))
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
        return scan.send(operation, person, headers=scan.authenticator.shown(person, token))

    def taken(
        self, scan: Scan, doors: list[tuple[Operation, Identity, Exchange]], token: str, what: str, where: str = ""
    ) -> Iterator[Finding]:
        """A finding if a token is taken at two doors, or at one of them twice: it is answered as its owner is at that moment.

        ``where`` is the operation to blame, in front of the doors.
        """
        owner = doors[0][1]
        opened: list[tuple[Operation, Exchange]] = []

        def offered(operation: Operation) -> None:
            answer, genuine = self.offer(scan, operation, owner, token), scan.send(operation, owner)
            refused = self.offer(scan, operation, owner, "qa." + "x" * 40)
            told = unlimited(answer).status == genuine.status != refused.status and answer.status != NO_ANSWER
            if told and comparison.alike(answer, genuine):
                opened.append((operation, answer))

        for operation, _, _ in doors:
            scan.tried(self, f"{operation} ({what})")
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


class AlgNone(TokenProbe):
    """Tokens without a signature are taken."""

    id = "jwt-none"
    title = "Unsigned tokens are taken (alg: none)"
    cwe = 347
    sends = "a person's own claims with the algorithm none, in four spellings, without a signature"
    decides = "operations that refuse a random token answer as to the person, twice"
    bad = 'jwt.decode(token, key, algorithms=[header["alg"]])'
    good = 'jwt.decode(token, key, algorithms=["HS256"])'
    mend = "Name the algorithms that are taken; never take them from the token."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try each spelling."""
        doors = self.doors(scan)
        header, claims, _ = self.own(scan, doors[0][1])
        for name in ("none", "None", "NONE", "nOnE"):
            token = f"{part(header | {'alg': name})}.{part(claims)}."
            if found := list(self.taken(scan, doors, token, "a token without a signature")):
                yield from found
                return


class SignatureUnchecked(TokenProbe):
    """The signature of tokens is not checked."""

    id = "jwt-signature"
    title = "Token signatures are not checked"
    cwe = 347
    sends = "a person's own token with the signature cut off, with another signature, and with changed claims under the old one"
    decides = "operations that refuse a random token answer as to the person, twice"
    bad = 'jwt.decode(token, options={"verify_signature": False})'
    good = 'jwt.decode(token, key, algorithms=["HS256"])'
    mend = "Check the signature before a claim is believed."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try each way."""
        doors = self.doors(scan)
        header, claims, token = self.own(scan, doors[0][1])
        head, body, _ = token.split(".")
        wrong = base64.urlsafe_b64encode(b"\x00" * 32).rstrip(b"=").decode()
        ways = (
            ("a token whose signature was cut off", f"{head}.{body}."),
            ("a token with another signature", f"{head}.{body}.{wrong}"),
            ("a token whose claims were changed", f"{part(header)}.{part(claims | {'qa': 1})}.{token.rpartition('.')[2]}"),
        )
        for what, forged in ways:
            if found := list(self.taken(scan, doors, forged, what)):
                yield from found
                return


class WeakKey(TokenProbe):
    """Tokens are signed with a key that anybody guesses."""

    id = "jwt-weak-key"
    title = "Tokens are signed with a guessable key"
    cwe = 326
    sends = "nothing until one of 50 usual keys fits the signature of a token; then a token signed with it"
    decides = "the signature fits, and two operations take a token that was signed anew with the key"
    bad = 'SIGNING_KEY = "secret"'
    good = 'SIGNING_KEY = os.environ["SIGNING_KEY"]  # 32 random bytes'
    mend = "Sign with at least 32 random bytes, kept out of the code."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Guess without asking, then confirm by a token of our own."""
        doors = self.doors(scan)
        header, claims, token = self.own(scan, doors[0][1])
        if header.get("alg") not in HASHES:
            raise NotEvaluatedError(f"the tokens are signed with {header.get('alg')}, whose keys are not guessed")
        text, _, signature = token.rpartition(".")
        scan.tried(self, "the signature of a token")
        for word in WEAK_KEYS:
            digest = hmac.new(word.encode(), text.encode(), HASHES[header["alg"]]).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == signature:
                scan.signing_key = word.encode(), f"the guessed key '{word}'"
                forged = signed(header, claims | {"iat": int(time.time())}, word.encode())
                yield from self.taken(scan, doors, forged, "a token signed with a guessed key")
                return


class KeyConfusion(TokenProbe):
    """The public key is taken for the secret of an HMAC."""

    id = "jwt-confusion"
    title = "Algorithm confusion: the public key signs tokens"
    cwe = 347
    tier = 2
    sends = "a person's own claims, signed by HMAC with the public key that the API publishes"
    decides = "operations that refuse a random token answer as to the person, twice"
    bad = 'jwt.decode(token, public_key, algorithms=["RS256", "HS256"])'
    good = 'jwt.decode(token, public_key, algorithms=["RS256"])'
    mend = "Take one family of algorithms for one key."

    PLACES = ("/.well-known/jwks.json", "/jwks.json", "/oauth2/jwks", "/.well-known/openid-configuration/jwks")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Use the keys of the API's key set, in the encodings in which libraries hold them."""
        doors = self.doors(scan)
        header, claims, _ = self.own(scan, doors[0][1])
        if not str(header.get("alg", "")).startswith(("RS", "PS", "ES")):
            raise NotEvaluatedError(f"the tokens are signed with {header.get('alg')}, which has no public key")
        keys = list(self._keys(scan))
        if not keys:
            raise NotEvaluatedError("the API's public key was not found: name it by 'jwt: {jwks: /path}'")
        for key in keys:
            token = signed(header | {"alg": "HS256"}, claims, key)
            if found := list(self.taken(scan, doors, token, "a token signed with the public key")):
                yield from found
                return

    def _keys(self, scan: Scan) -> Iterator[bytes]:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
        from jwt import PyJWK
        from jwt.exceptions import PyJWTError

        told = scan.api.jwt.jwks
        for place in (told,) if told else self.PLACES:
            body = scan.client.send("GET", str(place)).body
            for one in body.get("keys", []) if isinstance(body, dict) else []:
                try:
                    key = PyJWK(one).key
                except PyJWTError:
                    continue
                for encoding, form in (
                    (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
                    (Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
                ):
                    text = key.public_bytes(encoding, form)
                    yield text
                    yield text.strip()


class KeyId(TokenProbe):
    """The key's name in a token leads to a key of the attacker's choice."""

    id = "jwt-kid"
    title = "The key id of a token is believed"
    cwe = 73
    tier = 2
    sends = "own claims with a key id that leads to an empty file, or brings a key out of a query; signed with that key"
    decides = "operations that refuse a random token answer as to the person, twice"
    bad = "key = open(f\"keys/{header['kid']}\").read()"
    good = 'key = KEYS[header["kid"]]'
    mend = "Look key ids up in a table; never build paths or queries of them."

    TRICKS = (
        ("../../../../../../../../dev/null", b""),
        ("/dev/null", b""),
        ("qa' UNION SELECT 'qa' -- ", b"qa"),
        ("nowhere", b""),
    )

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try each trick."""
        doors = self.doors(scan)
        _, claims, _ = self.own(scan, doors[0][1])
        for kid, key in self.TRICKS:
            token = signed({"alg": "HS256", "typ": "JWT", "kid": kid}, claims, key)
            if found := list(self.taken(scan, doors, token, f"a token with the key id '{kid}'")):
                yield from found
                return
