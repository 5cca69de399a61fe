"""Connections through the proxy: two directions each, forwarded at once unless a toxic changes or delays them."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_chaos.proxy import http_faults
from theodore_chaos.proxy.toxics import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from theodore_chaos.proxy.toxics import Effect, Toxic

MEGABYTE = 1024 * 1024
# What a direction holds back before its source has to wait: with 48 MB, data half a second late pass at 96 MB a second. Once all
# directions hold 512 MB, each makes do with 8 MB.
HIGH_WATER, HIGH_WATER_IN_NEED, HELD_BY_ALL = 48 * MEGABYTE, 8 * MEGABYTE, 512 * MEGABYTE
SOON = 0.0005
FELT = 0.0009


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


class Pipe:
    """One direction: chunks read on one side are delivered on the other, each at its due time and all in order."""

    held_by_all = 0
    __slots__ = (
        "_due",
        "_ended",
        "_held",
        "_last",
        "_target_full",
        "_timer",
        "bytes",
        "connection",
        "cut",
        "effects",
        "finished",
        "loop",
        "sent",
        "source",
        "stream",
        "target",
    )

    def __init__(self, connection: Connection, stream: str) -> None:
        self.connection = connection
        self.loop = connection.loop
        self.stream = stream
        self.effects: list[Effect] = []
        self.cut = False  # after what is due, both directions end
        self.finished = False  # its end has been delivered
        self.source: asyncio.Transport | None = None
        self.target: asyncio.Transport | None = None
        self.bytes = self.sent = self._held = 0
        self._due: deque[Chunk] = deque()
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._target_full = self._ended = False

    def feed(self, data: bytes) -> None:
        """Forward a chunk that was read."""
        self.bytes += len(data)
        if not self.effects and not self._due and not self._ended and self.target is not None:
            self.sent += len(data)
            self.target.write(data)
            return
        self.schedule(data)

    def schedule(self, data: bytes, delay: float = 0.0) -> None:
        """Deliver a chunk when all effects let it pass."""
        if self._ended:
            return
        chunks = [Chunk(self.loop.time() + delay, data)]
        for effect in self.effects:
            chunks = [piece for chunk in chunks for piece in _pieces(effect, chunk)]
        for chunk in chunks:
            self._append(chunk)
        if self.cut:
            self.end_at(self.loop.time())
        self._deliver()

    def end_of_stream(self) -> None:
        """The source has ended; end the target once everything is delivered."""
        if self._ended:
            return
        if not self.effects and not self._due and not self._target_full and self.target is not None:
            self._ended = True
            self._finish(self.target)
            return
        end = Chunk(self.loop.time(), None)
        for effect in self.effects:
            before = end.earliest
            end = end.past(effect, effect.end_of_stream(before), None)
            if end.earliest - before >= FELT:
                effect.hit(0)
        self._append(end)
        self._ended = True
        self._deliver()

    def end_at(self, at: float) -> None:
        """Deliver the end of the stream at a moment, and nothing after it."""
        if not self._ended:
            self._append(Chunk(at, None))
            self._ended = True

    def later(self, delay: float, action: Callable[[], None]) -> None:
        """Call ``action`` after ``delay`` seconds."""
        self.loop.call_later(delay, action)

    def close(self) -> None:
        """Close the connection, both directions."""
        self.connection.close()

    def reset(self) -> None:
        """Reset the connection (TCP RST)."""
        self.connection.reset()

    def release(self, effect: Effect) -> None:
        """Take an effect out of the delays of what is held; what the other effects hold back stays held."""
        self._reschedule(effect, lambda chunk, _: [chunk])

    def renew(self, effect: Effect) -> None:
        """Hold back what an effect holds as it does with its attributes of now."""
        effect.resume(self.loop.time())

        def again(chunk: Chunk, before: Chunk) -> list[Chunk]:
            later = chunk.delays[len(before.delays) :]
            if chunk.data is None:
                pieces = [before.past(effect, effect.end_of_stream(before.earliest), None)]
            else:
                pieces = [before.past(effect, at, data) for at, data in effect.chunk(before.earliest, chunk.data)]
            return [Chunk(piece.came, piece.data, piece.delays + later) for piece in pieces]

        self._reschedule(effect, again)

    def settle(self) -> None:
        """Note how long what is still held was held back: the connection has ended."""
        if self._due:
            for chunk in self._due:
                self._note(chunk)
            self._due.clear()
            self._hold(-self._held)

    def _reschedule(self, effect: Effect, pieces: Callable[[Chunk, Chunk], list[Chunk]]) -> None:
        """Replace each held chunk that an effect delays by pieces of it, made of the chunk without that delay and before it."""
        held, now = self._due, self.loop.time()
        self._due, self._last = deque(), now
        self._hold(-self._held)
        for chunk in held:
            index = next((index for index, (other, _) in enumerate(chunk.delays) if other is effect), None)
            if index is None:
                self._append(chunk)
                continue
            self._note(chunk)
            rest = Chunk(chunk.came, chunk.data, chunk.delays[:index] + chunk.delays[index + 1 :])
            for piece in pieces(rest, Chunk(chunk.came, chunk.data, chunk.delays[:index])):
                self._append(piece)
        for other in self.effects:
            if other is not effect:
                other.resume(max((chunk.through(other) for chunk in self._due), default=now))
        self._deliver()

    def _note(self, chunk: Chunk) -> None:
        """Tell each effect how long it has held a chunk back."""
        waited = self.loop.time() - chunk.came
        for effect, delay in chunk.delays:
            effect.held(max(0.0, min(delay, waited)))
            waited -= delay

    def full(self, *, full: bool) -> None:
        """Note that the target takes no more data, or does again."""
        self._target_full = full
        if not full:
            self._deliver()
        self._apply_backpressure()

    def _append(self, chunk: Chunk) -> None:
        chunk.due = self._last = max(chunk.earliest, self._last)
        self._due.append(chunk)
        self._hold(len(chunk.data or b""))
        self._apply_backpressure()

    def _deliver(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        target = self.target
        if target is None:
            return
        now = self.loop.time() + SOON
        while self._due and self._due[0].due <= now and not self._target_full:
            chunk = self._due.popleft()
            if chunk.delays:
                self._note(chunk)
            if chunk.data is None:
                self._finish(target)
            else:
                self._hold(-len(chunk.data))
                self.sent += len(chunk.data)
                target.write(chunk.data)
        if self._due and not self._target_full and self._due[0].due != float("inf"):
            self._timer = self.loop.call_at(self._due[0].due, self._deliver)
        self._apply_backpressure()

    def _finish(self, target: asyncio.Transport) -> None:
        # The end of the second direction closes both sides, which says it to the target too.
        if not self.connection.ended(self) and target.can_write_eof() and not target.is_closing():
            target.write_eof()
        if self.cut:
            self.connection.close()

    def _hold(self, size: int) -> None:
        self._held += size
        Pipe.held_by_all += size

    def _apply_backpressure(self) -> None:
        """Pause while too much is held, or the target is full and nothing is to be held; resume at three quarters."""
        source = self.source
        if source is None or source.is_closing():
            return
        # What is late has to be read while the target is full too: its delay counts from its arrival.
        full = self._target_full and not self.effects
        most = HIGH_WATER if Pipe.held_by_all < HELD_BY_ALL else HIGH_WATER_IN_NEED
        reading = source.is_reading()
        if reading and (full or self._held > most):
            source.pause_reading()
        elif not reading and not full and self._held < most * 3 // 4:
            source.resume_reading()


def _pieces(effect: Effect, chunk: Chunk) -> list[Chunk]:
    """What an effect makes of a chunk; it is counted if it is sliced or comes noticeably later."""
    before, data = chunk.earliest, chunk.data or b""
    pieces = [chunk.past(effect, at, piece) for at, piece in effect.chunk(before, data)]
    if len(pieces) > 1 or (pieces and pieces[-1].earliest - before >= FELT):
        effect.hit(len(data))
    return pieces


class Connection:
    """A client's connection and the one to the upstream; ``on_end`` is called when it ends."""

    __slots__ = ("_on_end", "downstream", "http", "loop", "reset_pending", "settled", "upstream")

    def __init__(self, toxics: Iterable[Toxic], on_end: Callable[[Connection], None]) -> None:
        self._on_end = on_end
        self.loop = asyncio.get_running_loop()
        self.upstream = Pipe(self, "upstream")
        self.downstream = Pipe(self, "downstream")
        self.http: http_faults.HttpInterceptor | None = None
        self.reset_pending = self.settled = False
        for toxic in toxics:
            self.add(toxic)

    def pipes(self, stream: str) -> Pipe:
        """The pipe of this direction."""
        return self.upstream if stream == "upstream" else self.downstream

    def add(self, toxic: Toxic) -> None:
        """Add a toxic to this connection, if the connection is in its share."""
        if not toxic.chosen():
            return
        if toxic.type == http_faults.TYPE:
            self.http = self.http or http_faults.HttpInterceptor(self.upstream, self.downstream)
            self.http.effects.append(http_faults.HttpEffect(toxic))
            return
        pipe = self.pipes(toxic.stream)
        effect = KINDS[toxic.type](toxic, pipe)
        pipe.effects.append(effect)
        effect.begin()

    def remove(self, toxic: Toxic) -> None:
        """Remove a toxic; what it held is delivered."""
        if self.http:
            self.http.remove(toxic)
        for pipe in (self.upstream, self.downstream):
            gone = [effect for effect in pipe.effects if effect.toxic is toxic]
            pipe.effects = [effect for effect in pipe.effects if effect.toxic is not toxic]
            for effect in gone:
                pipe.release(effect)
                effect.removed()

    def changed(self, toxic: Toxic) -> None:
        """Apply the changed attributes of a toxic to what it holds and to what comes."""
        for pipe in (self.upstream, self.downstream):
            for effect in [effect for effect in pipe.effects if effect.toxic is toxic]:
                effect.changed()
                pipe.renew(effect)

    def read(self, pipe: Pipe, data: bytes) -> None:
        """Take data that was read from one side."""
        if self.http is None:
            pipe.feed(data)
        else:
            pipe.bytes += len(data)
            self.http.feed(pipe, data)

    def end(self, pipe: Pipe) -> None:
        """Take the end of one side."""
        if self.http:
            self.http.end(pipe)
        pipe.end_of_stream()

    def ended(self, pipe: Pipe) -> bool:
        """Note that one direction has ended; close when both have, and say whether they have."""
        pipe.finished = True
        both = self.upstream.finished and self.downstream.finished
        if both:
            self.close()
        return both

    def close(self) -> None:
        """Close both sides."""
        for transport in (self.upstream.source, self.upstream.target):
            if transport is not None:
                transport.close()
        self._settle()

    def reset(self) -> None:
        """Reset both sides (RST); a side that does not exist yet, as soon as it does."""
        self.reset_pending = True
        for transport in (self.upstream.source, self.upstream.target):
            if transport is not None and not transport.is_closing():
                _disable_linger(transport)
                transport.abort()
        self._settle()

    def _settle(self) -> None:
        if self.settled:
            return
        self.settled = True
        for pipe in (self.upstream, self.downstream):
            pipe.settle()
        self._on_end(self)


