"""Sign-ins without a password: it is left out, or in its place is what no password can be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.operations import is_json
from SecurityLibrary.identities.accounts import account_to_change

if TYPE_CHECKING:
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

ELSEWHERE = "qaUnused"  # a place that no sign-in reads
IN_PLACE: tuple[tuple[str, Any], ...] = (
    ("with null as the password", None),
    ("with true as the password", True),
    ("with 0 as the password", 0),
    ("with an empty list as the password", []),
)


def taken(scan: Scan) -> tuple[str, list[Exchange]] | None:
    """How an account signs in without its password, with two answers; None where it does not.

    The account is one that the scan registers, or one that may be locked. A wrong password does not sign it in, and a name that
    there is not does not get in so.

    Raises:
        NotEvaluatedError: There is no such account.
    """
    authenticator, way = scan.authenticator, scan.authenticator.way
    account, nobody = account_to_change(scan), f"qa-nobody-{scan.random.number()}"
    tries: list[tuple[str, str, Any]] = [("without a password", ELSEWHERE, ""), ("with an empty password", way.password, "")]
    tries += [(how, way.password, value) for how, value in IN_PLACE] if is_json(way.media) else []
    for how, place, value in tries:

        def entered(name: str, password: Any, place: str = place) -> Exchange:
            by = replace(way, password=place)
            return authenticator.try_sign_in(name, password, way=by, source=scan.client.elsewhere())

        answers = [entered(account.username, value)]
        if not authenticator.token_in(answers[0]):
            continue
        answers.append(entered(account.username, value))
        others = [entered(account.username, f"Wrong-{scan.random.number()}", way.password), entered(nobody, value)]
        if authenticator.token_in(answers[1]) and not any(map(authenticator.token_in, others)):
            return how, answers
    return None
