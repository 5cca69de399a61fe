"""Codes that anybody computes: digests and encodings of what the code is for, of a running number, or of the time."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from SecurityLibrary.objects.identifiers import scalars

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_qa.systems.exchange import Exchange

DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
SHORTEST = 6  # characters of a code that are no coincidence
NEAR = 3  # seconds between the moment of a code and that of its request
MOST = 40  # values of an answer


def source(token: str, answer: Exchange, *beside: str) -> str:
    """How a code comes about, such as "the MD5 of 'ann@example.com'"; empty where no such way is known.

    Args:
        token: The code.
        answer: What handed it out; the values that it and its request hold are tried.
        beside: Further values that may be in it, such as the name of whoever asked.
    """
    plain = token.replace("-", "").lower()
    if len(plain) < SHORTEST:
        return ""
    for what, value in _values(token, answer, beside):
        for how, made in _made_of(value):
            if made.startswith(plain) or made.endswith(plain):
                return f"{how} of {what}"
    return ""


def _values(token: str, answer: Exchange, beside: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """What a code may be made of, with its name for people."""
    known: dict[str, None] = dict.fromkeys((*beside, *filter(None, unquote(answer.path.partition("?")[0]).split("/"))))
    for body in (_sent(answer), answer.body):
        known |= dict.fromkeys(str(value) for value in scalars(body) if isinstance(value, str | int))
    for value in [text for text in known if text and text != token][:MOST]:
        for form in dict.fromkeys((value, value.lower(), value.strip())):
            yield f"'{value}'", form
    moment = int(answer.sent.timestamp())
    for second in range(moment - NEAR, moment + NEAR + 1):
        yield "the time in seconds", str(second)


def _sent(answer: Exchange) -> object:
    """What a request held: JSON, or the fields of a form."""
    text = answer.sent_body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return parse_qs(text)


def _made_of(value: str) -> Iterator[tuple[str, str]]:
    """The digests and encodings of a value, in small letters."""
    content = value.encode()
    for kind in DIGESTS:
        yield f"the {kind.upper()}", hashlib.new(kind, content, usedforsecurity=False).hexdigest()
    yield "the CRC-32", f"{zlib.crc32(content):08x}"
    yield "the Base64 form", base64.urlsafe_b64encode(content).rstrip(b"=").decode().replace("-", "").lower()
    yield "the hexadecimal form", content.hex()
