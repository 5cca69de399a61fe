"""Finding a company's own site: a web search, and directories when the web knows nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from theodore_sandbox.theodore.pipeline.dependency import Dependency


@dataclass
class Found:
    """Where a company lives: its ``domain``, or, of one without a site, the ``directory_entry``; or neither."""

    domain: str | None = None
    suggestions: list[str] = field(default_factory=list)
    fallback_used: bool = False
    directory_entry: str | None = None


async def find_domain(client: Dependency, name: str, hints: Mapping[str, str]) -> Found:
    """Ask the search service for the company's own site, then the directories for its entry.

    Of several companies of this name the one that fits the ``hints``, its industry and its location, comes first.
    """
    web = await _ask(client, f'"{name}" official website', "web", hints=hints)
    if web["results"]:
        return Found(_host(web["results"][0]["url"]))
    entries = await _ask(client, f'"{name}" company profile', "directories")
    suggestions = list(dict.fromkeys(web["suggestions"] + entries["suggestions"]))
    for entry in entries["results"]:
        if entry.get("website"):
            return Found(_host(entry["website"]), suggestions, fallback_used=True)
    directory_entry = entries["results"][0]["snippet"] if entries["results"] else None
    return Found(None, suggestions, fallback_used=True, directory_entry=directory_entry)


async def find_similar(client: Dependency, about: str, limit: int) -> list[str]:
    """The hosts of companies on the same topics, nearest first."""
    body = await _ask(client, about[:400], "similar", limit)
    return list(dict.fromkeys(_host(result["url"]) for result in body["results"]))


async def suggest(client: Dependency, name: str) -> list[str]:
    """Names of companies with a similar spelling."""
    return list((await _ask(client, name, "web"))["suggestions"])


async def _ask(
    client: Dependency, query: str, scope: str, limit: int = 5, hints: Mapping[str, str] | None = None
) -> dict[str, list[Any]]:
    parameters = {"q": query, "scope": scope, "limit": limit, **(hints or {})}
    return await client.ask("GET", "/search", "results", params=parameters)


def _host(url: str) -> str:
    host = urlsplit(url if "://" in url else f"https://{url}").hostname or ""
    return host.removeprefix("www.")
