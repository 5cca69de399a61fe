"""Objects of a request whose entries nobody prescribes: as free as they are, they are not endless."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

DEEPEST = 32  # levels; what writes JSON gives up somewhere beyond 200


def _not_deep(value: dict[str, Any]) -> dict[str, Any]:
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        containers = [each for each in level if isinstance(each, dict | list)]
        level = [inner for each in containers for inner in (each.values() if isinstance(each, dict) else each)]
        if not level:
            return value
    raise ValueError(f"Nested deeper than {DEEPEST} levels")


FreeObject = Annotated[dict[str, Any], AfterValidator(_not_deep)]
