"""Operations of a contract: which need an identity, which are skipped, and synthetic paths and invalid credentials for them."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from theodore_qa.openapi import Operation
    from theodore_qa.systems.contract import Contract
    from theodore_qa.systems.system import System

SYNTHETIC = "made-up-and-worthless"
INVALID_TOKEN = "not.a.token"  # noqa: S105  # the form of one


def needing_identity(contract: Contract) -> list[Operation]:
    """The operations that need an identity, by the description's list of public ones or by the contract's security."""
    public = contract.entry.public
    if public:
        known = {" ".join(contract.located(name)) for name in public}
        return [operation for operation in contract.needed.operations if contract.label(operation) not in known]
    return [operation for operation in contract.needed.operations if operation.security and {} not in operation.security]


def not_sent(system: System, operation: Operation) -> str:
    """Why the description skips an operation; empty if it does not."""
    skip = system.declared.skip or {}
    reasons = skip if isinstance(skip, dict) else dict.fromkeys(skip, "no reason given")
    label = system.contract.label(operation)
    return next((reason for name, reason in reasons.items() if " ".join(system.located(name)) == label), "")


def good_values(system: System) -> dict[str, Any]:
    """The good values of the description by the name of a parameter; the first one where it has several."""
    given = system.declared.values or {}
    return {name: value[0] if isinstance(value, list) and value else value for name, value in given.items()}


def good_path(system: System, operation: Operation) -> str:
    """A path of an operation with the good values of the description, and its required query; what has none is synthetic."""
    from theodore_qa.openapi import samples

    values = good_values(system)
    query = {
        parameter.name: values.get(parameter.name, samples.sample(system.contract.needed, parameter.schema))
        for parameter in operation.parameters
        if parameter.location == "query" and parameter.required
    }
    path = synthetic_path(system.contract, operation, values)
    return path + (f"?{urlencode(query, doseq=True)}" if query else "")


def synthetic_path(contract: Contract, operation: Operation, known: Mapping[str, Any] | None = None) -> str:
    """A path of an operation with synthetic values of the types of its parameters, but for ``known`` ones."""
    from theodore_qa.openapi import samples

    values = {
        parameter.name: samples.sample(contract.needed, parameter.schema) if parameter.schema else SYNTHETIC
        for parameter in operation.parameters
        if parameter.location == "path"
    } | dict(known or {})
    return re.sub(r"\{([^}]+)\}", lambda match: quote(str(values.get(match[1], SYNTHETIC)), safe=""), operation.path)


def invalid_credentials(system: System) -> Iterator[tuple[str, dict[str, str]]]:
    """Credentials of no identity: none, a token, and a key for each header of the contract's security schemes."""
    yield "nothing", {}
    yield "a token", system.token_headers(INVALID_TOKEN)
    headers = {
        str(scheme["name"])
        for scheme in system.contract.needed.security_schemes.values()
        if scheme.get("type") == "apiKey" and scheme.get("in") == "header" and "name" in scheme
    }
    for name in sorted(headers):
        yield f"a key in {name}", {name: SYNTHETIC}
