"""The keyword for generated requests."""

from __future__ import annotations

import random

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks

MOST_SHOWN = 3


class GeneratedKeywords:
    """Requests that nobody wrote."""

    @keyword(tags=("contract",))
    def generated_requests_should_be_as_in_the_contract(
        self, *, examples: int = 8, seed: int | None = None, identity: str | None = None
    ) -> None:
        """Sends generated requests to every operation of the contract, valid and invalid ones, and judges each answer.

        The requests are made by Schemathesis, one by one; sequences of requests are not. Valid requests are not refused as
        invalid, invalid ones are not accepted, nothing is answered 500, and each answer has a status and a shape that the
        contract names. Operations that the description skips, streams, and those that are not understood are shown as NOT
        EVALUATED. Changes state: the environment must allow ``active_scan`` and ``destructive``. Needs the extra ``contract``.

        Args:
            examples: How many of each kind for each operation; 8 by default.
            seed: The seed of the generator; made up by default, and printed.
            identity: Who sends; it should be allowed everything: the first with the role admin by default.

        Example:

        ```robotframework
        Generated Requests Should Be As In The Contract    examples=2    seed=7
        ```
        """
        from ApiLibrary import generated  # seldom used

        system = context.system
        system.permit("active_scan")
        system.permit("destructive")
        seed = random.SystemRandom().randrange(10**6) if seed is None else seed
        administrators = (name for name, entry in system.identities.items() if entry.role == "admin")
        caller = system.sender(identity or next(administrators, None))
        checks = Checks("Generated requests", f"seed {seed}")
        rows = []
        for outcome in generated.tried(system, caller, examples, seed):
            found = list(dict.fromkeys(outcome.problems))
            rows.append(
                (outcome.label, outcome.valid, outcome.invalid, outcome.not_evaluated or "; ".join(found[:MOST_SHOWN]) or "none")
            )
            if outcome.valid + outcome.invalid:
                checks.that(
                    f"api.generated.{outcome.label}",
                    not found,
                    "answers as the contract has them",
                    "; ".join(found[:MOST_SHOWN]) or f"{outcome.valid} valid and {outcome.invalid} invalid requests answered so",
                    n=outcome.valid + outcome.invalid,
                )
        log_table(f"Generated requests, seed {seed}", ("Operation", "Valid", "Invalid", "Problems"), rows, cap=200)
        if not checks.done:
            reasons = "; ".join(dict.fromkeys(str(row[3]) for row in rows)) or "the contract has no operation"
            checks.not_evaluated("api.generated", "generated requests", reasons)
        checks.conclude()
