"""The platform's application: its routers, and the control port that resets it, reroutes links and switches defects."""

from __future__ import annotations

import contextlib
import shutil
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TYPE_CHECKING

import httpx
from fastapi import Body, FastAPI, HTTPException

from theodore_sandbox import defects
from theodore_sandbox.common.control import create_app as create_control
from theodore_sandbox.common.control import switch_defects
from theodore_sandbox.promptcraft import auditing, errors
from theodore_sandbox.promptcraft.api import (
    agents,
    analytics,
    audit,
    dashboard,
    identity,
    predictions,
    saml,
    sessions,
    system,
    tenants,
    workflows,
)
from theodore_sandbox.promptcraft.factory.creation import Factory
from theodore_sandbox.promptcraft.realm_tokens import RealmTokens
from theodore_sandbox.promptcraft.sessions import Sessions
from theodore_sandbox.promptcraft.store import Store
from theodore_sandbox.promptcraft.workflows.running import Workflows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from theodore_sandbox.common.settings import Settings

ROUTERS = (
    identity.router,
    saml.router,
    sessions.router,
    tenants.router,
    audit.router,
    system.router,
    analytics.router,
    dashboard.router,
    predictions.router,
    agents.router,
    workflows.router,
)
LINKS = ("provider", "mcp_registry", "orchestrator")


def create_apps(settings: Settings) -> dict[str, FastAPI]:
    """The public ``api`` and the ``control`` application over one state."""
    store = Store(settings.database, settings.instance)
    changed = settings.overrides
    defects.switch(changed.get("defects", settings.defects))
    routes = dict(settings.dependencies)
    _reroute(routes, changed.get("dependencies", {}))
    if not settings.restarted:
        store.reset()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await api.state.factory.close()
        await api.state.workflows.close()
        store.close()
        if settings.folder:
            shutil.rmtree(settings.folder, ignore_errors=True)

    api = FastAPI(
        title="PromptCraft-Hybrid", version=system.VERSION, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    api.state.settings, api.state.store = settings, store
    api.state.sessions = Sessions(f"unix://{settings.folder}/sessions.sock")
    api.state.routes = routes
    api.state.tokens = RealmTokens(settings, routes)
    analytics.prepare(api.state)
    api.state.factory = Factory(Path(settings.folder), routes)
    api.state.workflows = Workflows(store, routes, partial(_forget_figures, api), api.state.factory.server_owners)
    errors.install(api)
    for router in ROUTERS:
        api.include_router(router)
    api.add_middleware(auditing.AuditTrail, store=store)
    api.add_middleware(errors.ReplyHeaders)
    return {"api": api, "control": _control(api)}


def _reroute(routes: dict[str, str], addresses: dict[str, str]) -> None:
    """Reach dependencies at other addresses."""
    routes.update({name: f"http://{address}" for name, address in addresses.items()})


def _forget_figures(api: FastAPI, tenant: str) -> None:
    api.state.analytics_cache.forget(tenant)


def _control(api: FastAPI) -> FastAPI:
    control = create_control()

    @control.post("/reset")
    async def reset() -> dict[str, str]:
        await api.state.workflows.reset()
        await api.state.factory.reset()
        analytics.prepare(api.state)
        api.state.store.reset()
        api.state.sessions.reset()
        api.state.tokens.forget()
        return {"status": "reset"}

    @control.get("/dependencies")
    async def dependencies() -> dict[str, str]:
        return {name: api.state.routes[name].partition("://")[2] for name in LINKS}

    @control.put("/dependencies")
    async def reroute(addresses: Annotated[dict[str, str], Body()]) -> dict[str, str]:
        if unknown := sorted(set(addresses) - set(LINKS)):
            raise HTTPException(422, f"There is no dependency {unknown[0]}; the dependencies are {', '.join(LINKS)}.")
        _reroute(api.state.routes, addresses)
        api.state.settings.override("dependencies", addresses)
        return addresses

    @control.put("/defects")
    def switch(names: Annotated[list[str], Body()]) -> list[dict[str, Any]]:
        listing = switch_defects(api.state.settings, names)
        # The identity provider is a process of its own, and some defects are of it alone.
        journal = api.state.settings.dependencies["journal"]
        httpx.put(f"{journal}/defects", json=names, trust_env=False).raise_for_status()
        return listing

    return control
