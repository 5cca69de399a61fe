"""Probes of the sign-in, of forgotten passwords, of what is stored and of redirects: found in the vulnerable fixture, not in the fixed one."""

import accounts
import pytest
import services

from SecurityLibrary.findings.finding import Severity


def scanned(monkeypatch, *names, wrong=(), lockable=False):
    identities = {}
    for user, password in accounts.PASSWORDS.items():
        name = user.partition("@")[0]
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", password)
        identities[name] = {"username": user, "password_env": f"PASSWORD_{name.upper()}"}
    spare = identities.pop("spare")
    if lockable:
        identities["spare"] = spare | {"lockable": True}
    with services.serving(accounts.accounts(*wrong)) as url:
        shop = services.target(url, accounts.ROWS, identities, accounts.LOGIN)
        return services.scanned(shop, *names, allow_changes=True, seed=3)


WRONG = [
    ("sql-injection", "sql", 89, ["POST /login"]),
    ("nosql-injection", "nosql", 943, ["POST /login"]),
    ("stored-sql-injection", "stored", 89, ["GET /namesakes", "PUT /me body displayName"]),
    ("user-enumeration", "tells", 204, ["POST /forgot"]),
    ("password-policy", "weak", 521, ["POST /register"]),
    ("excessive-data", "hands-out", 640, ["POST /forgot"]),
    ("mass-assignment", "mass", 915, ["PUT /me accountPlan"]),
    ("ssrf", "calls", 918, ["POST /hooks body url", "POST /hooks/{hook_id}/test"]),
    ("open-redirect", "half", 601, ["GET /go query to"]),
    ("open-redirect", "leads", 601, ["POST /login body next"]),
    ("page-limit", "pages", 770, ["GET /page query limit"]),
]


@pytest.mark.parametrize(("probe", "wrong", "cwe", "locations"), WRONG, ids=[f"{row[0]}-{row[1]}" for row in WRONG])
def test_the_weakness_is_found(monkeypatch, probe, wrong, cwe, locations):
    scan = scanned(monkeypatch, probe, wrong=(wrong,))
    assert (cwe, locations) in [(finding.cwe, list(finding.locations)) for finding in scan.findings], scan.coverage[probe]
    assert {finding.probe for finding in scan.findings} == {probe}
    assert len(scan.findings) == 1 or locations == ["POST /login"]  # the sign-in is tried as a place for values too


@pytest.mark.parametrize("probe", sorted({row[0] for row in WRONG} - {"page-limit"}))
def test_nothing_is_found_in_the_fixed_fixture(monkeypatch, probe):
    scan = scanned(monkeypatch, probe)
    assert not scan.findings
    assert scan.coverage[probe].tried, scan.coverage[probe].skipped


def test_a_token_for_a_new_password_is_critical(monkeypatch):
    assert [finding.severity for finding in scanned(monkeypatch, "excessive-data", wrong=("hands-out",)).findings] == [
        Severity.CRITICAL
    ]


def test_pages_with_few_items_decide_nothing(monkeypatch):
    scan = scanned(monkeypatch, "page-limit", wrong=("few",))
    assert not scan.findings
    assert scan.coverage["page-limit"].skipped == {"GET /page query limit": "too few items for a verdict: 20 came"}
    assert "too few items" in scan.coverage["page-limit"].undecided()


@pytest.mark.parametrize(
    ("wrong", "lockable", "severity", "observed"),
    [
        ("unlimited", False, Severity.MEDIUM, "not tried for a known name: give an identity that may be locked"),
        ("unlimited", True, Severity.HIGH, "30 wrong passwords for 'spare@shop.test' answered 401, then the right one accepted"),
        ("strangers-unlimited", True, Severity.LOW, "those for a known name were limited"),
        ("", True, None, ""),
    ],
)
def test_how_bad_it_is_that_passwords_can_be_tried(monkeypatch, wrong, lockable, severity, observed):
    scan = scanned(monkeypatch, "brute-force", wrong=(wrong,), lockable=lockable)
    assert [finding.severity for finding in scan.findings] == ([severity] if severity is not None else [])
    assert not scan.findings or observed in scan.findings[0].observed


def test_the_only_cookie_that_a_sign_in_sets_is_the_session(monkeypatch):
    scan = scanned(monkeypatch, "mass-assignment", wrong=("cookie", "mass"))
    assert scan.authenticator.cookie == "sid"
    assert [finding.locations for finding in scan.findings] == [("PUT /me accountPlan",)]
