"""The proxies of a server: each listens at an address, forwards to an upstream, and has toxics."""

from __future__ import annotations

import asyncio
from typing import Any, TYPE_CHECKING

from theodore_chaos.proxy import addresses
from theodore_chaos.proxy.joining import Joining
from theodore_chaos.proxy.pipe import Connection
from theodore_chaos.proxy.requests import ApiError, fields, refused
from theodore_chaos.proxy.toxic_requests import change_toxic, new_toxic

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from theodore_chaos.proxy.toxics import Toxic

FIELDS = {"name": str, "listen": str, "upstream": str, "enabled": bool}
LOOPBACK = "127.0.0.1:0"


class FaultProxy:
    """A proxy on one link."""

    def __init__(self, name: str, listen: str, upstream: str) -> None:
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.toxics: dict[str, Toxic] = {}
        self.past: dict[str, Toxic] = {}
        self.connections: set[Connection] = set()
        self.joining: set[Joining] = set()
        self.accepted = self.refused = 0
        self.received = {"upstream": 0, "downstream": 0}
        self.sent = {"upstream": 0, "downstream": 0}
        self._server: asyncio.Server | None = None

    @property
    def enabled(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    async def enable(self) -> None:
        """Listen; an address without port gets a free one, and keeps it."""
        if not self.enabled:
            await self._serve(await addresses.listener(self.listen))

    async def disable(self) -> None:
        """Stop listening and close what is connected."""
        self._stop_listening()
        for connection in list(self.connections):
            self.refused += 1
            connection.close()
        for joining in list(self.joining):
            joining.cancel()

    async def move(self, listen: str, upstream: str, *, enabled: bool) -> bool:
        """Take other addresses; a listening address that cannot be had leaves everything as it was.

        Returns:
            Whether an address differs; then what was connected is closed.
        """
        elsewhere = await addresses.resolved(listen) != await addresses.resolved(self.listen)
        if not elsewhere and upstream == self.upstream:
            return False
        if enabled and elsewhere:
            before = self.listen if self.enabled else ""
            self._stop_listening()
            try:
                taken = await addresses.listener(listen)
            except ApiError:
                if before:
                    await self._serve(await addresses.listener(before))
                raise
            await self.disable()
            await self._serve(taken)
        else:
            await self.disable()
            self.listen = listen
        self.upstream = upstream
        return True

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
            "bytes_upstream": self.passed("upstream")[0],
            "bytes_downstream": self.passed("downstream")[0],
            "refused": self.refused,
            "toxics": {name: vars(toxic.exposure) for name, toxic in (self.past | self.toxics).items()},
        }

    def passed(self, stream: str) -> tuple[int, int]:
        """The bytes received and sent on in a direction."""
        pipes = [connection.pipes(stream) for connection in self.connections]
        received = self.received[stream] + sum(pipe.bytes for pipe in pipes)
        return received, self.sent[stream] + sum(pipe.sent for pipe in pipes)

    def reset_exposure(self) -> None:
        """Count from zero again."""
        self.past.clear()
        self.accepted = self.refused = 0
        self.received = {"upstream": 0, "downstream": 0}

    def add(self, definition: Any) -> Toxic:
        """Add a toxic, to open connections too."""
        toxic = new_toxic(definition)
        if toxic.name in self.toxics:
            raise ApiError(409, "toxic already exists")
        self.toxics[toxic.name] = toxic
        for connection in list(self.connections):
            connection.add(toxic)
        return toxic

    def update(self, name: str, change: Any) -> Toxic:
        """Change a toxic's attributes and toxicity, for open connections too."""
        toxic = self.toxic(name)
        change_toxic(toxic, change)
        for connection in list(self.connections):
            connection.changed(toxic)
        return toxic

    def remove(self, name: str) -> None:
        """Remove a toxic."""
        toxic = self.toxic(name)
        del self.toxics[name]
        self.past[name] = toxic
        for connection in list(self.connections):
            connection.remove(toxic)

    def toxic(self, name: str) -> Toxic:
        """The toxic of this name."""
        if name not in self.toxics:
            raise ApiError(404, "toxic not found")
        return self.toxics[name]

    def forget(self, connection: Connection) -> None:
        """Keep the figures of a connection that has ended."""
        if connection in self.connections:
            self.connections.discard(connection)
            for pipe in (connection.upstream, connection.downstream):
                self.received[pipe.stream] += pipe.bytes
                self.sent[pipe.stream] += pipe.sent

    def join(self, connection: Connection) -> None:
        """Begin to connect to the upstream; an address that does not answer closes the connection."""
        try:
            host, port = addresses.split(self.upstream)
        except ValueError:
            connection.loop.call_soon(connection.close)
        else:
            Joining(connection, host or "127.0.0.1", port, self.joining)

    async def _serve(self, listening: socket.socket) -> None:
        self.listen = addresses.text(listening)
        self._server = await asyncio.get_running_loop().create_server(self._accepted, sock=listening)

    def _stop_listening(self) -> None:
        if self._server:
            self._server.close()
        self._server = None

    def _accepted(self) -> asyncio.Protocol:
        connection = Connection(self)
        self.accepted += 1
        self.connections.add(connection)
        return connection.upstream


