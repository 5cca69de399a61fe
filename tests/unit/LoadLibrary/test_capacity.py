"""The search for a capacity finds it, and a rate that held by luck does not count."""

import itertools

import pytest

from LoadLibrary.capacity import search


@pytest.mark.parametrize("true", [10, 11, 37, 64, 99.5])
def test_it_is_found_to_the_precision(true):
    found = search(lambda rate: rate <= true, 10, 1000)
    assert true / 1.1 - 0.1 <= found.rate <= true < found.above
    assert [rate for rate, held in found.trials if held].count(found.rate) == 2
    assert f"{found.rate:g}/s held twice and {found.above:g}/s did not" in str(found)


def test_what_holds_at_the_most_is_at_least_that():
    found = search(lambda _: True, 10, 50)
    assert (found.rate, found.above, [rate for rate, _ in found.trials]) == (50, 0, [10, 20, 40, 50, 50])
    assert str(found) == "at least 50/s, the most that was tried (5 trials)"


def test_what_never_holds_has_no_capacity():
    found = search(lambda _: False, 10, 50)
    assert (found.rate, found.trials) == (0, [(10, False)])
    assert str(found) == "no rate held, the smallest was 10/s (1 trials)"


def test_a_rate_that_held_by_luck_does_not_count():
    luck = itertools.chain([True, True, True], itertools.repeat(None))

    def holds(rate):
        lucky = next(luck)
        return rate <= 15 if lucky is None else lucky

    found = search(holds, 10, 1000)
    assert found.rate <= 15
    assert len(found.trials) <= 20


def test_chance_alone_ends_too():
    turns = itertools.cycle([True, False])
    assert len(search(lambda _: next(turns), 10, 1000).trials) <= 20
