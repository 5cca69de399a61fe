"""How steps are drawn: valid, invalid, and around what exists and what is allowed."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from TheodoreLibrary.exploration import drawn_values
from TheodoreLibrary.exploration.model.catalogue import ACTIONS
from TheodoreLibrary.exploration.steps import NOBODY, Step

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from TheodoreLibrary.exploration.model.world import Session, World

    Values = Callable[[World, random.Random], dict[str, Any] | None]
    CallerOf = Callable[[World, random.Random, dict[str, Any], str], str]

A_THIRD, HALF, MOST = 0.33, 0.5, 0.7
# Who takes a step, as often as it stands here.
CALLERS = ("fitting",) * 9 + ("nobody", "ended", "key", "key", "other")
ADMINISTRATION = ("fitting",) * 6 + ("other",) * 4 + ("nobody", "key")


def drawn(world: World, source: random.Random) -> Step:
    """A step, by somebody who may take it or not; each kind of caller goes through all variants."""
    while True:
        world.kind = ""
        name = drawn_values.some(world, source, "actions", SCHEDULE)
        caller_of, values_of = DRAWN[name][1:]
        callers = ADMINISTRATION if caller_of is administrator else CALLERS
        kind = "fitting" if caller_of in (nobody, owner) else drawn_values.some(world, source, f"{name}, callers", callers)
        world.kind = kind
        values = values_of(world, source)
        if values is None:
            continue
        if "plugin" in values and kind != "fitting" and source.random() < HALF:
            values["plugin"] = drawn_values.NO_PLUGIN  # who may not change plugins does not learn which there are
        if kind == "key" and caller_of in (anybody, starter, owner_or_other_tenant) and world.keys:
            return Step(name, _some_key(world, source, _scope(world, name, values)), values)
        return Step(name, caller_of(world, source, values, kind), values)


def _scope(world: World, name: str, values: dict[str, Any]) -> str:
    """The scope that a key needs."""
    return world.jobs[values["job"]].kind if "job" in values else ACTIONS[name].scope


def _some_key(world: World, source: random.Random, scope: str) -> str:
    """A key, rather without the scope that is needed: those are refused."""
    lacking = [label for label, key in world.keys.items() if scope and key.alive and scope not in key.scopes]
    return source.choice(lacking if lacking and source.random() < MOST else list(world.keys))


def anybody(world: World, source: random.Random, values: dict[str, Any], kind: str) -> str:
    """Whoever is signed in, a key, nobody, or who was signed in once."""
    del values
    return _some(world, source, kind, lambda _: True)


def starter(world: World, source: random.Random, values: dict[str, Any], kind: str) -> str:
    """Rather the first identity, and now and then somebody of another tenant, so that jobs can be compared with each other."""
    first = next(iter(world.identities.values()))
    if kind != "fitting":
        return anybody(world, source, values, kind)
    foreign = source.random() < A_THIRD
    return _some(
        world, source, kind, lambda session: (session.identity.tenant != first.tenant) if foreign else session.identity is first
    )


def by_session(world: World, source: random.Random, values: dict[str, Any], kind: str) -> str:
    """The same without keys, whose use the contract leaves open here, and without sessions that other tests use too."""
    del values
    return _some(world, source, "fitting" if kind in ("key", "other") else kind, lambda session: not session.lent)


def administrator(world: World, source: random.Random, values: dict[str, Any], kind: str) -> str:
    """An administrator, or somebody who is none."""
    del values
    return _some(world, source, kind, lambda session: session.identity.role == "admin")


def nobody(world: World, source: random.Random, values: dict[str, Any], kind: str) -> str:
    """Nobody, since credentials say nothing here."""
    del world, source, values, kind
    return NOBODY


def owner(world: World, source: random.Random, values: dict[str, Any], kind: str) -> str:
    """A session of the one who has started the job."""
    del source, kind
    identity = world.jobs[values["job"]].owner
    own = [label for label, session in world.sessions.items() if session.identity is identity and session.alive]
    return own[0] if own else NOBODY


def owner_or_other_tenant(world: World, source: random.Random, values: dict[str, Any], kind: str) -> str:
    """The owner of a job, or somebody of another tenant."""
    identity = world.jobs[values["job"]].owner
    if kind == "other" or (kind == "fitting" and source.random() < A_THIRD):
        return _some(world, source, "fitting", lambda session: session.identity.tenant != identity.tenant)
    return _some(world, source, kind, lambda session: session.identity is identity)


def own_session(world: World, source: random.Random, values: dict[str, Any], kind: str) -> str:
    """A session that no other test uses, which may end; rather a second session of somebody."""
    del values
    own = [label for label, session in world.sessions.items() if not session.lent]
    alive = [label for label in own if world.sessions[label].alive]
    second = [label for label in alive if label not in world.identities]
    return source.choice([*own, NOBODY] if kind in ("nobody", "ended") else second or alive or [NOBODY])


def own_password(world: World, source: random.Random, values: dict[str, Any], kind: str) -> str:
    """A session of somebody whose password may change."""
    del values
    own = {label: session for label, session in world.sessions.items() if not session.lent}
    usual = [label for label, session in own.items() if session.alive and session.identity.role != "admin"]
    return source.choice([*own, NOBODY] if kind in ("nobody", "ended") else usual or [NOBODY])


def _some(world: World, source: random.Random, kind: str, fits: Callable[[Session], bool]) -> str:
    alive = {label: session for label, session in world.sessions.items() if session.alive}
    kinds = {
        "fitting": [label for label, session in alive.items() if fits(session)],
        "other": [label for label, session in alive.items() if not fits(session)],
        "ended": [label for label, session in world.sessions.items() if session.alive is False],
        "key": list(world.keys),
        "nobody": [NOBODY],
    }
    return source.choice(kinds[kind] or kinds["fitting"] or [NOBODY])


# How often each is drawn in turn, for whom, and with which values.
DRAWN: dict[str, tuple[int, CallerOf, Values]] = {
    "sign in": (10, nobody, drawn_values.sign_in),
    "sign out": (6, own_session, drawn_values.nothing),
    "renew a token": (4, nobody, drawn_values.renew),
    "read the profile": (6, anybody, drawn_values.nothing),
    "change the profile": (17, by_session, drawn_values.profile),
    "change the password": (5, own_password, drawn_values.password),
    "make an API key": (10, by_session, drawn_values.key),
    "start a research": (20, starter, drawn_values.research),
    "read a job": (14, anybody, drawn_values.job),
    "follow a job to its end": (4, owner, drawn_values.open_job),
    "cancel a job": (5, owner_or_other_tenant, drawn_values.cancel),
    "read a job's event stream": (2, anybody, drawn_values.stream),
    "start a discovery": (30, starter, drawn_values.discovery),
    "discover quickly": (12, anybody, drawn_values.quick),
    "ask for suggestions": (14, anybody, drawn_values.suggestions),
    "list plugins": (32, anybody, drawn_values.plugins),
    "search plugins": (10, anybody, drawn_values.plugin_search),
    "read a plugin's status": (3, anybody, drawn_values.plugin),
    "change a plugin": (14, administrator, drawn_values.plugin_change),
    "read the categories": (1, anybody, drawn_values.nothing),
    "read the configuration": (3, administrator, drawn_values.nothing),
    "change the configuration": (9, administrator, drawn_values.configuration),
    "restart": (2, administrator, drawn_values.restart),
    "read the system's status": (2, anybody, drawn_values.nothing),
    "read the metrics": (7, anybody, drawn_values.metrics),
    "read an open route": (3, anybody, drawn_values.open_route),
}
SCHEDULE = tuple(name for name, (times, *_) in DRAWN.items() for _ in range(times))
