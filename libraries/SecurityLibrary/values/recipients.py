"""Values that name somebody: another account as the recipient of a request, and what a system reports to an account of itself."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.identities.made_identity import MadeIdentity
    from SecurityLibrary.sending.sender import Sender
    from theodore_qa.systems.identities import Identity

WHO = re.compile(
    r"(?i)^(?:to|recipient|receiver|payee|beneficiary|addressee|invitee|friend)(?:_?(?:user(?:_?name)?|account|e?_?mail|name))?$"
)
GIVEN_CODE = re.compile(r"(?i)(?:^|_)(?:code|referral|invitation|invite|promo)(?:_?code)?$|[a-z]Code$")
MOST = 3


def found(
    sender: Sender, somebody: Callable[[], MadeIdentity | None], operation: ScanOperation, identity: Identity | None
) -> bool:
    """Whether an operation takes the name of an account of the scan's own, or a code that is reported to its sender as their own.

    It is kept for the requests that follow.
    """
    name = identity.name if identity else ""
    for parameter in operation.parameters:
        key = (str(operation), str(parameter), name)
        if parameter.location != "body" or parameter.kind != "string" or key in sender.builder.found:
            continue
        for value in _values(sender, somebody, parameter, identity):
            if sender.send(operation, identity, {parameter: value}).ok:
                sender.builder.found[key] = value
                return True
    return False


def _values(
    sender: Sender, somebody: Callable[[], MadeIdentity | None], parameter: InsertableParameter, identity: Identity | None
) -> Iterator[Any]:
    last = parameter.name.rpartition(".")[2]
    if WHO.match(last) and (account := somebody()) is not None:
        yield from dict.fromkeys((account.username, account.called(last)))
    if GIVEN_CODE.search(last) and identity is not None:
        reported = (value for body in sender.objects.about(identity) for value in _called(body, last.lower()))
        yield from list(dict.fromkeys(reported))[:MOST]


def _called(body: Any, name: str) -> Iterator[str]:
    """The texts of a body that are called by a name, or by its end or beginning: ``code`` and ``referral_code``."""
    if isinstance(body, dict):
        for key, value in body.items():
            plain = str(key).lower()
            alike = plain == name or plain.endswith(f"_{name}") or name.endswith(f"_{plain}") or plain.replace("_", "") == name
            if alike and isinstance(value, str) and value:
                yield value
            yield from _called(value, name)
    elif isinstance(body, list):
        for item in body:
            yield from _called(item, name)
