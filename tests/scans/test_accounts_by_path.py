"""Accounts that a path names: removed and changed by others, tried on accounts that the scan registers, by one of them."""

import pytest
import services

PASSWORD = "Long-enough-77"
PEOPLE = {name: {"username": name, "password_env": "CLUB"} for name in ("ann", "ben")} | {
    "olga": {"username": "olga", "password_env": "CLUB", "role": "admin"}
}
ROWS = [
    {"operation": "POST /register", "public": True, "body": {"username": "new", "password": "Purple-Elephant-7"}},
    "GET /me",
    "GET /members/{username}",
    {"operation": "PUT /members/{username}/email", "body": {"email": "ann@example.com"}},
    {"operation": "PUT /members/{username}/password", "body": {"password": "Purple-Elephant-7"}},
]


class Club:
    """Members who sign in; by ``weak`` anybody may change or remove any of them."""

    def __init__(self, weak, *, heeds_path=True):
        self.weak, self.heeds_path = weak, heeds_path
        self.members = {name: {"password": PASSWORD, "email": f"{name}@example.com"} for name in PEOPLE}

    def app(self):
        routes = (
            ("POST", "/register", self.register),
            ("POST", "/sign-in", self.sign_in),
            ("GET", "/me", self.me),
            ("GET", "/members/{username}", self.member),
            ("PUT", "/members/{username}/email", self.change),
            ("PUT", "/members/{username}/password", self.set_password),
            ("DELETE", "/members/{username}", self.remove),
        )
        return services.app(*routes)

    def caller(self, request):
        name = request.headers.get("Authorization", "").removeprefix("Bearer token-of-")
        return name if name in self.members else None

    def refusal(self, request):
        name, caller = request.path_params["username"], self.caller(request)
        if caller is None:
            return services.JSONResponse({"detail": "sign in"}, 401)
        if not self.weak and caller not in (name, "olga"):
            return services.JSONResponse({"detail": "not yours"}, 403)
        return None if name in self.members else services.JSONResponse({"detail": "unknown"}, 404)

    async def register(self, request):
        body = await request.json()
        if body["username"] in self.members:
            return services.JSONResponse({"detail": "taken"}, 409)
        self.members[body["username"]] = {"password": body["password"], "email": "none"}
        return services.JSONResponse({"username": body["username"]}, 201)

    async def sign_in(self, request):
        body = await request.json()
        known = self.members.get(str(body.get("username")), {}).get("password") == body.get("password")
        return services.JSONResponse({"token": f"token-of-{body['username']}"} if known else {}, 200 if known else 401)

    def me(self, request):
        caller = self.caller(request)
        profile = {"username": caller, "email": self.members[caller]["email"]} if caller else {"detail": "sign in"}
        return services.JSONResponse(profile, 200 if caller else 401)

    def member(self, request):
        name = request.path_params["username"]
        return services.JSONResponse({"username": name} if name in self.members else {}, 200 if name in self.members else 404)

    async def change(self, request):
        if refused := self.refusal(request):
            return refused
        name = request.path_params["username"] if self.heeds_path else self.caller(request)
        self.members[name]["email"] = (await request.json())["email"]
        return services.JSONResponse({"changed": True})

    async def set_password(self, request):
        if refused := self.refusal(request):
            return refused
        name = request.path_params["username"] if self.heeds_path else self.caller(request)
        self.members[name]["password"] = (await request.json())["password"]
        return services.JSONResponse({"changed": True})

    def remove(self, request):
        if refused := self.refusal(request):
            return refused
        del self.members[request.path_params["username"] if self.heeds_path else self.caller(request)]
        return services.JSONResponse({"removed": True})


def scanned(club, monkeypatch, *names, admin=False):
    monkeypatch.setenv("CLUB", PASSWORD)
    rows = [*ROWS, {"operation": "DELETE /members/{username}", "admin": admin}]
    with services.serving(club.app()) as url:
        shop = services.target(url, rows, PEOPLE, {"operation": "POST /sign-in", "token": "token"})
        return services.scanned(shop, *names, allow_changes=True, seed=3)


CHANGE, REMOVAL = "PUT /members/{username}/email", "DELETE /members/{username}"
PASSWORDS = "PUT /members/{username}/password"


@pytest.mark.parametrize(("weak", "found"), [(True, {CHANGE, REMOVAL, PASSWORDS}), (False, set())])
def test_another_changes_and_removes_accounts(monkeypatch, weak, found):
    club = Club(weak)
    scan = scanned(club, monkeypatch, "object-level")
    assert {place for finding in scan.findings for place in finding.locations} == found
    assert {CHANGE, REMOVAL, PASSWORDS} <= scan.coverage["object-level"].tried, scan.coverage["object-level"].skipped
    assert {name: club.members[name]["email"] for name in PEOPLE} == {name: f"{name}@example.com" for name in PEOPLE}


@pytest.mark.parametrize(("weak", "found"), [(True, [REMOVAL]), (False, [])])
def test_who_is_no_administrator_removes_accounts(monkeypatch, weak, found):
    club = Club(weak)
    scan = scanned(club, monkeypatch, "function-level", admin=True)
    assert [finding.location for finding in scan.findings] == found
    assert set(PEOPLE) <= set(club.members)


def test_what_pays_no_heed_to_the_path_costs_no_identity(monkeypatch):
    club = Club(weak=True, heeds_path=False)
    scan = scanned(club, monkeypatch, "object-level")
    assert [finding.location for finding in scan.findings] == []
    assert PASSWORDS in scan.coverage["object-level"].tried
    assert {name: club.members[name]["password"] for name in PEOPLE} == dict.fromkeys(PEOPLE, PASSWORD)
