"""Toxics as the API takes them: a Toxiproxy server's by its rules, our own ones by stricter ones."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

from theodore_chaos.proxy import http_faults
from theodore_chaos.proxy.requests import ApiError, fields, fits, refused, WORDS
from theodore_chaos.proxy.toxics import Corrupt, KINDS, Toxic

if TYPE_CHECKING:
    from collections.abc import Mapping

STREAMS = ("upstream", "downstream")
FIELDS = {"name": str, "type": str, "stream": str, "toxicity": float, "attributes": dict}
OWN = (http_faults.TYPE, Corrupt.TYPE)
SHARES = ("rate", "probability")


def new_toxic(body: Any) -> Toxic:
    """The toxic of a request.

    Raises:
        ApiError: its type, stream, toxicity or an attribute is none.
    """
    given = fields(body, FIELDS)
    kind, stream = given.get("type"), given.get("stream", "downstream")
    if stream not in STREAMS:
        raise ApiError(400, "stream was invalid, can be either upstream or downstream")
    if kind not in (*KINDS, http_faults.TYPE):
        raise ApiError(400, "invalid toxic type")
    known = http_faults.ATTRIBUTES if kind == http_faults.TYPE else KINDS[kind].ATTRIBUTES
    attributes = dict(known) | _attributes(kind, given.get("attributes", {}), known)
    return Toxic(given.get("name") or f"{kind}_{stream}", kind, stream, float(given.get("toxicity", 1.0)), attributes)


def change_toxic(toxic: Toxic, body: Any) -> None:
    """Change the attributes and the toxicity of a toxic; nothing else of it can change, and nothing does if one is invalid."""
    given = fields(body, {name: FIELDS[name] for name in ("toxicity", "attributes")})
    toxic.attributes |= _attributes(toxic.type, given.get("attributes", {}), toxic.attributes)
    toxic.toxicity = float(given.get("toxicity", toxic.toxicity))


def _attributes(kind: str, given: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    if kind not in OWN:
        return fields(given, dict.fromkeys(known, int))
    for name, value in given.items():
        if name not in known:
            raise ApiError(400, f"a toxic {kind} has no attribute '{name}': it has {', '.join(known)}")
        expected = _type(name, known[name])
        if not fits(value, expected) and not (name == "seed" and value is None):
            raise refused(f"the attribute '{name}' is {json.dumps(value)}, expected {WORDS[expected]}")
        if expected in (int, float) and value is not None and (value < 0 or (name in SHARES and value > 1)):
            raise refused(f"the attribute '{name}' is {value}, expected {'0 to 1' if name in SHARES else 'no negative number'}")
    if given.get("fault", http_faults.HANG) not in http_faults.FAULTS:
        raise refused(f"the fault '{given['fault']}' is none of {', '.join(http_faults.FAULTS)}")
    return given


def _type(name: str, default: Any) -> type:
    return float if name in SHARES else str if isinstance(default, str) else int
