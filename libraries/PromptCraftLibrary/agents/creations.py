"""Creations of agents as a tester follows them, and what the registry and the orchestrator received."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TYPE_CHECKING

from PromptCraftLibrary.agents import repository
from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.observing.display import written
from theodore_qa.systems import conventions, exchange, links
from theodore_qa.timing import show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PromptCraftLibrary.agents.repository import Repository
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.system import System

ACCEPTED, OK = 202, 200
LISTING = "/api/v4/admin/agents"
CREATE = f"{LISTING}/create"
FINAL = ("completed", "failed")
REGISTRY, ORCHESTRATOR = "mcp_registry", "orchestrator"
FIRST_VERSION = "1.0.0"
NEEDED = ("name", "display_name", "description", "domain", "capabilities")  # of a specification
POLL = 0.05
# Of each kind, and with each frequency; those that are files stand in every repository of an agent.
SOURCES = (
    ("markdown", "knowledge/getting-started.md", "weekly"),
    ("json", "knowledge/schema.json", "daily"),
    ("markdown", "README.md", "monthly"),
    ("api", "https://knowledge.example.test/v1", "daily"),
    ("database", "postgresql://knowledge.example.test/notes", "monthly"),
)


@dataclass(eq=False)
class Creation:
    """A creation that was requested, with every answer about it since."""

    spec: dict[str, Any]
    deployment: dict[str, Any]
    identity: str | None
    accepted: Exchange
    mark: int
    began: float
    system: System
    answers: list[Exchange] = field(default_factory=list)
    cloned: Repository | None = None

    def __str__(self) -> str:
        return f"agent {self.name}"

    @property
    def name(self) -> str:
        """The agent's name."""
        return str(self.spec["name"])

    @property
    def _data(self) -> dict[str, Any]:
        data = self.accepted.object().get("data")
        return data if isinstance(data, dict) else {}

    @property
    def id(self) -> str:
        """The creation's identifier."""
        return str(self._data.get("creation_id"))

    @property
    def state(self) -> dict[str, Any]:
        """Its state by the last answer; empty before the first."""
        data = self.answers[-1].object().get("data") if self.answers else None
        return data if isinstance(data, dict) else {}

    @property
    def status(self) -> Any:
        """Its status by the last answer."""
        return self.state.get("status")

    @property
    def repository_url(self) -> str:
        """Where its repository is."""
        return str(self._data.get("repository_url"))

    @property
    def repository(self) -> Repository:
        """A clone of its repository, made when a test first needs it and removed when that test ends."""
        if self.cloned is None or not self.cloned.folder.is_dir():
            self.cloned = repository.clone(self.system, self.repository_url)
            context.at_test_end(f"the clone of {self.repository_url} could not be removed", self.cloned.remove)
        return self.cloned

    def kept(self, link: str, kind: str) -> dict[str, Any] | None:
        """The document of a kind that a service keeps of the agent, by the calls that it received; None if it keeps none.

        Raises:
            NotEvaluatedError: The environment has no record of the calls.
        """
        document = None
        for call in links.calls(self.system, link, self.mark):
            parts = call["path"].strip("/").split("/")
            if parts[0] != kind or parts[-1] not in (self.name, f"agent-{self.name}") or call["status"] >= 400:  # noqa: PLR2004
                continue
            body = exchange.parsed(str(call.get("body", "")))
            document = body if call["method"] in ("PUT", "POST") and isinstance(body, dict) else None
        return document


