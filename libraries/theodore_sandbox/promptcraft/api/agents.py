"""The routes of the agent factory: create, follow, list, deploy, and register MCP servers."""

from __future__ import annotations

import contextlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import Field, field_validator, model_validator

from theodore_sandbox import defects
from theodore_sandbox.common.free_objects import FreeObject  # noqa: TC001  # pydantic resolves annotations at run time
from theodore_sandbox.promptcraft.access import AgentCreator, Caller, Executor, Reader  # noqa: TC001  # FastAPI resolves them
from theodore_sandbox.promptcraft.factory.creation import CreationError
from theodore_sandbox.promptcraft.factory.spec import CreateAgent, Snake, Strict, Text

router = APIRouter(prefix="/api/v4")
MINUTES = 15


class Tool(Strict):
    """A tool of an MCP server."""

    name: Snake
    description: Text
    inputSchema: FreeObject | None = None  # noqa: N815  # MCP's name

    @model_validator(mode="after")
    def says_what_it_takes(self) -> Tool:
        """A tool has a schema of an object."""
        if (self.inputSchema or {}).get("type") != "object" and not defects.on("tool-registered-without-schema"):
            raise ValueError("a tool has an inputSchema of type object")
        return self


class McpSpec(Strict):
    """An MCP server that is to be registered."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", min_length=3, max_length=60)]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")] = "1.0.0"
    image: Text
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    tools: Annotated[list[Tool], Field(min_length=1, max_length=100)]


class RegisterMcp(Strict):
    """The body of a registration."""

    mcp_spec: McpSpec
    security_config: FreeObject = Field(default_factory=dict)
    deployment_config: FreeObject = Field(default_factory=dict)


class McpMessage(Strict):
    """A request of MCP, which is one of JSON-RPC 2.0."""

    jsonrpc: Literal["2.0"]
    id: Annotated[int, Field(ge=0, le=2**53)] | Annotated[str, Field(min_length=1, max_length=100)]
    method: Annotated[str, Field(min_length=1, max_length=100)]
    params: FreeObject | None = None

    @field_validator("id", mode="before")
    @classmethod
    def no_truth(cls, value: Any) -> Any:
        """An id is a number or a text; JSON's true and false are neither, though Python counts with them."""
        if isinstance(value, bool):
            raise ValueError("an id is a number or a text")  # noqa: TRY004  # pydantic answers a ValueError
        return str(value) if isinstance(value, int) and defects.on("message-ids-as-texts") else value


@router.post("/admin/agents/create", status_code=202)
async def create(request: Request, body: CreateAgent, signed: AgentCreator) -> dict[str, Any]:
    """Start the creation of an agent."""
    try:
        creation = request.app.state.factory.begin(signed.tenant, body)
    except ValueError as error:
        raise HTTPException(409, str(error)) from None
    progress = f"/api/v4/admin/agents/creation/{creation.creation_id}/status"
    return {
        "status": "accepted",
        "data": {
            "creation_id": creation.creation_id,
            "estimated_duration_minutes": MINUTES,
            "agent_name": body.agent_spec.name,
            "repository_url": creation.repository.as_uri(),
            "progress_endpoint": progress,
        },
        "next_steps": [f"Follow {progress} until the status is completed", "Deploy the agent"],
    }


@router.get("/admin/agents/creation/{creation_id}/status")
async def creation_status(request: Request, creation_id: str, signed: AgentCreator) -> dict[str, Any]:
    """How far a creation is."""
    creation = request.app.state.factory.creations.get(creation_id)
    by_time = creation is None and defects.on("creation-found-by-time")
    if by_time:
        known = request.app.state.factory.creations
        creation = next((known[number] for number in known if number.rpartition("_")[0] == creation_id), None)
    if creation and (by_time or defects.on("creation-of-any-tenant-read")):
        return {"status": "success", "data": creation.described()}
    if creation is None or creation.tenant != signed.tenant:
        if creation and defects.on("creation-named-in-error"):
            raise HTTPException(404, f"The creation of {creation.spec.name} is of another organization")
        raise HTTPException(404, f"There is no creation {creation_id}")
    return {"status": "success", "data": creation.described()}


def _listed(
    request: Request,
    tenant: str,
    status: str | None,
    domain: str | None,
) -> dict[str, Any]:
    factory = request.app.state.factory
    leak = defects.on("agents-of-all-tenants-listed") or (status and defects.on("agents-filtered-of-all-tenants"))
    known = factory.agents.values() if leak else factory.of_tenant(tenant)
    agents = [agent.described() for agent in known]
    found = [agent for agent in agents if status in (None, agent["status"]) and domain in (None, agent["domain"])]
    return {"status": "success", "data": found, "total": len(found)}


