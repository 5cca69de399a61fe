"""Keywords for signing in and out."""

from __future__ import annotations

import secrets as random_secrets
from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from theodore_qa.checks import Checks
from theodore_qa.context import context
from TheodoreLibrary import contract, judging

if TYPE_CHECKING:
    from theodore_qa.http import Answer
from theodore_qa.redaction.secrets import secrets

REFUSED = 401
CHALLENGE = "a WWW-Authenticate header that asks for a bearer token (RFC 9110, 15.5.2)"
OK = 200


class SessionKeywords:
    """Sign-in, sign-out and what a token is worth."""

    @keyword(tags=("session",))
    def sign_in(self, identity: str | None = None) -> dict[str, Any]:
        """Signs an identity in and checks that the profile it gets is its own.

        | =Argument= | =Meaning= |
        | ``identity`` | a name from the environment file; the first one by default |

        Returns the user's profile as a dictionary (user_id, username, role, ...). Fails if the sign-in is refused, or if
        the password's environment variable is not set. The session ends with the suite.

        Example:
        | ${profile} =    Sign In    identity=analyst
        | Should Be Equal    ${profile}[role]    user
        """
        who = context.environment.identity(identity)
        profile = context.sign_in(who.name)
        checks = Checks("Signed in", who.name)
        checks.equal("session.own_profile", who.username, profile.get("username"))
        checks.equal("session.role", who.role, profile.get("role"))
        signed_in = context.sign_ins[who.name]
        contract.conforms(checks, f"session.contract_{signed_in.status}", signed_in)
        judging.fresh(checks, "session.last_login", context.sign_ins[who.name], profile.get("last_login"))
        token = context.token(who.name)
        answer = self._profile(token)
        contract.conforms(checks, f"session.contract_{answer.status}", answer)
        checks.equal("session.token_works", OK, answer.status)
        seen = answer.body.get("username") if isinstance(answer.body, dict) else None
        checks.equal("session.token_is_own", who.username, seen)
        checks.conclude()
        return profile

    @keyword(tags=("session",))
    def sign_out(self, identity: str | None = None) -> None:
        """Signs an identity out and checks that its token, which worked before, is refused afterwards.

        | =Argument= | =Meaning= |
        | ``identity`` | a name from the environment file; the first one by default |

        The token is tried before, so that a system that refuses everything does not pass. A later keyword signs the
        identity in anew when it needs to.

        Example:
        | Sign Out    identity=analyst
        """
        name = context.environment.identity(identity).name
        token = context.token(name)
        checks = Checks("Signed out", name)
        checks.equal("session.token_works", OK, self._profile(token).status)
        answer = context.http.request("POST", context.api("/auth/logout"), token=token)
        context.forget_token(name)
        checks.equal("session.signed_out", OK, answer.status)
        contract.conforms(checks, f"session.contract_{answer.status}", answer)
        refused = self._profile(token)
        contract.conforms(checks, f"session.contract_{refused.status}", refused)
        checks.equal("session.token_revoked", REFUSED, refused.status)
        checks.conclude()

    @keyword(tags=("session",))
    def sign_in_should_be_refused(self, identity: str | None = None) -> None:
        """Tries a wrong password, made up at random, and checks that it is refused although the right one works.

        | =Argument= | =Meaning= |
        | ``identity`` | a name from the environment file; the first one by default |

        Example:
        | Sign In Should Be Refused    identity=analyst
        """
        who = context.environment.identity(identity)
        context.sign_in(who.name)
        body = {"username": who.username, "password": random_secrets.token_urlsafe(12)}
        answer = context.http.request("POST", context.api("/auth/login"), json_body=body)
        checks = Checks("Wrong password", who.name)
        contract.conforms(checks, f"session.contract_{answer.status}", answer)
        checks.equal("session.wrong_password_refused", REFUSED, answer.status)
        checks.conclude()

    @keyword(tags=("session",))
    def refreshed_token_should_work(self, identity: str | None = None) -> None:
        """Exchanges an identity's refresh token for an access token and checks that it works, and that a made-up one is refused.

        | =Argument= | =Meaning= |
        | ``identity`` | a name from the environment file; the first one by default |

        An access token is no refresh token: it is refused as one.

        Example:
        | Refreshed Token Should Work    identity=analyst
        """
        name = context.environment.identity(identity).name
        access = context.token(name)
        given = context.sign_ins[name].object().get("refresh_token")
        answer = context.http.request("POST", context.api("/auth/refresh"), json_body={"refresh_token": given})
        token = answer.body.get("access_token") if isinstance(answer.body, dict) else None
        if isinstance(token, str) and token:
            secrets.add(token, f"refreshed token of {name}")
        checks = Checks("Refreshed", name)
        checks.equal("session.refreshed", OK, answer.status)
        contract.conforms(checks, f"session.contract_{answer.status}", answer)
        checks.that(
            "session.refreshed_other",
            bool(token) and token != access,
            "another token",
            "the same" if token == access else "another",
        )
        checks.equal("session.refreshed_works", OK, self._profile(str(token)).status)
        for kind, wrong in (("made_up", "not.a.token"), ("access", access)):
            refused = context.http.request("POST", context.api("/auth/refresh"), json_body={"refresh_token": wrong})
            checks.equal(f"session.{kind}_refresh_refused", REFUSED, refused.status)
            contract.conforms(checks, f"session.contract_{refused.status}", refused)
        checks.conclude()

    @keyword(tags=("session",))
    def anonymous_access_should_be_refused(self, method: str, path: str) -> None:
        """Sends a request without a token, and one with a made-up token, and checks that both are answered 401.

        | =Argument= | =Meaning= |
        | ``method`` | HTTP method such as GET |
        | ``path`` | path below the API's prefix, such as /auth/profile |

        Example:
        | Anonymous Access Should Be Refused    GET    /auth/profile
        """
        checks = Checks("Without a token", f"{method} {path}")
        for kind, token in (("without", None), ("made_up", "not.a.token")):
            answer = context.http.request(method.upper(), context.api(path), token=token)
            checks.equal(f"session.{kind}_token_refused", REFUSED, answer.status)
            asked = answer.headers.get("www-authenticate", "none")
            checks.that("session.challenge", contract.is_bearer(asked), CHALLENGE, asked)
            contract.conforms(checks, f"session.contract_{answer.status}", answer)
        checks.conclude()

    @staticmethod
    def _profile(token: str) -> Answer:
        return context.http.request("GET", context.api("/auth/profile"), token=token)
