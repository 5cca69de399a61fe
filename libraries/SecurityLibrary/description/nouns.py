"""What the parameters of an API name: the noun of an object, by a parameter's own name or by what stands around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.description import graphql, reference_names

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation

USER_NOUNS = (
    "user",
    "account",
    "member",
    "customer",
    "person",
    "people",
    "employee",
    "profile",
    "owner",
    "client",
    "student",
    "patient",
)


def noun_of(operation: ScanOperation, parameter: InsertableParameter) -> str:
    """What a parameter names one of, by its own name or, in a path, by what stands before it."""
    named = parameter.name.rpartition(".")[2].lower() in ("id", "ids")
    if not parameter.noun and not named and (other := reference_names.noun(operation, parameter)):
        return other
    if not parameter.noun and named and parameter.location in ("body", "query"):
        if "#" in operation.path:
            return graphql.noun(operation.path)
        parts = [part.lower() for part in operation.route.split("/") if part and not part.startswith("{")]
        parts = [part for part in parts if not reference_names.COPYING.fullmatch(part)]
        plural = (part.removesuffix("s") for part in reversed(parts) if part.endswith("s"))
        return next(plural, parts[0] if parts and parameter.location == "query" else "")
    if parameter.noun or parameter.location != "path":
        return parameter.noun
    before = operation.path.partition(f"{{{parameter.name}}}")[0].rstrip("/").rpartition("/")[2].lower()
    return before.removesuffix("s") if not before.startswith("{") else ""
