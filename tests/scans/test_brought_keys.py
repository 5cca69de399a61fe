"""Tokens that name where their key is found, which a system must not believe."""

import itertools
import json
import time

import httpx
import jwt
import pytest
import services
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

LOGIN = {"operation": "POST /login", "token": "access_token"}
RIGHT = {"ann": "Correct-Horse-1"}


class Desk:
    """``believes`` is the part of a token's header that leads to a key, ``host`` what the address has to begin with."""

    def __init__(self, believes="", host="", *, asks=""):
        self.believes, self.host, self.asks, self.own = believes, host, asks, ""
        self.key, self.numbers = rsa.generate_private_key(public_exponent=65537, key_size=2048), itertools.count()
        self.app = services.app(("POST", "/login", self.login), ("GET", "/me", self.me), ("GET", "/orders", self.me))

    async def login(self, request):
        body = await request.json()
        name = body.get("username") if isinstance(body, dict) else None
        if not isinstance(name, str) or RIGHT.get(name) != body.get("password"):
            return services.JSONResponse({"error": "refused"}, 401)
        self.own = f"http://{request.headers['host']}"
        claims = {"sub": name, "exp": int(time.time()) + 600, "jti": next(self.numbers)}
        token = jwt.encode(claims | {"jti": str(claims["jti"])}, self.key, algorithm="RS256", headers={"kid": "1"})
        return services.JSONResponse({"access_token": token})

    def found(self, head):
        """The key by which a token is checked."""
        address = str(head.get(self.believes or self.asks, ""))
        if not address or (self.host == "own" and not address.startswith(self.own)):
            return self.key.public_key()
        content = httpx.get(address).content
        if not self.believes:
            return self.key.public_key()
        if self.believes == "jku":
            return jwt.PyJWKSet.from_dict(json.loads(content))[head["kid"]].key
        return x509.load_pem_x509_certificate(content).public_key()

    def me(self, request):
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, self.found(jwt.get_unverified_header(token)), algorithms=["RS256"])
        except (jwt.PyJWTError, KeyError, ValueError, httpx.HTTPError):
            return services.JSONResponse({"error": "sign in"}, 401)
        return services.JSONResponse({"username": claims["sub"]})


def scanned(desk, monkeypatch):
    monkeypatch.setenv("PASSWORD_ANN", RIGHT["ann"])
    identities = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
    with services.serving(desk.app) as url:
        return services.scanned(services.target(url, ["GET /me", "GET /orders"], identities, LOGIN), "jwt-kid")


@pytest.mark.parametrize(("believes", "host"), [("jku", "own"), ("x5u", "")])
def test_a_key_at_an_address_that_the_token_names_is_not_believed(monkeypatch, believes, host):
    scan = scanned(Desk(believes, host), monkeypatch)
    observed = f"a token that is signed with the key to which its own header leads ({believes}) is accepted"
    assert [(finding.observed, str(finding.severity)) for finding in scan.findings] == [(observed, "critical")], scan.coverage


def test_an_address_that_is_called_though_the_token_is_refused_is_found(monkeypatch):
    scan = scanned(Desk(asks="jku"), monkeypatch)
    observed = "the address in the header of a token (jku) is called, though the token is refused then"
    assert [(finding.observed, str(finding.severity)) for finding in scan.findings] == [(observed, "medium")], scan.coverage


def test_a_key_of_the_systems_own_is_silent(monkeypatch):
    scan = scanned(Desk(), monkeypatch)
    assert scan.findings == []
    assert any("leads (jku)" in location for location in scan.coverage["jwt-kid"].tried)
