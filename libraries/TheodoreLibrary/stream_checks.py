"""Checks of streams and WebSockets: each function adds to a collection of checks."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.observing.display import course, plural, written
from TheodoreLibrary import discovery_checks, jobs, phases

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.streams import Heard
    from TheodoreLibrary.jobs import Job

UPTIMES_APART = 10
BESIDE = 1  # second: uptime and time of a message are taken after each other
# Shares of the phases in percent, as the contract gives them.
WEIGHTS = dict(zip(phases.PHASES, (10, 50, 25, 10, 5), strict=True))
TIMES = "stream.websocket_times"
PROGRESS_FIELDS = ("current_step", "step_number", "total_steps", "percentage", "updated_at")


def message_content(checks: Checks, kind: str, data: dict[str, Any], sent: Any) -> None:
    """A message has the content of its kind: the reason of an error, the subscription, or the load of the system."""
    if kind == "error":
        checks.that(
            "stream.websocket_reason", bool(data.get("message")), "an error with a reason", data.get("message") or "no message"
        )
    elif kind in ("subscription_ack", "unsubscription_ack") and isinstance(sent, dict):
        subscription = {name: value for name, value in sent.items() if name != "action"}
        checks.that("stream.websocket_subscribed", data == subscription, subscription, data)
    elif kind == "system_notification":
        health = context.system.request("GET", "/health").object()
        up = data.get("uptime_seconds")
        near = isinstance(up, int | float) and 0 <= float(health.get("uptime_seconds") or 0) - up < UPTIMES_APART
        checks.that(
            "stream.monitoring_uptime",
            near,
            f"an uptime at most {UPTIMES_APART} s below {health.get('uptime_seconds')} s",
            f"{written(up)} s",
        )
        active = data.get("active_jobs")
        checks.that(
            "stream.monitoring_jobs",
            isinstance(active, int) and active >= 0,
            "at least 0 active jobs",
            f"{written(active)} active jobs",
        )


def withstood(checks: Checks, heard: Heard, count: int) -> None:
    """Each of so many messages that say nothing was answered with an error and its reason, and heartbeats come after them."""
    kinds = [str(message.get("type")) for message in heard.messages]
    errors = [message.get("data") or {} for message in heard.messages if message.get("type") == "error"]
    after = kinds[len(kinds) - kinds[::-1].index("error") :] if errors else []
    ended = f"then close code {heard.closed}" if heard.closed else f"then {plural(after.count('heartbeat'), 'heartbeat')}"
    holds = len(errors) == count and "heartbeat" in after and heard.closed is None
    expected = f"{plural(count, 'error')}, one for each message, then heartbeats"
    checks.that("stream.websocket_withstands", holds, expected, f"{plural(len(errors), 'error')}, {ended}", n=count)
    if errors:
        reasons = sum(bool(data.get("message")) for data in errors)
        observed = f"{reasons} of {len(errors)} with a reason"
        checks.that("stream.websocket_reason", reasons == len(errors), "a reason of each error", observed, n=len(errors))
    timestamps(checks, heard.messages)
    beats = [message.get("timestamp") for message in heard.messages if message.get("type") == "heartbeat"]
    if beats:
        observed = f"{len(set(beats))} different times of {plural(len(beats), 'heartbeat')}"
        expected = "a time of its own for each heartbeat"
        checks.that("stream.websocket_heartbeats", len(set(beats)) == len(beats), expected, observed, n=len(beats))


def monitored(checks: Checks, messages: list[dict[str, Any]]) -> None:
    """Messages about the load of the system follow it: the uptime as much as their own times, and a job that was started."""
    held = [message.get("data") or {} for message in messages]
    uptimes = [float(up) for data in held if isinstance(up := data.get("uptime_seconds"), int | float)]
    moments = [moment for message in messages if (moment := _zoned(message.get("timestamp")))]
    known = len(held) == len(moments) == len(uptimes) > 1
    passed = (moments[-1] - moments[0]).total_seconds() if known else 0.0
    risen = known and uptimes == sorted(set(uptimes)) and abs(uptimes[-1] - uptimes[0] - passed) < BESIDE
    expected = "uptimes that rise as the times of the messages do"
    checks.that("stream.monitoring_moves", risen, expected, course(uptimes), n=len(held))
    active = [data.get("active_jobs") for data in held]
    first, later = (active[0], active[1:]) if active else (None, [])
    more = isinstance(first, int) and any(isinstance(count, int) and count > first for count in later)
    expected = f"more than {written(first)} active jobs once a research was started"
    checks.that("stream.monitoring_follows", more, expected, f"{course(active)} active jobs", n=len(active))


def whole_stream(checks: Checks, research: Job, events: list[tuple[str, Any]]) -> None:
    """The events are ordered progress and then one end, which agrees with the job's own route."""
    kinds = [name for name, _ in events]
    unusable = sum(not isinstance(data, dict) for _, data in events)
    checks.that(
        "stream.json",
        bool(events) and not unusable,
        "a JSON object in each event",
        f"{len(events) - unusable} of {len(events)} events",
        n=len(events),
    )
    progress_updates(checks, research, [data for name, data in events if name == "progress" and isinstance(data, dict)], "events")
    ends = [name for name in kinds if name in ("complete", "error")]
    checks.that(
        "stream.last_event",
        len(ends) == 1 and kinds[-1:] == ends,
        "1 event complete or error, at the end",
        f"{plural(len(ends), 'such event')}, the last event {kinds[-1] if kinds else 'none'}",
        n=len(kinds),
    )
    checks.that(
        "stream.kinds", set(kinds) <= {"progress", "complete", "error"}, "no kinds but progress, complete, error", set(kinds)
    )
    jobs.ask(research)
    last = events[-1][1] if events and isinstance(events[-1][1], dict) else {}
    expected_status = {"complete": "completed"}.get(ends[0] if ends else "", "failed")
    checks.equal("stream.status_agrees", research.status, last.get("status"))
    checks.that(
        "stream.event_agrees",
        last.get("status") in (expected_status, "cancelled"),
        f"status {expected_status} or cancelled",
        f"status {last.get('status')}",
    )
    same = last.get("result") == research.record and last.get("job_id") == research.id
    checks.that(
        "stream.result_agrees",
        same,
        "the job and result of its own route",
        f"job {last.get('job_id')}, {_difference(research.record, last.get('result'))}",
    )


