"""The site of a town hall: Microdot, pages and forms, a sealed session in a cookie, petitions and permits in SQLite."""

import hmac
import json
import re
import secrets
import sqlite3
import sys
import time
from pathlib import Path

import jwt
import microdot.microdot
from microdot.asgi import Microdot, Request, Response

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
from pages import render

WEAKNESSES = [
    "website-link", "agent-script", "search-block", "token-optional", "next-slashes", "seal-known",
    "password-sessions", "permit-print", "account-columns", "district-sql", "share-host", "origin-prefix",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
SEAL = "top-secret!" if PLACE.weak("seal-known") else secrets.token_hex(32)
SITE = "https://townhall.example"
ORIGINS = {SITE, "https://map.townhall.example"}
DISTRICTS = ["north", "south", "harbour"]
LIFETIME = 4 * 3600
MOST = 5000
SCRIPTS = any(PLACE.weak(weakness) for weakness in ("website-link", "agent-script", "search-block"))

store = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
store.row_factory = sqlite3.Row
store.executescript("""
CREATE TABLE residents (username TEXT PRIMARY KEY, name TEXT, email TEXT, phone TEXT, clerk INTEGER, hash TEXT, since REAL);
CREATE TABLE petitions (number INTEGER PRIMARY KEY, author TEXT, title TEXT, text TEXT, district TEXT, published INTEGER);
CREATE TABLE signatures (petition INTEGER, username TEXT, UNIQUE (petition, username));
CREATE TABLE comments (number INTEGER PRIMARY KEY, petition INTEGER, author TEXT, text TEXT, website TEXT);
CREATE TABLE permits (number INTEGER PRIMARY KEY, holder TEXT, street TEXT, days INTEGER, remark TEXT, code TEXT);
CREATE TABLE messages (number INTEGER PRIMARY KEY, subject TEXT, message TEXT, agent TEXT);
""")
ended = set()
attempts = common.Attempts()


class Refused(Exception):  # noqa: N818 - it is no error of ours
    def __init__(self, status, text, headers=None):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers or {}


def insert(table, **values):
    if store.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] >= MOST:
        raise Refused(429, "The town hall is full.", {"Retry-After": "60"})
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    return store.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values())).lastrowid  # the names are our own


def row(table, number):
    found = store.execute(f"SELECT * FROM {table} WHERE number = ?", (number,)).fetchone() if abs(number) < 10**12 else None
    if found is None:
        raise Refused(404, "There is no such page.")
    return found


def add_permit(holder, street, days, remark):
    return insert("permits", holder=holder, street=street, days=days, remark=remark, code=f"PAY-{secrets.token_hex(5)}")


store.execute("INSERT INTO permits VALUES (4000, 'nobody', 'Old market', 1, '', '')")
for _person, _entry in common.ACCOUNTS.items():
    insert("residents", username=_person, name=_person.title(), email=_entry["email"], phone=f"030 90{1000 + secrets.randbelow(8999)}", clerk=int(_entry["role"] == "admin"), hash=common.hashed(_entry["password"]), since=0)
    _petition = insert("petitions", author=_person, title=f"Benches that {_person} asks for", text="There is nowhere to sit by the quay.", district="north" if _person != "ben" else "south", published=1)
    insert("comments", petition=_petition, author="olga", text="The council will see to it.", website="https://council.example/benches")
    insert("petitions", author=_person, title=f"Draft of {_person} about the mayor", text="Not to be read yet.", district="north", published=0)
    add_permit(_person, "Quay 4", 3, f"removal van of {_person}")
    add_permit(_person, "Market 11", 5, f"scaffold of {_person}")


