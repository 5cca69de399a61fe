"""Sign-on: by a token of the identity provider, by its page, or by name and password; renewal, and log-out."""

from __future__ import annotations

import json
import secrets
import time
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

import jwt
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from theodore_sandbox import defects
from theodore_sandbox.promptcraft import access, auditing, names, people
from theodore_sandbox.promptcraft.access import Signed  # noqa: TC001  # FastAPI resolves annotations at run time
from theodore_sandbox.promptcraft.provider.realm import challenge_of
from theodore_sandbox.promptcraft.realm_tokens import InvalidTokenError, ProviderError
from theodore_sandbox.promptcraft.store import now

router = APIRouter(prefix="/auth")
LOGIN_SECONDS = 600
RACED_SECONDS = 0.3  # between look and use, with the defect
LOGIN_COOKIE = "promptcraft_login"
SCOPE = "openid profile email"


class Closed(BaseModel):
    """A body without other fields."""

    model_config = ConfigDict(extra="forbid")


class SsoRequest(Closed):
    """A token of the identity provider; with the ID token goes the nonce that was asked for."""

    model_config = ConfigDict(extra="allow")  # refused by the route itself
    access_token: str = Field(min_length=1)
    id_token: str | None = None
    nonce: str | None = None


class TokenRequest(Closed):
    """Name and password, and the code of whoever has a second factor."""

    username: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=200)
    totp: str = Field("", max_length=20)


class RefreshRequest(Closed):
    """The token for renewal."""

    refresh_token: str = Field(min_length=1)


class LogoutRequest(Closed):
    """Whether all sessions end, or this one."""

    everywhere: bool = False


async def _text(request: Request) -> str:
    return (await request.body()).decode("utf-8", "replace")


@router.post("/sso")
def sso(request: Request, body: SsoRequest) -> dict[str, Any]:
    """Open a session for a token of the identity provider."""
    claimed = body.model_extra or {}
    if claimed and not defects.on("role-from-sign-on"):
        raise RequestValidationError(
            [{"type": "extra_forbidden", "loc": ("body", name), "msg": "Extra inputs are not permitted"} for name in claimed]
        )
    return signed_on(request, body.access_token, body.id_token, body.nonce, claimed.get("role"))


@router.post("/token")
def token(request: Request, body: TokenRequest) -> dict[str, Any]:
    """Open a session for a name and a password, which the identity provider checks."""
    form = {"grant_type": "password", "username": body.username, "password": body.password, "scope": SCOPE}
    form |= {"totp": body.totp} if body.totp else {}
    return signed_on(request, provider_answer(request, form)["access_token"])


