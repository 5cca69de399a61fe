"""Who made an object, where it shows that by the name or number of its maker: what another person stands under there."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.identities import Identity

CALLED = re.compile(
    r"(?i)author|owner|user|sender|creat|by$|from|poster|writer|reviewer|member|customer|account|person|seller|student|employee"
)
SHORTEST = 3  # letters of a name that is not met by chance


def of_another(scan: Scan, identity: Identity | None, item: Any) -> dict[str, Any]:
    """The properties of an object that hold what its maker is called, with what another ordinary person is called instead."""
    others = [each for each in scan.target.identities.values() if each.role != "admin" and each is not identity]
    if identity is None or not others or not isinstance(item, dict):
        return {}
    theirs = dict(_called(scan, others[0]))
    names = {value: theirs[key] for key, value in _called(scan, identity) if theirs.get(key) not in (None, value)}
    return {
        name: names[value]
        for name, value in item.items()
        if isinstance(value, str | int) and not isinstance(value, bool) and value in names
        if CALLED.search(name) or (isinstance(value, str) and len(value) >= SHORTEST and not value.isdigit())
    }


def _called(scan: Scan, identity: Identity) -> Iterator[tuple[str, Any]]:
    """What somebody is called: by the description, and by what the API reports of them at the top or one level below."""
    if identity.username:
        yield "", identity.username
    for body in scan.objects.about(identity):
        levels = [body, *body.values()] if isinstance(body, dict) else []
        for level in levels:
            for key, value in level.items() if isinstance(level, dict) else ():
                if isinstance(value, str | int) and not isinstance(value, bool):
                    yield str(key), value
