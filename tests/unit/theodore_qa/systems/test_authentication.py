"""Signing in as people have it: each way against a service that takes only that one, and what is said where it fails."""

import base64
import hashlib
import json
import re
import sys
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest
from serving import serving
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Route

from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems import environment

if TYPE_CHECKING:
    from theodore_qa.systems.system import System

PASSWORD = "correct-horse-1"
TOKEN = "token-of-ann-123"
ANN = {"username": "ann", "password_env": "ANN_PASSWORD"}


def app(**functions):
    """An application of functions by names such as ``post_login``; ``/me`` says who is known by ``known``."""
    known = functions.pop("known")

    def me(request):
        return JSONResponse({"name": "ann"}) if known(request) else JSONResponse({"error": "who?"}, 401)

    routes = [Route("/me", me)]
    for name, function in functions.items():
        method, _, path = name.partition("_")
        routes.append(Route(f"/{path.replace('__', '/')}", function, methods=[method.upper()]))
    return Starlette(routes=routes)


def known_as(application, tmp_path, monkeypatch, identity=None, **entries):
    """The answer to ``GET /me`` of an identity with these entries of its system."""
    monkeypatch.setenv("ANN_PASSWORD", PASSWORD)
    with serving(application) as url:
        entry = {"url": url, "identities": {"ann": identity or ANN}, **entries}
        system = environment.from_mapping({"name": "t", "kind": "test", "systems": {"shop": entry}}, tmp_path / "t.yaml").system(
            "shop"
        )
        try:
            return system.request("GET", "/me", identity=system.identity())
        finally:
            system.close()


def bearer(request):
    return request.headers.get("authorization") == f"Bearer {TOKEN}"


async def form_of(request):
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


async def json_login(request, *place):
    body = await request.json()
    for part in place:
        body = body[part]
    return body == {"username": "ann", "password": PASSWORD}


def test_name_and_password_in_json(tmp_path, monkeypatch):
    async def login(request):
        right = await json_login(request)
        return JSONResponse({"access_token": TOKEN} if right else {}, 200 if right else 401)

    answer = known_as(app(known=bearer, post_login=login), tmp_path, monkeypatch, sign_in={"operation": "POST /login"})
    assert answer.body == {"name": "ann"}
    assert TOKEN not in secrets.redact(f"text with {TOKEN}")


@pytest.mark.parametrize(
    "names", [("variables.input.user", "variables.input.pass"), ("/variables/input/user", "/variables/input/pass")]
)
def test_anywhere_in_a_body_as_graphql_has_it(tmp_path, monkeypatch, names):
    async def query(request):
        body = await request.json()
        right = body["variables"] == {"input": {"user": "ann", "pass": PASSWORD}, "keep": 1} and "mutation" in body["query"]
        return JSONResponse({"data": {"login": {"token": TOKEN}}} if right else {"errors": [{}]})

    way = {"operation": "POST /graphql", "body": {"query": "mutation {login}", "variables": {"keep": 1}}, "username": names[0],
           "password": names[1], "token": "data.login.token"}  # fmt: skip
    assert known_as(app(known=bearer, post_graphql=query), tmp_path, monkeypatch, sign_in=way).ok


def test_a_token_in_a_header_bare_in_another_header(tmp_path, monkeypatch):
    def login(request):
        return PlainTextResponse("", headers={"X-Auth": TOKEN})

    def known(request):
        return request.headers.get("x-auth") == TOKEN

    way = {"operation": "POST /login", "token": {"header": "X-Auth"}, "header": "X-Auth", "scheme": ""}
    assert known_as(app(known=known, post_login=login), tmp_path, monkeypatch, sign_in=way).ok


def test_a_token_in_a_header_behind_its_scheme(tmp_path, monkeypatch):
    def login(request):
        return PlainTextResponse("", headers={"Authorization": f"JWT {TOKEN}"})

    def known(request):
        return request.headers.get("authorization") == f"JWT {TOKEN}"

    way = {"operation": "POST /login", "token": {"header": "Authorization"}, "scheme": "JWT"}
    assert known_as(app(known=known, post_login=login), tmp_path, monkeypatch, sign_in=way).ok


