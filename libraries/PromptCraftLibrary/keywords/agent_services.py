"""Keywords for what registry and orchestrator receive about agents: manifests, configurations, containers, MCP servers."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from PromptCraftLibrary.agents import creations, mcp_servers, rules
from PromptCraftLibrary.agents.creations import Creation  # Robot converts arguments by these hints
from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import conformance, exchange, links, pointers

REFUSED = 422
MOST_NAMED = 5


class AgentServiceKeywords:
    """Registry and orchestrator. What they received is what their links recorded; without links it is NOT EVALUATED."""

    @keyword(tags=("agent",))
    def agent_manifest_should_be_valid(self, agent: Creation) -> None:
        """Checks the manifest at the registry by its schema, and that it has the agent's name, image and capabilities.

        Each value that the contract gives is compared: version, organization, port, the path and method of each capability, the
        times of the health check, the limits that were requested.

        Args:
            agent: A creation that completed.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Agent Manifest Should Be Valid    ${agent}
        ```
        """
        manifest = agent.kept(creations.REGISTRY, "servers")
        checks = Checks("Manifest", str(agent))
        if checks.that("agents.registered", manifest is not None, "a manifest at the registry", _seen(manifest, "no manifest")):
            wrong = rules.wrong_with_manifest(manifest)
            observed = written(wrong[:5]) if wrong else _seen(manifest)
            checks.that("agents.manifest", not wrong, "a manifest by its schema", observed)
            found = manifest or {}
            metadata, spec = found.get("metadata") or {}, found.get("spec") or {}
            checks.equal("agents.manifest_name", f"agent-{agent.name}", metadata.get("name"))
            image, expected = str(spec.get("image")), f"agent-{agent.name}:latest"
            checks.that("agents.manifest_image", image.endswith(f"/{expected}"), expected, image)
            listed = spec.get("capabilities")
            names = [entry.get("name") for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
            checks.equal("agents.manifest_capabilities", sorted(agent.spec["capabilities"]), sorted(map(str, names)))
            limits = agent.deployment["resource_limits"]
            documented = rules.documented_manifest(agent.name, agent.spec["capabilities"], limits)
            _as_documented(checks, "agents.manifest_values", documented, found)
            made = metadata.get("created_at")
            condition = "the moment of the creation"
            checks.that("agents.manifest_made", creations.in_order(agent, [made]), condition, written(made))
        checks.conclude()

    @keyword(tags=("agent",))
    def agent_should_be_known_to_orchestrator(self, agent: Creation) -> None:
        """Checks the configuration at the orchestrator: id, class, description, keywords and MCP server of the agent.

        Args:
            agent: A creation that completed.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Agent Should Be Known To Orchestrator    ${agent}
        ```
        """
        found = agent.kept(creations.ORCHESTRATOR, "agents")
        checks = Checks("Orchestrator", str(agent))
        if checks.that("agents.configured", found is not None, "an agent at the orchestrator", _seen(found, "no agent")):
            expected = {
                "agent_id": agent.name,
                "description": agent.spec["description"],
                "keywords": agent.spec.get("keywords", []),
                "mcp_server": f"agent-{agent.name}",
            }
            for name, value in expected.items():
                checks.equal(f"agents.config.{name}", value, (found or {}).get(name))
            path = str((found or {}).get("class_path"))
            ends = path.rsplit(".", maxsplit=1)[-1] == rules.class_of(agent.name)
            checks.that("agents.config.class_path", ends, f"a class path that ends with {rules.class_of(agent.name)}", path)
        checks.conclude()

    @keyword(tags=("agent",))
    def agent_should_be_deployed_with_limits(self, agent: Creation) -> None:
        """Checks that the orchestrator got a container for the agent with exactly the limits that its creation requested.

        Args:
            agent: A creation with ``auto_deploy`` that completed.

        Example:

        ```robotframework
        ${agent} =    Create Agent    auto_deploy=True    cpu=250m    memory=256Mi
        Follow Agent Creation    ${agent}
        Agent Should Be Deployed With Limits    ${agent}
        ```
        """
        container = agent.kept(creations.ORCHESTRATOR, "containers")
        checks = Checks("Deployed", str(agent))
        if checks.that("agents.deployed", container is not None, "a container", _seen(container, "no container")):
            found = container or {}
            checks.equal("agents.limits", agent.deployment["resource_limits"], found.get("limits"))
            checks.equal("agents.environment", agent.deployment["environment"], found.get("environment"))
            checks.equal("agents.container_name", f"agent-{agent.name}", found.get("name"))
            image, expected = str(found.get("image")), f"agent-{agent.name}:latest"
            checks.that("agents.container_image", image.endswith(f"/{expected}"), expected, image)
            labels = found.get("labels") or {}
            checks.equal("agents.label", agent.name, labels.get("promptcraft.agent"))
            checks.equal("agents.label_domain", agent.spec["domain"], labels.get("promptcraft.domain"))
            checks.equal("agents.labels", rules.documented_labels(agent.name, agent.spec["domain"]), labels)
        entries = creations.listed(context.system, agent.identity, agent.name)
        checks.equal("agents.status_deployed", ["deployed"], [entry.get("status") for entry in entries])
        checks.conclude()

    @keyword(tags=("agent",))
    def agent_should_not_be_deployed(self, agent: Creation) -> None:
        """Checks that the orchestrator got no container for an agent that was not to be deployed; it must know the agent.

        Args:
            agent: A creation without ``auto_deploy`` that completed.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Agent Should Not Be Deployed    ${agent}
        ```
        """
        known = agent.kept(creations.ORCHESTRATOR, "agents")
        container = agent.kept(creations.ORCHESTRATOR, "containers")
        checks = Checks("Not deployed", str(agent))
        checks.that("agents.configured", known is not None, "an agent at the orchestrator", _seen(known, "no agent"))
        checks.that("agents.not_deployed", container is None, "no container", _seen(container, "no container"))
        entries = creations.listed(context.system, agent.identity, agent.name)
        checks.equal("agents.status_ready", ["ready"], [entry.get("status") for entry in entries])
        checks.conclude()

    @keyword(tags=("agent", "precondition"))
    def deploy_agent(self, agent: Creation) -> str:
        """Has an agent deployed and returns the id of the deployment.

        Args:
            agent: A creation that completed.

        Raises:
            QaError: The deployment is not accepted.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Deploy Agent    ${agent}
        Agent Should Be Deployed With Limits    ${agent}
        ```
        """
        system = context.system
        system.permit("destructive")
        path = f"{creations.LISTING}/{agent.name}/deploy"
        answer = system.request("POST", path, token=system.token(agent.identity))
        data = answer.object().get("data") if answer.status == creations.ACCEPTED else None
        if not isinstance(data, dict) or not data.get("deployment_id"):
            raise QaError(
                f"The {agent} was not deployed: expected {creations.ACCEPTED} with a deployment_id from POST {path}, "
                f"observed {answer.status} with {answer.excerpt()}."
            )
        return str(data["deployment_id"])

    @keyword("MCP Server Should Be Registered And Removed", tags=("agent",))
    def mcp_server_should_be_registered_and_removed(self, *, identity: str | None = None) -> None:
        """Registers an MCP server with a tool through the platform, checks that the registry has it, and removes it again.

        The environment must allow ``destructive``.

        Args:
            identity: The identity that registers it; by default the first one of the environment.

        Example:

        ```robotframework
        MCP Server Should Be Registered And Removed
        ```
        """
        system = context.system
        system.permit("destructive")
        spec = mcp_servers.server()
        name = spec["name"]
        checks = Checks("MCP server", name)
        mark = links.mark(system)
        context.at_test_end(f"the MCP server {name} could not be removed", lambda: mcp_servers.remove(name, identity))
        answer = mcp_servers.register(spec, identity)
        conformance.answered(checks, "agents.registration", creations.ACCEPTED, answer)
        kept = _kept(mark, name)
        checks.equal("agents.registration_kept", [spec["tools"][0]["name"]], [tool.get("name") for tool in kept.get("tools", [])])
        wrong = [name for name, value in spec.items() if kept.get(name) != value]
        checks.that(
            "agents.registration_whole", not wrong, "the server as it was specified", written(wrong) if wrong else "it is"
        )
        data = answer.object().get("data") or {}
        expected = {"server_name": name, "version": spec["version"], "tools": [spec["tools"][0]["name"]]}
        for field, value in expected.items():
            checks.equal(f"agents.registration_{field}", value, data.get(field))
        removed = mcp_servers.remove(name, identity)
        conformance.answered(checks, "agents.removal", creations.ACCEPTED, removed)
        checks.that("agents.removed", not _kept(mark, name), "no server at the registry", written(_kept(mark, name)))
        conformance.conform(checks, "agents.contract", answer, removed)
        checks.conclude()

    @keyword("MCP Server Without Schema Should Be Refused", tags=("agent",))
    def mcp_server_without_schema_should_be_refused(self, *, identity: str | None = None) -> None:
        """Checks that an MCP server is refused with 422 if a tool does not say what it takes, and is not at the registry then.

        The same server with a schema must be accepted, so that the refusal is for the schema; it is removed again. The
        environment must allow ``destructive``.

        Args:
            identity: The identity that registers it; by default the first one of the environment.

        Example:

        ```robotframework
        MCP Server Without Schema Should Be Refused
        ```
        """
        system = context.system
        system.permit("destructive")
        spec = mcp_servers.server()
        name = spec["name"]
        without = {**spec, "tools": [{key: value for key, value in spec["tools"][0].items() if key != "inputSchema"}]}
        checks = Checks("Tool without schema", name)
        mark = links.mark(system)
        context.at_test_end(f"the MCP server {name} could not be removed", lambda: mcp_servers.remove(name, identity))
        answer = mcp_servers.register(without, identity)
        conformance.answered(checks, "agents.registration_refused", REFUSED, answer)
        checks.that("agents.refused_not_kept", not _kept(mark, name), "no server at the registry", written(_kept(mark, name)))
        control = mcp_servers.register(spec, identity)
        conformance.answered(checks, "agents.registration_control", creations.ACCEPTED, control)
        mcp_servers.remove(name, identity)
        conformance.conform(checks, "agents.contract", answer, control)
        checks.conclude()


def _as_documented(checks: Checks, check: str, expected: dict[str, Any], found: Any) -> None:
    """Record whether a document holds the values that the contract gives."""
    wrong, count = rules.differing(expected, found), len(pointers.leaves(expected))
    observed = "; ".join(wrong[:MOST_NAMED]) or plural(count, "value")
    checks.that(check, not wrong, f"the {plural(count, 'value')} of the contract", observed, n=count)


def _kept(mark: int, name: str) -> dict[str, Any]:
    """What the registry keeps of a server, by the calls that it received; empty for nothing."""
    kept: dict[str, Any] = {}
    for call in links.calls(context.system, creations.REGISTRY, mark):
        if call["path"].split("/")[-1] == name and call["status"] < 400:  # noqa: PLR2004  # HTTP's errors
            body = exchange.parsed(str(call.get("body", "")))
            kept = body if call["method"] != "DELETE" and isinstance(body, dict) else {}
    return kept


def _seen(document: Any, absent: str = "none") -> str:
    return written(document)[:200] if document else absent
