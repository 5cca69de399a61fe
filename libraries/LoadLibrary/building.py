"""From what a suite says to a scenario of the load engine: addresses, identities, limits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_load import scenario
from theodore_qa.errors import NotEvaluatedError, NotGrantedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from theodore_load.on_locust import Addresses
    from theodore_load.scenario import Scenario
    from theodore_qa.systems.authentication import Authenticator
    from theodore_qa.systems.system import System

NOBODY = "NOBODY"
PER_REQUEST = ("digest",)  # ways to be known whose headers hold for one request alone


@dataclass(frozen=True)
class LoadStep:
    """A step as a suite defines it."""

    declared: dict[str, Any]
    weight: int = 1

    def __str__(self) -> str:
        """Its name, for logs."""
        return str(self.declared.get("name") or self.declared["request"])


@dataclass(frozen=True)
class LoadJourney:
    """Steps in their order."""

    name: str
    steps: tuple[LoadStep, ...]
    weight: int = 1

    def __str__(self) -> str:
        """Its name, for logs."""
        return self.name


@dataclass(frozen=True)
class LoadRequest:
    """What a keyword asks of a load."""

    steps: Sequence[LoadStep | LoadJourney]
    stages: list[str]
    think: str | list[str] = "0"
    timeout: str = "10 s"
    identities: list[str] | str | None = None
    own_sessions: bool = False
    data: Any = None
    most_users: int = 200
    error_budget: str = "100 %"
    lateness: str = "100 ms"
    watch: str = "api"
    name: str = ""
    engine: str = "own"
    ramp: str = "0"


def locust_of(system: System) -> Addresses:
    """Where Locust's master and workers are.

    Raises:
        NotEvaluatedError: The environment names none.
    """
    from theodore_load import on_locust

    named, environment = system.environment.locust, system.environment
    if named is None:
        raise NotEvaluatedError(
            f'NOT EVALUATED: the environment {environment.name} names no Locust: add \'locust: {{master: "127.0.0.1:5557", '
            f"workers: 2}}' to {environment.path.name}, and start the workers."
        )
    return on_locust.addresses(named.master, named.workers, named.wait)


def tree(value: Any, what: str) -> Any:
    """A value as it is, or the JSON in a text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        example = '{"status": "ok"}'
        raise UsageError(f"The {what} '{value[:80]}' is no JSON ({error}): write for example {example}.") from None


def build(
    system: System,
    parts: Sequence[LoadStep | LoadJourney],
    identities: Sequence[str],
    options: dict[str, Any],
    folder: Path,
    *,
    own_sessions: bool = False,
) -> Scenario:
    """The scenario of a load on a system; its identities are signed in here, before anything is measured.

    With ``own_sessions`` each user has a session of its own, also where several have one identity.

    Raises:
        NotGrantedError: The environment allows no load; production never does.
    """
    most = system.environment.allow.load_max_rps
    if not most:
        raise NotGrantedError(
            f"The environment {system.environment.name} allows no load: grant it by 'allow: {{load_max_rps: 100}}', the most "
            f"requests a second, in {system.environment.path.name}."
        )
    if not parts:
        raise UsageError("The load has no steps: define some by 'Define Load Step' and give them to 'Run Load Test'.")
    system.start()
    if problem := system.prove():
        raise NotEvaluatedError(problem)
    names = identities or list(system.identities)[:1] or [NOBODY]
    declared = _declared(system, parts, options) | {
        "identities": [_signed_in(system, system.authenticator, name) for name in names],
    }
    declared["limits"] = {**options.get("limits", {}), "max_rps": most}
    made = scenario.read(declared, folder)
    if not own_sessions:
        return made
    users = [names[number % len(names)] for number in range(made.peak)]
    declared["identities"] = [_signed_in(system, system.new_authenticator(system), name) for name in users]
    return scenario.read(declared, folder)


def described(
    system: System,
    parts: Sequence[LoadStep | LoadJourney],
    identities: Sequence[str],
    options: dict[str, Any],
    folder: Path,
) -> Scenario:
    """The scenario of a load that is not sent: its identities are named, and nobody is signed in."""
    if not parts:
        raise UsageError("There are no steps to write: define some by 'Define Load Step'.")
    system.start()  # an embedded one has its address then
    names = identities or list(system.identities)[:1] or [NOBODY]
    users = [(name, "" if name == NOBODY else system.identity(name).username) for name in names]
    whom = [{"name": name, "headers": {}, "values": {"identity": name, "username": username}} for name, username in users]
    return scenario.read(_declared(system, parts, options) | {"identities": whom}, folder)


def _declared(system: System, parts: Sequence[LoadStep | LoadJourney], options: dict[str, Any]) -> dict[str, Any]:
    """The scenario as data, without its identities and limits."""
    journeys = [part if isinstance(part, LoadJourney) else LoadJourney("", (part,), part.weight) for part in parts]
    return {
        "url": system.url,
        "journeys": [
            {
                "name": journey.name,
                "weight": journey.weight,
                "steps": [_addressed(system, step.declared) for step in journey.steps],
            }
            for journey in journeys
        ],
        "tls": {"ca": system.tls.ca if system.tls else ""},
        **options,
    }


def _addressed(system: System, declared: dict[str, Any]) -> dict[str, Any]:
    """A step with its full path and a name without it."""
    method, path = declared["request"].split(" ", 1)
    return {"name": declared["request"], **declared, "request": f"{method} {system.full(path)}"}


def _signed_in(system: System, authenticator: Authenticator, name: str) -> dict[str, Any]:
    """An identity with its headers."""
    if name == NOBODY:
        return {"name": name, "headers": {}, "values": {"identity": name, "username": ""}}
    identity = system.identity(name)
    if identity.way.how in PER_REQUEST or identity.query:
        raise NotEvaluatedError(
            f"The identity '{name}' is known by something that is made for each request, which load cannot send: "
            f"name another one by identities=."
        )
    headers = authenticator.credentials(identity)
    return {"name": name, "headers": headers, "values": {"identity": name, "username": identity.username}}
