"""Other spellings of a name that sign in as the name does, and whether a limit of wrong passwords knows that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.accounts import account_to_change, LOCKED, wrong_passwords
from SecurityLibrary.pacing import TOO_MANY
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

LIMITED = (TOO_MANY, LOCKED)


def spelt_otherwise(name: str) -> list[str]:
    """A name in other letters, and with a space before or behind it."""
    mixed = "".join(letter.upper() if index % 2 else letter for index, letter in enumerate(name))
    return [spelt for spelt in dict.fromkeys((name.upper(), name.lower(), mixed, f" {name}", f"{name} ")) if spelt != name]


def beyond_limit(scan: Scan, most: int) -> list[Exchange] | None:
    """Three tries with a wrong password after the limit: spelt otherwise, plainly, spelt otherwise; only the second was limited.

    Empty where the limit knows every spelling; None where no account may be tried, no other spelling signs in, or up to ``most``
    tries are not limited. The account is one that the scan registers, or one that may be locked.
    """
    try:
        account = account_to_change(scan)
    except NotEvaluatedError:
        return None
    source = scan.client.elsewhere()

    def enters(name: str) -> bool:
        answer = scan.authenticator.try_sign_in(name, account.password(), source=source)
        return bool(scan.authenticator.token_in(answer))

    if not enters(account.username):
        return None
    same = [spelt for spelt in spelt_otherwise(account.username) if enters(spelt)]
    if not same or wrong_passwords(scan, account.username, most, source)[-1].outcome not in LIMITED:
        return None
    for spelt in same:
        names = (spelt, account.username, spelt)
        tries = [scan.authenticator.try_sign_in(name, f"Wrong-{scan.random.number()}", source=source) for name in names]
        if [answer.outcome in LIMITED for answer in tries] == [False, True, False]:
            return tries
    return []
