"""The reference model's state: what there should be in Theodore, by its contract and by what was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from TheodoreLibrary.exploration.steps import NOBODY

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

ENDED = ("completed", "failed", "cancelled")
SCOPES = ("research", "discovery")


@dataclass(eq=False)
class Person:
    """An identity of the environment, with the profile that it should have."""

    name: str
    username: str
    password: str
    role: str = "user"
    tenant: str = "default"
    strict: bool = False  # whether the limits of production hold for it
    profile: dict[str, Any] = field(default_factory=dict)
    first_profile: dict[str, Any] = field(default_factory=dict)
    first_password: str = ""
    former_password: str = ""


@dataclass(eq=False)
class Session:
    """A sign-in: its tokens, and whether they should work. None says that the contract leaves it open."""

    person: Person
    access: str
    refresh: str = ""
    alive: bool | None = True
    family: str = ""  # sessions that stem from the same sign-in
    why: str = ""  # why it should not work any more
    lent: bool = False  # whether other tests use it too: it is not signed out


@dataclass(eq=False)
class Key:
    """An API key with its scopes."""

    person: Person
    secret: str
    scopes: tuple[str, ...]
    alive: bool | None = True
    why: str = ""


@dataclass(eq=False)
class Job:
    """A research or a discovery."""

    id: str
    kind: str
    owner: Person
    company: str
    request: dict[str, Any]
    created: Any = None
    status: str = "pending"
    body: dict[str, Any] | None = None  # as it was when it had ended
    percentage: float = 0.0
    cancelled: bool = False  # whether a cancel was confirmed
    over: bool = False  # whether a cancel was refused, since it had ended

    @property
    def ended(self) -> bool:
        """Whether it was seen to have ended."""
        return self.status in ENDED


Caller = Session | Key | None


@dataclass(eq=False)
class World:
    """All that the model knows."""

    run: str  # part of every invented name
    companies: list[str] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    plugins: list[dict[str, Any]] = field(default_factory=list)
    first_plugins: dict[str, str] = field(default_factory=dict)
    categories: list[Any] = field(default_factory=list)
    facets: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    first_config: dict[str, Any] = field(default_factory=dict)
    suggested: dict[tuple[str, str], tuple[int, int, list[str]]] = field(default_factory=dict)
    quick: dict[tuple[str, str], list[tuple[int, float, int, list[Any]]]] = field(default_factory=dict)
    started: dict[str, int] = field(default_factory=dict)  # jobs of each tenant
    identifiers: set[str] = field(default_factory=set)  # that the system gave out
    destructive: bool = False
    alone: bool = False  # whether nobody else uses the system
    most_jobs: int = 4

    def caller(self, label: str) -> Caller:
        """A session or key by its label; None for nobody."""
        return self.sessions.get(label) or self.keys.get(label)

    def knows(self, labels: Iterable[str]) -> bool:
        """Whether all labels stand for something."""
        known = self.sessions.keys() | self.keys.keys() | self.jobs.keys() | {NOBODY}
        return set(labels) <= known

    def admits(self, caller: Caller, scope: str, *, admin: bool) -> tuple[int, ...]:
        """The statuses with which a caller may be refused; empty for a caller that is admitted.

        Who is not known gets 401, a key without the scope and a user who is no administrator 403.
        """
        if caller is None or caller.alive is False:
            return (401,)
        if isinstance(caller, Key) and scope and scope not in caller.scopes:
            return (403,)
        if admin and caller.person.role != "admin":
            return (403,)
        return ()

    def sees(self, person: Person, job: Job) -> bool:
        """Whether a person's tenant is that of the job."""
        return person.tenant == job.owner.tenant

    def settled(self, tenant: str) -> int | None:
        """A number that changes with the tenant's jobs; None while one may still be running."""
        if any(not job.ended for job in self.jobs.values() if job.owner.tenant == tenant):
            return None
        return self.started.get(tenant, 0)

    def new_identifier(self, value: Any) -> bool:
        """Whether an identifier was never given out before; it is from now on."""
        fresh = isinstance(value, str) and bool(value) and value not in self.identifiers
        self.identifiers.add(str(value))
        return fresh

    def end_sessions(self, person: Person, why: str) -> None:
        """All sessions of a person end, as a change of password ends them."""
        for session in self.sessions.values():
            if session.person is person:
                session.alive, session.why = False, why
        for key in self.keys.values():
            if key.person is person and key.alive:
                key.alive = None  # the contract does not say whether keys outlive the password

    # Drawing around what exists

    def some_caller(self, source: random.Random, *, admin: bool = False, keys: bool = True, own: Person | None = None) -> str:
        """A caller: mostly somebody who is admitted, now and then somebody else, nobody, or who was signed in once."""
        dice = source.random()
        ended = [label for label, session in self.sessions.items() if session.alive is False]
        if dice < 0.06:  # noqa: PLR2004  # shares of callers
            return NOBODY
        if dice < 0.14 and ended:  # noqa: PLR2004
            return source.choice(ended)
        usable_keys = [label for label, key in self.keys.items() if key.person is own or own is None]
        if dice < 0.32 and keys and usable_keys:  # noqa: PLR2004
            return source.choice(usable_keys)
        alive = [label for label, session in self.sessions.items() if session.alive]
        fitting = [
            label
            for label in alive
            if (not admin or self.sessions[label].person.role == "admin") and own in (None, self.sessions[label].person)
        ]
        others = [label for label in alive if label not in fitting]
        if fitting and (dice < 0.78 or not others):  # noqa: PLR2004
            return source.choice(fitting)
        return source.choice(others or fitting or [NOBODY])

    def around(self, source: random.Random, count: int, least: int, most: int) -> int:
        """A number around how many there are, or around the ends of what is allowed."""
        drawn = source.choice((count - 1, count, count + 1, 1, 2, max(1, count // 2), least, least - 1, most, most + 1))
        return max(least - 1, min(most + 1, drawn))
