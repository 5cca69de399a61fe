"""A request as a line for curl, with which a person sends it again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from theodore_qa.redaction.secrets import redact, secrets, shortened
from theodore_qa.systems.exchange import SECRET_HEADERS

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

LONGEST_BODY = 800


def line(exchange: Exchange) -> str:
    """The command that sends the request of an exchange; in place of credentials stands what to put there."""
    hidden = {*SECRET_HEADERS, *secrets.headers}
    parts = ["curl", "-i", "--path-as-is", "-X", exchange.method]
    for name, value in exchange.sent_headers.items():
        lower = name.lower()
        if lower == "content-length" or (lower == "host" and value in exchange.url):
            continue
        secret = lower in hidden and value
        parts += ["-H", shlex.quote(f"{name}: {f'<{lower} of the identity>' if secret else shortened(value, LONGEST_BODY)}")]
    if exchange.sent_body:
        body = shortened(exchange.sent_body.decode("utf-8", "backslashreplace"), LONGEST_BODY)
        parts += ["--data-binary", shlex.quote(body)]
    return redact(" ".join([*parts, shlex.quote(shortened(f"{exchange.url}{exchange.path}", LONGEST_BODY))]))
