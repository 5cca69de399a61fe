"""What a client did wrong, as the provider says it: in an answer, or by way of the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import JSONResponse, RedirectResponse, Response

from theodore_sandbox import defects

if TYPE_CHECKING:
    from starlette.requests import Request

CHALLENGES = {"invalid_client": 'Basic realm="provider"', "invalid_token": 'Bearer realm="provider", error="invalid_token"'}
UNAUTHORIZED = 401


class OAuthError(Exception):
    """What a client did wrong (RFC 6749, 5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.body, self.status = {"error": error, "error_description": description}, status


class AuthorizationError(Exception):
    """What is wrong with a request to sign in, and may be said to the client (RFC 6749, 4.1.2.1)."""

    def __init__(self, issuer: str, query: dict[str, str], error: str) -> None:
        super().__init__(error)
        self.address = led_back(issuer, query, error=error)


def led_back(issuer: str, query: dict[str, str], **answer: str) -> str:
    """The address by which a browser takes an answer to the client, with the state of its request and the issuer (RFC 9207)."""
    if query.get("state") and not ("error" in answer and defects.on("error-without-state")):
        answer["state"] = query["state"]
    if not defects.on("answer-without-issuer"):
        answer["iss"] = issuer
    address = query["redirect_uri"]
    return f"{address}{'&' if '?' in address else '?'}{urlencode(answer)}"


async def failed(_: Request, error: Exception) -> Response:
    """The answer to a client that did something wrong."""
    assert isinstance(error, OAuthError)  # noqa: S101  # registered for nothing else
    challenge = CHALLENGES.get(error.body["error"]) if error.status == UNAUTHORIZED else None
    return JSONResponse(error.body, error.status, {"WWW-Authenticate": challenge} if challenge else None)


async def sent_back(_: Request, error: Exception) -> Response:
    """The way back to a client whose request was wrong."""
    assert isinstance(error, AuthorizationError)  # noqa: S101  # registered for nothing else
    return RedirectResponse(error.address, 302)
