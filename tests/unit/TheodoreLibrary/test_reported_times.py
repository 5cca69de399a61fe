"""Times that a system reports are held against what was seen of them."""

import datetime as dt
import itertools
from types import SimpleNamespace

import pytest

from TheodoreLibrary import reported_times
from TheodoreLibrary.phases import PHASES

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
# The research of these tests: one second in each phase, two for reading and for the analysis.
SPANS = dict(zip(PHASES, (1.0, 2.0, 2.0, 1.0, 1.0), strict=True))


def at(seconds):
    return START + dt.timedelta(seconds=seconds)


class Answer(SimpleNamespace):
    def object(self):
        return self.body


def answer(seconds):
    """What the system shows at a moment."""
    ends = list(itertools.accumulate(SPANS.values()))
    ended = seconds >= ends[-1]
    number = min(sum(seconds >= end for end in ends) + 1, len(ends))
    progress = {"step_number": number, "percentage": 100 if ended else 10}
    return Answer(sent=at(seconds), duration=0.01, body={"status": "completed" if ended else "running", "progress": progress})


def job(change=None, state=None, calls=None):
    spans = {name: {"duration_ms": span * 1000} for name, span in (SPANS | (change or {})).items()}
    times = {"started_at": at(0.0).isoformat(), "completed_at": at(7.0).isoformat()} | (state or {})
    return SimpleNamespace(
        accepted=Answer(sent=at(-0.1), duration=0.05, body={}),
        answers=[answer(tenth / 10) for tenth in range(1, 72)],
        progress=[],
        phases=spans,
        state=times,
        calls=calls,
        system=SimpleNamespace(environment=SimpleNamespace(clock_tolerance=0.5)),
    )


class Collected:
    """The checks that were made, by name."""

    def __init__(self):
        self.failed = []

    def that(self, check, holds, expected, observed, n=1):
        if not holds:
            self.failed.append((check, expected, observed))

    def not_evaluated(self, check, expected, reason):
        self.failed.append((check, expected, f"NOT EVALUATED {reason}"))


def failed(research):
    checks = Collected()
    for check in (reported_times.began, reported_times.lasted, reported_times.phases_lasted, reported_times.work_lasted):
        check(checks, research)
    return checks.failed


def test_what_was_seen_is_reported():
    assert failed(job()) == []


@pytest.mark.parametrize("span", [0.02, 5.0])
def test_a_phase_that_was_seen_longer_or_shorter_is_named(span):
    ((check, expected, _),) = failed(job({"ai_analysis": span}))
    assert (check, expected) == ("research.phases_observed", "ai_analysis 1.89 s to 2.11 s, as it was seen")


def test_a_phase_without_a_duration_is_not_evaluated():
    assert failed(job({"ai_analysis": float("nan")}))
    research = job()
    del research.phases["ai_analysis"]
    assert failed(research) == [
        ("research.phases_observed", "a duration of ai_analysis", "NOT EVALUATED the phase reports no duration_ms")
    ]


def test_the_whole_has_to_last_as_long_as_it_was_seen():
    ((check, expected, observed),) = failed(job(state={"completed_at": at(0.5).isoformat()}))
    assert (check, expected, observed) == ("research.duration_observed", "6.79 s to 7.21 s, as it was seen", "500 ms")


def test_a_start_before_the_request_is_no_start():
    checks = [check for check, _, _ in failed(job(state={"started_at": at(-60).isoformat()}))]
    assert checks == ["research.start_observed", "research.duration_observed"]


def test_work_that_took_longer_than_its_phases_is_named():
    calls = {"web": [{"started": 1.0, "finished": 2.0}, {"started": 1.5, "finished": 5.0}], "openai": []}
    assert failed(job(calls=calls)) == [
        ("research.work_observed", "intelligent_scraping at least 4 s, as long as their calls", "2 s")
    ]
