"""WebSockets that are sent nonsense, and what a system says of its load."""

from types import SimpleNamespace

import pytest

from theodore_qa.observing.checks import Checks
from TheodoreLibrary import stream_checks

SECOND = "2026-01-02T03:04:0{}+00:00"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setattr(stream_checks, "context", SimpleNamespace(environment=SimpleNamespace(clock_tolerance=5)))


def failures(check, *arguments):
    """The checks that failed, with what was observed."""
    checks = Checks("WebSocket", "/ws/notifications")
    check(checks, *arguments)
    assert checks.done
    return {seen.check: seen.observed for seen in checks.done if seen.verdict == "FAIL"}


def heard(*kinds, closed=None, reason="no subscription"):
    """Messages of these kinds, a second after each other."""
    data = {"error": {"message": reason}}
    messages = [{"type": kind, "timestamp": SECOND.format(n), "data": data.get(kind, {})} for n, kind in enumerate(kinds)]
    return SimpleNamespace(messages=messages, closed=closed)


@pytest.mark.parametrize(
    ("listened", "wrong"),
    [
        (heard("connection_ack", "error", "heartbeat", "error", "heartbeat", "heartbeat"), {}),
        (
            heard("connection_ack", "error", closed=1011),
            {"stream.websocket_withstands": "1 error, then close code 1011"},
        ),
        (heard("connection_ack", "error", "heartbeat"), {"stream.websocket_withstands": "1 error, then 1 heartbeat"}),
        (heard("connection_ack", "heartbeat"), {"stream.websocket_withstands": "0 errors, then 0 heartbeats"}),
        (heard("connection_ack", "error", "error"), {"stream.websocket_withstands": "2 errors, then 0 heartbeats"}),
        (
            heard("connection_ack", "error", "error", "heartbeat", reason=""),
            {"stream.websocket_reason": "0 of 2 with a reason"},
        ),
    ],
)
def test_each_message_is_answered_and_heartbeats_follow(listened, wrong):
    assert failures(stream_checks.withstood, listened, 2) == wrong


def test_heartbeats_have_times_of_their_own():
    listened = heard("connection_ack", "error", "heartbeat", "heartbeat")
    listened.messages[-1]["timestamp"] = listened.messages[-2]["timestamp"]
    assert failures(stream_checks.withstood, listened, 1) == {"stream.websocket_heartbeats": "1 different times of 2 heartbeats"}


def loads_of(*loads):
    return [
        {"timestamp": SECOND.format(n), "data": {"uptime_seconds": uptime, "active_jobs": active}}
        for n, (uptime, active) in enumerate(loads)
    ]


@pytest.mark.parametrize(
    ("messages", "wrong"),
    [
        (loads_of((7.5, 0), (8.5, 1), (9.5, 1)), {}),
        (
            loads_of((7.5, 0), (7.5, 0), (7.5, 0)),
            {"stream.monitoring_moves": "7.5", "stream.monitoring_follows": "0 active jobs"},
        ),
        (loads_of((7.5, 0), (17.5, 1), (27.5, 1)), {"stream.monitoring_moves": "7.5 → 17.5 → 27.5"}),
        (loads_of((7.5, 2), (8.5, 1)), {"stream.monitoring_follows": "2 → 1 active jobs"}),
        (loads_of((7.5, 0), (None, 1)), {"stream.monitoring_moves": "7.5"}),
    ],
)
def test_the_load_is_that_of_the_moment(messages, wrong):
    assert failures(stream_checks.monitored, messages) == wrong


def test_nothing_that_is_told_is_no_load():
    assert set(failures(stream_checks.monitored, [])) == {"stream.monitoring_moves", "stream.monitoring_follows"}
