"""References by other names: what in a body names an object although it is not called as an identifier."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation

# What an operation is called that makes something of an object that there is.
COPYING = re.compile(r"(?i)cop(?:y|ies)|clones?|duplicat(?:e|es|ions?)|forks?")
USING = re.compile(
    rf"{COPYING.pattern}|shar(?:e|es|ing)|links?|imports?|repeat|reuse|transfers?|merges?|moves?|attach(?:ments?)?"
)
SOURCE = re.compile(
    r"(?i)from|source|src|original|origin|base|template|based_?on|(?:copy|copied|clone|cloned|forked|duplicate)_?(?:of|from)"
)
SAYS = re.compile(
    r"(?i)\b(?:ids?|identifiers?|uuid)\b (?:of|from) (?:(?:an?|the|one|one's|your|my|own|existing|earlier|other) )*([a-z]+)"
)
TIMES = ("date", "date-time", "time", "email", "uri")


def noun(operation: ScanOperation, parameter: InsertableParameter) -> str:
    """What a parameter of a body names one of, by its description or by what the operation makes of it; empty if by neither."""
    schema = parameter.schema
    named = parameter.kind in ("string", "integer") and "enum" not in schema and schema.get("format") not in TIMES
    if parameter.location != "body" or not named or "#" in operation.path:
        return ""
    if match := SAYS.search(str(schema.get("description", ""))):
        return match[1].lower().removesuffix("s")
    name = parameter.name.rpartition(".")[2]
    parts = [part.lower() for part in operation.route.split("/") if part and not part.startswith("{")]
    uses = next((place for place, part in enumerate(parts) if USING.fullmatch(part)), 0)
    return parts[uses - 1].removesuffix("s") if uses and operation.method == "POST" and SOURCE.fullmatch(name) else ""


def plurals(noun: str) -> set[str]:
    """What a collection of such objects may be called, the noun itself among it; empty without one."""
    return {noun, f"{noun}s", f"{noun}es", f"{noun.removesuffix('y')}ies"} if noun else set()