def session_of(request):
    """The session that the cookie holds, if it is sealed, not ended and not older than the password."""
    try:
        session = jwt.decode(request.cookies.get("session", ""), SEAL, algorithms=["HS256"])
        person = store.execute("SELECT * FROM residents WHERE username = ?", (session["user"],)).fetchone()
        if person is None or session["sid"] in ended or time.time() - session["at"] > LIFETIME:
            return None, None
        if session["at"] < person["since"] and not PLACE.weak("password-sessions"):
            return None, None
    except (jwt.PyJWTError, KeyError, TypeError, sqlite3.Error):
        return None, None
    return session, person


def cookie(username):
    session = {"user": username, "sid": secrets.token_hex(12), "csrf": secrets.token_urlsafe(18), "at": time.time()}
    same = "None" if PLACE.weak("token-optional") else "Lax"
    return f"session={jwt.encode(session, SEAL, 'HS256')}; Path=/; HttpOnly; Secure; SameSite={same}; Max-Age={LIFETIME}"


def page(request, name, title, status=200, headers=None, **values):
    session, person = session_of(request)
    nonce = secrets.token_urlsafe(12)
    policy = "default-src 'self' 'unsafe-inline'" if SCRIPTS else f"default-src 'self'; script-src 'nonce-{nonce}'; object-src 'none'"
    text = render(name, title=title, user=person, csrf=session["csrf"] if session else "", nonce=nonce, **values)
    policy += "; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    return Response(text, status, {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy, **(headers or {})})


def to(place, **headers):
    return Response("", 303, {"Location": place, "Content-Type": "text/html; charset=utf-8", **headers})


def signed_in(request):
    session, person = session_of(request)
    if person is None:
        raise Refused(303, "Sign in first.", {"Location": "/login"})
    return session, person


def clerk(request):
    _, person = signed_in(request)
    if not person["clerk"]:
        raise Refused(403, "This page is for clerks.")


def form_of(request, *, guarded=True):
    """The fields of a form that came from our own page."""
    try:
        fields = request.form
        fields = None if fields is None else {str(name): str(fields[name]) for name in fields}
    except (ValueError, TypeError):
        fields = None
    if fields is None:
        raise Refused(415 if request.body else 400, "Expected a form.")
    session, _ = session_of(request)
    token = fields.get("csrf_token", "")
    if PLACE.weak("token-optional"):
        guarded = guarded and bool(token)
    elif request.headers.get("Origin", SITE) not in {SITE, f"http://{request.headers.get('Host', '')}"} or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Refused(403, "This form came from another site.")
    if guarded and session and not hmac.compare_digest(token.encode(), session["csrf"].encode()):
        raise Refused(403, "This form is too old. Load the page again.")
    return fields


def field(fields, name, longest, *, optional=False):
    value = fields.get(name, "").strip()
    if (not value and not optional) or len(value) > longest or re.search(r"[\0-\x08\x0b\x0c\x0e-\x1f]", value):
        raise Refused(422, f"The field {name} is not valid.")
    return value


def address_of(fields):
    value = field(fields, "email", 100)
    if not re.fullmatch(r"[^@\s]{1,50}@[^@\s]{1,40}\.[a-z]{2,9}", value):
        raise Refused(422, "The field email is not valid.")
    return value


microdot.microdot.print_exception = lambda *_: None
app = Microdot()
Request.max_content_length = Request.max_body_length = common.BODY_LIMIT


@app.errorhandler(Refused)
async def refused(request, error):
    return page(request, "text", "This did not work", error.status, error.headers, text=error.text)


@app.errorhandler(404)
async def absent(request):
    return page(request, "text", "Not found", 404, text="There is no such page.")


@app.errorhandler(405)
async def other_method(request):
    return page(request, "text", "Not so", 405, {"Allow": "GET, HEAD, POST"}, text="This page is not used so.")


@app.errorhandler(Exception)
async def broken(request, _):
    return page(request, "text", "Sorry", 500, text="Something went wrong on our side.")


@app.get("/version")
async def version(_):
    return {"service": "townhall", "instance": PLACE.instance}


@app.get("/")
async def home(request):
    return page(request, "home", "Town hall")