@pytest.mark.parametrize("token", [{"cookie": "sid"}, None])
def test_a_form_and_a_cookie(tmp_path, monkeypatch, token):
    async def login(request):
        body = (await request.body()).decode()
        if body != f"username=ann&password={PASSWORD}":
            return PlainTextResponse("no", 401)
        answer = RedirectResponse("/home", 303)
        answer.set_cookie("sid", TOKEN)
        return answer

    def known(request):
        return request.cookies.get("sid") == TOKEN

    way = {"operation": "POST /login", "media": "application/x-www-form-urlencoded"} | ({"token": token} if token else {})
    assert known_as(app(known=known, post_login=login), tmp_path, monkeypatch, sign_in=way).ok


@pytest.mark.parametrize("separator", ["?", "#"])
def test_a_token_in_a_redirect(tmp_path, monkeypatch, separator):
    def login(request):
        return RedirectResponse(f"/home{separator}state=1&token={TOKEN}", 302)

    way = {"operation": "POST /login", "token": {"redirect": "token"}}
    assert known_as(app(known=bearer, post_login=login), tmp_path, monkeypatch, sign_in=way).ok


def test_basic(tmp_path, monkeypatch):
    def known(request):
        return request.headers.get("authorization") == "Basic " + base64.b64encode(f"ann:{PASSWORD}".encode()).decode()

    assert known_as(app(known=known), tmp_path, monkeypatch, sign_in={"how": "basic"}).ok


def test_digest(tmp_path, monkeypatch):
    nonces = []

    def known(request):
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', request.headers.get("authorization", "")))
        if given.get("nonce") != "n0nce" or given.get("nc") in nonces:
            return False
        nonces.append(given["nc"])
        user_hash, request_hash = (
            hashlib.md5(text.encode()).hexdigest() for text in (f"ann:shop:{PASSWORD}", f"GET:{given['uri']}")
        )
        response = hashlib.md5(f"{user_hash}:n0nce:{given['nc']}:{given['cnonce']}:auth:{request_hash}".encode()).hexdigest()
        return given["response"] == response and given["uri"] == "/me"

    def challenge(request):
        return PlainTextResponse("who?", 401, headers={"WWW-Authenticate": 'Digest realm="shop", nonce="n0nce", qop="auth"'})

    way = {"how": "digest", "operation": "GET /challenge"}
    assert known_as(app(known=known, get_challenge=challenge), tmp_path, monkeypatch, sign_in=way).ok


@pytest.mark.parametrize(
    ("identity", "place"),
    [
        ({"token_env": "ANN_KEY", "query": "api_key"}, lambda request: request.query_params.get("api_key")),
        ({"token_env": "ANN_KEY", "header": "X-Key", "scheme": ""}, lambda request: request.headers.get("x-key")),
        ({"token_env": "ANN_KEY", "cookie": "key"}, lambda request: request.cookies.get("key")),
        ({"token_env": "ANN_KEY", "header": "X-Key", "scheme": "", "headers": {"X-Tenant": "acme"}},
         lambda request: request.headers.get("x-key") if request.headers.get("x-tenant") == "acme" else None),
    ],
)  # fmt: skip
def test_a_key_that_is_given(tmp_path, monkeypatch, identity, place):
    monkeypatch.setenv("ANN_KEY", "a key & more/1")
    assert known_as(app(known=lambda request: place(request) == "a key & more/1"), tmp_path, monkeypatch, identity=identity).ok


def test_a_command_prints_the_token(tmp_path, monkeypatch):
    code = f"import os; print('a line'); print('{TOKEN}' if os.environ['THEODORE_PASSWORD'] == '{PASSWORD}' else 'no')"
    way = {"how": "command", "command": [sys.executable, "-c", code]}
    assert known_as(app(known=bearer), tmp_path, monkeypatch, sign_in=way).ok


@pytest.mark.parametrize(
    ("how", "fields"),
    [
        ("client_credentials", {"grant_type": "client_credentials", "scope": "shop", "audience": "api"}),
        ("password", {"grant_type": "password", "username": "ann", "password": PASSWORD, "scope": "shop", "audience": "api"}),
    ],
)
@pytest.mark.parametrize("authentication", ["basic", "body"])
def test_oauth_by_discovery(tmp_path, monkeypatch, how, fields, authentication):
    monkeypatch.setenv("SHOP_SECRET", "s3cret/of:client")
    pair = base64.b64encode(b"shop-client:s3cret%2Fof%3Aclient").decode()

    def discovery(request):
        return JSONResponse({"issuer": "x", "token_endpoint": str(request.base_url) + "realm/token"})

    async def token(request):
        form = await form_of(request)
        if authentication == "body":
            right = form.pop("client_id", "") == "shop-client" and form.pop("client_secret", "") == "s3cret/of:client"
        else:
            right = request.headers.get("authorization") == f"Basic {pair}"
        return JSONResponse({"access_token": TOKEN}) if right and form == fields else JSONResponse({"error": "invalid"}, 400)

    way = {"how": how, "issuer": "realm", "client_id": "shop-client", "client_secret_env": "SHOP_SECRET", "scope": "shop",
           "audience": "api", "client_authentication": authentication}  # fmt: skip
    functions = {"get_realm__.well-known__openid-configuration": discovery, "post_realm__token": token}
    assert known_as(app(known=bearer, **functions), tmp_path, monkeypatch, sign_in=way).ok


