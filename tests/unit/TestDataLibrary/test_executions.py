"""Synthetic executions: alike by their seed, with groups and problems that are there by design."""

import datetime as dt
from collections import Counter

import pytest

from TestDataLibrary import executions
from theodore_qa.errors import UsageError


def test_a_seed_gives_the_same_executions_each_time():
    made = executions.make(50, 3, agents=4, days=5)
    assert list(made) == list(made)
    assert list(made) != list(executions.make(50, 4, agents=4, days=5, until=made.until))
    assert len(made) == len(list(made)) == 50


def test_reversed_are_the_same_from_last_to_first():
    made = executions.make(50, 3, agents=4, days=5)
    assert list(made.reversed()) == list(made)[::-1]
    assert list(made.reversed().reversed()) == list(made)


def test_the_least_busy_users_can_come_first():
    made = executions.make(500, 3, agents=4, days=5)
    counts = Counter(row["user_id"] for row in made)
    ordered = list(made.by_use())
    assert [counts[row["user_id"]] for row in ordered] == sorted(counts[row["user_id"]] for row in made)
    assert len({row["user_id"] for row in ordered}) == sum(
        row["user_id"] != before["user_id"] for row, before in zip(ordered, [{"user_id": ""}, *ordered], strict=False)
    )
    assert list(made.by_use().reversed()) == ordered[::-1]


def test_the_groups_of_users_are_apart():
    made = executions.make(2000, 3, agents=4, days=5)
    counts = Counter(row["user_id"] for row in made)
    groups = made.user_groups
    assert counts.keys() == groups.keys()
    assert sum(group == "power" for group in groups.values()) == sum(count >= 70 for count in counts.values()) > 5
    assert {group for user, group in groups.items() if counts[user] <= 5} == {"occasional"}


def test_all_are_within_their_days():
    made = executions.make(200, 3, agents=4, days=5)
    moments = [executions.dt.datetime.fromisoformat(row["created_at"]) for row in made]
    assert made.until - max(moments) >= executions.BEFORE_NOW
    assert made.until - min(moments) <= executions.BEFORE_NOW + executions.dt.timedelta(days=5)


def test_planted_problems_are_in_the_figures():
    made = executions.make(425, 3, agents=17, days=5, problems=True)
    assert Counter(kind for kind, _ in made.planted) == {"performance": 4, "cost": 4, "accuracy": 4}
    failing = {agent for kind, agent in made.planted if kind == "accuracy"}
    rows = list(made)
    for agent in {row["agent_id"] for row in rows}:
        own = [row for row in rows if row["agent_id"] == agent]
        assert (sum(row["status"] == "failed" for row in own) / len(own) > 0.1) == (agent in failing)


@pytest.mark.parametrize(
    ("count", "agents", "days", "sentence"),
    [
        (0, 4, 5, "Expected at least 1 execution"),
        (400, 17, 5, "400 executions are too few to show problems of 17 agents: take at least 425"),
        (400, 8, 5, "8 agents are too few for three kinds of problems: take at least 16"),
        (10, 1, 0, "a time above 0 days"),
    ],
)
def test_too_few_are_refused(count, agents, days, sentence):
    with pytest.raises(UsageError, match=sentence):
        executions.make(count, 1, agents=agents, days=days, problems=True)


def test_executions_at_the_limits_lie_on_them():
    now = dt.datetime(2026, 3, 4, 15, 30, tzinfo=dt.UTC)
    rows = executions.at_boundaries(now)
    users, agents = Counter(row["user_id"] for row in rows), Counter(row["agent_id"] for row in rows)
    assert sorted(users.values()) == [5, 6, 9, 50, 51]
    assert (len(rows), len(agents)) == (121, 21)
    assert {row["created_at"][11:] for row in rows} >= {"00:00:00.000000+00:00", "23:59:59.999999+00:00", "04:59:59.999999+00:00"}
    moments = {dt.datetime.fromisoformat(row["created_at"]) for row in rows}
    assert all(dt.timedelta(days=7) < now - moment < dt.timedelta(days=150) for moment in moments)
    assert {moment.weekday() for moment in moments} >= {0, 6}


def test_all_executions_can_be_of_one_agent_or_of_one_user():
    made = executions.make(300, 3, agents=4, days=5, agent="qa_a")
    assert ({row["agent_id"] for row in made}, {row["user_id"] for row in made}) == ({"qa_a"}, set(made.user_groups))
    made = executions.make(425, 3, agents=17, days=5, problems=True, user="qa_u")
    assert {row["user_id"] for row in made} == {"qa_u"} == set(made.user_groups)
    assert len({row["agent_id"] for row in made}) == 17
    assert len(made.planted) == 12


def test_problems_of_one_agent_are_refused():
    with pytest.raises(UsageError, match="One agent 'qa_a' of all executions shows no problems: leave out agent= or problems="):
        executions.make(425, 3, agents=17, days=5, problems=True, agent="qa_a")


def test_executions_can_cost_nothing_and_are_else_the_same():
    made, free = (list(executions.make(50, 3, agents=4, days=5, until=UNTIL, free=free)) for free in (False, True))
    assert {row["total_cost"] for row in free} == {0}
    assert [row | {"total_cost": 0} for row in made] == free


UNTIL = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
