"""The secrets of this process, found in whatever encoding they stand, and replaced by ``***``."""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "***"
SHORTEST = 6
_SHAPES = (
    ("a JSON Web Token", r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    ("a credential of a header", r"(?i:(?<=\bBearer )|(?<=\bBasic )|(?<=X-API-Key: )|(?<=x-api-key': '))[A-Za-z0-9._~+/=-]{8,}"),
)


class SecretRegistry:
    """Secrets with their names; each is known in every form in which a log may hold it."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()

    def add(self, value: str, name: str = "") -> None:
        """Keep ``value`` out of everything from here on; one of fewer than 6 characters would blot out ordinary text."""
        if len(value) < SHORTEST:
            raise ValueError(f"The secret {name or 'given'} has fewer than {SHORTEST} characters: use a longer one.")
        with self._lock:
            if value not in self._names:
                self._names[value] = name or "a secret"
                self._pattern = None

    def redact(self, text: str) -> str:
        """``text`` without its secrets; applying it twice changes nothing more."""
        return self.pattern().sub(MARK, text)

    def pattern(self) -> re.Pattern[str]:
        """What matches any secret in any form, the longest first."""
        with self._lock:
            if self._pattern is None:
                forms = {form for value in self._names for _, form in all_forms(value)}
                known = sorted(forms, key=lambda form: (-len(form), form))
                self._pattern = re.compile("|".join(chain(map(re.escape, known), (shape for _, shape in _SHAPES))))
            return self._pattern

    def find(self, text: str) -> Iterator[tuple[str, str]]:
        """Name and form of each secret that stands in ``text``."""
        if not self.pattern().search(text):
            return
        for value, name in list(self._names.items()):
            for form, encoded in all_forms(value):
                if encoded in text:
                    yield name, form
                    break
        for shape, expression in _SHAPES:
            if re.search(expression, text):
                yield shape, "plain"


def all_forms(value: str) -> Iterator[tuple[str, str]]:
    """Every form of a secret with its name: one encoding, or one inside the markup of another."""
    for form, encoded in _forms(value):
        yield form, encoded
        for outer, wrapped in (
            ("XML", html.escape(encoded)),
            ("XML", html.escape(encoded, quote=False)),
            ("JSON", json.dumps(encoded)[1:-1]),
        ):
            if wrapped != encoded:
                yield f"{form} in {outer}", wrapped


def _forms(value: str) -> Iterator[tuple[str, str]]:
    yield "plain", value
    for quoted in {quote(value), quote(value, safe=""), quote_plus(value)} - {value}:
        yield "URL", quoted
        yield "URL", re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), quoted)
    for dumped in {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]} - {value}:
        yield "JSON", dumped
        yield "JSON", dumped.replace("/", "\\/")
    if "/" in value:
        yield "JSON", value.replace("/", "\\/")
    for escaped in {html.escape(value), html.escape(value, quote=False), html.escape(value).replace("&#x27;", "&apos;")} - {
        value
    }:
        yield "XML", escaped
    for shown in {repr(value)[1:-1], ascii(value)[1:-1], repr(value.encode())[2:-1]} - {value}:
        yield "repr", shown
    yield from (("base64", part) for part in _base64(value.encode()))


def _base64(data: bytes) -> Iterator[str]:
    """What of ``data`` is the same in base64 wherever it begins, in both alphabets."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data)
        first = (0, 2, 3)[offset]
        rest = (offset + len(data)) % 3
        last = len(encoded) - (4 if rest else 0) + (0, 2, 3)[rest] - (1 if rest else 0)
        core = encoded[first:last].decode()
        if len(core) >= SHORTEST:
            yield core
            yield core.replace("+", "-").replace("/", "_")


secrets = SecretRegistry()


def redact(text: str) -> str:
    """``text`` without the secrets of this process."""
    return secrets.redact(text)
