"""The one client of systems: to listed hosts only, within a deadline and caps, with causes that a tester understands."""

from __future__ import annotations

import datetime as dt
import logging
import re
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Mapping  # of what Dress is
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from theodore_qa.errors import QaError, UsageError
from theodore_qa.systems.exchange import Exchange, NO_ANSWER
from theodore_qa.timing import show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.cookiejar import CookieJar

    import httpx

    from theodore_qa.systems.declared import Tls

MOST_SENT = 100_000_000  # bytes of one request's body
MOST_RECEIVED = 50_000_000  # bytes of one answer's body, as they come and unpacked
STREAM = "text/event-stream"
AGENT = "robotframework-theodore"
USUAL = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
Dress = Callable[[Mapping[str, str]], list[tuple[str, str]]]
Certificate = tuple[str, str] | None  # file and key file, which is empty where both are one
UNESCAPED = "/%?&=+:;,@!$'()*~.-_[]"


@dataclass
class Client:
    """Sends requests to one base URL as they are given; safe to use from several threads.

    ``timeout`` is the limit for a whole answer in seconds, ``most`` that for its body in bytes: a body beyond it is cut if
    ``cut`` is set, as scans want it, and else a problem.
    """

    url: str
    hosts: tuple[str, ...]
    timeout: float = 10.0
    tls: Tls | None = None
    proxy: str = ""
    most: int = MOST_RECEIVED
    cut: bool = False
    agent: str = AGENT
    dress: Dress | None = None  # gives a request other headers, in an order of their own
    _clients: dict[tuple[str, Certificate], httpx.Client] = field(default_factory=dict)  # by address and client certificate
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.url = self.url.rstrip("/")
        self.refuse_foreign(self.url)
        parts = urlsplit(self.url)
        self._target = parts.path
        self._base = f"{parts.scheme}://{parts.netloc}/"

    def refuse_foreign(self, url: str) -> None:
        """Refuse a URL whose host is not listed."""
        host = urlsplit(url).hostname or ""
        if host not in self.hosts:
            raise UsageError(
                f"The host {host or '(none)'} of {url} is not among the environment's hosts ({', '.join(self.hosts)}): "
                f"nothing was sent there."
            )

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        source: str = "",
        certificate: Certificate = None,
        timeout: float | None = None,
    ) -> Exchange:
        """Send one request; ``path`` goes out as it is, dots and all. No redirect is followed, no cookie is kept.

        ``source`` is the address to send from, the usual one by default; ``certificate`` is the client's own (file and key file).
        What does not come whole is an exchange with a problem.
        """
        from theodore_qa.systems.transport import deadline

        if len(body) > MOST_SENT:
            raise UsageError(f"The body of {method} {path} has {len(body)} bytes, at most {MOST_SENT} are sent.")
        opened = self._clients.get((source, certificate)) or self._opened(source, certificate)
        request = self._request(opened, method, path, headers, body)
        limit = timeout or self.timeout
        answer = _Incoming(self.most, cut=self.cut)
        sent, began = dt.datetime.now(dt.UTC), time.monotonic()
        deadline.at = began + limit
        try:
            answer.receive(opened, request)
        except Exception as error:  # noqa: BLE001  # whatever breaks an exchange is told as its problem, or raised again
            answer.problem = _cause(error, limit, self.url)
        finally:
            deadline.at = float("inf")
        return Exchange(
            method,
            path,
            answer.status,
            answer.headers,
            answer.text(),
            sent,
            time.monotonic() - began,
            self.url,
            dict(headers or {}),
            body,
            answer.cookies,
            answer.problem,
            doubled=answer.doubled,
            binary=answer.binary,
        )

    def _request(
        self, opened: httpx.Client, method: str, path: str, headers: Mapping[str, str] | None, body: bytes
    ) -> httpx.Request:
        own = {name.lower() for name in headers or {}}
        usual = {name: value for name, value in (USUAL | {"User-Agent": self.agent}).items() if name.lower() not in own}
        named = usual | dict(headers or {})
        given = [
            (name.encode("latin-1", "ignore"), value.encode("latin-1", "ignore"))
            for name, value in (self.dress(named) if self.dress else named.items())
        ]
        if body:  # a server that refuses a request without having read its body takes the body for the next request
            given.append((b"Connection", b"close"))
        request = opened.build_request(method, self._base, headers=given, content=body or None)
        request.extensions = {**request.extensions, "target": (self._target + quote(path, safe=UNESCAPED)).encode()}
        return request

    def _opened(self, source: str, certificate: Certificate) -> httpx.Client:
        import httpx

        from theodore_qa.systems.transport import Transport

        with self._lock:
            if (source, certificate) not in self._clients:
                logging.getLogger("httpx").setLevel(logging.WARNING)  # Robot would log a line for each request
                secure = self.url.startswith("https")  # to read the authorities takes its time
                context = trusted(self.tls, certificate) if secure else None
                transport = Transport(context, source=source, proxy=proxy_for(self.url, self.proxy))
                client = httpx.Client(transport=transport, timeout=self.timeout, trust_env=False, cookies=no_cookies())
                client.headers.clear()
                self._clients[source, certificate] = client
            return self._clients[source, certificate]

    def peer_certificate(self) -> bytes | None:
        """The certificate of the server in DER; None where there is no TLS."""
        parts = urlsplit(self.url)
        if parts.scheme != "https":
            return None
        import socket

        host = parts.hostname or ""
        with (
            socket.create_connection((host, parts.port or 443), self.timeout) as plain,
            trusted(self.tls).wrap_socket(plain, server_hostname=host) as tls,
        ):
            return tls.getpeercert(binary_form=True)

    def close(self) -> None:
        """Close the connections."""
        while self._clients:
            self._clients.popitem()[1].close()


