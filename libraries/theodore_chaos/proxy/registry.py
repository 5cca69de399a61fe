"""The proxies of a server: each listens at an address, forwards to an upstream, and has toxics."""

from __future__ import annotations

import asyncio
from typing import Any, TYPE_CHECKING

from theodore_chaos.proxy.http_faults import ATTRIBUTES as HTTP_ATTRIBUTES
from theodore_chaos.proxy.http_faults import TYPE as HTTP
from theodore_chaos.proxy.pipe import Connection, Side
from theodore_chaos.proxy.toxics import KINDS, Toxic

if TYPE_CHECKING:
    from collections.abc import Mapping

STREAMS = ("upstream", "downstream")


class ApiError(Exception):
    """A request that the API refuses, with the status of the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class FaultProxy:
    """A proxy on one link."""

    def __init__(self, name: str, listen: str, upstream: str) -> None:
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.enabled = False
        self.toxics: dict[str, Toxic] = {}
        self.past: dict[str, Toxic] = {}
        self.connections: set[Connection] = set()
        self.accepted = self.refused = self.bytes_up = self.bytes_down = 0
        self._server: asyncio.Server | None = None

    async def enable(self) -> None:
        """Listen; an address without port gets a free one, and keeps it."""
        if self.enabled:
            return
        host, _, port = self.listen.rpartition(":")
        try:
            server = await asyncio.get_running_loop().create_server(self._accepted, host or "127.0.0.1", int(port or 0))
        except (OSError, ValueError) as error:
            raise ApiError(500, f"listen {self.listen}: {error}") from None
        self._server, self.enabled = server, True
        bound = server.sockets[0].getsockname()
        self.listen = f"{bound[0]}:{bound[1]}"

    async def disable(self) -> None:
        """Stop listening and close what is connected."""
        if self._server:
            self._server.close()
        self._server, self.enabled = None, False
        for connection in list(self.connections):
            self.refused += 1
            connection.close()

    def as_json(self) -> dict[str, Any]:
        """The proxy as the API represents it."""
        toxics = [toxic.as_json() for toxic in self.toxics.values()]
        own = {"name": self.name, "listen": self.listen, "upstream": self.upstream}
        return own | {"enabled": self.enabled, "toxics": toxics}

    def exposure(self) -> dict[str, Any]:
        """The traffic of the proxy, and what each toxic, present or past, has touched."""
        return {
            "connections": self.accepted,
            "open": len(self.connections),
            "bytes_upstream": self.bytes_up + sum(connection.upstream.bytes for connection in self.connections),
            "bytes_downstream": self.bytes_down + sum(connection.downstream.bytes for connection in self.connections),
            "refused": self.refused,
            "toxics": {name: vars(toxic.exposure) for name, toxic in (self.past | self.toxics).items()},
        }

    def reset_exposure(self) -> None:
        """Count from zero again."""
        self.past.clear()
        self.accepted = self.refused = self.bytes_up = self.bytes_down = 0

    def add(self, definition: Mapping[str, Any]) -> Toxic:
        """Add a toxic, to open connections too."""
        toxic = _toxic(definition)
        if toxic.name in self.toxics:
            raise ApiError(409, "toxic already exists")
        self.toxics[toxic.name] = toxic
        for connection in list(self.connections):
            connection.add(toxic)
        return toxic

    def update(self, name: str, change: Mapping[str, Any]) -> Toxic:
        """Change a toxic's attributes and toxicity, for open connections too."""
        toxic = self.toxic(name)
        changed = _toxic(toxic.as_json() | {"attributes": toxic.attributes | dict(change.get("attributes") or {})})
        changed.toxicity = float(change.get("toxicity", toxic.toxicity))
        changed.exposure = toxic.exposure
        self._detach(toxic)
        self.toxics[name] = changed
        for connection in list(self.connections):
            connection.add(changed)
        return changed

    def remove(self, name: str) -> None:
        """Remove a toxic."""
        toxic = self.toxic(name)
        del self.toxics[name]
        self.past[name] = toxic
        self._detach(toxic)

    def toxic(self, name: str) -> Toxic:
        """The toxic of this name."""
        if name not in self.toxics:
            raise ApiError(404, "toxic not found")
        return self.toxics[name]

    def keep_figures(self, connection: Connection) -> None:
        """Keep the figures of a connection that has ended."""
        self.bytes_up += connection.upstream.bytes
        self.bytes_down += connection.downstream.bytes

    def _detach(self, toxic: Toxic) -> None:
        for connection in list(self.connections):
            connection.remove(toxic)

    def _accepted(self) -> asyncio.Protocol:
        connection = Connection(self.toxics.values(), self.connections.discard)
        self.accepted += 1
        self.connections.add(connection)
        return _ClientSide(connection, self)


