"""Many sign-ins in one request of GraphQL, by aliases: whether a limit of wrong passwords counts each of them."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.identities.accounts import account_to_change, LOCKED, wrong_passwords
from SecurityLibrary.objects.identifiers import scalars
from SecurityLibrary.sending.pacing import TOO_MANY
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

MOST = 30  # tries, after which there is no limit
BEYOND = 5  # wrong passwords beside those that are allowed
RIGHT = "qaRight"
LIMITED = (TOO_MANY, LOCKED)


def location(scan: Scan) -> str:
    """The operation of the description that signs in, by which its query is distinguished from others of its path."""
    entered, name = scan.authenticator.operation, scan.authenticator.way.operation.partition("#")[2]
    label = f"{entered}#{name}"
    return label if any(str(each) == label for each in scan.target.operations) else entered


def query(scan: Scan, number: int, *, right: bool = False) -> str:
    """So many sign-ins a0, a1 and so on; with one more behind them that takes another password, from a variable of its own.

    Empty where the sign-in is no query, or its password no variable.
    """
    text = str((scan.authenticator.way.body or {}).get("query", ""))
    head, _, rest = text.partition("{")
    inner = rest.rpartition("}")[0].strip()
    aliases = [f"a{index}: {inner}" for index in range(number)]
    if right:
        name = re.escape(scan.authenticator.way.password.rpartition(".")[2])
        declared = re.search(rf"\${name}\s*:\s*([\w!]+)", head)
        if declared is None or ")" not in head:
            return ""
        before, _, after = head.rpartition(")")
        head = f"{before}, ${RIGHT}: {declared[1]}){after}"
        other = re.sub(rf"\${name}\b", f"${RIGHT}", inner)
        aliases.append(f"a{number}: {other}")
    return f"{head}{{{' '.join(aliases)}}}" if inner else ""


def beyond_limit(scan: Scan) -> tuple[int, list[Exchange]] | None:
    """How many wrong passwords are allowed one at a time, and two requests in which more of them did not keep the right one out.

    No requests where it was kept out. None where no account may be tried, or wrong passwords have no limit.

    Raises:
        NotEvaluatedError: Sign-ins are limited already, or the right password does not sign in.
    """
    source = scan.client.elsewhere()
    answers = wrong_passwords(scan, f"qa-nobody-{scan.random.number()}", MOST, source)
    if answers[0].outcome in LIMITED:
        raise NotEvaluatedError("sign-ins were limited already")
    if answers[-1].outcome not in LIMITED:
        return None
    allowed = len(answers) - 1
    try:
        account = account_to_change(scan)
    except NotEvaluatedError:
        return None
    text = query(scan, allowed + BEYOND, right=True)
    if not text:
        return None
    entered = scan.sender.try_sign_in(account.username, account.password())
    if not scan.authenticator.token_in(entered):
        raise NotEvaluatedError(f"the right password of an account was answered {entered.outcome}")
    tries = [_together(scan, text, account) for _ in range(2)]
    done = [answer for answer in tries if _holds_text(answer, f"a{allowed + BEYOND}")]
    return allowed, done if len(done) == len(tries) else []


def _together(scan: Scan, text: str, account: Identity) -> Exchange:
    variables: dict[str, Any] = dict((scan.authenticator.way.body or {}).get("variables") or {})
    more = {"query": text, "variables": variables | {RIGHT: account.password()}}
    return scan.sender.try_sign_in(account.username, f"Wrong-{scan.random.number()}", more=more)


def _holds_text(answer: Exchange, alias: str) -> bool:
    """Whether a sign-in of a request brought a text, as a token is."""
    data = answer.body.get("data") if isinstance(answer.body, dict) else None
    brought = data.get(alias) if isinstance(data, dict) else None
    return any(isinstance(value, str) and value for value in scalars(brought))
