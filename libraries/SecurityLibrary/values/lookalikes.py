"""Values of the form of another: an address for an address, a number for a number, a key for a key."""

from __future__ import annotations

import re
import string
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from SecurityLibrary.values.randomness import ScanRandom

MAIL = re.compile(r"[^@\s]+@([^@\s]+)")
UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KIND_OF_KEY = re.compile(r"(?:.*[\s_.:-](?=.{6}))?")  # what stands before a key, such as "sk_live_"
NUMBERS_OF_PEOPLE = 9  # digits at most; longer ones are keys
KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


def made_up(value: str, random: ScanRandom) -> str:
    """A value of the same form that belongs to nobody."""
    if match := MAIL.fullmatch(value):
        return f"qa-nobody-{random.number()}@{match[1]}"
    if UUID.fullmatch(value):
        return str(uuid.UUID(int=random.getrandbits(128), version=4))
    if value.isascii() and value.isdigit() and len(value) <= NUMBERS_OF_PEOPLE:
        return str(random.randrange(10**9, 10**10))
    start = KIND_OF_KEY.match(value)[0]  # type: ignore[index]  # it matches every text
    return start + "".join(
        next((random.choice(kind) for kind in KINDS if letter in kind), letter) for letter in value[len(start) :]
    )


def neighbours(value: str) -> list[str]:
    """The values next to a number, which belong to others where people are numbered; none for other values."""
    if not (value.isascii() and value.isdigit() and len(value) <= NUMBERS_OF_PEOPLE):
        return []
    return [str(int(value) + step).zfill(len(value)) for step in (1, 2)]
