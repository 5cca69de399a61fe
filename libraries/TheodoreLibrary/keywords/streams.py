"""Keywords for jobs that are followed live: server-sent events and WebSockets."""

from __future__ import annotations

import json
import time
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import streams
from theodore_qa.systems.conventions import instant
from theodore_qa.timing import show
from TheodoreLibrary import jobs, phases
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints
from TheodoreLibrary.keywords.accounts import make_key

if TYPE_CHECKING:
    from theodore_qa.systems.streams import Heard, Stream

WITHIN = timedelta(seconds=10)
NORMAL = (1000, 1001)
POLICY, OWN_CODES = 1008, range(4000, 5000)  # RFC 6455, 7.4
UPTIMES_APART = 10
INVALID_KEY = "theo_sk_made_up_and_worthless"
# Shares of the phases in percent, as the contract gives them.
WEIGHTS = dict(zip(phases.PHASES, (10, 50, 25, 10, 5), strict=True))
PROGRESS_FIELDS = ("current_step", "step_number", "total_steps", "percentage", "updated_at")


class ResearchStreamKeywords:
    """Researches followed live."""

    @keyword(tags=("stream",))
    def research_stream_should_tell_everything(self, research: Job, *, within: timedelta = WITHIN) -> None:
        """Follows a research by its stream of server-sent events and checks every event, their order and their end.

        Progress never goes back, all phases come, then one last event with the whole job, which is what the job's own route says,
        and the stream ends.

        Args:
            research: What `Start Research` returned; it may be running or finished.
            within: How long the stream may take to its end; 10 seconds by default.

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
        checks.equal("stream.status", jobs.OK, stream.status)
        kind = stream.headers.get("content-type", "none")
        checks.that("stream.content_type", kind.startswith("text/event-stream"), "text/event-stream", kind)
        limit = show(within.total_seconds())
        checks.that(
            "stream.ends",
            stream.ended,
            f"an end within {limit}",
            stream.broken or (f"ended after {show(took)}" if stream.ended else f"open after {show(took)}"),
        )
        _check_events(checks, research, [(name, _parsed(data)) for name, data in stream.events])
        checks.conclude()

    @keyword(tags=("stream",))
    def failed_research_stream_should_end_with_an_error(self, research: Job, *, within: timedelta = WITHIN) -> None:
        """Follows a research that fails by its stream and checks that the last event is an error with the failed job.

        Args:
            research: What `Start Research` returned, of a company that does not exist.
            within: How long the stream may take to its end; 10 seconds by default.

        Example:

        ```robotframework
        ${research} =    Start Research    Fake Corp ABC456
        Failed Research Stream Should End With An Error    ${research}
        ```
        """
        stream = _events(research, within.total_seconds())
        log_table("Events", ("Event", "Data"), stream.events)
        name, data = stream.events[-1] if stream.events else ("nothing", "")
        parsed = _parsed(data)
        last = parsed if isinstance(parsed, dict) else {}
        checks = Checks("Stream", research.company)
        checks.that("stream.ends", stream.ended, "an end", "ended" if stream.ended else "still open")
        checks.equal("stream.error_event", "error", name)
        checks.equal("stream.error_status", "failed", last.get("status"))
        checks.that(
            "stream.error_told",
            research.company in str(last.get("error")),
            f"an error about {research.company}",
            last.get("error"),
        )
        jobs.ask(research)
        checks.equal("stream.error_agrees", research.error, last.get("error"))
        checks.conclude()

    @keyword(tags=("stream",))
    def research_websocket_should_tell_everything(self, research: Job, *, within: timedelta = WITHIN) -> None:
        """Follows a research over its WebSocket and checks the acknowledgement, every update, their order and the end.

        Args:
            research: What `Start Research` returned.
            within: How long it may take to the end; 10 seconds by default.

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
            "first connection_ack",
            ", ".join(kinds[:2]) or "nothing",
            n=count,
        )
        updates = [message.get("data") or {} for message in heard.messages if message.get("type") == "progress_update"]
        _ordered(checks, research, updates, "websocket")
        last = kinds[-1] if kinds else "nothing"
        checks.that(
            "stream.websocket_last", last in ("job_completed", "job_failed"), "job_completed or job_failed last", last, n=count
        )
        others = set(kinds) - {"connection_ack", "progress_update", "job_started", "heartbeat", "job_completed", "job_failed"}
        checks.that("stream.websocket_types", not others, "types of the contract", ", ".join(others) or "all are", n=count)
        dated = all(_is_time(message.get("timestamp")) for message in heard.messages)
        checks.that(
            "stream.websocket_times", dated and count > 0, "a time on each", "all have one" if dated else "not all", n=count
        )
        checks.that(
            "stream.websocket_closed", heard.closed in NORMAL, "closed normally (1000)", heard.closed or "not closed", n=1
        )
        end = (heard.messages[-1].get("data") or {}) if heard.messages else {}
        checks.equal("stream.websocket_agrees", research.status, end.get("status"))
        if research.status == "failed":
            checks.equal("stream.websocket_error", research.error, end.get("error"))
        expected_end = "job_completed" if research.status == "completed" else "job_failed"
        checks.that(
            "stream.websocket_end", last == expected_end, f"{expected_end} for a research that is {research.status}", last
        )
        named = {str((message.get("data") or {}).get("job_id")) for message in heard.messages}
        told_ids = ", ".join(sorted(named))
        checks.that("stream.websocket_named", named == {research.id}, "the job's identifier on each", told_ids, n=count)
        checks.conclude()

    @keyword(tags=("stream",))
    def websocket_should_acknowledge(self, path: str, message: str = "", expected: str = "connection_ack") -> None:
        """Connects to a WebSocket, sends a message if one is given, and checks the type of what comes back.

        Args:
            path: Path below the API's prefix, such as /ws/notifications.
            message: A JSON text to send after the connection was acknowledged.
            expected: The type of the answer; connection_ack by default.

        Example:

        ```robotframework
        Websocket Should Acknowledge    /ws/notifications    {"action": "subscribe", "job_type": "research"}    subscription_ack
        ```
        """
        heard = _listen(path, context.system.token(), 5.0, send=message, until=expected)
        kinds = [str(received.get("type")) for received in heard.messages]
        checks = Checks("WebSocket", path)
        checks.that("stream.websocket_answers", expected in kinds, expected, ", ".join(kinds) or "nothing", n=len(kinds))
        data = next((received.get("data") for received in heard.messages if received.get("type") == expected), None)
        _check_content(checks, expected, data if isinstance(data, dict) else {}, _parsed(message))
        if (requested := parse_qs(urlsplit(path).query).get("categories")) and expected == "connection_ack":
            categories = data.get("categories") if isinstance(data, dict) else None
            checks.that("stream.websocket_categories", categories == requested[0].split(","), requested[0], categories)
        checks.conclude()

    @keyword(tags=("stream",))
    def websocket_should_take_an_api_key(self, path: str, *, identity: str | None = None) -> None:
        """Makes an API key, connects to a WebSocket with it and checks that it is acknowledged; a made-up key is refused.

        Args:
            path: Path below the API's prefix, such as /ws/notifications.
            identity: Whose key; the first identity of the environment by default.

        Example:

        ```robotframework
        Websocket Should Take An Api Key    /ws/notifications
        ```
        """
        key, _ = make_key(context.system.token(identity))
        checks = Checks("WebSocket with an API key", path)
        for check, candidate, expected in (
            ("stream.websocket_key", key, "connection_ack"),
            ("stream.websocket_made_up_key", INVALID_KEY, "error"),
        ):
            heard = _listen(path, None, 5.0, key=candidate, until=expected)
            kinds = [str(received.get("type")) for received in heard.messages]
            checks.that(check, kinds[:1] == [expected], expected, ", ".join(kinds) or "nothing", n=len(kinds))
        checks.conclude()

    @keyword(tags=("stream",))
    def websocket_should_refuse_strangers(self, path: str) -> None:
        """Connects to a WebSocket without a token and checks that nothing but an error comes, and that it is closed.

        The same path is tried with a token before, so that one that is simply not there does not pass.

        Args:
            path: Path below the API's prefix, such as /ws/monitoring.

        Example:

        ```robotframework
        Websocket Should Refuse Strangers    /ws/monitoring
        ```
        """
        authenticated = _listen(path, context.system.token(), 5.0, until="connection_ack")
        checks = Checks("WebSocket without a token", path)
        checks.that(
            "stream.websocket_answers",
            "connection_ack" in [message.get("type") for message in authenticated.messages],
            "connection_ack with a token",
            f"{len(authenticated.messages)} messages",
        )
        heard = _listen(path, None, 3.0)
        kinds = {str(message.get("type")) for message in heard.messages}
        checks.that("stream.websocket_refused", kinds <= {"error"}, "nothing but an error", ", ".join(kinds) or "nothing")
        reasons = [(message.get("data") or {}).get("message") for message in heard.messages]
        observed = ", ".join(map(str, reasons)) or "nothing"
        checks.that("stream.websocket_reason", bool(reasons) and all(reasons), "an error that says why", observed)
        closed_as_refused = heard.closed == POLICY or heard.closed in OWN_CODES
        checks.that(
            "stream.websocket_shut", closed_as_refused, "closed as refused (1008, or 4000 to 4999)", heard.closed or "still open"
        )
        checks.conclude()


