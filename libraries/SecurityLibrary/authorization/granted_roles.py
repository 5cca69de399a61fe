"""Rights that somebody without them gives to others: in invitations, memberships and their like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary.description.nouns import noun_of, USER_NOUNS
from SecurityLibrary.description.protected_properties import find
from SecurityLibrary.identities.accounts import registering
from SecurityLibrary.identities.registrations import new_name, plain
from SecurityLibrary.proof.effects import done

if TYPE_CHECKING:
    from typing import Any

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

ABOUT_PEOPLE = re.compile(r"(?i)invit|member|user|account|people|person|team|staff|collaborat|grant|share|access")
NAMES = re.compile(r"mail|^username$|^login$")
RIGHTS = re.compile(r"(?:user|member|access|account|team)?(?:role|roles)|accesslevel|privilege|permissions?")


def granted(scan: Scan, operation: ScanOperation) -> tuple[InsertableParameter, list[Exchange]] | None:
    """The place where an ordinary identity gave the administrator's role to somebody who does not exist, twice; else None.

    A made-up role has to be refused: a text that may be anything is no right.
    """
    sender = scan.plan.identity_for(operation)
    administrator = scan.target.administrator
    if operation.method != "POST" or operation.admin or not ABOUT_PEOPLE.search(operation.path) or operation in registering(scan):
        return None
    if sender is None or administrator is None or sender.role == "admin":
        return None
    if any(noun_of(operation, each) in USER_NOUNS for each in operation.parameters):
        return None  # it is about an account that there is: its rights are not changed for a trial
    highest = _role(scan, administrator) or "admin"
    if _role(scan, sender) == highest:
        return None
    for parameter in operation.parameters:
        if parameter.location != "body" or not RIGHTS.fullmatch(plain(parameter)):
            continue
        scan.plan.control(operation, sender)

        def sent(value: str, place: InsertableParameter = parameter) -> Exchange:
            somebody = {each: new_name(scan.random, each) for each in operation.parameters if NAMES.search(plain(each))}
            given: dict[InsertableParameter, Any] = {**somebody, place: [value] if place.kind == "array" else value}
            return scan.sender.send(operation, sender, given)

        if done(sent(f"qa-role-{scan.random.number()}")):
            continue
        twice = [sent(highest) for _ in range(2)]
        name = parameter.name.rpartition(".")[2]
        if all(answer.ok and find(answer.body, name) in (highest, [highest]) for answer in twice):
            return parameter, twice
    return None


def _role(scan: Scan, identity: Any) -> str:
    """An identity's role as the API reports it to them."""
    roles = (find(body, "role") for body in scan.objects.about(identity))
    return next((role for role in roles if isinstance(role, str)), "")
