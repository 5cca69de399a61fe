"""PyPI canaille on a port that the kernel gives, run by the Python that has it; secrets come by the environment.

With ACCOUNTS (JSON: name to password, role and tenant) it serves a platform: access tokens have role and tenant as Keycloak's have,
those of programs too, and are given for another audience where the form names it; introspection knows them by their signature; the
key is the one of REALM_PEM; and the platform, whose address comes by POST /provider/platform, is where a sign-on by the page comes back.
"""

import json
import logging
import os
import sys
import tempfile
import threading
import time
import uuid

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.oidc import provider
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import request
from werkzeug.serving import make_server

PEM = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
SHARED = {"client_uri": "http://127.0.0.1", "scope": ["openid", "profile", "email"], "redirect_uris": ["http://127.0.0.1/callback"],
          "post_logout_redirect_uris": ["http://127.0.0.1/signed-out"], "id_token_signed_response_alg": "RS256"}
OTHER_AUDIENCE = "another-api"
ACCOUNTS = json.loads(os.environ.get("ACCOUNTS", "{}"))
SECRET = {"client_secret": os.environ["CLIENT_SECRET"], "token_endpoint_auth_method": "client_secret_basic"}


def clients():
    """A client with a secret, a program, and one without a secret."""
    yield {"client_id": "promptcraft-api", "grant_types": ["password", "authorization_code", "refresh_token"], "response_types": ["code"], **SECRET}
    yield {"client_id": "promptcraft-service", "grant_types": ["client_credentials"], **SECRET}
    grants = ["authorization_code", "refresh_token"]
    yield {"client_id": "promptcraft-web", "grant_types": grants, "response_types": ["code"], "token_endpoint_auth_method": "none"}


def made_once(*arguments, **options):
    """A token with a nonce: canaille's access tokens of one person in one second are equal, which its store refuses."""
    client, name = getattr(request_of, "person", ("", ""))
    if ACCOUNTS and request.form.get("audience") == OTHER_AUDIENCE:
        options["aud"] = [OTHER_AUDIENCE]
    if about := ACCOUNTS.get(name):
        roles = {"roles": [f"promptcraft-{about['role']}"]}
        mapped = {"organization": about["tenant"], "realm_access": roles, "preferred_username": name, "email": name}
        options["user_info"].update(mapped | {"azp": client, "typ": "Bearer", "jti": os.urandom(16).hex()})
    return id_token(*arguments, **({"nonce": os.urandom(16).hex()} | options))


def given(client, grant_type, user, scope):
    """An access token, with whose it is and for which client in reach of what makes it."""
    request_of.person = (client.client_id, user.emails[0] if user else client.client_id)
    try:
        program = ACCOUNTS and grant_type == "client_credentials"
        return of_program(client, grant_type) if program else access_token(client, grant_type, user, scope)
    finally:
        request_of.person = ("", "")


def of_program(client, grant_type):
    """An access token of a program as people have them, in place of canaille's own, which is no JSON Web Token."""
    jwk, algorithm = provider._get_signing_key(client)
    lasts = provider.authorization._token_generators["default"]._get_expires_in(client, grant_type)
    signed = {"key": jwk, "kid": jwk.kid, "alg": algorithm, "iss": provider.get_issuer(), "exp": lasts}
    who = {"sub": str(uuid.uuid5(uuid.NAMESPACE_URL, client.client_id))}
    return made_once(token={}, user_info=who, aud=[party.client_id for party in client.audience], **signed)


class Unstored:
    """A token that the provider's key has signed, and that does not stand in its store."""

    def __init__(self, claims):
        self.claims = claims

    def is_expired(self):
        """Whether its time is over."""
        return self.claims.get("exp", 0) < time.time()

    def is_revoked(self):
        """Only what stands in the store can be revoked."""
        return False


