"""Random values of a scan, reproducible by its seed."""

from __future__ import annotations

from math import log2
from random import Random
from typing import Any


class ScanRandom(Random):
    """Makes the values of one request unlike those of another; keeps no secret."""

    FEW_LEFT = 6000

    def seed(self, *arguments: Any, **options: Any) -> None:
        """Begin anew."""
        super().seed(*arguments, **options)
        self._given: set[int] = set()

    def number(self) -> int:
        """A number of four digits that this scan has not used, as long as many are left.

        By what is sent with it one place is told from another: of 120 drawn without memory, two are probably equal.
        """
        if len(self._given) > self.FEW_LEFT:
            self._given.clear()
        while (number := self.randrange(1000, 9999)) in self._given:
            pass
        self._given.add(number)
        return number


def bits_of(tokens: list[str]) -> float:
    """The most that the places can tell at which texts differ."""
    kinds = ("0123456789", "0123456789abcdef", "0123456789ABCDEF")
    seen = set("".join(tokens)) - set("-_.=")
    size = next((len(kind) for kind in kinds if seen <= set(kind)), 62)
    positions = [{token[index : index + 1] for token in tokens} for index in range(max(map(len, tokens)))]
    return sum(log2(size) for position in positions if len(position) > 1)
