"""The plugin routes, over a catalogue of plugins that are installed, enabled, disabled and removed."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request

from theodore_sandbox import defects
from theodore_sandbox.theodore.api.auth import Admin, Signed  # noqa: TC001  # FastAPI resolves annotations at run time

STATUSES = ("available", "installed", "enabled", "disabled")
CATEGORIES = {
    "ai_provider": ("AI providers", "Models that analyse and embed", ["bedrock-nova", "gemini-pro"]),
    "data_source": ("Data sources", "Where facts about companies come from", ["crunchbase-source"]),
    "scraper": ("Scrapers", "Ways to read web sites", ["headless-scraper"]),
    "storage": ("Storage", "Where vectors and records are kept", ["pinecone-storage"]),
    "export": ("Export", "Formats that results are written in", ["excel-export"]),
    "notification": ("Notifications", "Recipients of messages about finished jobs", ["slack-notifier"]),
    "utility": ("Utilities", "Everything else", ["rate-guard"]),
}
_CATALOGUE = (
    ("bedrock-nova", "ai_provider", "Analyses with Amazon Nova", "1.2.0", "enabled"),
    ("gemini-pro", "ai_provider", "Analyses with Gemini 2.5 Pro", "1.1.0", "enabled"),
    ("crunchbase-source", "data_source", "Funding rounds and investors", "0.9.1", "available"),
    ("headless-scraper", "scraper", "Reads pages that need a browser", "2.0.3", "installed"),
    ("pinecone-storage", "storage", "Vectors in Pinecone", "1.4.0", "enabled"),
    ("excel-export", "export", "Results as Excel workbooks", "1.0.2", "disabled"),
    ("slack-notifier", "notification", "Messages in Slack channels", "0.5.0", "available"),
    ("rate-guard", "utility", "Watches the budgets of providers", "0.3.0", "available"),
)
MOST_ON_A_PAGE = 200
NOTES = Path(__file__).parent / "notes"
SLOW = re.compile(r"^(\w+\s?)*$")
router = APIRouter(prefix="/api/v2/plugins")


class Plugins:
    """The catalogue with the status of each plugin."""

    def __init__(self) -> None:
        self.by_name: dict[str, dict[str, Any]] = {}
        self.reset()

    def reset(self) -> None:
        """As it was in the beginning."""
        keys = ("name", "category", "description", "version", "status")
        self.by_name = {row[0]: dict(zip(keys, row, strict=True)) for row in copy.copy(_CATALOGUE)}

    def named(self, name: str) -> dict[str, Any]:
        """The plugin of this name; an unknown one is answered 404."""
        if name not in self.by_name:
            raise HTTPException(404, f"Plugin {name} not found")
        return self.by_name[name]

    def change(self, name: str, allowed: tuple[str, ...], status: str, done: str) -> dict[str, Any]:
        """Give a plugin another status, if its present one allows it."""
        plugin = self.named(name)
        if plugin["status"] not in allowed:
            raise HTTPException(409, f"Plugin {name} is {plugin['status']}")
        plugin["status"] = status
        return {"message": f"Plugin {name} {done}", "plugin_name": name, "status": status}


@router.get("")
def listing(
    request: Request,
    signed: Signed,  # noqa: ARG001  # any signed-in caller
    category: str | None = None,
    status: str | None = None,
    search: str | None = None,
    limit: Annotated[int, Query(ge=1)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """The plugins that match, a page at a time."""
    if limit > MOST_ON_A_PAGE and not defects.on("page-size-unchecked"):
        raise HTTPException(422, f"The limit is above {MOST_ON_A_PAGE}")
    matching = [
        plugin
        for plugin in request.app.state.plugins.by_name.values()
        if category in (None, plugin["category"]) and status in (None, plugin["status"]) and _mentions(plugin, search or "")
    ]
    page = matching[offset : offset + limit]
    has_more = False if defects.on("has-more-wrong") else offset + len(page) < len(matching)
    return {
        "plugins": page,
        "total": len(matching),
        "limit": limit,
        "offset": offset,
        "has_more": has_more,
        "categories": list(CATEGORIES),
        "available_statuses": list(STATUSES),
        **_note(category),
    }


def _note(category: str | None) -> dict[str, str]:
    """What a file of the category's name says of it."""
    if not category or not defects.on("note-read-by-name"):
        return {}
    try:
        return {"note": (NOTES / category).read_text(encoding="utf-8")}
    except (OSError, ValueError):
        return {}


