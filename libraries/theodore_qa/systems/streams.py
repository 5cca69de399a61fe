"""Streams of a system: server-sent events and WebSockets, read to their end or for a time."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa.errors import UnreachableError
from theodore_qa.observing.observations import recorder
from theodore_qa.systems.client import no_cookies, trusted
from theodore_qa.systems.exchange import parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from theodore_qa.systems.identities import Identity
    from theodore_qa.systems.system import System

MOST_EVENTS = 100_000
ABNORMAL = 1006  # RFC 6455, 7.4.1
SHORTEST_WAIT = 0.01  # seconds: at the deadline itself, what has arrived is still received


@dataclass(eq=False, repr=False)  # generated methods cost import time
class Stream:
    """What came over a stream of server-sent events, and whether the other side ended it."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    events: list[tuple[str, str]] = field(default_factory=list)
    ended: bool = False
    broken: str = ""


@dataclass(eq=False, repr=False)  # generated methods cost import time
class Heard:
    """What a WebSocket said, and the code with which it was closed, if it was."""

    messages: list[Any] = field(default_factory=list)
    closed: int | None = None


def events(
    system: System,
    path: str,
    *,
    within: float,
    identity: Identity | None = None,
    token: str | None = None,
    until: Callable[[tuple[str, str]], bool] = lambda _: False,
) -> Stream:
    """Read server-sent events to their end, until ``until`` holds of one, or for ``within`` seconds.

    An event is its name and its data. A stream that breaks is returned with the reason, since what came before may be checked.
    """
    import httpcore
    import httpx
    import httpx_sse

    from theodore_qa.systems.transport import deadline, Transport

    system.refuse_changes("GET", path)
    full = system.full(path)
    headers = system.authenticator.credentials(identity, "GET", full) if identity else system.token_headers(token or "")
    stream = Stream()
    certificate = identity.client_certificate if identity else None
    secured = trusted(system.tls, certificate) if system.url.startswith("https") else None
    transport = Transport(secured)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    ends = time.monotonic() + within
    try:
        with httpx.Client(transport=transport, timeout=within, trust_env=False, cookies=no_cookies()) as client:
            deadline.at = ends
            address = system.url + system.authenticator.signed_path(identity, full)
            with httpx_sse.connect_sse(client, "GET", address, headers=headers) as source:
                recorder.exchanged()
                stream.status, stream.headers = source.response.status_code, source.response.headers
                if stream.status == HTTPStatus.OK:
                    _read(source, stream, ends, until)
    except httpx_sse.SSEError:
        return stream
    except (httpcore.TimeoutException, httpx.TimeoutException):
        return stream
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, OSError) as error:
        stream.broken = str(error).splitlines()[0].rstrip(".").lower() if str(error) else "the connection broke"
    finally:
        deadline.at = float("inf")
    system.contract.exercise("GET", full, stream.status)
    return stream


def _read(source: Any, stream: Stream, ends: float, until: Callable[[tuple[str, str]], bool]) -> None:
    for event in source.iter_sse():
        stream.events.append((event.event, event.data))
        if time.monotonic() > ends or len(stream.events) >= MOST_EVENTS or until(stream.events[-1]):
            return
    stream.ended = True


def listen(
    system: System,
    path: str,
    *,
    within: float,
    headers: Mapping[str, str] | None = None,
    send: Callable[[Any], str | bytes | None] = lambda _: None,
    until: Callable[[Any], bool] = lambda _: False,
) -> Heard:
    """Listen to a WebSocket until it closes, until ``until`` holds of a message, or for ``within`` seconds.

    Messages are their JSON, or their text where they are none; what ``send`` makes of a message is sent back, bytes in a frame of
    binary data.
    """
    from websockets.exceptions import ConnectionClosed, InvalidHandshake
    from websockets.sync.client import connect

    system.client.refuse_foreign(system.url)
    parts = urlsplit(system.url)
    secure = parts.scheme == "https"
    logging.getLogger("websockets").setLevel(logging.WARNING)
    heard = Heard()
    ends = time.monotonic() + within
    try:
        with connect(
            f"{'wss' if secure else 'ws'}://{parts.netloc}{parts.path.rstrip('/')}{system.full(path)}",
            ssl=trusted(system.tls) if secure else None,
            additional_headers=dict(headers or {}),
            open_timeout=within,
            proxy=None,
            close_timeout=1,
        ) as socket:
            recorder.exchanged()
            while time.monotonic() < ends:
                text = str(socket.recv(timeout=max(SHORTEST_WAIT, ends - time.monotonic())))
                document = parsed(text)
                message = text if document is None else document
                heard.messages.append(message)
                if (answer := send(message)) is not None:
                    socket.send(answer)
                if until(message):
                    break
    except ConnectionClosed as error:
        heard.closed = error.rcvd.code if error.rcvd else ABNORMAL
    except InvalidHandshake as error:
        heard.closed = ABNORMAL
        heard.messages.append({"type": f"refused: {error}"})
    except TimeoutError:
        return heard
    except OSError:
        raise UnreachableError(
            f"The entry systems.{system.name}.url names {system.url}, and the WebSocket {path} did not answer there: "
            f"start the system, or correct the entry in {system.environment.path.name}."
        ) from None
    return heard
