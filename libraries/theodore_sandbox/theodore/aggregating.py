"""The companies of an export in groups, each group a row of numbers."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.theodore.export_models import Aggregation, Function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from theodore_sandbox.theodore.export_models import ExportRequest

Record = dict[str, Any]
DECIMALS = 4


def columns(request: ExportRequest) -> list[str]:
    """The columns: the group, how many companies it has, and each aggregation once."""
    return ["group", "companies", *dict.fromkeys(aggregation.column for aggregation in request.aggregations or ())]


def rows(records: Iterable[Record], request: ExportRequest) -> list[Record]:
    """The groups in their order; what is held of each is its numbers alone."""
    parts = request.aggregations or []
    names = {aggregation.field for aggregation in parts}
    groups: dict[Any, dict[str, list[float]]] = {}
    sizes: dict[Any, int] = {}
    for record in records:
        key = record.get(request.group_by or "")
        sizes[key] = sizes.get(key, 0) + 1
        held = groups.setdefault(key, {name: [] for name in names})
        for name in names:
            if record.get(name) is not None:
                held[name].append(record[name])
    made = [
        {"group": key, "companies": sizes[key]}
        | {part.column: _value(part, groups[key][part.field], sizes[key]) for part in parts}
        for key in groups
    ]
    if defects.on("export-last-group-lost") and len(made) > 1:
        made.pop()
    first = request.offset or 0
    return made[first : first + (request.limit or len(made))]


def _value(aggregation: Aggregation, values: list[float], size: int) -> float | None:
    """The function over the values that are known; nothing where none is."""
    function = aggregation.function
    if function is Function.COUNT:
        return size if defects.on("export-count-of-the-unknown") else len(values)
    if not values:
        return None
    if function is Function.MEAN:
        return round(sum(values) / (size if defects.on("export-mean-over-all") else len(values)), DECIMALS)
    if function is Function.SUM:
        return round(sum(values), DECIMALS)
    return min(values) if function is Function.MIN else max(values)
