"""What the control port of every system of the sandbox has: its process, and its defects."""

from __future__ import annotations

import os
from typing import Any, TYPE_CHECKING

from fastapi import FastAPI, HTTPException

from theodore_sandbox import defects

if TYPE_CHECKING:
    from theodore_sandbox.common.settings import Settings


def create_app() -> FastAPI:
    """A control port that says which process it belongs to, and which defects there are."""
    control = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @control.get("/process")
    async def process() -> dict[str, int]:
        return {"pid": os.getpid()}

    @control.get("/defects")
    async def listing() -> list[dict[str, Any]]:
        return defects.listing()

    return control


def switch_defects(settings: Settings, names: list[str]) -> list[dict[str, Any]]:
    """Switch exactly these defects on, also after a restart, and list all; an unknown name is answered 422."""
    try:
        defects.switch(names)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    settings.override("defects", names)
    return defects.listing()
