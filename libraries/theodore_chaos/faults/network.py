"""Network faults of a link, by a proxy that speaks Toxiproxy's HTTP API: the embedded one or a Toxiproxy server."""

from __future__ import annotations

import time
from contextlib import closing
from http.client import HTTPException
from typing import Any, TYPE_CHECKING

from theodore_chaos.attempts import Attempts, counter_of, listening
from theodore_chaos.errors import FaultUnavailableError, RefusedError
from theodore_chaos.faults.proxy_server import (
    canonical,
    Counted,
    NOT_FOUND,
    OK,
    ProxyServerGoneError,
    request,
    traffic,
)
from theodore_chaos.faults.proxy_server import path as _proxy

if TYPE_CHECKING:
    from theodore_chaos.journal import Record

SHARE_OF_DELAY = 0.5  # a delay counts that is at least half of what it should be
FIGURES = ("connections", "requests", "bytes")


def _found(parameters: dict[str, Any]) -> dict[str, Any]:
    try:
        status, body = request(parameters["api"], "GET", _proxy(parameters))
    except (ProxyServerGoneError, OSError, HTTPException) as error:
        raise FaultUnavailableError(
            f"the proxies cannot be reached ({error}): start Toxiproxy there, or correct 'proxies'"
        ) from None
    if status != OK:
        raise RefusedError(f"The proxy server at {parameters['api']} has no proxy '{parameters['proxy']}'.")
    if not body.get("enabled"):
        raise FaultUnavailableError(f"the proxy '{parameters['proxy']}' is switched off already")
    return dict(body)


def _missing(record: Record) -> tuple[dict[str, Any], str]:
    """The proxy of a fault as it is now, or why it cannot be seen."""
    try:
        status, body = request(record.parameters["api"], "GET", _proxy(record.parameters))
    except (ProxyServerGoneError, OSError, HTTPException):
        return {}, f"the proxy server at {record.parameters['api']} does not answer, and the fault went with it"
    if status != OK:
        return {}, f"somebody removed the proxy '{record.parameters['proxy']}'"
    return dict(body), ""


class _LinkFault:
    survives_restart = False

    def __init__(self) -> None:
        self._attempts: dict[str, Attempts | None] = {}

    def _counted(self, record: Record) -> int | None:
        """How many attempts to connect there were; None where nobody counted. Ends the counting."""
        counter = self._attempts.pop(record.id, None)
        if counter is None:
            return None
        with closing(counter):
            return counter.count()

    def target(self, parameters: dict[str, Any]) -> str:
        """The link's proxy, by one name whatever the server's address is called."""
        return f"proxy {parameters['proxy']} at {canonical(parameters['api'])}"


class LinkToxic(_LinkFault):
    """A toxic on the proxy of a link, such as latency, a black hole (type ``timeout``), a reset or an HTTP fault.

    ``parameters``: api, proxy, type, stream, toxicity, attributes.
    """

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its traffic so far; a link that is down cannot have a toxic that disturbs anything."""
        listen = _found(parameters)["listen"]
        counted = traffic(parameters)
        return {"traffic": counted and counted.as_json(), "listen": listen}

    def inject(self, record: Record) -> None:
        """Add the toxic under the lease's name."""
        parameters = record.parameters
        given = parameters.get("attributes", {})
        toxic = {
            "name": self._name(record),
            "type": parameters["type"],
            "stream": parameters.get("stream", "downstream"),
            "toxicity": parameters.get("toxicity", 1.0),
            "attributes": given,
        }
        status, body = request(parameters["api"], "POST", f"{_proxy(parameters)}/toxics", toxic)
        if status not in (OK, 201):
            reason = body.get("error") if isinstance(body, dict) else body
            raise FaultUnavailableError(f"the proxy server refused the toxic {parameters['type']}: {reason}")
        taken = body.get("attributes") or {}
        port = int(record.original["listen"].rpartition(":")[2])
        if parameters["type"] == "reset_peer" and listening(port):
            self._attempts[record.id] = counter_of(port)
        ignored = sorted(name for name, value in given.items() if taken.get(name) != value)
        if ignored:
            raise FaultUnavailableError(f"the proxy server did not take {', '.join(ignored)} of the toxic {parameters['type']}")

    def intact(self, record: Record) -> str:
        """Whether the toxic is still there, as it was added, on a proxy that is on."""
        proxy, gone = _missing(record)
        if gone:
            return gone
        if not proxy.get("enabled"):
            return f"somebody switched the proxy '{record.parameters['proxy']}' off"
        toxic = next((toxic for toxic in proxy.get("toxics") or [] if toxic["name"] == self._name(record)), None)
        if toxic is None:
            return "somebody took the toxic away from the proxy"
        given: dict[str, Any] = record.parameters.get("attributes", {})
        same = all(toxic["attributes"].get(name) == value for name, value in given.items())
        return "" if same else "somebody changed the toxic"

    def undo(self, record: Record) -> None:
        """Remove the toxic; the attempts to connect are counted before."""
        if record.id in self._attempts:
            record.original["attempts"] = self._counted(record)
        try:
            request(record.parameters["api"], "DELETE", f"{_proxy(record.parameters)}/toxics/{self._name(record)}")
        except ProxyServerGoneError:
            return

    def restored(self, record: Record) -> bool:
        """Whether the proxy has no toxic of this name."""
        try:
            status, body = request(record.parameters["api"], "GET", f"{_proxy(record.parameters)}/toxics")
        except ProxyServerGoneError:
            return True
        return status == NOT_FOUND or (status == OK and self._name(record) not in {toxic["name"] for toxic in body})

    def exposure(self, record: Record) -> dict[str, Any]:
        """Connections, bytes and requests that the toxic disturbed; from a Toxiproxy server the bytes that its metrics count."""
        status, body = request(record.parameters["api"], "GET", f"{_proxy(record.parameters)}/exposure")
        if status != OK or not isinstance(body, dict):
            before, after = record.original.get("traffic"), traffic(record.parameters)
            if before is None or after is None:
                return {"unknown": "the proxy server does not count what passes: start Toxiproxy with -proxy-metrics"}
            return counted_effect(record.parameters, Counted(**after.since(before)), record.original.get("attempts") or 0)
        disturbed = body["toxics"].get(self._name(record)) or {}
        figures: dict[str, Any] = {name: disturbed.get(name, 0) for name in FIGURES}
        if any(figures.values()) and record.parameters["type"] == "latency":
            figures["delay_ms"] = disturbed.get("delay_ms", 0.0)
            attributes = record.parameters["attributes"]
            least = float(attributes.get("latency", 0)) - float(attributes.get("jitter", 0))
            if figures["delay_ms"] < SHARE_OF_DELAY * least:
                figures["no_effect"] = f"the longest delay was {figures['delay_ms']:g} ms"
        return figures

    @staticmethod
    def _name(record: Record) -> str:
        return f"theodore-{record.id}"


