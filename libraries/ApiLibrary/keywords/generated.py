"""The keyword for generated requests."""

from __future__ import annotations

import random

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural

MOST_SHOWN = 3


class GeneratedKeywords:
    """Requests that are generated from the contract."""

    @keyword(tags=("contract",))
    def generated_requests_should_be_as_in_the_contract(
        self, *, examples: int = 8, seed: int | None = None, identity: str | None = None
    ) -> None:
        """Sends generated valid and invalid requests to every operation of the contract and judges each answer.

        Schemathesis generates single requests, no sequences. A valid request must not be refused as invalid, an invalid one must
        not be accepted, no answer may have a status of 500 or above, and each must have a status and a body that the contract
        names. Operations that the description skips, streams, and those that are not understood are shown with the reason. The
        requests change state: the environment must allow ``active_scan`` and ``destructive``. Needs the extra ``contract``.

        Args:
            examples: The number of valid and of invalid requests for each operation; 8 by default.
            seed: The seed of the generator; random by default, and shown in the log.
            identity: The identity that sends the requests; it needs all permissions. By default the first with the role admin.

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
                    "the status and body of the contract for each request",
                    "; ".join(found[:MOST_SHOWN])
                    or f"{outcome.valid} valid and {plural(outcome.invalid, 'invalid request')} without a violation",
                    n=outcome.valid + outcome.invalid,
                )
        log_table(f"Generated requests, seed {seed}", ("Operation", "Valid", "Invalid", "Problems"), rows, cap=200)
        if not checks.done:
            reasons = "; ".join(dict.fromkeys(str(row[3]) for row in rows)) or "the contract has no operation"
            checks.not_evaluated("api.generated", "at least 1 generated request", reasons)
        checks.conclude()
