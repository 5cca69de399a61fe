"""Secrets are found in every form, and nothing else is blotted out."""

import base64
import json
import random
import string

import pytest
from robot.utils import html_format

from theodore_qa.redaction import markup
from theodore_qa.redaction.forms import all_forms
from theodore_qa.redaction.secrets import MARK, SecretRegistry

SECRETS = ["simple-secret", 'with "quotes" & <tags>', "ümläut/slash+plus", "back\\slash'tick", "日本語の秘密です"]


@pytest.fixture
def registry():
    registry = SecretRegistry()
    for number, secret in enumerate(SECRETS):
        registry.add(secret, f"S{number}")
    return registry


@pytest.mark.parametrize("secret", SECRETS)
def test_every_form_is_redacted_and_named(registry, secret):
    for text, form in all_forms(secret).items():
        around = f"before {text} after"
        assert text not in registry.redact(around), form
        assert f"S{SECRETS.index(secret)}" in {name for name, _ in registry.find(around)}, form


@pytest.mark.parametrize("before", ["", "u", "us", "usr"])
def test_base64_is_found_wherever_the_secret_begins(registry, before):
    encoded = base64.b64encode(f"{before}:{SECRETS[0]}:end".encode()).decode()
    assert MARK in registry.redact(encoded)


def test_redacting_twice_changes_nothing_more(registry):
    once = registry.redact(json.dumps(SECRETS))
    assert registry.redact(once) == once


def test_ordinary_text_is_left_alone(registry):
    source = random.Random(7)
    text = "".join(source.choice(string.printable) for _ in range(20_000))
    assert registry.redact(text) == text
    assert list(registry.find(text)) == []


def test_a_token_is_known_by_its_shape(registry):
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0xyz.c2lnbmF0dXJl"
    assert registry.redact(f"got {token}.") == "got ***."
    assert registry.redact("Authorization: Bearer abcdefgh12345") == "Authorization: Bearer ***"


@pytest.mark.parametrize("kept", range(6, len(SECRETS[0])))
def test_half_a_secret_at_a_cut_is_redacted(registry, kept):
    """Robot shortens assigned values to 200 characters and messages to 40 lines, wherever that falls."""
    assert registry.redact(f"${{key}} = some {SECRETS[0][:kept]}...") == "${key} = some ***..."
    assert registry.redact(f"...{SECRETS[0][-kept:]} is the end") == "...*** is the end"


def test_words_after_bearer_stay_unless_they_look_like_a_credential(registry):
    assert registry.redact("Bearer authentication is used") == "Bearer authentication is used"
    assert registry.redact("basic dXNlcjpwYXNzd29yZDEyMw==") == "basic ***"


def test_a_place_after_a_title_that_ends_in_basic_stays(registry):
    title = "Network Latency Basic (experiments.robot:19)"
    assert registry.redact(title) == title
    assert not list(registry.find(title))


@pytest.mark.parametrize("target", ["javascript:alert(1)", "JaVa\tscript:x", "data:text/html,x", "vbscript:x"])
def test_links_that_run_a_script_are_disarmed(target):
    html = html_format(markup.disarmed(f"see [{target}|this]"))
    assert f'href="{target[:4]}' not in html


def test_ordinary_links_stay():
    assert '<a href="https://example.test/">' in html_format(markup.disarmed("see [https://example.test/|this]"))


def test_a_short_secret_is_kept_out_behind_names_and_noted_once(registry):
    registry.add("1234", "PIN")
    registry.add("1234", "PIN")
    assert registry.new_notes() == [
        "The secret PIN has fewer than 6 characters: it is kept out of logs only where a name such as 'password' stands before it. "
        "Use a longer one."
    ]
    assert registry.redact('{"password": "1234", "count": 1234}') == '{"password": "***", "count": 1234}'
    assert registry.redact("pin=1234&page=1234") == "pin=***&page=1234"
    assert [name for name, _ in registry.find("my_password: 1234")] == ["PIN"]
    assert list(registry.find("12345 of 1234")) == []


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Cookie: sid=abcdefgh; theme=dark", "Cookie: sid=***; theme=dark"),
        ("{'Set-Cookie': 'sid=abcdefgh; Path=/; HttpOnly'}", "{'Set-Cookie': 'sid=***; Path=/; HttpOnly'}"),
        ("Set-Cookie: a session cookie without HttpOnly", "Set-Cookie: a session cookie without HttpOnly"),
        ("GET /a?access_token=abcdef&page=2", "GET /a?access_token=***&page=2"),
        ("GET /a?key=abcdef&page=2", "GET /a?key=***&page=2"),
        ("https://ann:pw12@shop.example/", "https://ann:***@shop.example/"),
        ("X-User: ann@mini.example", "X-User: ***"),
        ('"x-user": "ann@mini.example"', '"x-user": "***"'),
        ("the header X-User names somebody", "the header X-User names somebody"),
    ],
)
def test_what_goes_in_a_place_for_credentials_is_kept_out_by_its_name(registry, text, clean):
    registry.add_names(header="X-User", parameter="key")
    assert registry.redact(text) == clean
    assert registry.redact(clean) == clean
    assert bool(list(registry.find(text))) is (text != clean)
    assert list(registry.find(clean)) == []


def test_only_our_own_markup_is_ours():
    assert markup.is_own(markup.own_html("<b>x</b>"))
    assert not markup.is_own("<!--theodore:0000000000000000--><script>")
    assert not markup.asks_for_html(markup.disarmed("*HTML*<script>"))
    assert markup.disarmed("plain") == "plain"


def test_of_a_long_secret_nothing_stays_and_what_only_begins_like_it_does():
    registry = SecretRegistry()
    start = "assertion-" + "a1b2" * 20
    longer, shorter = f"{start}{'c3' * 4000}", f"{start}{'d4' * 50}"
    for value in (longer, shorter, "assertion-"):
        registry.add(value)
    assert registry.redact(f"<{longer}><{shorter}>") == "<***><***>"
    assert registry.redact(f"<{start}e5>") == f"<***{start.removeprefix('assertion-')}e5>"
    assert registry.redact(f"{start}{longer}{shorter}") == f"***{start.removeprefix('assertion-')}******"


def test_a_token_that_begins_like_a_known_one_is_kept_out_whole():
    registry = SecretRegistry()
    header = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjAxMjM0NTY3ODkwMTIzNDU2Nzg5In0"
    registry.add(f"{header}.{'a' * 40}.{'b' * 40}")
    assert registry.redact(f"<{header}.{'c' * 40}.{'d' * 40}>") == "<***>"
