"""The probe of limits believes what is answered, not the limit that is announced; and it uses up nobody's room but that of the limited identity."""

import pytest
import services

from SecurityLibrary.findings.finding import Severity


def served(limit, *, announced=True, enforced=True):
    """A service with a limit for each token that it may tell and may enforce."""
    counted = {}

    def items(request):
        who = services.who(request)
        if who is None:
            return services.JSONResponse({"error": "sign in"}, 401)
        counted[who] = counted.get(who, 0) + 1
        left = max(limit - counted[who], 0)
        headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(left)} if announced else {}
        if counted[who] > limit and enforced:
            return services.JSONResponse({"error": "too many"}, 429, headers=headers)
        return services.JSONResponse({"items": []}, headers=headers)

    return services.app(("GET", "/items", items)), counted


def scanned(monkeypatch, application, *limited):
    for name in ("alice", "bob"):
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])
    identities = services.by_token("alice", *limited, **{name: {"limits": "production"} for name in limited})
    with services.serving(application) as url:
        return services.scanned(services.target(url, ["GET /items"], identities), "rate-limit")


@pytest.mark.parametrize(
    ("limit", "announced", "enforced", "severity", "observed"),
    [
        (50, True, False, Severity.LOW, "57 requests answered, announced limit 50, the last ten with 0 remaining"),
        (1000, False, False, Severity.INFO, "200 of 200 requests answered, no limit announced"),
        (50, True, True, None, ""),
        (50, False, True, None, ""),
        (1000, True, True, None, ""),
    ],
    ids=["announced-only", "none", "enforced", "enforced-unannounced", "high"],
)
def test_what_is_answered_decides(monkeypatch, limit, announced, enforced, severity, observed):
    application, _ = served(limit, announced=announced, enforced=enforced)
    found = scanned(monkeypatch, application).findings
    assert [finding.severity for finding in found] == ([] if severity is None else [severity])
    assert not found or observed in found[0].observed
    assert not found or found[0].cwe == 770


def test_only_the_limited_identity_is_used_up(monkeypatch):
    application, counted = served(50)
    scan = scanned(monkeypatch, application, "bob")
    assert counted == {"bob": 51}
    assert not scan.findings
    assert scan.coverage["rate-limit"].tried
