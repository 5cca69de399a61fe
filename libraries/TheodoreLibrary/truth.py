"""Comparison of records with what is true of a company."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import written

if TYPE_CHECKING:
    from collections.abc import Mapping


def differences(record: Mapping[str, Any], true: Mapping[str, Any]) -> str:
    """The fields whose value is not the true one, with both values; empty if there are none."""
    wrong = [name for name, value in true.items() if not agrees(value, record.get(name))]
    return "; ".join(f"{name} {written(record.get(name))} instead of {written(true[name])}" for name in wrong)


def agrees(expected: Any, observed: Any) -> bool:
    """Whether an observed value holds the true one: all names of a list, all entries of a mapping, or else the same value."""
    if isinstance(expected, list):
        return {_name_of(item) for item in expected} <= {_name_of(item) for item in observed or []}
    if isinstance(expected, dict):
        return isinstance(observed, dict) and all(observed.get(name) == value for name, value in expected.items())
    return bool(expected == observed)


def _name_of(item: Any) -> str:
    """The name of an item: the field ``name`` of a record, or else the item itself."""
    return str(item.get("name") if isinstance(item, dict) else item)