@router.get("/login")
def login(request: Request) -> RedirectResponse:
    """Begin a sign-on at the identity provider's page."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    sessions, tokens = request.app.state.sessions, request.app.state.tokens
    sessions.redis.setex(f"login:{state}", LOGIN_SECONDS, json.dumps({"nonce": nonce, "verifier": verifier}))
    query = {
        "response_type": "code",
        "client_id": names.AUDIENCE,
        "redirect_uri": _callback(request),
        "scope": SCOPE,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    with provider_answers():
        answer = RedirectResponse(f"{tokens.endpoint('authorization_endpoint')}?{urlencode(query)}", 302)
    hidden = not defects.on("login-cookie-for-scripts")
    answer.set_cookie(LOGIN_COOKIE, state, LOGIN_SECONDS, httponly=hidden, samesite="lax", path="/auth")
    return answer


@router.get("/callback")
def callback(
    request: Request, code: Annotated[str, Query(max_length=500)] = "", state: Annotated[str, Query(max_length=500)] = ""
) -> dict[str, Any]:
    """End a sign-on that this very browser has begun, with the code that the identity provider gave it."""
    kept_logins = request.app.state.sessions.redis
    begun = (kept_logins.get if defects.on("state-used-again") else kept_logins.getdel)(f"login:{state}")
    of_this_browser = request.cookies.get(LOGIN_COOKIE) == state or defects.on("state-not-verified")
    if not begun or not of_this_browser:
        raise access.refused()
    kept = json.loads(begun)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": _callback(request),
        "code_verifier": kept["verifier"],
    }
    answer = provider_answer(request, form)
    request.state.by_page = True
    return signed_on(request, answer["access_token"], answer.get("id_token", ""), kept["nonce"])


@router.post("/refresh")
def refresh(request: Request, body: RefreshRequest) -> dict[str, Any]:
    """New tokens for a session; the token for renewal works once, and its second use ends the session."""
    sessions = request.app.state.sessions
    claims = access.claims_of(request, body.refresh_token, "refresh")
    session = sessions.find(claims["sid"])
    person = people.by_id(request.app.state.store, claims["sub"])
    if session is None and person and defects.on("renewal-after-log-out"):
        return _tokens(request, person, sessions.open(person, body.refresh_token))
    if session is None or person is None:
        raise access.refused()
    request.state.caller = access.Caller(
        person["user_id"], person["username"], person["tenant"], person["role"], session["session_id"]
    )
    by_access_token = claims["token_type"] == "access"  # noqa: S105  # a kind of token
    current = session.get("refresh") == claims["jti"]
    if defects.on("renewals-raced"):
        time.sleep(RACED_SECONDS)
    elif current:  # of two requests at the same time one comes first
        mark = f"renewed:{claims['jti']}"
        current = bool(sessions.redis.set(mark, "1", nx=True, ex=names.SESSION_SECONDS))
    if not current and not by_access_token and not defects.on("refresh-token-reused"):
        sessions.end(claims["sid"])
        raise access.refused()
    return _tokens(request, person, session)


@router.post("/logout")
def logout(request: Request, signed: Signed, body: LogoutRequest | None = None) -> dict[str, Any]:
    """End this session, or all sessions of the caller."""
    sessions = request.app.state.sessions
    everywhere = bool(body and body.everywhere and not defects.on("log-out-everywhere-ends-here"))
    everywhere |= defects.on("log-out-ends-all")
    if defects.on("session-survives-log-out"):
        return {"ended_sessions": 1}
    ended = sessions.end_all(signed.user_id) if everywhere else int(sessions.end(signed.session_id))
    return {"ended_sessions": ended}


@router.post("/backchannel-logout")
def backchannel_logout(request: Request, body: Annotated[str, Depends(_text)]) -> dict[str, Any]:
    """End the sessions of a session that has ended at the identity provider, by a token that it signs."""
    given = dict(parse_qsl(body)).get("logout_token", "")
    try:
        claims = _logout_claims(request, given)
    except InvalidTokenError:
        claims = {}
    except ProviderError as error:
        raise HTTPException(503, str(error)) from None
    if names.LOGGED_OUT not in claims.get("events", {}) or "nonce" in claims or not claims.get("sid"):
        raise HTTPException(400, "The logout token is not valid")
    return {"ended_sessions": request.app.state.sessions.end_of_provider(claims["sid"])}


def _logout_claims(request: Request, token: str) -> dict[str, Any]:
    if defects.on("logout-token-not-verified"):
        return dict(jwt.decode(token, options={"verify_signature": False}))
    claims: dict[str, Any] = request.app.state.tokens.verified(token, kind="Logout")
    return claims


@router.get("/me")
def me(request: Request, signed: Signed) -> dict[str, Any]:
    """The caller, with permissions and session."""
    person = people.by_id(request.app.state.store, signed.user_id)
    session = request.app.state.sessions.find(signed.session_id)
    return {"user": account(person or {}), "session_id": signed.session_id, "expires_at": session["expires_at"]}


def account(person: dict[str, Any]) -> dict[str, Any]:
    """Somebody as the contract has them."""
    roles = person["role"].split(names.BETWEEN_ROLES)
    return {
        "user_id": person["user_id"],
        "username": person["username"],
        "email": person["email"],
        "organization": person["tenant"],
        "roles": roles,
        "permissions": list(names.permitted(roles)),
    }


def provider_answer(request: Request, form: dict[str, str]) -> dict[str, Any]:
    """The tokens that the identity provider gives for a form; whom it refuses is refused here."""
    if form.get("username"):
        person = people.by_name(request.app.state.store, form["username"]) or {}
        auditing.attempted(request, person.get("user_id", ""), person.get("tenant", ""))
    with provider_answers():
        answer: dict[str, Any] = request.app.state.tokens.ask(form)
    return answer


def signed_on(
    request: Request, token: str, id_token: str | None = None, nonce: str | None = None, claimed_role: str | None = None
) -> dict[str, Any]:
    """A session for whoever a token of the identity provider stands for."""
    state = request.app.state
    with provider_answers():
        claims = state.tokens.verified(token)
        if id_token is not None:
            if defects.on("id-token-not-verified"):
                identity = _unverified(id_token)
            else:
                identity = state.tokens.verified(id_token, claims.get("azp") or claims.get("client_id", ""), "ID")
            own_nonce = bool(nonce) and identity.get("nonce") == nonce
            if not (own_nonce or defects.on("nonce-not-verified")) or identity.get("sub") != claims["sub"]:
                raise InvalidTokenError("another nonce")
    return opened(request, claims, token, claimed_role)


def _unverified(token: str) -> dict[str, Any]:
    """The claims of a token as anybody may have written them, for a defect."""
    try:
        return dict(jwt.decode(token, options={"verify_signature": False}))
    except jwt.InvalidTokenError as error:
        raise InvalidTokenError(str(error)) from None


def opened(request: Request, claims: dict[str, Any], token: str, claimed_role: str | None = None) -> dict[str, Any]:
    """A session for whoever claims stand for that the identity provider has signed."""
    state = request.app.state
    role = _role(claims)
    if role is None or not claims.get("organization"):
        raise HTTPException(403, "The token names no role or no organization of this platform")
    person = people.signed_on(state.store, claims, role)
    if claimed_role in names.PERMISSIONS:
        people.change(state.store, person["user_id"], {"role": claimed_role})
        person = people.signed_on(state.store, claims, role)
    if defects.on("second-sign-on-ends-first"):
        state.sessions.end_all(person["user_id"])
    brought = request.headers.get("x-session-id", "") if defects.on("session-id-from-client") else ""
    forgotten = defects.on("page-session-outlives-provider") and hasattr(request.state, "by_page")
    session = state.sessions.open(person, token, brought, "" if forgotten else str(claims.get("sid", "")))
    request.state.caller = access.Caller(
        person["user_id"], person["username"], person["tenant"], person["role"], session["session_id"]
    )
    return _tokens(request, person, session)


def _role(claims: dict[str, Any]) -> str | None:
    """The role of a token, or all of those that the realm gives, in whatever order it names them."""
    named = [names.REALM_ROLES.get(role) for role in claims.get("realm_access", {}).get("roles", [])]
    given = [role for role in names.PERMISSIONS if role in named]
    if defects.on("first-role-alone"):
        given = [role for role in named if role][:1]
    default = "viewer" if defects.on("sso-id-token-accepted") else None
    return names.BETWEEN_ROLES.join(given) or default


def _tokens(request: Request, person: dict[str, Any], session: dict[str, Any]) -> dict[str, Any]:
    sessions, moment = request.app.state.sessions, now()
    renewal = secrets.token_hex(16)
    sessions.redis.hset(names.SESSION_KEY.format(session_id=session["session_id"]), "refresh", renewal)
    shared = {
        "iss": names.OWN_ISSUER,
        "aud": names.AUDIENCE,
        "sub": person["user_id"],
        "sid": session["session_id"],
        "iat": moment,
    }

    def signed(use: str, jti: str, seconds: int) -> str:
        claims = {**shared, "token_type": use, "jti": jti, "exp": moment + timedelta(seconds=seconds)}
        return jwt.encode(claims, request.app.state.settings.signing_key, algorithm="HS256")

    return {
        "user": account(person),
        "session_id": session["session_id"],
        "expires_at": session["expires_at"],
        "access_token": signed("access", secrets.token_hex(16), names.ACCESS_SECONDS),
        "refresh_token": signed("refresh", renewal, names.SESSION_SECONDS),
        "token_type": "Bearer",
        "expires_in": names.ACCESS_SECONDS,
    }


def _callback(request: Request) -> str:
    server = request.scope["server"]
    return f"http://{server[0]}:{server[1]}/auth/callback"


class provider_answers:  # noqa: N801  # reads as a sentence after `with`
    """Within, an invalid token is a refusal, and a provider that does not answer makes the platform unavailable."""

    def __enter__(self) -> None:
        """Nothing is needed before."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InvalidTokenError):
            raise access.refused() from None
        if isinstance(error, ProviderError):
            raise HTTPException(503, str(error)) from None