class Registry:
    """All proxies of a server; one change at a time."""

    def __init__(self) -> None:
        self.proxies: dict[str, FaultProxy] = {}
        self._turn = asyncio.Lock()

    def proxy(self, name: str) -> FaultProxy:
        """The proxy of this name."""
        if name not in self.proxies:
            raise ApiError(404, "proxy not found")
        return self.proxies[name]

    async def create(self, body: Any) -> FaultProxy:
        """Create a proxy; it listens unless it is disabled."""
        definition = _definition(body)
        async with self._turn:
            if definition["name"] in self.proxies:
                raise ApiError(409, "proxy already exists")
            return await self._create(definition)

    async def populate(self, body: Any) -> list[FaultProxy]:
        """Create the proxies, once all entries are valid; an existing one is changed if its addresses differ.

        Raises:
            ApiError: an entry is invalid, and nothing was made; or an address is taken, with the proxies before it.
        """
        made: list[FaultProxy] = []
        try:
            if not isinstance(body, list | None):
                raise refused("expected a list of proxies")
            definitions = [_definition(entry, f" at proxy {number}") for number, entry in enumerate(body or [], start=1)]
            async with self._turn:
                for definition in definitions:
                    made.append(await self._create_or_move(definition))  # noqa: PERF401  # those before an error are reported
        except ApiError as error:
            raise ApiError(error.status, str(error), proxies=[proxy.as_json() for proxy in made]) from None
        return made

    async def change(self, name: str, body: Any) -> FaultProxy:
        """Change the addresses of a proxy, or switch it on or off."""
        proxy, change = self.proxy(name), fields(body, FIELDS)
        async with self._turn:
            enabled = change.get("enabled", proxy.enabled)
            await proxy.move(change.get("listen") or proxy.listen, change.get("upstream") or proxy.upstream, enabled=enabled)
            await (proxy.enable() if enabled else proxy.disable())
        return proxy

    async def delete(self, name: str) -> None:
        """Remove a proxy and close its connections."""
        async with self._turn:
            await self.proxy(name).disable()
            del self.proxies[name]

    async def reset(self) -> None:
        """Switch all proxies on and remove all toxics."""
        async with self._turn:
            for proxy in self.proxies.values():
                await proxy.enable()
                for name in list(proxy.toxics):
                    proxy.remove(name)

    def metrics(self) -> str:
        """The bytes that each proxy received and sent on, in Prometheus's format and by a Toxiproxy server's names."""
        lines = []
        for number, what in enumerate(("received", "sent")):
            metric = f"toxiproxy_proxy_{what}_bytes_total"
            lines += [f"# HELP {metric} Bytes {what} by the proxies.", f"# TYPE {metric} counter"]
            for proxy in self.proxies.values():
                for stream in ("downstream", "upstream"):
                    own = {"direction": stream, "listener": proxy.listen, "proxy": proxy.name, "upstream": proxy.upstream}
                    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in own.items())
                    lines.append(f"{metric}{{{labels}}} {proxy.passed(stream)[number]}")
        return "\n".join(lines) + "\n"

    async def _create(self, definition: Mapping[str, Any]) -> FaultProxy:
        proxy = FaultProxy(definition["name"], definition.get("listen") or LOOPBACK, definition["upstream"])
        if definition.get("enabled", True):
            await proxy.enable()
        self.proxies[proxy.name] = proxy
        return proxy

    async def _create_or_move(self, definition: Mapping[str, Any]) -> FaultProxy:
        present = self.proxies.get(definition["name"])
        if present is None:
            return await self._create(definition)
        enabled = definition.get("enabled", True)
        if await present.move(definition.get("listen") or LOOPBACK, definition["upstream"], enabled=enabled):
            for name in list(present.toxics):
                present.remove(name)
            await (present.enable() if enabled else present.disable())
        return present


def _definition(body: Any, where: str = "") -> dict[str, Any]:
    definition = fields(body, FIELDS)
    for name in ("name", "upstream"):
        if not definition.get(name):
            raise ApiError(400, f"missing required field: {name}{where}")
    return definition


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
