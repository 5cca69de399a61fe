"""Other spellings of a name that sign in as the name does, and whether a limit of wrong passwords knows that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.identities.accounts import account_to_change, LOCKED, wrong_passwords
from SecurityLibrary.sending.pacing import TOO_MANY
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
    """Three tries after the limit: spelt otherwise, plainly, spelt otherwise; only the second was limited.

    Empty where the limit knows every spelling; None where no account may be tried, no other spelling signs in, or up to ``most``
    tries are not limited. The account is one that the scan registers, or one that may be locked. One that was limited before is
    tried with its right password, others with wrong ones.
    """
    try:
        account = account_to_change(scan)
    except NotEvaluatedError:
        return None
    name, right, source = account.username, account.password(), scan.client.elsewhere()

    def tried(spelt: str, password: str) -> Exchange:
        return scan.authenticator.try_sign_in(spelt, password, source=source)

    first = tried(name, right)
    if not scan.authenticator.token_in(first):
        return _limited_before(scan, name, right, source) if first.outcome in LIMITED else None
    same = [spelt for spelt in spelt_otherwise(name) if scan.authenticator.token_in(tried(spelt, right))]
    if not same or wrong_passwords(scan, name, most, source)[-1].outcome not in LIMITED:
        return None
    for spelt in same:
        tries = [tried(each, f"Wrong-{scan.random.number()}") for each in (spelt, name, spelt)]
        if [answer.outcome in LIMITED for answer in tries] == [False, True, False]:
            return tries
    return []


def _limited_before(scan: Scan, name: str, right: str, source: str) -> list[Exchange] | None:
    """The three tries for a name that is limited already: whoever enters by another spelling is not."""
    known = False
    for spelt in spelt_otherwise(name):
        tries = [scan.authenticator.try_sign_in(each, right, source=source) for each in (spelt, name, spelt)]
        entered = [bool(scan.authenticator.token_in(answer)) for answer in tries]
        if entered == [True, False, True] and tries[1].outcome in LIMITED:
            return tries
        known = known or tries[0].outcome in LIMITED
    return [] if known else None
