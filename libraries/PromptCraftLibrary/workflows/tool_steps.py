"""Workflows whose steps use the tools of an MCP server so many times, and what the orchestrator was asked for them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PromptCraftLibrary.agents import injections, mcp_servers
from PromptCraftLibrary.workflows import runs
from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.systems import links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PromptCraftLibrary.workflows.runs import Workflow

WITHOUT = "none"


@dataclass(frozen=True)
class ToolSteps:
    """A workflow, the tool of its server, and by each step the words with which the tool is to be called."""

    workflow: Workflow
    tool: str
    words: dict[str, tuple[str, ...]]

    def answers(self) -> dict[str, list[float]]:
        """By each step that the orchestrator was asked to carry out, what each of its answers cost."""
        found: dict[str, list[float]] = {}
        for call in self.workflow.calls():
            cost = call.get("cost")
            found.setdefault(str(call.get("step")), []).append(float(cost) if isinstance(cost, int | float) else 0.0)
        return found

    def called(self) -> list[str]:
        """The words with which the server's tool was called, in this order."""
        bodies = [str(call.get("body", "")) for call in links.calls(self.workflow.system, runs.LINK, self.workflow.mark)]
        due = [word for words in self.words.values() for word in words]
        return [word for body in bodies for word in due if injections.called(body, self.tool, word)]


def begun(calls: Sequence[str], agent: str, identity: str | None) -> ToolSteps:
    """Deploy a server, and start a workflow with a step for each number of calls; ``none`` is a step without the server."""
    spec = mcp_servers.server()
    server, tool = spec["name"], spec["tools"][0]["name"]
    context.at_test_end(f"the MCP server {server} could not be removed", lambda: mcp_servers.remove(server, identity))
    registered = mcp_servers.register(spec, identity, auto_deploy=True)
    if not registered.ok:
        raise QaError(f"The MCP server {server} was not deployed: observed {registered.status} with {registered.excerpt()}.")
    words: dict[str, tuple[str, ...]] = {}
    steps = []
    for number, count in enumerate(calls, 1):
        name = f"step_{number}"
        words[name] = tuple(f"qa{secrets.token_hex(6)}" for _ in range(int(count) if count != WITHOUT else 0))
        orders = ", then ".join(f"call {tool} with {word}" for word in words[name])
        step = {"id": name, "action": f"Read what there is: Zoë, 東京{f', and {orders}' if orders else ''}", "agent_id": agent}
        steps.append(step | ({"mcp_server": server} if count != WITHOUT else {}))
    return ToolSteps(runs.begun({"name": "QA tools, Zoë 東京", "steps": steps}, tuple(words), identity), tool, words)
