"""Tokens that should not be taken: forged, stripped, expired, signed out."""

from __future__ import annotations

import base64
import contextlib
import hmac
import time
from itertools import chain
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from SecurityLibrary.authentication import documented_keys, embedded_keys, public_keys, word_lists
from SecurityLibrary.authentication.forged_tokens import TokenProbe
from SecurityLibrary.canaries.reachable_callbacks import reachable_callback_server
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems.forged import HASHES, part, signed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

WEAK_KEYS = (
    "secret", "password", "123456", "12345678", "changeme", "change-me", "change_me", "jwt", "jwt_secret", "jwt-secret", "key",
    "secretkey", "secret_key", "secret-key", "your-256-bit-secret", "your-secret-key", "supersecret", "super-secret", "dev",
    "development", "test", "testing", "default", "admin", "root", "qwerty", "letmein", "token", "private", "theodore", "mysecret",
    "my-secret-key", "s3cr3t", "insecure", "django-insecure", "HS256", "hmackey", "example", "demo", "development-key", "",
    "your_jwt_secret", "jwtsecret", "thisisasecret", "keyboard cat", "shhhhh", "not-a-secret", "dev-secret", "secret123",
)  # fmt: skip


class AlgNone(TokenProbe):
    """Tokens without a signature are taken."""

    id = "jwt-none"
    group = "tokens"
    title = "Unsigned tokens are accepted (alg: none)"
    cwe = 347
    sends = "an identity's own claims with the algorithm none, in four spellings, without a signature"
    oracle = "operations that refuse a random token answer as to its owner, twice"
    bad = 'jwt.decode(token, key, algorithms=[header["alg"]])'
    good = 'jwt.decode(token, key, algorithms=["HS256"])'
    remediation = "Name the algorithms that are taken; never take them from the token."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try each spelling."""
        protected = self.protected_operations(scan)
        header, claims, _ = self.own(scan, protected[0][1])
        for name in ("none", "None", "NONE", "nOnE"):
            token = f"{part(header | {'alg': name})}.{part(claims)}."
            if found := list(self.taken(scan, protected, token, "a token without a signature")):
                yield from found
                return


class SignatureUnchecked(TokenProbe):
    """The signature of tokens is not checked."""

    id = "jwt-signature"
    group = "tokens"
    title = "Token signatures are not checked"
    cwe = 347
    sends = "an identity's own token with the signature cut off, with another signature, and with changed claims under the old"
    oracle = "operations that refuse a random token answer as to its owner, twice"
    bad = 'jwt.decode(token, options={"verify_signature": False})'
    good = 'jwt.decode(token, key, algorithms=["HS256"])'
    remediation = "Check the signature before a claim is believed."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try each way."""
        protected = self.protected_operations(scan)
        header, claims, token = self.own(scan, protected[0][1])
        head, body, _ = token.split(".")
        wrong = base64.urlsafe_b64encode(b"\x00" * 32).rstrip(b"=").decode()
        ways = (
            ("a token whose signature was cut off", f"{head}.{body}."),
            ("a token with another signature", f"{head}.{body}.{wrong}"),
            ("a token whose claims were changed", f"{part(header)}.{part(claims | {'qa': 1})}.{token.rpartition('.')[2]}"),
        )
        for what, forged in ways:
            if found := list(self.taken(scan, protected, forged, what)):
                yield from found
                return


class WeakKey(TokenProbe):
    """Tokens are signed with a key that anyone guesses."""

    id = "jwt-weak-key"
    group = "tokens"
    title = "Tokens are signed with a guessable key"
    cwe = 326
    sends = (
        "nothing until a usual key, one that the documentation of frameworks shows, a name of the API or one of 90,000 words of "
        "zxcvbn's lists fits the signature of a token; "
        "then a token signed with it"
    )
    oracle = "the signature fits, and two operations take a token that was signed anew with the key"
    bad = 'SIGNING_KEY = "secret"'
    good = 'SIGNING_KEY = os.environ["SIGNING_KEY"]  # 32 random bytes'
    remediation = "Sign with at least 32 random bytes, kept out of the code."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Guess without asking, then confirm by a token of our own."""
        protected = self.protected_operations(scan)
        header, claims, token = self.own(scan, protected[0][1])
        if header.get("alg") not in HASHES:
            raise NotApplicableError(f"the tokens are signed with {header.get('alg')}, whose keys are not guessed")
        scan.coverage.tried(self.id, "the signature of a token")
        if (key := _guessed(token, header["alg"], (*WEAK_KEYS, *documented_keys.KEYS, *_own_names(scan)))) is not None:
            scan.signing_key = key.encode(), f"the guessed key '{key}'"
            forged = signed(header, claims | {"iat": int(time.time())}, key.encode())
            yield from self.taken(scan, protected, forged, "a token signed with a guessed key")


def _guessed(token: str, algorithm: str, first: tuple[str, ...]) -> str | None:
    """The word with which a token is signed, if it is among the ``first`` or in the lists."""
    text, _, signature = token.rpartition(".")
    expected, signed_text = base64.urlsafe_b64decode(signature + "=="), text.encode()
    name = HASHES[algorithm]().name
    return next(
        (word for word in chain(first, word_lists.keys()) if hmac.digest(word.encode(), signed_text, name) == expected), None
    )


def _own_names(scan: Scan) -> list[str]:
    """The names of the API, which some take for keys: as the description and the document have them."""
    title = str(scan.target.document.raw.get("info", {}).get("title", ""))
    names = [scan.target.name, title, *title.split()]
    forms = ("{}", "{}-secret", "{}_secret", "{}secret", "{}-key")
    return [form.format(case) for name in names if name for case in (name, name.lower().replace(" ", "-")) for form in forms]


class KeyConfusion(TokenProbe):
    """The public key is taken for the secret of an HMAC."""

    id = "jwt-confusion"
    group = "tokens"
    title = "Algorithm confusion: the public key signs tokens"
    cwe = 347
    tier = 2
    sends = "an identity's own claims, signed by HMAC with the public key that the API publishes"
    oracle = "operations that refuse a random token answer as to its owner, twice"
    bad = 'jwt.decode(token, public_key, algorithms=["RS256", "HS256"])'
    good = 'jwt.decode(token, public_key, algorithms=["RS256"])'
    remediation = "Take one family of algorithms for one key."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Use the keys of the API's key set, in the encodings in which libraries hold them."""
        protected = self.protected_operations(scan)
        header, claims, _ = self.own(scan, protected[0][1])
        if not str(header.get("alg", "")).startswith(("RS", "PS", "ES")):
            raise NotApplicableError(f"the tokens are signed with {header.get('alg')}, which has no public key")
        keys = list(dict.fromkeys(public_keys.published(scan)))
        if not keys:
            raise NotEvaluatedError("the API's public key was not found: name it by 'jwt: {jwks: /path}'")
        for key in keys:
            token = signed(header | {"alg": "HS256"}, claims, key)
            if found := list(self.taken(scan, protected, token, "a token signed with the public key")):
                yield from found
                return


