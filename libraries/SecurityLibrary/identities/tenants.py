"""Tenants by name: which parameters and headers name one, and what an identity's own is called."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from SecurityLibrary.description.operations import InsertableParameter
    from theodore_qa.systems.identities import Identity

TENANT = re.compile(r"(?i)(?:x[-_])?(tenant|org|organi[sz]ation|workspace)([-_]?(id|name|slug|key))?")
# What is a tenant in a header alone: in a body or a query these names mean much else.
IN_HEADER = re.compile(
    r"(?i)x[-_](?:selected[-_]|active[-_]|current[-_])?(company|account|client|customer|team|group|site|shop|store|school|merchant"
    r"|realm|domain|project|space|business)([-_]?(id|name|slug|key|code))?"
)
# Headers that are tried where the description has none.
HEADERS = (
    "X-Tenant", "X-Tenant-Id", "X-Tenant-Name", "X-Org", "X-Org-Id", "X-Organization", "X-Organization-Id", "X-Workspace",
    "X-Workspace-Id", "X-Company", "X-Company-Id", "X-Account", "X-Account-Id", "X-Client-Id", "X-Customer-Id", "Tenant",
)  # fmt: skip
IN_ANSWER = re.compile(r"(?i)(tenant|org|organi[sz]ation|workspace|company|team)([-_]?(id|name|slug|key|code))?")
MOST_VALUES = 3


def noun(parameter: InsertableParameter) -> str:
    """What a parameter calls a tenant that it names; empty if it names none."""
    found = TENANT.fullmatch(parameter.name) or (parameter.location == "header" and IN_HEADER.fullmatch(parameter.name))
    return found[1].lower() if found else ""


def own(identity: Identity, parameter: InsertableParameter, about: Iterable[Any]) -> Any:
    """An identity's own tenant for a parameter: as answers ``about`` the identity have it, or the description; else None."""
    if not (named := noun(parameter)):
        return None
    plain = re.sub(r"(?i)^x[-_]", "", parameter.name)
    keys = dict.fromkeys((parameter.name, plain, plain.lower(), named, f"{named}_id", f"{named}Id"))
    values = (body.get(key) for body in about if isinstance(body, dict) for key in keys)
    found = next((value for value in values if isinstance(value, str | int)), None)
    return found if found is not None else identity.tenant if identity.tenant != "default" else None


def values_of(identity: Identity, about: Iterable[Any]) -> list[Any]:
    """All that an identity's tenant is called: by the description, and by answers about the identity."""
    named = [] if identity.tenant == "default" else [identity.tenant]
    return list(dict.fromkeys([*named, *(value for body in about for value in _named(body))]))[:MOST_VALUES]


def _named(body: Any) -> Iterator[Any]:
    for name, value in body.items() if isinstance(body, dict) else ():
        if IN_ANSWER.fullmatch(str(name)) and isinstance(value, str | int) and not isinstance(value, bool) and value:
            yield value
        elif isinstance(value, dict):
            yield from (
                (inner for key, inner in value.items() if key in ("id", "slug", "name") and isinstance(inner, str | int))
                if IN_ANSWER.fullmatch(str(name))
                else _named(value)
            )
