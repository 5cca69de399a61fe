"""Signatures of messages by keys that nobody has to know: the empty one of a sender who is not known, and usual ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from typing import TYPE_CHECKING

from SecurityLibrary.sending.request_building import encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

REFUSED = (400, 401, 403)
KEYS = ("", "secret", "changeme", "webhook", "test", "undefined", "null", "None")
# Whose key it is: by such a property of the message the receiver looks it up.
SENDER = re.compile(
    r"(?i)provider|source|sender|issuer|partner|tenant|account|merchant|client|app|channel|vendor|integration|kid|key|origin|from|shop"
)
MOST_SENDERS = 3
FORMS: tuple[Callable[[bytes, bytes], str], ...] = (
    lambda key, body: _digest(key, body, "sha256").hex(),
    lambda key, body: f"sha256={_digest(key, body, 'sha256').hex()}",
    lambda key, body: base64.b64encode(_digest(key, body, "sha256")).decode(),
    lambda key, body: _digest(key, body, "sha1").hex(),
    lambda key, body: f"sha1={_digest(key, body, 'sha1').hex()}",
)


def taken(scan: Scan, operation: ScanOperation, header: str) -> tuple[str, list[Exchange]] | None:
    """By which key a signature is taken, with two answers; None where none is.

    What is answered otherwise than a made-up signature of the same message has passed the check, whatever becomes of it.
    """
    for what, body in _messages(scan, operation):
        wrong = _sent(scan, operation, header, body, f"{scan.random.getrandbits(256):064x}")
        if wrong.status not in REFUSED:
            continue
        for key in KEYS if not what else KEYS[:1]:
            for form in (*FORMS, _with_time):
                answer = _sent(scan, operation, header, body, form(key.encode(), body))
                if not _passed(answer, wrong):
                    continue
                again = _sent(scan, operation, header, body, form(key.encode(), body))
                still = _sent(scan, operation, header, body, f"{scan.random.getrandbits(256):064x}")
                if _passed(again, still) and still.status == wrong.status:
                    return f"{f'the key {key!r}' if key else 'an empty key'}{what}", [answer, again]
    return None


def _messages(scan: Scan, operation: ScanOperation) -> Iterator[tuple[str, bytes]]:
    """The message of the description, and the same from senders that there are not."""
    content = scan.sender.builder.composed(operation, {}, None, raw=False)[2]
    yield "", encoded(operation, content, {})[0]
    if not operation.takes_json or not isinstance(content, dict):
        return
    senders = [name for name, value in content.items() if isinstance(value, str) and SENDER.search(name)]
    for name in senders[:MOST_SENDERS]:
        changed = content | {name: f"qa{scan.random.number()}"}
        yield f", for a {name} that there is not", json.dumps(changed).encode()


def _sent(scan: Scan, operation: ScanOperation, header: str, body: bytes, signature: str) -> Exchange:
    return scan.sender.send(operation, None, headers={header: signature}, body=body)


def _passed(answer: Exchange, wrong: Exchange) -> bool:
    """Whether an answer is none about the signature; errors of the server tell nothing."""
    return answer.status != wrong.status and answer.status not in (0, 429, *REFUSED) and answer.status < 500  # noqa: PLR2004


def _digest(key: bytes, body: bytes, kind: str) -> bytes:
    return hmac.new(key, body, kind).digest()


def _with_time(key: bytes, body: bytes) -> str:
    """A signature of the moment and the message, as payment services send it."""
    now = int(time.time())
    return f"t={now},v1={hmac.new(key, f'{now}.'.encode() + body, hashlib.sha256).hexdigest()}"
