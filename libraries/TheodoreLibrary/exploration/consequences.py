"""What a step may have changed is looked at soon after it, by whom it concerns and by whom it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from TheodoreLibrary.exploration.model.discoveries import MOST_QUICK, TYPED
from TheodoreLibrary.exploration.model.world import SCOPES
from TheodoreLibrary.exploration.steps import NOBODY, RUN, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from TheodoreLibrary.exploration.model.actions import Turn
    from TheodoreLibrary.exploration.model.world import Identity, World

OK = 200


def first_steps(world: World) -> list[Step]:
    """What an exploration does soon: a key for each scope, and a second session."""
    first = next(iter(world.identities))
    signed_in = {"identity": first, "username": "own", "password": "right"}
    keys = [{"name": f"explored {RUN}", "scopes": [scope], "ends": None, "description": None} for scope in SCOPES]
    return [Step("sign in", NOBODY, signed_in), *(Step("make an API key", first, values) for values in keys)]


def looks(turn: Turn) -> list[Step]:
    """The steps that look at what a step has changed, or should not have changed."""
    look = LOOKS.get(turn.step.action)
    return look(turn) if look else []


def _sessions(turn: Turn, identity: Identity, *, alive: bool = True) -> list[str]:
    return [label for label, session in turn.world.sessions.items() if session.identity is identity and session.alive is alive]


def _other_tenants(turn: Turn, identity: Identity) -> list[str]:
    """A session of another tenant."""
    sessions = turn.world.sessions.items()
    return [label for label, session in sessions if session.alive and session.identity.tenant != identity.tenant][:1]


def _renewal(turn: Turn) -> list[Step]:
    """The use of the caller's refresh token, where it has got one."""
    values = {"session": turn.step.caller, "token": "refresh"}
    return [Step("renew a token", NOBODY, values)] if turn.world.sessions[turn.step.caller].refresh else []


def _password(turn: Turn) -> list[Step]:
    if turn.step.caller not in turn.world.sessions:
        return []
    identity = turn.world.sessions[turn.step.caller].identity
    return [
        *_renewal(turn),
        Step("read the profile", turn.step.caller),
        Step("sign in", NOBODY, {"identity": identity.name, "username": "own", "password": "former"}),
        Step("sign in", NOBODY, {"identity": identity.name, "username": "own", "password": "right"}),
    ]


def _signed_out(turn: Turn) -> list[Step]:
    if turn.step.caller not in turn.world.sessions:
        return []
    others = _sessions(turn, turn.world.sessions[turn.step.caller].identity)[:1]
    ended = [turn.step.caller, *others]
    return [*_renewal(turn), *(Step("read the profile", label) for label in ended)]


def _profile(turn: Turn) -> list[Step]:
    if turn.caller is None:
        return []
    others = [label for label in _sessions(turn, turn.caller.identity) if label != turn.step.caller]
    return [Step("read the profile", label) for label in (others[-1:] or [turn.step.caller])]


def _key(turn: Turn) -> list[Step]:
    label = turn.step.label
    if label not in turn.world.keys:
        return []
    company = turn.world.companies[0]
    jobs = [Step("read a job", label, {"job": job, "route": ""}) for job in list(turn.world.jobs)[-2:]]
    return [
        Step("read the profile", label),
        Step("ask for suggestions", label, {"query": company[:TYPED], "limit": None}),
        Step("start a research", label, {"body": {"company_name": ""}}),
        Step("start a discovery", label, {"body": {"company_name": ""}}),
        *jobs,
    ]


def _job_started(turn: Turn) -> list[Step]:
    label = turn.step.label
    if label not in turn.world.jobs:
        return []
    owner, at = turn.world.jobs[label].owner, {"job": label, "route": ""}
    action, more = ("follow a job to its end", {"until": "ended"})
    if len(turn.world.jobs) % 3 == 2:  # noqa: PLR2004  # a third is cancelled
        action, more = "cancel a job", {}
    ends = [Step(action, own, at | more) for own in _sessions(turn, owner)[:1]]
    others = [
        Step("read a job", other, at | {"route": route}) for other in _other_tenants(turn, owner) for route in ("/progress", "")
    ]
    return [*others[len(turn.world.jobs) % 2 :][:1], *ends]


def _job_ended(turn: Turn) -> list[Step]:
    label, job = turn.values["job"], turn.job
    if not (job.ended or job.cancelled):
        return []
    own, others = _sessions(turn, job.owner)[:1], _other_tenants(turn, job.owner)
    typed = job.company[:TYPED]
    steps = [Step("read a job", caller, {"job": label, "route": route}) for caller in own for route in ("/progress", "")]
    steps += [Step("cancel a job", caller, {"job": label, "route": ""}) for caller in (*others, *own)]
    steps += [Step("read the system's status", caller) for caller in others]
    if job.kind == "research":
        quick = {"company_name": turn.world.companies[0], "limit": MOST_QUICK, "similarity_threshold": 0.2}
        for caller in (*others, *own):
            steps += [Step("read a job's event stream", caller, {"job": label})] if job.ended else []
            steps += [Step("ask for suggestions", caller, {"query": typed, "limit": MOST_QUICK})]
            steps += [Step("discover quickly", caller, quick)]
    return steps


def _suggestions(turn: Turn) -> list[Step]:
    """The same with exactly as many as there are, and with the most: lists with other limits can be compared."""
    count, limit = len(turn.items("suggestions")), turn.values["limit"]
    others = [other for other in (count, MOST_QUICK) if other and limit not in (count, other)] if turn.caller else []
    return [Step(turn.step.action, turn.step.caller, {"query": turn.values["query"], "limit": other}) for other in others]


def _plugin(turn: Turn) -> list[Step]:
    readers = [label for label, session in turn.world.sessions.items() if session.alive][:1]
    steps = [Step("read a plugin's status", label, {"plugin": turn.values["plugin"]}) for label in readers]
    everything = dict.fromkeys(("category", "status", "search", "limit", "offset"))
    return [*steps, *(Step("list plugins", label, everything | {"status": "enabled"}) for label in readers)]


def _configuration(turn: Turn) -> list[Step]:
    identities = turn.world.identities.values()
    return [
        Step("read the configuration", label)
        for identity in identities
        if identity.role == "admin"
        for label in _sessions(turn, identity)[:1]
    ]


LOOKS: dict[str, Callable[[Turn], list[Step]]] = {
    "change the password": _password,
    "sign out": _signed_out,
    "change the profile": _profile,
    "make an API key": _key,
    "start a research": _job_started,
    "start a discovery": _job_started,
    "cancel a job": _job_ended,
    "follow a job to its end": _job_ended,
    "ask for suggestions": _suggestions,
    "change a plugin": _plugin,
    "change the configuration": _configuration,
}