def counted_effect(parameters: dict[str, Any], passed: Counted, attempts: int = 0) -> dict[str, Any]:
    """What a toxic of a Toxiproxy server did, as far as its metrics show it: bytes that came in, and bytes that went on.

    The server counts the bytes of a connection when it ends. ``attempts`` to connect count for a reset that let nothing through.
    """
    kind, attributes = parameters["type"], parameters.get("attributes", {})
    stream = parameters.get("stream", "downstream")
    came, went = passed.received[stream], passed.sent[stream]
    figures: dict[str, Any] = {"bytes": came}
    if kind == "bandwidth" and attributes["rate"]:
        needed = came / (attributes["rate"] * 1000)
        if came and needed < 0.01:  # noqa: PLR2004  # below what anybody would notice
            figures["no_effect"] = f"{came} bytes take {needed * 1000:.3f} ms at {attributes['rate']} KB/s"
    elif kind == "slicer" and 0 < came <= attributes["average_size"]:
        figures["no_effect"] = f"{came} bytes fit into one piece of {attributes['average_size']}"
    elif kind in ("timeout", "limit_data", "reset_peer"):
        other = "downstream" if stream == "upstream" else "upstream"
        figures["bytes"] = max(0, came - went)
        if kind == "reset_peer" and not went:
            figures["bytes"] += passed.received[other]
            figures["connections"] = attempts
        if came and not any(figures.values()):
            figures["no_effect"] = f"all of {came} bytes got through"
    return figures


class LinkDown(_LinkFault):
    """A link that is down: its proxy is switched off. ``parameters``: api, proxy."""

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Where it listens, and how many connections the proxy had closed before."""
        listen = _found(parameters)["listen"]
        return {"closed": self._closed(parameters), "listen": listen}

    def inject(self, record: Record) -> None:
        """Switch the proxy off: no new connection, and the present ones end."""
        port = int(record.original["listen"].rpartition(":")[2])
        here = listening(port)
        self._switch(record, on=False)
        deadline = time.monotonic() + 1
        while listening(port) and time.monotonic() < deadline:
            time.sleep(0.005)
        if here and not listening(port):
            self._attempts[record.id] = counter_of(port)

    def intact(self, record: Record) -> str:
        """Whether the proxy is still off."""
        proxy, gone = _missing(record)
        return gone or (f"somebody switched the proxy '{record.parameters['proxy']}' on" if proxy.get("enabled") else "")

    def undo(self, record: Record) -> None:
        """Switch the proxy on; what was refused is counted before."""
        try:
            record.exposure = record.exposure or self._figures(record)
            self._switch(record, on=True)
        except ProxyServerGoneError:
            return

    def restored(self, record: Record) -> bool:
        """Whether the proxy is on."""
        try:
            status, body = request(record.parameters["api"], "GET", _proxy(record.parameters))
        except ProxyServerGoneError:
            return True
        return status == NOT_FOUND or bool(body.get("enabled"))

    def exposure(self, record: Record) -> dict[str, Any]:
        """How many connections were closed or refused."""
        return record.exposure or self._figures(record)

    def _figures(self, record: Record) -> dict[str, Any]:
        refused = self._counted(record)
        closed = self._closed(record.parameters)
        ended = None if closed is None else closed - int(record.original.get("closed") or 0)
        if not ended and refused is None:
            return {
                "unknown": "no open connection was cut, and refused ones are counted only by root on the machine of the proxy"
            }
        return {"connections": (ended or 0) + (refused or 0)}

    @staticmethod
    def _switch(record: Record, *, on: bool) -> None:
        status, body = request(record.parameters["api"], "POST", _proxy(record.parameters), {"enabled": on})
        if status != OK:
            raise FaultUnavailableError(f"the proxy server answered {status} to enabled={on}: {body}")

    @staticmethod
    def _closed(parameters: dict[str, Any]) -> int | None:
        status, body = request(parameters["api"], "GET", f"{_proxy(parameters)}/exposure")
        return int(body["refused"]) if status == OK and isinstance(body, dict) else None
