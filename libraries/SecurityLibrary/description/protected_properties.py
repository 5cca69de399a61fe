"""Properties that protect something: which ones are tried, with which values, and where they show."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from theodore_qa.openapi import Document

# Two values for each property: the second where the first is refused, or is there already.
PROTECTED: dict[str, tuple[Any, ...]] = {
    "role": ("admin", "system"),
    "is_admin": (True,),
    "admin": (True,),
    "is_verified": (True, False),
    "is_active": (False, True),
    "tenant": ("qa-tenant-1", "qa-tenant-2"),
    "tenant_id": ("qa-tenant-1", "qa-tenant-2"),
    "user_id": ("qa-user-1", "qa-user-2"),
    "owner": ("qa-user-1", "qa-user-2"),
    "owner_id": ("qa-user-1", "qa-user-2"),
    "balance": (424_242, 434_343),
    "credits": (424_242, 434_343),
    "price": (0.01, 0.02),
    "total": (0.01, 0.02),
    "status": ("approved", "paid"),
    "api_quota": ({"global": 424_242}, {"global": 434_343}),
    "created_at": ("1999-01-01T00:00:00Z", "1999-01-02T00:00:00Z"),
    "permissions": (["admin"], ["*"]),
    "scopes": (["admin"], ["*"]),
}
# Of the properties that an object shows beside those of its schema, the ones that would matter.
MATTERS = re.compile(
    r"(?i)role|admin|staff|super|verified|approv|active|locked|tenant|owner|balance|credit|quota|price|total|amount|discount|paid"
    r"|status|state|plan|tier|level|permission|scope|limit|score|rating|cost|fee|grade|rank|points"
)
# A flag of such a name says what somebody is, or may do.
OFFICES = re.compile(
    r"(?i)clerk|moderat|editor|manager|operator|owner|supervis|officer|agent|employee|librarian|curator|auditor|reviewer|author"
    r"|steward|internal|trusted|premium|vip|sudo|root|privileg|power"
)
LOCKS_OUT = re.compile(r"(?i)active|lock|enabled|suspend|banned|delet|verified")  # who is so may not sign in any more
GIVEN_BY_ITSELF = re.compile(r"(?i)(?:^|_)(?:uu)?id$|Id$|_at$|At$|time|date|etag|version|href|link|url|^self$")
OWNERSHIP = re.compile(r"(?i)tenant|owner|user|org|account")


def candidates(
    operation: ScanOperation, before: Any, read_only: set[str] | frozenset[str] = frozenset()
) -> dict[str, tuple[Any, ...]]:
    """Protected properties and values for them: usual ones, and those that an object shows beside those of the schema."""
    known = {parameter.pointer[0] for parameter in operation.parameters if parameter.location == "body"} | set(operation.body)
    known |= {parameter.pointer[-1] for parameter in operation.parameters if graphql.takes_variable(parameter)}
    properties = before if isinstance(before, dict) else {}
    camel = any(re.search(r"[a-z][A-Z]", name) for name in known | set(properties))
    named = {_styled(name, camel=camel): values for name, values in PROTECTED.items()}
    for name, value in properties.items():
        matters = MATTERS.search(name) or (isinstance(value, bool) and OFFICES.search(name))
        if (matters or name in read_only) and name not in named:
            named[name] = others_of(value)
    return {name: values for name, values in named.items() if name not in known and values}


def others_of(value: Any) -> tuple[Any, ...]:
    """Two values of a kind that are not usual."""
    if isinstance(value, bool):
        return (not value, value)
    return (424_242, 434_343) if isinstance(value, int | float) else ("admin", "premium") if isinstance(value, str) else ()


def marked_read_only(document: Document) -> set[str]:
    """The names of properties that a document marks as read only, but for identifiers and moments."""
    found: set[str] = set()
    left: list[Any] = [document.raw]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            described = part.get("properties")
            for name, schema in described.items() if isinstance(described, dict) else ():
                marked = isinstance(schema, dict) and schema.get("readOnly") is True
                found |= {name} if marked and not GIVEN_BY_ITSELF.search(name) else set()
        left += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return found


def _styled(name: str, *, camel: bool) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest)) if camel else name


def find(body: Any, name: str) -> Any:
    """The first property of a name anywhere in a body; None where there is none."""
    if isinstance(body, dict):
        if name in body:
            return body[name]
        return next((found for value in body.values() if (found := find(value, name)) is not None), None)
    if isinstance(body, list):
        return next((found for value in body if (found := find(value, name)) is not None), None)
    return None
