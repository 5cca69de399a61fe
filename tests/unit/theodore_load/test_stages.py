"""Stages, and when what they ask for is meant to start."""

import pytest

from theodore_load import stages
from theodore_qa.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10/s for 30 s", "10/s for 30 s"),
        ("10/s to 50/s for 2 min", "10/s to 50/s for 120 s"),
        ("20 users for 500 ms", "20 users for 0.5 s"),
        ("1 user x 3", "1 user x 3"),
        ("5 users to 20 users for 3 s", "5 users to 20 users for 3 s"),
        ("1 user to 2 users for 3 s", "1 user to 2 users for 3 s"),
        ("1 user for 3 s", "1 user for 3 s"),
    ],
)
def test_a_stage_is_read_as_it_is_written(text, expected):
    assert str(stages.read([text])[0]) == expected


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "The load has no stages: write for example"),
        (["soon"], "'soon' is no stage of a load: write for example '10/s for 30 s'"),
        (["10/s for ever"], "'ever' is not a duration"),
        (["0/s for 3 s"], "The stage '0/s for 3 s' sends nothing"),
        (["3 users x 0"], "The stage '3 users x 0' sends nothing"),
        (["1/s for 1 s", "2 users for 1 s"], "are two loads: run one after the other"),
        (["2 users x 5", "2 users for 1 s"], "make it the last stage"),
    ],
)
def test_what_is_no_stage_is_refused(texts, message):
    with pytest.raises(UsageError, match=message):
        stages.read(texts)


def test_arrivals_at_a_constant_rate():
    assert list(stages.arrivals(stages.read(["4/s for 1 s"]))) == [0, 0.25, 0.5, 0.75]


def test_a_ramp_has_as_many_arrivals_as_the_integral_of_its_rate():
    times = list(stages.arrivals(stages.read(["0/s to 100/s for 10 s"])))
    assert len(times) == 500
    assert times[125] == pytest.approx(5)  # 100/10 * 5² / 2 = 125
    assert times == sorted(times)


def test_a_ramp_down_mirrors_a_ramp_up():
    down = list(stages.arrivals(stages.read(["100/s to 0/s for 10 s"])))
    assert len(down) == 500
    assert down[375] == pytest.approx(5)  # 500 - 125


def test_steps_and_spikes_follow_one_another_without_losing_an_arrival():
    times = list(stages.arrivals(stages.read(["1/s for 1.5 s", "10/s for 1 s", "1/s for 1.5 s"])))
    assert len(times) == 13
    assert sum(1.5 <= time < 2.5 for time in times) == 10
    assert times[1:3] == [1.0, pytest.approx(1.55)]  # half an arrival was left by the first stage


def test_users_of_a_ramp_start_one_after_another():
    ramp = stages.read(["2 users to 6 users for 4 s", "6 users for 1 s"])
    starts = [[(shift.start, shift.end) for shift in stages.shifts(ramp, user)] for user in range(7)]
    assert starts == [[(0, 5)], [(0, 5)], [(0, 5)], [(1, 5)], [(2, 5)], [(3, 5)], []]


def test_users_of_a_ramp_down_end_one_after_another():
    ramp = stages.read(["4 users to 2 users for 4 s"])
    assert [stages.shifts(ramp, user)[0].end for user in range(4)] == [4, 4, 4, 2]
