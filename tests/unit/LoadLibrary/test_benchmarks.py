"""What is measured, and what cannot be the time of it."""

import time
import types

import pytest

from LoadLibrary import baselines
from LoadLibrary.keywords import benchmarks
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.observing.observations import recorder, Verdict


@pytest.fixture
def measured(monkeypatch, observed):
    """A benchmark of a keyword that checks something and returns a value."""

    def measure(value, **arguments):
        def run_keyword(*_):
            time.sleep(0.002)
            recorder.record("research.phase_time", "above 0 s", "1 ms", Verdict.PASS)
            return value

        monkeypatch.setattr(benchmarks, "builtin", lambda: types.SimpleNamespace(run_keyword=run_keyword))
        monkeypatch.setattr(baselines, "read", lambda _: [])
        return benchmarks.BenchmarkKeywords().benchmark("storage", "Duration Of Phase", **arguments)

    return measure


def test_the_seconds_that_a_keyword_returns_are_held_to_the_budget(measured):
    assert measured(0.001, expected="1 s", timed_by="result") == 0.001
    assert measured(None, expected="1 h") >= 0.002


def test_a_budget_that_is_missed_fails(measured):
    with pytest.raises(QaError, match="expected mean at most"):
        measured(0.0015, expected="1 ms", timed_by="result")


@pytest.mark.parametrize("value", [None, 0, -1.0, True, "0.001", float("nan"), 3600.0])
def test_what_cannot_be_the_time_is_not_evaluated(measured, value):
    with pytest.raises(NotEvaluatedError, match="timed by what the keyword 'Duration Of Phase' returns: expected seconds above 0"):
        measured(value, expected="1 s", timed_by="result")
