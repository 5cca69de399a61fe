"""The people of each tenant: known from their first sign-on, with a role that administrators change."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

import sqlalchemy as sa

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.store import now, people

if TYPE_CHECKING:
    from theodore_sandbox.promptcraft.store import Store


def signed_on(store: Store, claims: dict[str, Any], role: str) -> dict[str, Any]:
    """The person of a token; who comes for the first time gets the roles that the token names, between commas."""
    known = by_id(store, claims["sub"])
    if known:
        return known
    name = str(claims.get("preferred_username") or claims["sub"])
    person = {
        "user_id": claims["sub"],
        "username": name,
        "email": claims.get("email") or name,
        "display_name": claims.get("name") or name,
        "tenant": claims["organization"],
        "role": role,
        "created_at": now().isoformat(),
    }
    store.write(sa.insert(people).values(person))
    return person


def by_id(store: Store, user_id: str) -> dict[str, Any] | None:
    """Somebody by their id."""
    return store.first(sa.select(people).where(people.c.user_id == user_id))


def by_name(store: Store, name: str) -> dict[str, Any] | None:
    """Somebody by the name with which they sign in."""
    return store.first(sa.select(people).where(people.c.username == name))


def of_tenant(store: Store, tenant: str | None, search: str = "") -> list[dict[str, Any]]:
    """The people of a tenant, or of all without one, in the order of their names; with ``search`` those whose names hold it."""
    query = sa.select(people) if tenant is None else sa.select(people).where(people.c.tenant == tenant)
    if search and defects.on("user-search-as-sql"):
        query = query.where(sa.text(f"username LIKE '%{search}%'"))
    elif search:
        query = query.where(people.c.username.contains(search, autoescape=True))
    return store.rows(query.order_by(people.c.username))


def change(store: Store, user_id: str, values: dict[str, Any]) -> None:
    """Change somebody."""
    store.write(sa.update(people).where(people.c.user_id == user_id).values(values))


def remove(store: Store, user_id: str) -> None:
    """Remove somebody."""
    store.write(sa.delete(people).where(people.c.user_id == user_id))