def _disable_linger(transport: asyncio.Transport) -> None:
    own = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
    with own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Side(asyncio.Protocol):
    """One side of a connection: reads into one pipe and writes for the other."""

    __slots__ = ("connection", "reads", "writes")

    def __init__(self, connection: Connection, reads: Pipe, writes: Pipe) -> None:
        self.connection = connection
        self.reads = reads
        self.writes = writes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the transport to both pipes."""
        if isinstance(transport, asyncio.Transport) or hasattr(transport, "write"):
            self.reads.source = self.writes.target = transport  # type: ignore[assignment]
        if self.connection.reset_pending:
            self.connection.reset()

    def data_received(self, data: bytes) -> None:
        """Pass on."""
        self.connection.read(self.reads, data)

    def eof_received(self) -> bool:
        """Pass on the end; the other direction stays open."""
        self.connection.end(self.reads)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Close the other side, after the data that is on its way."""
        if self.connection.settled:
            return
        if isinstance(error, ConnectionResetError):
            self.connection.reset()
        else:
            self.connection.end(self.reads)
            self.connection.ended(self.writes)

    def pause_writing(self) -> None:
        """Back-pressure: the peer reads too slowly."""
        self.writes.full(full=True)

    def resume_writing(self) -> None:
        """The peer reads again."""
        self.writes.full(full=False)
