"""Objects that the description names for an identity, and that are gone: another attack gave them away or used them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.sending.request_building import RequestBuilder
    from theodore_qa.systems.identities import Identity


def among(
    operations: Sequence[ScanOperation], places: Iterable[InsertableParameter], identity: Identity, served: set[tuple[str, str]]
) -> list[InsertableParameter]:
    """The places whose described objects were there: an operation that names them has ``served`` the identity."""
    labels = {label for label, name in served if name == identity.name}
    names = {own.name for each in operations if str(each) in labels for own in each.parameters}
    return [place for place in places if place.name in identity.values and place.name in names]


def replaced(
    builder: RequestBuilder,
    operations: Sequence[ScanOperation],
    operation: ScanOperation,
    place: InsertableParameter,
    identity: Identity,
) -> bool:
    """Whether another object was made in place of a described one; later requests of the identity name that one."""
    in_paths = (
        (each, own) for each in operations for own in each.parameters if own.location == "path" and own.name == place.name
    )
    named, parameter = (operation, place) if place.location == "path" else next(in_paths, (operation, place))
    found = builder.objects.identifier(named, parameter, identity, fresh=True)
    if found is None or found == identity.values[place.name]:
        return False
    builder.replaced[place.name, identity.name] = found
    return True
