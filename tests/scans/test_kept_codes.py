"""A recovery code that its owner is shown is low; that of somebody else is not."""

import pytest
import services

PEOPLE = services.by_token("alice", "bob")


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


@pytest.mark.parametrize(
    ("whose", "key", "severity"),
    [("own", "recoveryCode", "low"), ("bob", "recoveryCode", "medium"), ("own", "passwordHash", "medium")],
)
def test_codes_of_ones_own(whose, key, severity):
    def note(request):
        name = services.who(request)
        owner = name if whose == "own" else whose
        body = {"id": 4, "title": "Leek", "owner": {"username": owner, key: f"a3f1-{owner}-77c2"}}
        return services.JSONResponse(body if name else {}, 200 if name else 401)

    with services.serving(services.app(("GET", "/notes/4", note))) as url:
        scan = services.scanned(services.target(url, ["GET /notes/4"], PEOPLE), "excessive-data", seed=3)
    found = [str(each.severity) for each in scan.findings if key in each.observed]
    assert found[0] == severity, scan.findings