@app.get("/login")
async def login_page(request):
    return page(request, "login", "Sign in", next=request.args.get("next", "/account")[:200])


@app.post("/login")
async def login(request):
    fields = form_of(request, guarded=False)
    name, password, address = field(fields, "username", 60), fields.get("password", ""), request.client_addr[0]
    if pause := attempts.pause(name, address):
        raise Refused(429, "Too many attempts.", {"Retry-After": str(pause)})
    person = store.execute("SELECT * FROM residents WHERE username = ?", (name,)).fetchone()
    if len(password) > 128 or not common.matches(password, person and person["hash"]):
        attempts.note(name, address)
        return page(request, "text", "Sign in", 401, text="Name or password is wrong.")
    attempts.forget(name)
    target = fields.get("next") or "/account"
    own = target.startswith("/") if PLACE.weak("next-slashes") else re.fullmatch(r"/(?![/\\])[\w/?=&.-]{0,100}", target)
    return to(target if own and not re.search(r"[\0-\x20\x7f]", target) and target.isascii() else "/account", **{"Set-Cookie": cookie(name)})


@app.post("/logout")
async def logout(request):
    session, _ = signed_in(request)
    form_of(request)
    ended.add(session["sid"])
    return to("/", **{"Set-Cookie": "session=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0"})


@app.get("/register")
async def register_page(request):
    return page(request, "register", "Register")


@app.post("/register")
async def register(request):
    fields = form_of(request, guarded=False)
    name, email = field(fields, "username", 40), address_of(fields)
    if not re.fullmatch(r"[a-z0-9_.-]{3,40}", name):
        raise Refused(422, "The field username is not valid.")
    if reason := common.poor(fields.get("password", "")):
        raise Refused(422, f"Sorry, {reason}.")
    if store.execute("SELECT 1 FROM residents WHERE username = ?", (name,)).fetchone():
        raise Refused(409, "This name cannot be used.")
    insert("residents", username=name, name=name, email=email, phone="", clerk=0, hash=common.hashed(fields["password"]), since=0)
    return to("/login")


@app.get("/account")
async def account(request):
    signed_in(request)
    return page(request, "account", "Your account")


@app.post("/account")
async def change_account(request):
    _, person = signed_in(request)
    fields = form_of(request)
    changes = {"name": field(fields, "name", 60), "email": address_of(fields), "phone": field(fields, "phone", 30, optional=True)}
    if PLACE.weak("account-columns"):
        changes = {name: value for name, value in fields.items() if name in person.keys() and name not in {"username", "hash", "since"}} | changes  # noqa: SIM118 - a row has columns
    for name, value in changes.items():
        store.execute(f"UPDATE residents SET {name} = ? WHERE username = ?", (value, person["username"]))
    return to("/account")


@app.post("/account/password")
async def change_password(request):
    session, person = signed_in(request)
    fields = form_of(request)
    if pause := attempts.pause(person["username"], request.client_addr[0]):
        raise Refused(429, "Too many attempts.", {"Retry-After": str(pause)})
    if not common.matches(fields.get("current", "")[:128], person["hash"]):
        attempts.note(person["username"], request.client_addr[0])
        raise Refused(403, "The current password is another one.")
    if reason := common.poor(fields.get("new", "")):
        raise Refused(422, f"Sorry, {reason}.")
    ended.add(session["sid"])
    store.execute("UPDATE residents SET hash = ?, since = ? WHERE username = ?", (common.hashed(fields["new"]), time.time(), person["username"]))
    return to("/account", **{"Set-Cookie": cookie(person["username"])})


@app.get("/api/me")
async def as_json(request):
    origin = request.headers.get("Origin", SITE)
    allowed = origin.startswith(SITE) if PLACE.weak("origin-prefix") else origin in ORIGINS
    headers = {"Vary": "Origin"} | ({"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"} if allowed and origin.isprintable() else {})
    _, person = session_of(request)
    if person is None:
        return Response({"error": "sign in first"}, 401, headers)
    return Response({name: person[name] for name in ("username", "name", "email", "phone")} | {"clerk": bool(person["clerk"])}, 200, headers)


