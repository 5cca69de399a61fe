"""GraphQL refuses with status 200: what it means is learned from its errors, wherever a status decides."""

import datetime as dt
import json

import club
import pytest
import services

from SecurityLibrary.findings.finding import Severity
from theodore_qa.systems.exchange import Exchange

NAMES = ("ann", "ben", "carol")
FOUND = [
    ("jwt-confusion", "confusion", "POST /graphql#me"),
    ("jwt-kid", "jwk", "POST /graphql#me"),
    ("token-use", "refresh", "POST /graphql#me"),
    ("graphql", "__type", "POST /graphql"),
    ("object-level", "update", "POST /graphql#updateMember body variables.id"),
    ("excessive-data", "fields", "POST /graphql#members"),
    ("code-guessing", "codes", "POST /graphql#reset body variables.code"),
    ("limit-bypass", "spelling", "POST /graphql"),
]


@pytest.fixture(autouse=True)
def _passwords(monkeypatch):
    for name, password in club.PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", password)


def scanned(probe, *wrong):
    identities = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in NAMES}
    identities["carol"]["lockable"] = True
    kept = club.Club(*wrong)
    with services.serving(kept.app) as url:
        target = services.target(url, club.ROWS, identities, club.LOGIN, jwt={"jwks": "/jwks.json"})
        scan = services.scanned(target, probe, allow_changes=True, seed=9)
    assert {name: kept.people[name]["password"] for name in NAMES} == club.PASSWORDS
    assert [kept.people[name]["phone"] for name in NAMES[1:]] == ["0161 1", "0161 2"]  # ann sends the request of the row
    return scan


@pytest.mark.parametrize(("probe", "wrong", "location"), FOUND, ids=[row[1] for row in FOUND])
def test_what_is_behind_refusals_with_status_200_is_found(probe, wrong, location):
    scan = scanned(probe, wrong)
    found = [finding for finding in scan.findings if finding.severity > Severity.INFO and location in finding.locations]
    assert len({finding.title for finding in found}) == 1, scan.coverage[probe]
    assert len({finding.observed for finding in found}) == len(found)


@pytest.mark.parametrize("probe", [row[0] for row in FOUND])
def test_nothing_is_found_in_the_fixed_club(probe):
    scan = scanned(probe)
    low = {"graphql": Severity.LOW}.get(probe, Severity.INFO)
    assert [str(finding) for finding in scan.findings if finding.severity > low] == []
    assert not [finding for finding in scan.findings if "introspection" in finding.observed]
    assert scan.coverage[probe].tried, scan.coverage[probe].skipped


def exchange(body, status=200):
    sent = {"path": "/graphql", "sent_body": json.dumps({"query": "{me}"}).encode()}
    moment = dt.datetime.now(dt.UTC)
    return Exchange(method="POST", status=status, headers={}, text=json.dumps(body), sent=moment, duration=0.1, **sent)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ({"message": "refused", "extensions": {"code": "UNAUTHENTICATED"}}, 401),
        ({"message": "please sign in"}, 401),
        ({"message": "invalid token"}, 401),
        ({"message": "this is for the office", "extensions": {"code": "FORBIDDEN"}}, 403),
        ({"message": "too many attempts, wait 30 seconds"}, 429),
        ({"message": "this name is taken", "extensions": {"code": "CONFLICT"}}, 409),
        ({"message": "String cannot represent a non string value: 5"}, 400),
        ({"extensions": None}, 400),
    ],
)
def test_what_errors_mean(error, outcome):
    refused = exchange({"data": None, "errors": [error]})
    assert (refused.outcome, refused.asks_to_sign_in) == (outcome, outcome == 401)


@pytest.mark.parametrize(
    "body", [{"data": {"me": 1}}, {"data": {"me": 1}, "errors": [{"message": "sign in"}]}, {"errors": []}, [], None]
)
def test_what_brought_data_or_no_errors_has_its_status(body):
    assert exchange(body, 200).outcome == 200 or body == {"errors": []}
    assert exchange(body, 503).outcome == 503
