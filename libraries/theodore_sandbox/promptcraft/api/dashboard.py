"""The page on which people read the figures of analytics."""

from __future__ import annotations

import secrets
from pathlib import Path
from string import Template

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.access import Analyst  # noqa: TC001  # FastAPI resolves annotations at run time

router = APIRouter(prefix="/api/v4/analytics")
PAGE = Path(__file__).with_name("dashboard.html")
MISTAKES = (
    "dashboard-mean-for-median",
    "dashboard-rounds-to-whole",
    "dashboard-rows-limited",
    "dashboard-error-as-zeros",
    "dashboard-empty-as-zeros",
    "dashboard-without-loading",
    "dashboard-query-ignored",
)


@router.get("/dashboard", response_class=HTMLResponse)
def page(signed: Analyst) -> HTMLResponse:  # noqa: ARG001  # any analyst
    """The page; it requests the figures itself, by the query that it was requested with."""
    nonce = secrets.token_urlsafe(16)
    on = " ".join(name for name in MISTAKES if defects.on(name))
    text = Template(PAGE.read_text(encoding="utf-8")).substitute(nonce=nonce, mistakes=on)
    policy = f"default-src 'none'; script-src 'nonce-{nonce}'; connect-src 'self'; frame-ancestors 'none'"
    return HTMLResponse(text, headers={"Content-Security-Policy": policy})
