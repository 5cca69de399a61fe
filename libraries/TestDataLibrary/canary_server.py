"""Serves the site of a canary on this machine, and remembers who came."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TYPE_CHECKING

from theodore_qa.canary.site import robots, sitemap

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

LOOPBACK = "127.0.0.1"
FILES = ("/robots.txt", "/sitemap.xml")


@dataclass(frozen=True)
class Visit:
    """One request: when it came, for which path, from which client, and what it got."""

    at: float
    path: str
    agent: str
    status: int


@dataclass
class Content:
    """What the server answers: the pages by path, or one status for all of them."""

    pages: dict[str, str] = field(default_factory=dict)
    refusal: HTTPStatus | None = None


class CanaryServer:
    """A web server on a free port that ends with this process; ``host`` is the address at which others reach this machine."""

    def __init__(self, content: Content, host: str = LOOPBACK) -> None:
        self.content = content
        self.visits: list[Visit] = []
        interface = LOOPBACK if host == LOOPBACK else "0.0.0.0"  # noqa: S104  # another host is reached from elsewhere
        self._server = self._bound(interface)
        self.origin = f"http://{host}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> tuple[HTTPStatus, str, str]:
        """Status, media type and text for a path."""
        if self.content.refusal:
            return self.content.refusal, "text/plain", self.content.refusal.phrase
        if path in FILES:
            text = robots(self.origin) if path == FILES[0] else sitemap(self.origin, list(self.content.pages))
            return HTTPStatus.OK, "text/plain" if path == FILES[0] else "application/xml", text
        page = self.content.pages.get(path)
        return (HTTPStatus.OK, "text/html", page) if page else (HTTPStatus.NOT_FOUND, "text/plain", "Not Found")

    def _bound(self, interface: str) -> ThreadingHTTPServer:
        """A server on a free port that answers as the content has it."""
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer  # most runs serve no canary

        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                status, media, text = server.answer(path)
                server.visits.append(Visit(time.monotonic(), path, self.headers.get("User-Agent", ""), status))
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", f"{media}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Last-Modified", self.date_time_string(dt.datetime.now(dt.UTC).timestamp()))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET  # noqa: N815  # the name that http.server calls

            def log_message(self, *_: Any) -> None:
                """Print nothing."""

        listening = ThreadingHTTPServer((interface, 0), Handler)
        listening.daemon_threads = True
        return listening
