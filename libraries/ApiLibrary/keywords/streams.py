"""Keywords for streams: server-sent events and WebSockets."""

from __future__ import annotations

import json
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import written
from theodore_qa.systems import streams
from theodore_qa.timing import show

WITHIN = timedelta(seconds=10)
OK = 200
NORMAL = (1000, 1001)  # RFC 6455, 7.4.1
MEDIA = "text/event-stream"


class StreamKeywords:
    """Streams that are read to their end or for a limited time."""

    @keyword(tags=("stream",))
    def event_stream_should_bring(
        self, path: str, *events: str, within: timedelta = WITHIN, identity: str | None = None, ends: bool = False
    ) -> list[tuple[str, str]]:
        """Reads a stream of server-sent events and checks that events of the given kinds come; returns all events.

        Without ``events`` at least one event of any kind must come.

        Args:
            path: A path below the system's prefix, such as /orders/7/events.
            events: The kinds of events that must come, such as progress. The kind of an unnamed event is ``message``.
            within: The longest time to wait for them; 10 seconds by default.
            identity: The identity that listens; by default the first one of the system. NOBODY listens anonymously.
            ends: Whether the system must end the stream within that time; no by default.

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
        checks.that("stream.status", stream.status == OK, f"status {OK}", f"status {stream.status}")
        kind = stream.headers.get("content-type", "none")
        checks.that("stream.content_type", kind.startswith(MEDIA), f"content type {MEDIA}", f"content type {kind}")
        kinds = ", ".join(dict.fromkeys(name for name, _ in stream.events)) or stream.broken or "no event"
        expected = f"events {', '.join(events)}" if events else "at least 1 event"
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
        """Connects to a WebSocket and checks that messages of the given kinds come; returns all messages.

        Without ``messages`` at least one message of any kind must come. A message is returned as its JSON, or else as text.

        Args:
            path: A path below the system's prefix, such as /ws/orders.
            messages: The kinds of messages that must come, by their ``field``.
            send: A text to send after the first message, such as a subscription in JSON; none by default.
            field: The field of a JSON message that names its kind; ``type`` by default.
            within: The longest time to wait for them; 10 seconds by default.
            identity: The identity that connects; by default the first one of the system. NOBODY connects anonymously.

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
            or f"no message, close code {written(heard.closed)}"
        )
        expected = f"messages {', '.join(messages)}" if messages else "at least 1 message"
        came = bool(heard.messages) and not missing
        checks.that("stream.messages", came, expected, kinds, n=len(heard.messages))
        checks.conclude()
        return heard.messages

    @keyword(tags=("stream",))
    def websocket_should_be_refused(self, path: str, *, within: timedelta = timedelta(seconds=3)) -> None:
        """Connects to a WebSocket without credentials and checks that it is refused, or closed with errors alone.

        The first identity connects before, as a control, so that a path that does not exist cannot pass.

        Args:
            path: A path below the system's prefix, such as /ws/orders.
            within: The longest time to wait for a refusal, and before it for the control; 3 seconds by default.

        Raises:
            QaError: A message came, or the connection was still open, or the identity could not connect either.

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
        checks.that(
            "stream.identity_connected", opened, "a connection of an identity", f"close code {written(authenticated.closed)}"
        )
        heard = streams.listen(system, path, within=within.total_seconds())
        brought = [message for message in heard.messages if not _refusal(message)]
        observed = _as_text(brought[0]) if brought else f"close code {heard.closed}" if heard.closed else "still open"
        checks.that(
            "stream.refused", not brought and heard.closed is not None, "a refusal, or a close without messages", observed
        )
        checks.conclude()


def _kind(message: Any, field: str) -> str:
    return str(message.get(field, "no kind")) if isinstance(message, dict) else "text"


def _refusal(message: Any) -> bool:
    return isinstance(message, dict) and (str(message.get("type", "")).startswith(("refused", "error")) or "error" in message)


def _as_text(message: Any) -> str:
    return message if isinstance(message, str) else json.dumps(message)
