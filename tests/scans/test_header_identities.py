"""Identities that are only a header: forged in their own form, not as bearer tokens."""

import re

import pytest
import services

from SecurityLibrary.values import lookalikes
from SecurityLibrary.values.randomness import ScanRandom

KNOWN = {"ann@shop.test": "ann", "7": "ann", "8": "ben", "key_live_4f2a9c1d7b": "ann"}


def shop(wrong):
    """Known by the header X-User; ``wrong`` is what it takes beyond those that it knows."""

    def person(request):
        given = request.headers.get("x-user", "")
        taken = {"any address": "@" in given, "any key": given.startswith("key_live_")}.get(wrong, False)
        return KNOWN.get(given) or (given if taken else None)

    def me(request):
        name = person(request)
        return services.JSONResponse({"name": name}) if name else services.JSONResponse({"error": "sign in"}, 401)

    return services.app(("GET", "/me", me))


def scanned(value, wrong, monkeypatch):
    monkeypatch.setenv("ANN_IS", value)
    identities = {"ann": {"token_env": "ANN_IS", "header": "X-User", "scheme": ""}}
    with services.serving(shop(wrong)) as url:
        return services.scanned(services.target(url, ["GET /me"], identities), "missing-authentication")


@pytest.mark.parametrize(
    ("value", "wrong", "observed"),
    [
        ("ann@shop.test", "any address", "accepted as credentials: 'qa-nobody-"),
        ("key_live_4f2a9c1d7b", "any key", "accepted as credentials: 'key_live_"),
        ("7", "", "accepted as credentials: '8'"),
    ],
)
def test_another_value_of_the_same_form_is_taken(value, wrong, observed, monkeypatch):
    (finding,) = scanned(value, wrong, monkeypatch).findings
    assert finding.observed.startswith(observed)


@pytest.mark.parametrize("value", ["ann@shop.test", "key_live_4f2a9c1d7b"])
def test_what_knows_its_people_is_silent(value, monkeypatch):
    scan = scanned(value, "", monkeypatch)
    assert scan.findings == []
    assert scan.coverage["missing-authentication"].tried == {"GET /me"}


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("ann@shop.test", r"qa-nobody-\d{4}@shop\.test"),
        ("123e4567-e89b-42d3-a456-426614174000", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        ("42", r"\d{10}"),
        ("sk_live_Ab3dE6gH9", r"sk_live_[A-Z][a-z]\d[a-z][A-Z]\d[a-z][A-Z]\d"),
        ("ab-c", r"[a-z]{2}-[a-z]"),
    ],
)
def test_values_are_made_up_in_their_form(value, pattern):
    made = lookalikes.made_up(value, ScanRandom(1))
    assert re.fullmatch(pattern, made), made
    assert made != value


def test_only_people_s_numbers_have_neighbours():
    assert lookalikes.neighbours("007") == ["008", "009"]
    assert lookalikes.neighbours("12345678901234") == lookalikes.neighbours("ann") == []
