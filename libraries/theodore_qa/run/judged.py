"""A planned test with its verdict."""

from __future__ import annotations

from dataclasses import dataclass

Key = tuple[str, int, str]


@dataclass(frozen=True)
class Judged:
    """One planned test with its verdict and the reason, if it is not PASS."""

    key: Key
    tags: tuple[str, ...]
    verdict: str
    message: str = ""
    waived: tuple[str, ...] = ()

    @property
    def suite(self) -> str:
        """The suite file."""
        return self.key[0]

    @property
    def name(self) -> str:
        """The test's name."""
        return self.key[2]