@router.get("/admin/agents")
async def admin_listing(
    request: Request,
    signed: AgentCreator,
    status: Annotated[str | None, Query(max_length=20)] = None,
    domain: Annotated[str | None, Query(max_length=60)] = None,
) -> dict[str, Any]:
    """The agents of the caller's tenant."""
    return _listed(request, signed.tenant, status, domain)


@router.get("/agents/list")
async def listing(
    request: Request,
    signed: Reader,
    status: Annotated[str | None, Query(max_length=20)] = None,
    domain: Annotated[str | None, Query(max_length=60)] = None,
) -> dict[str, Any]:
    """The agents of the caller's tenant, for everybody who may read."""
    return _listed(request, signed.tenant, status, domain)


@router.post("/admin/agents/{name}/deploy", status_code=202)
async def deploy(request: Request, name: str, signed: AgentCreator) -> dict[str, Any]:
    """Deploy an agent."""
    factory = request.app.state.factory
    agent = factory.agents.get((signed.tenant, name))
    if agent is None and defects.on("agent-of-any-tenant-deployed"):
        agent = next((known for known in factory.agents.values() if known.spec.name == name), None)
    if agent is None:
        fault = defects.on("missing-agent-is-a-fault")
        raise HTTPException(500 if fault else 404, f"There is no agent {name}")
    try:
        deployment_id = await factory.deploy(agent)
    except CreationError as error:
        raise HTTPException(503, f"The agent was not deployed: {error}") from None
    return {"status": "accepted", "data": {"deployment_id": deployment_id, "agent_name": name}}


@router.post("/admin/mcp/register", status_code=202)
async def register_mcp(request: Request, body: RegisterMcp, signed: AgentCreator) -> dict[str, Any]:
    """Register an MCP server, each of whose tools says what it takes."""
    server = body.mcp_spec.model_dump()
    name = body.mcp_spec.name
    shelf = "shared" if defects.on("servers-of-one-namespace") else signed.tenant
    try:
        await request.app.state.factory.call("mcp_registry", "PUT", f"/servers/{shelf}/{name}", server)
        if body.deployment_config.get("auto_deploy") is True:
            deployed = {**server, "environment": body.deployment_config.get("environment") or {}}
            await request.app.state.factory.call("orchestrator", "PUT", f"/servers/{signed.tenant}/{name}", deployed)
    except CreationError as error:
        raise HTTPException(503, f"The server was not registered: {error}") from None
    request.app.state.factory.server_owners[name] = signed.tenant
    tools = [tool.name for tool in body.mcp_spec.tools]
    return {"status": "accepted", "data": {"server_name": name, "version": body.mcp_spec.version, "tools": tools}}


@router.delete("/admin/mcp/{name}", status_code=202)
async def remove_mcp(request: Request, name: str, signed: AgentCreator) -> dict[str, Any]:
    """Take an MCP server out of the registry."""
    factory = request.app.state.factory
    tenant = factory.server_owners.get(name, signed.tenant) if defects.on("server-of-any-tenant-removed") else signed.tenant
    shelf = "shared" if defects.on("servers-of-one-namespace") else tenant
    try:
        await factory.call("mcp_registry", "DELETE", f"/servers/{shelf}/{name}")
    except CreationError as error:
        if not str(error).endswith("404"):
            raise HTTPException(503, f"The server was not removed: {error}") from None
        if not defects.on("removal-of-nothing-succeeds"):
            raise HTTPException(404, f"There is no MCP server {name}: {error}") from None
    if not defects.on("mcp-server-left-running"):
        with contextlib.suppress(CreationError):  # one that was not deployed does not run
            await factory.call("orchestrator", "DELETE", f"/servers/{tenant}/{name}")
    return {"status": "accepted", "data": {"server_name": name}}


@router.post("/mcp/{name}")
async def call_mcp(request: Request, name: str, body: McpMessage, signed: Executor) -> Any:
    """Pass a message to an MCP server of the caller's tenant that runs at the orchestrator."""
    factory = request.app.state.factory
    tenant = factory.server_owners.get(name, signed.tenant) if defects.on("mcp-server-of-any-tenant-called") else signed.tenant
    try:
        sent = body.model_dump(exclude_none=True)
        answer = await factory.call("orchestrator", "POST", f"/servers/{tenant}/{name}/mcp", sent)
        return _by_role(answer, signed) if defects.on("tools-by-role") else answer
    except CreationError as error:
        status = 404 if str(error).endswith("404") else 503
        raise HTTPException(status, f"The MCP server {name} was not reached: {error}") from None


def _by_role(answer: dict[str, Any], signed: Caller) -> dict[str, Any]:
    """The defect: tools are described to developers otherwise than to administrators."""
    tools = (answer.get("result") or {}).get("tools")
    if signed.role == "admin" or not tools:
        return answer
    described = [{**tool, "description": f"{tool['description']} and keeps it"} for tool in tools]
    return {**answer, "result": {**answer["result"], "tools": described}}
