"""How good rankings are: precision at k and recall over several queries."""

from __future__ import annotations

from theodore_qa.statistics import Share


def precision_at(k: int, ranking: list[str], relevant: set[str]) -> Share:
    """Of the first ``k`` places, or of as many as there are relevant ones, how many are taken by a relevant name."""
    ranks = min(k, len(relevant))
    return Share(sum(name in relevant for name in ranking[:ranks]), ranks)


def recall(ranking: list[str], relevant: set[str]) -> Share:
    """Of the relevant names, how many are in the ranking."""
    return Share(len(relevant & set(ranking)), len(relevant))


def pooled(shares: list[Share]) -> Share:
    """The shares of several queries as one."""
    return Share(sum(share.hits for share in shares), sum(share.tried for share in shares))
