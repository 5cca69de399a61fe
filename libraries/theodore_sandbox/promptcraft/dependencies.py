"""What the platform stands on: the identity provider at an address of its own, its journal, and the Redis of the sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.dependencies import journal
from theodore_sandbox.dependencies.behaviours import BehaviourMiddleware, Behaviours
from theodore_sandbox.promptcraft import session_store
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
    services = {"provider": (provider_app.create_app(provider), 0.002)}
    apps: dict[str, ASGIApp] = {
        name: journal.JournalMiddleware(BehaviourMiddleware(app, name, behaviours), name, record, delay * settings.delay_scale)
        for name, (app, delay) in services.items()
    }

    def forget() -> None:
        provider.forget()
        behaviours.clear()

    listing = journal.create_app(record, behaviours, forget)
    listing.router.routes.extend(provider_app.operations(provider))
    apps["journal"] = listing
    return apps
