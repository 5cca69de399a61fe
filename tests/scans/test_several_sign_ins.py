"""Sign-ins that share one request, as a list of them or of passwords, and sign-ins without a password."""

import pytest
import services

PASSWORD = "Correct-Horse-1"
SIGN_IN = {"operation": "POST /login", "token": "token"}
PEOPLE = {"carol": {"username": "carol", "password_env": "PASSWORD_CAROL", "lockable": True}}
MOST = 4


class Desk:
    """A limit of wrong passwords for each name; ``weakness`` says what it does not count, or which password it takes."""

    def __init__(self, weakness):
        self.weakness, self.wrong = weakness, {}

    def app(self):
        return services.app(("POST", "/login", self.login), ("GET", "/me", self.me))

    def me(self, request):
        known = request.headers.get("authorization") == "Bearer token-of-carol-12345"
        return services.JSONResponse({"name": "carol"} if known else {}, 200 if known else 401)

    def enter(self, body, *, counted=True):
        name, password = str(body.get("username")), body.get("password")
        if counted and self.wrong.get(name, 0) >= MOST:
            return {"error": "too many"}, 429
        several = password if self.weakness == "passwords" and isinstance(password, list) else [password]
        empty = self.weakness == "null" and password is None
        if name == "carol" and (empty or PASSWORD in several):
            self.wrong.pop(name, None)
            return {"token": "token-of-carol-12345"}, 200
        self.wrong[name] = self.wrong.get(name, 0) + counted
        return {"error": "wrong"}, 401

    async def login(self, request):
        body = await request.json()
        if isinstance(body, list) and self.weakness in ("list", "counted list"):
            entered = [self.enter(each, counted=self.weakness == "counted list")[0] for each in body]
            return services.JSONResponse(entered)
        if not isinstance(body, dict):
            return services.JSONResponse({"error": "not valid"}, 422)
        content, status = self.enter(body)
        return services.JSONResponse(content, status)


def scanned(monkeypatch, weakness, probe):
    monkeypatch.setenv("PASSWORD_CAROL", PASSWORD)
    with services.serving(Desk(weakness).app()) as url:
        return services.scanned(services.target(url, ["GET /me"], PEOPLE, SIGN_IN), probe, allow_changes=True, seed=3)


@pytest.mark.parametrize(
    ("weakness", "way"), [("list", "a list of sign-ins"), ("passwords", "a list of passwords"), ("counted list", ""), ("", "")]
)
def test_more_wrong_passwords_than_are_allowed_in_one_request(monkeypatch, weakness, way):
    scan = scanned(monkeypatch, weakness, "limit-bypass")
    observed = f"{MOST} wrong passwords are allowed; behind more in {way} the right one signs in"
    assert [finding.observed for finding in scan.findings] == ([observed] if way else []), scan.coverage["limit-bypass"]
    assert "POST /login (several in one request)" in scan.coverage["limit-bypass"].tried


@pytest.mark.parametrize("weakness", ["null", ""])
def test_an_account_signs_in_without_its_password(monkeypatch, weakness):
    scan = scanned(monkeypatch, weakness, "default-credentials")
    observed = [finding.observed for finding in scan.findings if "may be tried" in finding.observed]
    assert observed == (["an account that may be tried signs in without a password"] if weakness else [])
