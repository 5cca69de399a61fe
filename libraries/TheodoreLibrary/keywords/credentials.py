"""Keywords for what each kind of credential opens: passwords, tokens of ended sessions, API keys."""

from __future__ import annotations

import datetime as dt
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.observing.checks import Checks
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems import bodies, conformance, streams
from theodore_qa.systems.exchange import Exchange  # Robot converts arguments by these hints
from TheodoreLibrary import api_keys, fresh_sessions
from TheodoreLibrary.jobs import OK

REFUSED = 401
SOCKETS = "/ws/"
WITHIN = 5.0


class CredentialKeywords:
    """What passwords, tokens and keys open."""

    @keyword(tags=("session",))
    def credentials_should_be_answered(
        self, status: int, *, username: str | None = None, password: str | None = None, identity: str | None = None
    ) -> None:
        """Signs in with a user name and a password and checks the status, and that only a success brings a token.

        Args:
            status: The expected status, such as 200 or 401.
            username: The user name; by default that of the identity.
            password: The password; by default the identity's own, for which ``{password}`` stands, and ``{swapped}`` for that in
                the other case.
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Credentials Should Be Answered    401    password={swapped}
        ```
        """
        user = context.system.identity(identity)
        own = user.password()
        given = own if password is None else password.replace("{password}", own).replace("{swapped}", own.swapcase())
        secrets.add(own.swapcase(), f"the password of {user.name} in the other case")
        body = {"username": user.username if username is None else username, "password": given}
        answer = context.system.request("POST", "/auth/login", json_body=body)
        token = answer.object().get("access_token")
        if isinstance(token, str) and token:
            secrets.add(token, f"a token of {user.name}")
        checks = Checks("Credentials", user.name)
        conformance.answered(checks, "session.credentials", status, answer)
        expected = "a token" if status == OK else "no token"
        checks.that("session.credentials_token", bool(token) is (status == OK), expected, "a token" if token else "no token")
        checks.conclude()

    @keyword(tags=("session", "precondition"))
    def get_sign_in_response(self, identity: str | None = None, *, remember: bool = False) -> Exchange:
        """Signs an identity in once more and returns the response, for keywords of ApiLibrary that check responses.

        Args:
            identity: An identity of the environment; by default the first one.
            remember: Whether the sign-in asks to be remembered, by ``remember_me``; False by default.

        Example:

        ```robotframework
        ${response} =    Get Sign In Response
        Response Should Have Fields    ${response}    access_token    user.user_id
        ```
        """
        return fresh_sessions.signed_in(identity, remember=remember)

    @keyword(tags=("session", "precondition"))
    def get_refresh_response(self, identity: str | None = None) -> Exchange:
        """Exchanges the refresh token of a new sign-in and returns the response, for keywords of ApiLibrary.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        ${response} =    Get Refresh Response
        Get Response Field    ${response}    expires_in    ==    3600
        ```
        """
        return fresh_sessions.renewed(fresh_sessions.begin(identity))

    @keyword(tags=("session",))
    def signed_out_token_should_be_refused(
        self, method: str, path: str, *, body: Any = None, identity: str | None = None
    ) -> None:
        """Signs a new session out and checks that its token is refused by an operation that it opened before.

        Args:
            method: An HTTP method, or WS for a WebSocket.
            path: A path below the system's prefix, such as /auth/profile.
            body: The request's body: a dictionary, a list or a JSON text; by default there is none.
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Signed Out Token Should Be Refused    GET    /auth/profile
        ```
        """
        session = fresh_sessions.begin(identity)
        checks = Checks("Signed out", f"{method} {path}")
        before = _answer(method, path, session.access, body)
        checks.that("session.opened_before", before != REFUSED, f"another status than {REFUSED}", f"status {before}")
        fresh_sessions.end(session)
        after = _answer(method, path, session.access, body)
        checks.that("session.signed_out_refused", after == REFUSED, f"status {REFUSED}", f"status {after}")
        checks.conclude()

    @keyword(tags=("session",))
    def sessions_should_end_one_by_one(self, *, identity: str | None = None) -> None:
        """Signs one of two sessions out and checks that its refresh token is refused, and that the other session goes on.

        So does an API key of the same account.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Sessions Should End One By One
        ```
        """
        ended, other = fresh_sessions.begin(identity), fresh_sessions.begin(identity)
        key, _ = api_keys.make_key(other.access)
        fresh_sessions.end(ended)
        checks = Checks("Two sessions", context.system.identity(identity).name)
        renewal = context.system.request("POST", "/auth/refresh", json_body={"refresh_token": ended.refresh})
        conformance.answered(checks, "session.signed_out_refresh_refused", REFUSED, renewal)
        profile = context.system.request("GET", "/auth/profile", token=other.access)
        conformance.answered(checks, "session.second_session", OK, profile)
        by_key = context.system.request("GET", "/auth/profile", headers={"X-API-Key": key})
        conformance.answered(checks, "session.key_goes_on", OK, by_key)
        fresh_sessions.end(other)
        checks.conclude()

    @keyword(tags=("account",))
    def api_key_should_be_answered(
        self,
        method: str,
        path: str,
        status: int,
        *,
        scopes: str | None = None,
        expires_in: timedelta | None = None,
        body: Any = None,
        identity: str | None = None,
    ) -> None:
        """Creates an API key, sends a request with it, and checks the status.

        Args:
            method: An HTTP method, such as GET.
            path: A path below the system's prefix, such as /auth/profile.
            status: The expected status.
            scopes: The key's scopes, separated by commas; by default none are named.
            expires_in: After which time the key expires; by default it does not.
            body: The request's body: a dictionary, a list or a JSON text; by default there is none.
            identity: The identity that owns the key; by default the first one.

        Example:

        ```robotframework
        Api Key Should Be Answered    GET    /discover/quick?company_name=Slack    403    scopes=research
        ```
        """
        named = [scope.strip() for scope in scopes.split(",")] if scopes is not None else None
        expiry = (dt.datetime.now(dt.UTC) + expires_in).isoformat() if expires_in is not None else None
        options = {name: value for name, value in (("scopes", named), ("expires_at", expiry)) if value is not None}
        key, _ = api_keys.make_key(context.system.token(identity), **options)
        answer = context.system.request(method, path, json_body=bodies.as_json(body), headers={"X-API-Key": key})
        checks = Checks("API key", f"{method} {path}")
        conformance.answered(checks, "api.key_answered", status, answer)
        checks.conclude()


def _answer(method: str, path: str, token: str, body: Any) -> int:
    """The status of a request with a token; a WebSocket that brings an error alone counts as 401."""
    headers = context.system.token_headers(token)
    if path.startswith(SOCKETS):
        heard = streams.listen(context.system, path, within=WITHIN, headers=headers, send=lambda _: None, until=lambda _: True)
        first = heard.messages[0] if heard.messages and isinstance(heard.messages[0], dict) else {}
        return OK if first.get("type") == "connection_ack" else REFUSED
    return int(context.system.request(method, path, json_body=bodies.as_json(body), token=token).status)
