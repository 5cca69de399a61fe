"""The research of one company, from its name to a stored record."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from typing import Any, ClassVar, TYPE_CHECKING

import httpx

from theodore_sandbox import defects
from theodore_sandbox.theodore.models import CompanyIntelligence, IndustryCategory
from theodore_sandbox.theodore.pipeline import analyses, analysis, scraper, search
from theodore_sandbox.theodore.pipeline.dependency import UnusableDependencyError
from theodore_sandbox.theodore.pipeline.jobs import CompanyNotFoundError, FAILURES, PipelineJob
from theodore_sandbox.theodore.store import now

if TYPE_CHECKING:
    from theodore_sandbox.theodore.models import ResearchRequest
    from theodore_sandbox.theodore.pipeline.fallback import ProviderAnswer
    from theodore_sandbox.theodore.pipeline.jobs import Jobs

INDUSTRIES = [value.value for value in IndustryCategory]
ENTRY_AGE, LOCAL = dt.timedelta(days=400), dt.timedelta(hours=2)
FIVE_DIGITS, ALL_LISTED = 99_999, 3
COUNTRIES = {"Ontario": "Canada", "Texas": "USA"}
SHOWN_IN_VECTORS = ("name", "domain", "industry", "business_model", "company_size")


class Research(PipelineJob):
    """A research job."""

    kind = "research"
    prefix = "res_"
    weights: ClassVar[dict[str, int]] = {
        "domain_discovery": 10,
        "intelligent_scraping": 50,
        "ai_analysis": 25,
        "embedding_generation": 10,
        "vector_storage": 5,
    }

    def __init__(self, jobs: Jobs, request: ResearchRequest, tenant: str, owner: str) -> None:
        super().__init__(jobs, tenant, owner, {"company_name": request.company_name}, request.timeout_seconds)
        self.request = request
        self.provider: str | None = (request.config_overrides or {}).get("ai_provider")

    def original_request(self) -> ResearchRequest:
        """The request of the research."""
        return self.request

    async def phases(self) -> dict[str, Any]:
        """Find the domain, read the site, analyse it, embed the record, store it."""
        known: dict[str, Any] = self.jobs.memory.setdefault("records", {})
        try:
            done = await self._study()
        except FAILURES:
            if not (defects.on("stale-served-as-fresh") and self.request.company_name in known):
                raise
            return {"result": known[self.request.company_name] | {"last_updated": now().isoformat()}}
        known[self.request.company_name] = done["result"]
        return done

    async def _study(self) -> dict[str, Any]:
        name = self.request.company_name
        async with self.phase("domain_discovery") as output:
            website = await self._website(output)
            directory = output.get("fallback_used", False)
        if website is None:
            return {"result": _invented(name)}
        pages: list[scraper.Page] = []
        async with self.phase("intelligent_scraping") as output:
            kept = defects.on("mixed-pages") or defects.on("pages-cached-for-a-day")
            cache = self.jobs.memory.setdefault("pages", {}) if kept else {}
            limit = self.jobs.settings.max_pages
            async for page, expected in scraper.pages(self.jobs.clients["web"], website, limit, cache):
                pages.append(_ascii_only(page) if defects.on("lost-languages") else page)
                self.advance("intelligent_scraping", len(pages) / expected, f"Read {page.url}")
            output.update(pages_read=len(pages), content_length=sum(len(page.text) for page in pages))
        async with self.phase("ai_analysis") as output:
            facts, reached = await analysis.analyse(self.jobs.chain, name, pages, self.provider)
            output.update(reached.details() | _usage(reached.value[0]))
        if defects.on("facts-of-a-namesake"):
            facts = self.jobs.memory.setdefault("facts", {}).setdefault(name, facts)
        if defects.on("completed-without-data"):
            return {"result": CompanyIntelligence(name=name).model_dump(mode="json")}
        record = record_of(facts, scraper.origin(website), pages, deep=bool(self.request.deep_analysis))
        if defects.on("record-embellished"):
            record |= _embellished(record)
        if defects.on("consistency-drifts"):
            cursors = self.jobs.memory.setdefault("cursors", {})
            cursors[name] = cursors.get(name, -2) + 1
            record["competitors"] = record["competitors"][max(0, cursors[name]) :]
        if defects.on("directory-entry-dated") and directory:
            record["last_updated"] = (now() - ENTRY_AGE).isoformat()
        async with self.phase("embedding_generation") as output:
            embedded = await analysis.embed(self.jobs.chain, [analysis.embedded_text(record) or name], self.provider)
            output.update(embedded.details() | {"model": embedded.provider.embedding_model, "dimensions": _dimensions(embedded)})
        async with self.phase("vector_storage"):
            if defects.on("store-takes-its-time"):
                await asyncio.sleep(3)
            await remember(self.jobs, self.tenant, record, embedded)
            analysed = await analyses.of_research(self.jobs, self.tenant, self.request, record, embedded.value[0])
        if defects.on("stale-result"):
            record = self.jobs.memory.setdefault(f"result of {self.owner}", record)
        return {"result": record} | analysed

    async def _website(self, output: dict[str, Any]) -> str | None:
        """The address of the company's site: that of the request, or the one that a search finds."""
        if self.request.website and not defects.on("website-ignored"):
            return self.request.website
        found = await search.find_domain(self.jobs.clients["search"], self.request.company_name, self.hints)
        output |= {"fallback_used": found.fallback_used, "domain": found.domain}
        if found.domain or defects.on("invented-company"):
            return found.domain and f"https://{found.domain}"
        if found.directory_entry:
            raise CompanyNotFoundError(
                f"'{self.request.company_name}' has no web site that could be read; listed as {found.directory_entry}"
            )
        raise self.not_found(self.request.company_name, found.suggestions)


