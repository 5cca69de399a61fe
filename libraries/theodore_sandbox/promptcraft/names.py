"""Names and figures of the platform: roles with their permissions, lifetimes, the form of session keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

REALM, OTHER_REALM = "promptcraft", "elsewhere"
AUDIENCE = "promptcraft-api"  # of the realm's tokens; the platform's own client has the same name
SERVICE_PROVIDER = "urn:promptcraft:platform"  # the platform, where people sign on by SAML
OWN_ISSUER = "promptcraft-hybrid"  # of the platform's session tokens
PERMISSIONS = {
    "admin": ("read", "write", "execute", "admin", "create_agents", "manage_users", "analytics"),
    "developer": ("read", "write", "execute", "create_agents"),
    "analyst": ("read", "execute", "analytics"),
    "viewer": ("read",),
}
BETWEEN_ROLES = ","  # of somebody who has several, as a session in the store has them
REALM_ROLES = {f"promptcraft-{role}": role for role in PERMISSIONS}
SESSION_SECONDS = 28_800
ACCESS_SECONDS = 3_600
SESSION_KEY = "session:{session_id}"
USER_KEY = "user_sessions:{user_id}"
PROVIDER_KEY = "provider_session:{sid}"
LOGGED_OUT = "http://schemas.openid.net/event/backchannel-logout"
REFUSED = "Authentication failed: 401: Invalid or expired token"


def permitted(roles: Iterable[str]) -> tuple[str, ...]:
    """What somebody may do who has these roles: whatever one of them permits."""
    held = {permission for role in roles for permission in PERMISSIONS.get(role, ())}
    return tuple(permission for permission in PERMISSIONS["admin"] if permission in held)
