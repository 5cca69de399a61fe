"""Creations of agents: step by step, followed by their id, and undone where a step fails."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

import httpx

from theodore_sandbox import defects
from theodore_sandbox.common.trust import trusted
from theodore_sandbox.promptcraft.factory import artefacts, manifests, repository
from theodore_sandbox.promptcraft.store import now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from theodore_sandbox.promptcraft.factory.spec import AgentSpec, CreateAgent, DeploymentConfig

AT_ONCE = 2  # repositories that are made at a time: git takes the processor from whoever asks meanwhile
PATIENCE = 5.0  # seconds for an answer of the registry or the orchestrator


class CreationError(Exception):
    """A step of a creation that failed, in a sentence."""


@dataclass
class Creation:
    """One creation, and how far it is."""

    creation_id: str
    tenant: str
    spec: AgentSpec
    deployment: DeploymentConfig
    repository: Path
    started_at: str
    status: str = "in_progress"
    progress: int = 0
    step: str = "queued"
    error: str | None = None
    completed_at: str | None = None

    def described(self) -> dict[str, Any]:
        """What a caller is shown."""
        return {
            "creation_id": self.creation_id,
            "agent_name": self.spec.name,
            "status": self.status,
            "progress_percentage": self.progress,
            "current_step": self.step,
            "error": self.error,
            "started_at": self.started_at,
            "completed_at": self.completed_at,
        }


@dataclass
class Agent:
    """An agent that was made."""

    tenant: str
    spec: AgentSpec
    deployment: DeploymentConfig
    repository: Path
    created_at: str
    status: str = "ready"
    version: str = "1.0.0"
    deployments: list[str] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        """What a caller is shown."""
        return {
            "name": self.spec.name,
            "display_name": self.spec.display_name,
            "domain": self.spec.domain,
            "status": self.status,
            "version": self.version,
            "created_at": self.created_at,
            "repository_url": self.repository.as_uri(),
        }


class Factory:
    """The agents and creations of all tenants, and the services that receive them."""

    def __init__(self, folder: Path, addresses: dict[str, str]) -> None:
        self.folder = folder / "repositories"
        self.addresses = addresses
        self.creations: dict[str, Creation] = {}
        self.agents: dict[tuple[str, str], Agent] = {}
        self.server_owners: dict[str, str] = {}  # who registered an MCP server of this name last
        self._running: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(AT_ONCE)

    def begin(self, tenant: str, request: CreateAgent) -> Creation:
        """Start a creation; ``ValueError`` if there is such an agent, or will be."""
        spec = request.agent_spec
        pending = {(known.tenant, known.spec.name) for known in self.creations.values() if known.status == "in_progress"}
        if (tenant, spec.name) in self.agents.keys() | pending:
            raise ValueError(f"There is an agent {spec.name} already")
        moment = now()
        suffix = "" if defects.on("creation-ids-collide") else f"_{secrets.token_hex(8)}"
        creation_id = f"agent_creation_{spec.name}_{int(moment.timestamp())}{suffix}"
        shelf = self.folder if defects.on("repositories-in-one-folder") else self.folder / tenant
        place = shelf / f"agent-{spec.name}"
        creation = Creation(creation_id, tenant, spec, request.deployment_config, place, moment.isoformat())
        self.creations[creation_id] = creation
        task = asyncio.get_running_loop().create_task(self._run(creation))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return creation

    def of_tenant(self, tenant: str) -> list[Agent]:
        """The agents of a tenant in the order of their names."""
        return sorted((agent for agent in self.agents.values() if agent.tenant == tenant), key=lambda agent: agent.spec.name)

    async def close(self) -> None:
        """End what still runs."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def reset(self) -> None:
        """Forget everything; repositories are out of the way at once, and removed beside what comes next."""
        await self.close()
        self.creations.clear()
        self.agents.clear()
        if self.folder.exists():
            old = self.folder.rename(self.folder.with_name(f"{self.folder.name}-{secrets.token_hex(4)}"))
            removal = asyncio.get_running_loop().create_task(asyncio.to_thread(repository.remove, old))
            self._running.add(removal)
            removal.add_done_callback(self._running.discard)

    async def _run(self, creation: Creation) -> None:
        undo: list[Callable[[], Awaitable[Any]]] = []
        try:
            await self._steps(creation, undo)
        except Exception as error:  # noqa: BLE001  # whatever fails, the creation says so and leaves nothing behind
            if not defects.on("half-created-agent-left"):
                for step in reversed(undo):
                    await _quietly(step)
            creation.error = str(error) if isinstance(error, CreationError) else f"{creation.step} failed"
            creation.status, creation.completed_at = "failed", now().isoformat()

    async def _steps(self, creation: Creation, undo: list[Callable[[], Awaitable[Any]]]) -> None:
        spec, deployment = creation.spec, creation.deployment
        creation.step, creation.progress = "generating", 10
        files = artefacts.generate(spec)
        creation.step, creation.progress = "repository", 30
        undo.append(lambda: asyncio.to_thread(repository.remove, creation.repository))
        message = f"Initial commit for {spec.display_name} agent"
        async with self._turns:
            await asyncio.to_thread(repository.create, creation.repository, files, message)
        creation.step, creation.progress = "registering", 60
        name = f"agent-{spec.name}"
        server = manifests.manifest(spec, deployment)
        undo.append(lambda: self.call("mcp_registry", "DELETE", f"/servers/{creation.tenant}/{name}"))
        await self.call("mcp_registry", "PUT", f"/servers/{creation.tenant}/{name}", server)
        creation.step, creation.progress = "orchestrator", 80
        undo.append(lambda: self.call("orchestrator", "DELETE", f"/agents/{creation.tenant}/{spec.name}"))
        await self.call("orchestrator", "PUT", f"/agents/{creation.tenant}/{spec.name}", manifests.agent_config(spec))
        agent = Agent(creation.tenant, spec, deployment, creation.repository, now().isoformat())
        if deployment.auto_deploy or defects.on("deployed-unasked"):
            creation.step, creation.progress = "deploying", 90
            await self.deploy(agent)
        self.agents[creation.tenant, spec.name] = agent
        creation.step, creation.progress, creation.status = "done", 100, "completed"
        creation.completed_at = now().isoformat()

    async def deploy(self, agent: Agent) -> str:
        """Have the orchestrator run an agent; returns the deployment's id."""
        deployment_id = f"dep_{secrets.token_hex(8)}"
        body = manifests.container(agent.spec, agent.deployment)
        await self.call("orchestrator", "PUT", f"/containers/{agent.tenant}/{agent.spec.name}", body)
        agent.status = "deployed"
        agent.deployments.append(deployment_id)
        return deployment_id

    async def call(self, service: str, method: str, path: str, body: Any = None) -> Any:
        """Send a request to a service; an answer that is no success is an error."""
        try:
            async with httpx.AsyncClient(
                base_url=self.addresses[service], timeout=PATIENCE, trust_env=False, verify=trusted()
            ) as client:
                answer = await client.request(method, path, json=body)
        except httpx.HTTPError:
            raise CreationError(f"the {service.replace('_', ' ')} did not answer") from None
        if answer.is_error:
            raise CreationError(f"the {service.replace('_', ' ')} answered {answer.status_code}")
        return answer.json() if answer.content else None


async def _quietly(step: Callable[[], Awaitable[Any]]) -> None:
    with contextlib.suppress(CreationError, OSError):  # what cannot be undone is not there, or its service is down
        await step()
