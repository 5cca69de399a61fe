"""Many sign-ins in one request, as a list of bodies or of passwords: whether a limit of wrong passwords counts each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.description.operations import is_json
from SecurityLibrary.identities.accounts import account_to_change
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

BEYOND = 5  # wrong passwords beside those that are allowed
TWICE = 2
WAYS = ("a list of sign-ins", "a list of passwords")


def beyond_limit(scan: Scan, allowed: int) -> tuple[str, list[Exchange]] | None:
    """How more wrong passwords than are allowed went along with the right one, and two requests by which an account signed in.

    No requests where the right one was kept out. None where no account may be tried, or sign-ins are no JSON. The account is one
    that the scan registers, or one that may be locked.
    """
    if not is_json(scan.authenticator.way.media):
        return None
    try:
        account = account_to_change(scan)
    except NotEvaluatedError:
        return None
    if not scan.authenticator.token_in(scan.sender.try_sign_in(account.username, account.password())):
        return None
    for way in WAYS:
        done: list[Exchange] = []
        for _ in range(TWICE):
            answer = _together(scan, account, allowed + BEYOND, way)
            if answer is None:
                break
            done.append(answer)
        if len(done) == TWICE:
            return way, done
    return "", []


def _together(scan: Scan, account: Identity, wrong: int, way: str) -> Exchange | None:
    """The answer to many wrong passwords and the right one behind them, where it brings a token; else None."""
    source = scan.client.elsewhere()
    passwords = [f"Wrong-{scan.random.number()}-{index}" for index in range(wrong)]
    if way == WAYS[1]:
        answer = scan.authenticator.try_sign_in(account.username, [*passwords, account.password()], source=source)
        return answer if scan.authenticator.token_in(answer) else None
    answer = scan.authenticator.try_several(account.username, [*passwords, account.password()], source=source)
    return answer if scan.authenticator.tokens_in(answer)[-1] else None
