"""Keywords for canary companies: sites with invented facts that a system can know only by reading them."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from pathlib import Path  # Robot converts arguments by these hints
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from robot.api import logger, SkipExecution
from robotlibcore import keyword

from TestDataLibrary import canaries, canary_checks
from TestDataLibrary.canaries import Canary  # Robot converts arguments by these hints
from TestDataLibrary.canary_server import LOOPBACK
from theodore_qa.canary import site as sites
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks

if TYPE_CHECKING:
    from collections.abc import Iterator


class CanaryKeywords:
    """Canary companies, their sites, and what a system says of them."""

    def __init__(self) -> None:
        self._made: list[Canary] = []

    @keyword(tags=("testdata",))
    def canary_company(
        self,
        *,
        seed: int | None = None,
        name: str | None = None,
        language: str | None = None,
        silent: str = "",
        published: bool = True,
        host: str = LOOPBACK,
        address: str | None = None,
        facts: Path | None = None,
    ) -> Canary:
        """Invents a company and serves its web site, so that only a system that reads the site can know it.

        Words, facts, languages and layouts are random; the log shows the seed. The site is served on a free port of this machine
        and ends with the test, with the suite if it is called in a suite setup, and with the process in any case. The host of the
        site has to be among the environment's hosts, and the environment must not be production.

        Args:
            seed: A whole number, such as the one in an earlier log; random by default.
            name: The company's name; random by default. Two canaries of one name tell whether their facts are confused.
            language: en, de, fr or ja; random by default.
            silent: Fields about which the site says nothing, such as ``employee_count, phone``; chance leaves out others
                too. None by default.
            published: Whether the site answers at once; otherwise it answers 404 until `Publish Canary`.
            host: The address at which the system reaches this machine; 127.0.0.1 by default.
            address: Where a site that ``theodore canary build`` wrote is served, if the system cannot reach this machine.
            facts: The facts file that ``theodore canary build`` wrote beside it. Both are given, or neither.

        Returns:
            The canary, for other keywords. It has ``${canary.name}``, ``${canary.address}`` and ``${canary.facts}``.

        Raises:
            NotGrantedError: The environment is production, or does not list the host of the site.
            UsageError: Of ``address`` and ``facts`` only one is given, or the facts file cannot be used.
            NotEvaluatedError: A site that is not served from here is to be another than it is.

        Example:

        ```robotframework
        ${canary} =    Canary Company    language=en
        Permit Address    ${canary.address}
        ${research} =    Research Company    ${canary.name}    website=${canary.address}
        Research Should Hold Canary Facts    ${research}    ${canary}
        ```
        """
        if (address is None) != (facts is None):
            raise UsageError(
                "A canary that stands elsewhere needs both address= and facts=: 'theodore canary build' prints them."
            )
        with _waivable():
            canaries.permit(context.environment, urlsplit(address).hostname or "" if address else host)
        if address and facts:
            with _waivable():
                if seed is not None or name or language or silent or not published:
                    raise NotEvaluatedError(f"the site at {address} is not served from here: it is as it was built")
            canary = canaries.elsewhere(address, facts)
        else:
            chosen = secrets.randbelow(10**9) if seed is None else seed
            left_out = tuple(field.strip() for field in silent.split(",") if field.strip())
            site = sites.make(chosen, name=name, silent=left_out, language=language)
            canary = canaries.serve(site, host, published=published)
        if server := canary.server:
            context.at_test_end(f"the site of {canary}", server.close)
        self._made.append(canary)
        logger.info(f"Canary seed: {canary.site.seed}")
        rows = [(name, value, canary.url_of(name)) for name, value in canary.facts.items()]
        log_table(f"Canary {canary}", ("Field", "Fact", "Page"), rows)
        return canary

    @keyword(tags=("testdata",))
    def publish_canary(self, canary: Canary) -> None:
        """Makes the site of a canary answer from now on.

        Args:
            canary: A canary that `Canary Company` returned.

        Example:

        ```robotframework
        ${canary} =    Canary Company    published=False
        Publish Canary    ${canary}
        ```
        """
        with _waivable():
            canary.set_state(canaries.PUBLISHED)

    @keyword(tags=("testdata",))
    def withdraw_canary(self, canary: Canary) -> None:
        """Takes the site of a canary away: every page of it answers 410 Gone from now on.

        Args:
            canary: A canary that `Canary Company` returned.

        Raises:
            NotEvaluatedError: The site is not served from here.

        Example:

        ```robotframework
        ${canary} =    Canary Company
        Withdraw Canary    ${canary}
        ```
        """
        with _waivable():
            canary.set_state(canaries.WITHDRAWN)

    @keyword(tags=("testdata",))
    def change_canary_fact(self, canary: Canary, field: str | None = None, *, value: Any = None) -> Any:
        """Changes a fact on the site of a canary and returns its new value.

        Args:
            canary: A canary that `Canary Company` returned.
            field: The field to change, such as employee_count; by default one that chance chooses.
            value: Its new value, of the kind of the old one; by default one that chance draws.

        Raises:
            UsageError: The site does not state the field, or a value is given without its field or of another kind.
            NotEvaluatedError: The site is not served from here.

        Example:

        ```robotframework
        ${canary} =    Canary Company
        ${number} =    Change Canary Fact    ${canary}    employee_count
        ```
        """
        before = dict(canary.facts)
        with _waivable():
            name, now = canary.change(field, value)
        log_table(f"Changed on the site of {canary}", ("Field", "Before", "Now"), [(name, before[name], now)])
        return now

    @keyword(tags=("testdata",))
    def research_should_hold_canary_facts(self, research: Any, canary: Canary) -> None:
        """Checks that a research read the site of a canary, and that its record holds the facts there and no others.

        Each field that a page states must hold its fact. A value of which no page says anything, one from before a change, and
        one of another canary are failures that name field, values and page. A field that the record does not have is NOT
        EVALUATED. Description and summary must rest on the pages. Industry, business model, size and sophistication may be the
        system's own judgement where no page states them.

        The site has to have been fetched after the research began. Of a site that stands elsewhere the visits cannot be counted.

        Args:
            research: A research that was followed to its end, or a record.
            canary: The canary that was researched.

        Raises:
            QaError: The record does not hold the facts, or the site was not fetched.
            NotEvaluatedError: There is no record, and the system never asked for the site.

        Example:

        ```robotframework
        ${canary} =    Canary Company
        Permit Address    ${canary.address}
        ${research} =    Research Company    ${canary.name}    website=${canary.address}
        Research Should Hold Canary Facts    ${research}    ${canary}
        ```
        """
        checks = Checks("Canary facts", canary.name)
        canary_checks.researched(checks, research, canary, self._made)
        checks.conclude()

    @keyword(tags=("testdata",))
    def research_should_not_know_canary(self, research: Any, canary: Canary) -> None:
        """Checks that a research of a canary whose site does not exist yet failed openly, or states no fact.

        Args:
            research: A research that was followed to its end, or a record.
            canary: A canary that is not published.

        Raises:
            QaError: The record states facts of a company that nobody can know.
            UsageError: The site of the canary is published.

        Example:

        ```robotframework
        ${canary} =    Canary Company    published=False
        ${research} =    Research Company    ${canary.name}
        Research Should Not Know Canary    ${research}    ${canary}
        ```
        """
        if canary.state != canaries.UNPUBLISHED:
            raise UsageError(f"The site of {canary} is {canary.state}: make it with published=False to ask before it exists.")
        checks = Checks("Canary unknown", canary.name)
        canary_checks.unknown(checks, research, canary)
        checks.conclude()

    @keyword(tags=("testdata",))
    def research_should_admit_withdrawal(self, research: Any, canary: Canary) -> None:
        """Checks that a research of a site that was withdrawn failed openly, or gives the date of what was read before.

        Args:
            research: A research that was started after `Withdraw Canary`, and followed to its end.
            canary: The canary that was withdrawn.

        Raises:
            QaError: The record passes old facts off as new.
            UsageError: The site of the canary was not withdrawn.
            NotEvaluatedError: There is no record, and the system never asked for the site.

        Example:

        ```robotframework
        ${canary} =    Canary Company
        Permit Address    ${canary.address}
        Withdraw Canary    ${canary}
        ${research} =    Research Company    ${canary.name}    website=${canary.address}
        Research Should Admit Withdrawal    ${research}    ${canary}
        ```
        """
        if canary.state != canaries.WITHDRAWN:
            raise UsageError(f"The site of {canary} is {canary.state}: call Withdraw Canary before the research.")
        checks = Checks("Withdrawal", canary.name)
        canary_checks.withdrawn(checks, research, canary)
        checks.conclude()

    @keyword(tags=("testdata",))
    def matches_should_hold_canary_facts(self, discovery: Any, *expected: Canary) -> None:
        """Checks that a discovery found canaries, and that each match holds the facts of its own site and no others.

        Args:
            discovery: A discovery that was followed to its end.
            expected: The canaries that have to be among its matches.

        Raises:
            QaError: A canary is missing, or its match does not hold the facts of its site.

        Example:

        ```robotframework
        ${canary} =    Canary Company
        Permit Address    ${canary.address}
        Research Company    ${canary.name}    website=${canary.address}
        ${discovery} =    Discover Similar Companies    Slack    sources=vector    threshold=0    limit=50
        Matches Should Hold Canary Facts    ${discovery}    ${canary}
        ```
        """
        if not expected:
            raise UsageError("Name at least one canary, else there is nothing to check.")
        checks = Checks("Matches", ", ".join(canary.name for canary in expected))
        for canary in expected:
            canary_checks.matched(checks, discovery, canary, self._made)
        checks.conclude()


@contextmanager
def _waivable() -> Iterator[None]:
    """What an environment cannot have of canaries is not evaluated; it is skipped where the environment openly does without."""
    try:
        yield
    except NotEvaluatedError as error:
        reason = str(error).rstrip(".")
        waiver = context.system.lacks(Checks("Canary"), "canary.possible", "an environment that can have it", reason, "canaries")
        if waiver:
            raise SkipExecution(f"NOT EVALUATED: {reason}, waived: {waiver}.") from None
        raise
