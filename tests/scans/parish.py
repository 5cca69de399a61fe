"""The pages of a parish: sessions sealed in a cookie, a token in each form, a registration that leads to the sign-in."""

import html
import re
import secrets
import time
from urllib.parse import parse_qs

import jwt
import services
from starlette.responses import HTMLResponse, RedirectResponse

LOGIN = {
    "operation": "POST /login",
    "media": "application/x-www-form-urlencoded",
    "token": {"cookie": "session"},
    "csrf": {"parameter": "guard", "operation": "GET /account", "field": "guard"},
}
ANN, OLGA = "Correct-Horse-1", "Battery-Staple-2"
IDENTITIES = {
    "ann": {"username": "ann", "password_env": "PASSWORD_ANN", "values": {"number": 1}},
    "olga": {"username": "olga", "password_env": "PASSWORD_OLGA", "role": "admin"},
}
ROWS = {
    "login": {"operation": "POST /login", "form": {"username": "x", "password": "y", "next": "/account"}, "public": True},
    "join": {"operation": "POST /join", "form": {"username": "x", "password": "y"}, "public": True},
    "account": "GET /account",
    "me": "GET /api/me",
    "change": {"operation": "POST /account", "form": {"name": "Ann", "guard": "x"}},
    "password": {"operation": "POST /account/password", "form": {"current": "x", "new": "y", "guard": "x"}},
    "notice": {"operation": "GET /notices/{number}", "public": True},
    "post": {"operation": "POST /notices", "form": {"text": "hello", "guard": "x"}},
    "withdraw": {"operation": "POST /notices/{number}/withdraw", "form": {"guard": "x"}},
    "comment": {
        "operation": "POST /notices/{number}/comments",
        "form": {"text": "hello", "website": "https://example.com/", "guard": "x"},
    },
    "write": {"operation": "POST /letters", "public": True, "form": {"text": "hello"}},
    "letters": {"operation": "GET /letters", "admin": True},
}
SITE = "https://parish.example"