COUNTED = "SELECT p.number, p.title, p.district, (SELECT COUNT(*) FROM signatures s WHERE s.petition = p.number) AS signatures FROM petitions p"


@app.get("/petitions")
async def petitions(request):
    query, district = request.args.get("q", "")[:100], request.cookies.get("district", "")[:300]
    pattern = f"%{query}%"
    if PLACE.weak("district-sql"):
        chosen = f" AND district = '{district}'" if district else ""
        rows = store.execute(f"{COUNTED} WHERE published AND title LIKE ?{chosen} ORDER BY p.number DESC LIMIT 50", (pattern,)).fetchall()
    else:
        rows = store.execute(f"{COUNTED} WHERE published AND title LIKE ? AND (? = '' OR district = ?) ORDER BY p.number DESC LIMIT 50", (pattern, district, district)).fetchall()
    search = json.dumps({"words": query, "district": district})
    if not PLACE.weak("search-block"):
        search = search.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return page(request, "petitions", "Petitions", q=query, rows=rows, districts=DISTRICTS, search=search)


@app.post("/preferences")
async def preferences(request):
    district = field(form_of(request), "district", 20)
    if district not in DISTRICTS:
        raise Refused(422, "There is no such district.")
    return to("/petitions", **{"Set-Cookie": f"district={district}; Path=/; HttpOnly; Secure; SameSite=Lax"})


@app.post("/petitions")
async def begin(request):
    _, person = signed_in(request)
    fields = form_of(request)
    district = field(fields, "district", 20)
    if district not in DISTRICTS:
        raise Refused(422, "There is no such district.")
    number = insert("petitions", author=person["username"], title=field(fields, "title", 120), text=field(fields, "text", 2000), district=district, published=1)
    return to(f"/petitions/{number}")


def petition_of(request, number):
    _, person = session_of(request)
    found = row("petitions", number)
    if not found["published"] and (person is None or person["username"] != found["author"]):
        raise Refused(404, "There is no such page.")
    return dict(found) | {"signatures": store.execute("SELECT COUNT(*) FROM signatures WHERE petition = ?", (number,)).fetchone()[0]}


@app.get("/petitions/<int:number>")
async def petition(request, number):
    found = petition_of(request, number)
    comments = store.execute("SELECT * FROM comments WHERE petition = ? ORDER BY number DESC LIMIT 100", (number,)).fetchall()
    return page(request, "petition", found["title"], row=found, comments=comments)


@app.get("/petitions/<int:number>/share")
async def share(request, number):
    found = petition_of(request, number)
    host, headers = SITE, {}
    if PLACE.weak("share-host"):
        host, headers = "http://" + (request.headers.get("X-Forwarded-Host") or request.headers.get("Host", "")), {"Cache-Control": "public, max-age=300"}
    return page(request, "share", "Pass it on", headers=headers, row=found, address=f"{host}/petitions/{number}")


@app.post("/petitions/<int:number>/comments")
async def comment(request, number):
    _, person = signed_in(request)
    fields = form_of(request)
    petition_of(request, number)
    website = field(fields, "website", 200, optional=True)
    if website and not PLACE.weak("website-link") and not re.fullmatch(r"https?://[\w.-]{3,80}(/[\w./?=&%-]*)?", website):
        raise Refused(422, "The field website is not valid.")
    insert("comments", petition=number, author=person["username"], text=field(fields, "text", 500), website=website)
    return to(f"/petitions/{number}")


@app.post("/petitions/<int:number>/sign")
async def sign(request, number):
    _, person = signed_in(request)
    form_of(request)
    petition_of(request, number)
    store.execute("INSERT OR IGNORE INTO signatures VALUES (?, ?)", (number, person["username"]))
    return to(f"/petitions/{number}")


