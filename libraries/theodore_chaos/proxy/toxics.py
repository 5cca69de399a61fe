"""The toxics: what each does to the bytes of one direction of a connection, as a schedule of deliveries.

A toxic takes a chunk with the moment at which it would be delivered and yields chunks with the moments at which they will be.
Times are in milliseconds in attributes, as in Toxiproxy, and in seconds of the event loop's clock inside.
"""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Protocol, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MILLISECOND = 1e-3
MICROSECOND = 1e-6
PIECE = 0.02


@dataclass
class Exposure:
    """What a toxic has disturbed so far: its blast radius, and the longest time in ms for which it held something back."""

    connections: int = 0
    requests: int = 0
    bytes: int = 0
    delay_ms: float = 0.0
    first: float | None = None
    last: float | None = None

    def touch(self, *, size: int = 0, connections: int = 0, requests: int = 0) -> None:
        """Count what is disturbed now."""
        self.bytes += size
        self.connections += connections
        self.requests += requests
        self.last = time.time()
        self.first = self.first or self.last


@dataclass
class Toxic:
    """A toxic of a proxy, with its exposure."""

    name: str
    type: str
    stream: str
    toxicity: float
    attributes: dict[str, Any]
    exposure: Exposure = field(default_factory=Exposure)
    remembered: dict[str, bytes] = field(default_factory=dict)
    offered: int = 0

    @cached_property
    def chance(self) -> random.Random:
        """The random numbers for all its connections together, from the seed in its attributes."""
        return random.Random(self.attributes.get("seed"))  # noqa: S311  # chooses, keeps no secret

    def chosen(self) -> bool:
        """Whether the next connection gets the toxic: the first one does, then its share of them, spread evenly."""
        before, self.offered = self.offered, self.offered + 1
        return math.ceil(self.offered * self.toxicity) > math.ceil(before * self.toxicity)

    def as_json(self) -> dict[str, Any]:
        """The toxic as the API represents it."""
        names = ("attributes", "name", "type", "stream", "toxicity")
        return {name: getattr(self, name) for name in names}


class Direction(Protocol):
    """What an effect may do to the direction of a connection that it works on."""

    effects: list[Effect]
    cut: bool

    def later(self, delay: float, action: Callable[[], None]) -> None:
        """Call ``action`` after ``delay`` seconds."""

    def close(self) -> None:
        """Close the connection, both directions."""

    def reset(self) -> None:
        """Reset the connection (TCP RST)."""


class Effect:
    """A toxic on one direction of one connection."""

    ATTRIBUTES: ClassVar[dict[str, Any]] = {}

    def __init__(self, toxic: Toxic, pipe: Direction) -> None:
        self.toxic = toxic
        self.pipe = pipe
        self.counted = False
        self.random = random.Random(toxic.attributes.get("seed"))  # noqa: S311  # chooses, keeps no secret

    def attribute(self, name: str) -> float:
        """The value of an attribute."""
        return float(self.toxic.attributes[name])

    def hit(self, size: int) -> None:
        """Count disturbed bytes, and this connection once."""
        self.toxic.exposure.touch(size=size, connections=int(not self.counted))
        self.counted = True

    def held(self, seconds: float) -> None:
        """Note for how long something was held back."""
        self.toxic.exposure.delay_ms = max(self.toxic.exposure.delay_ms, round(seconds / MILLISECOND, 3))

    def begin(self) -> None:
        """Called when the toxic is added to a connection."""

    def chunk(self, at: float, data: bytes) -> Iterator[tuple[float, bytes]]:
        """The chunks, with their due times, that replace a chunk due ``at`` a moment."""
        yield at, data

    def end_of_stream(self, at: float) -> float:
        """The moment at which the end of the stream is passed on."""
        return at

    def removed(self) -> None:
        """Called when the toxic is removed from an open connection."""

    def changed(self) -> None:
        """Called when the toxic's attributes have changed."""

    def resume(self, at: float) -> None:
        """Take a moment as that at which the last chunk so far is let through; what another toxic held came free."""


class Noop(Effect):
    """Does nothing."""


class Latency(Effect):
    """Delays data by ``latency`` ± ``jitter`` ms; the bandwidth stays the same."""

    ATTRIBUTES: ClassVar[dict[str, Any]] = {"latency": 0, "jitter": 0}

    def chunk(self, at: float, data: bytes) -> Iterator[tuple[float, bytes]]:
        """The chunk, later."""
        jitter = self.attribute("jitter")
        delay = self.attribute("latency") + (self.random.uniform(-jitter, jitter) if jitter else 0)
        yield at + max(0.0, delay) * MILLISECOND, data


class Bandwidth(Effect):
    """Lets at most ``rate`` KB/s through."""

    ATTRIBUTES: ClassVar[dict[str, Any]] = {"rate": 0}

    def __init__(self, toxic: Toxic, pipe: Direction) -> None:
        super().__init__(toxic, pipe)
        self.free = 0.0

    def chunk(self, at: float, data: bytes) -> Iterator[tuple[float, bytes]]:
        """The chunk in pieces of 20 ms each; with rate 0 nothing comes through until the toxic is removed."""
        rate = self.attribute("rate") * 1000
        if rate <= 0:
            yield float("inf"), data
            return
        size = max(1, int(rate * PIECE))
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            self.free = max(at, self.free) + len(piece) / rate
            yield self.free, piece

    def resume(self, at: float) -> None:
        """Go on from there."""
        self.free = at


