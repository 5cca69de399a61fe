"""How an exploration begins and ends: what exists is read first, and what was changed is put back."""

from __future__ import annotations

import copy
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import QaError
from TheodoreLibrary.exploration.model.accounts import signed_in
from TheodoreLibrary.exploration.model.actions import OK, query
from TheodoreLibrary.exploration.model.discoveries import MOST_QUICK, STARTS, TYPED
from TheodoreLibrary.exploration.model.system import MOST_LISTED, setting
from TheodoreLibrary.exploration.model.world import Session
from TheodoreLibrary.exploration.steps import NOBODY, Request

if TYPE_CHECKING:
    from TheodoreLibrary.exploration.model.world import Caller, Identity, World
    from TheodoreLibrary.exploration.steps import Answer
    from TheodoreLibrary.exploration.walk import Channel

SETTINGS = ("log_level", "feature_flags")
CHANGING = ("last_login", "api_quota")  # of their own
KEPT = ("first_name", "last_name", "email", "preferences")


def begin(world: World, channel: Channel) -> None:
    """Sign everybody in, and read what exists."""
    for identity in world.identities.values():
        identity.first_password = identity.password
        if identity.strict:  # it may sign in a few times only
            world.sessions[identity.name] = Session(identity, channel.token(identity.name), lent=True)
        else:
            signed_in(world, identity, identity.name, _sign_in(channel, identity))
        profile = _read(channel, "/auth/profile", world.caller(identity.name)).fields
        identity.profile = {name: value for name, value in profile.items() if name not in CHANGING}
        identity.first_profile = copy.deepcopy(identity.profile)
    first = world.caller(next(iter(world.identities)))
    listing = _read(channel, f"/plugins?limit={MOST_LISTED}", first).fields
    world.plugins = listing.get("plugins") or []
    if not world.plugins:
        raise QaError("The exploration cannot begin: expected at least 1 plugin in GET /plugins, observed none.")
    world.first_plugins = {plugin["name"]: plugin["status"] for plugin in world.plugins}
    world.facets = {name: listing.get(name) for name in ("categories", "available_statuses")}
    world.categories = _read(channel, "/plugins/categories", first).fields.get("categories") or []
    for identity in world.identities.values():
        if identity.role == "admin":
            fields = _read(channel, "/config", world.caller(identity.name)).fields
            world.config = {name: setting(fields, name) for name in SETTINGS if setting(fields, name) is not None}
            world.first_config = copy.deepcopy(world.config)
    _suggestions(world, channel)


def _suggestions(world: World, channel: Channel) -> None:
    """What each tenant is suggested before anything is researched: it may change by its own researches alone."""
    tenants = {identity.tenant: world.caller(identity.name) for identity in world.identities.values()}
    for tenant, caller in tenants.items():
        for typed in (*STARTS, *world.fragments, *(company[:TYPED] for company in world.companies)):
            answer = _read(channel, query("/discover/suggestions", query=typed, limit=MOST_QUICK), caller)
            names = world.first_suggested[tenant, typed] = list(map(str, answer.fields.get("suggestions") or ()))
            world.suggested[tenant, typed, 0] = (MOST_QUICK, names)


def put_back(world: World, channel: Channel) -> list[str]:
    """Put passwords, profiles, plugins and configuration back; returns what could not be."""
    problems = []
    for identity in world.identities.values():
        session = _usable(world, channel, identity)
        if session is None:
            problems.append(f"{identity.name} could not be signed in")
            continue
        changes = {
            name: identity.first_profile.get(name)
            for name in KEPT
            if identity.first_profile.get(name) != identity.profile.get(name)
        }
        if changes:
            problems += _done(channel, Request("PUT", "/auth/profile", changes), session, f"the profile of {identity.name}")
        if identity.role == "admin":
            problems += _plugins_back(world, channel, session)
            changes = {name: value for name, value in world.first_config.items() if value != world.config.get(name)}
            if changes:
                problems += _done(channel, Request("POST", "/config", changes), session, "the configuration")
        if identity.password != identity.first_password:
            body = {"current_password": identity.password, "new_password": identity.first_password}
            problems += _done(
                channel, Request("POST", "/auth/change-password", body), session, f"the password of {identity.name}"
            )
            identity.password = identity.first_password
    return problems


def _plugins_back(world: World, channel: Channel, session: Session) -> list[str]:
    changed = [plugin["name"] for plugin in world.plugins if plugin["status"] != world.first_plugins[plugin["name"]]]
    problems = []
    for name in changed:
        channel.send(Request("DELETE", f"/plugins/{name}?force=true"), session)
        steps = {"available": (), "installed": ("install",), "enabled": ("install", "enable")}
        for step in steps.get(world.first_plugins[name], ("install", "enable", "disable")):
            problems += _done(channel, Request("POST", f"/plugins/{name}/{step}"), session, f"the plugin {name}")
    return problems


def _usable(world: World, channel: Channel, identity: Identity) -> Session | None:
    """A session that works, or a new one."""
    for session in world.sessions.values():
        if session.identity is identity and session.alive:
            return session
    answer = _signed_in(channel, identity)
    return Session(identity, str(answer.fields["access_token"])) if answer.status == OK else None


def _signed_in(channel: Channel, identity: Identity) -> Answer:
    return channel.send(Request("POST", "/auth/login", {"username": identity.username, "password": identity.password}), None)


def _sign_in(channel: Channel, identity: Identity) -> Answer:
    answer = _signed_in(channel, identity)
    if answer.status != OK or not answer.fields.get("access_token"):
        raise QaError(f"The exploration cannot begin: expected 200 when {identity.name} signs in, observed {answer.status}.")
    return answer


def _read(channel: Channel, path: str, caller: Caller) -> Answer:
    answer = channel.send(Request("GET", path), caller)
    if answer.status != OK:
        who = NOBODY if caller is None else caller.identity.name
        raise QaError(f"The exploration cannot begin: expected 200 for GET {path} by {who}, observed {answer.status}.")
    return answer


def _done(channel: Channel, request: Request, session: Session, what: str) -> list[str]:
    answer: Any = channel.send(request, session)
    return [] if answer.status == OK else [f"{what} ({request.method} {request.path} was answered {answer.status})"]
