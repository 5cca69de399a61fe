"""Whether a test failed by nothing but what is aside of its own promise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NUMBERING = re.compile(r"^Several failures occurred:|^\d+\)", re.MULTILINE)  # of Robot, around several messages


def alone(message: str, excused: Iterable[str]) -> bool:
    """Whether Robot's message on a failed test holds excused sentences, and no other."""
    rest = message
    for sentence in sorted(excused, key=len, reverse=True):
        rest = rest.replace(sentence, "")
    return rest != message and not NUMBERING.sub("", rest).strip()
