"""Groupings compared, and clusters that hold a user twice."""

import pytest

from PromptCraftLibrary.analytics import clusters, problems

FIRST = dict(zip("abcdef", [0, 0, 0, 1, 1, 1], strict=True))


@pytest.mark.parametrize(
    ("second", "index"),
    [
        ([5, 5, 5, 7, 7, 7], 1.0),
        ([1, 1, 2, 2, 3, 3], 0.2424),  # the example of Hubert and Arabie's index in the literature
        ([0, 1, 0, 1, 0, 1], -0.1111),
        ([0, 0, 0, 0, 0, 0], 0.0),
    ],
)
def test_the_adjusted_rand_index(second, index):
    assert clusters.adjusted_rand_index(FIRST, dict(zip("abcdef", second, strict=True))) == pytest.approx(index, abs=1e-4)


def test_users_of_one_grouping_alone_are_left_out():
    assert clusters.adjusted_rand_index(FIRST, {"a": 1, "b": 1, "d": 2, "z": 9}) == 1


def test_a_user_who_stands_twice_is_named():
    found, doubled = clusters.membership([{"cluster_id": 0, "user_ids": ["a", "b"]}, {"cluster_id": 1, "user_ids": ["b"]}, {}])
    assert (found, doubled) == ({"a": 0, "b": 1}, ["b"])


def test_sizes_that_are_no_numbers_count_for_nothing():
    assert clusters.sizes([{"user_count": 3}, {"user_count": "2"}, {"user_count": True}, {}, {"user_count": 1}]) == [1, 3]


def test_precision_and_recall():
    given = [{"type": "cost", "agent_id": "a"}, {"type": "cost", "agent_id": "b"}]
    scored = problems.score(given, {("cost", "a"), ("accuracy", "c"), ("performance", "d")})
    assert (str(scored.precision), str(scored.recall)) == ("1 of 2 = 50% (95 %: 9% to 91%)", "1 of 3 = 33% (95 %: 6% to 79%)")
    assert (scored.missed, scored.wrong) == (["accuracy of c", "performance of d"], ["cost of b"])


def test_no_recommendation_scores_nothing():
    scored = problems.score([], {("cost", "a")})
    assert (scored.precision.lower_bound, scored.recall.lower_bound) == (0, 0)
