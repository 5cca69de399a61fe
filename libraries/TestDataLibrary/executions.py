"""Synthetic executions of workflows from a seed, with user groups and problems of agents that are known beforehand."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections import Counter
from dataclasses import dataclass, replace
from math import floor
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIELDS = (
    "created_at",
    "agent_id",
    "user_id",
    "status",
    "processing_time_ms",
    "total_cost",
    "steps_completed",
    "security_issues_found",
    "test_success_rate",
)
# How many executions a user of each group has: apart by so much that no grouping can miss it.
GROUPS = {"power": (70, 80), "regular": (25, 30), "occasional": (1, 5)}
PATTERN = ("power", "regular", "regular", "occasional", "occasional", "regular", "occasional")
FAILING_EVERY, FAILING_OFTEN = 25, 3  # a sound agent fails every 25th execution, an inaccurate one every third
LEAST_EACH = 25
LEAST_AGENTS = 16  # of which as many as there are problems of three kinds can have them, and the others none
HIGH_QUANTILE = 0.8
RANGES = {
    "usual": {"processing_time_ms": (1100, 1900), "total_cost": (0.05, 0.25)},
    "problem": {"processing_time_ms": (4600, 5400), "total_cost": (0.80, 1.00)},
}
USERS_AT_LIMITS = (50, 51, 5, 6, 9)  # executions of each, which are 121
AGENTS_AT_LIMITS = 21
BEFORE_NOW = dt.timedelta(hours=1)  # the youngest execution is so old, so that all are within every range of time


@dataclass(frozen=True, eq=False)
class Executions:
    """Executions that are made anew, and alike, each time they are read: 1,000,000 of them need no memory."""

    count: int
    seed: int
    agents: int
    days: float
    until: dt.datetime
    problems: bool = False
    agent: str = ""  # the one of all executions; by turns ``agents`` of them without it
    user: str = ""  # the one of all executions; users of three groups without it
    free: bool = False  # whether they cost nothing
    ordered: bool = False  # those of the least busy users first
    reverse: bool = False  # the same executions from last to first

    def __str__(self) -> str:
        return f"{plural(self.count, 'execution')} of seed {self.seed}"

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each execution as a dictionary of the fields."""
        if not self.ordered and not self.reverse:
            yield from self._rows()
            return
        rows = list(self._rows())
        if self.ordered:
            use = Counter(row["user_id"] for row in rows)
            rows.sort(key=lambda row: (use[row["user_id"]], row["user_id"]))
        yield from reversed(rows) if self.reverse else rows

    def by_use(self) -> Executions:
        """The same executions, those of the least busy users first."""
        return replace(self, ordered=True)

    def reversed(self) -> Executions:
        """The same executions in the opposite order."""
        return replace(self, reverse=not self.reverse)

    @property
    def user_groups(self) -> dict[str, str]:
        """The group of each user: power, regular or occasional."""
        if self.user:
            return {self.user: group_of(self.count)}
        return {user: group_of(count) for user, count in self._users()}

    @property
    def planted(self) -> frozenset[tuple[str, str]]:
        """The problems of agents, each as its type and agent; as many as recommendations can be right."""
        if not self.problems:
            return frozenset()
        each = self._problem_agents()
        kinds = ("performance", "cost", "accuracy")
        return frozenset((kind, _agent(place * each + number)) for place, kind in enumerate(kinds) for number in range(each))

    def _problem_agents(self) -> int:
        """How many agents can be above the quantile of their means at all."""
        return self.agents - 1 - floor(HIGH_QUANTILE * (self.agents - 1))

    def _users(self) -> Iterator[tuple[str, int]]:
        """The users with the number of their executions, which add up to ``count``."""
        choice = random.Random(self.seed)  # noqa: S311  # no secrets
        left, number = self.count, 0
        while left:
            executions = min(left, choice.randint(*GROUPS[PATTERN[number % len(PATTERN)]]))
            yield f"user{number:05}", executions
            left, number = left - executions, number + 1

    def _rows(self) -> Iterator[dict[str, Any]]:
        choice = random.Random(self.seed + 1)  # noqa: S311  # no secrets
        made = [0] * self.agents  # executions of each agent until now
        number = 0
        for user, executions in self._users():
            for _ in range(executions):
                agent = self._agent_of(number, choice)
                yield self._row(user, agent, made[agent], choice)
                made[agent] += 1
                number += 1

    def _agent_of(self, number: int, choice: random.Random) -> int:
        """Agents take turns where each needs enough executions to show its problem; else the first ones are used most."""
        return number % self.agents if self.problems else int(self.agents * choice.random() ** 2)

    def _row(self, user: str, agent: int, earlier: int, choice: random.Random) -> dict[str, Any]:
        """One execution; ``earlier`` are the agent's executions before it. The order of the draws is part of the seed."""
        slow, dear, failing = self._problems_of(agent)
        failed = earlier % (FAILING_OFTEN if failing else FAILING_EVERY) == 0
        age = choice.random() * dt.timedelta(days=self.days).total_seconds()
        moment = (self.until - BEFORE_NOW).astimezone(dt.UTC) - dt.timedelta(seconds=age)
        time = choice.uniform(*RANGES["problem" if slow else "usual"]["processing_time_ms"])
        return {
            "created_at": moment.isoformat(timespec="microseconds"),
            "agent_id": self.agent or _agent(agent),
            "user_id": self.user or user,
            "status": "failed" if failed else "completed",
            "processing_time_ms": round(time + agent, 3),
            "total_cost": round(choice.uniform(*RANGES["problem" if dear else "usual"]["total_cost"]), 6) * (not self.free),
            "steps_completed": 3 + int(choice.random() * 6),
            "security_issues_found": int(choice.random() * 5) if agent % 2 == 0 else 0,
            "test_success_rate": round(choice.uniform(0.8, 1.0), 4),
        }

    def _problems_of(self, agent: int) -> tuple[bool, bool, bool]:
        """Whether an agent is slow, dear, and fails often; without planted problems the first is slow and the second fails."""
        if not self.problems:
            return agent == 0, False, agent == 1
        each = self._problem_agents()
        return agent < each, each <= agent < 2 * each, 2 * each <= agent < 3 * each


