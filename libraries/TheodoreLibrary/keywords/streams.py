"""Keywords for jobs that are followed live: server-sent events and WebSockets."""

from __future__ import annotations

import json
import time
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import written
from theodore_qa.systems import streams
from theodore_qa.timing import show
from TheodoreLibrary import api_keys, jobs, stream_checks
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints

if TYPE_CHECKING:
    from theodore_qa.systems.streams import Heard, Stream

WITHIN = timedelta(seconds=10)
NORMAL = (1000, 1001)
NOTIFICATIONS, MONITORED = "/ws/notifications", "system_notification"
POLICY, OWN_CODES = 1008, range(4000, 5000)  # RFC 6455, 7.4
INVALID_KEY = "theo_sk_made_up_and_worthless"


class ResearchStreamKeywords:
    """Researches followed live."""

    @keyword(tags=("stream",))
    def research_stream_should_tell_everything(self, research: Job, *, within: timedelta = WITHIN) -> None:
        """Follows a research by its server-sent events and checks each event, their order and the end of the stream.

        The progress must never go back and pass all phases. The last event must hold the same job as the job's own route, and
        then the stream must end.

        Args:
            research: A research that `Start Research` returned; it may run or have ended.
            within: The longest time until the stream ends; 10 seconds by default.

        Example:

        ```robotframework
        ${research} =    Start Research    Slack
        Research Stream Should Tell Everything    ${research}
        ```
        """
        began = time.monotonic()
        stream = _events(research, within.total_seconds())
        took = time.monotonic() - began
        log_table("Events", ("Event", "Data"), stream.events)
        checks = Checks("Stream", research.company)
        checks.that("stream.status", stream.status == jobs.OK, f"status {jobs.OK}", f"status {stream.status}")
        kind = stream.headers.get("content-type", "none")
        checks.that(
            "stream.content_type", kind.startswith("text/event-stream"), "content type text/event-stream", f"content type {kind}"
        )
        limit = show(within.total_seconds())
        checks.that(
            "stream.ends",
            stream.ended,
            f"an end within {limit}",
            stream.broken or (f"ended after {show(took)}" if stream.ended else f"open after {show(took)}"),
        )
        stream_checks.whole_stream(checks, research, [(name, stream_checks.parsed(data)) for name, data in stream.events])
        checks.conclude()

    @keyword(tags=("stream",))
    def failed_research_stream_should_end_with_an_error(self, research: Job, *, within: timedelta = WITHIN) -> None:
        """Follows a failing research by its server-sent events and checks that the last event is an error with the failed job.

        Args:
            research: A research that `Start Research` returned, of a company that does not exist.
            within: The longest time until the stream ends; 10 seconds by default.

        Example:

        ```robotframework
        ${research} =    Start Research    Fake Corp ABC456
        Failed Research Stream Should End With An Error    ${research}
        ```
        """
        stream = _events(research, within.total_seconds())
        log_table("Events", ("Event", "Data"), stream.events)
        name, data = stream.events[-1] if stream.events else ("nothing", "")
        parsed = stream_checks.parsed(data)
        last = parsed if isinstance(parsed, dict) else {}
        checks = Checks("Stream", research.company)
        checks.that(
            "stream.ends",
            stream.ended,
            f"an end within {show(within.total_seconds())}",
            stream.broken or ("ended" if stream.ended else "still open"),
        )
        checks.equal("stream.error_event", "error", name)
        checks.equal("stream.error_status", "failed", last.get("status"))
        checks.that(
            "stream.error_reported",
            research.company in str(last.get("error")),
            f"an error that names {research.company}",
            last.get("error"),
        )
        jobs.ask(research)
        checks.equal("stream.error_agrees", research.error, last.get("error"))
        checks.conclude()

    @keyword(tags=("stream",))
    def research_websocket_should_tell_everything(self, research: Job, *, within: timedelta = WITHIN) -> None:
        """Follows a research or discovery over its WebSocket and checks the acknowledgement, each update, their order and end.

        Args:
            research: A research that `Start Research` returned, or a discovery that `Discover Similar Companies` did.
            within: The longest time until the last message; 10 seconds by default.

        Example:

        ```robotframework
        ${research} =    Start Research    Slack
        Research Websocket Should Tell Everything    ${research}
        ```
        """
        heard = _listen(f"/ws/progress/{research.id}", context.system.token(research.identity), within.total_seconds())
        log_table(
            "Messages", ("Type", "Data"), [(message.get("type"), json.dumps(message.get("data"))) for message in heard.messages]
        )
        jobs.ask(research)
        checks = Checks("WebSocket", research.company)
        kinds = [str(message.get("type")) for message in heard.messages]
        count = len(kinds)
        checks.that(
            "stream.websocket_ack",
            kinds[:1] == ["connection_ack"],
            "connection_ack as the first message",
            kinds[0] if kinds else "no message",
            n=count,
        )
        updates = [message.get("data") or {} for message in heard.messages if message.get("type") == "progress_update"]
        stream_checks.progress_updates(checks, research, updates, "websocket")
        last = kinds[-1] if kinds else "nothing"
        checks.that(
            "stream.websocket_last",
            last in ("job_completed", "job_failed"),
            "job_completed or job_failed as the last message",
            last,
            n=count,
        )
        others = set(kinds) - {"connection_ack", "progress_update", "job_started", "heartbeat", "job_completed", "job_failed"}
        checks.that(
            "stream.websocket_types",
            not others,
            "no types beyond the contract",
            f"beyond: {', '.join(others)}" if others else set(kinds),
            n=count,
        )
        stream_checks.timestamps(checks, heard.messages)
        checks.that(
            "stream.websocket_closed",
            heard.closed in NORMAL,
            "close code 1000 or 1001",
            f"close code {heard.closed}" if heard.closed else "still open",
            n=1,
        )
        end = (heard.messages[-1].get("data") or {}) if heard.messages else {}
        checks.equal("stream.websocket_agrees", research.status, end.get("status"))
        if research.status == "failed":
            checks.equal("stream.websocket_error", research.error, end.get("error"))
        expected_end = "job_completed" if research.status == "completed" else "job_failed"
        checks.that("stream.websocket_end", last == expected_end, f"{expected_end} for a {research.status} research", last)
        named = {str((message.get("data") or {}).get("job_id")) for message in heard.messages}
        checks.that("stream.websocket_named", named == {research.id}, f"job_id {research.id} on each message", named, n=count)
        checks.conclude()

    @keyword(tags=("stream",))
    def websocket_should_acknowledge(self, path: str, message: str = "", expected: str = "connection_ack") -> None:
        """Connects to a WebSocket, sends a message if one is given, and checks that a message of a type comes back.

        It has to come within 5 seconds.

        Args:
            path: A path below the API's prefix, such as /ws/notifications.
            message: A JSON text to send after the acknowledgement; none by default.
            expected: The type of the message that must come; connection_ack by default.

        Example:

        ```robotframework
        Websocket Should Acknowledge    /ws/notifications    {"action": "subscribe", "job_type": "research"}    subscription_ack
        ```
        """
        heard = _listen(path, context.system.token(), 5.0, send=message, until=expected)
        kinds = [str(received.get("type")) for received in heard.messages]
        checks = Checks("WebSocket", path)
        checks.that("stream.websocket_answers", expected in kinds, f"a message {expected}", kinds, n=len(kinds))
        data = next((received.get("data") for received in heard.messages if received.get("type") == expected), None)
        stream_checks.message_content(checks, expected, data if isinstance(data, dict) else {}, stream_checks.parsed(message))
        stream_checks.timestamps(checks, heard.messages)
        if urlsplit(path).path == NOTIFICATIONS and expected == "connection_ack":
            sent = [name for text in parse_qs(urlsplit(path).query).get("categories", []) for name in text.split(",")]
            categories = (data.get("categories") if isinstance(data, dict) else None) or []
            checks.that("stream.websocket_categories", categories == sent, written(sent), written(categories))
        checks.conclude()

    @keyword(tags=("stream",))
    def websocket_should_withstand(self, path: str, *messages: Any, within: timedelta = timedelta(seconds=15)) -> None:
        """Sends messages that are no subscription over one connection, and checks that each is answered and nothing ends it.

        Each has to be answered with a message of the type error that has a reason. After the last one heartbeats have to come.

        Args:
            path: A path below the API's prefix, such as /ws/notifications.
            messages: Texts, and bytes for a frame of binary data.
            within: The longest time for all of it; 15 seconds by default.

        Raises:
            UsageError: There is no message.

        Example:

        ```robotframework
        Websocket Should Withstand    /ws/notifications    []    null    ${{b"[]"}}
        ```
        """
        if not messages:
            raise UsageError("There is no message that the connection could withstand: write at least one, such as [].")
        pending = [message if isinstance(message, bytes) else str(message) for message in messages]
        answered, beats = 0, 0

        def send(message: Any) -> str | bytes | None:
            return pending.pop(0) if pending and _type(message) in ("connection_ack", "error") else None

        def enough(message: Any) -> bool:
            nonlocal answered, beats
            answered += _type(message) == "error"
            beats += bool(answered == len(messages) and _type(message) == "heartbeat")
            return beats > 1

        heard = streams.listen(
            context.system,
            path,
            within=within.total_seconds(),
            headers=context.system.token_headers(context.system.token()),
            send=send,
            until=enough,
        )
        heard.messages = [message if isinstance(message, dict) else {"type": "no JSON object"} for message in heard.messages]
        checks = Checks("WebSocket", path)
        stream_checks.withstood(checks, heard, len(messages))
        checks.conclude()

    @keyword(tags=("stream",))
    def monitoring_should_follow(
        self, company: str = "Slack", *, path: str = "/ws/monitoring", within: timedelta = timedelta(seconds=15)
    ) -> None:
        """Starts a research while it listens to the monitoring socket, and checks that the messages follow time and work.

        The uptime has to rise with the times of the messages, and the active jobs when the research has started. The research
        must take some seconds: hold it up, for example by `Make Dependency Misbehave`.

        Args:
            company: The company that is researched; Slack by default.
            path: The socket's path below the API's prefix; /ws/monitoring by default.
            within: The longest time for four messages; 15 seconds by default.

        Example:

        ```robotframework
        Make Dependency Misbehave    search    delay=20 s
        Monitoring Should Follow    Slack
        ```
        """
        messages: list[dict[str, Any]] = []

        def enough(message: Any) -> bool:
            if _type(message) == MONITORED:
                messages.append(message)
                if len(messages) == 1:
                    jobs.start(company, None)
            return len(messages) > 3  # noqa: PLR2004  # one before the research, and some with it

        headers = context.system.token_headers(context.system.token())
        streams.listen(context.system, path, within=within.total_seconds(), headers=headers, until=enough)
        checks = Checks("Monitoring", path)
        stream_checks.monitored(checks, messages)
        checks.conclude()

    @keyword(tags=("stream",))
    def websocket_should_take_an_api_key(self, path: str, *, identity: str | None = None) -> None:
        """Creates an API key and checks that a WebSocket accepts it, and that an invalid key gets an error.

        Args:
            path: A path below the API's prefix, such as /ws/notifications.
            identity: The identity that owns the key; by default the first one of the environment.

        Example:

        ```robotframework
        Websocket Should Take An Api Key    /ws/notifications
        ```
        """
        key, _ = api_keys.make_key(context.system.token(identity))
        checks = Checks("WebSocket with an API key", path)
        for check, candidate, expected in (
            ("stream.websocket_key", key, "connection_ack"),
            ("stream.websocket_made_up_key", INVALID_KEY, "error"),
        ):
            heard = _listen(path, None, 5.0, key=candidate, until=expected)
            kinds = [str(received.get("type")) for received in heard.messages]
            checks.that(check, kinds[:1] == [expected], f"{expected} as the first message", kinds, n=len(kinds))
        checks.conclude()

    @keyword(tags=("stream",))
    def websocket_should_require_authentication(self, path: str) -> None:
        """Connects to a WebSocket anonymously and checks that only an error comes, and that the connection is closed.

        A connection with a token must work before, so that a path that does not exist cannot pass.

        Args:
            path: A path below the API's prefix, such as /ws/monitoring.

        Example:

        ```robotframework
        Websocket Should Require Authentication    /ws/monitoring
        ```
        """
        authenticated = _listen(path, context.system.token(), 5.0, until="connection_ack")
        checks = Checks("WebSocket without a token", path)
        checks.that(
            "stream.websocket_answers",
            "connection_ack" in [message.get("type") for message in authenticated.messages],
            "connection_ack with a token",
            [message.get("type") for message in authenticated.messages],
        )
        heard = _listen(path, None, 3.0)
        kinds = {str(message.get("type")) for message in heard.messages}
        checks.that("stream.websocket_refused", kinds <= {"error"}, "no messages but errors", kinds)
        reasons = [(message.get("data") or {}).get("message") for message in heard.messages]
        observed = ", ".join(map(str, reasons)) or "nothing"
        checks.that("stream.websocket_reason", bool(reasons) and all(reasons), "an error with a reason", observed)
        closed_as_refused = heard.closed == POLICY or heard.closed in OWN_CODES
        checks.that(
            "stream.websocket_shut",
            closed_as_refused,
            "close code 1008, or one from 4000 to 4999",
            f"close code {heard.closed}" if heard.closed else "still open",
        )
        checks.conclude()


def _events(research: Job, within: float) -> Stream:
    system = research.system
    return streams.events(system, f"{research.route}/{research.id}/stream", within=within, token=system.token(research.identity))


def _listen(path: str, token: str | None, within: float, *, key: str = "", send: str = "", until: str = "") -> Heard:
    """What a WebSocket says until it closes, until a message of type ``until`` comes, or for ``within`` seconds."""
    system = context.system
    heard = streams.listen(
        system,
        path,
        within=within,
        headers=system.token_headers(token or "") | ({"X-API-Key": key} if key else {}),
        send=lambda message: send if send and _type(message) == "connection_ack" else None,
        until=lambda message: bool(until) and _type(message) == until,
    )
    heard.messages = [message if isinstance(message, dict) else {"type": "no JSON object"} for message in heard.messages]
    return heard


def _type(message: Any) -> Any:
    return message.get("type") if isinstance(message, dict) else None
