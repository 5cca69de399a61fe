"""Keywords for MCP servers that run behind the platform."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary.agents import mcp_servers
from PromptCraftLibrary.workflows import runs
from theodore_qa.context import context
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance, links

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

ACCEPTED, OK, MISSING = 202, 200, 404
INVALID_PARAMETERS = -32602
PATIENCE = 15.0


class McpServerKeywords:
    """MCP servers, as they are called through the orchestrator."""

    @keyword("MCP Server Should Answer Through Orchestrator", tags=("agent", "mcp"))
    def mcp_server_should_answer_through_orchestrator(
        self, other_tenant: str, *, only_needed: bool = False, identity: str | None = None
    ) -> None:
        """Registers and deploys an MCP server through the platform, calls it through the orchestrator, and removes it.

        The server has to answer initialize, tools/list and a call of its tool with what nobody could know before; a tool that it
        has not is an error. Another tenant reaches nothing under this name, nor does a workflow of its own, and after the removal
        nobody does. A second server, which was deployed after it, goes on. Version and port are those that were requested, or
        1.0.0 and 8000: in the answer, in the registry and in what the server says of itself. The environment must allow
        ``destructive``.

        Args:
            other_tenant: An identity of another tenant, with the same permissions.
            only_needed: Whether the request leaves out version and port; False by default.
            identity: The identity that registers it; by default the first one of the environment.

        Example:

        ```robotframework
        MCP Server Should Answer Through Orchestrator    partner    identity=admin
        ```
        """
        system = context.system
        system.permit("destructive")
        spec, beside = mcp_servers.server(only_needed=only_needed), mcp_servers.server()
        name, tool = spec["name"], spec["tools"][0]["name"]
        version, port = ({**mcp_servers.USUAL, **spec}[entry] for entry in ("version", "port"))
        checks, mark = Checks("MCP server", name), links.mark(system)
        context.at_test_end(f"the MCP server {name} could not be removed", lambda: mcp_servers.remove(name, identity))
        context.at_test_end("the second MCP server could not be removed", lambda: mcp_servers.remove(beside["name"], identity))
        answers = [mcp_servers.register(server, identity, auto_deploy=True) for server in (spec, beside)]
        for answer in answers:
            conformance.answered(checks, "mcp.registration", ACCEPTED, answer)
        registered = answers[0].object().get("data") or {}
        checks.equal("mcp.registered_version", version, registered.get("version"))
        kept = mcp_servers.registered(name, mark)
        checks.equal("mcp.kept", {"version": version, "port": port}, {entry: kept.get(entry) for entry in ("version", "port")})

        def called(number: int, method: str, *, who: str | None = identity, **parameters: object) -> Exchange:
            answers.append(mcp_servers.call(name, who, number, method, parameters))
            return answers[-1]

        client = {"name": "qa", "version": "1.0.0"}
        began = called(1, "initialize", protocolVersion=mcp_servers.PROTOCOL, capabilities={}, clientInfo=client)
        itself = mcp_servers.result(began).get("serverInfo") or {}
        checks.equal("mcp.server", name, itself.get("name"))
        checks.equal("mcp.server_version", version, itself.get("version"))
        tools = mcp_servers.result(called(2, "tools/list")).get("tools") or []
        checks.equal("mcp.tools", [tool], [entry.get("name") for entry in tools if isinstance(entry, dict)])
        word = f"qa{secrets.token_hex(6)}"
        content = mcp_servers.result(called(3, "tools/call", name=tool, arguments={"word": word})).get("content") or []
        text = " ".join(str(part.get("text")) for part in content if isinstance(part, dict))
        checks.that("mcp.call", word in text, f"{word} in the answer", text[:100] or answers[-1].excerpt(100))
        unknown = called(4, "tools/call", name="qa_no_such_tool", arguments={}).body
        error = unknown.get("error") if isinstance(unknown, dict) else None
        checks.equal("mcp.unknown_tool", INVALID_PARAMETERS, error.get("code") if isinstance(error, dict) else None)
        conformance.answered(checks, "mcp.other_tenant", MISSING, called(5, "tools/list", who=other_tenant))
        step = {"id": "foreign", "action": "use the server", "mcp_server": name}
        foreign = runs.begun({"name": "QA foreign server", "steps": [step]}, ("foreign",), other_tenant)
        runs.follow(foreign, PATIENCE, runs.rests)
        checks.equal("mcp.other_workflow", "failed", foreign.status)
        answers.append(mcp_servers.remove(name, identity))
        conformance.answered(checks, "mcp.removal", ACCEPTED, answers[-1])
        conformance.answered(checks, "mcp.gone", MISSING, called(6, "tools/list"))
        goes_on = mcp_servers.call(beside["name"], identity, 7, "tools/list", {})
        conformance.answered(checks, "mcp.second_goes_on", OK, goes_on)
        conformance.conform(checks, "mcp.contract", *answers)
        checks.conclude()
