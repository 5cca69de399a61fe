"""The discovery of similar companies: among those that a tenant has researched, on the web, or both."""

from __future__ import annotations

import asyncio
import json
from typing import Any, ClassVar, TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.theodore.discovery_models import DiscoveryFilters
from theodore_sandbox.theodore.pipeline import analysis, candidates, scraper, search, similarity
from theodore_sandbox.theodore.pipeline.candidates import Candidate, VECTOR
from theodore_sandbox.theodore.pipeline.jobs import FAILURES, PipelineJob
from theodore_sandbox.theodore.pipeline.research import record_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from theodore_sandbox.theodore.discovery_models import DiscoveryRequest
    from theodore_sandbox.theodore.pipeline.jobs import Jobs

WEB = "web"
MOST_CANDIDATES = 12
CONCURRENT = 6
PAGES = 3
SWAPPED = ("description", "products", "technologies", "competitors", "key_personnel", "contact_email", "phone")


class Discovery(PipelineJob):
    """A discovery job."""

    kind = "discovery"
    prefix = "dis_"
    weights: ClassVar[dict[str, int]] = {"target_profile": 30, "vector_search": 20, "web_discovery": 40, "ranking": 10}

    def __init__(self, jobs: Jobs, request: DiscoveryRequest, tenant: str, owner: str) -> None:
        super().__init__(jobs, tenant, owner, {"query_company": request.company_name}, None)
        self.request = request
        self.filters = request.filters or DiscoveryFilters()
        self.tokens = 0

    def original_request(self) -> DiscoveryRequest:
        """The request of the discovery."""
        return self.request

    async def phases(self) -> dict[str, Any]:
        """Identify the company, search for similar ones, rank them."""
        found: list[Candidate] = []
        async with self.phase("target_profile") as output:
            target = await self._target(output)
        async with self.phase("vector_search") as output:
            if VECTOR in self._sources():
                found += await candidates.in_vectors(self.jobs, self.tenant, target.vector, self._limit())
            output |= {"asked": VECTOR in self._sources(), "candidates": len(found)}
        async with self.phase("web_discovery") as output:
            enough = len(self._ranked(target, found)) >= self._limit()
            consulted = WEB in self._sources() and not enough
            from_web = await self._on_the_web(target, {candidate.record["domain"] for candidate in found}) if consulted else []
            found += from_web
            output |= {"asked": consulted, "candidates": len(from_web), "tokens_used": self.tokens}
        async with self.phase("ranking") as output:
            results = [self._match(target, candidate, parts) for candidate, parts in self._ranked(target, found)]
            if defects.on("match-descriptions-swapped"):
                results = _swapped(results)
            most = self._limit() + 2 if defects.on("over-limit") else self._limit()
            output |= {"candidates": len(found), "over_threshold": len(results)}
        return {
            "results": results[:most],
            "total_found": len(results[:most]),
            "filters_applied": similarity.applied(self.filters),
        }

    def _limit(self) -> int:
        return 10 if self.request.limit is None else self.request.limit

    def _threshold(self) -> float:
        threshold = 0.6 if self.request.similarity_threshold is None else self.request.similarity_threshold
        return threshold - 0.3 if defects.on("below-threshold") else threshold

    def _sources(self) -> list[str]:
        known = [source for source in self.request.source_preference or [] if source in (VECTOR, WEB)]
        return known or [VECTOR, WEB]

    async def _target(self, output: dict[str, Any]) -> Candidate:
        name = self.request.company_name
        found = await search.find_domain(self.jobs.clients["search"], name, self.hints)
        output |= {"fallback_used": found.fallback_used, "domain": found.domain}
        if found.domain is None and not found.directory_entry:
            raise self.not_found(name, found.suggestions)
        if found.domain:
            parameters = {"ids": found.domain, "namespace": self.tenant}
            answer = await self.jobs.clients["vectors"].ask("GET", "/vectors/fetch", "vectors", params=parameters)
            for vector in answer["vectors"].values():
                return Candidate(json.loads(vector["metadata"]["record"]), vector["values"], VECTOR)
            record = await self._study(found.domain)
        else:
            record = {"name": name, "domain": None, "description": found.directory_entry}
        embedded = await analysis.embed(self.jobs.chain, [analysis.embedded_text(record) or name])
        return Candidate(record, embedded.value[0], WEB)

    async def _study(self, domain: str) -> dict[str, Any]:
        most = self.jobs.settings.max_pages if self.request.include_research else PAGES
        pages = [page async for page, _ in scraper.pages(self.jobs.clients["web"], f"https://{domain}", most, {})]
        facts, reached = await analysis.analyse(self.jobs.chain, domain, pages)
        self.tokens += reached.value[0].prompt_tokens + reached.value[0].completion_tokens
        return record_of(facts, f"https://{domain}", pages)

    async def _on_the_web(self, target: Candidate, known: set[str]) -> list[Candidate]:
        skip = set() if defects.on("duplicate-results") else known
        about = analysis.embedded_text(target.record) or target.record["name"]
        hosts = await search.find_similar(self.jobs.clients["search"], about, MOST_CANDIDATES + len(known))
        chosen = [host for host in hosts if host not in skip and host != target.record["domain"]][:MOST_CANDIDATES]
        gate = asyncio.Semaphore(CONCURRENT)
        done = 0

        async def study(host: str) -> dict[str, Any] | Exception:
            nonlocal done
            async with gate:
                try:
                    return await self._study(host)
                except FAILURES as error:
                    return error
                finally:
                    done += 1
                    self.advance("web_discovery", done / len(chosen), f"Read {host}")

        studied = await asyncio.gather(*map(study, chosen))
        records = [outcome for outcome in studied if not isinstance(outcome, Exception)]
        failed = [outcome for outcome in studied if isinstance(outcome, Exception)]
        self.details["sites_not_read"] = len(failed)
        if failed and not records:
            raise failed[0]  # "nothing similar" must not hide "nothing could be read"
        if not records:
            return []
        embedded = await analysis.embed(self.jobs.chain, [analysis.embedded_text(record) or record["name"] for record in records])
        return [Candidate(record, vector, WEB) for record, vector in zip(records, embedded.value, strict=True)]

    def _ranked(self, target: Candidate, found: Iterable[Candidate]) -> list[tuple[Candidate, dict[str, float]]]:
        return candidates.ranked(target, found, self._threshold(), self.filters)

    def _match(self, target: Candidate, candidate: Candidate, parts: dict[str, float]) -> dict[str, Any]:
        return candidates.match(target, candidate, parts, explained=self.request.enable_ai_explanations is not False)


class PartialDiscovery(Discovery):
    """A discovery that is no job of its own: its caller answers with what it finds."""

    def save(self) -> None:
        """Nothing: nobody can ask for it, and a stored one would seem to be unfinished for ever."""


def _swapped(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    described = [{name: match["company"].get(name) for name in SWAPPED} for match in results]
    return [
        match | {"company": match["company"] | other} for match, other in zip(results, described[1:] + described[:1], strict=True)
    ]
