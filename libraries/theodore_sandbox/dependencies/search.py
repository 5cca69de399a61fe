"""A search service over the sites' pages, and over a directory of startups."""

from __future__ import annotations

import difflib
import re
from operator import mul
from typing import Any, TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from theodore_sandbox.dependencies import reader
from theodore_sandbox.dependencies.embeddings import embedding

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_sandbox.dependencies.sites import Site, SitePage

LEGAL_FORMS = {"inc", "corp", "corporation", "ltd", "gmbh", "ag", "se", "sa", "co", "company", "the", "plc", "llc"}
CLOSE = 0.6
TOPICAL = 256
HINT = 0.24  # two of them raise no name that fits in part above the home page of one that fits whole


def create_app(sites: dict[str, Site]) -> Starlette:
    """Answers ``GET /search?q=&scope=web|directories|similar&limit=``; ``similar`` finds sites on the topics of the query.

    With ``industry=`` and ``location=`` sites that fit come before others whose names fit as well.
    """
    pages = [(site, page) for site in sites.values() if site.listed for page in site.pages.values()]
    texts = {host: site_vector(site) for host, site in sites.items() if site.kind == "company" and site.listed}
    names = [site.name for site in sites.values() if site.listed and site.kind == "company"]

    async def search(request: Request) -> JSONResponse:
        query = request.query_params.get("q", "")
        scope = request.query_params.get("scope", "web")
        limit = min(int(request.query_params.get("limit", "10")), 50)
        name = match[1] if (match := re.search(r'"([^"]+)"', query)) else query
        if scope == "similar":
            hits = _similar(texts, query)
        else:
            hits = _directories(sites, name) if scope == "directories" else _web(pages, name, _fitting(request))
        folded = {candidate.casefold(): candidate for candidate in names}
        close = difflib.get_close_matches(name.casefold(), folded, n=5, cutoff=CLOSE) if scope == "web" else []
        suggestions = [folded[candidate] for candidate in close if candidate != name.casefold()]
        return JSONResponse({"query": query, "results": hits[:limit], "suggestions": suggestions})

    return Starlette(routes=[Route("/search", search)])


def words(text: str) -> list[str]:
    """The significant words of a name or a text."""
    return [word for word in re.findall(r"\w+", text.casefold()) if word not in LEGAL_FORMS]


def _fitting(request: Request) -> Callable[[Site], float]:
    """How many points a site has for fitting the industry and the location that a query names."""
    industry, location = (request.query_params.get(name, "").casefold() for name in ("industry", "location"))

    def points(site: Site) -> float:
        text = "\n".join(page.text for page in site.pages.values()) if industry or location else ""
        own = set(words(text))
        of_industry = bool(industry) and (reader.industry_of(text) == industry or own.issuperset(words(industry) or [""]))
        return HINT * (of_industry + (bool(location) and own.issuperset(words(location) or [""])))

    return points


def _web(pages: list[tuple[Site, SitePage]], name: str, fitting: Callable[[Site], float]) -> list[dict[str, Any]]:
    query_words = words(name)
    hits = []
    for site, page in pages:
        if site.kind != "company" or any(page.path.startswith(rule) for rule in site.disallow):
            continue
        heading = " ".join([page.title, *(text for tag, text in page.blocks if tag == "h2")])
        heading_words = words(heading)
        if query_words and all(word in heading_words for word in query_words):
            exact = (
                1.0 if words(site.name) == query_words else 0.5 * len(query_words) / max(len(words(site.name)), len(query_words))
            )
            home = 0.2 if page.path == "/" else 0.0
            snippet = next((text for tag, text in page.blocks if tag == "p"), page.title)[:160]
            hits.append(
                {
                    "title": page.title,
                    "url": f"https://{site.host}{page.path}",
                    "snippet": snippet,
                    "score": exact + home + fitting(site),
                }
            )
    return sorted(hits, key=lambda hit: (-hit["score"], hit["url"]))


def site_vector(site: Site) -> list[float]:
    """The embedding of a site's pages."""
    return embedding(" ".join(page.text for page in site.pages.values()), TOPICAL)


def _similar(texts: dict[str, list[float]], query: str) -> list[dict[str, Any]]:
    query_vector = embedding(query, TOPICAL)
    near = sorted(((sum(map(mul, query_vector, vector)), host) for host, vector in texts.items()), reverse=True)
    return [{"title": host, "url": f"https://{host}/", "snippet": "", "score": round(score, 4)} for score, host in near]


def _directories(sites: dict[str, Site], name: str) -> list[dict[str, Any]]:
    query_words = words(name)
    hits = []
    for site in sites.values():
        for page in site.pages.values() if site.kind == "directory" else ():
            for _, text in page.blocks:
                entry = re.match(r"(.+?) \(([\w.-]+)\): (.+)", text)
                if entry and query_words and all(word in words(entry[1]) for word in query_words):
                    url = f"https://{site.host}{page.path}"
                    hit = {"title": entry[1], "url": url, "snippet": text, "score": 0.5}
                    hits.append(hit if entry[3] == "none" else hit | {"website": f"https://{entry[3]}"})
    return hits
