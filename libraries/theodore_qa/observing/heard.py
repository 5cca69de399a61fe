"""What the system under test has said: the texts of its answers, and which part of a value stood in them."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Collection, Iterator

MOST, LONGEST = 4_000_000, 400_000  # characters of all texts, and of each


def keep(texts: deque[str], text: str) -> None:
    """Keep the text of an answer; the oldest ones go where all together are too long."""
    texts.append(text[:LONGEST])
    while sum(map(len, texts)) > MOST:
        texts.popleft()


def share(value: Any, texts: Collection[str]) -> float:
    """Which share of the texts and numbers in a value stands in these texts, between 0 and 1; 1 where it holds none."""
    leaves = list(_leaves(value))
    known = sum(any(leaf in text or json.dumps(leaf)[1:-1] in text for text in texts) for leaf in leaves)
    return known / len(leaves) if leaves else 1.0


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif value not in (None, "") and not isinstance(value, bool):
        yield str(value)
