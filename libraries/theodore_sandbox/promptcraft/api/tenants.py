"""The people of a tenant, for its administrators: list, search, read, change, remove."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from theodore_sandbox import defects
from theodore_sandbox.promptcraft import people
from theodore_sandbox.promptcraft.access import UserManager  # noqa: TC001  # FastAPI resolves annotations at run time
from theodore_sandbox.promptcraft.api.identity import account

router = APIRouter(prefix="/api/v4/admin/users")
UserId = Annotated[str, Path(pattern="^[0-9a-f-]{36}$")]


class Changes(BaseModel):
    """What administrators change."""

    model_config = ConfigDict(extra="forbid")
    role: Literal["admin", "developer", "analyst", "viewer"] | None = None
    display_name: str | None = Field(None, min_length=1, max_length=100)


def described(person: dict[str, Any]) -> dict[str, Any]:
    """Somebody for an administrator."""
    return account(person) | {"display_name": person["display_name"], "created_at": person["created_at"]}


@router.get("")
def listed(request: Request, signed: UserManager, search: Annotated[str, Query(max_length=100)] = "") -> dict[str, Any]:
    """The people of the tenant."""
    store = request.app.state.store
    leak = defects.on("users-of-all-tenants-found") if search else defects.on("users-of-all-tenants-listed")
    found = people.of_tenant(store, None if leak else signed.tenant, search)
    return {"data": [described(person) for person in found]}


@router.get("/{user_id}")
def read(request: Request, user_id: UserId, signed: UserManager) -> dict[str, Any]:
    """Somebody of the tenant."""
    return described(_found(request, user_id, signed.tenant, defects.on("user-of-any-tenant-read")))


@router.patch("/{user_id}")
def change(request: Request, user_id: UserId, body: Changes, signed: UserManager) -> dict[str, Any]:
    """Change role or name; a new role holds from the next request on."""
    store = request.app.state.store
    leak = defects.on("user-of-any-tenant-changed")
    _found(request, user_id, signed.tenant, leak)
    if values := body.model_dump(exclude_none=True):
        people.change(store, user_id, values)
    return described(_found(request, user_id, signed.tenant, leak))


@router.delete("/{user_id}")
def remove(request: Request, user_id: UserId, signed: UserManager) -> dict[str, Any]:
    """Remove somebody and end their sessions."""
    _found(request, user_id, signed.tenant)
    ended = request.app.state.sessions.end_all(user_id)
    people.remove(request.app.state.store, user_id)
    return {"user_id": user_id, "status": "removed", "ended_sessions": ended}


def _found(request: Request, user_id: str, tenant: str, any_tenant: bool = False) -> dict[str, Any]:
    person = people.by_id(request.app.state.store, user_id)
    if person and person["tenant"] != tenant and defects.on("user-named-in-error"):
        raise HTTPException(404, f"The user {person['username']} is of another organization")
    if person is None or (person["tenant"] != tenant and not any_tenant):
        raise HTTPException(404, "There is no such user")
    return person
