"""Whether the window of a limit slides: by limiters of several kinds, on a clock of their own."""

import datetime as dt
from types import SimpleNamespace

import pytest

from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.observing.observations import recorder
from TheodoreLibrary.keywords import rate_limits

LIMIT, WINDOW = 10, 60


class Server:
    """Answers on a clock of its own, by what its kind of limiter says; each answer takes ``pace`` seconds."""

    def __init__(self, kind, pace=0.1, before=0):
        self.kind, self.pace = kind, pace
        self.moment = 0.0
        self.counted = [0.0] * before

    def answer(self):
        self.moment += self.pace / 2
        young = [moment for moment in self.counted if moment > self.moment - WINDOW]
        self.counted = young if self.kind != "fixed" or not self.counted or self.counted[0] > self.moment - WINDOW else []
        full = len(self.counted) >= LIMIT
        if not full or self.kind == "counts the refused":
            self.counted.append(self.moment)
        refused = full and self.kind != "open"
        left = str(max(0, LIMIT - len(self.counted)))
        sent = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=self.moment - self.pace / 2)
        self.moment += self.pace / 2
        return SimpleNamespace(status=429 if refused else 200, headers={"x-ratelimit-remaining": left}, sent=sent, duration=self.pace)


def judged(monkeypatch, server):
    def wait(answer, seconds):
        ends = (answer.sent - dt.datetime(2026, 1, 1, tzinfo=dt.UTC)).total_seconds() + answer.duration + seconds
        server.moment = max(server.moment, ends)

    system = SimpleNamespace(identity=lambda _: SimpleNamespace(username="limited"), token=lambda _: "token")
    monkeypatch.setattr(rate_limits, "context", SimpleNamespace(system=system))
    monkeypatch.setattr(rate_limits, "_send", lambda *_, **__: server.answer())
    monkeypatch.setattr(rate_limits, "_wait_until_old", wait)
    recorder.enter_suite()
    recorder.exchanged()
    try:
        with recorder.calling("limit_window_should_slide", []):
            rate_limits.LimitKeywords().limit_window_should_slide("metrics", LIMIT, WINDOW)
    finally:
        recorder.leave_suite()


def test_a_window_that_slides(monkeypatch):
    judged(monkeypatch, Server("slides"))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (
            "fixed",
            "limits.window_keeps of metrics 10 in 60 s: expected status 429 for one more request while the other 9 are younger than "
            "60 s, observed status 200.",
        ),
        (
            "counts the refused",
            "limits.window_slides of metrics 10 in 60 s: expected another status than 429 when the first of 10 requests is 60 s ago, "
            "observed status 429.",
        ),
        (
            "open",
            "limits.refused_when_used_up of metrics 10 in 60 s: expected status 429, observed status 200\n"
            "limits.window_keeps of metrics 10 in 60 s: expected status 429 for one more request while the other 9 are younger than "
            "60 s, observed status 200.",
        ),
    ],
)
def test_windows_that_do_not(monkeypatch, kind, message):
    with pytest.raises(QaError) as caught:
        judged(monkeypatch, Server(kind))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("server", "observed"),
    [
        (Server("slides", before=3), "observed 3 requests beside the first, by X-RateLimit-Remaining."),
        (Server("slides", pace=6), "observed the last of 15 requests 100 s after the first."),
    ],
)
def test_what_cannot_be_judged(monkeypatch, server, observed):
    with pytest.raises(NotEvaluatedError) as caught:
        judged(monkeypatch, server)
    assert str(caught.value).endswith(observed)


def test_a_misspelt_limit():
    with pytest.raises(QaError, match="There is no limit 'metrix': did you mean 'metrics'"):
        rate_limits.LimitKeywords().limit_window_should_slide("metrix", LIMIT, WINDOW)


@pytest.mark.parametrize(("limit", "window"), [(1, 60), (100, 0)])
def test_a_limit_that_cannot_be_used_up_in_two_parts(limit, window):
    with pytest.raises(QaError, match=f"Expected a limit of at least 2 requests in at least 1 second, not {limit} in {window}"):
        rate_limits.LimitKeywords().limit_window_should_slide("metrics", limit, window)