def progress_updates(checks: Checks, research: Job, updates: list[dict[str, Any]], how: str) -> None:
    """The updates are complete, begin at 0 %, never go back, and name every phase; ``how`` is how they came, for check ids."""
    count = len(updates)
    for name in PROGRESS_FIELDS:
        missing = sum(update.get(name) is None for update in updates)
        checks.that(
            f"stream.{how}_{name}",
            count > 0 and not missing,
            f"{name} in each update",
            f"{count - missing} of {count} updates",
            n=count,
        )
    shares = [update.get("percentage") for update in updates]
    first = updates[0] if updates else {}
    begun = first.get("percentage") == 0 and first.get("step_number") == 0
    checks.that(
        f"stream.{how}_begin",
        begun,
        "a first update with step 0 and 0 %",
        f"step {written(first.get('step_number'))} and {written(first.get('percentage'))} %",
        n=count,
    )
    numbers = [share for share in shares if isinstance(share, int | float)]
    ordered = bool(numbers) and len(numbers) == count and numbers == sorted(numbers)
    checks.that(f"stream.{how}_order", ordered, "a percentage that never falls", course(shares), n=count)
    if research.status in (None, "pending", "running", "completed"):
        steps = {str(update.get("current_step")) for update in updates}
        expected = discovery_checks.PHASES if research.kind == jobs.DISCOVERY.name else phases.PHASES
        missing_steps = [phase for phase in expected if phase not in steps]
        observed = f"missing: {', '.join(missing_steps)}" if missing_steps else f"{len(expected)} of {len(expected)} phases"
        checks.that(f"stream.{how}_phases", not missing_steps, "an update in each phase", observed, n=count)
        if research.kind == jobs.RESEARCH.name:
            _within_weights(checks, updates, how)
    timestamps(checks, updates, f"stream.{how}_times", "updated_at")
    _dated(checks, updates, how)


def _dated(checks: Checks, updates: list[dict[str, Any]], how: str) -> None:
    """All updates have the start of the job, and one that shows more progress is of a later moment."""
    begun = {str(update.get("started_at")) for update in updates}
    checks.that(f"stream.{how}_started", len(begun) == 1, "1 started_at", f"{len(begun)} different started_at", n=len(updates))
    shares = list(dict.fromkeys(update.get("percentage") for update in updates))
    moments = {update.get("updated_at") for update in updates}
    checks.that(
        f"stream.{how}_dated",
        len(shares) < 2 or len(moments) > 1,  # noqa: PLR2004  # progress that was seen to move
        "another updated_at with another percentage",
        f"{course(shares)} at {len(moments)} different updated_at",
        n=len(updates),
    )


def _difference(record: Any, result: Any) -> str:
    """The differences between the result of an event and the record of the job's route."""
    if not isinstance(record, dict) or not isinstance(result, dict):
        return "equal results" if record == result else f"result {written(result)}"
    names = [name for name in {**record, **result} if record.get(name) != result.get(name)]
    return f"other values of {', '.join(names)}" if names else f"{len(result)} of {len(record)} fields equal"


def _within_weights(checks: Checks, updates: list[dict[str, Any]], how: str) -> None:
    """The percentages of each phase lie between the sum of the weights before it and that sum with its own."""
    begins = {phase: sum(list(WEIGHTS.values())[:index]) for index, phase in enumerate(WEIGHTS)}
    steps = [
        (str(update.get("current_step")), update.get("percentage")) for update in updates if update.get("current_step") in WEIGHTS
    ]
    out = [
        f"{phase} {share}"
        for phase, share in steps[:-1]  # the last one is the completed job's 100 %
        if not isinstance(share, int | float) or not begins[phase] <= share <= begins[phase] + WEIGHTS[phase]
    ]
    checks.that(
        f"stream.{how}_weights",
        not out,
        "the percentages of each phase within its weight",
        f"outside: {', '.join(out)}" if out else course([share for _, share in steps]),
        n=len(steps),
    )


def parsed(data: str) -> Any:
    """The value of a JSON text; None where it is none."""
    try:
        return json.loads(data)
    except ValueError:
        return None


def timestamps(
    checks: Checks, messages: list[dict[str, Any]], check: str = "stream.websocket_times", name: str = "timestamp"
) -> None:
    """Each message is dated with its zone, none earlier than the one before and none in the future."""
    given = [message.get(name) for message in messages]
    moments = [moment for text in given if (moment := _zoned(text))]
    latest = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=context.environment.clock_tolerance)
    right = 0 < len(given) == len(moments) and moments == sorted(moments) and moments[-1] <= latest
    expected = f"a {name} with its zone in each message, never earlier than the one before"
    observed = f"{plural(len(set(given)), 'different time')}, {given[0]} to {given[-1]}" if given else "no times"
    checks.that(check, right, expected, observed, n=len(given))


def _zoned(text: Any) -> dt.datetime | None:
    """The moment that an ISO 8601 text with an offset names; None for anything else."""
    try:
        moment = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