def test_the_code_flow_with_pkce_fills_in_the_forms_of_the_provider(tmp_path, monkeypatch):
    kept = {}

    def authorize(request):
        kept.update(request.query_params)
        answer = HTMLResponse('<form method="post" action="/signin"><input name="csrf" type="hidden" value="c1">'
                              '<input name="login"><input name="secret" type="password"></form>')  # fmt: skip
        answer.set_cookie("flow", "f1")
        return answer

    async def signin(request):
        form = await form_of(request)
        if form != {"csrf": "c1", "login": "ann", "secret": PASSWORD} or request.cookies.get("flow") != "f1":
            return HTMLResponse("<p>no</p>", 401)
        return HTMLResponse('<form method="post" action="/consent"><button name="ok" value="yes">Allow</button></form>')

    async def consent(request):
        return RedirectResponse(f"{kept['redirect_uri']}?code=code-1234&state={kept['state']}", 303)

    async def token(request):
        form = await form_of(request)
        digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        right = digest == kept["code_challenge"] and form["code"] == "code-1234" and form["client_id"] == "web"
        return JSONResponse({"access_token": TOKEN} if right else {}, 200 if right else 400)

    way = {"how": "authorization_code", "authorization_url": "/authorize", "token_url": "/token", "client_id": "web"}
    functions = {"get_authorize": authorize, "post_signin": signin, "post_consent": consent, "post_token": token}
    assert known_as(app(known=bearer, **functions), tmp_path, monkeypatch, sign_in=way).ok


def test_a_wrong_password_is_sent_once_through_the_forms_of_a_provider(tmp_path, monkeypatch):
    sent = []

    def form(_):
        return HTMLResponse(
            '<form method="post" action="/signin"><input name="login"><input name="secret" type="password"></form>'
        )

    async def signin(request):
        sent.append(await form_of(request))
        return form(request)

    way = {"how": "authorization_code", "authorization_url": "/authorize", "token_url": "/token", "client_id": "web"}
    with pytest.raises(NotEvaluatedError, match="asked for the password again: check its name, and the password in ANN_PASSWORD"):
        known_as(app(known=bearer, get_authorize=form, post_signin=signin), tmp_path, monkeypatch, sign_in=way)
    assert len(sent) == 1


def test_a_token_of_a_provider_that_has_ended_is_renewed(tmp_path, monkeypatch):
    monkeypatch.setenv("ANN_PASSWORD", PASSWORD)
    given = []

    def token(_):
        given.append(f"token-number-{len(given)}")
        return JSONResponse({"access_token": given[-1], "expires_in": 0})

    way = {"how": "password", "token_url": "/token", "client_id": "web"}
    with serving(app(known=lambda _: True, post_token=token)) as url:
        entry = {"url": url, "identities": {"ann": ANN}, "sign_in": way}
        data = {"name": "t", "kind": "test", "systems": {"shop": entry}}
        system = environment.from_mapping(data, tmp_path / "t.yaml").system("shop")
        for _ in range(2):
            system.request("GET", "/me", identity=system.identity())
        system.close()
    assert len(given) == 2


def test_one_identity_signs_in_in_a_way_of_its_own(tmp_path, monkeypatch):
    def known(request):
        return request.headers.get("authorization", "").startswith("Basic ")

    identity = ANN | {"sign_in": {"how": "basic"}}
    assert known_as(app(known=known), tmp_path, monkeypatch, identity=identity, sign_in={"operation": "POST /login"}).ok


