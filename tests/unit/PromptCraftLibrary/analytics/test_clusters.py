"""Groupings compared, and clusters that hold a user twice."""

import pytest

from PromptCraftLibrary.analytics import clusters, columns, problems
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import Verdict

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


@pytest.mark.parametrize(
    ("place", "changes", "wrong"),
    [
        (0, {}, []),
        (0, {"avg_queries": 2.0}, ["avg_queries"]),
        (1, {"avg_cost": 3.0}, ["avg_cost"]),
        (1, {"user_count": 2}, ["user_count"]),
        (1, {"cluster_id": 0}, ["ids"]),
        (0, {"label": "power"}, ["labels"]),
        (0, {"label": "regular"}, []),
    ],
)
def test_figures_of_clusters_are_those_of_their_users(place, changes, wrong):
    rows = [
        {
            "created_at": "2026-01-01T00:00:00Z",
            "agent_id": "a",
            "user_id": user,
            "status": "completed",
            "processing_time_ms": 1,
            "total_cost": 2,
            "steps_completed": 1,
            "security_issues_found": 0,
            "test_success_rate": 1,
        }
        for user in "abbb"
    ]
    reported = [
        {"cluster_id": 0, "label": "occasional", "user_count": 1, "avg_queries": 1.0, "avg_cost": 2.0, "user_ids": ["a"]},
        {"cluster_id": 1, "label": "power", "user_count": 1, "avg_queries": 3.0, "avg_cost": 6.0, "user_ids": ["b"]},
    ]
    reported[place] |= changes
    checks = Checks("Clusters")
    clusters.compare(checks, reported, columns.of_rows(rows))
    failed = [check.check.rpartition(".")[2] for check in checks.done if check.verdict is Verdict.FAIL]
    assert failed == wrong


def row(user, cost, **changes):
    usual = {"created_at": "2026-05-04T12:00:00Z", "agent_id": "a", "user_id": user, "status": "completed", "total_cost": cost}
    numbers = dict.fromkeys(("processing_time_ms", "steps_completed", "security_issues_found", "test_success_rate"), 1)
    return usual | numbers | changes


ROWS = [row("ann", 0.1), row("bo", 0.2), row("ann", 0.7), row("cy", 0)]


def test_the_use_of_executions_does_not_depend_on_their_order():
    first, second = (clusters.use(columns.of_rows(rows)) for rows in (ROWS, ROWS[::-1]))
    assert first["ann"][0] == 2
    assert clusters.different(first, second) == set()


@pytest.mark.parametrize(
    ("rows", "users"),
    [([*ROWS, row("dan", 1)], {"dan"}), (ROWS[1:], {"ann"}), ([*ROWS[:3], row("cy", 0.5)], {"cy"}), (ROWS[:3], {"cy"})],
)
def test_users_with_other_executions_are_named(rows, users):
    first, second = clusters.use(columns.of_rows(ROWS)), clusters.use(columns.of_rows(rows))
    assert clusters.different(first, second) == clusters.different(second, first) == users
