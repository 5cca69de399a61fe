"""Cookies that frameworks sign: with a word of the lists the key is found, with random bytes it is not."""

import base64
import hashlib
import hmac
import secrets

import django.core.signing
import flask
import itsdangerous
import pytest
import services
import tornado.web
from django.conf import settings
from flask.sessions import SecureCookieSessionInterface

from SecurityLibrary.authentication import documented_keys, signed_cookies, word_lists
from theodore_qa.systems import forged

settings.configured or settings.configure()
LOGIN = {"operation": "POST /login", "media": "application/x-www-form-urlencoded", "token": {"cookie": "session"}}


def by_flask(key):
    application = flask.Flask("shop")
    application.secret_key = key
    return SecureCookieSessionInterface().get_signing_serializer(application).dumps({"user": "ann"})


def by_starlette(key):
    return itsdangerous.TimestampSigner(key).sign(base64.b64encode(b'{"user": "ann"}')).decode()


def by_django(key):
    salt = "django.contrib.sessions.backends.signed_cookies"
    return django.core.signing.dumps({"user": "ann"}, key=key, salt=salt, compress=True)


def by_tornado(key):
    return tornado.web.create_signed_value(key, "session", "ann").decode()


def by_express(key):
    signature = base64.b64encode(hmac.digest(key.encode(), b"ann-1234", hashlib.sha256().name)).decode().rstrip("=")
    return f"s%3Aann-1234.{signature.replace('+', '%2B').replace('/', '%2F')}"


def by_rack(key):
    data = base64.b64encode(b"ann-1234").decode()
    return f"{data}--{hmac.digest(key.encode(), data.encode(), 'sha1').hex()}"


def by_bottle(key):
    data = base64.b64encode(b"ann-1234").decode()
    return f"!{base64.b64encode(hmac.digest(key.encode(), data.encode(), 'sha256')).decode()}?{data}"


def as_web_token(key):
    return forged.signed({"alg": "HS256", "typ": "JWT"}, {"user": "ann"}, key.encode())


SIGNING = [by_flask, by_starlette, by_django, by_tornado, by_express, by_rack, by_bottle, as_web_token]


@pytest.mark.parametrize("key", ['_5#y2L"F4Q8z\n\xec]/', b'_5#y2L"F4Q8z\n\xec]/', "dev", "keyboard cat", "top-secret!"])
def test_the_key_of_a_documentation_is_found_as_text_and_as_bytes(key):
    found = [form.key_among(documented_keys.KEYS) for form in signed_cookies.forms(by_flask(key))]
    assert (key if isinstance(key, str) else key.decode("latin-1")) in found


@pytest.mark.parametrize("sign", SIGNING, ids=lambda sign: sign.__name__)
@pytest.mark.parametrize("key", ["secret", "dragon"])
def test_the_key_of_a_framework_is_found(sign, key):
    words = ["nothing", *word_lists.passwords(200), key]
    assert key in [found.key_among(words) for found in signed_cookies.forms(sign(key))]


@pytest.mark.parametrize("sign", SIGNING, ids=lambda sign: sign.__name__)
def test_random_keys_are_not(sign):
    value = sign(secrets.token_hex(32))
    assert list(signed_cookies.forms(value))
    assert [found.key_among(word_lists.passwords(200)) for found in signed_cookies.forms(value)] in ([None], [None, None])


@pytest.mark.parametrize(
    "value",
    [
        "",
        "abc",
        "Nq3vX0c7T1l2mZsR8dKfJ4hPwEoYuIbG5aCxVtL9-_k",
        "a.b.c",
        "2|1:0|x",
        "s:a.b",
        "eyJh.eyJi.c2ln",
        "\udcff.aaaaa." + "a" * 27,
        "\udcff.eyJh.c2ln",
        "eyJhbGciOlsxXX0.e30.c2ln",
        "!YQ==?YQ==",
    ],
)
def test_other_values_have_no_such_form(value):
    assert list(signed_cookies.forms(value)) == []


@pytest.mark.parametrize(("key", "found"), [("dragon", ["POST /login"]), ("k" * 3 + "9Zq-random", [])])
def test_a_guessable_key_is_a_finding(monkeypatch, key, found):
    async def login(request):
        form = await request.form()
        right = (form.get("username"), form.get("password")) == ("ann", "Correct-Horse-1")
        answer = services.JSONResponse({"ok": right}, 200 if right else 401)
        if right:
            answer.set_cookie("session", by_flask(key))
        return answer

    monkeypatch.setenv("PASSWORD_ANN", "Correct-Horse-1")
    with services.serving(services.app(("POST", "/login", login))) as url:
        rows = [{"operation": "POST /login", "form": {"username": "x", "password": "y"}, "public": True}]
        identities = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
        scan = services.scanned(services.target(url, rows, identities, LOGIN), "cookie-weak-key", "session-entropy")
    assert [finding.location for finding in scan.findings] == found, scan.coverage["cookie-weak-key"]
    assert scan.coverage["cookie-weak-key"].tried == {"the cookie session"}
    assert not scan.coverage["session-entropy"].applies
