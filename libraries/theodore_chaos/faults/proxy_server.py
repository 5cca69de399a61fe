"""A proxy server's HTTP API, the embedded proxy's or a Toxiproxy server's, and its metrics."""

from __future__ import annotations

import http.client
import json
import re
import socket
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlsplit

TIMEOUT = 5
OK = 200
NOT_FOUND = 404
METRIC = re.compile(r"toxiproxy_proxy_(received|sent)_bytes_total\{(.*)\} (\S+)")
STREAMS = ("upstream", "downstream")


class ProxyServerGoneError(Exception):
    """The proxy server is gone, and all its toxics with it."""


@dataclass(frozen=True)
class Counted:
    """The bytes that a proxy received and sent on, by direction."""

    received: dict[str, int]
    sent: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """For the journal."""
        return asdict(self)

    def since(self, before: dict[str, Any]) -> dict[str, Any]:
        """The difference to earlier figures."""
        return {
            what: {stream: count - before[what][stream] for stream, count in counts.items()}
            for what, counts in asdict(self).items()
        }


def request(api: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """The status and the decoded body of an answer; raises ``ProxyServerGoneError`` where nothing listens."""
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


def path(parameters: dict[str, Any]) -> str:
    """The path of a proxy in the API."""
    return f"/proxies/{quote(parameters['proxy'], safe='')}"


def traffic(parameters: dict[str, Any]) -> Counted | None:
    """The bytes that a proxy has passed on, by the server's metrics; None where it has none."""
    status, text = request(parameters["api"], "GET", "/metrics")
    if status != OK or not isinstance(text, str):
        return None
    counted = Counted(dict.fromkeys(STREAMS, 0), dict.fromkeys(STREAMS, 0))
    for line in text.splitlines():
        if (found := METRIC.match(line)) and f'proxy="{parameters["proxy"]}"' in found[2]:
            stream = next(stream for stream in STREAMS if f'direction="{stream}"' in found[2])
            getattr(counted, found[1])[stream] += int(float(found[3]))
    return counted


def canonical(api: str) -> str:
    """The API's address with a numeric host, since ``localhost`` and ``127.0.0.1`` are one server."""
    parts = urlsplit(api)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
    except OSError:
        return api
    host = str(min(found, key=lambda info: info[0] != socket.AF_INET)[4][0])
    return f"http://{'127.0.0.1' if host == '::1' else host}:{parts.port or 80}"