class _Incoming:
    """What comes back: counted as it comes and as it is unpacked."""

    def __init__(self, most: int, *, cut: bool) -> None:
        self.most, self.cut = most, cut
        self.status = NO_ANSWER
        self.headers: dict[str, str] = {}
        self.cookies: tuple[str, ...] = ()
        self.doubled: dict[str, tuple[str, ...]] = {}
        self.problem = ""
        self.binary = b""
        self._body = bytearray()
        self._encoding: str | None = None

    def receive(self, client: httpx.Client, request: httpx.Request) -> None:
        import httpcore

        try:
            reply = client.send(request, stream=True)
        except httpcore.RemoteProtocolError as error:
            if "disconnected" not in str(error):
                raise
            reply = client.send(request, stream=True)  # the server has just closed the connection that was to be used again
        try:
            self.status, self.headers = reply.status_code, dict(reply.headers)
            self.cookies = tuple(reply.headers.get_list("set-cookie"))
            if len(self.headers) < len(reply.headers.raw):
                every = {name: tuple(reply.headers.get_list(name)) for name in self.headers}
                self.doubled = {name: values for name, values in every.items() if len(values) > 1}
            self._encoding = reply.charset_encoding
            try:
                for part in self._unpacked(reply):
                    self._body += part
                    if len(self._body) > self.most:
                        break
            except httpcore.ReadTimeout:
                if not self.headers.get("content-type", "").startswith(STREAM):  # a stream has no end of its own
                    raise
            if len(self._body) > self.most:
                del self._body[self.most :]
                self.problem = "" if self.cut else f"the body has more than {self.most // 1_000_000} MB"
        finally:
            reply.close()

    def _unpacked(self, reply: httpx.Response) -> Iterator[bytes]:
        """The body without its encoding; a few bytes can stand for very many, so that each step is bounded."""
        packed = self.headers.get("content-encoding", "identity").strip().lower()
        if packed in ("", "identity"):
            yield from reply.iter_raw()
            return
        if packed not in ("gzip", "x-gzip", "deflate"):
            raise _UndecodableError(f"the body has the content encoding '{packed}', which was not asked for")
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
        first = True
        try:
            for raw in reply.iter_raw():
                if first and packed == "deflate" and not _is_zlib(raw):
                    unpack = zlib.decompressobj(-zlib.MAX_WBITS)  # many servers leave the header out
                first = False
                yield unpack.decompress(raw, self.most + 1 - len(self._body))
                if unpack.unconsumed_tail:
                    return
        except zlib.error:
            raise _UndecodableError(f"the body cannot be decoded as {packed}") from None
        if not first and not unpack.eof:
            raise _UndecodableError(f"the body ends in the middle of its {packed} data")

    def text(self) -> str:
        """The body as text; a JSON that is none by its encoding is a problem."""
        if not self._body:
            return ""
        named = self._encoding
        media = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            return self._body.decode(named or "utf-8")
        except LookupError:
            return self._body.decode("utf-8", "replace")
        except UnicodeDecodeError:
            self.binary = bytes(self._body)
            if media.endswith(("/json", "+json")) and not self.problem:
                self.problem = f"the body is JSON and no text in {named or 'UTF-8'}"
            return self._body.decode(named or "utf-8", "replace")


