"""How steps are drawn: valid, invalid, and around what exists and what is allowed."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from TheodoreLibrary.exploration import drawn_values
from TheodoreLibrary.exploration.steps import NOBODY, Step

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from TheodoreLibrary.exploration.model.world import Session, World

    Values = Callable[[World, random.Random], dict[str, Any] | None]
    CallerOf = Callable[[World, random.Random, dict[str, Any]], str]

STRANGE, ENDED_ONCE, BY_KEY, FITTING = 0.06, 0.14, 0.32, 0.78  # of 1: nobody, a session that has ended, a key, who may
ADMIN_BY_KEY = 0.18


def drawn(world: World, source: random.Random) -> Step:
    """A step, by somebody who may take it or not."""
    names = list(DRAWN)
    while True:
        name = source.choices(names, [DRAWN[name][0] for name in names])[0]
        _, values_of, caller_of = DRAWN[name]
        values = values_of(world, source)
        if values is not None:
            return Step(name, caller_of(world, source, values), values)


def anybody(world: World, source: random.Random, values: dict[str, Any]) -> str:
    """Mostly somebody who is signed in, now and then a key, nobody, or who was signed in once."""
    del values
    return _some(world, source, lambda _: True, keys=True)


def by_session(world: World, source: random.Random, values: dict[str, Any]) -> str:
    """The same without keys, whose use the contract leaves open here."""
    del values
    return _some(world, source, lambda _: True, keys=False)


def administrator(world: World, source: random.Random, values: dict[str, Any]) -> str:
    """Mostly an administrator."""
    del values
    return _some(world, source, lambda session: session.person.role == "admin", keys=source.random() < ADMIN_BY_KEY)


def nobody(world: World, source: random.Random, values: dict[str, Any]) -> str:
    """Nobody, since credentials say nothing here."""
    del world, source, values
    return NOBODY


def owner(world: World, source: random.Random, values: dict[str, Any]) -> str:
    """A session of the one who has started the job."""
    del source
    person = world.jobs[values["job"]].owner
    own = [label for label, session in world.sessions.items() if session.person is person and session.alive]
    return own[0] if own else NOBODY


def owner_or_stranger(world: World, source: random.Random, values: dict[str, Any]) -> str:
    """The owner of a job, a colleague, or somebody of another tenant."""
    person = world.jobs[values["job"]].owner
    strangers = [label for label, session in world.sessions.items() if session.alive and session.person.tenant != person.tenant]
    if strangers and source.random() < 0.35:  # noqa: PLR2004  # a third
        return source.choice(strangers)
    return _some(world, source, lambda session: session.person is person, keys=True)


def own_session(world: World, source: random.Random, values: dict[str, Any]) -> str:
    """A session that no other test uses, which may end; rather a second session of somebody."""
    del values
    own = [label for label, session in world.sessions.items() if not session.lent]
    alive = [label for label in own if world.sessions[label].alive]
    if source.random() < 0.15:  # noqa: PLR2004  # now and then
        return source.choice([*own, NOBODY])
    second = [label for label in alive if label not in world.people]
    return source.choice(second or alive or [NOBODY])


def own_password(world: World, source: random.Random, values: dict[str, Any]) -> str:
    """A session of somebody whose password may change."""
    del values
    own = {label: session for label, session in world.sessions.items() if not session.lent}
    usual = [label for label, session in own.items() if session.alive and session.person.role != "admin"]
    return source.choice(usual if usual and source.random() < 0.85 else [*own, NOBODY])  # noqa: PLR2004  # most


def _some(world: World, source: random.Random, fits: Callable[[Session], bool], *, keys: bool) -> str:
    dice = source.random()
    ended = [label for label, session in world.sessions.items() if session.alive is False]
    if dice < STRANGE:
        return NOBODY
    if dice < ENDED_ONCE and ended:
        return source.choice(ended)
    if dice < BY_KEY and keys and world.keys:
        return source.choice(list(world.keys))
    alive = [label for label, session in world.sessions.items() if session.alive]
    fitting = [label for label in alive if fits(world.sessions[label])]
    others = [label for label in alive if label not in fitting]
    if fitting and (dice < FITTING or not others):
        return source.choice(fitting)
    return source.choice(others or [NOBODY])


# How often each is drawn, with which values, and for whom.
DRAWN: dict[str, tuple[int, Values, CallerOf]] = {
    "sign in": (3, drawn_values.sign_in, nobody),
    "sign out": (2, drawn_values.nothing, own_session),
    "renew a token": (3, drawn_values.renew, nobody),
    "read the profile": (7, drawn_values.nothing, anybody),
    "change the profile": (6, drawn_values.profile, by_session),
    "change the password": (2, drawn_values.password, own_password),
    "make an API key": (4, drawn_values.key, by_session),
    "start a research": (6, drawn_values.research, anybody),
    "read a job": (14, drawn_values.job, anybody),
    "follow a job to its end": (4, drawn_values.open_job, owner),
    "cancel a job": (5, drawn_values.cancel, owner_or_stranger),
    "read a job's event stream": (3, drawn_values.stream, anybody),
    "start a discovery": (6, drawn_values.discovery, anybody),
    "discover quickly": (6, drawn_values.quick, anybody),
    "ask for suggestions": (9, drawn_values.suggestions, anybody),
    "list plugins": (16, drawn_values.plugins, anybody),
    "search plugins": (7, drawn_values.plugin_search, anybody),
    "read a plugin's status": (6, drawn_values.plugin, anybody),
    "change a plugin": (10, drawn_values.plugin_change, administrator),
    "read the categories": (1, drawn_values.nothing, anybody),
    "read the configuration": (5, drawn_values.nothing, administrator),
    "change the configuration": (6, drawn_values.configuration, administrator),
    "restart": (2, drawn_values.restart, administrator),
    "read the system's status": (4, drawn_values.nothing, anybody),
    "read the metrics": (3, drawn_values.metrics, anybody),
    "read an open route": (3, drawn_values.open_route, anybody),
}
