"""Forms whose rows lack fields that pages have: hidden amounts, plans and numbers of what is meant."""

import itertools
import secrets
from urllib.parse import parse_qs

import pytest
import services
from starlette.responses import HTMLResponse, RedirectResponse

PASSWORDS = {"ann": "maple-Harbour-41", "ben": "cedar-Lantern-72"}
SIGN_IN = {
    "operation": "POST /login",
    "media": "application/x-www-form-urlencoded",
    "token": {"cookie": "sid"},
    "csrf": {"parameter": "guard", "operation": "GET /wallet", "field": "guard"},
}
ROWS = [
    {"operation": "POST /login", "form": {"username": "x", "password": "y"}, "public": True},
    "GET /wallet",
    "GET /pledges",
    {"operation": "POST /pledges", "form": {"guard": "x", "what": "a clock"}},
    "GET /pledges/{ref}",
    {"operation": "POST /pledges/{ref}/redeem", "form": {"guard": "x"}},
]


class Pawnshop:
    """Lends 50.00 for each thing, and takes 60.00 to give it back; ``weak`` takes what the hidden field says."""

    def __init__(self, *, weak):
        self.weak, self.sessions, self.numbers = weak, {}, itertools.count(301)
        self.wallets, self.pledges = dict.fromkeys(PASSWORDS, 5000.0), {}
        self.app = services.app(
            ("POST", "/login", self.login), ("GET", "/wallet", self.wallet), ("GET", "/pledges", self.listed),
            ("POST", "/pledges", self.pledge), ("GET", "/pledges/{ref}", self.pledge_page), ("POST", "/pledges/{ref}/redeem", self.redeem),
        )  # fmt: skip

    async def fields(self, request):
        fields = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        name, guard = self.sessions.get(request.cookies.get("sid"), ("", ""))
        return name if fields.get("guard") == guard else "", fields

    def person(self, request):
        return self.sessions.get(request.cookies.get("sid"), ("", ""))

    async def login(self, request):
        _, fields = await self.fields(request)
        if PASSWORDS.get(fields.get("username")) != fields.get("password"):
            return HTMLResponse("<p>Refused.</p>", 401)
        self.sessions[sid := secrets.token_hex(16)] = fields["username"], secrets.token_hex(8)
        answer = RedirectResponse("/wallet", 303)
        answer.set_cookie("sid", sid, httponly=True, samesite="lax")
        return answer

    def wallet(self, request):
        name, guard = self.person(request)
        if not name:
            return RedirectResponse("/login", 303)
        return HTMLResponse(
            f"<p>In your wallet: <b>{self.wallets[name]:.2f} EUR</b></p><form><input name=guard value={guard}></form>"
        )

    def listed(self, request):
        name, _ = self.person(request)
        if not name:
            return RedirectResponse("/login", 303)
        rows = [f"<a href=/pledges/{ref}>{ref}</a>" for ref, owner in self.pledges.items() if owner == name]
        return HTMLResponse(f"<p>{' '.join(rows)}</p>")

    async def pledge(self, request):
        name, fields = await self.fields(request)
        if not name or not fields.get("what"):
            return HTMLResponse("<p>Not valid.</p>", 400)
        self.pledges[ref := str(next(self.numbers))] = name
        return RedirectResponse(f"/pledges/{ref}", 303)

    def pledge_page(self, request):
        (name, guard), ref = self.person(request), request.path_params["ref"]
        if not name or self.pledges.get(ref) != name:
            return HTMLResponse("<p>Not found.</p>", 404)
        return HTMLResponse(
            f"<h1>Pledge {ref}</h1><form method=post action=/pledges/{ref}/redeem><input type=hidden name=guard value={guard}>"
            "<input type=hidden name=amount value=60.00><select name=pickup><option value=shop>Shop</select></form>"
        )

    async def redeem(self, request):
        name, fields = await self.fields(request)
        ref = request.path_params["ref"]
        if not name or self.pledges.get(ref) != name:
            return HTMLResponse("<p>Not found.</p>", 404)
        try:
            amount = float(fields.get("amount", ""))
        except ValueError:
            return HTMLResponse("<p>Not valid.</p>", 400)
        if fields.get("pickup") != "shop":
            return HTMLResponse("<p>Not valid.</p>", 400)
        self.wallets[name] -= amount if self.weak else 60
        del self.pledges[ref]
        return RedirectResponse("/wallet", 303)


@pytest.mark.parametrize("weak", [True, False])
def test_hidden_amounts_of_forms_are_not_believed(monkeypatch, weak):
    for name, password in PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", password)
    people = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in PASSWORDS}
    with services.serving(Pawnshop(weak=weak).app) as url:
        scan = services.scanned(services.target(url, ROWS, people, SIGN_IN), "mass-assignment", allow_changes=True, seed=5)
    found = [finding.location for finding in scan.findings if finding.severity.name != "INFO"]
    assert found == (["POST /pledges/{ref}/redeem body amount"] if weak else []), scan.coverage["mass-assignment"]
