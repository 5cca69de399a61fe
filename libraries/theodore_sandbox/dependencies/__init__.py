"""What Theodore depends on, each at an address of its own: search, web sites, AI provider, vectors, and their journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_sandbox.dependencies import journal, openai, search, vectors, web
from theodore_sandbox.dependencies.sites import load_sites

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def create_apps(openai_key: str, delay_scale: float = 1.0) -> dict[str, ASGIApp]:
    """The applications by the name of their link, and ``journal``, which tells what they were asked."""
    sites = load_sites()
    record = journal.Journal()
    index = vectors.Index()
    services = {
        "search": (search.create_app(sites), 0.02),
        "web": (web.create_app(sites), 0.015),
        "openai": (openai.create_app(openai_key), 0.1),
        "vectors": (vectors.create_app(index), 0.01),
    }
    apps: dict[str, ASGIApp] = {
        name: journal.Recorded(app, name, record, delay * delay_scale) for name, (app, delay) in services.items()
    }
    apps["journal"] = journal.create_app(record, index.clear)
    return apps
