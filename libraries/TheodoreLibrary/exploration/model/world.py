"""The reference model's state: what there should be in Theodore, by its contract and by what was done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from TheodoreLibrary.exploration.steps import INVENTED, NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterable

ENDED = ("completed", "failed", "cancelled")
FRAGMENTS = 4
SCOPES = ("research", "discovery")


@dataclass(eq=False)
class Identity:
    """An identity of the environment, with the password and profile that it should have."""

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

    identity: Identity
    access: str
    refresh: str = ""
    alive: bool | None = True
    family: str = ""  # sessions that stem from the same sign-in
    why: str = ""  # why it should not work any more
    renewable: bool = True  # False: the contract leaves open whether its refresh token works
    lent: bool = False  # whether other tests use it too: it is not signed out


@dataclass(eq=False)
class Key:
    """An API key with its scopes."""

    identity: Identity
    secret: str
    scopes: tuple[str, ...]
    alive: bool | None = True
    why: str = ""


@dataclass(eq=False)
class Job:
    """A research or a discovery."""

    id: str
    kind: str
    owner: Identity
    company: str
    request: dict[str, Any]
    created: Any = None
    status: str = "pending"
    body: dict[str, Any] | None = None  # as it was when it had ended
    percentage: float = 0.0
    cancelled: bool = False  # whether a cancel was confirmed
    domain: str = ""  # of the company, where it is known
    over: bool = False  # whether a cancel was refused, since it had ended

    @property
    def invented(self) -> bool:
        """Whether nobody bears the company's name."""
        return self.company.startswith(INVENTED)

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
    identities: dict[str, Identity] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    plugins: list[dict[str, Any]] = field(default_factory=list)
    first_plugins: dict[str, str] = field(default_factory=dict)
    categories: list[Any] = field(default_factory=list)
    facets: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    first_config: dict[str, Any] = field(default_factory=dict)
    suggested: dict[tuple[str, str, int], tuple[int, list[str]]] = field(default_factory=dict)
    first_suggested: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    quick: dict[tuple[str, str, int], list[tuple[int, float, list[Any]]]] = field(default_factory=dict)
    found: list[dict[str, Any]] = field(default_factory=list)  # companies that discoveries have brought
    domains: dict[str, str] = field(default_factory=dict)  # of companies, where they are known
    started: dict[str, int] = field(default_factory=dict)  # jobs of each tenant
    identifiers: set[str] = field(default_factory=set)  # that the system gave out
    destructive: bool = False
    decks: dict[str, list[int]] = field(default_factory=dict)  # which variants have not been drawn yet
    kind: str = ""  # of caller for whom a step is drawn
    refusal: str = ""  # the message by which a sign-in is refused
    alone: bool = False  # whether nobody else uses the system
    most_jobs: int = 8

    @property
    def fragments(self) -> list[str]:
        """Pairs of letters that stand in the names of several companies, those of the most first."""
        pairs = Counter(pair for name in self.companies for pair in {name[at : at + 2].casefold() for at in range(len(name) - 1)})
        return [pair for pair, count in pairs.most_common(FRAGMENTS) if count > 1 and pair.isalpha()]

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
        if admin and caller.identity.role != "admin":
            return (403,)
        return ()

    def sees(self, identity: Identity, job: Job) -> bool:
        """Whether a identity's tenant is that of the job."""
        return identity.tenant == job.owner.tenant

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

    def end_sessions(self, identity: Identity, why: str) -> None:
        """All sessions of a identity end, as a change of password ends them."""
        for session in self.sessions.values():
            if session.identity is identity:
                session.alive, session.why = False, why
        for key in self.keys.values():
            if key.identity is identity and key.alive:
                key.alive = None  # the contract does not say whether keys outlive the password
