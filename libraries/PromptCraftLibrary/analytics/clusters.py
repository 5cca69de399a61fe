"""Clusters of users: whether they hold each user once, and how far two groupings agree."""

from __future__ import annotations

from collections import Counter
from math import comb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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
