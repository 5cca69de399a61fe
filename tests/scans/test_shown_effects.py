"""What is stored, or set though it is protected, and shows on pages alone."""

import html
import secrets
from urllib.parse import parse_qs

import pytest
import services
from starlette.responses import HTMLResponse, RedirectResponse

from SecurityLibrary.proof import shown_effects

LOGIN = {"operation": "POST /login", "media": "application/x-www-form-urlencoded", "token": {"cookie": "sid"}}
ROWS = [
    {"operation": "POST /join", "form": {"username": "x", "password": "y"}, "public": True},
    "GET /account",
    {"operation": "POST /account", "form": {"motto": "Cheers"}},
    {"operation": "GET /members", "public": True},
    {"operation": "GET /office", "admin": True},
]
PASSWORDS = {"ann": "Correct-Horse-1", "olga": "Battery-Staple-2"}


class Site:
    """``wrong`` names what is wrong."""

    def __init__(self, *wrong):
        self.wrong, self.sessions = wrong, {}
        self.people = {name: {"password": password, "motto": "Cheers", "role": "user"} for name, password in PASSWORDS.items()}
        self.people["olga"]["role"] = "admin"
        self.app = services.app(
            ("POST", "/login", self.login), ("POST", "/join", self.join), ("GET", "/account", self.account),
            ("POST", "/account", self.change), ("GET", "/members", self.members), ("GET", "/office", self.office),
        )  # fmt: skip

    @staticmethod
    async def fields(request):
        return {name: values[0] for name, values in parse_qs((await request.body()).decode(errors="replace")).items()}

    def who(self, request):
        return self.people.get(self.sessions.get(request.cookies.get("sid", "")))

    async def login(self, request):
        fields = await self.fields(request)
        person = self.people.get(fields.get("username", ""))
        if person is None or person["password"] != fields.get("password"):
            return HTMLResponse("<p>Refused.</p>", 401)
        self.sessions[sid := secrets.token_urlsafe(16)] = fields["username"]
        answer = RedirectResponse("/account", 303)
        answer.set_cookie("sid", sid, httponly=True, samesite="lax")
        return answer

    async def join(self, request):
        fields = await self.fields(request)
        if not fields.get("username", "").isalnum() or fields["username"] in self.people or len(fields.get("password", "")) < 8:
            return HTMLResponse("<p>Not valid.</p>", 422)
        person = {"password": fields["password"], "motto": "Cheers", "role": "user", "balance": 0}
        if "role" in self.wrong and fields.get("role") not in (None, "admin"):
            return HTMLResponse("<p>There is no such role.</p>", 422)
        person |= {name: fields[name] for name in self.wrong if name in ("role", "balance") and name in fields}
        self.people[fields["username"]] = person
        return RedirectResponse("/account", 303)

    def account(self, request):
        person = self.who(request)
        if person is None:
            return RedirectResponse("/login", 303)
        balance = "" if "silent" in self.wrong else f"<p>Balance: {person.get('balance', 0)}</p>"
        return HTMLResponse(f"<form method=post><input name=motto value='{html.escape(person['motto'])}'></form>{balance}")

    async def change(self, request):
        person, fields = self.who(request), await self.fields(request)
        if person is None:
            return RedirectResponse("/login", 303)
        person["motto"] = fields.get("motto", "")
        if "kept" in self.wrong and "balance" in fields:
            person["balance"] = fields["balance"]
        return RedirectResponse("/account", 303)

    def members(self, _):
        texts = (person["motto"] for person in self.people.values())
        return HTMLResponse("".join(f"<p>{text if 'markup' in self.wrong else html.escape(text)}</p>" for text in texts))

    def office(self, request):
        role = (self.who(request) or {}).get("role")
        return HTMLResponse("<p>Everybody's.</p>" if role == "admin" else "<p>No.</p>", 200 if role == "admin" else 403)


def scanned(monkeypatch, probe, *wrong):
    for name, password in PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", password)
    identities = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in PASSWORDS}
    identities["olga"]["role"] = "admin"
    site = Site(*wrong)
    with services.serving(site.app) as url:
        scan = services.scanned(services.target(url, ROWS, identities, LOGIN), probe, allow_changes=True, seed=5)
    assert [site.people[name]["role"] for name in PASSWORDS] == ["user", "admin"]
    assert "balance" not in site.people["ann"], "the scan stands on it"
    return scan


def test_markup_that_another_page_shows_until_the_next_is_stored(monkeypatch):
    scan = scanned(monkeypatch, "stored-xss", "markup")
    assert [(each.locations, each.observed) for each in scan.findings] == [
        (("POST /account body motto", "GET /members"), "a page shows what was stored as markup")
    ], scan.coverage["stored-xss"]


@pytest.mark.parametrize(
    ("wrong", "locations", "observed"),
    [
        (("balance",), ("POST /join balance",),
         "sent at the registration, and present when the new account reads itself, or in what it may do"),
        (("role", "silent"), ("POST /join role",),
         "sent at the registration, and present when the new account reads itself, or in what it may do"),
        (("kept",), ("POST /account balance",), "sent, and shown by a page afterwards, which did not show it before"),
    ],
)  # fmt: skip
def test_protected_properties_that_no_json_tells(monkeypatch, wrong, locations, observed):
    scan = scanned(monkeypatch, "mass-assignment", *wrong)
    assert [(each.locations, each.observed) for each in scan.findings] == [(locations, observed)], scan.coverage[
        "mass-assignment"
    ]


@pytest.mark.parametrize(("probe", "tried"), [("stored-xss", "POST /account body motto"), ("mass-assignment", "POST /join")])
def test_a_sound_site_is_silent(monkeypatch, probe, tried):
    scan = scanned(monkeypatch, probe)
    assert scan.findings == []
    assert tried in scan.coverage[probe].tried, scan.coverage[probe].open


@pytest.mark.parametrize(
    ("text", "value", "visible"),
    [
        ("Role: admin", "admin", True),
        ("administrator", "admin", False),
        ("4,242.42", 424_242, True),
        ("424 242 EUR", 424_242, True),
        ("anything", True, False),
        ("", "admin", False),
    ],
)
def test_what_a_text_shows(text, value, visible):
    assert shown_effects.shows(text, value) is visible