def make(
    count: int,
    seed: int,
    *,
    agents: int,
    days: float,
    until: dt.datetime | None = None,
    problems: bool = False,
    agent: str = "",
    user: str = "",
    free: bool = False,
) -> Executions:
    """Executions; refused if they are too few for what they are to show.

    Args:
        count: how many.
        seed: of all draws.
        agents: how many agents run them.
        days: the time that they are spread over.
        until: its end; now by default.
        problems: whether agents are slow, dear or inaccurate, as ``planted`` names them.
        agent: the one of all executions; many by default.
        user: the one of all executions; many by default.
        free: whether they cost nothing.
    """
    if count < 1 or agents < 1 or days <= 0:
        raise UsageError(f"Expected at least 1 execution of 1 agent and a time above 0 days, not {count}, {agents} and {days:g}.")
    if problems and count < LEAST_EACH * agents:
        raise UsageError(
            f"{count} executions are too few to show problems of {plural(agents, 'agent')}: take at least {LEAST_EACH * agents}."
        )
    if problems and agents < LEAST_AGENTS:
        raise UsageError(f"{agents} agents are too few for three kinds of problems: take at least {LEAST_AGENTS}.")
    if problems and agent:
        raise UsageError(f"One agent '{agent}' of all executions shows no problems: leave out agent= or problems=.")
    return Executions(count, seed, agents, days, until or dt.datetime.now(dt.UTC), problems, agent, user, free)


def at_boundaries(until: dt.datetime) -> list[dict[str, Any]]:
    """Executions that lie on the limits of analytics: users, agents, costs and moments, each on a limit or just beside it.

    121 executions of 21 agents put the 80th and the 95th percentile of the agents' means, and the 95th of all costs, on values
    that are there: what is above them does not include them.
    """
    monday = (until - dt.timedelta(days=14 + until.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    month = (monday - dt.timedelta(days=62)).replace(day=1)
    instants = dt.timedelta(microseconds=1)
    begins = [
        monday,
        monday - instants,
        monday + dt.timedelta(hours=5),
        monday + dt.timedelta(hours=5) - instants,
        month,
        month - instants,
    ]
    users = [f"qa_user_{count}" for count in USERS_AT_LIMITS for _ in range(count)]
    rows = []
    for number, user in enumerate(users):
        agent = number % AGENTS_AT_LIMITS
        rows.append(
            {
                "created_at": begins[number % len(begins)].astimezone(dt.UTC).isoformat(timespec="microseconds"),
                "agent_id": f"qa_{_agent(agent)}",
                "user_id": user,
                "status": "failed" if number % 10 == 0 else "completed",
                "processing_time_ms": 1000.0 + 64 * agent,
                "total_cost": 0.25 * (agent + 1),
                "steps_completed": 3,
                "security_issues_found": number % 2,
                "test_success_rate": 0.5,
            }
        )
    return rows


def write_csv(executions: Executions, path: Path) -> Path:
    """Write executions as a CSV file with a line of names."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(executions)
    return path


def group_of(count: int) -> str:
    """The group that a user with so many executions belongs to."""
    return next((group for group, (least, _) in GROUPS.items() if count >= least), "occasional")


def _agent(number: int) -> str:
    return f"agent_{number:03}"
