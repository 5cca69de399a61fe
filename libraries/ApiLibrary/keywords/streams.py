"""Keywords for streams: server-sent events and WebSockets."""

from __future__ import annotations

import json
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import streams
from theodore_qa.timing import show

WITHIN = timedelta(seconds=10)
OK = 200
NORMAL = (1000, 1001)  # RFC 6455, 7.4.1
MEDIA = "text/event-stream"


class StreamKeywords:
    """Streams that are read to their end, or for a time."""

    @keyword(tags=("stream",))
    def event_stream_should_bring(
        self, path: str, *events: str, within: timedelta = WITHIN, identity: str | None = None, ends: bool = False
    ) -> list[tuple[str, str]]:
        """Reads a stream of server-sent events and checks that the named kinds of events come; returns all events.

        Without ``events`` at least one event of any kind has to come.

        Args:
            path: Below the system's prefix, such as /orders/7/events.
            events: Kinds of events that have to come, such as progress; ``message`` is the usual kind.
            within: How long is waited for them; 10 seconds by default.
            identity: Who listens; the first identity of the system by default, NOBODY for nobody.
            ends: Whether the system has to end the stream within that time.

        Returns:
            Pairs of kind and data.

        Example:

        ```robotframework
        ${research} =    Start Research    Slack
        Event Stream Should Bring    /research/${research.id}/stream    complete    ends=True
        ```
        """
        system = context.system
        missing = set(events)

        def enough(event: tuple[str, str]) -> bool:
            missing.discard(event[0])
            return not missing and not ends

        stream = streams.events(system, path, within=within.total_seconds(), identity=system.sender(identity), until=enough)
        log_table("Events", ("Event", "Data"), stream.events)
        checks = Checks("Stream", path)
        checks.equal("stream.status", OK, stream.status)
        kind = stream.headers.get("content-type", "none")
        checks.that("stream.content_type", kind.startswith(MEDIA), MEDIA, kind)
        kinds = ", ".join(dict.fromkeys(name for name, _ in stream.events)) or stream.broken or "no event"
        expected = ", ".join(events) or "an event"
        checks.that("stream.events", bool(stream.events) and not missing, expected, kinds, n=len(stream.events))
        if ends:
            limit = show(within.total_seconds())
            checks.that(
                "stream.ends", stream.ended, f"an end within {limit}", stream.broken or ("ended" if stream.ended else "open")
            )
        checks.conclude()
        return stream.events

    @keyword(tags=("stream",))
    def websocket_should_bring(
        self,
        path: str,
        *messages: str,
        send: str | None = None,
        field: str = "type",
        within: timedelta = WITHIN,
        identity: str | None = None,
    ) -> list[Any]:
        """Connects to a WebSocket and checks that messages of the named kinds come; returns all messages.

        Without ``messages`` at least one of any kind has to come. Messages are returned as their JSON, or as text.

        Args:
            path: Below the system's prefix, such as /ws/orders.
            messages: Kinds of messages that have to come, by their ``field``.
            send: A text that is sent after the first message has come, such as a subscription in JSON.
            field: The field of a JSON message that names its kind; ``type`` by default.
            within: How long is waited for them; 10 seconds by default.
            identity: Who connects; the first identity of the system by default, NOBODY for nobody.

        Example:

        ```robotframework
        Websocket Should Bring    /ws/notifications    connection_ack
        ```
        """
        system = context.system
        listener = system.sender(identity)
        headers = system.authenticator.credentials(listener, "GET", system.full(path))
        missing = set(messages)
        pending = [send] if send else []

        def enough(message: Any) -> bool:
            missing.discard(_kind(message, field))
            return not missing and not pending

        heard = streams.listen(
            system,
            path,
            within=within.total_seconds(),
            headers=headers,
            send=lambda _: pending.pop() if pending else None,
            until=enough,
        )
        log_table("Messages", ("Kind", "Message"), [(_kind(message, field), _as_text(message)) for message in heard.messages])
        checks = Checks("WebSocket", path)
        kinds = (
            ", ".join(dict.fromkeys(_kind(message, field) for message in heard.messages))
            or f"closed with {heard.closed or 'nothing'}"
        )
        expected = ", ".join(messages) or "a message"
        came = bool(heard.messages) and not missing
        checks.that("stream.messages", came, expected, kinds, n=len(heard.messages))
        checks.conclude()
        return heard.messages

    @keyword(tags=("stream",))
    def websocket_should_be_refused(self, path: str, *, within: timedelta = timedelta(seconds=3)) -> None:
        """Connects to a WebSocket as nobody and checks that it is refused or closed without a message that is no error.

        The first identity connects before, so that a path that is not there does not pass.

        Args:
            path: Below the system's prefix.
            within: How long is waited; 3 seconds by default.

        Example:

        ```robotframework
        Websocket Should Be Refused    /ws/monitoring
        ```
        """
        system = context.system
        full = system.full(path)
        authenticated = streams.listen(
            system,
            path,
            within=within.total_seconds(),
            headers=system.authenticator.credentials(system.identity(), "GET", full),
            until=lambda _: True,
        )
        checks = Checks("WebSocket as nobody", path)
        opened = authenticated.closed in (None, *NORMAL) or any(not _refusal(message) for message in authenticated.messages)
        checks.that("stream.identity_connected", opened, "an identity connected", f"closed with {authenticated.closed}")
        heard = streams.listen(system, path, within=within.total_seconds())
        brought = [message for message in heard.messages if not _refusal(message)]
        observed = _as_text(brought[0]) if brought else f"closed with {heard.closed}" if heard.closed else "still open"
        checks.that("stream.refused", not brought and heard.closed is not None, "refused or closed", observed)
        checks.conclude()


def _kind(message: Any, field: str) -> str:
    return str(message.get(field, "no kind")) if isinstance(message, dict) else "text"


def _refusal(message: Any) -> bool:
    return isinstance(message, dict) and (str(message.get("type", "")).startswith(("refused", "error")) or "error" in message)


def _as_text(message: Any) -> str:
    return message if isinstance(message, str) else json.dumps(message)
