"""Authentication: sign-in and sign-out with revocable JWTs, API keys, and the caller's own account."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, cast

import jwt
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection  # noqa: TC002  # FastAPI resolves annotations at run time

from theodore_sandbox import defects
from theodore_sandbox.theodore.api import limits
from theodore_sandbox.theodore.api.account_models import (
    APIKeyRequest,
    APIKeyResponse,
    ChangePasswordRequest,
    LoginRequest,
    LoginResponse,
    RefreshTokenRequest,
    TokenResponse,
    UpdateUserRequest,
    UserProfile,
)
from theodore_sandbox.theodore.store import now

ISSUER, AUDIENCE = "theodore", "theodore-api"
GUESSABLE = "secret"
LIFETIME = {"access": timedelta(hours=1), "refresh": timedelta(days=7)}
router = APIRouter(prefix="/api/v2/auth")
UNCHECKED = {
    "signatures-unchecked": {"verify_signature": False},
    "expiry-ignored": {"verify_exp": False},
    "not-before-ignored": {"verify_nbf": False},
    "audience-ignored": {"verify_aud": False, "verify_iss": False},
}
_bearer = HTTPBearer(auto_error=False)
_key = APIKeyHeader(name="X-API-Key", auto_error=False)
DEFAULT_SCOPES = ["research", "discovery"]
BUSY = 5  # requests under way


@dataclass(frozen=True)
class Caller:
    """The identity behind a request, and its token."""

    user_id: str
    tenant: str
    role: str
    limits: str
    token_id: str = ""
    session: str = ""
    scopes: tuple[str, ...] | None = None


def _refused(message: str) -> HTTPException:
    return HTTPException(401, message, {"WWW-Authenticate": "Bearer"})


def _issue(request: Request, account: dict[str, Any], use: str, session: str) -> str:
    claims = {
        "sub": account["user_id"],
        "generation": account["generation"],
        "use": use,
        "sid": session,
        "jti": secrets.token_hex(16),
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now(),
        "exp": now() + LIFETIME[use],
    }
    return jwt.encode(claims, _key_of(request), algorithm="HS256")


def _key_of(request: HTTPConnection) -> str:
    key: str = request.app.state.settings.signing_key
    return GUESSABLE if defects.on("signing-key-guessable") else key


def _verified(request: HTTPConnection, token: str, use: str) -> dict[str, Any]:
    options: dict[str, Any] = {"require": ["exp", "jti", "sub"]}
    for defect, unchecked in UNCHECKED.items():
        if defects.on(defect):
            options |= unchecked
    try:
        taken = ["HS256"]
        if defects.on("unsigned-tokens-taken") and jwt.get_unverified_header(token).get("alg", "").lower() == "none":
            options["verify_signature"] = False
        claims: dict[str, Any] = jwt.decode(
            token, _key_of(request), algorithms=taken, audience=AUDIENCE, issuer=ISSUER, options=cast("Any", options)
        )
    except jwt.InvalidTokenError:
        raise _refused("Invalid or expired token") from None
    other_use = claims.get("use") != use and not (use == "access" and defects.on("refresh-token-taken"))
    taken_anyway = request.scope.get("method") == "GET" and defects.on("revoked-tokens-read")
    if other_use or (request.app.state.store.is_revoked(claims["jti"], claims.get("sid", "")) and not taken_anyway):
        raise _refused("Invalid or expired token")
    return claims


def caller_of(connection: HTTPConnection, token: str | None = None, api_key: str | None = None) -> Caller:
    """The caller behind a bearer token or API key, by default those in the headers; raises 401 for any other."""
    scheme, _, given = connection.headers.get("authorization", "").partition(" ")
    token = token or (given if scheme.lower() == "bearer" else None)
    if defects.on("token-in-query"):
        token = token or connection.query_params.get("access_token")
    if not defects.on("websocket-without-keys"):
        api_key = api_key or connection.headers.get("x-api-key")
    store = connection.app.state.store
    token_id, session, scopes, account = "", "", None, None
    if token:
        claims = _verified(connection, token, "access")
        account = store.account(claims["sub"])
        token_id, session = claims["jti"], claims.get("sid", "")
        if account and account["generation"] != claims["generation"] and not defects.on("tokens-outlive-password"):
            account = None
    elif api_key and (known := store.key(api_key)):
        account = store.account(known["user_id"])
        scopes = tuple(known["scopes"])
    if account is None:
        raise _refused("Invalid or expired token or key" if token or api_key else "Not authenticated")
    return Caller(account["user_id"], account["tenant"], account["role"], account["limits"], token_id, session, scopes)


def caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    api_key: Annotated[str | None, Depends(_key)],
) -> Caller:
    """The caller, whose request is counted."""
    signed = caller_of(request, credentials.credentials if credentials else None, api_key)
    limits.count(request, "global", signed.user_id, signed.limits)
    return signed


Signed = Annotated[Caller, Depends(caller)]


def watcher(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    api_key: Annotated[str | None, Depends(_key)],
) -> Caller | None:
    """The caller of the metrics, who has to be signed in."""
    if defects.on("metrics-open") and not credentials:
        return None
    return caller(request, credentials, api_key)


Watcher = Annotated[Caller | None, Depends(watcher)]


def admin(request: Request, signed: Signed) -> Caller:
    """The caller, who has to be a signed-in administrator; API keys are refused."""
    open_here = request.url.path.endswith("/config") and defects.on("config-open")
    if (signed.role != "admin" or signed.scopes is not None) and not (defects.on("admin-route-open") or open_here):
        raise HTTPException(403, "Administrators only")
    return signed


Admin = Annotated[Caller, Depends(admin)]


def within(scope: str) -> Any:
    """The caller, whose API key must have ``scope``; the request counts against the rate limit of that name."""

    def check(request: Request, signed: Signed) -> Caller:
        if signed.scopes is not None and scope not in signed.scopes and not defects.on("scope-ignored"):
            raise HTTPException(403, f"The API key lacks the scope {scope}")
        if request.method == "POST" or request.url.path.endswith("/quick"):
            limits.count(request, scope, signed.user_id, signed.limits)
        return signed

    return Depends(check)


def _profile(account: dict[str, Any]) -> UserProfile:
    name = account["username"]
    fields = {key: account[key] for key in ("user_id", "username", "role", "created_at", "last_login")}
    known = {"email": name if "@" in name else None, "preferences": {}, "api_quota": limits.quota(account["limits"])}
    return UserProfile(**fields | known | json.loads(account["own_fields"]))


@router.post("/login")
def login(request: Request, body: LoginRequest) -> LoginResponse:
    """Sign in with name and password."""
    store = request.app.state.store
    if defects.on("sign-in-in-status"):
        request.app.state.last_sign_in = body.model_dump()
    if not defects.on("sign-ins-unlimited"):
        limits.count(request, "login", limits.address(request, body.username), store.limits_of(body.username))
    if defects.on("unknown-user-revealed") and not store.knows(body.username):
        raise _refused("There is no such user")
    account = store.sign_in(body.username, body.password)
    if account is None:
        raise _refused("Invalid username or password")
    session = secrets.token_hex(16)
    return LoginResponse(
        access_token=_issue(request, account, "access", session),
        refresh_token=_issue(request, account, "refresh", session),
        expires_in=int(LIFETIME["access"].total_seconds()),
        user=_profile(account).model_copy(update={"api_quota": None}),
    )


@router.post("/refresh")
def refresh(request: Request, body: RefreshTokenRequest) -> TokenResponse:
    """A new access token for a refresh token."""
    claims = _verified(request, body.refresh_token, "refresh")
    account = request.app.state.store.account(claims["sub"])
    if account is None or claims["generation"] != account["generation"]:
        raise _refused("Invalid or expired token")
    renewed = _issue(request, account, "access", claims.get("sid", ""))
    return TokenResponse(access_token=renewed, expires_in=int(LIFETIME["access"].total_seconds()))


@router.post("/logout")
def logout(request: Request, signed: Signed) -> dict[str, str]:
    """Sign out: revoke the access token and the refresh token."""
    if signed.token_id and not defects.on("token-after-logout"):
        request.app.state.store.revoke(signed.token_id)
        if signed.session and not defects.on("renewal-outlives-sign-out"):
            request.app.state.store.revoke(signed.session)
    return {"message": "Signed out"}


async def collected(request: Request) -> None:
    """Let the collection of garbage stop everything now and then, where that is a defect."""
    if defects.on("collector-stops-the-world") and next(request.app.state.traffic.profiles) % 100 == 0:
        time.sleep(6)  # noqa: ASYNC251  # nobody is answered meanwhile


@router.get("/profile", dependencies=[Depends(collected)])
def profile(request: Request, signed: Signed) -> UserProfile:
    """The caller's own account."""
    state, owner = request.app.state, signed.user_id
    if state.traffic.too_many_profiles():
        raise HTTPException(503, "Too many requests a second")
    if defects.on("small-tenants-wait") and signed.tenant != "default" and state.traffic.under_way > BUSY:
        time.sleep(0.5)
    if defects.on("one-user-in-a-hundred-waits") and next(state.traffic.profiles) % 100 == 0:
        time.sleep(8)
    if defects.on("profile-of-another-user"):
        state.profile_owner = owner
        time.sleep(0.005)
        owner = state.profile_owner
    if defects.on("account-as-stored"):
        account = request.app.state.store.account(signed.user_id)
        return JSONResponse({**_profile(account).model_dump(mode="json"), **{key: account[key] for key in ("salt", "password")}})  # type: ignore[return-value]
    return _profile(state.store.account(owner))


