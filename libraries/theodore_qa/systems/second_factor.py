"""The second factor of a sign-in: codes by time (TOTP, RFC 6238), each of which is good once."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_qa.systems.declared import SecondFactor
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

PERIOD = 30.0  # seconds for which a code is the present one, where nothing else is declared
_last: dict[tuple[str, float], int] = {}  # of each secret: a scan signs in beside the tests
_lock = threading.Lock()


def period_of(identity: Identity) -> float:
    """For how many seconds a code of an identity is the present one."""
    factor = identity.way.second_factor
    return factor.period if factor else PERIOD


def present(identity: Identity) -> int:
    """The number of the present period."""
    return int(time.time() // period_of(identity))


def fresh(identity: Identity) -> str:
    """A code that was not given before in this process, whoever signs in; where that of now was, it is waited for the next."""
    with _lock:
        period = period_of(identity)
        last = _last.get((identity.totp_env, period), 0)
        time.sleep(max(0.0, (last + 1) * period - time.time()))
        number = present(identity)
        _last[identity.totp_env, period] = number
    return code(identity, number)


def code(identity: Identity, number: int) -> str:
    """The code of an identity in the period of this number."""
    from pyotp import TOTP

    class Generator(TOTP):
        min_secret_length_bits = 80  # many systems give out 16 letters; whether that is enough is for them to answer

    secret = identity.secret(identity.totp_env)
    try:
        return Generator(secret.replace(" ", "")).generate_otp(number)
    except ValueError:
        raise UsageError(f"The variable {identity.totp_env} holds no secret in base32 (A to Z, 2 to 7).") from None


def another(identity: Identity) -> str:
    """A code of the identity for a time that is far off, which is none of those about now."""
    now = present(identity)
    about_now = {code(identity, number) for number in range(now - 5, now + 6)}
    return next(given for number in range(now + 10_000, now + 10_020) if (given := code(identity, number)) not in about_now)


def confirmed(
    send: Callable[..., Exchange], place: tuple[str, str], factor: SecondFactor, first: Exchange, given: str, **options: Any
) -> Exchange:
    """The answer to the second step of a sign-in with a code.

    Args:
        send: What sends it.
        place: Method and path of the second step.
        factor: How the code goes there.
        first: The answer to the first step, whose challenge and cookies go along.
        given: The code.
        options: For ``send``.
    """
    challenge = pointers.found(first.body, factor.challenge) if factor.challenge else None
    beside = {pointers.parts(factor.challenge)[-1]: challenge} if challenge is not None else {}
    cookies = "; ".join(cookie.partition(";")[0] for cookie in first.cookies)
    headers = {"Content-Type": "application/json"} | ({"Cookie": cookies} if cookies else {})
    return send(*place, headers, json.dumps({factor.code: given, **beside}).encode(), **options)
