"""Browsers at the provider: requests to sign in, sessions that spare the page, and their end."""

from __future__ import annotations

import re
import secrets
import time
import uuid
from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response

from theodore_sandbox import defects
from theodore_sandbox.promptcraft import names
from theodore_sandbox.promptcraft.provider import pages
from theodore_sandbox.promptcraft.provider.errors import AuthorizationError, led_back, OAuthError
from theodore_sandbox.promptcraft.provider.realm import CODE_SECONDS

if TYPE_CHECKING:
    from starlette.requests import Request

    from theodore_sandbox.common.settings import User
    from theodore_sandbox.promptcraft.provider.realm import Realm

LOOPBACK = re.compile(r"http://127\.0\.0\.1(:\d+)?/(auth/)?callback")  # RFC 8252, 7.3: any port
SIGNED_OUT = re.compile(r"http://127\.0\.0\.1(:\d+)?/signed-out")
COOKIE = "provider_session"


def requested(realm: Realm, query: dict[str, str]) -> None:
    """Raise for a request to sign in that is wrong; what is wrong is not sent to an unknown address."""
    client, address = realm.clients.get(query.get("client_id", "")), query.get("redirect_uri", "")
    registered = LOOPBACK.match(address) if defects.on("redirect-address-by-prefix") else LOOPBACK.fullmatch(address)
    if client is None or not registered:
        raise OAuthError("invalid_request", "Invalid parameter: client_id or redirect_uri")
    if query.get("response_type") != "code":
        error = "unsupported_response_type" if query.get("response_type") else "invalid_request"
        raise AuthorizationError(realm.issuer, query, error)
    challenge, method = query.get("code_challenge"), query.get("code_challenge_method")
    lacking = not challenge and not client.secret and not defects.on("pkce-left-out")
    weak = challenge and method != "S256" and not defects.on("pkce-plain-accepted")
    if lacking or weak:
        raise AuthorizationError(realm.issuer, query, "invalid_request")


def sign_in_page(realm: Realm, request: Request) -> Response:
    """What a request to sign in leads to: the page, or straight back to the client."""
    query = dict(request.query_params)
    requested(realm, query)
    session, prompts = session_of(realm, request), query.get("prompt", "").split()
    if session and ("login" not in prompts or defects.on("prompt-login-skipped")):
        return RedirectResponse(_with_code(realm, query, session), 302)
    if "none" in prompts and not defects.on("prompt-none-shows-page"):
        raise AuthorizationError(realm.issuer, query, "login_required")
    return pages.password_page(query)


def signed_in(realm: Realm, form: dict[str, str], user: User) -> Response:
    """The way back to the client for whoever has signed in, with a session that spares the page the next time."""
    session = {"user": user.username, "auth_time": int(time.time()), "sid": str(uuid.uuid4())}
    answer = RedirectResponse(_with_code(realm, form, session), 302)
    key = secrets.token_urlsafe(24)
    realm.browsers[key] = session
    answer.set_cookie(COOKIE, key, path=f"/realms/{realm.name}", httponly=True, samesite="lax")
    return answer


def session_of(realm: Realm, request: Request) -> dict[str, Any] | None:
    """The session of a browser that has not ended."""
    found = realm.browsers.get(request.cookies.get(COOKIE, ""))
    return found if found and found["sid"] not in realm.ended else None


def _with_code(realm: Realm, query: dict[str, str], session: dict[str, Any]) -> str:
    code = secrets.token_urlsafe(24)
    kept = {key: query.get(key, "") for key in ("client_id", "redirect_uri", "code_challenge", "nonce", "scope")}
    realm.codes[code] = {**kept, **session, "until": time.time() + CODE_SECONDS}
    return led_back(realm.issuer, query, code=code)


def signed_out(realm: Realm, request: Request) -> tuple[Response, dict[str, Any] | None]:
    """The answer to a browser that logs out, and what has ended (OpenID Connect RP-Initiated Logout 1.0)."""
    query = request.query_params
    address = query.get("post_logout_redirect_uri", "")
    hint = realm.read(query.get("id_token_hint", ""), alive=False)
    if address and not (hint and SIGNED_OUT.fullmatch(address)) and not defects.on("log-out-leads-anywhere"):
        raise OAuthError("invalid_request", "Invalid redirect uri")
    session, ended = session_of(realm, request), None
    if session and not defects.on("log-out-keeps-browser-session"):
        realm.ended.add(session["sid"])
        ended = {"name": session["user"], "client_id": names.AUDIENCE, "sid": session["sid"]}
    if not address:
        return HTMLResponse("<!doctype html><title>Signed out</title><p>You are logged out"), ended
    state = f"?{urlencode({'state': query['state']})}" if query.get("state") else ""
    return RedirectResponse(f"{address}{state}", 302), ended
