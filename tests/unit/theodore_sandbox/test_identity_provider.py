"""The embedded identity provider: tokens only for what was granted."""

import base64
import re
import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.testclient import TestClient

from theodore_sandbox import defects
from theodore_sandbox.common.settings import OAuthClient, Settings, User
from theodore_sandbox.promptcraft.provider import app, second_factor
from theodore_sandbox.promptcraft.provider.realm import challenge_of

BASE = "/realms/promptcraft/protocol/openid-connect"
BACK = "http://127.0.0.1:8000/callback"
ANN = {"username": "ann", "password": "right"}
API = ("promptcraft-api", "secret")
BEA = User("bea", "right", "viewer", "a", totp="GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", totp_period=1e6)


@pytest.fixture
def provider():
    form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key = base64.b64encode(ec.generate_private_key(ec.SECP256R1()).private_bytes(*form)).decode()
    clients = [OAuthClient("promptcraft-api", "secret"), OAuthClient("robot", "other", role="developer", tenant="a")]
    settings = Settings(users=[User("ann", "right", "analyst", "a"), BEA], clients=clients, realm_key=key)
    settings.dependencies = {"provider": "http://id"}
    return app.Provider(settings)


@pytest.fixture
def client(provider):
    return TestClient(app.create_app(provider), follow_redirects=False)


def granted(client, auth=API, **form):
    return client.post(f"{BASE}/token", data=form, auth=auth)


def claims(client, token):
    keys = {key["kid"]: jwt.PyJWK.from_dict(key) for key in client.get(f"{BASE}/certs").json()["keys"]}
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key.key, [key.algorithm_name], audience="promptcraft-api", issuer="http://id/realms/promptcraft")


def test_a_password_brings_a_token_with_role_and_organization(client):
    read = claims(client, granted(client, grant_type="password", **ANN).json()["access_token"])
    assert (read["preferred_username"], read["organization"], read["realm_access"]) == (
        "ann",
        "a",
        {"roles": ["promptcraft-analyst"]},
    )


@pytest.mark.parametrize(
    ("auth", "form", "error"),
    [
        (API, {"grant_type": "password", "username": "ann", "password": "wrong"}, "invalid_grant"),
        (("promptcraft-api", "wrong"), {"grant_type": "password", **ANN}, "invalid_client"),
        (API, {"grant_type": "client_credentials"}, "unauthorized_client"),
        (API, {"grant_type": "refresh_token", "refresh_token": "none"}, "invalid_grant"),
        (API, {"grant_type": "magic"}, "unsupported_grant_type"),
    ],
)
def test_what_is_not_granted_is_refused_by_name(client, auth, form, error):
    answer = granted(client, auth, **form)
    assert (answer.json()["error"], answer.status_code in (400, 401)) == (error, True)


def code(client, verifier, **changes):
    query = {
        "response_type": "code", "client_id": "promptcraft-web", "redirect_uri": BACK, "state": "s1", "nonce": "n1",
        "scope": "openid", "code_challenge": challenge_of(verifier), "code_challenge_method": "S256",
    } | changes  # fmt: skip
    answer = client.post(f"{BASE}/auth", data=query | ANN)
    return parse_qs(urlsplit(answer.headers.get("location", "")).query) or answer.json()


def test_a_code_is_redeemed_once_with_its_verifier(client):
    verifier = "v" * 50
    got = code(client, verifier)
    form = {"grant_type": "authorization_code", "client_id": "promptcraft-web", "redirect_uri": BACK, "code_verifier": verifier}
    assert got["state"] == ["s1"]
    answer = granted(client, None, code=got["code"][0], **form)
    assert jwt.decode(answer.json()["id_token"], options={"verify_signature": False})["nonce"] == "n1"
    assert granted(client, None, code=got["code"][0], **form).json()["error"] == "invalid_grant"
    other = code(client, "w" * 50)["code"][0]
    assert granted(client, None, code=other, **form).json()["error_description"] == "PKCE verification failed"