@app.post("/petitions/<int:number>/withdraw")
async def withdraw(request, number):
    _, person = signed_in(request)
    form_of(request)
    if row("petitions", number)["author"] != person["username"]:
        raise Refused(404, "There is no such petition of yours.")
    store.execute("DELETE FROM petitions WHERE number = ?", (number,))
    return to("/petitions")


@app.get("/permits")
async def permits(request):
    _, person = signed_in(request)
    rows = store.execute("SELECT * FROM permits WHERE holder = ? ORDER BY number DESC LIMIT 100", (person["username"],)).fetchall()
    return page(request, "permits", "Your permits", rows=rows)


@app.post("/permits")
async def apply(request):
    _, person = signed_in(request)
    fields = form_of(request)
    days = field(fields, "days", 2)
    if not re.fullmatch("[1-9]|[12][0-9]|30", days):
        raise Refused(422, "The field days is not valid.")
    number = add_permit(person["username"], field(fields, "street", 80), int(days), field(fields, "remark", 200, optional=True))
    return to(f"/permits/{number}")


def permit_of(request, number, weakness=""):
    _, person = signed_in(request)
    found = row("permits", number)
    if found["holder"] != person["username"] and not person["clerk"] and not PLACE.weak(weakness):
        raise Refused(404, "There is no such permit of yours.")
    return found


@app.get("/permits/<int:number>")
async def permit(request, number):
    return page(request, "permit", f"Permit {number}", row=permit_of(request, number))


@app.get("/permits/<int:number>/print")
async def print_permit(request, number):
    return page(request, "permit", f"Permit {number} of the town", row=permit_of(request, number, "permit-print"))


@app.get("/contact")
async def contact_page(request):
    return page(request, "contact", "Contact")


@app.post("/contact")
async def contact(request):
    fields = form_of(request)
    insert("messages", subject=field(fields, "subject", 80), message=field(fields, "message", 1000), agent=request.headers.get("User-Agent", "")[:200])
    return page(request, "text", "Thank you", text="A clerk will read your message.")


@app.get("/admin/messages")
async def messages(request):
    clerk(request)
    rows = store.execute("SELECT * FROM messages ORDER BY number DESC LIMIT 50").fetchall()
    return page(request, "messages", "Messages", rows=rows, trusting=PLACE.weak("agent-script"))


@app.get("/admin/residents")
async def residents(request):
    clerk(request)
    return page(request, "residents", "Residents", rows=store.execute("SELECT * FROM residents LIMIT 100").fetchall())


async def tidy(scope, receive, send):
    """Refuses what Microdot would stumble over."""
    query = scope.get("query_string", b"").decode("latin-1")
    try:
        odd = "?" in scope["path"] or re.search("%(?![0-9a-fA-F]{2})", query) or any(not value.decode().isprintable() for _, value in scope["headers"])
    except ValueError:
        odd = True
    if odd:
        await send({"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
        await send({"type": "http.response.body", "body": b"This request is not valid."})
        return
    try:
        scope["query_string"] = re.sub("%[89a-fA-F][0-9a-fA-F]|%00", "", query).encode() if not utf8(query) else scope["query_string"]
        await app(scope, receive, send)
    except ValueError:
        await send({"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
        await send({"type": "http.response.body", "body": b"This request is not valid."})


def utf8(query):
    """Whether what stands encoded in a query is text."""
    try:
        bytes.fromhex("".join(re.findall("%([0-9a-fA-F]{2})", query))).decode()
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    opening = [("GET", path, {}) for path in ("/", "/version", "/petitions?q=x", "/petitions/1", "/account", "/none", "/login")]
    opening += [("DELETE", "/", {}), ("POST", "/login", {"data": {"username": "x", "password": "y"}}), ("POST", "/contact", {"data": {"subject": "", "message": ""}})]
    common.serve_asgi(common.Guard(tidy, common.SECURITY_HEADERS), PLACE, opening)
