"""Keywords for signing in and out."""

from __future__ import annotations

import secrets as random_secrets
from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance
from TheodoreLibrary import research_checks

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity
from theodore_qa.redaction.secrets import secrets

REFUSED = 401
OK = 200


class SessionKeywords:
    """Sign-in, sign-out and what a token is worth."""

    @keyword(tags=("session",))
    def sign_in(self, identity: str | None = None) -> dict[str, Any]:
        """Signs an identity in and checks that the profile it gets is its own.

        Fails if the sign-in is refused, or if the password's environment variable is not set. The session ends with the suite.

        Args:
            identity: A name from the environment file; the first one by default.

        Returns:
            The user's profile as a dictionary (user_id, username, role, ...).

        Example:

        ```robotframework
        ${profile} =    Sign In    identity=analyst
        Should Be Equal    ${profile}[role]    user
        ```
        """
        system = context.system
        user = system.identity(identity)
        checks = Checks("Signed in", user.name)
        signed_in = self._signed_in(checks, user)
        profile = signed_in.object().get("user") or {}
        checks.equal("session.own_profile", user.username, profile.get("username"))
        checks.equal("session.role", user.role, profile.get("role"))
        conformance.conform(checks, f"session.contract_{signed_in.status}", signed_in)
        research_checks.fresh(checks, "session.last_login", signed_in, profile.get("last_login"))
        token = system.token(user.name)
        answer = self._profile(token)
        conformance.conform(checks, f"session.contract_{answer.status}", answer)
        checks.equal("session.token_works", OK, answer.status)
        username = answer.body.get("username") if isinstance(answer.body, dict) else None
        checks.equal("session.token_is_own", user.username, username)
        checks.conclude()
        found: dict[str, Any] = profile
        return found

    @keyword(tags=("session",))
    def sign_out(self, identity: str | None = None) -> None:
        """Signs an identity out and checks that its token, which worked before, is refused afterwards.

        The token is tried before, so that a system that refuses everything does not pass. A later keyword signs the identity in
        anew when it needs to.

        Args:
            identity: A name from the environment file; the first one by default.

        Example:

        ```robotframework
        Sign Out    identity=analyst
        ```
        """
        name = context.system.identity(identity).name
        token = context.system.token(name)
        checks = Checks("Signed out", name)
        checks.equal("session.token_works", OK, self._profile(token).status)
        answer = context.system.request("POST", "/auth/logout", token=token)
        context.system.authenticator.forget(context.system.identity(name))
        checks.equal("session.signed_out", OK, answer.status)
        conformance.conform(checks, f"session.contract_{answer.status}", answer)
        refused = self._profile(token)
        conformance.conform(checks, f"session.contract_{refused.status}", refused)
        checks.equal("session.token_revoked", REFUSED, refused.status)
        checks.conclude()

    @keyword(tags=("session",))
    def sign_in_should_be_refused(self, identity: str | None = None) -> None:
        """Tries a wrong password, made up at random, and checks that it is refused although the right one works.

        Args:
            identity: A name from the environment file; the first one by default.

        Example:

        ```robotframework
        Sign In Should Be Refused    identity=analyst
        ```
        """
        user = context.system.identity(identity)
        context.system.authenticator.renew(user)
        body = {"username": user.username, "password": random_secrets.token_urlsafe(12)}
        answer = context.system.request("POST", "/auth/login", json_body=body)
        checks = Checks("Wrong password", user.name)
        conformance.conform(checks, f"session.contract_{answer.status}", answer)
        checks.equal("session.wrong_password_refused", REFUSED, answer.status)
        checks.conclude()

    @keyword(tags=("session",))
    def refreshed_token_should_work(self, identity: str | None = None) -> None:
        """Exchanges an identity's refresh token for an access token and checks that it works, and that a made-up one is refused.

        An access token is no refresh token: it is refused as one.

        Args:
            identity: A name from the environment file; the first one by default.

        Example:

        ```robotframework
        Refreshed Token Should Work    identity=analyst
        ```
        """
        name = context.system.identity(identity).name
        access = context.system.token(name)
        refresh_token = context.system.authenticator.answers[name].object().get("refresh_token")
        answer = context.system.request("POST", "/auth/refresh", json_body={"refresh_token": refresh_token})
        token = answer.body.get("access_token") if isinstance(answer.body, dict) else None
        if isinstance(token, str) and token:
            secrets.add(token, f"refreshed token of {name}")
        checks = Checks("Refreshed", name)
        checks.equal("session.refreshed", OK, answer.status)
        conformance.conform(checks, f"session.contract_{answer.status}", answer)
        checks.that(
            "session.refreshed_other",
            bool(token) and token != access,
            "another token",
            "the same" if token == access else "another",
        )
        checks.equal("session.refreshed_works", OK, self._profile(str(token)).status)
        for kind, wrong in (("made_up", "not.a.token"), ("access", access)):
            refused = context.system.request("POST", "/auth/refresh", json_body={"refresh_token": wrong})
            checks.equal(f"session.{kind}_refresh_refused", REFUSED, refused.status)
            conformance.conform(checks, f"session.contract_{refused.status}", refused)
        checks.conclude()

    @staticmethod
    def _signed_in(checks: Checks, user: Identity) -> Exchange:
        """The answer to a sign-in anew; here a refusal is a failure, since the sign-in itself is looked at."""
        authenticator = context.system.authenticator
        try:
            authenticator.tokens[user.name] = authenticator.sign_in(user)
        except NotEvaluatedError as error:
            checks.that("session.signed_in", holds=False, expected="200 with an access_token", observed=str(error))
            checks.conclude()
        return authenticator.answers[user.name]

    @staticmethod
    def _profile(token: str) -> Exchange:
        return context.system.request("GET", "/auth/profile", token=token)
