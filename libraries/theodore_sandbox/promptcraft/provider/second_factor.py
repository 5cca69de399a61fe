"""Codes of a second factor by time (RFC 6238), each of which is taken once."""

from __future__ import annotations

import base64
import hmac
import re
import struct
import time
from typing import TYPE_CHECKING

from theodore_sandbox import defects

if TYPE_CHECKING:
    from theodore_sandbox.common.settings import User

DIGITS = 6
OLDER = 20  # periods that a defect takes codes of


def code(secret: str, number: int) -> str:
    """The code of a secret in the period of this number (RFC 4226, 5.3)."""
    key = base64.b32decode(secret.replace(" ", "") + "=" * (-len(secret.replace(" ", "")) % 8))
    mac = hmac.digest(key, struct.pack(">Q", number), "sha1")
    found = struct.unpack(">I", mac[mac[-1] & 15 :][:4])[0] & 0x7FFFFFFF
    return str(found % 10**DIGITS).zfill(DIGITS)


def taken(user: User, given: str, used: set[tuple[str, int]]) -> bool:
    """Whether a code is one of a user's, of this period or the one before, and was not used; from now on it is."""
    if defects.on("any-code-taken"):
        return re.fullmatch(r"\d{6}", given) is not None
    now = int(time.time() // user.totp_period)
    oldest = now - (OLDER if defects.on("old-codes-taken") else 1)
    fitting = [number for number in range(oldest, now + 1) if hmac.compare_digest(code(user.totp, number), given)]
    if not fitting or ((user.username, fitting[-1]) in used and not defects.on("code-taken-twice")):
        return False
    used.add((user.username, fitting[-1]))
    return True
