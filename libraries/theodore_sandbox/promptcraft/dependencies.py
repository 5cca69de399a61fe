"""What the platform stands on, each at an address of its own: identity provider, registry, orchestrator; and their journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.dependencies import journal
from theodore_sandbox.dependencies.behaviours import BehaviourMiddleware, Behaviours
from theodore_sandbox.promptcraft import services, session_store
from theodore_sandbox.promptcraft.provider import app as provider_app

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from theodore_sandbox.common.settings import Settings


def create_apps(settings: Settings) -> dict[str, ASGIApp]:
    """The applications by the name of their link, and ``journal``, which lists their requests."""
    defects.switch(settings.overrides.get("defects", settings.defects))
    session_store.start(f"{settings.folder}/sessions.sock")
    record, behaviours = journal.RequestJournal(), Behaviours()
    provider = provider_app.Provider(settings)
    registry, orchestrator = services.Shelf(), services.Shelf()
    linked = {
        "provider": (provider_app.create_app(provider), 0.002),
        "mcp_registry": (services.create_registry(registry), 0.002),
        "orchestrator": (services.create_orchestrator(orchestrator), 0.01),
    }
    apps: dict[str, ASGIApp] = {
        name: journal.JournalMiddleware(BehaviourMiddleware(app, name, behaviours), name, record, delay * settings.delay_scale)
        for name, (app, delay) in linked.items()
    }

    def forget() -> None:
        provider.forget()
        registry.documents.clear()
        orchestrator.documents.clear()
        behaviours.clear()

    listing = journal.create_app(record, behaviours, forget)
    listing.router.routes.extend(provider_app.operations(provider))
    apps["journal"] = listing
    return apps
