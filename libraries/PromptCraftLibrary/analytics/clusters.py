"""Clusters of users: whether they hold each user once, and how far two groupings agree."""

from __future__ import annotations

from collections import Counter
from math import comb, isclose
from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from PromptCraftLibrary.analytics.columns import Columns
    from theodore_qa.observing.checks import Checks

NAMES = ("occasional", "regular", "power")  # in the order of use
TOLERANCE = 1e-6


def adjusted_rand_index(first: Mapping[str, object], second: Mapping[str, object]) -> float:
    """How far two groupings of the same users agree (Hubert and Arabie 1985): 1 wholly, 0 no more than by chance.

    Users that only one of them has are left out.
    """
    users = first.keys() & second.keys()
    pairs = Counter((first[user], second[user]) for user in users)
    together = sum(comb(count, 2) for count in pairs.values())
    rows = sum(comb(count, 2) for count in Counter(first[user] for user in users).values())
    columns = sum(comb(count, 2) for count in Counter(second[user] for user in users).values())
    everything = comb(len(users), 2)
    by_chance = rows * columns / everything if everything else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == by_chance else (together - by_chance) / (most - by_chance)


def membership(clusters: Sequence[Mapping[str, object]]) -> tuple[dict[str, object], list[str]]:
    """The cluster of each user that clusters list, and the users that stand in more than one."""
    found: dict[str, object] = {}
    doubled = []
    for number, cluster in enumerate(clusters):
        listed = cluster.get("user_ids")
        for user in listed if isinstance(listed, list) else ():
            if user in found:
                doubled.append(str(user))
            found[str(user)] = cluster.get("cluster_id", number)
    return found, doubled


def sizes(clusters: Sequence[Mapping[str, object]]) -> list[int]:
    """The reported numbers of users, in ascending order; what is no whole number counts for nothing."""
    reported = [cluster.get("user_count") for cluster in clusters]
    return sorted(count for count in reported if isinstance(count, int) and not isinstance(count, bool))


def use(executions: Columns) -> dict[str, tuple[int, float]]:
    """How many executions each user has, and what they cost together."""
    counts, costs = _totals(executions)
    return {user: (int(counts[place]), float(costs[place])) for place, user in enumerate(executions.users) if counts[place]}


def different(first: Mapping[str, tuple[int, float]], second: Mapping[str, tuple[int, float]]) -> set[str]:
    """The users who have other executions in one use than in another; costs are added in any order."""
    return {
        user
        for user in first.keys() | second.keys()
        if user not in first
        or user not in second
        or first[user][0] != second[user][0]
        or not isclose(first[user][1], second[user][1], rel_tol=TOLERANCE)
    }


def compare(checks: Checks, reported: Sequence[Mapping[str, Any]], executions: Columns) -> None:
    """Record whether each cluster has the figures of its users, and a number and a name of its own in the order of their use."""
    counts, costs = _totals(executions)
    place = {user: number for number, user in enumerate(executions.users)}
    for cluster in reported:
        users = [place[user] for user in cluster.get("user_ids") or () if user in place]
        figures = {"user_count": float(len(users)), "avg_queries": 0.0, "avg_cost": 0.0}
        if users:
            figures |= {"avg_queries": float(counts[users].mean()), "avg_cost": float(costs[users].mean())}
        for name, value in figures.items():
            observed = cluster.get(name)
            holds = isinstance(observed, int | float) and abs(observed - value) <= TOLERANCE * max(1.0, value)
            checks.that(f"analytics.clusters.{name}", holds, f"{value:.8g}", written(observed), n=max(1, len(users)))
    ids = [cluster.get("cluster_id") for cluster in reported]
    checks.that("analytics.clusters.ids", len(set(ids)) == len(ids), "a number of its own for each", written(ids), n=len(ids))
    by_use = sorted(reported, key=lambda cluster: float(cluster.get("avg_queries") or 0))
    names = [cluster.get("label") for cluster in by_use]
    expected = [name for name in NAMES if name in names]
    checks.that(
        "analytics.clusters.labels", names == expected, f"{written(NAMES)} by use, once each", written(names), n=len(names)
    )


def _totals(executions: Columns) -> tuple[np.ndarray, np.ndarray]:
    """The number of executions of each user, and their costs."""
    import numpy as np

    counts = np.bincount(executions.user, minlength=len(executions.users))
    return counts, np.bincount(executions.user, weights=executions.numbers["total_cost"], minlength=len(executions.users))
