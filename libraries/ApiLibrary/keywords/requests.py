"""Keywords that send single requests."""

from __future__ import annotations

from typing import Any

from robot.api.types import Secret
from robotlibcore import keyword

from ApiLibrary import requests
from theodore_qa.context import context
from theodore_qa.observing.checks import Checks
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems import conformance
from theodore_qa.systems.exchange import Exchange  # Robot converts arguments by these hints
from theodore_qa.systems.safety import SAFE_METHODS

SUCCESS = range(200, 300)
UNAUTHORISED = 401
INVALID_TOKEN = "not.a.token"  # noqa: S105  # the form of one


class RequestKeywords:
    """Single requests."""

    @keyword(tags=("request",))
    def send_request(
        self, request: str, *, identity: str | None = None, body: Any = None, headers: dict[str, str] | None = None
    ) -> Exchange:
        """Sends a request and returns its response, whatever its status.

        Redirects are not followed. Sending is no check: hold the response to something, for example by `Get Response Status`.

        Args:
            request: Method and path below the system's prefix, such as ``POST /orders``.
            identity: Who sends; the first identity of the system by default, NOBODY for nobody.
            body: What to send as JSON: a dictionary, a list, or JSON text; nothing by default.
            headers: Headers beside those by which the identity is known.

        Example:

        ```robotframework
        ${response} =    Send Request    GET /health    identity=NOBODY
        Get Response Status    ${response}    ==    200
        ```
        """
        return requests.sent(request, identity=identity, body=body, headers=headers)

    @keyword(tags=("request",))
    def request_should_be_answered(
        self, method: str, path: str, status: int, body: Any = None, *, identity: str | None = None
    ) -> Any:
        """Sends a request, checks its status, and the response by the system's contract; returns the response's JSON.

        An operation that the contract does not have is an error; where the system has no contract, the status alone is checked.

        Args:
            method: HTTP method such as GET.
            path: Path below the system's prefix, such as /plugins?limit=2.
            status: The expected status.
            body: What to send: a dictionary, a list, or JSON text.
            identity: Who sends; the first identity of the system by default, NOBODY for nobody.

        Example:

        ```robotframework
        Request Should Be Answered    GET    /plugins/categories    200
        Request Should Be Answered    POST    /research    422    {"company_name": "Slack", "timeout_seconds": 5}
        ```
        """
        exchange = requests.sent(f"{method} {path}", identity=identity, body=body)
        system = context.system
        checks = Checks("Response", f"{exchange.method} {path.partition('?')[0]}")
        check = "api.answered" if status in SUCCESS else "api.refused"
        checks.that(check, exchange.status == status, status, f"{exchange.status} with {exchange.excerpt(160)}")
        if system.contract.document is not None:
            conformance.conform_to_document(checks, "api.contract", system, exchange)
        checks.conclude()
        return exchange.body

    @keyword(tags=("request",))
    def anonymous_access_should_be_refused(self, method: str, path: str) -> None:
        """Sends a request as nobody, and one with a made-up token, and checks that both are refused.

        Refused is 401, 403, or the way to a page for signing in; a system whose conventions name a challenge answers 401 with it
        (RFC 9110, 15.5.2). Where the method is safe and the system has identities, the first one is answered otherwise: else this
        is NOT EVALUATED, since a system that refuses everybody proves nothing.

        Args:
            method: HTTP method such as GET.
            path: Path below the system's prefix, such as /auth/profile.

        Example:

        ```robotframework
        Anonymous Access Should Be Refused    GET    /auth/profile
        ```
        """
        system = context.system
        challenge = system.challenge
        checks = Checks("Anonymous access", f"{method} {path}")
        full = system.full(path)
        for kind, headers in (("without", {}), ("made_up", system.shown(INVALID_TOKEN))):
            exchange = system.send(method.upper(), full, headers)
            expected = str(UNAUTHORISED) if challenge else "401, 403 or a sign-in"
            refused = exchange.status == UNAUTHORISED if challenge else conformance.refuses(exchange)
            checks.that(f"session.{kind}_token_refused", refused, expected, exchange.status)
            if challenge:
                offered = exchange.headers.get("www-authenticate", "none")
                checks.that(
                    "session.challenge", conformance.asks_for(offered, challenge), f"WWW-Authenticate: {challenge}", offered
                )
            conformance.conform_if_documented(checks, f"session.contract_{exchange.status}", system, exchange)
        if system.identities and method.upper() in SAFE_METHODS:
            response = system.request(method.upper(), path, identity=system.sender(None))
            expected = f"another status than {exchange.status} for an identity"
            if response.status == exchange.status:
                checks.not_evaluated("session.identity_answered", expected, f"{response.status} for an identity too")
            else:
                checks.that("session.identity_answered", True, expected, response.status)
        checks.conclude()

    @keyword(tags=("request",))
    def register_secret(self, secret: Secret, name: str = "a secret") -> None:
        """Keeps a secret out of every log and file from here on, in whatever encoding it stands there.

        Secrets that the environment file names by ``..._env``, and tokens of sign-ins, are kept out without it.

        Args:
            secret: A Robot ``Secret``, such as ``%{SHOP_KEY}`` declared by ``VAR    ${KEY: Secret}    %{SHOP_KEY}``.
            name: How it is named where it is found nevertheless.

        Example:

        ```robotframework
        VAR    ${KEY: Secret}    %{HOME}
        Register Secret    ${KEY}    the key of the shop
        ```
        """
        secrets.add(secret.value, name)
