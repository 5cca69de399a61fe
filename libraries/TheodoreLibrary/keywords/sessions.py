"""Keywords for signing in and out."""

from __future__ import annotations

import secrets as random_secrets
from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance, tokens
from TheodoreLibrary import research_checks

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity
from theodore_qa.redaction.secrets import secrets

REFUSED = 401
OK = 200
CHANGING = ("api_quota",)  # what may change from one answer to the next


class SessionKeywords:
    """Sign-in, sign-out and tokens."""

    @keyword(tags=("session", "precondition"))
    def sign_in(self, identity: str | None = None) -> dict[str, Any]:
        """Signs an identity in and checks that it gets its own profile.

        The session ends with the suite.

        Args:
            identity: An identity of the environment; by default the first one.

        Returns:
            The user's profile as a dictionary (user_id, username, role, ...).

        Raises:
            NotEvaluatedError: The environment variable of the password is not set.

        Example:

        ```robotframework
        ${profile} =    Sign In    identity=analyst
        Should Be Equal    ${profile}[role]    user
        ```
        """
        return self._checked_profile(identity)

    @keyword(tags=("session",))
    def sign_in_should_work(self, identity: str | None = None) -> None:
        """Checks that an identity that signs in gets its own profile and role, and a token that works.

        `Sign In` does the same as a precondition of other checks: a test cannot pass by that alone.

        Args:
            identity: An identity of the environment; by default the first one.

        Raises:
            NotEvaluatedError: The environment variable of the password is not set.

        Example:

        ```robotframework
        Sign In Should Work    identity=analyst
        ```
        """
        self._checked_profile(identity)

    @keyword(tags=("session",))
    def sign_out(self, identity: str | None = None) -> None:
        """Signs an identity out and checks that its token is refused afterwards.

        So must be an access token that was got by the refresh token of the session, where there is one. The tokens must work
        before, so that a system that refuses everything cannot pass. Later keywords sign the identity in again.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Sign Out    identity=analyst
        ```
        """
        name = context.system.identity(identity).name
        token = context.system.token(name)
        checks = Checks("Signed out", name)
        conformance.answered(checks, "session.token_works", OK, self._profile(token))
        renewed = _renewed(name)[1] if _refresh_token(name) else None
        if renewed:
            conformance.answered(checks, "session.renewed_token_works", OK, self._profile(renewed))
        answer = context.system.request("POST", "/auth/logout", token=token)
        context.system.authenticator.forget(context.system.identity(name))
        conformance.answered(checks, "session.signed_out", OK, answer)
        conformance.conform(checks, f"session.contract_{answer.status}", answer)
        refused = self._profile(token)
        conformance.conform(checks, f"session.contract_{refused.status}", refused)
        conformance.answered(checks, "session.token_revoked", REFUSED, refused)
        if renewed:
            conformance.answered(checks, "session.renewed_token_revoked", REFUSED, self._profile(renewed))
        checks.conclude()

    @keyword(tags=("session",))
    def sign_in_should_be_refused(self, identity: str | None = None) -> None:
        """Signs in with a random wrong password and checks that it is refused, although the right one works.

        Args:
            identity: An identity of the environment; by default the first one.

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
        conformance.answered(checks, "session.wrong_password_refused", REFUSED, answer)
        checks.conclude()

    @keyword(tags=("session",))
    def refreshed_token_should_work(self, identity: str | None = None) -> None:
        """Exchanges the refresh token of an identity for an access token and checks that the new token works.

        It belongs to the same user. An invalid refresh token must be refused, and so must an access token in its place; the
        refresh token itself opens nothing.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Refreshed Token Should Work    identity=analyst
        ```
        """
        name = context.system.identity(identity).name
        access = context.system.token(name)
        refresh_token = _refresh_token(name)
        answer, token = _renewed(name)
        checks = Checks("Refreshed", name)
        conformance.answered(checks, "session.refreshed", OK, answer)
        conformance.conform(checks, f"session.contract_{answer.status}", answer)
        _lasting(checks, answer)
        checks.that(
            "session.refreshed_other",
            bool(token) and token != access,
            "a new access token",
            f"{len({access, token} - {None, ''})} different access tokens",
        )
        owner, works = self._profile(access), self._profile(str(token))
        conformance.answered(checks, "session.refreshed_works", OK, works)
        checks.equal("session.refreshed_own", owner.object().get("username"), works.object().get("username"))
        conformance.answered(checks, "session.refresh_token_opens_nothing", REFUSED, self._profile(str(refresh_token)))
        for kind, wrong in (("made_up", "not.a.token"), ("access", access)):
            refused = context.system.request("POST", "/auth/refresh", json_body={"refresh_token": wrong})
            conformance.answered(checks, f"session.{kind}_refresh_refused", REFUSED, refused)
            conformance.conform(checks, f"session.contract_{refused.status}", refused)
        checks.conclude()

    def _checked_profile(self, identity: str | None) -> dict[str, Any]:
        """Sign an identity in, check everything about that, and return its profile."""
        system = context.system
        user = system.identity(identity)
        checks = Checks("Signed in", user.name)
        signed_in = self._signed_in(checks, user)
        profile = signed_in.object().get("user") or {}
        checks.equal("session.own_profile", user.username, profile.get("username"))
        checks.equal("session.role", user.role, profile.get("role"))
        conformance.conform(checks, f"session.contract_{signed_in.status}", signed_in)
        research_checks.fresh(checks, "session.last_login", signed_in, profile.get("last_login"))
        _lasting(checks, signed_in)
        token = system.token(user.name)
        answer = self._profile(token)
        conformance.conform(checks, f"session.contract_{answer.status}", answer)
        conformance.answered(checks, "session.token_works", OK, answer)
        username = answer.body.get("username") if isinstance(answer.body, dict) else None
        checks.equal("session.token_is_own", user.username, username)
        again = answer.object()
        other = [name for name in {**profile, **again} if name not in CHANGING and profile.get(name) != again.get(name)]
        observed = f"other values of {', '.join(other)}" if other else f"{len(again)} of {len(again)} fields equal"
        checks.that("session.profile_agrees", not other, "the profile of its own route in the sign-in", observed, n=len(again))
        checks.conclude()
        found: dict[str, Any] = profile
        return found

    @staticmethod
    def _signed_in(checks: Checks, user: Identity) -> Exchange:
        """The answer to a new sign-in; a refusal is a failure here, since the sign-in itself is checked."""
        authenticator = context.system.authenticator
        try:
            authenticator.tokens[user.name] = authenticator.sign_in(user)
        except NotEvaluatedError as error:
            checks.that("session.signed_in", holds=False, expected="status 200 with an access_token", observed=str(error))
            checks.conclude()
        return authenticator.answers[user.name]

    @staticmethod
    def _profile(token: str) -> Exchange:
        return context.system.request("GET", "/auth/profile", token=token)


def _lasting(checks: Checks, answer: Exchange) -> None:
    """Record of tokens that say themselves when they end whether they do so as the answer says, the renewing one later."""
    body = answer.object() if answer.ok else {}
    (_, access), (_, renewal) = (tokens.claims_of(str(body.get(name))) or ({}, {}) for name in ("access_token", "refresh_token"))
    if "exp" in access:
        checks.equal("session.token_lasts", body.get("expires_in"), access["exp"] - access.get("iat", 0))
    if "exp" in access and "exp" in renewal:
        observed = f"{renewal['exp'] - access['exp']} s later"
        checks.that("session.refresh_token_lasts", renewal["exp"] > access["exp"], "a renewal that ends later", observed)


def _refresh_token(name: str) -> Any:
    """The refresh token of an identity's session; None where its sign-in gave none."""
    return context.system.authenticator.answers[name].object().get("refresh_token")


def _renewed(name: str) -> tuple[Exchange, Any]:
    """The answer to the refresh token of an identity, and the access token in it."""
    answer = context.system.request("POST", "/auth/refresh", json_body={"refresh_token": _refresh_token(name)})
    token = answer.body.get("access_token") if isinstance(answer.body, dict) else None
    if isinstance(token, str) and token:
        secrets.add(token, f"refreshed token of {name}")
    return answer, token