class SlowClose(Effect):
    """Passes the end of the stream on ``delay`` ms later."""

    ATTRIBUTES: ClassVar[dict[str, Any]] = {"delay": 0}

    def end_of_stream(self, at: float) -> float:
        """Later."""
        return at + max(0.0, self.attribute("delay")) * MILLISECOND


class Timeout(Effect):
    """Black hole: drops all data; closes the connection ``timeout`` ms after the toxic was added; with 0, on its removal."""

    ATTRIBUTES: ClassVar[dict[str, Any]] = {"timeout": 0}

    def begin(self) -> None:
        """Close after the time-out."""
        timeout = self.attribute("timeout")
        if timeout > 0:
            self.pipe.later(timeout * MILLISECOND, lambda: self._close(timeout))

    changed = begin

    def chunk(self, at: float, data: bytes) -> Iterator[tuple[float, bytes]]:  # noqa: ARG002  # nothing is delivered
        """Nothing."""
        self.hit(len(data))
        yield from ()

    def end_of_stream(self, at: float) -> float:  # noqa: ARG002  # it is dropped too
        """Never."""
        return float("inf")

    def _close(self, timeout: float) -> None:
        if self in self.pipe.effects and timeout == self.attribute("timeout"):
            self.hit(0)
            self.pipe.close()

    def removed(self) -> None:
        """Close the connection, as a Toxiproxy server does: one that has lost data would go on garbled."""
        self.pipe.close()


class ResetPeer(Effect):
    """Resets the connection (TCP RST) ``timeout`` ms after the toxic was added."""

    ATTRIBUTES: ClassVar[dict[str, Any]] = {"timeout": 0}

    def begin(self) -> None:
        """Reset after the time-out."""
        self.pipe.later(max(0.0, self.attribute("timeout")) * MILLISECOND, self._reset)

    changed = begin

    def chunk(self, at: float, data: bytes) -> Iterator[tuple[float, bytes]]:  # noqa: ARG002  # nothing is delivered
        """Nothing: what comes until the reset is lost."""
        self.hit(len(data))
        yield from ()

    def _reset(self) -> None:
        if self in self.pipe.effects:
            self.hit(0)
            self.pipe.reset()


class Slicer(Effect):
    """Slices data into pieces of ``average_size`` ± ``size_variation`` bytes, ``delay`` microseconds apart."""

    ATTRIBUTES: ClassVar[dict[str, Any]] = {"average_size": 0, "size_variation": 0, "delay": 0}

    def chunk(self, at: float, data: bytes) -> Iterator[tuple[float, bytes]]:
        """The pieces."""
        variation = abs(int(self.attribute("size_variation")))
        start = 0
        while start < len(data):
            size = max(1, int(self.attribute("average_size")) + self.random.randint(-variation, variation))
            yield at, data[start : start + size]
            start += size
            at += max(0.0, self.attribute("delay")) * MICROSECOND


class LimitData(Effect):
    """Closes the connection after ``bytes`` bytes."""

    ATTRIBUTES: ClassVar[dict[str, Any]] = {"bytes": 0}

    def __init__(self, toxic: Toxic, pipe: Direction) -> None:
        super().__init__(toxic, pipe)
        self.passed = 0

    def chunk(self, at: float, data: bytes) -> Iterator[tuple[float, bytes]]:
        """The part of the chunk within the limit, then the end of the connection."""
        left = int(self.attribute("bytes")) - self.passed
        self.passed += len(data)
        if left > 0:
            yield at, data[:left]
        if len(data) >= left:
            self.hit(len(data) - max(0, left))
            self.pipe.cut = True


class Corrupt(Effect):
    """Flips bits in ``bytes`` bytes of a chunk, with a ``probability`` of 0 to 1 for each chunk. Ours, not Toxiproxy's."""

    TYPE = "corrupt"
    ATTRIBUTES: ClassVar[dict[str, Any]] = {"probability": 1.0, "bytes": 1, "seed": None}

    def chunk(self, at: float, data: bytes) -> Iterator[tuple[float, bytes]]:
        """The chunk with some of its bytes changed."""
        if self.random.random() < self.attribute("probability"):
            changed = bytearray(data)
            count = min(len(data), int(self.attribute("bytes")))
            for position in self.random.sample(range(len(data)), count):
                changed[position] ^= self.random.randint(1, 255)
            data = bytes(changed)
            if count:
                self.hit(count)
        yield at, data


KINDS: dict[str, type[Effect]] = {
    "noop": Noop,
    "latency": Latency,
    "bandwidth": Bandwidth,
    "slow_close": SlowClose,
    "timeout": Timeout,
    "reset_peer": ResetPeer,
    "slicer": Slicer,
    "limit_data": LimitData,
    Corrupt.TYPE: Corrupt,
}
