"""Keywords about the audit trail: every attempt is in it, failed ones too."""

from __future__ import annotations

import secrets as randoms
from typing import Any, Literal, TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary import sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.systems import conformance, pointers

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_qa.systems.exchange import Exchange

OK, UNAUTHORISED, FORBIDDEN = 200, 401, 403
Attempt = Literal["sign-on", "wrong password", "refused token", "anonymous request", "forbidden operation", "log-out"]


class AuditedAttemptKeywords:
    """Attempts in the audit trail."""

    @keyword(tags=("audit",))
    def attempt_should_be_audited(self, attempt: Attempt, identity: str, *, administrator: str) -> None:
        """Attempts something, and checks that the audit trail has exactly one event of it, with its outcome.

        The event is known by the number of the request, which the answer names.

        Args:
            attempt: ``sign-on``, ``wrong password``, ``refused token``, ``anonymous request``, ``forbidden operation`` (needs an
                identity with few rights), or ``log-out``.
            identity: Who attempts it.
            administrator: An identity of the same tenant that may read the trail.

        Example:

        ```robotframework
        Attempt Should Be Audited    wrong password    viewer    administrator=admin
        ```
        """
        realm = Realm(context.system)
        reader = sign_on.session_of(realm, administrator)["access_token"]
        status, kind, attempted = ATTEMPTS[attempt]
        checks = Checks("Audited", f"{attempt} by {identity}")
        answer = attempted(realm, identity)
        conformance.answered(checks, "audit.attempted", status, answer)
        number = answer.headers.get(realm.words.needed("audit.request_header").lower(), "")
        if not number:
            raise NotEvaluatedError(
                f"The answer to {answer.method} {answer.path} names no request number: its event cannot be found."
            )
        events = _of_request(checks, realm, reader, number)
        checks.that("audit.event", len(events) == 1, "1 event of the request", plural(len(events), "event"), n=len(events))
        for event in events:
            outcome = "success" if answer.ok else "failure"
            checks.equal("audit.outcome", outcome, pointers.found(event, realm.words.needed("audit.outcome")))
            checks.equal("audit.kind", kind, pointers.found(event, realm.words.needed("audit.kind")))
        checks.conclude()


def _of_request(checks: Checks, realm: Realm, reader: str, number: str) -> list[dict[str, Any]]:
    method, _, path = str(realm.words.needed("audit.list")).partition(" ")
    answer = realm.system.request(method, path, token=reader)
    conformance.conform(checks, "audit.contract", answer)
    listed = pointers.found(answer.body, "data") if answer.ok else None
    if not isinstance(listed, list):
        raise NotEvaluatedError(f"Expected events from {method} {path}, observed {answer.status} with {answer.excerpt()}.")
    return [event for event in listed if pointers.found(event, realm.words.needed("audit.request")) == number]


def _signed_on(realm: Realm, identity: str) -> Exchange:
    return sign_on.open_session(realm, realm.grant(identity).token)


def _wrong_password(realm: Realm, identity: str) -> Exchange:
    return realm.system.authenticator.try_sign_in(realm.system.identity(identity).username, randoms.token_urlsafe(12))


def _refused_token(realm: Realm, identity: str) -> Exchange:
    token = realm.grant(identity).token
    return sign_on.open_session(realm, f"{token[:-8]}{'A' * 8}")


def _anonymous(realm: Realm, identity: str) -> Exchange:  # noqa: ARG001  # one signature for all attempts
    return sign_on.sent(realm, "sign_on.profile")


def _forbidden(realm: Realm, identity: str) -> Exchange:
    method, _, path = str(realm.words.needed("audit.list")).partition(" ")
    return realm.system.request(method, path, token=sign_on.session_of(realm, identity)["access_token"])


def _logged_out(realm: Realm, identity: str) -> Exchange:
    token = sign_on.session_of(realm, identity)["access_token"]
    return realm.system.request(*realm.system.located(realm.system.declared.sign_out), token=token)


ATTEMPTS: dict[str, tuple[int, str, Callable[[Realm, str], Exchange]]] = {
    "sign-on": (OK, "authentication", _signed_on),
    "wrong password": (UNAUTHORISED, "authentication", _wrong_password),
    "refused token": (UNAUTHORISED, "authentication", _refused_token),
    "anonymous request": (UNAUTHORISED, "authentication", _anonymous),
    "forbidden operation": (FORBIDDEN, "authorization", _forbidden),
    "log-out": (OK, "authentication", _logged_out),
}
