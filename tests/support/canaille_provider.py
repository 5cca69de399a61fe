"""PyPI canaille on a port that the kernel gives, run by the Python that has it; secrets come by the environment."""

import logging
import os
import sys
import tempfile
import threading

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.oidc import provider
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.serving import make_server

PEM = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
SHARED = {"client_uri": "http://127.0.0.1", "scope": ["openid", "profile", "email"], "redirect_uris": ["http://127.0.0.1/callback"],
          "post_logout_redirect_uris": ["http://127.0.0.1/signed-out"]}
SECRET = {"client_secret": os.environ["CLIENT_SECRET"], "token_endpoint_auth_method": "client_secret_basic"}


def clients():
    """A client with a secret, a program, and one without a secret."""
    yield {"client_id": "promptcraft-api", "grant_types": ["password", "authorization_code", "refresh_token"], **SECRET}
    yield {"client_id": "promptcraft-service", "grant_types": ["client_credentials"], **SECRET}
    grants = ["authorization_code", "refresh_token"]
    yield {"client_id": "promptcraft-web", "grant_types": grants, "response_types": ["code"], "token_endpoint_auth_method": "none"}


def made_once(*arguments, **options):
    """A token with a nonce: canaille's access tokens of one person in one second are equal, which its store refuses."""
    return id_token(*arguments, **({"nonce": os.urandom(16).hex()} | options))


def key():
    """A key that signs."""
    return rsa.generate_private_key(65537, 2048).private_bytes(*PEM).decode()


SPARE = key()  # made at once: on a busy machine it takes as long as a client waits


def rotated(environment, start_response):
    """The provider, with an address by which operators have it sign with a new key."""
    if environment["PATH_INFO"] != "/provider/rotate":
        return app(environment, start_response)
    keys = app.config["CANAILLE_OIDC"]
    keys["INACTIVE_JWKS"], keys["ACTIVE_JWKS"] = keys["ACTIVE_JWKS"], [SPARE]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b"{}"]


id_token, provider.generate_id_token = provider.generate_id_token, made_once
logging.disable()
server = make_server("127.0.0.1", 0, None, threaded=True)
folder = tempfile.TemporaryDirectory()  # its store in memory mixes up the codes of a client
settings = {
    "PREFERRED_URL_SCHEME": "http",
    "CANAILLE": {"DATABASE": "sql"},
    "CANAILLE_SQL": {"DATABASE_URI": f"sqlite:///{folder.name}/canaille.sqlite"},
    "CANAILLE_OIDC": {"ACTIVE_JWKS": [key()]},
}
app = create_app({"SECRET_KEY": os.urandom(16).hex(), "SERVER_NAME": f"127.0.0.1:{server.port}", **settings})
with app.app_context(), Backend.instance.session():
    name = "analyst@example.test"
    person = models.User(user_name=name, formatted_name="Analyst", family_name="Analyst", emails=[name], password=os.environ["ANALYST_PASSWORD"])
    Backend.instance.save(person)
    for described in clients():
        client = models.Client(client_name=described["client_id"], **SHARED, **described)
        Backend.instance.save(client)
        client.audience = [client]
        Backend.instance.save(client)
server.app = rotated
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdout.write(f"http://127.0.0.1:{server.port}\n")
sys.stdout.flush()
sys.stdin.read()
server.shutdown()
folder.cleanup()
