"""Keywords about the second factor of a sign-on."""

from __future__ import annotations

from typing import Literal, TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary import sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa.context import context
from theodore_qa.errors import LackingError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import oauth, second_factor

if TYPE_CHECKING:
    from theodore_qa.systems.identities import Identity

OLD = 10  # periods ago: more than clocks differ


class SecondFactorKeywords:
    """Codes beside the password."""

    @keyword(tags=("sign-on",))
    def second_factor_should_be_needed(self, way: Literal["password", "page"] = "password", identity: str | None = None) -> None:
        """Signs an identity on without its code, with a wrong, an old and a used one, and checks that nothing opens.

        The right code of now (TOTP, RFC 6238) has to open a session beside. These are four attempts that fail in a row: name an
        identity that its provider does not lock for that.

        Args:
            way: ``password`` for name, password and code by the sign-in of the environment file; ``page`` for the forms of the
                identity provider's page.
            identity: An identity with a ``totp_env``; by default the first one that has it.

        Raises:
            NotEvaluatedError: No identity has a second factor, or a way does not begin.

        Side effects: Where the code of this period was given before, it waits for the next, up to half a minute.

        Example:

        ```robotframework
        Second Factor Should Be Needed    page    identity=guarded
        ```
        """
        realm = Realm(context.system)
        person = _guarded(realm, identity)
        checks = Checks("Second factor", f"{person.name} by {way}")
        enter = _by_password if way == "password" else _by_page
        refused = {
            "without": "",
            "wrong": second_factor.another(person),
            "old": second_factor.code(person, second_factor.present(person) - OLD),
        }
        for kind, code in refused.items():
            enter(checks, realm, person, kind, code, opens=False)
        code = second_factor.fresh(person)
        enter(checks, realm, person, "right", code, opens=True)
        enter(checks, realm, person, "used", code, opens=False)
        checks.conclude()


def _guarded(realm: Realm, name: str | None) -> Identity:
    """The identity with a second factor that is named, or the first one."""
    system = realm.system
    if name is None:
        system.identity()
        name = next((who.name for who in system.identities.values() if who.totp_env), None)
    found = system.identity(name)
    if not found.totp_env or found.way.second_factor is None:
        raise LackingError(
            f"The identity '{found.name}' of {system.name} has no second factor: add totp_env to it, and second_factor to its "
            f"sign_in, in {system.environment.path.name}.",
            "provider.second_factor",
        )
    return found


def _by_password(checks: Checks, realm: Realm, person: Identity, kind: str, code: str, *, opens: bool) -> None:
    answer = realm.system.authenticator.try_code(person, code)
    sign_on.keep(answer)
    if opens:
        sign_on.accepted(checks, f"second_factor.{kind}", answer)
    else:
        sign_on.refused(checks, f"second_factor.{kind}", answer, realm)


def _by_page(checks: Checks, realm: Realm, person: Identity, kind: str, code: str, *, opens: bool) -> None:
    browser = oauth.Browser(realm.party, person, code=code)
    check = f"second_factor.{kind}"
    try:
        back = sign_on.way_back(realm, browser)
    except oauth.AskedAgainError:
        if not browser.code_sent:
            raise  # the password is wrong
        expected = "a way back to the platform" if opens else "the code asked for again"
        checks.that(check, not opens, expected, "the code asked for again")
        return
    answer = sign_on.delivered(realm, browser, back)
    if opens:
        sign_on.accepted(checks, check, answer)
        return
    observed = f"{'no code' if not browser.code_sent else 'the way back'}, and status {answer.status} of the platform"
    checks.that(check, holds=False, expected="the code asked for again", observed=observed)
