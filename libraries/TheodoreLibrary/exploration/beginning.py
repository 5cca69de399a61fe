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
    from TheodoreLibrary.exploration.model.world import Caller, Person, World
    from TheodoreLibrary.exploration.steps import Answer
    from TheodoreLibrary.exploration.walk import Channel

SETTINGS = ("log_level", "feature_flags")
CHANGING = ("last_login", "api_quota")  # of their own
KEPT = ("first_name", "last_name", "email", "preferences")


def begin(world: World, channel: Channel) -> None:
    """Sign everybody in, and read what exists."""
    for person in world.people.values():
        person.first_password = person.password
        if person.strict:  # it may sign in a few times only
            world.sessions[person.name] = Session(person, channel.token(person.name), lent=True)
        else:
            signed_in(world, person, person.name, _sign_in(channel, person))
        profile = _read(channel, "/auth/profile", world.caller(person.name)).fields
        person.profile = {name: value for name, value in profile.items() if name not in CHANGING}
        person.first_profile = copy.deepcopy(person.profile)
    first = world.caller(next(iter(world.people)))
    listing = _read(channel, f"/plugins?limit={MOST_LISTED}", first).fields
    world.plugins = listing.get("plugins") or []
    if not world.plugins:
        raise QaError("The exploration cannot begin: expected at least 1 plugin in GET /plugins, observed none.")
    world.first_plugins = {plugin["name"]: plugin["status"] for plugin in world.plugins}
    world.facets = {name: listing.get(name) for name in ("categories", "available_statuses")}
    world.categories = _read(channel, "/plugins/categories", first).fields.get("categories") or []
    for person in world.people.values():
        if person.role == "admin":
            fields = _read(channel, "/config", world.caller(person.name)).fields
            world.config = {name: setting(fields, name) for name in SETTINGS if setting(fields, name) is not None}
            world.first_config = copy.deepcopy(world.config)
    _suggestions(world, channel)


def _suggestions(world: World, channel: Channel) -> None:
    """What each tenant is suggested before anything is researched: it may change by its own researches alone."""
    tenants = {person.tenant: world.caller(person.name) for person in world.people.values()}
    for tenant, caller in tenants.items():
        for typed in (*STARTS, *(company[:TYPED] for company in world.companies)):
            answer = _read(channel, query("/discover/suggestions", query=typed, limit=MOST_QUICK), caller)
            world.suggested[tenant, typed, 0] = (MOST_QUICK, list(map(str, answer.fields.get("suggestions") or ())))


def put_back(world: World, channel: Channel) -> list[str]:
    """Put passwords, profiles, plugins and configuration back; returns what could not be."""
    problems = []
    for person in world.people.values():
        session = _usable(world, channel, person)
        if session is None:
            problems.append(f"{person.name} could not be signed in")
            continue
        changes = {
            name: person.first_profile.get(name) for name in KEPT if person.first_profile.get(name) != person.profile.get(name)
        }
        if changes:
            problems += _done(channel, Request("PUT", "/auth/profile", changes), session, f"the profile of {person.name}")
        if person.role == "admin":
            problems += _plugins_back(world, channel, session)
            changes = {name: value for name, value in world.first_config.items() if value != world.config.get(name)}
            if changes:
                problems += _done(channel, Request("POST", "/config", changes), session, "the configuration")
        if person.password != person.first_password:
            body = {"current_password": person.password, "new_password": person.first_password}
            problems += _done(channel, Request("POST", "/auth/change-password", body), session, f"the password of {person.name}")
            person.password = person.first_password
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


def _usable(world: World, channel: Channel, person: Person) -> Session | None:
    """A session that works, or a new one."""
    for session in world.sessions.values():
        if session.person is person and session.alive:
            return session
    answer = _signed_in(channel, person)
    return Session(person, str(answer.fields["access_token"])) if answer.status == OK else None


def _signed_in(channel: Channel, person: Person) -> Answer:
    return channel.send(Request("POST", "/auth/login", {"username": person.username, "password": person.password}), None)


def _sign_in(channel: Channel, person: Person) -> Answer:
    answer = _signed_in(channel, person)
    if answer.status != OK or not answer.fields.get("access_token"):
        raise QaError(f"The exploration cannot begin: expected 200 when {person.name} signs in, observed {answer.status}.")
    return answer


def _read(channel: Channel, path: str, caller: Caller) -> Answer:
    answer = channel.send(Request("GET", path), caller)
    if answer.status != OK:
        who = NOBODY if caller is None else caller.person.name
        raise QaError(f"The exploration cannot begin: expected 200 for GET {path} by {who}, observed {answer.status}.")
    return answer


def _done(channel: Channel, request: Request, session: Session, what: str) -> list[str]:
    answer: Any = channel.send(request, session)
    return [] if answer.status == OK else [f"{what} ({request.method} {request.path} was answered {answer.status})"]
