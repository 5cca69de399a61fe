"""Assertions of SAML: those of the realm are believed, once; what the keyword makes of them is not, unless a defect believes it."""

import base64
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from PromptCraftLibrary import assertions as made
from theodore_sandbox import defects
from theodore_sandbox.common.settings import User
from theodore_sandbox.promptcraft import assertions
from theodore_sandbox.promptcraft.provider import saml
from theodore_sandbox.promptcraft.provider.realm import Key, Realm
from theodore_sandbox.promptcraft.realm_tokens import InvalidTokenError, ProviderError

CONSUMER = "http://127.0.0.1:8000/auth/saml/acs"
ANN, BEA = User("ann", "x", "viewer", "a"), User("bea<&", "x", "admin", "a")
STATES = {
    "unsigned": "saml-unsigned-accepted",
    "other key": "saml-any-certificate",
    "other audience": "saml-audience-not-verified",
    "other recipient": "saml-recipient-not-verified",
    "other issuer": "saml-issuer-not-verified",
    "other request": "saml-request-not-verified",
    "expired": "saml-expiry-not-verified",
    "not yet valid": "saml-expiry-not-verified",
}


class Kept(dict):
    """As much of the store as is used."""

    def setex(self, name, seconds, value):
        self[name] = (seconds, value)

    def exists(self, name):
        return name in self

    def set(self, name, value, *, ex, nx):
        assert nx
        return None if name in self else self.setdefault(name, (ex, value))


@pytest.fixture(params=["ec", "rsa"])
def signing(request):
    key = ec.generate_private_key(ec.SECP256R1()) if request.param == "ec" else rsa.generate_private_key(65537, 2048)
    return Realm("promptcraft", "http://id/realms/promptcraft", {}, {}, [Key.of(key)])


@pytest.fixture
def platform(signing):
    tokens = SimpleNamespace(issuer=signing.issuer, document=lambda _: saml.descriptor(signing))
    return assertions.Assertions(tokens, Kept())


@pytest.fixture
def answer(signing, platform):
    """What gives a new answer to a new request, for a user, as the keyword reads it."""

    def given(user=ANN):
        page = platform.page(CONSUMER)
        authn = saml.requested(parse_qs(page.partition("?")[2])["SAMLRequest"][0])
        tester = SimpleNamespace(private_key=lambda: signing.keys[0].private)
        return made.Answer(tester, user.username, {}, made.parsed(saml.response(signing, user, authn)))

    return given


def delivered(platform, answer):
    from lxml import etree

    return platform.claims(base64.b64encode(etree.tostring(answer.root)).decode(), CONSUMER)


def test_an_assertion_of_the_realm_is_believed_once(platform, answer, signing):
    given = answer(BEA)
    claims = delivered(platform, given)
    assert (claims["sub"], claims["preferred_username"], claims["realm_access"]) == (
        signing.subject("bea<&"),
        "bea<&",
        {"roles": ["promptcraft-admin"]},
    )
    with pytest.raises(InvalidTokenError, match="used before"):
        delivered(platform, given)
    defects.switch(["saml-replayed"])
    try:
        assert delivered(platform, given) == claims
    finally:
        defects.switch([])


@pytest.mark.parametrize("state", [*STATES, "tampered"])
def test_a_forged_assertion_is_believed_by_its_defect_alone(platform, answer, state):
    def forged():
        given = answer()
        {**made.FORGED, **made.MINTED}[state](given)
        return given if state in made.FORGED else given.sign_as_realm()

    with pytest.raises(InvalidTokenError):
        delivered(platform, forged())
    defects.switch([STATES[state]] if state in STATES else [])
    try:
        if state == "tampered":
            with pytest.raises(InvalidTokenError):
                delivered(platform, forged())
        else:
            assert delivered(platform, forged())["preferred_username"] == "ann"
    finally:
        defects.switch([])


def test_what_the_realms_key_signs_anew_is_believed(platform, answer):
    assert delivered(platform, answer().sign_as_realm())["preferred_username"] == "ann"


def test_no_wrapping_is_believed_unless_a_defect_reads_what_it_has_not_verified(platform, answer):
    places = {}
    for _, given in made.wrapped(answer, answer(BEA)):
        with pytest.raises(InvalidTokenError):
            delivered(platform, given)
    defects.switch(["saml-signature-wrapped"])
    try:
        for place, given in made.wrapped(answer, answer(BEA)):
            try:
                places[place] = delivered(platform, given)["preferred_username"]
            except InvalidTokenError:
                places[place] = ""
    finally:
        defects.switch([])
    assert [place for place, name in places.items() if name == "bea<&"] == [
        "before it", "around it", "in its signature", "in extensions",
    ]  # fmt: skip
    assert "of the same id" in places


@pytest.mark.parametrize(
    "given", ["", "!!", "bm8=", base64.b64encode(b"<a/>").decode(), base64.b64encode(b"<!DOCTYPE a><a/>").decode(), "QQ" * 60_000]
)
def test_what_is_no_answer_is_refused(platform, given):
    with pytest.raises(InvalidTokenError):
        platform.claims(given, CONSUMER)


@pytest.mark.parametrize("document", ["", "<html>", "<a/>", saml.descriptor(Realm("x", "http://id/realms/x", {}, {}, []))])
def test_metadata_that_is_none_makes_no_sign_on(document):
    tokens = SimpleNamespace(issuer="http://id/realms/promptcraft", document=lambda _: document)
    with pytest.raises(ProviderError):
        assertions.Assertions(tokens, Kept()).page(CONSUMER)


@pytest.mark.parametrize("request_", ["", "!!", "bm8=", "eA=="])
def test_a_request_that_is_none_is_refused(request_):
    with pytest.raises(ValueError, match=r".*"):
        saml.requested(request_)
