"""What a WebSocket says of a batch is held to its numbers, its growth and its end."""

from types import SimpleNamespace

import pytest

from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder
from TheodoreLibrary import batch_stream_checks

TIMES = [f"2026-01-02T03:04:{second:02}+00:00" for second in range(9)]


def message(number, kind, **data):
    return {"type": kind, "timestamp": TIMES[number], "data": {"job_id": "b"} | data}


def update(number, completed, failed, total=3, **data):
    done = completed + failed
    numbers = {"completed": completed, "failed": failed, "pending": total - done, "step_number": done, "total_steps": total}
    return message(number, "progress_update", **(numbers | {"percentage": round(100 * done / total, 2)} | data))


END = {"status": "partially_completed", "error": "1 of 3 companies failed"}
WHOLE = [
    message(0, "connection_ack"),
    update(1, 0, 0),
    update(2, 1, 0),
    update(3, 2, 1),
    message(4, "job_completed", **END),
]


def judged(messages, closed=1000, **state):
    state = END | state
    batch = SimpleNamespace(id="b", companies=[{}] * 3, status=state["status"], state=state)
    recorder.enter_suite()
    recorder.exchanged()
    try:
        with recorder.calling("batch_websocket_should_report_everything", []):
            checks = Checks("x")
            batch_stream_checks.followed(checks, batch, SimpleNamespace(messages=messages, closed=closed))
            checks.conclude()
    finally:
        recorder.leave_suite()


def test_a_batch_that_is_reported_as_it_is():
    judged(WHOLE)
    judged([WHOLE[0], WHOLE[1], message(1, "heartbeat"), *WHOLE[2:]])


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([], "stream.batch_kinds: expected connection_ack → progress_update → job_completed, observed no message"),
        (WHOLE[1:], "observed progress_update → job_completed"),
        (WHOLE[:-1], "observed connection_ack → progress_update"),
        ([*WHOLE[:-1], message(4, "job_failed", **END)], "observed connection_ack → progress_update → job_failed"),
        ([*WHOLE[:-1], message(4, "job_completed", **END | {"job_id": "c"})], "stream.batch_named: expected job_id b in each message, observed b, c"),
        ([WHOLE[0], update(3, 0, 0), update(2, 1, 0), *WHOLE[3:]], "stream.batch_times"),
        ([*WHOLE[:2], update(2, 1, 0, percentage=50.0), *WHOLE[3:]], "stream.batch_numbers: expected completed, failed and pending that make 3, with their share and as many steps, observed completed: 1, failed: 0, pending: 2 at 50.0 %"),
        ([*WHOLE[:2], update(2, 1, 0, step_number=2), *WHOLE[3:]], "stream.batch_numbers"),
        ([*WHOLE[:2], update(2, 1, 0, pending=0), *WHOLE[3:]], "stream.batch_numbers"),
        ([*WHOLE[:2], update(2, 2, 0), update(3, 1, 0), *WHOLE[4:]], "stream.batch_grows: expected outcomes that never get fewer, up to 3, observed 0 → 2 → 1"),
        ([*WHOLE[:2], *WHOLE[3:]], "stream.batch_live: expected an update while some companies have an outcome, observed 0 updates between 0 and 3"),
        ([*WHOLE[:-1], message(4, "job_completed", status="completed", error=None)], "stream.batch_status: expected partially_completed, observed completed"),
        (["text"], "stream.batch_kinds"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(messages, sentence):
    with pytest.raises(QaError) as error:
        judged(messages)
    assert sentence in str(error.value)


def test_a_socket_that_stays_open_is_named():
    with pytest.raises(QaError, match="stream.batch_closed: expected close code 1000 or 1001, observed still open"):
        judged(WHOLE, closed=None)


def test_of_a_batch_that_had_ended_nothing_is_seen_on_the_way():
    with pytest.raises(NotEvaluatedError, match="stream.batch_live"):
        judged([WHOLE[0], *WHOLE[3:]])
