import base64
import json
import time
from types import SimpleNamespace

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from PromptCraftLibrary import minted
from PromptCraftLibrary.minted import Specimen
from theodore_qa.errors import NotEvaluatedError

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLISHED = json.loads(jwt.get_algorithm_by_name("ES256").to_jwk(KEY.public_key())) | {"kid": "k1", "alg": "ES256"}
CLAIMS = {"iss": "https://id", "sub": "ann", "aud": ["api"], "jti": "1", "iat": int(time.time()), "exp": int(time.time()) + 300}
WORDS = SimpleNamespace(get=lambda name, default=None: "REALM_KEY", needed=lambda name: name)


@pytest.fixture
def specimen():
    realm = SimpleNamespace(words=WORDS, private_key=lambda: KEY, published_keys=lambda: [PUBLISHED])
    token = jwt.encode(CLAIMS, KEY, algorithm="ES256", headers={"kid": "k1"})
    return Specimen(realm, None, token, {"alg": "ES256", "kid": "k1"}, CLAIMS)


def read(token):
    """The claims that a platform without mistakes accepts."""
    return jwt.decode(token, KEY.public_key(), ["ES256"], audience="api", issuer="https://id", options={"require": ["exp"]})


def test_the_control_is_accepted(specimen):
    claims = read(minted.valid(specimen))
    assert (claims["sub"], claims["jti"] != "1") == ("ann", True)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("expired", jwt.ExpiredSignatureError),
        ("just expired", jwt.ExpiredSignatureError),
        ("without end", jwt.MissingRequiredClaimError),
        ("not yet valid", jwt.ImmatureSignatureError),
        ("other issuer", jwt.InvalidIssuerError),
        ("tampered", jwt.InvalidSignatureError),
        ("unsigned", jwt.InvalidAlgorithmError),
        ("algorithm confusion", jwt.InvalidAlgorithmError),
        ("unknown key", jwt.InvalidSignatureError),
        ("no token", jwt.DecodeError),
    ],
)
def test_each_state_has_one_thing_wrong_with_it(specimen, state, error):
    with pytest.raises(error):
        read(minted.STATES[state](specimen))


def test_an_oversized_token_is_right_but_for_its_length(specimen):
    token = minted.oversized(specimen)
    assert len(token) > 20_000
    assert read(token)["sub"] == "ann"


def test_algorithm_confusion_is_signed_with_the_public_key(specimen):
    text, _, signature = minted.algorithm_confusion(specimen).rpartition(".")
    public = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    import hashlib
    import hmac

    expected = base64.urlsafe_b64encode(hmac.new(public, text.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    assert signature == expected


def test_without_a_key_of_the_realm_nothing_is_minted(specimen):
    specimen.realm.private_key = lambda: None
    with pytest.raises(NotEvaluatedError, match="No key of the realm is at hand: set REALM_KEY to make this token"):
        minted.expired(specimen)


def test_a_key_that_the_provider_does_not_publish_is_none_of_the_realm(specimen):
    specimen.realm.published_keys = list
    with pytest.raises(NotEvaluatedError, match="The provider does not publish the key of the realm that the tester holds"):
        minted.expired(specimen)


@pytest.mark.parametrize(("typ", "expected"), [({"typ": "at+jwt"}, {"kid": "k9", "typ": "at+jwt"}), ({}, {"kid": "k9"})])
def test_a_header_names_the_key_and_the_type_that_the_provider_writes(specimen, typ, expected):
    specimen.header = {"alg": "ES256", "kid": "k1"} | typ
    assert specimen.named("k9") == expected