class KeyId(TokenProbe):
    """The key's name in a token, or a key that stands in it, leads to a key of the attacker's choice."""

    id = "jwt-kid"
    group = "tokens"
    title = "The key that a token names or brings is believed"
    cwe = 73
    tier = 2
    sends = (
        "own claims with a key id that leads to an empty file, or brings a key out of a query; with a new key in the header "
        "itself (jwk), or its certificate (x5c); and with the address of a callback server that has such a key (jku) or "
        "certificate (x5u); signed with that key, and first with another one"
    )
    oracle = "operations that refuse a random token answer as to its owner, twice; a token that another key signed is refused"
    bad = "key = open(f\"keys/{header['kid']}\").read()"
    good = 'key = KEYS[header["kid"]]'
    remediation = "Look key ids up in a table; never build paths or queries of them, and take no key from a token."

    TRICKS = (
        ("../../../../../../../../dev/null", b""),
        ("/dev/null", b""),
        ("qa' UNION SELECT 'qa' -- ", b"qa"),
        ("nowhere", b""),
    )

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try each trick."""
        protected = self.protected_operations(scan)
        _, claims, _ = self.own(scan, protected[0][1])
        plain = signed({"alg": "HS256", "typ": "JWT"}, claims, b"qa-no-key-of-the-system")
        if self.offer(scan, protected[0][0], protected[0][1], plain).ok:
            raise NotEvaluatedError("signatures are not checked, with a key id or without one: see jwt-signature")
        for kid, key in self.TRICKS:
            token = signed({"alg": "HS256", "typ": "JWT", "kid": kid}, claims, key)
            if found := list(self.taken(scan, protected, token, f"a token with the key id '{kid}'")):
                yield from found
                return
        header, _, _ = self.own(scan, protected[0][1])
        for brought in embedded_keys.tokens(header, claims):
            if self.offer(scan, protected[0][0], protected[0][1], brought.by_another).ok:
                raise NotEvaluatedError(f"a token with a key in its header ({brought.where}) is taken whoever has signed it")
            what = f"a token that is signed with the key in its own header ({brought.where}, {brought.algorithm})"
            if found := list(self.taken(scan, protected, brought.token, what)):
                yield from found
                return
        with contextlib.suppress(NotEvaluatedError):  # without a server that the system reaches the rest has been tried
            yield from self._addressed(scan, protected, header, claims)

    def _addressed(
        self,
        scan: Scan,
        protected: list[tuple[ScanOperation, Identity, Exchange]],
        header: dict[str, Any],
        claims: dict[str, Any],
    ) -> Iterator[Finding]:
        """Tokens whose key lies on a server of ours; that the system asks for it is a finding too."""
        called: dict[str, Exchange] = {}
        with reachable_callback_server(scan) as server:
            for brought in embedded_keys.addressed(header, claims, server, urlsplit(scan.client.url).netloc):
                if self.offer(scan, protected[0][0], protected[0][1], brought.by_another).ok:
                    raise NotEvaluatedError(f"a token with {brought.where} in its header is taken whoever has signed it")
                what = f"a token that is signed with the key to which its own header leads ({brought.where})"
                if found := list(self.taken(scan, protected, brought.token, what)):
                    yield from found
                    return
                if server.called(brought.secret, 0):
                    called.setdefault(brought.where, scan.sender.answers.samples[-1])
        for where, answer in called.items():
            observed = f"the address in the header of a token ({where}) is called, though the token is refused then"
            yield self.finding(str(protected[0][0]), observed, answer, severity=Severity.MEDIUM)