async def remember(jobs: Jobs, tenant: str, record: dict[str, Any], embedded: ProviderAnswer[list[list[float]]]) -> None:
    """Store a record and its vector for its tenant."""
    metadata = {key: record[key] for key in SHOWN_IN_VECTORS} | {"record": json.dumps(record)}
    vector = {"id": record["domain"], "values": embedded.value[0], "metadata": metadata}
    if defects.on("half-written-record"):
        jobs.store.save_company(tenant, record["domain"], record["name"])
    body = {"namespace": tenant, "vectors": [vector]}
    try:
        await jobs.clients["vectors"].ask("POST", "/vectors/upsert", "upsertedCount", json=body)
    except (httpx.HTTPError, UnusableDependencyError):
        if not defects.on("error-swallowed"):
            raise
    jobs.store.save_company(tenant, record["domain"], record["name"])
    jobs.store.save_record(tenant, record)


def record_of(facts: dict[str, Any], site: str, pages: list[scraper.Page], *, deep: bool = False) -> dict[str, Any]:
    """The record that the facts of the company at an origin make."""
    known = {key: value for key, value in facts.items() if key in CompanyIntelligence.model_fields}
    row = INDUSTRIES.index(known["industry"]) if known.get("industry") in INDUSTRIES else len(INDUSTRIES) - 1
    known["industry"] = INDUSTRIES[row - 1 if defects.on("wrong-industry") else row]
    if defects.on("constant-confidence"):
        known["confidence_score"] = 0.85
    if defects.on("employees-estimated"):
        known["employee_count"] = known.get("employee_count") or 250
    _misread(known)
    own = {
        "domain": site.partition("://")[2],
        "website": site,
        "data_sources": [page.url for page in pages],
        "last_updated": now() + (LOCAL if defects.on("local-time-as-utc") else dt.timedelta(0)),
        "research_depth": "deep" if deep else "standard",
    }
    return CompanyIntelligence.model_validate(known | own).model_dump(mode="json")


def _misread(known: dict[str, Any]) -> None:
    """What the defects of single fields do to the facts of a record."""
    if defects.on("large-counts-dropped") and (known.get("employee_count") or 0) > FIVE_DIGITS:
        known["employee_count"] = None
    if defects.on("decimal-comma") and known.get("revenue_range"):
        known["revenue_range"] = known["revenue_range"].replace(".", ",")
    country = COUNTRIES.get((known.get("headquarters") or "").rpartition(", ")[2])
    if defects.on("headquarters-completed") and country:
        known["headquarters"] += f", {country}"
    if defects.on("products-listed-twice") and len(known.get("products") or ()) >= ALL_LISTED:
        known["products"] = [*known["products"], known["products"][0]]


def _usage(completion: Any) -> dict[str, Any]:
    prompt_tokens, completion_tokens = completion.prompt_tokens, completion.completion_tokens
    if defects.on("tokens-not-counted"):
        prompt_tokens = 0
    return {
        "model": completion.model,
        "token_usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
        "tokens_used": prompt_tokens + completion_tokens,
    }


def _dimensions(embedded: ProviderAnswer[list[list[float]]]) -> int:
    return 768 if defects.on("wrong-dimensions") else len(embedded.value[0])


def _ascii_only(page: scraper.Page) -> scraper.Page:
    return scraper.Page(page.url, page.language, *(re.sub(r"[^\x00-\x7f]", "", text) for text in (page.title, page.text)))


def _invented(name: str) -> dict[str, Any]:
    domain = re.sub(r"[^a-z0-9]", "", name.lower()) + ".com"
    guess = {"domain": domain, "website": f"https://{domain}", "industry": "technology", "confidence_score": 0.7}
    description = f"{name} is a technology company."
    return CompanyIntelligence.model_validate(guess | {"name": name, "description": description}).model_dump(mode="json")


def _embellished(record: dict[str, Any]) -> dict[str, Any]:
    sentence = "It was honoured by seven astonished astronauts."
    return {"products": [*record["products"], "Time Machine"], "description": f"{record['description']} {sentence}"}
