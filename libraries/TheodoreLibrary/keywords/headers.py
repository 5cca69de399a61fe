"""The keyword for Theodore's security headers."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from theodore_qa import headers
from theodore_qa.context import context
from theodore_qa.errors import UnreachableError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

PROTECTIVE = ("x-content-type-options", "x-frame-options", "referrer-policy", "permissions-policy", "content-security-policy")
OWN = {"x-api-version": r"2\..+", "x-request-id": r"\S{8,}"}
BANNERS = ("server", "x-powered-by")
TOO_LONG = 1_000_000  # characters of a name; a name has 200 at most
ATTEMPTS = 5


class HeaderKeywords:
    """Security headers of every kind of reply."""

    @keyword(tags=("api",))
    def security_headers_should_be_on_every_reply(self, *, identity: str | None = None, limited: str = "limited") -> None:
        """Provokes every kind of reply (200, 400, 401, 403, 404, 405, 413, 422, 429) and checks the security headers of each.

        Among them are those that are refused before a route is looked for: another host, and a body that is too long.

        No reply may disclose its software by ``Server`` or ``X-Powered-By``.

        Args:
            identity: An identity without administrator rights; by default the first one of the environment.
            limited: An identity with production limits, by default the one named limited. Its sign-ins are used up to provoke
                the 429.

        Example:

        ```robotframework
        Security Headers Should Be On Every Reply
        ```
        """
        token = context.system.token(identity)
        wrong = {"username": context.system.identity(limited).username, "password": "wrong-password"}
        kinds: list[tuple[int, str, str, Any, str | None]] = [
            (200, "GET", "/version", None, None),
            (200, "GET", "/plugins", None, token),
            (401, "GET", "/plugins", None, None),
            (403, "GET", "/config", None, token),
            (404, "GET", "/research/unknown", None, token),
            (404, "GET", "/no-such-route", None, token),
            (405, "PATCH", "/version", None, token),
            (422, "POST", "/research", {}, token),
        ]
        checks = Checks("Security headers")
        for status, method, path, body, credential in kinds:
            answer = context.system.request(method, path, json_body=body, token=credential)
            checks.that(
                "api.kind_of_reply", answer.status == status, f"status {status}", f"status {answer.status} for {method} {path}"
            )
            self._headers(checks, answer)
        foreign = context.system.request("POST", "/config", json_body={}, token=token, headers={"Host": "foreign.example"})
        conformance.answered(checks, "api.kind_of_reply", 400, foreign)
        self._shielded(checks, foreign)
        expected = f"status 413 or 422 for {TOO_LONG} characters"
        if long := self._refused_for_length(token):
            checks.that("api.kind_of_reply", long.status in (413, 422), expected, f"status {long.status}")
            self._shielded(checks, long)
        else:
            checks.not_evaluated("api.kind_of_reply", expected, f"the connection ended before an answer, {ATTEMPTS} times")
        for _ in range(20):
            answer = context.system.request("POST", "/auth/login", json_body=wrong)
            if answer.status == 429:  # noqa: PLR2004  # too many requests
                break
            conformance.answered(checks, "api.kind_of_reply", 401, answer)
            self._headers(checks, answer)
        conformance.answered(checks, "api.kind_of_reply", 429, answer)
        self._headers(checks, answer)
        checks.conclude()

    @staticmethod
    def _refused_for_length(token: str) -> Exchange | None:
        """The answer to a body that is too long; None where none came: who refuses it unread may reset the connection."""
        for _ in range(ATTEMPTS):
            with suppress(UnreachableError):
                return context.system.request("POST", "/research", json_body={"company_name": "Q" * TOO_LONG}, token=token)
        return None

    @staticmethod
    def _headers(checks: Checks, answer: Exchange) -> None:
        HeaderKeywords._shielded(checks, answer)
        conformance.conform(checks, "api.reply", answer)

    @staticmethod
    def _shielded(checks: Checks, answer: Exchange) -> None:
        for name in PROTECTIVE:
            weak = headers.weakness(name, answer.headers)
            checks.that("api.security_headers", not weak, f"a protective {name}", _observed(answer, name, weak))
        for name, form in OWN.items():
            value = answer.headers.get(name, "")
            checks.that(
                "api.security_headers",
                bool(re.fullmatch(form, value)),
                f"a {name} that matches {form}",
                _observed(answer, name, ""),
            )
        banners = [f"{name}: {answer.headers[name]}" for name in BANNERS if answer.headers.get(name)]
        checks.that(
            "api.no_banner",
            not banners,
            f"no header {' or '.join(BANNERS)}",
            ", ".join(banners) or f"0 of {len(BANNERS)} headers on a {answer.status}",
            n=len(BANNERS),
        )


def _observed(answer: Exchange, name: str, weak: str) -> str:
    return f"status {answer.status}: {answer.headers.get(name) or 'missing'}" + (
        f" ({weak})" if weak not in ("", "missing") else ""
    )
