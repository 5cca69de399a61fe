"""Theodore's HTTP API, and the control port through which whoever started the sandbox resets it and gives it defects."""

from __future__ import annotations

import contextlib
import time
from typing import Annotated, Any, TYPE_CHECKING

from fastapi import Body, FastAPI, HTTPException

from theodore_sandbox import defects
from theodore_sandbox.api import auth, errors, research, system
from theodore_sandbox.api.store import Store
from theodore_sandbox.pipeline import Research

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from theodore_sandbox.settings import Settings


def create_apps(settings: Settings) -> dict[str, FastAPI]:
    """The public ``api`` and the ``control`` application over one state."""
    store = Store(settings.database)
    store.reset(settings.users)
    defects.switch(settings.defects)
    work = Research(settings, store)

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
    api.state.settings, api.state.store, api.state.research = settings, store, work
    api.state.started = time.monotonic()
    errors.install(api)
    for module in (auth, research, system):
        api.include_router(module.router)
    api.add_middleware(errors.ReplyHeaders)
    return {"api": api, "control": _control(settings, store, work)}


def _control(settings: Settings, store: Store, work: Research) -> FastAPI:
    control = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @control.post("/reset")
    async def reset() -> dict[str, str]:
        await work.reset()
        store.reset(settings.users)
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