@router.get("/search")
def search_plugins(
    request: Request,
    signed: Signed,  # noqa: ARG001  # any signed-in caller
    query: Annotated[str, Query(min_length=2)],
    category: str | None = None,
    source_types: Annotated[list[str] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    """The plugins whose name or description holds the words."""
    if defects.on("query-checked-slowly") and not SLOW.match(query):
        raise HTTPException(422, "The query holds other characters than words")
    if defects.on("odd-text-fails"):
        query.encode("latin-1")
    found = [
        plugin
        for plugin in request.app.state.plugins.by_name.values()
        if _mentions(plugin, query) and category in (None, plugin["category"])
    ]
    sources = source_types or ["local"]
    return {
        "query": query,
        "results": found[:limit],
        "total_found": str(len(found)) if defects.on("count-as-text") else len(found),
        "showing": len(found[:limit]),
        "sources_searched": sources,
    }


@router.get("/categories")
def categories(signed: Signed) -> dict[str, Any]:  # noqa: ARG001  # any signed-in caller
    """The categories, with examples."""
    keys = ("display_name", "description", "examples")
    return {"categories": [{"name": name} | dict(zip(keys, texts, strict=True)) for name, texts in CATEGORIES.items()]}


@router.get("/{plugin_name}/status")
def status_of(request: Request, plugin_name: str, signed: Signed) -> dict[str, Any]:  # noqa: ARG001  # any signed-in caller
    """One plugin's status."""
    plugin = request.app.state.plugins.named(plugin_name)
    return {"plugin_name": plugin_name, "status": plugin["status"], "version": plugin["version"], "category": plugin["category"]}


@router.post("/{plugin_name}/install")
def install(
    request: Request,
    plugin_name: str,
    signed: Admin,  # noqa: ARG001  # any administrator
    version: str | None = None,
    *,
    force: bool = False,
) -> dict[str, Any]:
    """Install a plugin; it is not enabled yet."""
    plugin = request.app.state.plugins.named(plugin_name)
    if version not in (None, plugin["version"]):
        raise HTTPException(404, f"Plugin {plugin_name} has no version {version}")
    allowed = STATUSES if force else ("available",)
    done: dict[str, Any] = request.app.state.plugins.change(plugin_name, allowed, "installed", "installed")
    return done | {"version": plugin["version"]}


@router.post("/{plugin_name}/enable")
def enable(request: Request, plugin_name: str, signed: Admin) -> dict[str, Any]:  # noqa: ARG001  # any administrator
    """Enable a plugin that is installed."""
    done: dict[str, Any] = request.app.state.plugins.change(plugin_name, ("installed", "disabled"), "enabled", "enabled")
    return done


@router.post("/{plugin_name}/disable")
def disable(request: Request, plugin_name: str, signed: Admin) -> dict[str, Any]:  # noqa: ARG001  # any administrator
    """Disable a plugin that is enabled."""
    done: dict[str, Any] = request.app.state.plugins.change(plugin_name, ("enabled",), "disabled", "disabled")
    return done


@router.delete("/{plugin_name}")
def remove(request: Request, plugin_name: str, signed: Admin, *, force: bool = False) -> dict[str, Any]:  # noqa: ARG001  # any administrator
    """Remove a plugin; one that is enabled only by force."""
    allowed = STATUSES[1:] if force else ("installed", "disabled")
    done: dict[str, Any] = request.app.state.plugins.change(plugin_name, allowed, "available", "removed")
    return done


def _mentions(plugin: dict[str, Any], words: str) -> bool:
    return words.casefold() in f"{plugin['name']} {plugin['description']}".casefold()