class _ClientSide(Side):
    """The client's side, which makes the other one."""

    def __init__(self, connection: Connection, proxy: FaultProxy) -> None:
        super().__init__(connection, connection.upstream, connection.downstream)
        self._proxy = proxy
        self._joining: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connect to the upstream; until then nothing is read."""
        super().connection_made(transport)
        if self.reads.source:
            self.reads.source.pause_reading()
        if not self.connection.reset_pending:
            self._joining = asyncio.get_running_loop().create_task(self._join())

    def connection_lost(self, error: Exception | None) -> None:
        """Keep the connection's figures."""
        super().connection_lost(error)
        self._proxy.keep_figures(self.connection)
        self._proxy.connections.discard(self.connection)

    async def _join(self) -> None:
        host, _, port = self._proxy.upstream.rpartition(":")
        other = Side(self.connection, self.connection.downstream, self.connection.upstream)
        try:
            await asyncio.get_running_loop().create_connection(lambda: other, host, int(port))
        except (OSError, ValueError):
            self.connection.close()
            return
        self.reads.full(full=False)


class Registry:
    """All proxies of a server."""

    def __init__(self) -> None:
        self.proxies: dict[str, FaultProxy] = {}

    def proxy(self, name: str) -> FaultProxy:
        """The proxy of this name."""
        if name not in self.proxies:
            raise ApiError(404, "proxy not found")
        return self.proxies[name]

    async def create(self, definition: Mapping[str, Any]) -> FaultProxy:
        """Create a proxy; it listens unless it is disabled."""
        for name in ("name", "upstream"):
            if not isinstance(definition.get(name), str) or not definition[name]:
                raise ApiError(400, f"missing required field: {name}")
        if definition["name"] in self.proxies:
            raise ApiError(409, "proxy already exists")
        proxy = FaultProxy(definition["name"], str(definition.get("listen") or "127.0.0.1:0"), definition["upstream"])
        if definition.get("enabled", True):
            await proxy.enable()
        self.proxies[proxy.name] = proxy
        return proxy

    async def populate(self, definitions: list[Mapping[str, Any]]) -> list[FaultProxy]:
        """Create the proxies; an existing one is replaced if its addresses differ."""
        made = []
        for definition in definitions:
            present = self.proxies.get(str(definition.get("name")))
            if present and (present.listen, present.upstream) == (definition.get("listen"), definition.get("upstream")):
                made.append(present)
                continue
            if present:
                await self.delete(present.name)
            made.append(await self.create(definition))
        return made

    async def change(self, name: str, change: Mapping[str, Any]) -> FaultProxy:
        """Change the addresses of a proxy, or switch it on or off."""
        proxy = self.proxy(name)
        listen, upstream = change.get("listen") or proxy.listen, change.get("upstream") or proxy.upstream
        if (listen, upstream) != (proxy.listen, proxy.upstream):
            await proxy.disable()
            proxy.listen, proxy.upstream = listen, upstream
        if change.get("enabled", True):
            await proxy.enable()
        else:
            await proxy.disable()
        return proxy

    async def delete(self, name: str) -> None:
        """Remove a proxy and close its connections."""
        await self.proxy(name).disable()
        del self.proxies[name]

    async def reset(self) -> None:
        """Switch all proxies on and remove all toxics."""
        for proxy in self.proxies.values():
            for name in list(proxy.toxics):
                proxy.remove(name)
            await proxy.enable()


def _toxic(definition: Mapping[str, Any]) -> Toxic:
    kind, stream = definition.get("type"), definition.get("stream") or "downstream"
    if kind not in (*KINDS, HTTP):
        raise ApiError(400, "invalid toxic type" if kind else "missing required field: type")
    if stream not in STREAMS:
        raise ApiError(400, "stream was invalid, can be either upstream or downstream")
    known = HTTP_ATTRIBUTES if kind == HTTP else KINDS[kind].ATTRIBUTES
    given = definition.get("attributes") or {}
    for name, value in given.items():
        if name not in known:
            raise ApiError(400, f"a toxic {kind} has no attribute '{name}': it has {', '.join(known)}")
        default = known[name]
        if isinstance(default, (int, float)) and (isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0):
            raise ApiError(400, f"the attribute '{name}' is {value!r}, expected a number that is not negative")
    toxicity = definition.get("toxicity", 1.0)
    if isinstance(toxicity, bool) or not isinstance(toxicity, (int, float)) or not 0 <= toxicity <= 1:
        raise ApiError(400, f"the toxicity is {toxicity!r}, expected a number from 0 to 1")
    name = definition.get("name") or f"{kind}_{stream}"
    return Toxic(name, kind, stream, float(toxicity), dict(known) | dict(given))
