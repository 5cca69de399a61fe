"""Keywords that send single requests."""

from __future__ import annotations

import json
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
JSON = {"Content-Type": "application/json"}
INVALID_TOKEN = "not.a.token"  # noqa: S105  # the form of one


class RequestKeywords:
    """Single requests."""

    @keyword(tags=("request",))
    def send_request(
        self, request: str, *, identity: str | None = None, body: Any = None, headers: dict[str, str] | None = None
    ) -> Exchange:
        """Sends a request and returns its response, whatever its status.

        Redirects are not followed. Sending a request is no check: check its response, for example by `Get Response Status`.

        Args:
            request: A method and a path below the system's prefix, such as ``POST /orders``.
            identity: The identity that sends the request; by default the first one of the system. NOBODY sends it anonymously.
            body: The request's body: a dictionary, a list or a JSON text; by default there is none.
            headers: Headers in addition to those that authenticate the identity; none by default.

        Returns:
            The response, with ``${response.status}``, ``${response.headers}``, ``${response.text}`` and ``${response.body}``, the
            JSON as a dictionary or list.

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
        """Sends a request, checks its status, and checks the response against the contract; returns the response's JSON.

        Where the system has no contract, the status alone is checked.

        Args:
            method: An HTTP method, such as GET.
            path: A path below the system's prefix, such as /plugins?limit=2.
            status: The expected status.
            body: The request's body: a dictionary, a list or a JSON text; by default there is none.
            identity: The identity that sends the request; by default the first one of the system. NOBODY sends it anonymously.

        Raises:
            UsageError: The contract does not have the operation; the error names the nearest one.

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
        checks.that(
            check, exchange.status == status, f"status {status}", f"status {exchange.status} with {exchange.excerpt(160)}"
        )
        if system.contract.document is not None:
            conformance.conform_to_document(checks, "api.contract", system, exchange)
        checks.conclude()
        return exchange.body

    @keyword(tags=("request",))
    def anonymous_access_should_be_refused(self, method: str, path: str) -> None:
        """Sends a request without credentials, and one with an invalid token, and checks that both are refused.

        A refusal is 401, 403 or a redirect to a sign-in page. A system whose conventions name a challenge must answer 401 with it
        (RFC 9110, 15.5.2). Where the method is safe, the first identity sends the request too, as a control: if it gets the same
        status, this is NOT EVALUATED, since a system that refuses everybody proves nothing.

        Args:
            method: An HTTP method, such as GET.
            path: A path below the system's prefix, such as /auth/profile.

        Example:

        ```robotframework
        Anonymous Access Should Be Refused    GET    /auth/profile
        ```
        """
        system = context.system
        challenge = system.challenge
        checks = Checks("Anonymous access", f"{method} {path}")
        plain, body = requests.described(system, method.upper(), path)
        full, content = system.full(plain), json.dumps(body).encode() if body is not None else b""
        media = JSON if content else {}
        for kind, headers in (("without", {}), ("made_up", system.token_headers(INVALID_TOKEN))):
            exchange = system.send(method.upper(), full, media | headers, content)
            expected = f"status {UNAUTHORISED}" if challenge else "status 401, 403 or a sign-in page"
            refused = exchange.status == UNAUTHORISED if challenge else conformance.refuses(exchange)
            checks.that(f"session.{kind}_token_refused", refused, expected, f"status {exchange.status}")
            if challenge:
                offered = exchange.headers.get("www-authenticate", "none")
                checks.that(
                    "session.challenge", conformance.asks_for(offered, challenge), f"WWW-Authenticate: {challenge}", offered
                )
            conformance.conform_if_documented(checks, f"session.contract_{exchange.status}", system, exchange)
        if system.identities and method.upper() in SAFE_METHODS:
            response = system.request(method.upper(), plain, identity=system.sender(None))
            expected = f"another status than {exchange.status} for an identity"
            if response.status == exchange.status:
                checks.not_evaluated("session.identity_answered", expected, f"status {response.status}")
            else:
                checks.that("session.identity_answered", True, expected, f"status {response.status}")
        checks.conclude()

    @keyword(tags=("request",))
    def register_secret(self, secret: Secret, name: str = "a secret") -> None:
        """Keeps a secret out of every log and file from here on, in every encoding.

        Secrets that the environment file names by ``..._env``, and tokens of sign-ins, are registered already.

        Args:
            secret: A Robot ``Secret``, such as ``%{SHOP_KEY}`` declared by ``VAR    ${KEY: Secret}    %{SHOP_KEY}``.
            name: A name for the secret in messages; "a secret" by default.

        Example:

        ```robotframework
        VAR    ${KEY: Secret}    %{HOME}
        Register Secret    ${KEY}    the key of the shop
        ```
        """
        secrets.add(secret.value, name)
