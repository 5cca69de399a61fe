"""Network faults of a link, by a proxy that speaks Toxiproxy's HTTP API: the embedded one or a Toxiproxy server."""

from __future__ import annotations

import http.client
import json
from typing import Any, TYPE_CHECKING
from urllib.parse import quote, urlsplit

from theodore_chaos.errors import FaultUnavailableError, RefusedError

if TYPE_CHECKING:
    from theodore_chaos.journal import Record

TIMEOUT = 5
OK = 200
NOT_FOUND = 404
METRIC = "toxiproxy_proxy_received_bytes_total{"


class ProxyServerGoneError(Exception):
    """The proxy server is gone, and all its toxics with it."""


def _request(api: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    parts = urlsplit(api)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        reply = connection.getresponse()
        text = reply.read()
    except ConnectionRefusedError:
        raise ProxyServerGoneError(f"the proxy server at {api} does not answer") from None
    finally:
        connection.close()
    try:
        return reply.status, json.loads(text) if text else None
    except ValueError:
        return reply.status, text.decode(errors="replace")


def _proxy(parameters: dict[str, Any]) -> str:
    return f"/proxies/{quote(parameters['proxy'], safe='')}"


def _captured(parameters: dict[str, Any]) -> dict[str, Any]:
    try:
        status, body = _request(parameters["api"], "GET", _proxy(parameters))
    except (ProxyServerGoneError, OSError) as error:
        raise FaultUnavailableError(
            f"the proxies cannot be reached ({error}): start Toxiproxy there, or correct 'proxies'"
        ) from None
    if status != OK:
        raise RefusedError(f"The proxy server at {parameters['api']} has no proxy '{parameters['proxy']}'.")
    return dict(body)


def _passed(parameters: dict[str, Any]) -> int | None:
    """The bytes that a Toxiproxy server has passed on, by its metrics; None where it has no metrics."""
    status, text = _request(parameters["api"], "GET", "/metrics")
    lines = text.splitlines() if status == OK and isinstance(text, str) else []
    label = f'proxy="{parameters["proxy"]}"'
    counted = [line for line in lines if line.startswith(METRIC) and label in line]
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in counted) if lines else None


class LinkToxic:
    """A toxic on the proxy of a link, such as latency, a black hole (type ``timeout``), a reset or an HTTP fault.

    ``parameters``: api, proxy, type, stream, toxicity, attributes.
    """

    survives_restart = False

    def target(self, parameters: dict[str, Any]) -> str:
        """The link's proxy."""
        return f"proxy {parameters['proxy']} at {parameters['api']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its toxics and traffic; a link that is down cannot have a toxic that touches anything."""
        found = _captured(parameters)
        if not found.get("enabled"):
            raise FaultUnavailableError(f"the proxy '{parameters['proxy']}' is switched off already")
        passed = _passed(parameters)
        return {"toxics": [toxic["name"] for toxic in found.get("toxics") or []], "passed": passed}

    def inject(self, record: Record) -> None:
        """Add the toxic under the lease's name."""
        parameters = record.parameters
        toxic = {
            "name": self._name(record),
            "type": parameters["type"],
            "stream": parameters.get("stream", "downstream"),
            "toxicity": parameters.get("toxicity", 1.0),
            "attributes": parameters.get("attributes", {}),
        }
        status, body = _request(parameters["api"], "POST", f"{_proxy(parameters)}/toxics", toxic)
        if status not in (OK, 201):
            reason = body.get("error") if isinstance(body, dict) else body
            raise FaultUnavailableError(f"the proxy server refused the toxic {parameters['type']}: {reason}")

    def undo(self, record: Record) -> None:
        """Remove the toxic."""
        try:
            _request(record.parameters["api"], "DELETE", f"{_proxy(record.parameters)}/toxics/{self._name(record)}")
        except ProxyServerGoneError:
            return

    def restored(self, record: Record) -> bool:
        """Whether the proxy has no toxic of this name."""
        try:
            status, body = _request(record.parameters["api"], "GET", f"{_proxy(record.parameters)}/toxics")
        except ProxyServerGoneError:
            return True
        return status == NOT_FOUND or (status == OK and self._name(record) not in {toxic["name"] for toxic in body})

    def exposure(self, record: Record) -> dict[str, Any]:
        """Connections, bytes and requests that the toxic touched; from a Toxiproxy the bytes that its metrics count."""
        status, body = _request(record.parameters["api"], "GET", f"{_proxy(record.parameters)}/exposure")
        if status != OK or not isinstance(body, dict):
            before, after = record.original.get("passed"), _passed(record.parameters)
            if before is None or after is None:
                return {"unknown": "the proxy server does not count what passes: start Toxiproxy with -proxy-metrics"}
            return {"bytes": after - before}
        touched = body["toxics"].get(self._name(record)) or {}
        return {name: touched.get(name, 0) for name in ("connections", "requests", "bytes")}

    @staticmethod
    def _name(record: Record) -> str:
        return f"theodore-{record.id}"


class LinkDown:
    """A link that is down: its proxy is switched off. ``parameters``: api, proxy."""

    survives_restart = False

    def target(self, parameters: dict[str, Any]) -> str:
        """The link's proxy."""
        return f"proxy {parameters['proxy']} at {parameters['api']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """How many connections the proxy had closed or refused before."""
        found = _captured(parameters)
        if not found.get("enabled"):
            raise FaultUnavailableError(f"the proxy '{parameters['proxy']}' is switched off already")
        return {"refused": self._refused(parameters)}

    def inject(self, record: Record) -> None:
        """Switch the proxy off: no new connection, and the present ones end."""
        self._switch(record, on=False)

    def undo(self, record: Record) -> None:
        """Switch the proxy on."""
        try:
            self._switch(record, on=True)
        except ProxyServerGoneError:
            return

    def restored(self, record: Record) -> bool:
        """Whether the proxy is on."""
        try:
            status, body = _request(record.parameters["api"], "GET", _proxy(record.parameters))
        except ProxyServerGoneError:
            return True
        return status == NOT_FOUND or bool(body.get("enabled"))

    def exposure(self, record: Record) -> dict[str, Any]:
        """How many connections were closed."""
        return {"connections": self._refused(record.parameters) - int(record.original.get("refused", 0))}

    @staticmethod
    def _switch(record: Record, *, on: bool) -> None:
        status, body = _request(record.parameters["api"], "POST", _proxy(record.parameters), {"enabled": on})
        if status != OK:
            raise FaultUnavailableError(f"the proxy server answered {status} to enabled={on}: {body}")

    @staticmethod
    def _refused(parameters: dict[str, Any]) -> int:
        status, body = _request(parameters["api"], "GET", f"{_proxy(parameters)}/exposure")
        return int(body["refused"]) if status == OK and isinstance(body, dict) else 0
