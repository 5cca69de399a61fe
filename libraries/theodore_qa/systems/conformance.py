"""Answers of a system held to its contract by keywords; what is wrong with them was found when they came, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.timing import show

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.system import System

EXPECTED = "the status and body of the contract"
MOST_SHOWN = 5


def conform(checks: Checks, check: str, *exchanges: Exchange, heard: bool = False) -> None:
    """Record whether answers are as their system's contract has them.

    It is aside of the promise of a use case, which goes on: other tests are named for the contract, whose keywords want it to
    be ``heard``. An answer that was recorded or cached is none, whatever is tested.
    """
    found = list(dict.fromkeys(violation for exchange in exchanges for violation in (*exchange.violations, *exchange.stale)))
    undecided = list(dict.fromkeys(reason for exchange in exchanges for reason in exchange.undecided))
    if undecided and not found:
        checks.not_evaluated(check, EXPECTED, "; ".join(undecided))
        return
    aside = not any(exchange.stale for exchange in exchanges)
    observed = "; ".join(found) or seen(*exchanges)
    checks.that(check, not found, EXPECTED, observed, n=len(exchanges), aside=aside, heard=heard and aside)


def answered(checks: Checks, check: str, status: int, exchange: Exchange) -> bool:
    """Record whether an answer has the expected status; returns whether it has."""
    request = f"{exchange.method} {exchange.path}"
    observed = f"status {exchange.status}" + ("" if request in checks.subject else f" for {request}")
    return checks.that(check, exchange.status == status, f"status {status}", observed)


def conform_to_document(checks: Checks, check: str, system: System, exchange: Exchange) -> None:
    """As :func:`conform`; an operation that the document does not have is an error, one that is not understood NOT EVALUATED."""
    contract = system.contract
    operation = contract.operation(exchange.method, exchange.path)
    if reason := contract.not_evaluated(operation):
        checks.not_evaluated(check, "an operation that is understood", f"{operation.label} of {contract.name}: {reason}")
        return
    conform(checks, check, exchange, heard=True)


def conform_if_documented(checks: Checks, check: str, system: System, exchange: Exchange) -> None:
    """As :func:`conform`, for answers whose status a document may leave out, such as refusals."""
    if not system.strict and system.contract.undocumented(exchange):
        return
    conform(checks, check, exchange)


def seen(*exchanges: Exchange) -> str:
    """What came, as evidence shows it."""
    kinds = dict.fromkeys(f"{exchange.status} {exchange.media or 'without content'}" for exchange in exchanges)
    slowest = max((exchange.duration for exchange in exchanges), default=0.0)
    listed = ", ".join(list(kinds)[:MOST_SHOWN]) + (f" and {len(kinds) - MOST_SHOWN} more" if len(kinds) > MOST_SHOWN else "")
    return f"{listed} in {show(slowest)}"


def refuses(exchange: Exchange) -> bool:
    """Whether an answer refuses whoever asked: 401, 403, the way to a page for signing in, or errors of GraphQL without data."""
    return exchange.status in (401, 403) or exchange.asks_to_sign_in or exchange.without_data


def asks_for(challenge: str, scheme: str) -> bool:
    """Whether a WWW-Authenticate header asks for a scheme (RFC 9110, 11.6.1)."""
    return challenge.replace(",", " ").split(" ")[0].lower() == scheme.lower()


def refuse_unknown_status(status: int) -> None:
    """Raise for a number that is no status of HTTP."""
    if not 100 <= status <= 599:  # noqa: PLR2004  # RFC 9110, 15
        raise UsageError(f"{status} is no status of HTTP: expected a number from 100 to 599, such as 200.")
