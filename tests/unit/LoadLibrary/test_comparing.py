"""Verdicts on builds: what is equal, slower, faster, and what the sample does not decide."""

import math
import random

import pytest

from LoadLibrary import comparing
from LoadLibrary.comparing import Change
from theodore_qa.errors import UsageError

SEED = 20


def sampler(effects, noise=0.03, seed=SEED):
    """Differences with the effect of each benchmark, and how often each was asked for."""
    draw, calls = random.Random(seed), []

    def sample(names, pairs):
        calls.append(list(names))
        return {name: [effects[name] + draw.gauss(0, noise) for _ in range(pairs)] for name in names}

    return sample, calls


def measured(effects, noise=0.03, *, pairs=10, tolerance=0.15):
    sample, calls = sampler(effects, noise)
    return {other.name: other for other in comparing.measured(list(effects), pairs, tolerance, sample)}, calls


def test_what_is_slower_is_measured_again_and_what_is_equal_is_not():
    found, calls = measured({"same": 0.0, "slower": math.log(1.4), "faster": -math.log(1.4)})
    assert {name: other.change for name, other in found.items()} == {
        "same": Change.UNCHANGED,
        "slower": Change.REGRESSED,
        "faster": Change.IMPROVED,
    }
    assert calls[0] == ["same", "slower", "faster"]
    assert {"slower", "faster"} <= set(calls[1])
    assert found["slower"].pairs == 20
    assert found["slower"].ratio == pytest.approx(1.4, rel=0.05)
    assert str(found["slower"]).startswith("REGRESSED: +")


def test_what_noise_hides_is_inconclusive_and_says_how_many_would_decide():
    found, calls = measured({"noisy": 0.0}, noise=0.5)
    noisy = found["noisy"]
    assert calls == [["noisy"], ["noisy"]]
    assert noisy.pairs == comparing.MOST
    assert noisy.change is Change.INCONCLUSIVE
    assert noisy.needed > 100
    assert f"{noisy.needed} pairs would decide" in str(noisy)
    assert noisy.detectable > 0.15


def test_a_small_difference_that_is_certain_is_within_the_tolerance():
    found, _ = measured({"a": math.log(1.02)}, noise=0.001)
    assert found["a"].change is Change.UNCHANGED
    assert found["a"].ratio == pytest.approx(1.02, rel=0.01)


def test_samples_without_any_noise():
    found, _ = measured({"same": 0.0, "slower": 0.5}, noise=0.0)
    assert [found["same"].change, found["slower"].change] == [Change.UNCHANGED, Change.REGRESSED]


def test_holm_is_as_strict_as_there_are_benchmarks():
    assert comparing.holm({"a": 0.004, "b": 0.006, "c": 0.5}, 0.01) == set()
    assert comparing.holm({"a": 0.003, "b": 0.004, "c": 0.5}, 0.01) == {"a", "b"}
    assert comparing.holm({}, 0.01) == set()


@pytest.mark.parametrize(("pairs", "tolerance"), [(2, 0.1), (10, 0.0), (10, -1.0), (10, math.inf)])
def test_what_cannot_be_compared(pairs, tolerance):
    with pytest.raises(UsageError, match="needs at least 3 restarts of each build, and a tolerance above 0"):
        comparing.measured(["a"], pairs, tolerance, sampler({"a": 0.0})[0])


def test_what_ten_pairs_do_not_decide_is_measured_as_often_as_its_noise_demands():
    found, calls = measured({"quiet": 0.0, "noisy": math.log(1.2), "noisier": math.log(1.2)}, noise=0.12)
    quiet, _ = measured({"quiet": 0.0}, noise=0.01)
    assert quiet["quiet"].pairs == 10
    assert found["noisy"].change is found["noisier"].change is Change.REGRESSED
    assert 20 <= found["noisy"].pairs <= comparing.MOST
    assert len(calls) >= 2


def test_the_number_of_pairs_depends_on_the_noise_alone():
    plans = [comparing.planned(noise, 10, 0.15, 5, 40) for noise in (0.001, 0.08, 0.1, 0.13, 0.5)]
    assert plans == sorted(plans)
    assert plans[0] == 20
    assert plans[-1] == 40
    assert comparing.planned(0.1, 10, 0.15, 5, 5) == 10


def test_the_shift_is_that_of_nearly_all_rounds():
    assert comparing.shift([0.2]) == pytest.approx(0.2)
    assert comparing.shift([0.2, 0.2, 0.2, 0.2, 5.0]) == pytest.approx(0.2)
    draw = random.Random(SEED)
    shifts = [comparing.shift([0.1 + draw.gauss(0, 0.2) for _ in range(20)]) for _ in range(200)]
    assert sum(shifts) / 200 == pytest.approx(0.1, abs=0.02)


def test_few_false_alarms_and_what_is_declared_is_found():
    alarms = found = 0
    names = [str(number) for number in range(10)]
    for seed in range(40):
        quiet = comparing.measured(names, 8, 0.02, sampler(dict.fromkeys(names, 0.0), 0.1, seed)[0])
        alarms += any(other.change is Change.REGRESSED for other in quiet)
        effects = dict.fromkeys(names, 0.0) | {"3": math.log1p(quiet[3].detectable)}
        slowed = comparing.measured(names, 8, 0.02, sampler(effects, 0.1, seed + 1000)[0])
        found += slowed[3].change is Change.REGRESSED
    assert alarms <= 2
    assert found >= 36
