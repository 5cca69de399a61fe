"""Tokens in the answers to a sign-in: where they stand, what they say, and how they are kept out of logs."""

from __future__ import annotations

import re
import time
from typing import Any, TYPE_CHECKING

from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

SHORTEST_TOKEN = 6
# No words, dates, or addresses.
OPAQUE = re.compile(r"(?=\S*\d|\S*[a-z]\S*[A-Z])(?!\d{4}-\d\d-\d\d)(?!\w+://)[A-Za-z0-9._~+/=-]{10,}")
SIGNED = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+")
TELLING = re.compile(r"(?i)token|secret|session|jwt|key|password|credential|ticket|bearer|cookie")


def kept_secret(value: Any, name: str) -> str:
    """What was found where a token is meant to be, kept out of everything that is shown; empty if it is none."""
    if not isinstance(value, str) or len(value) < SHORTEST_TOKEN:
        return ""
    secrets.add(value, name)
    return value


def kept_unsigned(value: Any, name: str) -> str:
    """As :func:`kept_secret`; a JSON Web Token is known by its form, and looking for many of them word by word is slow."""
    return value if isinstance(value, str) and SIGNED.fullmatch(value) else kept_secret(value, name)


def keep_tokens(answer: Exchange, whose: str, *, anywhere: bool) -> None:
    """Keep the tokens in a successful answer to a sign-in out of everything that is shown.

    By default those are opaque values below a telling name; with ``anywhere``, for an answer that lacks the token that is looked
    for, all opaque values.
    """
    if not answer.ok and not answer.location:
        return
    leaves = pointers.leaves(answer.body) if answer.body is not None else [("token", text) for text in answer.text.split()]
    for name, value in leaves:
        if isinstance(value, str) and OPAQUE.fullmatch(value) and (anywhere or TELLING.search(name)):
            secrets.add(value, f"token of {whose}")


def cookie_in(answer: Exchange, name: str) -> str:
    """The value of a cookie that an answer sets; empty if it sets none of this name."""
    given = (cookie.partition(";")[0].partition("=") for cookie in answer.cookies)
    return next((value for known, _, value in given if known == name), "")


def end_of(token: str, answer: Exchange | None, lasts: str) -> float | None:
    """When a token ends, in seconds since 1970: as it says itself, or as the answer says that brought it."""
    claims = claims_of(token)
    ends = claims[1].get("exp") if claims else None
    if isinstance(ends, int | float):
        return float(ends)
    seconds = pointers.found(answer.body, lasts) if answer is not None and lasts else None
    return time.time() + seconds if isinstance(seconds, int | float) else None


def claims_of(token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Header and claims of a JSON Web Token; None if it is none."""
    if token.count(".") != 2:  # noqa: PLR2004  # header, claims, signature
        return None
    import jwt  # whose import takes as long as a request

    try:
        decoded = jwt.decode_complete(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return None
    return decoded["header"], decoded["payload"]