class _UndecodableError(Exception):
    """A body whose encoding is wrong."""


def _is_zlib(raw: bytes) -> bool:
    return len(raw) > 1 and raw[0] & 0x0F == 8 and (raw[0] * 256 + raw[1]) % 31 == 0  # noqa: PLR2004  # RFC 1950, 2.2


def _cause(error: Exception, limit: float, url: str) -> str:  # noqa: PLR0911  # one line a cause
    """Why an exchange broke, as a phrase."""
    import httpcore
    import httpx

    text = str(error)
    cut = re.search(r"received (\d+) bytes, expected (\d+)", text)
    if isinstance(error, _UndecodableError):
        return text
    if isinstance(error, httpcore.TimeoutException):
        return f"not complete within {show(limit)}"
    if cut:
        return f"the body was cut after {cut[1]} of {cut[2]} bytes"
    if "incomplete chunked read" in text or "chunk" in text:
        return "the body was cut in the middle of a chunk"
    if isinstance(error, httpcore.LocalProtocolError | httpx.LocalProtocolError | ValueError):
        return f"{UNSENDABLE}: {text}"
    if isinstance(error, httpcore.RemoteProtocolError):
        return f"no HTTP: {_first_line(text)}" if "disconnected" not in text else "the connection was closed without an answer"
    if isinstance(error, httpcore.NetworkError | httpcore.ProxyError | OSError | RuntimeError):
        return _network(text, url)
    raise error


UNSENDABLE = "HTTP does not allow the request"  # that says nothing of the system


def _network(text: str, url: str) -> str:
    host = urlsplit(url).hostname
    if "refused" in text:
        return "connection refused"
    if re.search(r"Name or service not known|nodename nor servname|Temporary failure in name|No address associated", text):
        return f"the host name {host} is not known: no DNS server has an address for it"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        reason = re.search(r"certificate verify failed: ([^(]+)", text)
        why = (reason[1] if reason else text).strip()
        return f"the certificate is not trusted ({why}): name its authority by 'tls: {{ca: FILE}}'"
    if "SSL" in text or "TLS" in text:
        return f"TLS failed: {_first_line(text)}"
    if "reset" in text:
        return "the connection was reset"
    return _first_line(text) or "the connection broke"


def _first_line(text: str) -> str:
    line = (text.splitlines() or [""])[0]
    return re.sub(r"^\[Errno -?\d+\] ", "", line).strip().rstrip(".").lower()


def no_cookies() -> CookieJar:
    """A jar that keeps nothing: one client serves many identities, and none may be known by the cookie of another."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    return CookieJar(DefaultCookiePolicy(allowed_domains=()))


def trusted(tls: Tls | None, certificate: Certificate = None) -> ssl.SSLContext:
    """What certificates are verified by: a private authority or the public ones, with the client's own certificate."""
    try:
        context = ssl.create_default_context(cafile=tls.ca or None if tls else None)
        own = certificate or ((tls.certificate, tls.key) if tls and tls.certificate else None)
        if own:
            context.load_cert_chain(own[0], own[1] or None)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(filter(None, (tls.ca if tls else "", *(certificate or ()), tls.certificate if tls else "")))
        raise UsageError(f"The certificates in {files} cannot be used: {_first_line(str(error))}.") from None
    return context


def proxy_for(url: str, declared: str) -> str:
    """The HTTP proxy through which a URL is reached: none, a declared one, or that of the usual variables."""
    if declared != "environment":
        return declared
    from requests.utils import get_environ_proxies

    return str(get_environ_proxies(url).get(urlsplit(url).scheme, ""))


def refuse_broken(exchange: Exchange) -> Exchange:
    """Raise for an answer that came and is broken."""
    if exchange.problem:
        raise QaError(f"{exchange.method} {exchange.path} answered {exchange.status}, but {exchange.problem}.")
    return exchange
