"""Keywords for what an agent has to keep to once it runs: its sources, its hosts, and the tools that were registered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from robot.api import logger
from robotlibcore import keyword

from PromptCraftLibrary.agents import knowledge, mcp_servers, processes, tool_lists
from PromptCraftLibrary.agents.creations import Creation  # Robot converts arguments by these hints
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import written
from theodore_qa.systems import conformance

if TYPE_CHECKING:
    from typing import Any

    from theodore_qa.systems.exchange import Exchange

ACCEPTED = 202
FOREIGN = "rebound.example.test"
LISTING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
REFUSALS = (400, 401, 403, 404, 421)
OTHERWISE = "Sends its input elsewhere"


class AgentUpkeepKeywords:
    """Agents and MCP servers that run."""

    @keyword(tags=("agent",))
    def agent_knowledge_should_follow_sources(self, agent: Creation) -> None:
        """Changes each knowledge source of an agent that is a file, and checks that it is read again after its update frequency.

        The agent's script ``scripts/ingest_knowledge.py`` runs in the clone, by a Python clock that is put forward: by a day, by
        7 days or by 31, as the source's ``update_frequency`` says. A word that nobody could know has to be in the knowledge
        afterwards, and the one before it no more; after half of that time it has to be as it was. Generated code is executed: the
        environment must allow ``destructive``.

        Args:
            agent: A creation that completed.

        Raises:
            NotEvaluatedError: No source of the agent is a file of its repository.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Agent Knowledge Should Follow Sources    ${agent}
        ```
        """
        context.system.permit("destructive")
        folder = agent.repository.folder
        sources = [entry for entry in agent.spec["knowledge_sources"] if agent.repository.text(str(entry["source"]))]
        if not sources:
            text = f"No knowledge source of the {agent} is a file of its repository: name a markdown file, for example."
            raise NotEvaluatedError(text)
        checks, ahead = Checks("Knowledge", str(agent)), timedelta()
        for entry in sources:
            source, every = str(entry["source"]), str(entry.get("update_frequency", "weekly"))
            first = knowledge.changed(folder, source)
            knowledge.ingested(folder, ahead)
            read = knowledge.holding(folder, source, first)
            checks.that("agents.knowledge_read", bool(read), f"{first} of {source} in the knowledge", written(read or "nowhere"))
            second = knowledge.changed(folder, source)
            knowledge.ingested(folder, ahead + knowledge.EVERY[every] / 2)
            early = knowledge.holding(folder, source, second)
            expected = f"{second} not yet, after half of the update frequency {every}"
            checks.that("agents.knowledge_not_before", not early, expected, written(early or "nowhere"))
            ahead += knowledge.EVERY[every] + timedelta(hours=1)
            knowledge.ingested(folder, ahead)
            again = knowledge.holding(folder, source, second)
            expected = f"{second}, written later, after the update frequency {every}"
            checks.that("agents.knowledge_followed", bool(again), expected, written(again or "nowhere"))
            ahead += knowledge.LONGEST + timedelta(hours=1)  # so that whatever was read before is due when the next source is
            left = knowledge.holding(folder, source, first)
            checks.that("agents.knowledge_replaced", not left, f"{first} no more", written(left or "nowhere"))
        checks.conclude()

    @keyword(tags=("agent", "mcp"))
    def agent_should_refuse_foreign_hosts(self, agent: Creation) -> None:
        """Starts the agent on this machine and checks that a page elsewhere cannot call its tools by DNS rebinding.

        A browser that was led here by a name that changed its address sends that name as ``Host`` and ``Origin``. Such a request
        has to be refused (400, 401, 403, 404 or 421), and one from another origin, too (Model Context Protocol, transports). One
        without an origin is answered. Generated code is executed: the environment must allow ``destructive``.

        Args:
            agent: A creation that completed.

        Raises:
            QaError: The agent does not start, or does not answer.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Agent Should Refuse Foreign Hosts    ${agent}
        ```
        """
        context.system.permit("destructive")
        origin = {"Origin": f"http://{FOREIGN}"}
        running = processes.start(agent.repository.folder)
        try:
            usual, _ = running.post("/mcp", LISTING)
            elsewhere, _ = running.post("/mcp", LISTING, origin)
            rebound, _ = running.post("/mcp", LISTING, origin | {"Host": FOREIGN})
        finally:
            running.stop()
        checks = Checks("Foreign hosts", str(agent))
        checks.equal("agents.own_host", 200, usual)
        for check, status, seen in (
            ("agents.foreign_origin", elsewhere, f"Origin {origin['Origin']}"),
            ("agents.rebound_host", rebound, f"Host {FOREIGN} and its origin"),
        ):
            checks.that(check, status in REFUSALS, f"a refusal of {seen}", f"status {status}")
        checks.conclude()

    @keyword("MCP Tools Should Stay As Registered", tags=("agent", "mcp"))
    def mcp_tools_should_stay_as_registered(self, *identities: str, expected: str = "") -> str:
        """Has several identities list the tools of a deployed MCP server, and compares the lists by their hashes.

        Whoever lists them gets the tools that were registered, word for word, and again so after a second server has registered a
        tool of the same name with another description: that one must not shadow the first. Both servers are removed again. The
        environment must allow ``destructive``.

        Args:
            identities: Identities of one tenant; the first one registers the servers, and each may call them.
            expected: The hash that an earlier run returned, so that a change between runs is seen; not compared by default.

        Returns:
            The hash of the tools (SHA-256), which is the same in each run.

        Raises:
            QaError: Somebody is shown other tools.

        Example:

        ```robotframework
        MCP Tools Should Stay As Registered    admin    developer
        ```
        """
        system = context.system
        system.permit("destructive")
        if len(identities) < 2 or len({system.identity(name).tenant for name in identities}) > 1:  # noqa: PLR2004  # to compare
            raise UsageError(f"Expected at least 2 identities of one tenant, not {', '.join(identities) or 'none'}.")
        owner, first, second = identities[0], mcp_servers.server(), mcp_servers.server()
        second["tools"] = [tool | {"description": OTHERWISE} for tool in second["tools"]]
        checks = Checks("Tools of an MCP server", first["name"])
        _register(checks, "mcp.registration", first, owner)
        lists = [_listing(first["name"], identity) for identity in identities]
        _register(checks, "mcp.second_registration", second, owner)
        later = [_listing(first["name"], identity) for identity in identities]
        alone, beside = ([tool_lists.fingerprint(_tools(answer)) for answer in found] for found in (lists, later))
        alike = len(set(alone)) == 1 and all(alone)
        condition = f"one list for {len(alone)} identities"
        refused = [f"status {answer.status} for {name}" for name, answer in zip(identities, lists, strict=True) if not answer.ok]
        observed = "; ".join([tool_lists.shortened(alone), *refused])
        checks.that("mcp.tools_alike", alike, condition, observed, n=len(alone))
        wrong = tool_lists.changed(first["tools"], _tools(lists[0]))
        checks.that("mcp.tools_registered", not wrong, "the tools as they were registered", written(wrong or "as registered"))
        condition = f"{tool_lists.shortened(alone)} after a second server has a tool of the same name"
        checks.that("mcp.tools_not_shadowed", beside == alone, condition, tool_lists.shortened(beside), n=len(beside))
        wrong = tool_lists.changed(second["tools"], _tools(_listing(second["name"], owner)))
        checks.that("mcp.second_tools", not wrong, "the second server's own tools", written(wrong or "as registered"))
        if expected:
            checks.equal("mcp.tools_of_earlier_run", expected, alone[0])
        logger.info(f"The hash of the tools is {alone[0]}.")
        checks.conclude()
        return alone[0]


def _register(checks: Checks, check: str, spec: dict[str, Any], owner: str) -> None:
    """Register and deploy a server, which is removed at the end of the test."""
    name = spec["name"]
    context.at_test_end(f"the MCP server {name} could not be removed", lambda: mcp_servers.remove(name, owner))
    conformance.answered(checks, check, ACCEPTED, mcp_servers.register(spec, owner, auto_deploy=True))


def _listing(name: str, identity: str) -> Exchange:
    return mcp_servers.call(name, identity, 1, "tools/list", {})


def _tools(answer: Exchange) -> Any:
    return mcp_servers.result(answer).get("tools")
