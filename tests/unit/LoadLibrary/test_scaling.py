"""The scalability law is recovered from what it brings, and plans hold only where it was measured."""

import random

import pytest

from LoadLibrary.scaling import efficiency, fit, Law, plan, Point
from theodore_qa.errors import UsageError

USERS = (1, 2, 5, 10, 20, 50)
TRUE = Law(30.0, 0.05, 0.0008, 0.0, 1, 50)


def points(law=TRUE, noise=0.0, seed=20):
    draw = random.Random(seed)
    return [Point(users, law.at(users) * (1 + draw.gauss(0, noise))) for users in USERS]


def test_the_terms_are_recovered():
    law = fit(points())
    assert (law.single, law.contention, law.coherency) == pytest.approx((30, 0.05, 0.0008), rel=0.02)
    assert law.peak == pytest.approx(34.5, abs=1)
    assert law.error < 0.01


@pytest.mark.parametrize(("contention", "coherency"), [(0, 0), (1, 0), (0.3, 0.01)])
def test_the_ends_of_the_scale(contention, coherency):
    law = fit(points(Law(10.0, contention, coherency, 0.0, 1, 50)))
    assert [law.at(users) for users in USERS] == pytest.approx([Law(10.0, contention, coherency, 0, 1, 50).at(u) for u in USERS], rel=0.02)


def test_noise_makes_the_interval_wider():
    assert fit(points(noise=0.1)).error > fit(points(noise=0.01)).error > 0


def test_efficiency_is_measured():
    assert efficiency([Point(5, 50.0), Point(50, 250.0)]) == pytest.approx(0.5)


@pytest.mark.parametrize("bad", [points()[:3], [*points()[:4], Point(100, 0.0)]])
def test_what_cannot_be_fitted(bad):
    with pytest.raises(UsageError, match="needs loads of four different numbers of users, each with answers"):
        fit(bad)


def test_a_plan_leaves_room_and_has_an_interval():
    law = Law(30.0, 0.05, 0.0008, 0.1, 1, 50)
    best = max(law.at(users) for users in range(1, 51))
    made = plan(law, best * 2, 0.5)
    assert made.instances == (4, 5)
    assert law.at(made.users) >= best * 2 / 5 > law.at(made.users - 1)
    assert made.valid == ""


def test_a_plan_beyond_what_was_measured_says_so():
    made = plan(Law(30.0, 0.0, 0.0, 0.0, 20, 50), 100.0, 0.0)
    assert made.instances == (1, 1)
    assert made.valid == "one instance was measured with 20 to 50 users"
