"""What is observed of a batch that is followed live over its WebSocket."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import course, plural, written
from TheodoreLibrary import stream_checks
from TheodoreLibrary.batches import COMPLETED, FAILED, PENDING

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.streams import Heard
    from TheodoreLibrary.batches import Batch

NORMAL = (1000, 1001)  # RFC 6455, 7.4.1
NUMBERS = (COMPLETED, FAILED, PENDING)


def followed(checks: Checks, batch: Batch, heard: Heard) -> None:
    """The messages are acknowledged, tell each number as it grows, and end with the batch; ``batch`` has its last state."""
    messages = [message for message in heard.messages if isinstance(message, dict)]
    kinds = [str(message.get("type")) for message in messages]
    expected = ["connection_ack", "progress_update", "job_failed" if batch.status in ("failed", "cancelled") else "job_completed"]
    order = [kind for kind in dict.fromkeys(kinds) if kind != "heartbeat"]
    checks.that("stream.batch_kinds", order == expected, " → ".join(expected), " → ".join(order) or "no message", n=len(kinds))
    contents = [data if isinstance(data := message.get("data"), dict) else {} for message in messages]
    named = {str(data.get("job_id")) for data, kind in zip(contents, kinds, strict=True) if kind != "heartbeat"}
    expected_name = f"job_id {batch.id} in each message"
    checks.that("stream.batch_named", named == {batch.id}, expected_name, written(sorted(named)), n=len(kinds))
    stream_checks.timestamps(checks, messages, "stream.batch_times")
    _grown(checks, batch, [data for data, kind in zip(contents, kinds, strict=True) if kind == "progress_update"])
    end = contents[-1] if contents else {}
    for name in ("status", "error"):
        checks.equal(f"stream.batch_{name}", batch.state.get(name), end.get(name))
    closed = f"close code {heard.closed}" if heard.closed else "still open"
    checks.that("stream.batch_closed", heard.closed in NORMAL, "close code 1000 or 1001", closed, n=1)


def _grown(checks: Checks, batch: Batch, updates: list[dict[str, Any]]) -> None:
    """Each update has numbers that add up and a share that is theirs; they grow, and are seen on the way."""
    total = len(batch.companies)
    done = [sum(int(update.get(name) or 0) for name in NUMBERS[:2]) for update in updates]
    wrong = [
        f"{written({name: update.get(name) for name in NUMBERS})} at {update.get('percentage')} %"
        for update, number in zip(updates, done, strict=True)
        if number + int(update.get(PENDING) or 0) != total
        or (update.get("step_number"), update.get("total_steps")) != (number, total)
        or not isinstance(update.get("percentage"), int | float)
        or abs(update["percentage"] - 100 * number / total) > 1
    ]
    observed = wrong[0] if wrong else f"{len(updates)} of {len(updates)} updates"
    expected = f"completed, failed and pending that make {total}, with their share and as many steps"
    checks.that("stream.batch_numbers", bool(updates) and not wrong, expected, observed, n=len(updates))
    ordered = bool(done) and done == sorted(done) and done[-1] == total
    checks.that("stream.batch_grows", ordered, f"outcomes that never get fewer, up to {total}", course(done), n=len(done))
    if done and done[0] == total:
        checks.not_evaluated("stream.batch_live", "an update on the way", "the batch had ended before it was followed")
        return
    between = [number for number in done if 0 < number < total]
    observed = f"{plural(len(between), 'update')} between 0 and {total}"
    checks.that("stream.batch_live", bool(between), "an update while some companies have an outcome", observed, n=len(done))
