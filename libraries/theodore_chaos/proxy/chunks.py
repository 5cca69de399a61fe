"""Data on their way through the proxy, and how long each effect holds them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from theodore_chaos.proxy.toxics import Effect

FELT = 0.0009
MEGABYTE = 1024 * 1024
# What a direction holds back before its source has to wait: with 48 MB, data half a second late pass at 96 MB a second. Once all
# directions hold 512 MB, each makes do with 8 MB.
HIGH_WATER, HIGH_WATER_IN_NEED, HELD_BY_ALL = 48 * MEGABYTE, 8 * MEGABYTE, 512 * MEGABYTE


class _HeldByAll:
    """The bytes that all directions hold; in an object, since the code of a class slows down whenever its attributes change."""

    __slots__ = ("size",)

    def __init__(self) -> None:
        self.size = 0

    @property
    def high_water(self) -> int:
        """What a direction may hold before its source has to wait."""
        return HIGH_WATER if self.size < HELD_BY_ALL else HIGH_WATER_IN_NEED


held_by_all = _HeldByAll()


@dataclass(slots=True)
class Chunk:
    """Data on their way, or the end of the stream: when they came, how long each effect holds them back, when they are due."""

    came: float
    data: bytes | None
    delays: tuple[tuple[Effect, float], ...] = ()
    due: float = 0.0

    @property
    def earliest(self) -> float:
        """The moment at which all effects have let it through."""
        return self.came + sum(delay for _, delay in self.delays)

    def through(self, effect: Effect) -> float:
        """The moment at which it is past an effect."""
        at = self.came
        for other, delay in self.delays:
            at += delay
            if other is effect:
                break
        return at

    def past(self, effect: Effect, at: float, data: bytes | None) -> Chunk:
        """The chunk, or a piece of it, which an effect lets through at a moment."""
        before = self.earliest
        delay = 0.0 if before == at else at - before
        return Chunk(self.came, data, (*self.delays, (effect, delay)) if delay else self.delays)


def pieces(effect: Effect, chunk: Chunk) -> list[Chunk]:
    """What an effect makes of a chunk; it is counted if it is sliced or comes noticeably later."""
    before, data = chunk.earliest, chunk.data or b""
    made = [chunk.past(effect, at, piece) for at, piece in effect.chunk(before, data)]
    if len(made) > 1 or (made and made[-1].earliest - before >= FELT):
        effect.hit(len(data))
    return made
