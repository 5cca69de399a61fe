"""Groups of users by how much they use: k-means over standardised features, the same whatever the order of the users."""

from __future__ import annotations

import statistics
from typing import NamedTuple

CLUSTERS = 3
ROUNDS = 50
Point = tuple[float, ...]


class Group(NamedTuple):
    """The users of a group, and their mean features."""

    users: list[str]
    centre: Point


def grouped(features: dict[str, Point], clusters: int = CLUSTERS) -> list[Group]:
    """At most ``clusters`` groups, from the users who do least to those who do most."""
    names = sorted(features)
    points = _standardised([features[name] for name in names])
    centres = _first_centres(points, clusters)
    chosen: list[int] = []
    for _ in range(ROUNDS):
        nearest = [min(range(len(centres)), key=lambda number: _distance(point, centres[number])) for point in points]
        if nearest == chosen:
            break
        chosen = nearest
        for number in range(len(centres)):
            members = [point for point, group in zip(points, chosen, strict=True) if group == number]
            if members:
                centres[number] = _mean(members)
    members_of: dict[int, list[str]] = {}
    for name, number in zip(names, chosen, strict=True):
        members_of.setdefault(number, []).append(name)
    groups = [Group(users, _mean([features[user] for user in users])) for users in members_of.values()]
    return sorted(groups, key=lambda group: group.centre)


def _standardised(points: list[Point]) -> list[Point]:
    columns = list(zip(*points, strict=True))
    means = [statistics.fmean(column) for column in columns]
    deviations = [statistics.pstdev(column, mean) or 1.0 for column, mean in zip(columns, means, strict=True)]
    return [tuple((value - mean) / by for value, mean, by in zip(point, means, deviations, strict=True)) for point in points]


def _first_centres(points: list[Point], clusters: int) -> list[Point]:
    """The least point, and then each time the one that is farthest from those that are chosen."""
    distinct = sorted(set(points))
    centres = distinct[:1]
    while len(centres) < min(clusters, len(distinct)):
        centres.append(max(distinct, key=lambda point: min(_distance(point, centre) for centre in centres)))
    return centres


def _distance(first: Point, second: Point) -> float:
    return sum((a - b) ** 2 for a, b in zip(first, second, strict=True))


def _mean(points: list[Point]) -> Point:
    return tuple(map(statistics.fmean, zip(*points, strict=True)))
