"""The options of a run as they may be written down: the values of variables may be secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN = ("SEED", "PROFILE", "CHAOS_", "COMPANY")  # variables whose values are no secrets
VARIABLE = re.compile(r"--var[a-z]*|-v", re.IGNORECASE)
_ALONE = re.compile(r"(?P<name>[^:]+):")
_JOINED = re.compile(r"(--var[a-z]*=|-v(?=[^-]))(?P<name>[^:]+):", re.IGNORECASE)


def recorded(options: Sequence[str]) -> list[str]:
    """The options of robot; of variables that a tester gave the names alone, since a value may be a secret."""
    recorded = []
    for before, part in zip(("", *options), options, strict=False):
        found = _JOINED.match(part) or (_ALONE.match(part) if VARIABLE.fullmatch(before) else None)
        hidden = found and not found["name"].startswith(OPEN)
        recorded.append(f"{part[: found.end()]}(not recorded)" if found and hidden else part)
    return recorded
