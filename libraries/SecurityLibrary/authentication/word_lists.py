"""Words that people take for keys and passwords, the most used first: the frequency lists of zxcvbn."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

USUAL_PASSWORDS = 10_000


def passwords(most: int = USUAL_PASSWORDS) -> list[str]:
    """The passwords that are used most."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return list(islice(FREQUENCY_LISTS["passwords"], most))


def keys() -> Iterator[str]:
    """Some 90,000 words of all lists, each as it stands and in capitals: enough to try offline in a second."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    for words in FREQUENCY_LISTS.values():
        for word in words:
            yield word
            yield word.capitalize()
            yield word.upper()
