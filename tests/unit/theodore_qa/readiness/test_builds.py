"""Two builds side by side: what is slower is said, what is noise is not, and what cannot be told is INCONCLUSIVE."""

import os
import random

import pytest

from theodore_qa.readiness import builds
from theodore_qa.readiness.builds import IMPROVED, INCONCLUSIVE, NOT_EVALUATED, REGRESSED, Round, UNCHANGED

TOLERANCE = 0.2


def judged(ratios, steps=1):
    pairs = [(Round(0.1 * ratio), Round(0.1)) for ratio in ratios]
    return builds.judge({f"step {number}": pairs for number in range(steps)}, TOLERANCE)[0]


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [
        ([1.5] * 11, REGRESSED),
        ([0.5] * 11, IMPROVED),
        ([1.05] * 11, UNCHANGED),
        ([1.0] * 6 + [1.5] * 5, INCONCLUSIVE),
        ([1.2] * 11, UNCHANGED),
        ([9.0] * 7, INCONCLUSIVE),  # too few
    ],
)
def test_the_interval_decides(ratios, verdict):
    assert judged(ratios).verdict == verdict


def test_the_fewest_pairs_that_decide_are_named():
    assert (builds.needed(), judged([9.0] * 8).verdict) == (8, REGRESSED)
    assert "8 pairs are the least that could decide" in str(judged([9.0] * 7))
    assert judged([9.0] * 8, steps=2).verdict == INCONCLUSIVE  # two steps share the error
    assert str(judged([1.5] * 8)) == "REGRESSED: step 0: 1.500 of the reference's median (8 pairs, 99 %: 1.500 to 1.500)"


@pytest.mark.parametrize(
    ("pair", "verdict", "reason"),
    [
        ((Round(0.1, 3), Round(0.1)), REGRESSED, "24 answers were not as expected, all of the reference were"),
        ((Round(0.1, 3), Round(0.1, 1)), NOT_EVALUATED, "8 answers of the reference were not as expected"),
        ((Round(None), Round(0.1)), NOT_EVALUATED, "a round brought no time"),
        ((Round(0.1), Round(0.0)), NOT_EVALUATED, "a round brought no time"),
    ],
)
def test_errors_and_missing_times_are_no_times(pair, verdict, reason):
    (found,) = builds.judge({"step": [pair] * 8}, TOLERANCE)
    assert (found.verdict, found.reason) == (verdict, reason)
    assert builds.judge({"step": []}, TOLERANCE)[0].verdict == NOT_EVALUATED


def test_noise_alone_is_no_regression_and_a_doubling_is_found():
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(10**6)
    print(f"SEED={seed}")  # noqa: T201  # to repeat a failure
    draw = random.Random(seed)

    def runs(effect, noise, count=400, pairs=11):
        """Verdicts of runs whose machine also drifts by a tenth from pair to pair."""
        found = []
        for _ in range(count):
            drift = [draw.lognormvariate(0, 0.1) for _ in range(pairs)]
            sides = [[draw.lognormvariate(0, noise) * speed for speed in drift] for _ in range(2)]
            found.append(judged([effect * new / old for new, old in zip(*sides, strict=True)]).verdict)
        return found

    for noise in (0.05, 0.1, 0.2):
        assert runs(1.0, noise).count(REGRESSED) <= 8, f"SEED={seed}"  # 0.4 % of 400 are expected at most
    assert runs(2.0, 0.1).count(REGRESSED) >= 380, f"SEED={seed}"
