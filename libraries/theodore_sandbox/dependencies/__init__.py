"""Doubles of Theodore's dependencies, each at an address of its own: search, web, AI providers, vectors; and their journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_sandbox.dependencies import bedrock, gemini, journal, openai, search, vectors, web
from theodore_sandbox.dependencies.behaviours import BehaviourMiddleware, Behaviours
from theodore_sandbox.dependencies.sites import load_sites

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def create_apps(keys: dict[str, str], delay_scale: float = 1.0) -> dict[str, ASGIApp]:
    """The applications by the name of their link, and ``journal``, which lists their requests."""
    sites = load_sites()
    record = journal.RequestJournal()
    index = vectors.Index()
    behaviours = Behaviours()
    services = {
        "search": (search.create_app(sites), 0.02),
        "web": (web.create_app(sites), 0.015),
        "openai": (openai.create_app(keys["openai"]), 0.1),
        "gemini": (gemini.create_app(keys["gemini"]), 0.1),
        "bedrock": (bedrock.create_app(keys["bedrock"]), 0.1),
        "vectors": (vectors.create_app(index), 0.01),
    }
    apps: dict[str, ASGIApp] = {
        name: journal.JournalMiddleware(BehaviourMiddleware(app, name, behaviours), name, record, delay * delay_scale)
        for name, (app, delay) in services.items()
    }

    def forget() -> None:
        index.clear()
        behaviours.clear()

    apps["journal"] = journal.create_app(record, behaviours, forget)
    return apps