def _check_content(checks: Checks, kind: str, data: dict[str, Any], sent: Any) -> None:
    """What a message of a kind has to say: why it is an error, what was subscribed, how busy the system is."""
    if kind == "error":
        checks.that("stream.websocket_reason", bool(data.get("message")), "an error that says why", data)
    elif kind in ("subscription_ack", "unsubscription_ack") and isinstance(sent, dict):
        subscription = {name: value for name, value in sent.items() if name != "action"}
        checks.that("stream.websocket_subscribed", data == subscription, subscription, data)
    elif kind == "system_notification":
        health = context.system.request("GET", "/health").object()
        up = data.get("uptime_seconds")
        near = isinstance(up, int | float) and 0 <= float(health.get("uptime_seconds") or 0) - up < UPTIMES_APART
        checks.that("stream.monitoring_uptime", near, f"an uptime near {health.get('uptime_seconds')} s", up)
        active = data.get("active_jobs")
        checks.that("stream.monitoring_jobs", isinstance(active, int) and active >= 0, "a number of active jobs", active)


def _check_events(checks: Checks, research: Job, events: list[tuple[str, Any]]) -> None:
    kinds = [name for name, _ in events]
    unusable = sum(not isinstance(data, dict) for _, data in events)
    checks.that("stream.json", bool(events) and not unusable, "a JSON object in each event", f"{unusable} without", n=len(events))
    _ordered(checks, research, [data for name, data in events if name == "progress" and isinstance(data, dict)], "events")
    ends = [name for name in kinds if name in ("complete", "error")]
    checks.that(
        "stream.last_event",
        len(ends) == 1 and kinds[-1:] == ends,
        "one complete or error, at the end",
        ", ".join(ends) or "none",
        n=len(kinds),
    )
    checks.that(
        "stream.kinds",
        set(kinds) <= {"progress", "complete", "error"},
        "progress, complete, error",
        ", ".join(sorted(set(kinds))),
    )
    jobs.ask(research)
    last = events[-1][1] if events and isinstance(events[-1][1], dict) else {}
    expected_status = {"complete": "completed"}.get(ends[0] if ends else "", "failed")
    checks.equal("stream.status_agrees", research.status, last.get("status"))
    checks.that("stream.event_agrees", last.get("status") in (expected_status, "cancelled"), expected_status, last.get("status"))
    same = last.get("result") == research.record and last.get("job_id") == research.id
    checks.that("stream.result_agrees", same, "the job as its own route tells it", "the same" if same else "another")


