"""Codes by which a body names what a list shows, such as ``mechanic_code`` that of a mechanic: good ones come from the list."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import reference_names
from SecurityLibrary.values import known_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.sending.sender import Sender
    from theodore_qa.systems.identities import Identity

# No names and keys: what is made under one that exists would take its place.
CODED = re.compile(r"([A-Za-z]\w*?)(?:_(code|slug|number|no|sku|ref|symbol)|(Code|Slug|Number|No|Sku|Ref|Symbol))")


def of(
    sender: Sender,
    operations: Iterable[ScanOperation],
    operation: ScanOperation,
    parameter: InsertableParameter,
    identity: Identity | None,
) -> Any:
    """The code of the first entry in a list of what a parameter names; None where no list has it, or the operation makes one."""
    match = CODED.fullmatch(parameter.name)
    if match is None or parameter.kind not in ("string", "integer"):
        return None
    noun, names = match[1].lower(), (parameter.name, (match[2] or match[3]).lower())
    plurals = reference_names.plurals(noun)
    if operation.route.rstrip("/").rpartition("/")[2].lower() in plurals:
        return None
    for source in operations:
        if source.method != "GET" or "{" in source.route or source.route.rstrip("/").rpartition("/")[2].lower() not in plurals:
            continue
        for entry in known_values.items_of(sender.send(source, identity).body)[:1]:
            found = next((entry[name] for name in names if isinstance(entry.get(name), str | int)), None)
            if found is not None:
                return found
    return None
