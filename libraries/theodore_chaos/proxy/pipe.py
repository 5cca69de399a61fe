"""Connections through the proxy: two directions each, forwarded at once unless a toxic changes or delays them."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections import deque
from typing import cast, Protocol, TYPE_CHECKING

from theodore_chaos.proxy import http_faults
from theodore_chaos.proxy.chunks import Chunk, FELT, held_by_all, pieces
from theodore_chaos.proxy.toxics import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_chaos.proxy.toxics import Effect, Toxic

SOON = 0.0005
NONE_HELD: deque[Chunk] = deque(maxlen=0)


class Pipe(asyncio.Protocol):
    """One direction: chunks read on one side, its source, are delivered on the other, each at its due time and all in order.

    It is the protocol of its source, and its target is the other's source: objects of their own would cost calls for each chunk.
    """

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
        self._due = NONE_HELD
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._target_full = self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the transport to both directions."""
        self.source = self.connection.other(self).target = cast("asyncio.Transport", transport)
        self.connection.joined(self)

    def data_received(self, data: bytes) -> None:
        """Forward a chunk that was read."""
        size = len(data)
        self.bytes += size
        if self.connection.http is not None:
            self.connection.http.feed(self, data)
        elif self.effects or self._due or self._ended:
            self.schedule(data)
        elif self.target is not None:
            self.sent += size
            self.target.write(data)
        else:
            self._due = deque((Chunk(0.0, data),))  # for the upstream, as soon as it is connected
            self._hold(size)

    def eof_received(self) -> bool:
        """Pass on the end; the other direction stays open."""
        if self.connection.http:
            self.connection.http.end(self)
        self.end_of_stream()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Close the other side, after the data that is on its way."""
        connection = self.connection
        if not connection.settled:
            if isinstance(error, ConnectionResetError):
                connection.reset()
            else:
                self.eof_received()
                other = connection.other(self)
                other.settle()  # this side takes nothing more
                connection.ended(other)
        if connection.settled:
            # Without the cycle its memory is free at once, and still in the processor's caches for the next connection.
            self.effects = []
            del self.connection

    def pause_writing(self) -> None:
        """Back-pressure: the peer reads too slowly."""
        self.connection.other(self).full(full=True)

    def resume_writing(self) -> None:
        """The peer reads again."""
        self.connection.other(self).full(full=False)

    def begin(self) -> None:
        """Deliver what came before the target was there, and read on."""
        if self._due or (self.source is not None and not self.source.is_reading()):
            self._deliver()

    def schedule(self, data: bytes, delay: float = 0.0) -> None:
        """Deliver a chunk when all effects let it pass."""
        if self._ended:
            return
        chunks = [Chunk(self.loop.time() + delay, data)]
        for effect in self.effects:
            chunks = [piece for chunk in chunks for piece in pieces(effect, chunk)]
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
                made = [before.past(effect, effect.end_of_stream(before.earliest), None)]
            else:
                made = [before.past(effect, at, data) for at, data in effect.chunk(before.earliest, chunk.data)]
            return [Chunk(piece.came, piece.data, piece.delays + later) for piece in made]

        self._reschedule(effect, again)

    def settle(self) -> None:
        """Take nothing more, and note how long what is still held was held back: its target has ended."""
        self._ended = True
        if self._due:
            for chunk in self._due:
                self._note(chunk)
            self._due.clear()
            self._hold(-self._held)

    def _reschedule(self, effect: Effect, divided: Callable[[Chunk, Chunk], list[Chunk]]) -> None:
        """Replace each held chunk that an effect delays by pieces of it, made of the chunk without that delay and before it."""
        held, now = self._due, self.loop.time()
        self._due, self._last = NONE_HELD, now
        self._hold(-self._held)
        for chunk in held:
            index = next((index for index, (other, _) in enumerate(chunk.delays) if other is effect), None)
            if index is None:
                self._append(chunk)
                continue
            self._note(chunk)
            rest = Chunk(chunk.came, chunk.data, chunk.delays[:index] + chunk.delays[index + 1 :])
            for piece in divided(rest, Chunk(chunk.came, chunk.data, chunk.delays[:index])):
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
        if self._due is NONE_HELD:
            self._due = deque()
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
        held_by_all.size += size

    def _apply_backpressure(self) -> None:
        """Pause while too much is held, or the target is full and nothing is to be held; resume at three quarters."""
        source = self.source
        if source is None or source.is_closing():
            return
        # What is late has to be read while the target is full too: its delay counts from its arrival.
        full = self._target_full and not self.effects
        most, reading = held_by_all.high_water, source.is_reading()
        if reading and (full or self._held > most):
            source.pause_reading()
        elif not reading and not full and self._held < most * 3 // 4:
            source.resume_reading()


class Owner(Protocol):
    """What has connections: it joins them to the upstream, and keeps their figures."""

    toxics: dict[str, Toxic]

    def join(self, connection: Connection) -> None:
        """Begin to connect to the upstream; an address that does not answer closes the connection."""

    def forget(self, connection: Connection) -> None:
        """Keep the figures of a connection that has ended."""


class Connection:
    """A client's connection and the one to the upstream: two pipes, each the protocol of the side that it reads."""

    __slots__ = ("downstream", "http", "loop", "owner", "reset_pending", "settled", "upstream")

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.loop = asyncio.get_running_loop()
        self.upstream = Pipe(self, "upstream")
        self.downstream = Pipe(self, "downstream")
        self.http: http_faults.HttpInterceptor | None = None
        self.reset_pending = self.settled = False
        for toxic in owner.toxics.values():
            self.add(toxic)

    def joined(self, pipe: Pipe) -> None:
        """Take a side; for the client's, connect the upstream: until then nothing is read that a toxic would change or delay."""
        if self.reset_pending:
            self.reset()
        elif self.settled:
            self.close()
        elif pipe is self.downstream:
            self.upstream.begin()
        else:
            if pipe.source and (pipe.effects or self.http):
                pipe.source.pause_reading()
            self.owner.join(self)

    def other(self, pipe: Pipe) -> Pipe:
        """The other direction."""
        return self.downstream if pipe is self.upstream else self.upstream

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
        self.upstream.settle()
        self.downstream.settle()
        self.owner.forget(self)


def _disable_linger(transport: asyncio.Transport) -> None:
    own = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
    with own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
