"""Theodore's HTTP API, and the control port through which whoever started the sandbox resets it and gives it defects."""

from __future__ import annotations

import contextlib
import time
from typing import Annotated, Any, TYPE_CHECKING

from fastapi import Body, FastAPI, HTTPException

from theodore_sandbox import defects
from theodore_sandbox.api import auth, discovery, errors, plugins, research, streams, system
from theodore_sandbox.api.limits import Limits
from theodore_sandbox.api.store import Store
from theodore_sandbox.api.traffic import Traffic
from theodore_sandbox.pipeline import Jobs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from theodore_sandbox.settings import Settings


def create_apps(settings: Settings) -> dict[str, FastAPI]:
    """The public ``api`` and the ``control`` application over one state."""
    store = Store(settings.database)
    store.reset(settings.users)
    defects.switch(settings.defects)
    work = Jobs(settings, store)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await work.close()
        store.close()

    api = FastAPI(
        title="Theodore v2 API",
        description="AI-powered company intelligence and discovery system",
        version=system.VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    api.state.settings, api.state.store, api.state.jobs = settings, store, work
    api.state.started = time.monotonic()
    _forget(api)
    errors.install(api)
    for module in (auth, research, discovery, streams, plugins, system):
        api.include_router(module.router)
    api.add_middleware(errors.ReplyHeaders, traffic=api.state.traffic)
    return {"api": api, "control": _control(api)}


def _forget(api: FastAPI) -> None:
    """What the API keeps in memory beside the jobs, as it is in the beginning."""
    api.state.limits, api.state.plugins, api.state.configuration = Limits(), plugins.Plugins(), {}
    if hasattr(api.state, "traffic"):
        api.state.traffic.requests.clear()
    else:
        api.state.traffic = Traffic()


def _control(api: FastAPI) -> FastAPI:
    control = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @control.post("/reset")
    async def reset() -> dict[str, str]:
        await api.state.jobs.reset()
        api.state.store.reset(api.state.settings.users)
        _forget(api)
        return {"status": "reset"}

    @control.get("/defects")
    async def listing() -> list[dict[str, object]]:
        return defects.listing()

    @control.put("/defects")
    async def switch(names: Annotated[list[str], Body()]) -> list[dict[str, Any]]:
        try:
            defects.switch(names)
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        return defects.listing()

    return control
