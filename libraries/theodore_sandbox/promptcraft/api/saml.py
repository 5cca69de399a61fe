"""Sign-on by SAML: to the provider's page, and back with an assertion that it has signed."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse

from theodore_sandbox.promptcraft.api import identity
from theodore_sandbox.promptcraft.assertions import Assertions

router = APIRouter(prefix="/auth/saml")


async def _text(request: Request) -> str:
    return (await request.body()).decode("utf-8", "replace")


def _assertions(request: Request) -> Assertions:
    return Assertions(request.app.state.tokens, request.app.state.sessions.redis)


@router.get("/login")
def login(request: Request) -> RedirectResponse:
    """Begin a sign-on at the identity provider's page."""
    with identity.provider_answers():
        return RedirectResponse(_assertions(request).page(_consumer(request)), 302)


@router.post("/acs")
def consume(request: Request, body: Annotated[str, Depends(_text)]) -> dict[str, Any]:
    """Open a session for whoever an assertion stands for."""
    given = parse_qs(body).get("SAMLResponse", [""])[0]
    with identity.provider_answers():
        claims = _assertions(request).claims(given, _consumer(request))
    return identity.opened(request, claims, given)


def _consumer(request: Request) -> str:
    server = request.scope["server"]
    return f"http://{server[0]}:{server[1]}/auth/saml/acs"
