"""What the API takes: JSON with the types of a Toxiproxy server, which is written in Go and refuses what does not fit them."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BAD_REQUEST = 400
LARGEST = 2**63
WORDS: dict[type, str] = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", dict: "an object"}


class ApiError(Exception):
    """A request that the API refuses, with the status of the answer and what was done before."""

    def __init__(self, status: int, message: str, **done: Any) -> None:
        super().__init__(message)
        self.status = status
        self.done = done


def refused(reason: object) -> ApiError:
    """The error of a body that cannot be taken."""
    return ApiError(BAD_REQUEST, f"bad request body: {reason}")


def decoded(data: bytes) -> Any:
    """The value of a body; NaN and Infinity, which are no JSON, are refused."""
    try:
        return json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise refused(error) from None


def fields(body: Any, kinds: Mapping[str, type]) -> dict[str, Any]:
    """The fields of an object that are known and given: case does not matter, null counts as not given, others are ignored."""
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise refused("expected an object")
    by_name = {name.lower(): name for name in kinds}
    found = {by_name[key.lower()]: value for key, value in body.items() if key.lower() in by_name and value is not None}
    for name, value in found.items():
        if not fits(value, kinds[name]):
            raise refused(f"the field '{name}' is {json.dumps(value)}, expected {WORDS[kinds[name]]}")
    return found


def fits(value: Any, kind: type) -> bool:
    """Whether a value has a type: 1.0 is no whole number, true is no number, and whole numbers have 64 bits."""
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    if kind is float:
        return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    if kind is int:
        return isinstance(value, int) and -LARGEST <= value < LARGEST
    return isinstance(value, kind)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
