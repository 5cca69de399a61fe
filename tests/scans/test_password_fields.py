"""A change of the password by whatever names its fields have, and whose token guards a form."""

import itertools
import secrets

import pytest
import services
from starlette.responses import HTMLResponse, RedirectResponse

from SecurityLibrary.description import operations
from SecurityLibrary.identities import password_fields

PASSWORD = "Correct-Horse-1"


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        ("/password", ("old", "new"), ("old", "new")),
        ("/account", ("current_password", "new_password"), ("current_password", "new_password")),
        ("/me/passwd", ("current", "new_password1", "new_password2"), ("current", "new_password1")),
        ("/settings", ("oldPasswd", "passwd", "confirm"), ("oldPasswd", "passwd")),
        ("/change-password", ("password", "password_confirmation"), (None, "password")),
        ("/prices", ("old", "new"), None),
        ("/join", ("username", "password"), None),
        ("/password/forgot", ("old", "new_password"), None),
        ("/notes", ("new",), None),
    ],
)
def test_a_change_is_known_by_its_fields(path, fields, expected):
    operation = operations.from_table({"operation": f"POST {path}", "form": dict.fromkeys(fields, "text")})
    found = password_fields.places(operation)
    assert (found and tuple(place and place.name for place in found)) == expected


class Shed:
    """Forms and cookies; ``wrong`` names what is wrong."""

    def __init__(self, wrong):
        self.wrong, self.passwords, self.sessions, self.numbers = wrong, {"ann": PASSWORD, "ben": PASSWORD}, {}, itertools.count()
        self.app = services.app(
            ("GET", "/account", self.account), ("POST", "/login", self.login), ("POST", "/join", self.join),
            ("POST", "/password", self.change), ("POST", "/phone", self.phone),
        )  # fmt: skip

    def session(self, request):
        return self.sessions.get(request.cookies.get("sid", ""))

    def account(self, request):
        found = self.session(request)
        if found is None:
            return RedirectResponse("/login", 303)
        return HTMLResponse(f"<p>{found['name']}</p><form><input name=form_token value='{found['token']}'></form>")

    async def login(self, request):
        fields = await request.form()
        name = fields.get("username")
        if name not in self.passwords or self.passwords[name] != fields.get("password"):
            return HTMLResponse("refused", 401)
        sid = secrets.token_urlsafe(24)
        self.sessions[sid] = {"name": name, "token": secrets.token_urlsafe(18)}
        answer = RedirectResponse("/account", 303)
        answer.set_cookie("sid", sid, httponly=True, samesite="lax")
        return answer

    async def join(self, request):
        fields = await request.form()
        name, password = fields.get("username", ""), fields.get("password", "")
        if not name or name in self.passwords or not strong(password):
            return HTMLResponse("refused", 422)
        self.passwords[name] = password
        return HTMLResponse("welcome", 201)

    def guarded(self, found, fields):
        known = {each["token"] for each in self.sessions.values()} if "any token" in self.wrong else {found["token"]}
        return fields.get("form_token") in known

    async def phone(self, request):
        found, fields = self.session(request), await request.form()
        if found is None:
            return RedirectResponse("/login", 303)
        return HTMLResponse("kept" if self.guarded(found, fields) else "too old", 200 if self.guarded(found, fields) else 403)

    async def change(self, request):
        found, fields = self.session(request), await request.form()
        if found is None:
            return RedirectResponse("/login", 303)
        if not self.guarded(found, fields):
            return HTMLResponse("too old", 403)
        new = fields.get("new", "")
        if fields.get("old") != self.passwords[found["name"]] or not (strong(new) or ("poor" in self.wrong and new)):
            return HTMLResponse("refused", 422)
        self.passwords[found["name"]] = new
        if "kept" not in self.wrong:
            mine = request.cookies["sid"]
            self.sessions = {sid: each for sid, each in self.sessions.items() if each["name"] != found["name"] or sid == mine}
        return RedirectResponse("/account", 303)


def strong(password):
    return len(password) >= 12 and len(set(password)) > 5


def scanned(monkeypatch, shed, *names):
    for name in ("ANN", "BEN"):
        monkeypatch.setenv(f"PASSWORD_{name}", PASSWORD)
    rows = [
        "GET /account",
        {"operation": "POST /join", "public": True, "form": {"username": "dora", "password": "Willow-Meadow-26"}},
        {"operation": "POST /phone", "form": {"phone": "0131 496 0299"}},
        {"operation": "POST /password", "form": {"old": "birch", "new": "aspen"}},
    ]
    sign_in = {
        "operation": "POST /login",
        "media": "application/x-www-form-urlencoded",
        "token": {"cookie": "sid"},
        "csrf": {"operation": "GET /account", "field": "form_token", "parameter": "form_token"},
    }
    people = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in ("ann", "ben")}
    with services.serving(shed.app) as url:
        return services.scanned(services.target(url, rows, people, sign_in), *names, allow_changes=True)


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ("", set()),
        ("poor", {("password-policy", "POST /password")}),
        ("kept", {("token-after-password-change", "GET /account")}),
    ],
)
def test_a_form_that_changes_a_password(monkeypatch, wrong, found):
    shed = Shed(wrong)
    names = ("password-policy", "current-password", "token-after-password-change")
    scan = scanned(monkeypatch, shed, *names)
    assert {(finding.probe, finding.location) for finding in scan.findings} == found, scan.coverage
    assert scan.sender.traces.left == []
    assert {shed.passwords[name] for name in ("ann", "ben")} == {PASSWORD}
    assert all(scan.coverage[name].tried for name in names)


@pytest.mark.parametrize(
    ("wrong", "observed"), [("any token", ["accepted with the token of another identity's session"]), ("", [])]
)
def test_a_form_takes_the_token_of_its_own_session_alone(monkeypatch, wrong, observed):
    scan = scanned(monkeypatch, Shed(wrong), "csrf")
    found = [finding.observed for finding in scan.findings if "POST /phone" in finding.locations]
    assert [each.removesuffix(" against forged requests") for each in found] == observed, scan.coverage["csrf"]
    assert "POST /phone" in scan.coverage["csrf"].tried
