"""Keywords about sign-on by SAML 2.0."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary import assertions, sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa import extras
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, unknown
from theodore_qa.observing.checks import Checks

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

NO_ANSWER = "bm8gYW5zd2Vy"


class SamlKeywords:
    """Assertions of the identity provider."""

    @keyword(tags=("sign-on", "saml"))
    def sign_on_by_saml_should_work(self, identity: str | None = None) -> None:
        """Signs an identity on by SAML as a browser does, and checks the session and whose it is.

        The way begins at the platform (``saml.page`` of the vocabulary), leads through the provider's page, and ends with its
        answer at the platform (``saml.consumer``).

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Sign On By Saml Should Work    identity=analyst
        ```
        """
        _demand()
        realm = Realm(context.system)
        person = realm.system.identity(identity)
        checks = Checks("Signed on by SAML", person.name)
        answer = assertions.Answer.of(realm, identity).deliver()
        if sign_on.accepted(checks, "saml.session", answer):
            sign_on.own(checks, answer, person.role, person.tenant)
            sign_on.same_person(checks, answer, sign_on.session_of(realm, person.name))
            known = sign_on.profile(realm, str(answer.object().get("access_token")))
            checks.equal("saml.own_profile", sign_on.user(answer).get("user_id"), sign_on.user(known).get("user_id"))
        checks.conclude()

    @keyword(tags=("sign-on", "saml"))
    def assertion_should_be_refused(self, state: str, identity: str | None = None) -> None:
        """Offers an assertion in a state that is not to be believed, and checks that it is refused by the contract.

        Beside it one that the provider has just given is offered, and has to open a session. For states that need the realm's own
        key (``provider.realm_key_env`` of the vocabulary) this one is signed anew by it, with nothing wrong.

        Args:
            state: ``unsigned``, ``tampered``, ``other key``, ``other audience``, ``other recipient``, ``other issuer``,
                ``longer audience``, ``longer recipient``, ``longer issuer`` (with more behind what is right), ``other request``,
                ``without request``, ``without audience``, ``expired for its bearer``, ``without end for its bearer``,
                ``expired``, ``just expired`` (two minutes ago), ``not yet valid``, ``replayed`` or ``no answer``; ``without
                organization`` and ``without role`` are believed and refused with 403.
            identity: An identity of the environment; by default the first one.

        Raises:
            NotEvaluatedError: The assertion cannot be made, because the provider does not answer or signs none, or because no key
                of the realm is at hand.

        Example:

        ```robotframework
        Assertion Should Be Refused    other audience
        ```
        """
        _demand()
        if state not in assertions.STATES:
            raise unknown("state of an assertion", state, assertions.STATES)
        realm = Realm(context.system)
        checks = Checks("Assertion", state)
        genuine = assertions.Answer.of(realm, identity)
        if state in assertions.MINTED:
            control = genuine.sign_as_realm().deliver()
            if not control.ok:
                raise NotEvaluatedError(
                    f"The platform does not take an assertion that the realm's key signs with nothing wrong ({control.status} "
                    f"with {control.excerpt()}): why it refuses others cannot be seen."
                )
        else:
            control = genuine.deliver()
        sign_on.accepted(checks, "saml.genuine", control)
        check = f"saml.{state.replace(' ', '_')}"
        answer = _offered(realm, identity, state, genuine)
        sign_on.refused_for(checks, check, state, answer, realm)
        checks.conclude()

    @keyword(tags=("sign-on", "saml"))
    def new_person_should_sign_on_by_saml(self, identity: str, *, administrator: str) -> None:
        """Signs on somebody whom the platform does not know yet, and checks that the session is of whom the assertion states.

        The assertion is signed by the realm's own key (``provider.realm_key_env`` of the vocabulary); name, address and id are
        new, role and organization those of an identity. The person is removed when the test ends. The environment must allow
        ``destructive``.

        Args:
            identity: The identity whose role and organization the person has.
            administrator: An identity of the same tenant that may remove people.

        Raises:
            NotEvaluatedError: No key of the realm is at hand, or the assertion lacks what is stated of people.

        Example:

        ```robotframework
        New Person Should Sign On By Saml    viewer    administrator=admin
        ```
        """
        _demand()
        context.system.permit("destructive")
        realm = Realm(context.system)
        person, number, name = realm.system.identity(identity), secrets.token_hex(16), f"qa-{secrets.token_hex(6)}"
        stated = {"username": name, "email": f"{secrets.token_hex(6)}@qa.example.test"}
        answer = assertions.Answer.of(realm, identity)
        answer.part("Subject/NameID").text = number
        for field, value in stated.items():
            answer.stated(field, value)
        above = sign_on.session_of(realm, administrator)["access_token"]
        context.at_test_end(f"the user {name} could not be removed", lambda: sign_on.remove(realm, number, above))
        checks = Checks("New person by SAML", person.name)
        opened = answer.sign_as_realm().deliver()
        if sign_on.accepted(checks, "saml.new_person", opened):
            sign_on.own(checks, opened, person.role, person.tenant)
            for field, value in (stated | {"user_id": number}).items():
                checks.equal(f"saml.stated_{field}", value, sign_on.user(opened).get(field))
        checks.conclude()

    @keyword(tags=("sign-on", "saml"))
    def wrapped_assertions_should_not_be_believed(self, victim: str, identity: str | None = None) -> None:
        """Offers the signed assertion of an identity together with an unsigned one of a victim, and checks that none opens the
        victim's session: XML signature wrapping.

        The unsigned assertion stands before the signed one, after it, around it, in its signature, and in place of it while the
        signed one stands in the extensions, under an id of its own and under the same. Each is refused, or opens the session of
        whom the signature is about. Both identities have to be able to sign on.

        Args:
            victim: The identity whose session must not open.
            identity: The identity that attacks; by default the first one.

        Example:

        ```robotframework
        Wrapped Assertions Should Not Be Believed    admin    identity=viewer
        ```
        """
        _demand()
        realm = Realm(context.system)
        checks = Checks("Signature wrapping", f"{realm.system.identity(identity).name} for {victim}")
        stolen = assertions.Answer.of(realm, victim)
        own = assertions.Answer.of(realm, identity).deliver()
        sign_on.accepted(checks, "saml.genuine", own)
        victims = assertions.Answer.of(realm, victim).deliver()
        sign_on.accepted(checks, "saml.genuine", victims)
        attacker_id, victim_id = sign_on.user(own).get("user_id"), sign_on.user(victims).get("user_id")
        if attacker_id == victim_id:
            raise NotEvaluatedError(f"The attacker and the victim are the same person ({attacker_id}): name two identities.")
        for place, answer in assertions.wrapped(lambda: assertions.Answer.of(realm, identity), stolen):
            got = answer.deliver()
            expected = f"status {realm.words.needed('refused.status')}, or the attacker's own session, with one {place}"
            opened = sign_on.user(got).get("user_id") if got.ok else None
            right = opened == attacker_id if got.ok else got.status == realm.words.needed("refused.status")
            checks.that("saml.wrapped", right, expected, _seen(got, opened, victim_id, victim))
        checks.conclude()


def _demand() -> None:
    extras.demand("signxml", "assertions that are signed")


def _offered(realm: Realm, identity: str | None, state: str, used: assertions.Answer) -> Exchange:
    """The platform's answer to an assertion in a state."""
    if state == "replayed":
        return used.deliver()
    if state == "no answer":
        method, _, path = str(realm.words.needed("saml.consumer")).partition(" ")
        return assertions.offered(realm, method, realm.system.full(path), {"SAMLResponse": NO_ANSWER})
    answer = assertions.Answer.of(realm, identity)
    if state in assertions.FORGED:
        assertions.FORGED[state](answer)
        return answer.deliver()
    assertions.MINTED[state](answer)
    return answer.sign_as_realm().deliver()


def _seen(got: Exchange, opened: object, victim_id: object, victim: str) -> str:
    if not got.ok:
        return f"status {got.status}"
    return f"the session of {victim}" if opened == victim_id else f"a session of {opened}"
