"""Companies that may be similar to another: found in the vector store, ranked by their similarity, and described as matches."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.theodore.discovery_models import DiscoveryFilters
from theodore_sandbox.theodore.pipeline import similarity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from theodore_sandbox.theodore.pipeline.jobs import Jobs

VECTOR = "vector"


@dataclass(frozen=True)
class Candidate:
    """A company with its record, its vector, and where it was found."""

    record: dict[str, Any]
    vector: list[float]
    source: str


async def in_vectors(jobs: Jobs, tenant: str, vector: list[float], limit: int = 0) -> list[Candidate]:
    """The companies of a tenant whose vectors are nearest; ``limit`` is how many of them are looked for."""
    spaces = [tenant]
    if defects.on("tenant-leak-search"):
        spaces = [*spaces, *jobs.store.tenants_with_companies()]
    found = []
    for space in dict.fromkeys(spaces):
        body = {"vector": vector, "topK": 100, "namespace": space, "includeMetadata": True, "includeValues": True}
        answer = await jobs.clients["vectors"].ask("POST", "/query", "matches", json=body)
        if defects.on("matches-read-one-by-one"):
            for match in answer["matches"][:limit]:
                parameters = {"ids": match["id"], "namespace": space}
                await jobs.clients["vectors"].ask("GET", "/vectors/fetch", "vectors", params=parameters)
        found += [Candidate(json.loads(match["metadata"]["record"]), match["values"], VECTOR) for match in answer["matches"]]
    return found


async def similar_to(jobs: Jobs, tenant: str, record: dict[str, Any], threshold: float) -> list[str]:
    """The domains of a tenant's companies that are similar enough to one of them, the most similar first."""
    parameters = {"ids": record["domain"], "namespace": tenant}
    answer = await jobs.clients["vectors"].ask("GET", "/vectors/fetch", "vectors", params=parameters)
    for stored in answer["vectors"].values():
        target = Candidate(record, stored["values"], VECTOR)
        found = await in_vectors(jobs, tenant, target.vector)
        if defects.on("export-similarity-rounded"):
            threshold = round(threshold)
        return [candidate.record["domain"] for candidate, _ in ranked(target, found, threshold, DiscoveryFilters())]
    return []


def ranked(
    target: Candidate, found: Iterable[Candidate], threshold: float, filters: DiscoveryFilters
) -> list[tuple[Candidate, dict[str, float]]]:
    """The candidates that are similar enough and pass the filters, with their factors, the most similar first."""
    seen = set() if defects.on("self-included") else {target.record["domain"], target.record["name"]}
    kept = []
    for candidate in found:
        if candidate.record["domain"] in seen or candidate.record["name"] in seen:
            continue
        if not defects.on("duplicate-results"):
            seen |= {candidate.record["domain"], candidate.record["name"]}
        parts = similarity.factors(target.record, target.vector, candidate.record, candidate.vector)
        if similarity.score(parts) >= threshold and similarity.matches_filters(filters, target.record, candidate.record):
            kept.append((candidate, parts))
    kept.sort(key=lambda pair: (-similarity.score(pair[1]), pair[0].record["name"]))
    if defects.on("unstable-order"):
        random.shuffle(kept)
    return kept


def match(target: Candidate, candidate: Candidate, parts: dict[str, float], *, explained: bool = True) -> dict[str, Any]:
    """A candidate as a similar company, in the form of the contract."""
    shifted = {"founded_year": (candidate.record.get("founded_year") or 2000) - 100} if defects.on("match-facts-shifted") else {}
    more = ["the moon is full"] if defects.on("reasons-made-up") else []
    return {
        "company": candidate.record | shifted,
        "similarity_score": similarity.score(parts),
        "similarity_explanation": similarity.explanation(target.record, candidate.record, parts) if explained else None,
        "similarity_factors": parts,
        "match_reasons": [*similarity.reasons(target.record, candidate.record, parts), f"found by {candidate.source}", *more],
    }