class Parish:
    """``wrong`` names what is wrong; ``key`` seals the sessions."""

    def __init__(self, *wrong, key=""):
        self.wrong, self.key, self.letters = wrong, key or secrets.token_hex(32), []
        self.people = {name: self.person(password) for name, password in (("ann", ANN), ("olga", OLGA))}
        self.people["olga"]["clerk"] = "yes"
        self.notices = {1: {"text": "The hall is open.", "comments": []}}
        self.ended = set()
        self.app = services.app(
            ("POST", "/login", self.login), ("POST", "/join", self.join), ("GET", "/account", self.account),
            ("POST", "/account", self.change), ("POST", "/account/password", self.password), ("GET", "/api/me", self.me),
            ("POST", "/notices", self.post), ("GET", "/notices/{number:int}", self.notice),
            ("POST", "/notices/{number:int}/comments", self.comment), ("POST", "/letters", self.write),
            ("POST", "/notices/{number:int}/withdraw", self.withdraw), ("GET", "/letters", self.read),
        )  # fmt: skip

    @staticmethod
    def person(password):
        return {"password": password, "name": "Ann", "clerk": "no", "since": 0.0}

    @staticmethod
    async def fields(request):
        return {name: values[0] for name, values in parse_qs((await request.body()).decode(errors="replace")).items()}

    def session(self, request):
        try:
            session = jwt.decode(request.cookies.get("session", ""), self.key, algorithms=["HS256"])
        except (jwt.PyJWTError, ValueError):
            return None, None
        person = self.people.get(session["user"])
        old = "endless" not in self.wrong and time.time() - session["at"] > 3600
        if person is None or old or ("outlives" not in self.wrong and session["at"] < person["since"]):
            return None, None
        return (None, None) if session["sid"] in self.ended else (session, person)

    def cookie(self, answer, name):
        session = {"user": name, "sid": secrets.token_hex(8), "guard": secrets.token_hex(8), "at": time.time()}
        answer.set_cookie("session", jwt.encode(session, self.key, "HS256"), max_age=3600, httponly=True, samesite="lax")
        return answer

    async def login(self, request):
        fields = await self.fields(request)
        person = self.people.get(fields.get("username", ""))
        if person is None or person["password"] != fields.get("password"):
            return HTMLResponse("<p>Refused.</p>", 401)
        return self.cookie(RedirectResponse(fields.get("next", "/account"), 303), fields["username"])

    async def join(self, request):
        fields = await self.fields(request)
        name, password = fields.get("username", ""), fields.get("password", "")
        if not re.fullmatch("[a-z0-9]{3,30}", name) or name in self.people or len(password) < 8:
            return HTMLResponse("<p>Not valid.</p>", 422)
        self.people[name] = self.person(password)
        return RedirectResponse("/login", 303)

    async def sent(self, request):
        """The session, its person and the fields of a form; an answer in place of them where it is refused."""
        session, person = self.session(request)
        if person is None:
            return RedirectResponse("/login", 303)
        fields = await self.fields(request)
        optional = "optional" in self.wrong and not fields.get("guard")
        if not optional and fields.get("guard") != session["guard"]:
            return HTMLResponse("<p>The form is too old.</p>", 403)
        return session, person, fields

    def account(self, request):
        session, person = self.session(request)
        if person is None:
            return RedirectResponse("/login", 303)
        guard = f'<input type=hidden name=guard value="{session["guard"]}">'
        return HTMLResponse(
            f"<table><tr><th>Name<td>{html.escape(person['name'])}<tr><th>Clerk<td>{person['clerk']}</table>{guard}"
        )

    async def change(self, request):
        if isinstance(answer := await self.sent(request), HTMLResponse | RedirectResponse):
            return answer
        _, person, fields = answer
        person["name"] = fields.get("name", "")
        if "columns" in self.wrong and "clerk" in fields:
            person["clerk"] = "yes" if fields["clerk"] == "1" else "no"
        return RedirectResponse("/account", 303)

    async def password(self, request):
        if isinstance(answer := await self.sent(request), HTMLResponse | RedirectResponse):
            return answer
        session, person, fields = answer
        if fields.get("current") != person["password"] or len(fields.get("new", "")) < 8:
            return HTMLResponse("<p>Not so.</p>", 403)
        self.ended.add(session["sid"])
        person |= {"password": fields["new"], "since": time.time()}
        return self.cookie(RedirectResponse("/account", 303), session["user"])

    def me(self, request):
        origin = request.headers.get("origin", SITE)
        ways = {"begins": origin.startswith(SITE), "ends": origin.endswith("parish.example"), "null": origin == "null"}
        allowed = origin == SITE or any(ways[name] for name in ways if name in self.wrong)
        headers = {"access-control-allow-origin": origin, "access-control-allow-credentials": "true"} if allowed else {}
        _, person = self.session(request)
        if person is None:
            return services.JSONResponse({"error": "sign in"}, 401, headers)
        return services.JSONResponse({"name": person["name"]}, headers=headers)

    async def post(self, request):
        if isinstance(answer := await self.sent(request), HTMLResponse | RedirectResponse):
            return answer
        number = max(self.notices) + 1
        self.notices[number] = {"text": answer[2].get("text", ""), "comments": []}
        return RedirectResponse(f"/notices/{number}", 303)

    async def withdraw(self, request):
        if isinstance(answer := await self.sent(request), HTMLResponse | RedirectResponse):
            return answer
        gone = self.notices.pop(request.path_params["number"], None)
        return RedirectResponse("/notices", 303) if gone else HTMLResponse("<p>There is none.</p>", 404)

    def notice(self, request):
        number = request.path_params["number"]
        if number not in self.notices:
            return HTMLResponse("<p>There is none.</p>", 404)
        host = next((request.headers[name] for name in self.wrong if name in request.headers), "parish.example")
        host = host.partition("host=")[2].partition(";")[0] or host
        lines = [f'<a href="http://{html.escape(host)}/notices/{number}">{html.escape(self.notices[number]["text"])}</a>']
        for text, website in self.notices[number]["comments"][-50:]:
            lines.append(f'<p>{html.escape(text)} <a href="{html.escape(website)}">more</a></p>')
        return HTMLResponse("".join(lines))

    async def comment(self, request):
        if isinstance(answer := await self.sent(request), HTMLResponse | RedirectResponse):
            return answer
        number, fields = request.path_params["number"], answer[2]
        if number not in self.notices:
            return HTMLResponse("<p>There is none.</p>", 404)
        forms = {"links": ".*", "slashes": r"\w+://\S+", "letters": "(?!javascript:).*"}
        form = next((forms[name] for name in self.wrong if name in forms), r"https?://[\w./-]+")
        if not re.fullmatch(form, fields.get("website", "")):
            return HTMLResponse("<p>Not an address.</p>", 422)
        self.notices[number]["comments"].append((fields.get("text", ""), fields.get("website", "")))
        return RedirectResponse(f"/notices/{number}", 303)

    async def write(self, request):
        fields = await self.fields(request)
        self.letters.append((fields.get("text", ""), {name: request.headers.get(name, "") for name in ("user-agent", "referer")}))
        return HTMLResponse("<p>Thank you.</p>")

    def read(self, request):
        _, person = self.session(request)
        if person is None or person["clerk"] != "yes":
            return HTMLResponse("<p>For clerks.</p>", 403)
        rows = []
        for text, headers in self.letters[-50:]:
            cells = [value if name in self.wrong else html.escape(value) for name, value in headers.items()]
            rows.append(f"<tr><td>{html.escape(text)}<td>{'<td>'.join(cells)}")
        return HTMLResponse(f"<table>{''.join(rows)}</table>")


def scanned(monkeypatch, probe, rows, site, **entries):
    """The scan of a parish by one probe, or several in a tuple."""
    monkeypatch.setenv("PASSWORD_ANN", ANN)
    monkeypatch.setenv("PASSWORD_OLGA", OLGA)
    names = (probe,) if isinstance(probe, str) else probe
    with services.serving(site.app) as url:
        target = services.target(url, [ROWS[name] for name in rows], IDENTITIES, LOGIN, **entries)
        return services.scanned(target, *names, allow_changes=True, seed=5)
