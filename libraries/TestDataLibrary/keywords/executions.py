"""Keywords for synthetic executions of workflows, which analytics count."""

from __future__ import annotations

import datetime as dt
import secrets
from pathlib import Path
from typing import Any

from robot.api import logger
from robotlibcore import keyword

from TestDataLibrary import executions
from TestDataLibrary.executions import Executions  # Robot converts arguments by these hints
from theodore_qa.builtin import builtin
from theodore_qa.context import context


class ExecutionKeywords:
    """Synthetic executions."""

    @keyword(tags=("testdata",))
    def generate_executions(
        self,
        count: int = 1000,
        *,
        seed: int | None = None,
        agents: int = 8,
        days: float = 20,
        problems: bool = False,
        agent: str = "",
        user: str = "",
        free: bool = False,
    ) -> Executions:
        """Returns synthetic executions of workflows: who let which agent work when, how long, at what cost and with what result.

        They are made while they are read, so that a million takes no memory. The log shows the seed. Groups of users are far
        apart by design: ``${executions.user_groups}`` has the group of each user (power, regular, occasional), and
        ``${executions.planted}`` the problems of agents.

        Args:
            count: The number of executions; 1000 by default.
            seed: A whole number, such as the one in an earlier log; random by default.
            agents: The number of agents; 8 by default.
            days: Over how many days up to an hour ago they are spread; 20 by default.
            problems: Whether agents have problems: a fifth is slow, a fifth dear, and a fifth fails often. False by default.
            agent: The agent of all executions, for figures of these alone in a system that has others; many by default.
                ``{unique}`` in the name stands for what no other name has; ``${executions.agent}`` is the whole name.
            user: The user of all executions, likewise ``${executions.user}``; many by default.
            free: Whether they cost nothing; False by default.

        Raises:
            UsageError: The executions would be too few to show the problems, or are of one agent.

        Example:

        ```robotframework
        ${executions} =    Generate Executions    4025    agents=161    problems=True    seed=7
        Length Should Be    ${executions.planted}    96
        ```
        """
        chosen = secrets.randbelow(10**9) if seed is None else seed
        logger.info(f"Executions seed: {chosen}")
        agent, user = (name.replace("{unique}", secrets.token_hex(5)) for name in (agent, user))
        return executions.make(count, chosen, agents=agents, days=days, problems=problems, agent=agent, user=user, free=free)

    @keyword(tags=("testdata",))
    def generate_boundary_executions(self) -> list[dict[str, Any]]:
        """Returns executions that lie on the limits of analytics and just beside them.

        Users have 5, 6, 50 and 51 of them; percentiles of costs and of the agents' means fall on values that are there; moments
        are the first and the last of an hour, of a week and of a month. They are two weeks to four months old.

        Example:

        ```robotframework
        ${executions} =    Generate Boundary Executions
        Length Should Be    ${executions}    121
        ```
        """
        return executions.at_boundaries(dt.datetime.now(dt.UTC))

    @keyword(tags=("testdata",))
    def create_executions_file(self, generated: Executions) -> str:
        """Writes executions into a CSV file and returns its path. The file is removed when the test ends.

        Args:
            generated: Executions of `Generate Executions`.

        Example:

        ```robotframework
        ${executions} =    Generate Executions    100    seed=7
        ${path} =    Create Executions File    ${executions}
        ```
        """
        folder = Path(builtin().get_variable_value("${OUTPUT DIR}", ".")) / "testdata"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"executions-{secrets.token_hex(6)}.csv"
        context.at_test_end(f"the file {path.name}", lambda: path.unlink(missing_ok=True))
        return str(executions.write_csv(generated, path))
