"""The analyses that a research makes on request, of its own record beside those that its tenant has researched."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.theodore.discovery_models import DiscoveryFilters
from theodore_sandbox.theodore.pipeline import candidates, similarity
from theodore_sandbox.theodore.pipeline.candidates import Candidate, VECTOR

if TYPE_CHECKING:
    from theodore_sandbox.theodore.models import ResearchRequest
    from theodore_sandbox.theodore.pipeline.jobs import Jobs

LIMIT, THRESHOLD = 10, 0.6  # as of a discovery


async def of_research(
    jobs: Jobs, tenant: str, request: ResearchRequest, record: dict[str, Any], vector: list[float]
) -> dict[str, Any]:
    """The analyses that a request names; nothing where it names none."""
    if not request.include_similarity_analysis and not request.include_competitive_analysis:
        return {}
    target = Candidate(record, vector, VECTOR)
    found = await candidates.in_vectors(jobs, tenant, vector)
    done: dict[str, Any] = {}
    if request.include_similarity_analysis:
        done["similarity_analysis"] = _similar(target, found)
    website_given = bool(request.website) and defects.on("analysis-skipped-with-website")
    if request.include_competitive_analysis and not website_given:
        done["competitive_analysis"] = _competitive(target, found)
    if defects.on("analysis-of-the-one-before"):
        before = jobs.memory.setdefault("analyses", {}).get(tenant, done)
        jobs.memory["analyses"][tenant] = done
        return done | {name: before[name] for name in done if name in before}
    return done


def _similar(target: Candidate, found: list[Candidate]) -> list[dict[str, Any]]:
    """The most similar companies, the most similar first."""
    if defects.on("analysis-before-it-is-known"):
        found = found[:1]
    ranked = candidates.ranked(target, found, THRESHOLD, DiscoveryFilters())
    return [candidates.match(target, candidate, parts) for candidate, parts in ranked[:LIMIT]]


def _competitive(target: Candidate, found: list[Candidate]) -> dict[str, Any]:
    """The competitors that the pages name, those that were researched with what is known of them, and the advantages."""
    known = {str(candidate.record["name"]).casefold(): candidate for candidate in found}
    competitors = []
    for name in target.record.get("competitors") or []:
        candidate = known.get(name.casefold())
        parts = similarity.factors(target.record, target.vector, candidate.record, candidate.vector) if candidate else None
        score = None if parts is None else similarity.score(parts)
        competitors.append({"name": name, "domain": candidate and candidate.record["domain"], "similarity_score": score})
    if defects.on("competitors-without-domains-dropped"):
        competitors = [competitor for competitor in competitors if competitor["domain"]]
    if defects.on("competitors-scored-in-other-order"):
        scores = [competitor["similarity_score"] for competitor in competitors]
        competitors = [row | {"similarity_score": score} for row, score in zip(competitors, scores[1:] + scores[:1], strict=True)]
    return {
        "competitors": competitors,
        "competitive_advantages": target.record.get("competitive_advantages") or [],
        "market_position": target.record.get("market_position"),
    }
