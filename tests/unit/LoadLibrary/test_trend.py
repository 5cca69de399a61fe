"""Growth is told from noise, also from noise whose samples follow each other closely."""

import random

import pytest

from LoadLibrary.trend import trend

SEED = 20


def noisy(slope, *, n=120, alike=0.0, noise=1.0, seed=SEED):
    """Points of a line with noise, each of which resembles the one before it."""
    draw, value, points = random.Random(seed), 0.0, []
    for number in range(n):
        value = alike * value + draw.gauss(0, noise)
        points.append((number * 0.25, 100 + slope * number * 0.25 + value))
    return points


def test_a_line_without_noise():
    found = trend([(x, 5 + 2 * x) for x in range(20)])
    assert (found.slope, found.low, found.high) == pytest.approx((2, 2, 2))
    assert found.n == 16


@pytest.mark.parametrize("alike", [0.0, 0.7])
def test_the_interval_holds_the_slope_in_most_cases(alike):
    held = sum((found := trend(noisy(0.5, alike=alike, seed=seed))).low <= 0.5 <= found.high for seed in range(200))
    assert held >= 176  # 95 % less four standard errors


def test_growth_that_is_larger_than_the_noise_is_seen():
    assert trend(noisy(1.0)).low > 0


def test_warming_up_is_no_growth():
    points = [(x, 100 + min(x, 15) * 10) for x in range(100)]
    assert trend(points).slope == pytest.approx(0, abs=1e-9)
    assert trend(points, warm_up=0).slope > 0.5


@pytest.mark.parametrize("points", [[], [(0, 1)] * 5, [(x, x) for x in range(9)], [(1, x) for x in range(30)]])
def test_too_few_points_have_no_trend(points):
    assert trend(points) is None
