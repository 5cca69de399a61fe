"""Keywords about what the platform says and does while something that it stands on is gone."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary import sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, unknown
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import conformance, pointers

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

OK, UNAVAILABLE = 200, 503


class PlatformDependencyKeywords:
    """Health, sign-on and sessions while a dependency is gone."""

    @keyword(tags=("health",))
    def platform_health_should_tell(self, status: str, part: str, part_status: str, *, identity: str) -> None:
        """Checks the status that the platform reports of itself and of one of its parts. All other parts must be healthy.

        Args:
            status: The expected status of the platform, such as healthy or degraded.
            part: A part that the platform stands on, such as database, sessions or provider.
            part_status: The expected status of the part, such as healthy or unhealthy.
            identity: An identity that may read the health.

        Raises:
            CheckFailedError: The platform says otherwise: each part is shown with what is said of it.
            NotEvaluatedError: The answer says nothing of any part.

        Example:

        ```robotframework
        Platform Health Should Tell    healthy    provider    healthy    identity=admin
        ```
        """
        realm = Realm(context.system)
        words = realm.words
        answer = sign_on.sent(realm, "health.operation", identity=realm.system.identity(identity))
        checks = Checks("Health", part)
        conformance.answered(checks, "health.answered", OK, answer)
        conformance.conform(checks, "health.contract", answer)
        parts = _parts(realm, answer)
        if part not in parts:
            raise unknown("part", part, parts, f"the health of {realm.system.name}")
        checks.equal("health.status", status, pointers.found(answer.body, words.needed("health.status")))
        checks.equal("health.part", part_status, parts[part])
        healthy = words.needed("health.healthy")
        others = {name: state for name, state in parts.items() if name != part and state != healthy}
        listed = ", ".join(f"{name} {state}" for name, state in parts.items())
        checks.that("health.others", not others, f"{healthy} for each other part", listed, n=len(parts))
        checks.conclude()

    @keyword(tags=("health",))
    def platform_health_should_tell_of_outage(self, part: str, *, identity: str) -> None:
        """Checks that the platform's health says openly that a part is gone without which it may know nobody.

        That is a status 503 with words, or a health that is not healthy and says of the part that it is not. Nothing else counts:
        least of all healthy.

        Args:
            part: What is gone: a part that the platform stands on, such as database or sessions.
            identity: An identity that may read the health; it was signed in before.

        Raises:
            CheckFailedError: The platform says that it is healthy, or says nothing.

        Example:

        ```robotframework
        Request Should Be Answered    GET    /api/v4/sessions    200    identity=admin    system=promptcraft
        ${fault} =    Pause Process    sessions    system=promptcraft
        Platform Health Should Tell Of Outage    sessions    identity=admin
        Undo Fault    ${fault}
        ```
        """
        realm = Realm(context.system)
        words = realm.words
        answer = sign_on.sent(realm, "health.operation", identity=realm.system.identity(identity))
        checks = Checks("Health without a part", part)
        healthy = words.needed("health.healthy")
        expected = f"status {UNAVAILABLE}, or {OK} with another health than {healthy}, of the platform and of {part}"
        if answer.status == OK:
            status, listed = (pointers.found(answer.body, words.needed(f"health.{name}")) for name in ("status", "parts"))
            entry = listed.get(part) if isinstance(listed, dict) else None
            state = pointers.found(entry, words.needed("health.part_status"))
            holds = isinstance(status, str) and isinstance(state, str) and healthy not in (status, state)
            checks.that("health.outage", holds, expected, f"status {OK} with {written(status)}, {part} {written(state)}")
        else:
            observed = f"status {answer.status}" if answer.status else f"no answer ({answer.problem})"
            checks.that("health.outage", answer.status == UNAVAILABLE, expected, observed)
            if answer.status:
                _in_words(checks, answer)
        conformance.conform(checks, "health.contract", answer)
        checks.conclude()

    @keyword(tags=("sign-on",))
    def sign_on_should_be_unavailable(self, identity: str) -> None:
        """Tries to sign in by name and password, and checks that the platform says openly that it cannot: status 503, no session.

        A refusal with 401 would tell people that their password is wrong.

        Args:
            identity: Who tries: a person with name and password.

        Example:

        ```robotframework
        Make Dependency Misbehave    provider    status=503    system=promptcraft
        Sign On Should Be Unavailable    viewer
        ```
        """
        realm = Realm(context.system)
        who = realm.system.identity(identity)
        answer = realm.system.authenticator.try_sign_in(who.username, who.password())
        sign_on.keep(answer)
        checks = Checks("Sign-on without its dependency", identity)
        conformance.answered(checks, "dependencies.sign_on", UNAVAILABLE, answer)
        conformance.conform(checks, "dependencies.contract", answer)
        _in_words(checks, answer)
        body = answer.body if isinstance(answer.body, dict) else {}
        given = [name for name in ("access_token", "refresh_token", "session_id") if body.get(name)]
        checks.that("dependencies.no_session", not given, "no token and no session", ", ".join(given) or "none")
        checks.conclude()

    @keyword(tags=("session",))
    def sessions_should_be_unavailable(self, identity: str) -> None:
        """Uses a session that is open, and checks that the platform says openly that it cannot look it up: status 503.

        A refusal with 401 would end the work of everybody who is signed in, and a success would trust a session unseen.

        Args:
            identity: Whose session is used; it was signed in before the fault.

        Example:

        ```robotframework
        Request Should Be Answered    GET    /api/v4/sessions    200    identity=viewer    system=promptcraft
        ${fault} =    Pause Process    sessions    system=promptcraft
        Sessions Should Be Unavailable    viewer
        Undo Fault    ${fault}
        ```
        """
        realm = Realm(context.system)
        answer = sign_on.sent(realm, "sign_on.profile", identity=realm.system.identity(identity))
        checks = Checks("Session without its store", identity)
        conformance.answered(checks, "dependencies.session", UNAVAILABLE, answer)
        conformance.conform(checks, "dependencies.contract", answer)
        _in_words(checks, answer)
        checks.conclude()


def _in_words(checks: Checks, answer: Exchange) -> None:
    """Record whether the texts of an answer are words, and none is a structure as a program prints it."""
    body = answer.body if isinstance(answer.body, dict) else {}
    texts = [value for value in body.values() if isinstance(value, str)]
    printed = [text for text in texts if text.strip()[:1] in ("{", "[")]
    if not texts:
        checks.not_evaluated("dependencies.words", "texts in the answer", answer.excerpt(100))
    else:
        observed = written(printed[0]) if printed else plural(len(texts), "text")
        checks.that("dependencies.words", not printed, "words, and no structure as a program prints it", observed, n=len(texts))


def _parts(realm: Realm, answer: Any) -> dict[str, Any]:
    """What the health says of each part."""
    words = realm.words
    listed = pointers.found(answer.body, words.needed("health.parts"))
    if not isinstance(listed, dict) or not listed:
        raise NotEvaluatedError(
            f"Expected parts under '{words.needed('health.parts')}' in the health of {realm.system.name}, observed "
            f"{answer.status} with {answer.excerpt()}."
        )
    return {str(name): pointers.found(entry, words.needed("health.part_status")) for name, entry in listed.items()}