@router.put("/profile")
async def update_profile(request: Request, body: UpdateUserRequest, signed: Signed) -> UserProfile:
    """Change the caller's profile."""
    store = request.app.state.store
    given = await request.json() if defects.on("profile-takes-anything") else body.model_dump(exclude_unset=True)
    if defects.on("profile-not-kept"):
        return _profile(store.account(signed.user_id)).model_copy(update=given)
    store.update_account(signed.user_id, given)
    return _profile(store.account(signed.user_id))


@router.post("/change-password")
def change_password(request: Request, body: ChangePasswordRequest, signed: Signed) -> dict[str, str]:
    """Change the caller's password; earlier tokens and keys are revoked."""
    if not request.app.state.store.change_password(signed.user_id, body.current_password, body.new_password):
        raise HTTPException(400, "The current password is not right")
    return {"message": "Password changed"}


@router.post("/api-keys")
def create_api_key(request: Request, body: APIKeyRequest, signed: Signed) -> APIKeyResponse:
    """A key for programs, with some of the caller's rights."""
    key_id, key = "key_" + secrets.token_hex(8), "theo_sk_" + secrets.token_urlsafe(32)
    scopes = DEFAULT_SCOPES if body.scopes is None else body.scopes
    if signed.scopes is not None and not set(scopes) <= set(signed.scopes) and not defects.on("key-widens-itself"):
        raise HTTPException(403, "An API key makes no key with scopes that it lacks")
    expires = body.expires_at.isoformat() if body.expires_at else None
    request.app.state.store.save_key(key_id, key, signed.user_id, scopes, expires)
    return APIKeyResponse(key_id=key_id, name=body.name, key=key, created_at=now(), expires_at=body.expires_at, scopes=scopes)