def _ordered(checks: Checks, research: Job, updates: list[dict[str, Any]], how: str) -> None:
    count = len(updates)
    for name in PROGRESS_FIELDS:
        missing = sum(update.get(name) is None for update in updates)
        checks.that(f"stream.{how}_{name}", count > 0 and not missing, "in each update", f"{missing} of {count} without", n=count)
    shares = [update.get("percentage") for update in updates]
    first = updates[0] if updates else {}
    begun = first.get("percentage") == 0 and first.get("step_number") == 0
    checks.that(
        f"stream.{how}_begin",
        begun,
        "the first at step 0 and 0 %",
        f"{first.get('step_number')} and {first.get('percentage')} %",
        n=count,
    )
    numbers = [share for share in shares if isinstance(share, int | float)]
    ordered = bool(numbers) and len(numbers) == count and numbers == sorted(numbers)
    checks.that(f"stream.{how}_order", ordered, "never less than before", " → ".join(map(str, shares)) or "nothing", n=count)
    if research.status in (None, "pending", "running", "completed"):
        steps = {str(update.get("current_step")) for update in updates}
        missing_steps = [phase for phase in phases.PHASES if phase not in steps]
        observed = f"missing: {', '.join(missing_steps)}" if missing_steps else "all"
        checks.that(f"stream.{how}_phases", not missing_steps, "every phase", observed, n=count)
        _within_weights(checks, updates, how)
    times = [str(update.get("updated_at")) for update in updates]
    forward = all(map(_is_time, times)) and times == sorted(times, key=instant)
    checks.that(f"stream.{how}_times", forward, "later and later", f"{len(set(times))} times", n=count)


def _within_weights(checks: Checks, updates: list[dict[str, Any]], how: str) -> None:
    """Each phase's percentages lie between the weights before it and its own on top, and reach it in some phase."""
    begins = {phase: sum(list(WEIGHTS.values())[:index]) for index, phase in enumerate(WEIGHTS)}
    steps = [
        (str(update.get("current_step")), update.get("percentage")) for update in updates if update.get("current_step") in WEIGHTS
    ]
    out = [
        f"{phase} {share}"
        for phase, share in steps[:-1]  # the last one is the completed job's 100 %
        if not isinstance(share, int | float) or not begins[phase] <= share <= begins[phase] + WEIGHTS[phase]
    ]
    checks.that(f"stream.{how}_weights", not out, "each phase within its weight", ", ".join(out) or "all are", n=len(steps))


def _parsed(data: str) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _is_time(text: Any) -> bool:
    try:
        return bool(instant(str(text)))
    except ValueError:
        return False


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
        headers=system.shown(token or "") | ({"X-API-Key": key} if key else {}),
        send=lambda message: send if send and _type(message) == "connection_ack" else None,
        until=lambda message: bool(until) and _type(message) == until,
    )
    heard.messages = [message if isinstance(message, dict) else {"type": "no JSON object"} for message in heard.messages]
    return heard


def _type(message: Any) -> Any:
    return message.get("type") if isinstance(message, dict) else None
