"""How a connection through the proxy gets its upstream side."""

from __future__ import annotations

import asyncio
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from theodore_chaos.proxy.pipe import Connection


class Joining:
    """Connects to the upstream; an address that does not answer closes the connection.

    It drives the loop's coroutine itself, from the moment at which the client is there. A task would begin an iteration of the
    loop later, and would cost a connection of one request about a fiftieth of its processor time.
    """

    __slots__ = ("_awaited", "_connecting", "_connection", "_pending")

    def __init__(self, connection: Connection, host: str, port: int, pending: set[Joining]) -> None:
        self._connection = connection
        self._pending = pending
        self._awaited: asyncio.Future[Any] | None = None
        self._connecting: Coroutine[Any, Any, Any] = connection.loop.create_connection(self._upstream, host, port)
        self._go_on()

    def cancel(self) -> None:
        """Give up, and close the connection."""
        if self._awaited is not None:
            self._awaited.cancel()

    def _upstream(self) -> asyncio.Protocol:
        return self._connection.downstream

    def _go_on(self, _: asyncio.Future[Any] | None = None) -> None:
        self._pending.discard(self)
        try:
            self._awaited = self._connecting.send(None)
        except StopIteration:
            return
        except (OSError, ValueError, asyncio.CancelledError):
            # Not at once: the loop would read on after a side that is closed while it is made known.
            self._connection.loop.call_soon(self._connection.close)
        else:
            self._pending.add(self)
            self._awaited.add_done_callback(self._go_on)
