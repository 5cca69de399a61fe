"""Who sends a request, and what they may do: what routes depend on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TYPE_CHECKING

import jwt
from fastapi import Depends, HTTPException, Request

from theodore_sandbox import defects
from theodore_sandbox.promptcraft import names, people
from theodore_sandbox.promptcraft.sessions import StoreError
from theodore_sandbox.promptcraft.store import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable


HEALTH = "/admin/system/health"
# What a session that has ended is still shown, by a defect.
SEEN_LATE = {"ended-session-sees-figures": "/analytics/realtime", "ended-session-sees-agents": "/agents/list"}


@dataclass(frozen=True)
class Caller:
    """Somebody with a session: their person, tenant, role (or several, between commas) and permissions."""

    user_id: str
    username: str
    tenant: str
    role: str
    session_id: str

    @property
    def permissions(self) -> tuple[str, ...]:
        """What the roles permit."""
        return names.permitted(self.role.split(names.BETWEEN_ROLES))


def refused(detail: str = names.REFUSED) -> HTTPException:
    """The answer to whoever is not signed in."""
    return HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})


def bearer(request: Request) -> str:
    """The bearer token of a request; empty without one."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if defects.on("scheme-by-its-letters") and scheme != "Bearer":
        return ""
    return given.strip() if scheme.lower() == "bearer" else ""


def claims_of(request: Request, token: str, use: str) -> dict[str, Any]:
    """The claims of a token that the platform has signed itself, for a use; any other is refused."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            request.app.state.settings.signing_key,
            algorithms=["HS256"],
            audience=names.AUDIENCE,
            issuer=names.OWN_ISSUER,
            options={"require": ["exp", "iat", "sub", "sid", "jti"]},
        )
    except jwt.InvalidTokenError:
        raise refused() from None
    either = defects.on("access-token-renews" if use == "refresh" else "refresh-token-opens")
    if claims.get("token_type") != use and not either:
        raise refused()
    return claims


def caller(request: Request) -> Caller:
    """The caller of a request, by a token whose session has not ended; the role is the person's present one."""
    token = bearer(request)
    if claimed := defects.on("identity-from-header") and _claimed(request):
        request.state.caller = claimed
        return claimed
    if not token:
        raise refused("Authentication failed: 401: Not authenticated")
    claims = claims_of(request, token, "access")
    state = request.app.state
    try:
        session = state.sessions.find(claims["sid"])
        person = people.by_id(state.store, claims["sub"])
    except (StoreError, DatabaseError):
        if request.url.path.endswith(HEALTH) and defects.on("health-without-its-stores"):
            return Caller(claims["sub"], "", "", "admin", claims["sid"])
        raise
    late = any(defects.on(name) and request.url.path.endswith(end) for name, end in SEEN_LATE.items())
    if session is None and (late or defects.on("session-store-not-asked")):
        session = {"user_id": claims["sub"], "roles": person["role"] if person else ""}
    if session is None or person is None or session["user_id"] != claims["sub"]:
        raise refused()
    longer = defects.on("figures-prolong-session") and "/analytics/" in request.url.path
    state.sessions.touch(claims["sid"], prolong=longer or defects.on("session-prolonged"))
    kept = defects.on("role-kept-in-session") or (defects.on("role-kept-for-audit-trail") and "/audit/" in request.url.path)
    role = session["roles"] if kept else person["role"]
    if defects.on("role-from-header"):
        role = request.headers.get("x-user-role", role)
    found = Caller(person["user_id"], person["username"], person["tenant"], role, claims["sid"])
    request.state.caller = found
    return found


def _claimed(request: Request) -> Caller | None:
    """The person that a header of the access proxy names, which is believed by a defect alone."""
    person = people.by_name(request.app.state.store, request.headers.get("cf-access-authenticated-user-email", ""))
    return Caller(person["user_id"], person["username"], person["tenant"], person["role"], "") if person else None


Signed = Annotated[Caller, Depends(caller)]


def requires(permission: str) -> Callable[[Caller], Caller]:
    """A dependency: the caller, who has to have a permission."""

    def permitted(signed: Signed) -> Caller:
        if permission not in signed.permissions and not defects.on("roles-without-difference"):
            raise HTTPException(403, f"The permission {permission} is needed")
        return signed

    return permitted


Reader = Annotated[Caller, Depends(requires("read"))]
Writer = Annotated[Caller, Depends(requires("write"))]
Executor = Annotated[Caller, Depends(requires("execute"))]
Analyst = Annotated[Caller, Depends(requires("analytics"))]
AgentCreator = Annotated[Caller, Depends(requires("create_agents"))]
UserManager = Annotated[Caller, Depends(requires("manage_users"))]
Admin = Annotated[Caller, Depends(requires("admin"))]


def manages_sessions(signed: Signed) -> Caller:
    """The caller, who has to manage users to see their sessions."""
    return signed if defects.on("permission-forgotten") else requires("manage_users")(signed)
