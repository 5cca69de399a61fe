"""Signing in and out: JWTs that log-out revokes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import jwt
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from theodore_sandbox import defects
from theodore_sandbox.api.models import (
    LoginRequest,
    LoginResponse,
    RefreshTokenRequest,
    TokenResponse,
    UserProfile,
)
from theodore_sandbox.api.store import now

LIFETIME = {"access": timedelta(hours=1), "refresh": timedelta(days=7)}
router = APIRouter(prefix="/api/v2/auth")
_bearer = HTTPBearer(auto_error=False)


@dataclass(frozen=True)
class Caller:
    """Who sent a request, and with which token."""

    user_id: str
    tenant: str
    role: str
    token_id: str


def _refused(message: str) -> HTTPException:
    return HTTPException(401, message, {"WWW-Authenticate": "Bearer"})


def _issue(request: Request, account: dict[str, Any], use: str) -> str:
    claims = {
        "sub": account["user_id"],
        "role": account["role"],
        "tenant": account["tenant"],
        "use": use,
        "jti": secrets.token_hex(16),
        "iat": now(),
        "exp": now() + LIFETIME[use],
    }
    return jwt.encode(claims, request.app.state.settings.signing_key, algorithm="HS256")


def _verified(request: Request, token: str, use: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            request.app.state.settings.signing_key,
            algorithms=["HS256"],
            options={"require": ["exp", "jti", "sub"]},
        )
    except jwt.InvalidTokenError:
        raise _refused("Invalid or expired token") from None
    if claims.get("use") != use or request.app.state.store.is_revoked(claims["jti"]):
        raise _refused("Invalid or expired token")
    return claims


def caller(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Caller:
    """The caller behind a valid bearer token; anybody else is answered 401."""
    if credentials is None:
        raise _refused("Not authenticated")
    claims = _verified(request, credentials.credentials, "access")
    return Caller(claims["sub"], claims["tenant"], claims["role"], claims["jti"])


Signed = Annotated[Caller, Depends(caller)]


def _profile(account: dict[str, Any]) -> UserProfile:
    name = account["username"]
    fields = {key: account[key] for key in ("user_id", "username", "role", "created_at", "last_login")}
    return UserProfile(**fields, email=name if "@" in name else None)


@router.post("/login")
def login(request: Request, body: LoginRequest) -> LoginResponse:
    """Sign in with name and password."""
    account = request.app.state.store.sign_in(body.username, body.password)
    if account is None:
        raise _refused("Invalid username or password")
    return LoginResponse(
        access_token=_issue(request, account, "access"),
        refresh_token=_issue(request, account, "refresh"),
        expires_in=int(LIFETIME["access"].total_seconds()),
        user=_profile(account),
    )


@router.post("/refresh")
def refresh(request: Request, body: RefreshTokenRequest) -> TokenResponse:
    """A new access token for a refresh token."""
    claims = _verified(request, body.refresh_token, "refresh")
    account = request.app.state.store.account(claims["sub"])
    if account is None:
        raise _refused("Invalid or expired token")
    return TokenResponse(access_token=_issue(request, account, "access"), expires_in=int(LIFETIME["access"].total_seconds()))


@router.post("/logout")
def logout(request: Request, signed: Signed) -> dict[str, str]:
    """Sign out: the token is worthless from here on."""
    if not defects.on("token-after-logout"):
        request.app.state.store.revoke(signed.token_id)
    return {"message": "Signed out"}


@router.get("/profile")
def profile(request: Request, signed: Signed) -> UserProfile:
    """The caller's own account."""
    account = request.app.state.store.account(signed.user_id)
    if account is None:
        raise _refused("Invalid or expired token")
    return _profile(account)
