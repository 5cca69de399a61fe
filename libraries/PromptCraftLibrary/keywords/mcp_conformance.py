"""Keywords that hold MCP servers to the official conformance suite."""

from __future__ import annotations

from robotlibcore import keyword

from PromptCraftLibrary.agents import conformance_suite, processes
from PromptCraftLibrary.agents.creations import Creation  # Robot converts arguments by these hints
from theodore_qa.context import context
from theodore_qa.observing.checks import Checks


class McpConformanceKeywords:
    """The official conformance suite of MCP."""

    @keyword("Agent Should Pass MCP Conformance Suite", tags=("agent", "mcp"))
    def agent_should_pass_mcp_conformance_suite(self, agent: Creation, *scenarios: str) -> None:
        """Starts the agent from its repository on this machine and runs the official conformance suite of MCP against it.

        The suite is the npm package ``@modelcontextprotocol/conformance``, whose command ``conformance`` has to be on the PATH.
        Generated code is executed: the environment must allow ``destructive``.

        Args:
            agent: A creation that completed.
            scenarios: Scenarios of the suite; by default those that need no tools of the suite's own: server-initialize, ping
                and tools-list.

        Raises:
            CheckFailedError: A scenario fails, in the words of the suite.
            NotEvaluatedError: The suite is not installed, or counts no checks; the text names the command that brings it.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Agent Should Pass MCP Conformance Suite    ${agent}    ping
        ```
        """
        context.system.permit("destructive")
        conformance_suite.demand()
        running = processes.start(agent.repository.folder)
        try:
            url = f"{running.client.url}/mcp"
            outcomes = [conformance_suite.run(name, url) for name in scenarios or conformance_suite.SCENARIOS]
        finally:
            running.stop()
        checks = Checks("MCP conformance", str(agent))
        for outcome in outcomes:
            expected = f"all checks of {outcome.scenario}"
            checks.that("agents.mcp_conformance", not outcome.reason, expected, str(outcome), n=outcome.checks)
        checks.conclude()
