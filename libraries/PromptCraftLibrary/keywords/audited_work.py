"""Keywords about the audit trail of what succeeds: agents, MCP servers and workflows that are made, changed and ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary import auditing, sign_on
from PromptCraftLibrary.agents import creations, mcp_servers
from PromptCraftLibrary.realm import Realm
from PromptCraftLibrary.workflows import runs
from theodore_qa.context import context
from theodore_qa.observing.checks import Checks

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

PATIENCE = 60.0
WAITS = {"name": "QA audit", "steps": [{"id": "review", "action": "review", "requires_approval": True}]}


class AuditedWorkKeywords:
    """Work in the audit trail."""

    @keyword(tags=("audit", "workflow", "agent"))
    def work_should_be_audited(self, identity: str) -> None:
        """Does what changes something, with success, and checks that the audit trail has exactly one event of each that fits it.

        An MCP server is registered, deployed, called and removed; a workflow is started, read and approved, and another one
        cancelled; an agent is created, followed and deployed. The environment must allow ``destructive``.

        Args:
            identity: An identity that may do all this and read the audit trail.

        Raises:
            CheckFailedError: An attempt does not succeed, has no event or several, or one that says something else of it.

        Example:

        ```robotframework
        Work Should Be Audited    admin
        ```
        """
        context.system.permit("destructive")
        realm = Realm(context.system)
        own = context.system.token(identity)
        session = sign_on.profile(realm, own).object()
        done = [*_servers(identity), *_workflows(identity), *_agents(identity)]
        checks = Checks("Audited work", identity)
        failed = [f"{answer.status} for {answer.method} {answer.path}" for answer in done if not answer.ok]
        expected = f"success of each of {len(done)} attempts"
        checks.that("audit.work_done", not failed, expected, "; ".join(failed) or expected, n=len(done))
        events = auditing.listed(checks, realm, own, limit=auditing.MOST)
        auditing.compare(checks, realm, [auditing.Attempt(answer, session) for answer in done], events)
        checks.conclude()


def _servers(identity: str) -> list[Exchange]:
    spec = mcp_servers.server()
    name = spec["name"]
    context.at_test_end(f"the MCP server {name} could not be removed", lambda: mcp_servers.remove(name, identity))
    registered = mcp_servers.register(spec, identity, auto_deploy=True)
    listed = mcp_servers.call(name, identity, 1, "tools/list", {})
    return [registered, listed, mcp_servers.remove(name, identity)]


def _workflows(identity: str) -> list[Exchange]:
    answers: list[Exchange] = []
    for cancelled in (False, True):
        workflow = runs.begun(WAITS, ("review",), identity)
        runs.follow(workflow, PATIENCE, runs.rests)
        ended = runs.send(workflow, "cancel", identity) if cancelled else runs.decide(workflow, "approved", identity)
        answers += [workflow.accepted, workflow.answers[-1], ended]
    return answers


def _agents(identity: str) -> list[Exchange]:
    creation = creations.follow(creations.start(creations.specified(creations.new_name(), {}), {}, identity), PATIENCE)
    path = f"{creations.LISTING}/{creation.name}/deploy"
    return [creation.accepted, creation.answers[-1], context.system.request("POST", path, token=context.system.token(identity))]
