"""Keywords that hold all operations of a system against its contract."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from robotlibcore import keyword

from ApiLibrary import operations
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.observing.observations import ALL_ANSWERS, NONE_BREAKS
from theodore_qa.systems import conformance
from theodore_qa.systems.safety import SAFE_METHODS

if TYPE_CHECKING:
    from theodore_qa.systems.system import System

SUCCESS = range(200, 300)
UNAUTHORISED, NOT_FOUND = 401, 404


class ContractKeywords:
    """All operations at once."""

    @keyword(tags=("contract",))
    def every_operation_should_need_an_identity(self) -> None:
        """Checks that every operation that needs an identity refuses anonymous callers and invalid credentials.

        The contract says which operations need one, unless the system's description lists those that are ``public``. The invalid
        credentials are a token in the system's own form, and a key in each header of the contract's security schemes. Operations
        that the description skips are not sent; each is shown as NOT EVALUATED with the reason. One of the operations has to be
        answered with success to an identity: otherwise this is NOT EVALUATED, since a system that refuses everybody proves
        nothing.

        Example:

        ```robotframework
        Every Operation Should Need An Identity
        ```
        """
        system = context.system
        contract, challenge = system.contract, system.challenge
        checks = Checks("Without an identity", system.name)
        for operation in operations.needing_identity(contract):
            if reason := operations.not_sent(system, operation):
                checks.not_evaluated("api.identity_needed", "a refusal", f"{operation.label}: {reason}", waived=reason)
                continue
            path = operations.synthetic_path(contract, operation)
            for kind, headers in operations.invalid_credentials(system):
                exchange = system.send(operation.method, system.full(path), headers)
                refused = exchange.status == UNAUTHORISED if challenge else conformance.refuses(exchange)
                expected = f"status {UNAUTHORISED}" if challenge else "status 401, 403 or a sign-in page"
                checks.that(
                    "api.identity_needed", refused, expected, f"status {exchange.status} for {operation.label} with {kind}"
                )
                if challenge:
                    offered = exchange.headers.get("www-authenticate", "none")
                    checks.that(
                        "api.challenge", conformance.asks_for(offered, challenge), f"WWW-Authenticate: {challenge}", offered
                    )
                conformance.conform_if_documented(checks, "api.contract", system, exchange)
        _known_identity_is_answered(checks, system)
        checks.conclude()

    @keyword(tags=("contract",))
    def every_operation_should_have_succeeded(self) -> None:
        """Checks that each operation of the contract succeeded at least once in this process.

        Every answer counts, whichever keyword requested it. The log shows the statuses of each operation with their numbers.
        Operations that the description skips are shown and do not count.

        Example:

        ```robotframework
        Every Operation Should Have Succeeded
        ```
        """
        system = context.system
        contract = system.contract
        rows, missing, skipped = [], [], 0
        for operation in contract.needed.operations:
            answers: dict[int, int] = contract.exercised.get(operation.label, {})
            succeeded = sum(count for status, count in answers.items() if status in SUCCESS)
            statuses = ", ".join(f"{plural(count, 'time')} {status}" for status, count in sorted(answers.items()))
            reason = operations.not_sent(system, operation)
            rows.append((operation.label, succeeded, statuses or (f"skipped: {reason}" if reason else "not requested")))
            skipped += bool(reason and not succeeded)
            if not succeeded and not reason:
                missing.append(operation.label)
        log_table("Operations of the contract", ("Operation", "Succeeded", "By status"), rows, cap=200)
        checks = Checks("Operations", f"{len(rows)} of the contract")
        required = len(rows) - skipped
        observed = f"{required - len(missing)} of {required}" + (f"; without success: {', '.join(missing)}" if missing else "")
        observed += f"; {skipped} skipped by the description" if skipped else ""
        if required:
            checks.that("api.operations", not missing, f"success of {required} of {required} operations", observed, n=required)
        else:
            checks.not_evaluated(
                "api.operations", "at least 1 operation that is not skipped", f"{skipped} of {len(rows)} operations skipped"
            )
        checks.conclude()

    @keyword(tags=("contract",))
    def every_answer_should_be_as_promised(self) -> None:
        """Checks that no answer in this process broke the contract, or a convention that the system's description names.

        Every answer counts, whichever keyword requested it. It is the named check for what holds for every answer, such as a
        header: put it last in a suite that exercises all operations. Then ``theodore test`` judges each other test on its own
        promise, where that test passed but for what this check has seen too, and says so beside it.

        Raises:
            CheckFailedError: An answer broke a rule; each rule is named with its number and first example.
            NotEvaluatedError: No answer was held to a contract or a convention.

        Example:

        ```robotframework
        Every Answer Should Be As Promised
        ```
        """
        contract = context.system.contract
        checks = Checks("Answers", context.system.name)
        expected = "as the contract and the conventions say"
        for rule, violations in contract.broken.items():
            observed = f"{len(violations)} of {contract.answers} answers; the first: {violations[0]}"
            checks.that(ALL_ANSWERS, holds=False, expected=f"{NONE_BREAKS}{rule}", observed=observed, n=contract.answers)
        if not contract.answers:
            checks.not_evaluated(ALL_ANSWERS, expected, "0 answers: put this test behind those that send requests")
        elif not (contract.entry.contract or contract.entry.conventions):
            checks.not_evaluated(
                ALL_ANSWERS, expected, f"{plural(contract.answers, 'answer')}, and neither 'contract' nor 'conventions'"
            )
        elif not contract.broken:
            checks.that(
                ALL_ANSWERS, holds=True, expected=expected, observed=plural(contract.answers, "answer"), n=contract.answers
            )
        checks.conclude()

    @keyword(tags=("contract",))
    def undocumented_paths_should_not_be_there(self, *paths: str, identity: str | None = None) -> None:
        """Requests paths that the contract does not have and checks that the status is 404, for administrators too.

        Args:
            paths: Paths from the root of the system's address, such as /docs. A random one is added.
            identity: The identity that sends the requests; by default the first with the role admin, so that no 401 hides a path.

        Example:

        ```robotframework
        Undocumented Paths Should Not Be There    /docs    /openapi.json
        ```
        """
        system = context.system
        administrators = (name for name, entry in system.identities.items() if entry.role == "admin")
        caller = system.sender(identity or next(administrators, None))
        checks = Checks("Undocumented paths", system.name)
        for path in (*paths, f"{system.prefix}/qa-{time.time_ns():x}"):
            credentials = system.authenticator.credentials(caller, "GET", path)
            exchange = system.send("GET", system.authenticator.signed_path(caller, path), credentials)
            checks.that(
                "api.undocumented", exchange.status == NOT_FOUND, f"status {NOT_FOUND}", f"status {exchange.status} for {path}"
            )
        checks.conclude()


def _known_identity_is_answered(checks: Checks, system: System) -> None:
    """Record whether an identity is answered with success by an operation that wants one: the control of all refusals."""
    expected, observed = "success for an identity", "no identity in the environment file"
    who = system.sender(None)
    for operation in operations.needing_identity(system.contract) if who else ():
        if operation.method not in SAFE_METHODS or operations.not_sent(system, operation):
            continue
        path = operations.good_path(system, operation)
        try:
            exchange = system.request(operation.method, path, identity=who)
        except NotEvaluatedError as error:
            checks.not_evaluated("api.identity_answered", expected, str(error).rstrip("."))
            return
        observed = f"{exchange.status} for {operation.label}"
        if exchange.status in SUCCESS:
            checks.that("api.identity_answered", holds=True, expected=expected, observed=observed)
            return
    checks.not_evaluated("api.identity_answered", expected, f"none; the last was {observed}" if who else observed)
