"""How throughput grows with users: the universal scalability law (Gunther), fitted to what was measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from LoadLibrary import trend
from theodore_qa import extras
from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST = 4  # points, for three parameters
PARAMETERS = 3
MOST_USERS = 100_000


@dataclass(frozen=True)
class Point:
    """A load of so many users: what it got done a second, and what that cost."""

    users: int
    throughput: float
    p95: float | None = None
    cpu: float | None = None  # seconds a request


@dataclass(frozen=True)
class Law:
    """Throughput of n users: ``single * n / (1 + contention * (n - 1) + coherency * n * (n - 1))``."""

    single: float
    contention: float
    coherency: float
    error: float  # the relative error of a prediction at 95 %
    fewest: int
    most: int  # the users between which it was measured

    def at(self, users: float) -> float:
        """The throughput of so many users."""
        return self.single * users / (1 + self.contention * (users - 1) + self.coherency * users * (users - 1))

    @property
    def peak(self) -> float:
        """The users at which throughput is greatest; infinite without coherency."""
        return math.sqrt(max(0.0, 1 - self.contention) / self.coherency) if self.coherency > 0 else math.inf

    def users_for(self, rate: float) -> int | None:
        """The fewest users that bring a rate; None where none do."""
        top = int(min(MOST_USERS, self.peak))
        if self.at(max(1, top)) < rate:
            return None
        low, high = 0, max(1, top)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.at(middle) >= rate else (middle, high)
        return high


def fit(points: Sequence[Point]) -> Law:
    """The law that fits points best, by relative errors.

    Raises:
        UsageError: There are fewer than four points, or one got nothing done.
    """
    extras.demand("scipy", "the fit of a scalability law")
    from scipy.optimize import least_squares

    if len({point.users for point in points}) < FEWEST or min(point.throughput for point in points) <= 0:
        raise UsageError("The scalability law needs loads of four different numbers of users, each with answers.")
    scale = max(point.throughput / point.users for point in points)

    def residuals(values: Any) -> list[float]:
        law = Law(values[0] * scale, values[1], values[2], 0.0, 0, 0)
        return [math.log(law.at(point.users) / point.throughput) for point in points]

    best = least_squares(residuals, x0=[1.0, 0.05, 0.0005], bounds=([1e-6, 0, 0], [100, 1, 1]), x_scale=[1.0, 0.1, 0.001])
    single, contention, coherency = map(float, best.x)
    left = math.fsum(r * r for r in best.fun)
    degrees = max(1, len(points) - PARAMETERS)
    error = math.expm1(trend.quantile(0.975, degrees) * math.sqrt(left / degrees))
    users = [point.users for point in points]
    return Law(single * scale, contention, coherency, error, min(users), max(users))


def efficiency(points: Sequence[Point]) -> float:
    """The throughput of the most users as a share of what the fewest would bring, each one of them, if nothing were shared."""
    few, many = min(points, key=lambda point: point.users), max(points, key=lambda point: point.users)
    return many.throughput / many.users / (few.throughput / few.users)


@dataclass(frozen=True)
class Plan:
    """What a rate needs: users of one instance at work at once, and instances, from and to."""

    rate: float
    users: int | None
    instances: tuple[int, int]
    valid: str  # why it holds no further; empty where it holds


def plan(law: Law, rate: float, headroom: float) -> Plan:
    """A plan of capacity; ``headroom`` is the share of an instance that stays free.

    An instance is taken to bring what was measured of it at most: nothing is foretold beyond the greatest number of users.
    """
    best = max(law.at(users) for users in range(law.fewest, law.most + 1))
    usable = best * (1 - headroom)
    instances = (math.ceil(rate / (usable * (1 + law.error))), math.ceil(rate * (1 + law.error) / usable))
    users = law.users_for(rate / instances[1])
    measured = f"one instance was measured with {law.fewest} to {law.most} users"
    beyond = users is None or not law.fewest <= users <= law.most
    return Plan(rate, users, instances, measured if beyond else "")
