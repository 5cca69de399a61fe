"""Delta debugging and what a step needs."""

import pytest

from TheodoreLibrary.exploration.shrinking import closure, ddmin, shrink
from TheodoreLibrary.exploration.steps import Step


def step(number, **values):
    return Step("read the profile", "analyst", {"number": number} | values)


def numbers(steps):
    return [entry.values["number"] for entry in steps]


@pytest.mark.parametrize("needed", [{3}, {0, 19}, {4, 5, 6}, {1, 7, 13, 18}, set(range(20)), set()])
def test_ddmin_finds_what_is_needed_and_nothing_else(needed):
    found = ddmin([step(number) for number in range(20)], lambda steps: needed <= set(numbers(steps)))
    assert set(numbers(found)) == needed


def test_ddmin_needs_few_replays():
    tries = []

    def fails(steps):
        tries.append(steps)
        return 77 in numbers(steps)

    assert numbers(ddmin([step(number) for number in range(300)], fails)) == [77]
    assert len(tries) < 40


def test_the_closure_holds_what_the_last_step_needs_and_what_that_needs():
    sign_in = Step("sign in", "nobody", {"identity": "analyst"}, "session 1")
    key = Step("make an API key", "session 1", {}, "key 2")
    research = Step("start a research", "key 2", {}, "job 3")
    other = Step("start a research", "analyst", {}, "job 4")
    last = Step("read a job", "partner", {"job": "job 3"})
    assert closure([sign_in, key, other, research], last) == [sign_in, key, research]


def test_the_refresh_token_of_a_session_needs_the_session():
    sign_in = Step("sign in", "nobody", {"identity": "analyst"}, "session 1")
    assert closure([sign_in], Step("read the profile", "session 1, refresh token")) == [sign_in]


def test_shrink_tries_the_closure_first_and_keeps_the_last_step():
    sign_in = Step("sign in", "nobody", {}, "session 1")
    last = Step("read the profile", "session 1")
    tries = []

    def fails(steps):
        tries.append(steps)
        return sign_in in steps

    assert shrink([step(1), sign_in, step(2), step(3), last], fails) == [sign_in, last]
    assert tries[0] == [sign_in, last]
    assert len(tries) == 2
