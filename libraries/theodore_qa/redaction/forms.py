"""The forms in which a log may hold a text: encoded once, or once more inside another encoding."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHORTEST = 6
# What clients leave unquoted: nothing, a path's slashes, what browsers leave, what the standard reserves.
_UNQUOTED = ("", "/", "!'()*", "!#$&'()*+,/:;=?@[]~")
_QUOTE_MARKS: tuple[dict[str, str], ...] = (
    {},
    {'"': "&quot;"},
    {'"': "&quot;", "'": "&#x27;"},
    {'"': "&quot;", "'": "&apos;"},
    {'"': "&#34;", "'": "&#39;"},
)
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ESCAPED_FOR_SCRIPTS = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e"}


def all_forms(value: str) -> dict[str, str]:
    """Every form of a text with the form's name, such as ``base64`` or ``JSON in XML``."""
    found = {value: "plain"}
    for name, encode in _ENCODINGS.items():
        for text in encode(value):
            found.setdefault(text, name)
    packed = {core: "base64" for text in (value, json.dumps(value)[1:-1]) for core in _base64(text.encode())}
    found = packed | {value.encode().hex(): "hexadecimal", value.encode().hex().upper(): "hexadecimal"} | found
    for text, inner in list(found.items()):
        for outer, encode in _ENCODINGS.items():
            for again in encode(text):
                found.setdefault(again, f"{inner} in {outer}")
    return found


def _url(text: str) -> Iterator[str]:
    for quoted in (*(quote(text, safe=safe) for safe in _UNQUOTED), quote_plus(text)):
        yield quoted
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)


def _json(text: str) -> Iterator[str]:
    for ascii_only in (True, False):
        dumped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield dumped
        yield dumped.replace("/", "\\/")
        yield _replaced(dumped, _ESCAPED_FOR_SCRIPTS)
    yield re.sub(r"\\u[0-9a-f]{4}", lambda found: "\\u" + found[0][2:].upper(), json.dumps(text)[1:-1])


def _xml(text: str) -> Iterator[str]:
    for marks in _QUOTE_MARKS:
        escaped = _replaced(_replaced(text, _MARKUP), marks)
        yield escaped
        yield escaped.encode("ascii", "xmlcharrefreplace").decode()


def _repr(text: str) -> Iterator[str]:
    """The inside of a representation, in which a single quote is escaped if the whole text holds both kinds."""
    for represent in (repr, ascii):
        yield represent(text)[1:-1]
        yield represent('"' + text)[2:-1]
    yield repr(text.encode())[2:-1]


def _base64(data: bytes) -> Iterator[str]:
    """What of ``data`` is the same in base64 wherever it begins, in both alphabets."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data).decode()
        first = (0, 2, 3)[offset]
        last = (offset + len(data)) * 8 // 6
        yield encoded[first:last]
        yield encoded[first:last].replace("+", "-").replace("/", "_")


def _replaced(text: str, replacements: dict[str, str]) -> str:
    for old, new in replacements.items():
        text = text.replace(old, new)
    return text


_ENCODINGS: dict[str, Callable[[str], Iterator[str]]] = {"URL": _url, "JSON": _json, "XML": _xml, "repr": _repr}
