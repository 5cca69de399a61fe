"""Keywords about tokens of one system that are offered to another."""

from __future__ import annotations

from robotlibcore import keyword

from ApiLibrary import requests
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance

FIRST_ERROR = 400


class ForeignTokenKeywords:
    """Tokens out of place."""

    @keyword(tags=("request", "session"))
    def token_of_another_system_should_be_refused(
        self, request: str, other: str, *, other_identity: str | None = None, identity: str | None = None
    ) -> None:
        """Sends a request with the token that another system has given, and checks that it is refused as nobody's.

        The request has to succeed with a token of the system itself before, and is not evaluated otherwise.

        Args:
            request: A request that needs a session, such as ``GET /auth/profile``.
            other: The name of the other system in the environment.
            other_identity: Who has signed in there; by default its first identity.
            identity: Who sends the request with a token of the system itself; by default its first identity.

        Raises:
            CheckFailedError: The request is answered otherwise than by a refusal with 401 or 403.
            UsageError: Both names stand for one system.

        Example:

        ```robotframework
        Token Of Another System Should Be Refused    GET /auth/me    theodore    system=promptcraft
        ```
        """
        system, giver = context.system, context.named(other)
        if giver is system:
            raise UsageError(f"'{other}' is the system itself: name another one of {system.environment.path.name}.")
        method, path = requests.parsed(request)
        checks = Checks("Token of another system", f"{request} with a token of {other}")
        control = requests.sent(request, identity=identity)
        if control.status >= FIRST_ERROR or not control.status:
            checks.not_evaluated("tokens.own_system", "success with a token of the system itself", f"status {control.status}")
            checks.conclude()
        given = giver.token(other_identity)
        answer = system.send(method, system.full(path), system.token_headers(given), b"")
        refused = conformance.refuses(answer)
        checks.that("tokens.other_system", refused, "status 401 or 403", f"status {answer.status}")
        conformance.conform_if_documented(checks, "tokens.contract", system, answer)
        checks.conclude()
