"""Random values of a scan, reproducible by its seed."""

from __future__ import annotations

from random import Random


class ScanRandom(Random):
    """Makes the values of one request unlike those of another; keeps no secret."""

    def number(self) -> int:
        """A number of four digits."""
        return self.randrange(1000, 9999)
