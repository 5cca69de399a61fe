"""The cookies of one user, as far as one host needs them: names and values, until they are taken back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TAKEN_BACK = re.compile(rb";\s*max-age\s*=\s*(-\d+|0)\s*(;|$)|;\s*expires\s*=[^;]*\b(19\d\d|200\d)\b", re.IGNORECASE)
END_OF_HEADERS = b"\r\n\r\n"


class Cookies:
    """What a user was given by ``Set-Cookie``. Paths and domains are not looked at: a load has one host."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.values)

    def take(self, given: Iterable[bytes]) -> None:
        """Keep what an answer gives, and drop what it takes back."""
        for header in given:
            name, _, value = header.partition(b";")[0].strip().partition(b"=")
            if TAKEN_BACK.search(header):
                self.values.pop(name, None)
            elif name:
                self.values[name] = value

    def header(self, own: str) -> str:
        """The value of a header with these cookies, after those that a request has itself."""
        given = b"; ".join(b"%s=%s" % pair for pair in self.values.items()).decode("latin-1")
        return f"{own}; {given}" if own else given

    def sent_with(self, request: bytes) -> bytes:
        """A request with these cookies; those that it has itself stand before them."""
        head, _, body = request.partition(END_OF_HEADERS)
        pairs = b"; ".join(b"%s=%s" % pair for pair in self.values.items())
        lines = head.split(b"\r\n")
        own = next((number for number, line in enumerate(lines) if line.lower().startswith(b"cookie:")), None)
        if own is None:
            lines.append(b"Cookie: " + pairs)
        else:
            lines[own] += b"; " + pairs
        return b"\r\n".join(lines) + END_OF_HEADERS + body