def specified(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A specification with the usual values where none are given."""
    title = name.replace("_", " ").title()
    usual = {
        "name": name,
        "display_name": title,
        "description": f"{title}, made by a test",
        "domain": "security",
        "keywords": ["security", "testing"],
        "capabilities": ["code_scanning", "vulnerability_detection"],
        "knowledge_sources": [dict(zip(("type", "source", "update_frequency"), entry, strict=True)) for entry in SOURCES],
    }
    return usual | {key: value for key, value in given.items() if value is not None}


def deployed(
    auto_deploy: bool = False, cpu: str = "500m", memory: str = "512Mi", environment: str = "development"
) -> dict[str, Any]:
    """How an agent is to be deployed."""
    return {"environment": environment, "auto_deploy": auto_deploy, "resource_limits": {"cpu": cpu, "memory": memory}}


def new_name() -> str:
    """A name that no agent has; it ends as the names of classes do."""
    return f"qa_{secrets.token_hex(5)}_agent"


def request(spec: dict[str, Any], deployment: dict[str, Any], identity: str | None) -> Creation:
    """Request a creation, whatever the answer."""
    system = context.system
    token = system.token(identity)
    mark = links.mark(system)
    body = {"agent_spec": spec} | ({"deployment_config": deployment, "integration_config": {}} if deployment else {})
    began = time.monotonic()
    return Creation(spec, deployment, identity, system.request("POST", CREATE, json_body=body, token=token), mark, began, system)


def start(spec: dict[str, Any], deployment: dict[str, Any], identity: str | None) -> Creation:
    """Request a creation; an answer other than 202 with an identifier is an error."""
    creation = request(spec, deployment, identity)
    answer = creation.accepted
    if answer.status != ACCEPTED or creation.id in ("", "None"):
        raise QaError(
            f"The creation of the {creation} was not accepted: expected {ACCEPTED} with a creation_id from POST {CREATE}, "
            f"observed {answer.status} with {answer.excerpt(200)}."
        )
    return creation


def look(creation: Creation) -> Exchange:
    """Request the state of a creation."""
    path = f"{LISTING}/creation/{creation.id}/status"
    answer = creation.system.request("GET", path, token=creation.system.token(creation.identity))
    if answer.status != OK:
        raise QaError(
            f"The creation of the {creation} could not be followed: expected {OK} from GET {path}, "
            f"observed {answer.status} with {answer.excerpt()}."
        )
    creation.answers.append(answer)
    return answer


def follow(creation: Creation, timeout: float, until: Callable[[Creation], bool] | None = None) -> Creation:
    """Request the state until the creation has ended; that it does not within ``timeout`` seconds is an error."""
    deadline = creation.began + timeout
    look(creation)
    while not (until(creation) if until else creation.status in FINAL):
        if time.monotonic() > deadline:
            raise QaError(
                f"The creation of the {creation} did not end within {show(timeout)}: its last status was {creation.status} "
                f"at {creation.state.get('progress_percentage')} %."
            )
        time.sleep(POLL)
        look(creation)
    return creation


def listed(system: System, identity: str | None, name: str) -> list[dict[str, Any]]:
    """The entries of an agent in the list of agents."""
    answer = system.request("GET", LISTING, token=system.token(identity))
    data = answer.object().get("data")
    return [entry for entry in data if isinstance(entry, dict) and entry.get("name") == name] if isinstance(data, list) else []


def as_specified(checks: Checks, creation: Creation) -> None:
    """Record whether a creation and its agent in the list say what was specified, and when it was made."""
    state, entries = creation.state, listed(creation.system, creation.identity, creation.name)
    entry = entries[0] if entries else {}
    checks.equal("agents.state_name", creation.name, state.get("agent_name"))
    checks.equal("agents.state_id", creation.id, state.get("creation_id"))
    checks.equal("agents.state_error", None, state.get("error"))
    expected = {name: creation.spec[name] for name in ("name", "display_name", "domain")}
    expected |= {"version": FIRST_VERSION, "repository_url": creation.repository_url}
    expected |= {"status": "deployed" if creation.deployment.get("auto_deploy") else "ready"}
    for name, value in expected.items():
        checks.equal(f"agents.entry_{name}", value, entry.get(name))
    moments = [state.get("started_at"), entry.get("created_at"), state.get("completed_at")]
    checks.that("agents.moments", in_order(creation, moments), "begun, made and ended in this order", written(moments), n=3)


def dated(checks: Checks, creation: Creation, rest: str) -> None:
    """Record whether a creation's id goes on with the second in which it was accepted, since the epoch."""
    tolerance = creation.system.environment.clock_tolerance
    least = creation.accepted.sent.timestamp() - 1 - tolerance
    most = creation.accepted.sent.timestamp() + creation.accepted.duration + tolerance
    number = re.match(r"\d+", rest)
    holds = number is not None and least <= int(number.group()) <= most
    checks.that("agents.creation_id_dated", holds, f"the seconds since 1970, {least:.0f} to {most:.0f}", rest)


def in_order(creation: Creation, moments: list[Any]) -> bool:
    """Whether moments follow each other, the first one not before the request and the last one not after the last answer."""
    tolerance, sent = timedelta(seconds=creation.system.environment.clock_tolerance), creation.accepted.sent
    latest = creation.answers[-1] if creation.answers else creation.accepted
    try:
        times = [conventions.instant(str(moment)) for moment in moments]
    except (TypeError, ValueError):
        return False
    within = sent - tolerance <= times[0] and times[-1] <= latest.sent + timedelta(seconds=latest.duration) + tolerance
    return within and times == sorted(times)


def no_agent(value: object) -> Creation:
    """What `Create Agent` returns."""
    del value  # Robot's message has it
    raise ValueError("call Create Agent first, and pass what it returns.")
