"""The sandbox's own analytics: quantiles, groups of users, and the cache."""

import statistics

import pytest

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.analytics import grouping, insights
from theodore_sandbox.promptcraft.analytics.cache import Cache


@pytest.mark.parametrize("count", [2, 7, 100])
def test_quantiles_are_linear(count):
    values = [float(number * number) for number in range(count)]
    found = insights.quantile(lambda rank: values[rank : rank + 2], 0.95, count)
    assert found == pytest.approx(statistics.quantiles(values, n=20, method="inclusive")[18])


def test_the_quantile_of_one_value_is_that_value():
    assert insights.quantile(lambda rank: [5.0][rank : rank + 2], 0.95, 1) == 5


def test_groups_are_the_same_in_any_order():
    features = {f"u{number}": (float(number % 3 * 30 + number % 5), float(number % 3)) for number in range(60)}
    turned = dict(reversed(features.items()))
    groups = grouping.grouped(features)
    assert [group.users for group in grouping.grouped(turned)] == [group.users for group in groups]
    assert [len(group.users) for group in groups] == [20, 20, 20]


@pytest.mark.parametrize(("users", "groups"), [(1, 1), (2, 2), (5, 3)])
def test_there_are_no_more_groups_than_kinds_of_users(users, groups):
    found = grouping.grouped({f"u{number}": (float(number),) for number in range(users)})
    assert len(found) == groups
    assert sum(len(group.users) for group in found) == users


@pytest.fixture
def clock():
    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    yield Clock()
    defects.switch([])


def test_an_answer_is_kept_for_its_time(clock):
    cache = Cache(900, clock)
    cache.keep("a", "question", "answer")
    clock.now = 899
    assert cache.find("a", "question") == "answer"
    clock.now = 900
    assert cache.find("a", "question") is None


def test_an_answer_belongs_to_its_tenant_and_question(clock):
    cache = Cache(900, clock)
    cache.keep("a", "question", "answer")
    assert cache.find("b", "question") is None
    assert cache.find("a", "other") is None
    cache.forget("b")
    assert cache.find("a", "question") == "answer"
    cache.forget("a")
    assert cache.find("a", "question") is None


def test_the_defects_are_defects(clock):
    cache = Cache(900, clock)
    defects.switch(["analytics-cache-across-tenants", "analytics-cache-never-expires", "analytics-cache-not-invalidated"])
    cache.keep("a", "question", "answer")
    clock.now = 10_000
    cache.forget("a")
    assert cache.find("b", "question") == "answer"
