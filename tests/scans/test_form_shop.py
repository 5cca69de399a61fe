"""A shop of pages and forms: amounts that only pages show, vouchers, a cookie in a statement, tokens of forms, letters with codes."""

import html
import secrets
import sqlite3
from urllib.parse import parse_qs, unquote

import pytest
import services
from starlette.responses import HTMLResponse, RedirectResponse

PASSWORDS = {"ann": "maple-Harbour-41", "ben": "cedar-Lantern-72"}
SIGN_IN = {
    "operation": "POST /login",
    "media": "application/x-www-form-urlencoded",
    "token": {"cookie": "sid"},
    "csrf": {"parameter": "guard", "operation": "GET /cart", "field": "guard"},
}
ROWS = {
    "login": {"operation": "POST /login", "form": {"username": "x", "password": "y"}, "public": True},
    "join": {"operation": "POST /join", "form": {"username": "x", "email": "x@mail.example", "password": "y"}, "public": True},
    "forgot": {"operation": "POST /forgot", "form": {"email": "x@mail.example"}, "public": True},
    "reset": {
        "operation": "POST /reset",
        "form": {"email": "x@mail.example", "code": "000000", "password": "willow-Meadow-26"},
        "public": True,
    },
    "cart": "GET /cart",
    "fill": {"operation": "POST /cart", "form": {"guard": "x", "article": "3", "quantity": "1"}},
    "voucher": {"operation": "POST /cart/voucher", "form": {"guard": "x", "code": "MAY5"}},
    "start": {"operation": "GET /start", "public": True},
    "news": {"operation": "GET /news", "public": True},
    "article": {"operation": "GET /articles/{number}", "public": True},
    "catalogue": {"operation": "GET /catalogue", "public": True},
    "letters": "GET /letters",
}


