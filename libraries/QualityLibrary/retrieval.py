"""Quality of rankings: precision at k and recall over several queries."""

from __future__ import annotations

from theodore_qa.statistics import Share


def precision_at(k: int, ranking: list[str], relevant: set[str]) -> Share:
    """The share of relevant names among the first ``k`` ranks, or among fewer where fewer names are relevant."""
    ranks = min(k, len(relevant))
    return Share(sum(name in relevant for name in ranking[:ranks]), ranks)


def recall(ranking: list[str], relevant: set[str]) -> Share:
    """The share of the relevant names that are in the ranking."""
    return Share(len(relevant & set(ranking)), len(relevant))


def pooled(shares: list[Share]) -> Share:
    """The shares of several queries, pooled."""
    return Share(sum(share.hits for share in shares), sum(share.tried for share in shares))
