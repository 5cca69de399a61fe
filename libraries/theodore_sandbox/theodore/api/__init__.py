"""Theodore's HTTP API, and the control port that resets the sandbox, reroutes links, permits addresses and switches defects."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path
from typing import Annotated, Any, TYPE_CHECKING

from fastapi import Body, FastAPI

from theodore_sandbox import defects
from theodore_sandbox.common.control import create_app as create_control
from theodore_sandbox.common.control import switch_defects
from theodore_sandbox.theodore.api import auth, batch, discovery, errors, exports, plugins, research, streams, system
from theodore_sandbox.theodore.api.limits import Limits
from theodore_sandbox.theodore.api.traffic import Traffic
from theodore_sandbox.theodore.discovery_models import DiscoveryRequest
from theodore_sandbox.theodore.export_store import ExportStore
from theodore_sandbox.theodore.exporting import Exports
from theodore_sandbox.theodore.models import ResearchRequest
from theodore_sandbox.theodore.pipeline import Batches, Discovery, Jobs, Research

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from theodore_sandbox.common.settings import Settings


def create_apps(settings: Settings) -> dict[str, FastAPI]:
    """The public ``api`` and the ``control`` application over one state."""
    store = ExportStore(settings.database, settings.instance)
    changed = settings.overrides
    defects.switch(changed.get("defects", settings.defects))
    if not settings.restarted:
        store.reset(settings.users)
    work = Jobs(settings, store)
    batches = Batches(work, store)
    _reroute(work, changed.get("dependencies", {}))
    work.clients["web"].permitted.update(changed.get("permitted", []))

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if settings.restarted and not defects.on("lost-work-on-restart"):
            _resume(work)
            batches.resume_interrupted()
        yield
        await batches.stop()
        await work.close()
        store.close()
        if settings.folder:
            shutil.rmtree(settings.folder, ignore_errors=True)

    api = FastAPI(
        title="Theodore v2 API",
        description="AI-powered company intelligence and discovery system",
        version=system.VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    api.state.settings, api.state.store, api.state.jobs, api.state.batches = settings, store, work, batches
    api.state.exports = Exports(store, settings.folder)
    api.state.started = time.monotonic()
    _forget(api)
    errors.install(api)
    for module in (auth, research, discovery, batch, exports, streams, plugins, system):
        api.include_router(module.router)
    api.add_middleware(
        errors.ReplyHeaders, traffic=api.state.traffic, log=Path(settings.folder) / "api.log" if settings.folder else None
    )
    return {"api": api, "control": _control(api)}


def _resume(work: Jobs) -> None:
    """Resume the jobs that a restart has interrupted."""
    for row in work.store.unfinished_jobs():
        job: Research | Discovery
        if row["kind"] == Research.kind:
            job = Research(work, ResearchRequest.model_validate_json(row["request"]), row["tenant"], row["owner"])
        else:
            job = Discovery(work, DiscoveryRequest.model_validate_json(row["request"]), row["tenant"], row["owner"])
        job.resume(row["body"])
        work.start(job)


def _reroute(work: Jobs, addresses: dict[str, str]) -> None:
    """Reroute links: reach dependencies, and the store, at other addresses."""
    work.reroute({name: f"http://{address}" for name, address in addresses.items() if name != "store"})
    if "store" in addresses:
        work.store.reroute(addresses["store"])


def _forget(api: FastAPI) -> None:
    """Reset what the API keeps in memory beside the jobs."""
    api.state.limits, api.state.plugins, api.state.configuration = Limits(), plugins.Plugins(), {}
    if hasattr(api.state, "traffic"):
        api.state.traffic.requests.clear()
    else:
        api.state.traffic = Traffic()


def _control(api: FastAPI) -> FastAPI:
    control = create_control()

    @control.post("/reset")
    async def reset() -> dict[str, str]:
        await api.state.batches.stop()
        await api.state.jobs.reset()
        api.state.store.reset(api.state.settings.users)
        api.state.exports.reset()
        _forget(api)
        api.state.settings.override("permitted", [])
        return {"status": "reset"}

    @control.get("/dependencies")
    async def dependencies() -> dict[str, str]:
        settings, store = api.state.settings, api.state.store
        known = {name: url.partition("://")[2] for name, url in settings.dependencies.items()}
        if store.schema:
            known["store"] = f"{store.engine.url.host}:{store.engine.url.port or 5432}"
        rerouted: dict[str, str] = settings.overrides.get("dependencies", {})
        return known | rerouted

    @control.put("/dependencies")
    async def reroute(addresses: Annotated[dict[str, str], Body()]) -> dict[str, str]:
        _reroute(api.state.jobs, addresses)
        api.state.settings.override("dependencies", addresses)
        return addresses

    @control.put("/permitted")
    async def permit(address: Annotated[str, Body()]) -> list[str]:
        permitted: set[str] = api.state.jobs.clients["web"].permitted
        permitted.add(address)
        api.state.settings.override("permitted", sorted(permitted))
        return sorted(permitted)

    @control.put("/defects")
    async def switch(names: Annotated[list[str], Body()]) -> list[dict[str, Any]]:
        return switch_defects(api.state.settings, names)

    return control