@pytest.mark.parametrize("changes", [{"redirect_uri": "https://evil.example/callback"}, {"client_id": "nobody"}])
def test_a_request_that_is_not_of_a_client_gets_no_redirect(client, changes):
    assert code(client, "v" * 50, **changes)["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_what_is_wrong_with_a_request_its_client_learns(client, changes, error):
    assert code(client, "v" * 50, **changes) == {"error": [error], "state": ["s1"], "iss": ["http://id/realms/promptcraft"]}


def test_the_second_use_of_a_code_or_of_a_refresh_token_ends_what_came_of_the_first(client):
    form = {"grant_type": "authorization_code", "client_id": "promptcraft-web", "redirect_uri": BACK, "code_verifier": "v" * 50}
    for renewal_stolen in (False, True):
        given = code(client, "v" * 50)["code"][0]
        first = granted(client, None, code=given, **form).json()
        renewal = {"grant_type": "refresh_token", "client_id": "promptcraft-web", "refresh_token": first["refresh_token"]}
        second = granted(client, None, **renewal).json()
        stolen = renewal if renewal_stolen else form | {"code": given}
        assert granted(client, None, **stolen).json()["error"] == "invalid_grant"
        last = renewal | {"refresh_token": second["refresh_token"]}
        assert granted(client, None, **last).json()["error"] == "invalid_grant"


def test_a_token_is_active_until_it_is_revoked_and_its_session_until_log_out(client):
    def active(token):
        return client.post(f"{BASE}/token/introspect", data={"token": token}, auth=API).json()["active"]

    first, second = (granted(client, grant_type="password", **ANN).json() for _ in range(2))
    assert active(first["access_token"])
    client.post(f"{BASE}/revoke", data={"token": first["access_token"]}, auth=API)
    client.post(f"{BASE}/logout", data={"refresh_token": second["refresh_token"]}, auth=API)
    assert (active(first["access_token"]), active(second["access_token"]), active("none")) == (False, False, False)


def test_a_client_revokes_what_it_was_given_itself_alone(client):
    web = {"client_id": "promptcraft-web"}
    given = granted(client, grant_type="password", **ANN).json()
    for token in (given["access_token"], given["refresh_token"]):
        answer = client.post(f"{BASE}/revoke", data={"token": token, **web})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert client.post(f"{BASE}/token/introspect", data={"token": given["access_token"]}, auth=API).json()["active"]
    assert granted(client, grant_type="refresh_token", refresh_token=given["refresh_token"]).status_code == 200
    assert client.post(f"{BASE}/revoke", data={"token": "none", **web}).status_code == 200  # of nobody


def test_a_rotated_key_signs_and_the_old_one_is_published_until_it_is_retired(client, provider):
    before = granted(client, grant_type="password", **ANN).json()["access_token"]
    realm = provider.realms["promptcraft"]
    kid = realm.rotate()
    after = granted(client, grant_type="password", **ANN).json()["access_token"]
    assert (jwt.get_unverified_header(after), claims(client, before)["sub"]) == (
        {"alg": "RS256", "kid": kid, "typ": "JWT"},
        claims(client, after)["sub"],
    )
    realm.retire()
    assert [key["kid"] for key in client.get(f"{BASE}/certs").json()["keys"]] == [kid]


def code_of(periods_ago):
    return second_factor.code(BEA.totp, int(time.time() // BEA.totp_period) - periods_ago)


def test_codes_are_those_of_rfc_6238():
    """Appendix B, the last six digits."""
    found = [second_factor.code(BEA.totp, seconds // 30) for seconds in (59, 1_111_111_109, 20_000_000_000)]
    assert found == ["287082", "081804", "353130"]


@pytest.mark.parametrize(
    ("given", "opened"), [({}, False), ({"totp": "000000"}, False), ({"totp": 2}, False), ({"totp": 1}, True), ({"totp": 0}, True)]
)
def test_who_has_a_second_factor_needs_a_code_of_about_now(client, given, opened):
    given = {name: code_of(value) if isinstance(value, int) else value for name, value in given.items()}
    form = {"grant_type": "password", "username": "bea", "password": "right", **given}
    assert [granted(client, **form).status_code for _ in range(2)] == [200 if opened else 401, 401]


@pytest.mark.parametrize(
    ("defect", "given"),
    [("any-code-taken", "000000"), ("old-codes-taken", 12), ("second-factor-left-out-by-password", "")],
)
def test_defects_of_codes_are_off_until_they_are_switched_on(client, defect, given):
    given = code_of(given) if isinstance(given, int) else given
    form = {"grant_type": "password", "username": "bea", "password": "right", "totp": given}
    refused = granted(client, **form)
    defects.switch([defect])
    try:
        assert (refused.status_code, granted(client, **form).status_code) == (401, 200)
    finally:
        defects.switch([])


def test_the_page_asks_for_the_code_after_the_password(client):
    verifier = "v" * 43
    query = {
        "response_type": "code", "client_id": "promptcraft-web", "redirect_uri": BACK, "scope": "openid", "code_challenge_method": "S256",
        "code_challenge": challenge_of(verifier),
    }  # fmt: skip
    page = client.post(f"{BASE}/auth", data=query | {"username": "bea", "password": "right"})
    key = re.search('name="session_code" value="(.+?)"', page.text)[1]
    assert ("right" in page.text, "bea" in page.text) == (False, False)
    for given, status in (("", 200), ("123", 200), (code_of(0), 302), (code_of(0), 200)):
        answer = client.post(f"{BASE}/auth", data=query | {"session_code": key, "otp": given})
        assert answer.status_code == status, given
