"""What a document says that answers hold."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from theodore_qa.systems.contract import Contract
    from theodore_qa.systems.exchange import Exchange

DEEPEST = 8


def properties(contract: Contract, answer: Exchange) -> set[str] | None:
    """The names of all properties that the document gives an answer; None where it gives none, or allows any."""
    if contract.document is None or (operation := contract.find(answer.method, answer.path)) is None:
        return None
    response = operation.response(answer.status)
    media = response.media(answer.headers.get("content-type", "")) if response else None
    if media is None or not isinstance(media.schema, dict):
        return None
    return _named(contract, media.schema, DEEPEST) or None


def _named(contract: Contract, schema: Any, left: int) -> set[str]:
    if not isinstance(schema, dict) or not left:
        return set()
    inner = samples.simple(contract.needed, schema)
    found = set(inner.get("properties", {}))
    below = [*inner.get("properties", {}).values(), inner.get("items"), inner.get("additionalProperties")]
    below += [each for key in ("anyOf", "oneOf", "allOf") for each in inner.get(key, ())]
    return found.union(*(_named(contract, each, left - 1) for each in below))
