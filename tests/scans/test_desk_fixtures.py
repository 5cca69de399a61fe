"""Cookies with tokens against forged requests, bodies of all kinds, and sessions: found in the vulnerable fixture, not in the fixed one."""

import desk
import pytest
import services

from SecurityLibrary.values.randomness import bits_of


def scanned(monkeypatch, probe, wrong="", values=None):
    identities = {}
    for name, password in desk.PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", password)
        identities[name] = {"username": name, "password_env": f"PASSWORD_{name.upper()}"}
    with services.serving(desk.desk(wrong)) as url:
        shop = services.target(url, desk.ROWS, identities, desk.LOGIN, values=values or {})
        return services.scanned(shop, probe, allow_changes=True, seed=3)


WRONG = [
    ("csrf", "forged", 352, "PUT /hooks"),
    ("session-entropy", "guessable", 330, "POST /login"),
    ("ssrf", "calls", 918, "PUT /hooks body [].url"),
    ("template-injection", "template-form", 1336, "POST /files body title"),
    ("template-injection", "template-json", 1336, "PATCH /task body data.attributes.title"),
    ("object-level", "lookup", 639, "POST /notes/lookup body ids"),
    ("mass-assignment", "mass", 915, "POST /people role"),
]


@pytest.mark.parametrize(("probe", "wrong", "cwe", "location"), WRONG, ids=[f"{row[0]}-{row[1]}" for row in WRONG])
def test_the_weakness_is_found(monkeypatch, probe, wrong, cwe, location):
    scan = scanned(monkeypatch, probe, wrong)
    assert [(finding.cwe, finding.locations[0]) for finding in scan.findings] == [(cwe, location)], scan.coverage[probe]


@pytest.mark.parametrize("probe", sorted({row[0] for row in WRONG} | {"missing-authentication", "excessive-data"}))
def test_nothing_is_found_in_the_fixed_fixture(monkeypatch, probe):
    scan = scanned(monkeypatch, probe)
    assert not scan.findings
    assert scan.coverage[probe].tried, scan.coverage[probe].skipped


def test_what_values_name_is_not_removed(monkeypatch):
    scan = scanned(monkeypatch, "missing-authentication", values={"note_id": 1})
    assert "DELETE /notes/{note_id}" in scan.coverage["missing-authentication"].tried  # another note was made for it
    rows = [row for row in desk.ROWS if row != {"operation": "POST /notes", "body": {"text": "hello"}}]
    monkeypatch.setattr(desk, "ROWS", rows)
    skipped = scanned(monkeypatch, "missing-authentication", values={"note_id": 1}).coverage["missing-authentication"].skipped
    assert skipped["DELETE /notes/{note_id}"] == "it would remove what was there before, and the API makes no other"


@pytest.mark.parametrize(
    ("tokens", "least", "most"),
    [
        ([f"1700000000{number:03d}-7" for number in range(8)], 1, 15),
        (["3f9a1c77b2d04e58", "a0b1c2d3e4f50617", "9b8c7d6e5f4a3b2c", "1122aabbccddeeff"], 60, 64),
        (["Zk3_pQ9-xYw2TnB7", "aB1cD2eF3gH4iJ5k", "M0n9L8k7J6h5G4f3"], 80, 96),
    ],
)
def test_how_much_tokens_tell(tokens, least, most):
    assert least <= bits_of(tokens) <= most
