"""Keywords for what an agent's repository holds: files, history, code, requirements, Dockerfile; and that its agent runs."""

from __future__ import annotations

from robotlibcore import keyword

from PromptCraftLibrary.agents import processes, rules
from PromptCraftLibrary.agents.creations import Creation  # Robot converts arguments by these hints
from theodore_qa.context import context
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import exchange

HEALTHY = 200
UNKNOWN_TOOL = "qa_no_such_tool"


class ArtefactKeywords:
    """Repositories of agents: cloned by git when they are first needed, into a folder that is removed when the test ends."""

    @keyword(tags=("agent",))
    def agent_artefacts_should_be_complete(self, agent: Creation) -> None:
        """Checks that the repository has all files and directories of the contract, and that its texts name the agent.

        Its config.yaml must hold what the agent was specified by: name, display name, domain, keywords and capabilities.

        Args:
            agent: A creation that completed.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Agent Artefacts Should Be Complete    ${agent}
        ```
        """
        found = agent.repository
        checks = Checks("Artefacts", str(agent))
        missing = [path for path in rules.FILES if not found.text(path).strip()]
        have = f"{len(rules.FILES) - len(missing)} of {len(rules.FILES)} files"
        observed = have + (f", without {written(missing)}" if missing else "")
        checks.that(
            "agents.artefacts", not missing, f"{plural(len(rules.FILES), 'file')} with content", observed, n=len(rules.FILES)
        )
        without = sorted(set(rules.DIRECTORIES) - set(found.directories))
        condition = f"the directories {written(rules.DIRECTORIES)}"
        checks.that("agents.directories", not without, condition, written(found.directories), n=len(rules.DIRECTORIES))
        naming = {
            "config/config.yaml": agent.name,
            "README.md": str(agent.spec["display_name"]),
            "pyproject.toml": f"agent-{agent.name}",
        }
        silent = [path for path, text in naming.items() if text not in found.text(path)]
        checks.that("agents.artefacts_name_it", not silent, "files that name the agent", written(silent or list(naming)), n=3)
        expected = rules.configured(agent.spec)
        wrong = rules.differing(expected, exchange.parsed_yaml(found.text("config/config.yaml")))
        observed = "; ".join(wrong) or plural(len(expected), "value")
        checks.that("agents.configuration", not wrong, "the specification in config/config.yaml", observed, n=len(expected))
        checks.conclude()

    @keyword(tags=("agent",))
    def agent_repository_should_have_one_commit(self, agent: Creation) -> None:
        """Checks the history of a new repository: one commit, ``Initial commit for <display name> agent``.

        Args:
            agent: A creation that completed.

        Example:

        ```robotframework
        ${agent} =    Create Agent    display_name=Code Reviewer
        Follow Agent Creation    ${agent}
        Agent Repository Should Have One Commit    ${agent}
        ```
        """
        checks = Checks("History", str(agent))
        checks.equal("agents.history", [f"Initial commit for {agent.spec['display_name']} agent"], agent.repository.commits)
        checks.conclude()

    @keyword(tags=("agent",))
    def agent_code_should_name_its_class(self, agent: Creation) -> None:
        """Checks that the code defines a class for the agent, in PascalCase and ending with Agent once, and its capabilities.

        Args:
            agent: A creation that completed.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Agent Code Should Name Its Class    ${agent}
        ```
        """
        code = agent.repository.text("src/agent.py")
        classes, expected = rules.classes_in(code), rules.class_of(agent.name)
        checks = Checks("Code", str(agent))
        checks.that("agents.class_name", expected in classes, f"a class {expected}", written(classes), n=len(classes))
        absent = [name for name in agent.spec["capabilities"] if name not in code]
        described = str(agent.spec["description"]) in code
        observed = f"without {written(absent)}" if absent else plural(len(agent.spec["capabilities"]), "capability")
        checks.that("agents.code_capabilities", not absent, "code with each capability", observed)
        checks.that("agents.code_description", described, "the agent's description", "there" if described else "not there")
        checks.conclude()

    @keyword(tags=("agent",))
    def agent_requirements_should_fit_domain(self, agent: Creation) -> None:
        """Checks that requirements.txt holds the packages of all agents and those of the agent's domain, and no others.

        Those of pyproject.toml must be the same.

        Args:
            agent: A creation that completed.

        Example:

        ```robotframework
        ${agent} =    Create Agent    domain=web_development
        Follow Agent Creation    ${agent}
        Agent Requirements Should Fit Domain    ${agent}
        ```
        """
        expected = rules.requirements_of(str(agent.spec["domain"]))
        found = rules.requirements_in(agent.repository.text("requirements.txt"))
        checks = Checks("Requirements", f"{agent} for {agent.spec['domain']}")
        checks.that("agents.requirements", found == expected, written(sorted(expected)), written(sorted(found)), n=len(expected))
        project = rules.dependencies_in(agent.repository.text("pyproject.toml"))
        checks.that(
            "agents.dependencies", project == expected, written(sorted(expected)), written(sorted(project)), n=len(expected)
        )
        checks.conclude()

    @keyword(tags=("agent",))
    def agent_dockerfile_should_keep_rules(self, agent: Creation) -> None:
        """Checks the Dockerfile: its base image, the user agent to the end, a health check of :8000/health, and the port 8000.

        Args:
            agent: A creation that completed.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Agent Dockerfile Should Keep Rules    ${agent}
        ```
        """
        text = agent.repository.text("Dockerfile")
        checks = Checks("Dockerfile", str(agent))
        for rule, (_, condition) in rules.DOCKERFILE.items():
            follows = rules.follows(text, rule)
            checks.that(f"agents.dockerfile.{rule}", follows, condition, condition if follows else "no such line")
        users = rules.users_in(text)
        checks.equal("agents.dockerfile.last_user", "agent", users[-1] if users else "root")
        checks.conclude()

    @keyword(tags=("agent",))
    def agent_should_run(self, agent: Creation) -> None:
        """Starts the agent from its repository on this machine and checks that it is healthy and that each capability answers.

        It runs with this Python alone, on a port of the loopback interface, and is stopped at once. Generated code is executed:
        the environment must allow ``destructive``.

        Args:
            agent: A creation that completed.

        Raises:
            QaError: The agent does not start, or does not answer.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Agent Should Run    ${agent}
        ```
        """
        context.system.permit("destructive")
        running = processes.start(agent.repository.folder)
        try:
            status, health = running.get("/health")
            answers = {name: running.post(f"/api/v1/{name}", {})[0] for name in agent.spec["capabilities"]}
            absent, _ = running.post(f"/api/v1/{UNKNOWN_TOOL}", {})
        finally:
            running.stop()
        checks = Checks("Runs", str(agent))
        state = health.get("status") if isinstance(health, dict) else None
        checks.that("agents.health", (status, state) == (HEALTHY, "healthy"), "200, healthy", f"{status}, {written(state)}")
        working = [name for name, answer in answers.items() if answer == HEALTHY]
        condition, observed = f"200 from {plural(len(answers), 'capability')}", written(answers)
        checks.that("agents.capabilities_answer", len(working) == len(answers), condition, observed, n=len(answers))
        checks.equal("agents.capability_unknown", 404, absent)
        checks.conclude()

    @keyword("Agent Should Speak MCP", tags=("agent",))
    def agent_should_speak_mcp(self, agent: Creation) -> None:
        """Starts the agent from its repository on this machine and checks an MCP session: initialize, tools/list and tools/call.

        The tools must be the capabilities, each with a name of its own, a description and a schema of what it takes; a call of
        each must succeed, and a call of an unknown one must not. Generated code is executed: the environment must allow
        ``destructive``.

        Args:
            agent: A creation that completed.

        Raises:
            QaError: The agent does not start, or does not answer.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Agent Should Speak MCP    ${agent}
        ```
        """
        context.system.permit("destructive")
        expected = list(agent.spec["capabilities"])
        running = processes.start(agent.repository.folder)
        try:
            client = {"name": "robotframework-theodore", "version": "1"}
            opening = {"protocolVersion": processes.PROTOCOL, "capabilities": {}, "clientInfo": client}
            opened = running.rpc(1, "initialize", opening)
            noted, _ = running.post("/mcp", {"jsonrpc": "2.0", "method": "notifications/initialized"})
            tools = running.rpc(2, "tools/list").get("tools")
            calls = {name: running.rpc(3, "tools/call", {"name": name, "arguments": {}}) for name in expected}
            unknown = running.rpc(4, "tools/call", {"name": UNKNOWN_TOOL, "arguments": {}})
        finally:
            running.stop()
        checks = Checks("MCP", str(agent))
        checks.equal("agents.mcp_protocol", processes.PROTOCOL, opened.get("protocolVersion"))
        checks.equal("agents.mcp_initialized", 202, noted)
        wrong = rules.wrong_with_tools(tools)
        listed = tools if isinstance(tools, list) else []
        observed = written(wrong) if wrong else plural(len(listed), "tool")
        checks.that("agents.tools", not wrong, "tools with name, description and inputSchema", observed, n=len(listed))
        names = [tool.get("name") for tool in listed if isinstance(tool, dict)]
        checks.equal("agents.tools_are_capabilities", sorted(expected), sorted(map(str, names)))
        done = [name for name, call in calls.items() if call.get("content") and not call.get("isError")]
        checks.that(
            "agents.tool_calls", done == expected, f"{plural(len(expected), 'call')} with content", written(done), n=len(expected)
        )
        refused = bool(unknown.get("error")) or unknown.get("isError") is True
        checks.that("agents.tool_unknown", refused, "an error for an unknown tool", written(unknown))
        checks.conclude()
