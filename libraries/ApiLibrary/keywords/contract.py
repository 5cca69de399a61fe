"""Keywords that hold all operations of a system against its contract."""

from __future__ import annotations

import time

from robotlibcore import keyword

from ApiLibrary import operations
from theodore_qa.context import context
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance

SUCCESS = range(200, 300)
UNAUTHORISED, NOT_FOUND = 401, 404


class ContractKeywords:
    """All operations at once."""

    @keyword(tags=("contract",))
    def every_operation_should_need_an_identity(self) -> None:
        """Calls every operation of the contract that wants an identity as nobody and with made-up credentials: each is refused.

        The contract says which operations want one, unless the system's description lists those that are ``public``. Made-up are
        a token in the system's own form and one for each header of the contract's security schemes. Operations that the
        description skips are not sent; their number is shown.

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
                expected = str(UNAUTHORISED) if challenge else "401, 403 or a sign-in"
                checks.that("api.identity_needed", refused, expected, f"{exchange.status} for {operation.label} with {kind}")
                if challenge:
                    offered = exchange.headers.get("www-authenticate", "none")
                    checks.that(
                        "api.challenge", conformance.asks_for(offered, challenge), f"WWW-Authenticate: {challenge}", offered
                    )
                conformance.conform_if_documented(checks, "api.contract", system, exchange)
        checks.conclude()

    @keyword(tags=("contract",))
    def every_operation_should_have_succeeded(self) -> None:
        """Checks that each operation of the contract was answered with success at least once in this process.

        Every answer counts once, whichever keyword asked for it. The log shows how often each operation was answered with which
        status. Operations that the description skips are shown and do not count.

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
            statuses = ", ".join(f"{count} times {status}" for status, count in sorted(answers.items()))
            reason = operations.not_sent(system, operation)
            rows.append((operation.label, succeeded, statuses or (f"skipped: {reason}" if reason else "not requested")))
            skipped += bool(reason and not succeeded)
            if not succeeded and not reason:
                missing.append(operation.label)
        log_table("Operations of the contract", ("Operation", "Succeeded", "By status"), rows, cap=200)
        checks = Checks("Operations", f"{len(rows)} of the contract")
        required = len(rows) - skipped
        observed = f"{required - len(missing)} of {required}" + (f"; not: {', '.join(missing)}" if missing else "")
        observed += f"; {skipped} skipped by the description" if skipped else ""
        if required:
            checks.that("api.operations", not missing, f"{required} of {required} answered with success", observed, n=required)
        else:
            checks.not_evaluated("api.operations", "operations", f"the contract has {len(rows)}, and {skipped} are skipped")
        checks.conclude()

    @keyword(tags=("contract",))
    def undocumented_paths_should_not_be_there(self, *paths: str, identity: str | None = None) -> None:
        """Asks for paths that the contract does not have and checks that they are answered 404, also to an administrator.

        Args:
            paths: Paths from the root of the system's address, such as /docs; a made-up one is added.
            identity: Who asks, so that 401 does not hide what is there; the first with the role admin by default.

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
            checks.that("api.undocumented", exchange.status == NOT_FOUND, NOT_FOUND, f"{exchange.status} for {path}")
        checks.conclude()