class Introspection(provider.IntrospectionEndpoint):
    """Calls what its own key has signed active, as providers do that keep no record of their tokens."""

    def query_token(self, token, token_type_hint):
        """The token as it is stored, or by its signature."""
        found = super().query_token(token, token_type_hint) or provider.decode_server_token(token)
        return Unstored(found.claims) if isinstance(getattr(found, "claims", None), dict) else found

    def check_permission(self, token, client, request):
        """Whether a client may learn of it."""
        return isinstance(token, Unstored) or super().check_permission(token, client, request)

    def introspect_token(self, token):
        """What the provider says of it."""
        return {**token.claims, "active": True} if isinstance(token, Unstored) else super().introspect_token(token)


def key():
    """A key that signs."""
    return rsa.generate_private_key(65537, 2048).private_bytes(*PEM).decode()


SPARES = [key(), key()]  # made at once: on a busy machine it takes as long as a client waits


def served(url):
    """Let a platform at an address be where its client's codes go."""
    with app.app_context(), Backend.instance.session():
        client = Backend.instance.get(models.Client, client_id="promptcraft-api")
        client.redirect_uris = [*SHARED["redirect_uris"], f"{url}/auth/callback"]
        Backend.instance.save(client)


def rotated(environment, start_response):
    """The provider, with addresses by which operators have it sign with a new key, and name the platform."""
    if environment["PATH_INFO"] == "/provider/platform":
        served(environment["HTTP_X_PLATFORM"])
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"{}"]
    if environment["PATH_INFO"] == "/provider/calls":  # nobody reads of this provider what it was sent
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"calls": [], "last": 0}']
    if environment["PATH_INFO"] != "/provider/rotate":
        return app(environment, start_response)
    keys = app.config["CANAILLE_OIDC"]
    keys["INACTIVE_JWKS"], keys["ACTIVE_JWKS"] = [*(keys.get("INACTIVE_JWKS") or ()), *keys["ACTIVE_JWKS"]], [SPARES.pop(0)]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b"{}"]


request_of = threading.local()
if ACCOUNTS:
    provider.IntrospectionEndpoint = Introspection
id_token, provider.generate_id_token = provider.generate_id_token, made_once
access_token, provider.generate_access_token = provider.generate_access_token, given
logging.disable()
server = make_server("127.0.0.1", 0, None, threaded=True)
folder = tempfile.TemporaryDirectory()  # its store in memory mixes up the codes of a client
settings = {
    "PREFERRED_URL_SCHEME": "http",
    "CANAILLE": {"DATABASE": "sql"},
    "CANAILLE_SQL": {"DATABASE_URI": f"sqlite:///{folder.name}/canaille.sqlite"},
    "CANAILLE_OIDC": {"ACTIVE_JWKS": [os.environ.get("REALM_PEM") or key()]},
}
app = create_app({"SECRET_KEY": os.urandom(16).hex(), "SERVER_NAME": f"127.0.0.1:{server.port}", **settings})
with app.app_context(), Backend.instance.session():
    for name, about in (ACCOUNTS or {"analyst@example.test": {"password": os.environ.get("ANALYST_PASSWORD")}}).items():
        if about.get("password"):
            number = str(uuid.uuid5(uuid.NAMESPACE_URL, name)) if ACCOUNTS else name
            named = {"user_name": number, "formatted_name": name, "family_name": name, "emails": [name]}
            Backend.instance.save(models.User(password=about["password"], **named))
    for described in clients():
        client = models.Client(client_name=described["client_id"], **SHARED, **described)
        Backend.instance.save(client)
        platform = [Backend.instance.get(models.Client, client_id="promptcraft-api")] if ACCOUNTS else []
        client.audience = [client, *(party for party in platform if party.client_id != client.client_id)]
        Backend.instance.save(client)
server.app = rotated
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdout.write(f"http://127.0.0.1:{server.port}\n")
sys.stdout.flush()
sys.stdin.read()
server.shutdown()
folder.cleanup()
