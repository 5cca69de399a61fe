"""Properties that an object shows beside its request, sent in the objects and lists that the request holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.description.operations import FIRST, InsertableParameter
from SecurityLibrary.description.protected_properties import find, marked_read_only, MATTERS, others_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan

MOST = 12  # places


def places(
    scan: Scan, operation: ScanOperation, before: Any
) -> Iterator[tuple[ScanOperation, InsertableParameter, tuple[Any, ...]]]:
    """Each place below the top of a body for a property that is shown and not asked for, the operation with it, and values."""
    in_body = [parameter for parameter in operation.parameters if parameter.location == "body"]
    known = {part for parameter in in_body for part in parameter.pointer}
    above = dict.fromkeys(parameter.pointer[:-1] for parameter in in_body if parameter.pointer[:-1] not in ((), (FIRST,)))
    read_only = marked_read_only(scan.target.document)
    matter = {
        name: values
        for name, value in _scalars(before)
        if name not in known and (name in read_only or MATTERS.search(name)) and (values := others_of(value))
    }
    found = [
        InsertableParameter(
            ".".join((*outer, name)).replace(f".{FIRST}", FIRST), "body", (*outer, name), {"type": _kind(values[0])}
        )
        for outer in above
        if outer[0] not in graphql.VARIABLES
        for name, values in matter.items()
    ]
    for parameter in found[:MOST]:
        yield replace(operation, parameters=(*operation.parameters, parameter)), parameter, matter[parameter.pointer[-1]]


def siblings(operation: ScanOperation, before: Any, read_only: set[str]) -> dict[str, tuple[Any, ...]]:
    """Protected properties of the objects that an object shows and its request does not ask for, with values for them.

    Each is named ``employment.role``, as :func:`put` and :func:`value_in` take it.
    """
    described = {parameter.pointer[:2] for parameter in operation.parameters if parameter.location == "body"}
    found: dict[str, tuple[Any, ...]] = {}
    for outer, inner in before.items() if isinstance(before, dict) else ():
        for name, value in inner.items() if isinstance(inner, dict) and "." not in outer else ():
            protected = (
                (name in read_only or MATTERS.search(name)) and (outer, name) not in described and (outer,) not in described
            )
            if protected and "." not in name and (values := others_of(value)):
                found[f"{outer}.{name}"] = values
    return dict(list(found.items())[:MOST])


def put(before: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Properties for a request; one of an inner object goes with all that the object shows beside it."""
    properties: dict[str, Any] = {}
    for name, value in values.items():
        outer, below, inner = name.partition(".")
        if below:
            beside = properties.get(outer, before.get(outer) if isinstance(before, dict) else None)
            properties[outer] = {**(beside if isinstance(beside, dict) else {}), inner: value}
        else:
            properties[name] = value
    return properties


def value_in(body: Any, name: str) -> Any:
    """The value of a property in a body, ``employment.role`` in the inner object of this name alone; None where there is none."""
    outer, below, inner = name.partition(".")
    found = find(body, outer)
    return found if not below else found.get(inner) if isinstance(found, dict) else None


def _scalars(body: Any) -> Iterator[tuple[str, Any]]:
    """The names and values of all properties in a body that are no objects."""
    if isinstance(body, list):
        for item in body[:1]:
            yield from _scalars(item)
    elif isinstance(body, dict):
        for name, value in body.items():
            yield from _scalars(value) if isinstance(value, dict | list) else ((name, value),)


def _kind(value: Any) -> str:
    return "boolean" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
