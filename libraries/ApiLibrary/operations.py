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

SYNTHETIC = "made-up-and-worthless"
INVALID_TOKEN = "not.a.token"  # noqa: S105  # the form of one


def needing_identity(contract: Contract) -> list[Operation]:
    """The operations that are not for everybody: by the description's list of public ones, or by the contract's security."""
    public = contract.entry.public
    if public:
        known = {" ".join(contract.located(name)) for name in public}
        return [operation for operation in contract.needed.operations if contract.label(operation) not in known]
    return [operation for operation in contract.needed.operations if operation.security and {} not in operation.security]


def not_sent(system: System, operation: Operation) -> str:
    """Why the description has an operation never sent; empty if it is sent."""
    skip = system.declared.skip or {}
    reasons = skip if isinstance(skip, dict) else dict.fromkeys(skip, "no reason given")
    label = system.contract.label(operation)
    return next((reason for name, reason in reasons.items() if " ".join(system.located(name)) == label), "")


def synthetic_path(contract: Contract, operation: Operation) -> str:
    """A path of an operation with made-up values of the types of its parameters."""
    values = {
        parameter.name: samples.sample(contract.needed, parameter.schema) if parameter.schema else SYNTHETIC
        for parameter in operation.parameters
        if parameter.location == "path"
    }
    return re.sub(r"\{([^}]+)\}", lambda match: quote(str(values.get(match[1], SYNTHETIC)), safe=""), operation.path)


def invalid_credentials(system: System) -> Iterator[tuple[str, dict[str, str]]]:
    """Credentials that are nobody's: none, a token, and a key for each header of the contract's security schemes."""
    yield "nothing", {}
    yield "a token", system.shown(INVALID_TOKEN)
    headers = {
        str(scheme["name"])
        for scheme in system.contract.needed.security_schemes.values()
        if scheme.get("type") == "apiKey" and scheme.get("in") == "header" and "name" in scheme
    }
    for name in sorted(headers):
        yield f"a key in {name}", {name: SYNTHETIC}