class FormShop:
    """``wrong`` names what is wrong."""

    def __init__(self, *wrong):
        self.wrong, self.sessions, self.codes = wrong, {}, {}
        self.people = {name: self.person(f"{name}@mail.example", password) for name, password in PASSWORDS.items()}
        self.database = sqlite3.connect(":memory:", check_same_thread=False)
        self.database.executescript("CREATE TABLE articles(id INTEGER, name TEXT); INSERT INTO articles VALUES (3,'lamp'),(4,'desk')")
        self.app = services.app(
            ("POST", "/login", self.login), ("POST", "/join", self.join), ("POST", "/forgot", self.forgot),
            ("POST", "/reset", self.reset), ("GET", "/cart", self.cart), ("POST", "/cart", self.fill),
            ("POST", "/cart/voucher", self.voucher), ("GET", "/start", self.start), ("GET", "/news", self.start),
            ("GET", "/articles/{number:int}", self.article), ("GET", "/catalogue", self.catalogue), ("GET", "/letters", self.letters),
        )  # fmt: skip

    @staticmethod
    def person(email, password):
        return {"email": email, "password": password, "letters": [], "lines": {}, "vouchers": 0}

    @staticmethod
    async def fields(request):
        return {name: values[0] for name, values in parse_qs((await request.body()).decode(errors="replace")).items()}

    def session(self, request):
        session = self.sessions.get(request.cookies.get("sid"))
        return (session, self.people[session["user"]]) if session else (None, None)

    async def sent(self, request):
        """The person and the fields of a form; the way to the sign-in where nobody sends it."""
        session, person = self.session(request)
        fields = await self.fields(request)
        if person is None:
            return RedirectResponse("/login", 303), None
        unguarded = "unguarded" in self.wrong and "guard" not in fields
        if not unguarded and fields.get("guard") != session["guard"]:
            return RedirectResponse("/sorry", 303), None
        return person, fields

    async def login(self, request):
        fields = await self.fields(request)
        person = self.people.get(fields.get("username"))
        if person is None or person["password"] != fields.get("password"):
            return HTMLResponse("<p>Refused.</p>", 401)
        self.sessions[sid := secrets.token_hex(16)] = {"user": fields["username"], "guard": secrets.token_hex(8)}
        answer = RedirectResponse("/cart", 303)
        answer.set_cookie("sid", sid, httponly=True, samesite="lax")
        return answer

    async def join(self, request):
        fields = await self.fields(request)
        name = fields.get("username", "")
        if not name.isalnum() or name in self.people or len(fields.get("password", "")) < 8:
            return HTMLResponse("<p>Not valid.</p>", 422)
        self.people[name] = self.person(fields.get("email"), fields["password"])
        return RedirectResponse("/login", 303)

    def by_email(self, email):
        return next((person for person in self.people.values() if person["email"] == email), None)

    async def forgot(self, request):
        if person := self.by_email((await self.fields(request)).get("email")):
            code = f"{secrets.randbelow(10**8):08d}"
            self.codes[code] = person
            person["letters"].append(f"Your code for another password is {code}. It ends soon.")
        return HTMLResponse("<p>A letter may be on its way.</p>")

    async def reset(self, request):
        fields = await self.fields(request)
        person, owner = self.by_email(fields.get("email")), self.codes.get(fields.get("code"))
        if person is None or owner is None or (owner is not person and "anybody" not in self.wrong):
            return HTMLResponse("<p>Refused.</p>", 403)
        del self.codes[fields["code"]]
        person["password"] = fields["password"]
        return RedirectResponse("/login", 303)

    def cart(self, request):
        session, person = self.session(request)
        if person is None:
            return RedirectResponse("/login", 303)
        total = sum(20 * quantity for quantity in person["lines"].values()) - person["vouchers"]
        return HTMLResponse(
            f'<p>To pay: <b id="total">{total:.2f} EUR</b></p>\n<form><input type=hidden name=guard value="{session["guard"]}"></form>'
        )

    async def fill(self, request):
        person, fields = await self.sent(request)
        if fields is None:
            return person
        quantity = fields.get("quantity", "")
        if not quantity.lstrip("-").isdigit() or (int(quantity) < 1 and "below" not in self.wrong):
            return RedirectResponse("/cart?note=quantity+-1+is+not+valid", 303)
        person["lines"][fields.get("article")] = int(quantity)
        return RedirectResponse("/cart", 303)

    async def voucher(self, request):
        person, fields = await self.sent(request)
        if fields is None:
            return person
        if fields.get("code") != "MAY5":
            return HTMLResponse("<p>Not known.</p>", 404)
        if person["vouchers"] and "again" not in self.wrong:
            return HTMLResponse("<p>Used up.</p>", 409)
        person["vouchers"] += 5
        return RedirectResponse("/cart", 303)

    def start(self, _request):
        return HTMLResponse("<h1>Welcome</h1>\n<p>Lamps and desks.</p>")

    def article(self, request):
        answer = HTMLResponse(f"<h1>Article {request.path_params['number']}</h1>\n<p>A good one.</p>")
        answer.set_cookie("looked_at", str(request.path_params["number"]))
        return answer

    def catalogue(self, request):
        seen, rows = unquote(request.cookies.get("looked_at", "")), []
        if seen and "statement" in self.wrong:
            try:
                rows = self.database.execute(f"SELECT name FROM articles WHERE id IN ({seen})").fetchall()
            except sqlite3.Error:
                return HTMLResponse("<p>Not valid.</p>", 400)
        elif seen.isdigit():
            rows = self.database.execute("SELECT name FROM articles WHERE id = ?", (int(seen),)).fetchall()
        return HTMLResponse("<h1>Catalogue</h1>\n" + "\n".join(f"<p>Seen: {html.escape(name)}</p>" for (name,) in rows))

    def letters(self, request):
        _, person = self.session(request)
        if person is None:
            return RedirectResponse("/login", 303)
        return HTMLResponse("\n".join(f"<p>{letter}</p>" for letter in person["letters"]) or "<p>None.</p>")


@pytest.mark.parametrize(
    ("probe", "wrong", "rows", "location"),
    [
        ("negative-amount", "below", ("cart", "fill"), "POST /cart body quantity"),
        ("single-use", "again", ("cart", "fill", "voucher"), "POST /cart/voucher body code"),
        ("sql-injection", "statement", ("start", "news", "article", "catalogue"), "GET /catalogue cookie looked_at"),
        ("csrf", "unguarded", ("cart", "fill"), "POST /cart"),
        ("single-use", "anybody", ("login", "join", "forgot", "reset", "letters", "cart"), "POST /reset"),
    ],
)
def test_what_pages_and_forms_do(monkeypatch, probe, wrong, rows, location):
    for name, password in PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", password)
    people = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in PASSWORDS}
    for shop in (FormShop(wrong), FormShop()):
        with services.serving(shop.app) as url:
            known = services.target(url, [ROWS[row] for row in rows], people, SIGN_IN, values={"number": 3})
            scan = services.scanned(known, probe, allow_changes=True, seed=5)
        found = [finding.location for finding in scan.findings if finding.severity.name != "INFO"]
        assert found == ([location] if shop.wrong else []), scan.coverage[probe]
        assert any(each == location.removesuffix(" body code") or each == location for each in scan.coverage[probe].tried)
