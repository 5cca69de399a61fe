"""Keywords for creations of agents: requested, followed, many at once, and undone where they fail."""

from __future__ import annotations

import time
from concurrent import futures
from datetime import timedelta
from typing import Any

from assertionengine import AssertionOperator  # Robot converts arguments by these hints
from robotlibcore import keyword

from PromptCraftLibrary.agents import creations, filtering, repository
from PromptCraftLibrary.agents.creations import Creation  # Robot converts arguments by these hints
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.observing.assertions import asserted
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import course, plural, written
from theodore_qa.systems import conformance, links
from theodore_qa.timing import show

GATE = timedelta(minutes=15)
CONFLICT, WHOLE = 409, 100
AT_ONCE = 20
PAIRS = 10
UNREACHABLE = 503


class AgentKeywords:
    """Creations of agents."""

    @keyword(tags=("agent", "precondition"))
    def create_agent(
        self,
        name: str | None = None,
        *,
        domain: str = "security",
        display_name: str | None = None,
        capabilities: list[str] | None = None,
        auto_deploy: bool = False,
        cpu: str = "500m",
        memory: str = "512Mi",
        environment: str = "development",
        only_needed: bool = False,
        identity: str | None = None,
    ) -> Creation:
        """Requests the creation of an agent and returns it. The platform keeps the agent: it has no operation that removes it.

        The environment must allow ``destructive``.

        Args:
            name: The agent's name in small letters with ``_``; by default one that no agent has.
            domain: Its domain, such as security or web_development; security by default.
            display_name: Its title; by default made of the name.
            capabilities: What it can do; by default code_scanning and vulnerability_detection.
            auto_deploy: Whether it is to be deployed at once; False by default.
            cpu: The limit of processor time of its container, such as 250m; 500m by default.
            memory: The limit of memory of its container, such as 256Mi; 512Mi by default.
            environment: Where it is to run: development, staging or production; development by default.
            only_needed: Whether the request leaves out whatever may be left out, how it is deployed too; False by default.
            identity: The identity that creates it; by default the first one of the environment.

        Raises:
            QaError: The creation is not accepted.

        Example:

        ```robotframework
        ${agent} =    Create Agent    domain=web_development
        Follow Agent Creation    ${agent}
        Get Agent Creation Status    ${agent}    ==    completed
        ```
        """
        context.system.permit("destructive")
        given = {"domain": domain, "display_name": display_name, "capabilities": capabilities}
        spec = creations.specified(name or creations.new_name(), given)
        deployment = creations.deployed(auto_deploy, cpu, memory, environment)
        if only_needed:
            spec, deployment = {entry: spec[entry] for entry in creations.NEEDED}, {}
        return creations.start(spec, deployment, identity)

    @keyword(tags=("agent", "precondition"))
    def follow_agent_creation(self, agent: Creation, *, timeout: timedelta = GATE) -> Creation:
        """Follows the creation of an agent until it has completed or failed, and returns it.

        Args:
            agent: A creation of `Create Agent`.
            timeout: How long at most from its request on; 15 minutes by default.

        Raises:
            QaError: It has not ended in this time.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}    timeout=1 min
        Get Agent Creation Status    ${agent}    ==    completed
        ```
        """
        return creations.follow(agent, timeout.total_seconds())

    @keyword(tags=("agent",))
    def get_agent_creation_status(
        self, agent: Creation, op: AssertionOperator = None, expected: str | None = None, message: str | None = None
    ) -> Any:
        """Returns the status of a creation by a new request; compared if an operator is given.

        Args:
            agent: A creation of `Create Agent`.
            op: An operator of AssertionEngine, such as ``==``. Without one nothing is compared.
            expected: The value that the operator compares with.
            message: The message of a failure; by default one that names both values.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Get Agent Creation Status    ${agent}    ==    completed
        ```
        """
        creations.look(agent)
        return asserted("agents.status", agent.status, op, expected, message)

    @keyword(tags=("agent",))
    def agent_creation_should_be_accepted(self, agent: Creation) -> None:
        """Checks the answer to a creation's request: 202, its names and addresses, an id of the documented form, and next steps.

        Args:
            agent: A creation of `Create Agent`.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Agent Creation Should Be Accepted    ${agent}
        ```
        """
        body = agent.accepted.object()
        data = body.get("data") or {}
        checks = Checks("Accepted", str(agent))
        conformance.answered(checks, "agents.accepted", creations.ACCEPTED, agent.accepted)
        checks.equal("agents.accepted_status", "accepted", body.get("status"))
        checks.equal("agents.accepted_name", agent.name, data.get("agent_name"))
        begin = f"agent_creation_{agent.name}_"
        checks.that("agents.creation_id", agent.id.startswith(begin), f"an id that begins with {begin}", agent.id)
        creations.dated(checks, agent, agent.id.removeprefix(begin))
        named = agent.repository_url.rstrip("/").removesuffix(".git").endswith(f"/agent-{agent.name}")
        checks.that("agents.repository_named", named, f"a repository agent-{agent.name}", agent.repository_url)
        endpoint = str(data.get("progress_endpoint"))
        found = context.system.request("GET", endpoint, token=context.system.token(agent.identity))
        checks.that("agents.progress_endpoint", found.ok, "200 at the progress_endpoint", f"{found.status} at {endpoint}")
        minutes, longest = data.get("estimated_duration_minutes"), GATE.total_seconds() / 60
        estimated = isinstance(minutes, int | float) and 0 < minutes <= longest
        checks.that("agents.estimated", estimated, f"above 0 and up to {longest:g} minutes", written(minutes))
        steps = body.get("next_steps")
        checks.that("agents.next_steps", bool(steps), "a next step at the least", written(steps))
        conformance.conform(checks, "agents.contract", agent.accepted, found)
        checks.conclude()

    @keyword(tags=("agent",))
    def agent_should_be_created_within(self, agent: Creation, limit: timedelta = GATE) -> None:
        """Checks that a creation completes within a time, that its progress never goes back, and that it is listed then.

        Args:
            agent: A creation of `Create Agent`.
            limit: The greatest duration from its request on; 15 minutes by default, as the gate has it.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Agent Should Be Created Within    ${agent}    15 min
        ```
        """
        creations.follow(agent, limit.total_seconds())
        took = time.monotonic() - agent.began
        checks = Checks("Created", str(agent))
        within = f"below {show(limit.total_seconds())}"
        checks.that("agents.creation", took < limit.total_seconds() and agent.status == "completed", within, show(took))
        checks.equal("agents.completed", "completed", agent.status)
        progress: list[Any] = [(answer.object().get("data") or {}).get("progress_percentage") for answer in agent.answers]
        rising = all(isinstance(value, int | float) for value in progress) and progress == sorted(progress)
        checks.that("agents.progress", rising, "a progress that never goes back", course(progress), n=len(progress))
        checks.equal("agents.progress_whole", WHOLE, agent.state.get("progress_percentage"))
        entries = creations.listed(context.system, agent.identity, agent.name)
        entries_found = written([f"{entry.get('name')} ({entry.get('domain')})" for entry in entries])
        right = [entry.get("domain") for entry in entries] == [agent.spec["domain"]]
        checks.that("agents.listed", right, f"one agent {agent.name} ({agent.spec['domain']}) in the list", entries_found)
        creations.as_specified(checks, agent)
        conformance.conform(checks, "agents.contract", *agent.answers)
        checks.conclude()

    @keyword(tags=("agent",))
    def agent_lists_should_be_exact(self, *, reader: str | None = None, identity: str | None = None) -> None:
        """Lists agents by each status and domain that there is, and checks that all and only those that fit come, in one order.

        The list without a filter is the measure. The list for those who may read is compared with that of administrators.

        Args:
            reader: The identity of the same tenant that lists those for readers; by default the one that administers.
            identity: The identity that lists those for administrators; by default the first one of the environment.

        Raises:
            NotEvaluatedError: There are no agents of two statuses and of two domains, so that a filter could show.

        Example:

        ```robotframework
        ${first} =    Create Agent    domain=testing
        ${second} =    Create Agent    auto_deploy=True
        Follow Agent Creation    ${first}
        Follow Agent Creation    ${second}
        Agent Lists Should Be Exact
        ```
        """
        checks = Checks("Lists of agents")
        readers = context.system.token(reader or identity)
        filtering.compare(checks, context.system, context.system.token(identity), readers)
        checks.conclude()

    @keyword(tags=("agent",))
    def agent_name_should_be_taken(self, agent: Creation) -> None:
        """Checks that a second agent of a name is refused with 409, and that the first stays alone in the list.

        So is a second one that is requested at the same time, while the first is being made.

        Args:
            agent: A creation that completed.

        Example:

        ```robotframework
        ${agent} =    Create Agent
        Follow Agent Creation    ${agent}
        Agent Name Should Be Taken    ${agent}
        ```
        """
        second = creations.request(agent.spec, agent.deployment, agent.identity)
        checks = Checks("Name taken", str(agent))
        conformance.answered(checks, "agents.name_taken", CONFLICT, second.accepted)
        checks.equal("agents.listed_once", 1, len(creations.listed(context.system, agent.identity, agent.name)))
        conformance.conform(checks, "agents.contract", second.accepted)
        spec = creations.specified(creations.new_name(), {})
        with futures.ThreadPoolExecutor(2) as pool:
            pair = list(pool.map(lambda _: creations.request(spec, agent.deployment, agent.identity), range(2)))
        statuses = sorted(creation.accepted.status for creation in pair)
        checks.equal("agents.name_taken_at_once", [creations.ACCEPTED, CONFLICT], statuses)
        for creation in pair:
            if creation.accepted.status == creations.ACCEPTED:
                creations.follow(creation, GATE.total_seconds())
        checks.equal("agents.listed_once_of_two", 1, len(creations.listed(context.system, agent.identity, str(spec["name"]))))
        checks.conclude()

    @keyword(tags=("agent",))
    def agents_should_be_created_at_once(
        self, count: int = AT_ONCE, *, limit: timedelta = timedelta(seconds=300), identity: str | None = None
    ) -> None:
        """Requests many agents at the same time and checks that all complete, each with an id and a place in the list of its own.

        Args:
            count: The number of agents; 20 by default.
            limit: How long all may take together; 300 seconds by default, as the gate has it.
            identity: The identity that creates them; by default the first one of the environment.

        Example:

        ```robotframework
        Agents Should Be Created At Once    3
        ```
        """
        if count < 2:  # noqa: PLR2004  # one is not at once
            raise UsageError(f"{count} agents are not created at once: take at least 2.")
        context.system.permit("destructive")
        context.system.token(identity)
        specs = [creations.specified(creations.new_name(), {}) for _ in range(count)]
        with futures.ThreadPoolExecutor(count) as pool:
            made = list(pool.map(lambda spec: creations.start(spec, creations.deployed(), identity), specs))
        for creation in made:
            creations.follow(creation, limit.total_seconds())
        checks = Checks("At once", plural(count, "agent"))
        completed = [creation for creation in made if creation.status == "completed"]
        condition, observed = f"{count} of {count} completed", f"{len(completed)} of {count}"
        checks.that("agents.all_completed", len(completed) == count, condition, observed, n=count)
        ids = {creation.id for creation in made}
        checks.that(
            "agents.ids_of_many", len(ids) == count, plural(count, "different id"), plural(len(ids), "different id"), n=count
        )
        answer = context.system.request("GET", creations.LISTING, token=context.system.token(identity))
        names = [entry.get("name") for entry in answer.object().get("data") or [] if isinstance(entry, dict)]
        once = [creation for creation in made if names.count(creation.name) == 1]
        checks.that(
            "agents.all_listed", len(once) == count, f"{plural(count, 'agent')} listed once each", f"{len(once)}", n=count
        )
        checks.conclude()

    @keyword(tags=("agent",))
    def creation_ids_should_be_unique(self, first: str, second: str) -> None:
        """Has two tenants create agents of one name in one second, and checks that the ids of the creations differ.

        Pairs are requested until both creations of one began within a second.

        Args:
            first: An identity of a tenant that may create agents.
            second: One of another tenant.

        Raises:
            NotEvaluatedError: Of ten pairs none began within one second by the system's clock.

        Example:

        ```robotframework
        Creation Ids Should Be Unique    admin    partner
        ```
        """
        if context.system.identity(first).tenant == context.system.identity(second).tenant:
            raise UsageError(f"The identities {first} and {second} are of one tenant: name one of another.")
        context.system.permit("destructive")
        for identity in (first, second):
            context.system.token(identity)
        checks = Checks("Ids of creations")
        for _ in range(PAIRS):
            spec = creations.specified(creations.new_name(), {})
            with futures.ThreadPoolExecutor(2) as pool:
                pair = list(pool.map(lambda who, spec=spec: creations.start(spec, creations.deployed(), who), (first, second)))
            ids = [creation.id for creation in pair]
            different = ids[0] != ids[1]
            for creation in pair if different else ():  # to its end, so that it is in no other test's way
                creations.follow(creation, GATE.total_seconds())
            if not different or _second(pair[0]) == _second(pair[1]):
                checks.that("agents.ids_unique", different, "two different ids", written(ids), n=2)
                break
        else:
            checks.not_evaluated("agents.ids_unique", "two creations within one second", f"0 of {PAIRS} pairs")
        checks.conclude()

    @keyword(tags=("agent",))
    def failed_creation_should_leave_nothing(self, link: str, *, identity: str | None = None) -> None:
        """Has a creation fail because a service does not serve, and checks that it says so and leaves nothing of the agent.

        The double behind the link answers its next call with 503. No repository, no manifest, no agent at the orchestrator, no
        container and no entry in the list may stay. Afterwards an agent of the same name must be created.

        Args:
            link: The service that fails: mcp_registry or orchestrator.
            identity: The identity that creates the agent; by default the first one of the environment.

        Raises:
            NotEvaluatedError: The environment names no such link, or none whose double could be made to fail.

        Example:

        ```robotframework
        Failed Creation Should Leave Nothing    orchestrator
        ```
        """
        system = context.system
        system.permit("destructive")
        context.at_test_end(f"the double of {link} could not be set right", lambda: links.misbehave(system, link, {}))
        links.misbehave(system, link, {"status": UNREACHABLE, "times": 1})
        creation = creations.start(creations.specified(creations.new_name(), {}), creations.deployed(), identity)
        creations.follow(creation, GATE.total_seconds())
        links.misbehave(system, link, {})
        checks = Checks("Failed creation", str(creation))
        checks.equal("agents.failed", "failed", creation.status)
        error = creation.state.get("error")
        checks.that("agents.failed_reason", isinstance(error, str) and bool(error), "an error in words", written(error))
        moments = [creation.state.get("started_at"), creation.state.get("completed_at")]
        checks.that(
            "agents.failed_moments", creations.in_order(creation, moments), "a beginning and an end", written(moments), n=2
        )
        progress = creation.state.get("progress_percentage")
        unfinished = isinstance(progress, int | float) and progress < WHOLE
        checks.that("agents.failed_progress", unfinished, f"less than {WHOLE} %", written(progress))
        kept = {
            "a repository": repository.exists(system, creation.repository_url),
            "a manifest": creation.kept(creations.REGISTRY, "servers") is not None,
            "an agent at the orchestrator": creation.kept(creations.ORCHESTRATOR, "agents") is not None,
            "a container": creation.kept(creations.ORCHESTRATOR, "containers") is not None,
            "an entry in the list": bool(creations.listed(system, identity, creation.name)),
        }
        left = [what for what, there in kept.items() if there]
        checks.that("agents.nothing_left", not left, "nothing of the agent", written(left), n=len(kept))
        again = creations.start(creation.spec, creation.deployment, identity)
        creations.follow(again, GATE.total_seconds())
        checks.equal("agents.created_afterwards", "completed", again.status)
        checks.conclude()


def _second(creation: Creation) -> str:
    """The second in which a creation began, by the system's clock."""
    began = creation.state.get("started_at")
    if not isinstance(began, str):
        raise NotEvaluatedError(f"the creation {creation.id} does not say when it began")
    return began[:19]
