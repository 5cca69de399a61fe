"""The forms in which frameworks sign cookies with a key of the application, and what fits a signature."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

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
        return next((word for word in words if self.sign(word.encode(), self.text) == self.signature), None)


def _flask(key: bytes, text: bytes) -> bytes:
    return hmac.digest(hmac.digest(key, b"cookie-session", "sha1"), text, "sha1")


def _itsdangerous(key: bytes, text: bytes) -> bytes:
    derived = hashlib.sha1(b"itsdangerous.Signersigner" + key, usedforsecurity=False).digest()
    return hmac.digest(derived, text, "sha1")


def _django(key: bytes, text: bytes) -> bytes:
    derived = hashlib.sha256(b"django.contrib.sessions.backends.signed_cookiessigner" + key).digest()
    return hmac.digest(derived, text, "sha256")


def _plain(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


BY_DOTS = re.compile(r"(\.?[\w-]+={0,2}\.[\w-]{5,8})\.([\w-]{27})")
BY_COLONS = re.compile(r"(\.?[\w-]+:\w{5,8}):([\w-]{43})")
BY_LENGTHS = re.compile(r"(2\|1:\d\|\d+:\d+\|\d+:[^|]+\|\d+:[^|]*\|)([0-9a-f]{64})")
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


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