@pytest.mark.parametrize(
    ("status", "body", "error", "sentence"),
    [
        (
            401,
            {"error": "no"},
            NotEvaluatedError,
            "expected a token in the field 'access_token' of POST /login, observed 401 with",
        ),
        (404, {}, NotEvaluatedError, "observed 404 with '{}': check its name, and the password in ANN_PASSWORD."),
        (500, {}, QaError, "observed 500 with '{}'."),
        (429, {}, QaError, "observed 429 with '{}'."),
        (200, {"token": "elsewhere"}, QaError, "expected a token in the field 'access_token'"),
    ],
)
def test_a_refusal_is_not_evaluated_and_a_break_is_a_failure(tmp_path, monkeypatch, status, body, error, sentence):
    def login(request):
        return JSONResponse(body, status)

    with pytest.raises(QaError) as caught:
        known_as(app(known=bearer, post_login=login), tmp_path, monkeypatch, sign_in={"operation": "POST /login"})
    assert type(caught.value) is error
    assert sentence in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_a_token_that_ends_is_renewed_before_it_is_used(tmp_path, monkeypatch):
    given = []

    def login(request):
        given.append(f"token-number-{len(given)}")
        return JSONResponse({"access_token": given[-1], "expires_in": 0 if len(given) == 1 else 3600})

    def known(request):
        return request.headers.get("authorization") == f"Bearer {given[-1]}"

    monkeypatch.setenv("ANN_PASSWORD", PASSWORD)
    with serving(app(known=known, post_login=login)) as url:
        entry = {"url": url, "identities": {"ann": ANN}, "sign_in": {"operation": "POST /login"}}
        system = environment.from_mapping({"name": "t", "kind": "test", "systems": {"s": entry}}, tmp_path / "t.yaml").system("s")
        assert [system.request("GET", "/me", identity=system.identity()).status for _ in range(3)] == [200, 200, 200]
        system.close()
    assert len(given) == 2


def test_what_a_command_says_when_it_fails(tmp_path, monkeypatch):
    way = {"how": "command", "command": [sys.executable, "-c", "import sys; sys.exit('no such account')"]}
    with pytest.raises(NotEvaluatedError, match=r"gave no token of 'ann': exit code 1, 'no such account'"):
        known_as(app(known=bearer), tmp_path, monkeypatch, sign_in=way)


def test_mutual_tls_is_known_by_the_certificate(tmp_path, monkeypatch):
    from tls import authority, certificate, tls_server

    ca, key = authority(tmp_path)
    own = certificate(tmp_path, "localhost", ca, key)
    machine = certificate(tmp_path, "machine", ca, key)
    with tls_server(own, client_authority=tmp_path / "ca.pem") as (url, seen):
        entry = {
            "url": url.replace("127.0.0.1", "localhost"),
            "tls": {"ca": "ca.pem"},
            "identities": {"machine": {"certificate": machine.name, "key": machine.with_suffix(".key").name}},
        }
        data = {"name": "t", "kind": "test", "systems": {"shop": entry}}
        system: System = environment.from_mapping(data, tmp_path / "t.yaml").system("shop")
        assert system.request("GET", "/me", identity=system.identity()).ok
        with pytest.raises(QaError, match="was not answered there"):
            system.request("GET", "/me")
        system.close()
    assert seen == ["machine"]
    assert json.dumps(seen)


def test_an_answer_without_the_token_shows_the_names_of_its_fields_and_no_token(tmp_path, monkeypatch):
    session = "TKNa8ac0a3e77"

    def login(_):
        return JSONResponse({"result": {"session": {"key": session}}, "refresh_token": "RFT-99-of-ann"})

    way = {"operation": "POST /login", "token": "result.session.kay"}
    with pytest.raises(QaError) as error:
        known_as(app(known=bearer, post_login=login), tmp_path, monkeypatch, sign_in=way)
    assert str(error.value) == (
        "The identity 'ann' could not sign in to shop: expected a token in the field 'result.session.kay' of POST /login, "
        "observed 200 with the fields result.session.key, refresh_token."
    )
    assert session not in secrets.redact(f"text with {session}")
    assert "RFT-99-of-ann" not in secrets.redact("text with RFT-99-of-ann")


def test_other_tokens_beside_the_one_that_is_used_are_kept_out_too(tmp_path, monkeypatch):
    def login(_):
        return JSONResponse({"access_token": TOKEN, "id_token": "IDT-7-of-ann-x", "user": {"name": "ann-number-9"}})

    assert known_as(app(known=bearer, post_login=login), tmp_path, monkeypatch, sign_in={"operation": "POST /login"}).ok
    assert "IDT-7-of-ann-x" not in secrets.redact("IDT-7-of-ann-x")
    assert secrets.redact("ann-number-9") == "ann-number-9"
