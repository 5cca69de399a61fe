"""The forms in which frameworks sign cookies with a key of the application, and what fits a signature."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

from SecurityLibrary.authentication.documented_keys import as_bytes
from theodore_qa.systems.forged import HASHES
from theodore_qa.systems.tokens import claims_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass(frozen=True)
class Signed:
    """A text with its signature, and how a key signs texts there."""

    form: str
    text: bytes
    signature: bytes
    sign: Callable[[bytes, bytes], bytes]

    def key_among(self, words: Iterable[str]) -> str | None:
        """The first word that signs the text so."""
        return next((word for word in words if any(self.sign(key, self.text) == self.signature for key in as_bytes(word))), None)


def _flask(key: bytes, text: bytes) -> bytes:
    return hmac.digest(hmac.digest(key, b"cookie-session", "sha1"), text, "sha1")


def _itsdangerous(key: bytes, text: bytes) -> bytes:
    derived = hashlib.sha1(b"itsdangerous.Signersigner" + key, usedforsecurity=False).digest()
    return hmac.digest(derived, text, "sha1")


def _django(key: bytes, text: bytes) -> bytes:
    derived = hashlib.sha256(b"django.contrib.sessions.backends.signed_cookiessigner" + key).digest()
    return hmac.digest(derived, text, "sha256")


def _plain(key: bytes, text: bytes, digest: str = "sha256") -> bytes:
    return hmac.digest(key, text, digest)


BY_DOTS = re.compile(r"(\.?[\w-]+={0,2}\.[\w-]{5,8})\.([\w-]{27})")
BY_COLONS = re.compile(r"(\.?[\w-]+:\w{5,8}):([\w-]{43})")
BY_LENGTHS = re.compile(r"(2\|1:\d\|\d+:\d+\|\d+:[^|]+\|\d+:[^|]*\|)([0-9a-f]{64})")
BY_DASHES = re.compile(r"([A-Za-z0-9+/=]+)--([0-9a-f]{40}|[0-9a-f]{64})")
BY_MARKS = re.compile(r"!([A-Za-z0-9+/=]+)\?([A-Za-z0-9+/=]+)")
DIGESTS = {16: "md5", 20: "sha1", 32: "sha256"}  # by their bytes
BY_S = re.compile(r"s:(.+)\.([A-Za-z0-9+/]{43})=*")


def forms(value: str) -> Iterator[Signed]:
    """The forms of signed cookies that a value may have."""
    plain = unquote(value.strip('"'))
    if match := BY_DOTS.fullmatch(plain):
        signature = _decoded(match[2])
        yield Signed("Flask", match[1].encode(), signature, _flask)
        yield Signed("itsdangerous", match[1].encode(), signature, _itsdangerous)
    if match := BY_COLONS.fullmatch(plain):
        yield Signed("Django", match[1].encode(), _decoded(match[2]), _django)
    if match := BY_LENGTHS.fullmatch(plain):
        yield Signed("Tornado", match[1].encode(), binascii.unhexlify(match[2]), _plain)
    if match := BY_S.fullmatch(plain):
        yield Signed("Express", match[1].encode(), _decoded(match[2].replace("+", "-").replace("/", "_")), _plain)
    if match := BY_DASHES.fullmatch(plain):
        signature = binascii.unhexlify(match[2])
        yield Signed("Rack", match[1].encode(), signature, partial(_plain, digest=DIGESTS[len(signature)]))
    if match := BY_MARKS.fullmatch(plain):
        signature = _decoded(match[1].replace("+", "-").replace("/", "_").rstrip("="))
        if len(signature) in DIGESTS:
            yield Signed("Bottle", match[2].encode(), signature, partial(_plain, digest=DIGESTS[len(signature)]))
    if plain.isascii() and (known := claims_of(plain)) is not None and str(known[0].get("alg")) in HASHES:
        text, _, end = plain.rpartition(".")
        yield Signed("a JSON Web Token", text.encode(), _decoded(end), partial(_plain, digest=HASHES[known[0]["alg"]]().name))


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
