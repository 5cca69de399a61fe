"""Operations of a contract for checks of all of them: which want an identity, which are not sent, and paths to send them to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_qa.openapi import Operation
    from theodore_qa.systems.contract import Contract
    from theodore_qa.systems.system import System

MADE_UP = "made-up-and-worthless"
TOKEN = "not.a.token"  # noqa: S105  # the form of one


def that_want_an_identity(contract: Contract) -> list[Operation]:
    """The operations that are not for everybody: by the description's list of public ones, or by the contract's security."""
    public = contract.entry.public
    if public:
        known = {" ".join(contract.located(name)) for name in public}
        return [operation for operation in contract.needed.operations if contract.label(operation) not in known]
    return [one for one in contract.needed.operations if one.security and {} not in one.security]


def not_sent(system: System, operation: Operation) -> str:
    """Why the description has an operation never sent; empty if it is sent."""
    skip = system.declared.skip or {}
    reasons = skip if isinstance(skip, dict) else dict.fromkeys(skip, "no reason given")
    label = system.contract.label(operation)
    return next((reason for name, reason in reasons.items() if " ".join(system.located(name)) == label), "")


def made_up_path(contract: Contract, operation: Operation) -> str:
    """A path of an operation with made-up values of the types of its parameters."""
    values = {
        one.name: samples.sample(contract.needed, one.schema) if one.schema else MADE_UP
        for one in operation.parameters
        if one.location == "path"
    }
    return re.sub(r"\{([^}]+)\}", lambda match: quote(str(values.get(match[1], MADE_UP)), safe=""), operation.path)


def made_up_credentials(system: System) -> Iterator[tuple[str, dict[str, str]]]:
    """Credentials that are nobody's: none, a token, and a key for each header of the contract's security schemes."""
    yield "nothing", {}
    yield "a token", system.shown(TOKEN)
    headers = {
        str(scheme["name"])
        for scheme in system.contract.needed.security_schemes.values()
        if scheme.get("type") == "apiKey" and scheme.get("in") == "header" and "name" in scheme
    }
    for name in sorted(headers):
        yield f"a key in {name}", {name: MADE_UP}
