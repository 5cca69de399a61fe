"""The site of a rowing club: Bottle, pages and forms, a session in a cookie, posts and comments in SQLite."""

import html
import re
import secrets
import socketserver
import sqlite3
import sys
import threading
from pathlib import Path
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer

import bottle
from bottle import Bottle, HTTPResponse, request, response

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "comment-script", "search-script", "search-sql", "next-anywhere", "forms-forged", "cookie-bare", "session-kept", "environment-served",
    "backup-served", "admin-admin", "entry-read", "role-cookie",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
SCRIPTS = PLACE.weak("comment-script") or PLACE.weak("search-script")
POLICY = "default-src 'self' 'unsafe-inline'" if SCRIPTS else "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
BOATS = ("single", "double", "quad", "eight")
app = Bottle()
database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
lock = threading.RLock()
attempts, bucket = common.Attempts(), common.Bucket(200, 120)
members, sessions = {}, {}


def prepare():
    database.executescript(
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, text TEXT, draft INTEGER);"
        "CREATE TABLE comments (id INTEGER PRIMARY KEY, post INTEGER, author TEXT, text TEXT);"
        "CREATE TABLE entries (id INTEGER PRIMARY KEY, member TEXT, boat TEXT, crew TEXT, licence TEXT);"
        "CREATE TABLE subscribers (address TEXT)"
    )
    for title, text, draft in (("Spring regatta", "Entries close on Friday.", 0), ("New boathouse", "The roof is on.", 0), ("Accounts of the year", "We lost 4,812 on the bar.", 1)):
        ask("INSERT INTO posts (title, text, draft) VALUES (?, ?, ?)", title, text, draft)
    ask("INSERT INTO comments (post, author, text) VALUES (1, 'ben', 'Who takes bow & stroke?')")
    ask("INSERT INTO subscribers VALUES ('harbour.master@port.example')")
    for name, entry in common.ACCOUNTS.items():
        join(name, entry["email"], entry["role"], entry["password"])
        ask("INSERT INTO entries (member, boat, crew, licence) VALUES (?, 'double', ?, ?)", name, f"{name} and a friend", f"LIC-{secrets.token_hex(5)}")
    if PLACE.weak("admin-admin"):
        join("admin", "webmaster@regatta.example", "admin", "admin")


def join(name, email, role, password):
    members[name] = {"name": name, "email": email, "role": role, "phone": "0117 496 0200", "hash": common.hashed(password)}


def ask(statement, *values):
    with lock:
        return database.execute(statement, values).fetchall()


def page(title, *parts, status=200):
    name = (session() or {}).get("name")
    links = f'<a href="/account">{html.escape(name)}</a>' if name else '<a href="/login">Sign in</a>'
    text = f'<!doctype html><html lang=en><head><meta charset=utf-8><title>{html.escape(title)}</title></head><body><nav><a href="/">Home</a> <a href="/entries">Entries</a> {links}</nav><h1>{html.escape(title)}</h1>{"".join(parts)}</body></html>'
    return HTTPResponse(text, status, {"Content-Type": "text/html; charset=utf-8"})


def failure(status, text):
    return page("Sorry", f"<p>{html.escape(text)}</p>", status=status)


def session():
    return sessions.get(request.get_cookie("rc_session", ""))


def begin(name=""):
    """A session with its token for forms; the one that is there ends."""
    old = request.get_cookie("rc_session", "")
    if PLACE.weak("session-kept") and re.fullmatch(r"[\w-]{8,64}", old):
        key = old
    else:
        sessions.pop(old, None)
        key = secrets.token_urlsafe(24)
    if len(sessions) > 5000:
        sessions.clear()
    sessions[key] = {"name": name, "csrf": secrets.token_urlsafe(18)}
    flags = {} if PLACE.weak("cookie-bare") else {"httponly": True, "secure": True, "samesite": "none" if PLACE.weak("forms-forged") else "lax"}
    response.set_cookie("rc_session", key, path="/", **flags)
    return sessions[key]


def carrying(answer):
    """An answer with the cookies that were set so far."""
    for morsel in (response._cookies or {}).values():
        answer.add_header("Set-Cookie", morsel.OutputString())
    return answer


def redirect(where):
    return carrying(HTTPResponse("", 303, {"Location": where}))


def member():
    held = session()
    person = members.get(held["name"]) if held else None
    if person is None:
        raise redirect("/login")
    if PLACE.weak("role-cookie") and request.get_cookie("role") == "admin":
        return person | {"role": "admin"}
    return person


def token():
    held = session() or {"csrf": ""}
    return f'<input type=hidden name=csrf_token value="{held["csrf"]}">'


def checked():
    """Refuse a form without the token of its session."""
    held = session()
    given = form("csrf_token", 100)
    if held is None or not (given == held["csrf"] or PLACE.weak("forms-forged")):
        raise failure(403, "This form is too old. Please load its page again.")


def form(name, longest=200):
    value = request.forms.getunicode(name) or ""
    if len(value) > longest or re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", value):
        raise failure(422, f"The field {name} is not valid.")
    return value


@app.hook("before_request")
def admit():
    if not bucket.admits(request.remote_addr):
        raise HTTPResponse("too many requests", 429, {"Retry-After": "1", "Content-Type": "text/plain"})
    if int(request.content_length or 0) > common.BODY_LIMIT:
        raise HTTPResponse("the form is too large", 413, {"Content-Type": "text/plain", "Connection": "close"})


@app.get("/version")
def version():
    return {"name": "regatta", "instance": PLACE.instance}


@app.get("/")
def home():
    items = "".join(f'<li><a href="/posts/{number}">{html.escape(title)}</a></li>' for number, title in ask("SELECT id, title FROM posts WHERE draft = 0"))
    return page("Rowing club", f"<ul>{items}</ul>", '<form action="/search"><input name=q><button>Search</button></form>')


@app.get("/search")
def search():
    words = request.query.getunicode("q") or ""
    if len(words) > 300:
        return failure(422, "Too many words.")
    if PLACE.weak("search-sql"):
        try:
            rows = ask(f"SELECT id, title FROM posts WHERE draft = 0 AND title LIKE '%{words}%' ORDER BY id LIMIT 50")
        except sqlite3.Error as error:
            return failure(500, f"Database error: {error}")
    else:
        rows = ask("SELECT id, title FROM posts WHERE draft = 0 AND instr(lower(title), lower(?)) ORDER BY id LIMIT 50", words)
    items = "".join(f'<li><a href="/posts/{html.escape(str(number))}">{html.escape(str(title))}</a></li>' for number, title in rows)
    heard = words if PLACE.weak("search-script") else html.escape(words)
    return page("Search", f"<p>{len(rows)} results for <em>{heard}</em></p><ul>{items}</ul>")


@app.get("/posts/<number:int>")
def show_post(number):
    found = ask("SELECT title, text FROM posts WHERE id = ? AND draft = 0", min(number, 2**62))
    if not found:
        return failure(404, "There is no such post.")
    escape = (lambda text: text) if PLACE.weak("comment-script") else html.escape
    comments = "".join(f"<li><b>{html.escape(author)}</b>: {escape(text)}</li>" for author, text in ask("SELECT author, text FROM comments WHERE post = ? ORDER BY id DESC LIMIT 60", number))
    box = f'<form method=post action="/posts/{number}/comments">{token()}<textarea name=text></textarea><button>Comment</button></form>' if session() else ""
    return page(found[0][0], f"<p>{html.escape(found[0][1])}</p><ul>{comments}</ul>", box)


@app.post("/posts/<number:int>/comments")
def comment(number):
    person = member()
    checked()
    text = form("text", 1000).strip()
    if not text:
        return failure(422, "The comment is empty.")
    if not ask("SELECT 1 FROM posts WHERE id = ? AND draft = 0", min(number, 2**62)):
        return failure(404, "There is no such post.")
    ask("DELETE FROM comments WHERE id < (SELECT max(id) FROM comments) - 2000")
    ask("INSERT INTO comments (post, author, text) VALUES (?, ?, ?)", number, person["name"], text)
    return redirect(f"/posts/{number}")


@app.get("/login")
def login_page():
    if session() is None:
        begin()
    where = request.query.getunicode("next") or "/"
    return carrying(page("Sign in", f'<form method=post action="/login"><input type=hidden name=next value="{html.escape(where[:200])}"><input name=username><input name=password type=password><button>Sign in</button></form>'))


@app.post("/login")
def login():
    name, password, where = form("username", 60), form("password"), form("next") or "/"
    if pause := attempts.pause(name, request.remote_addr):
        return HTTPResponse("too many attempts", 429, {"Retry-After": str(pause), "Content-Type": "text/plain"})
    person = members.get(name)
    if not common.matches(password, person and person["hash"]):
        attempts.note(name, request.remote_addr)
        return failure(401, "Name or password is wrong.")
    attempts.forget(name)
    begin(name)
    if not (re.fullmatch(r"/[\w/.-]*", where) and not where.startswith("//")) and not (PLACE.weak("next-anywhere") and re.fullmatch(r"[\x21-\x7e]+", where)):
        where = "/"
    return redirect(where)


@app.get("/go")
def go():
    """The way to sponsors and to pages of our own."""
    where = request.query.getunicode("to") or "/"
    own = re.fullmatch(r"/(?!/)[\w/.-]*", where) or where == "https://sponsor.example/"
    if not own and not (PLACE.weak("next-anywhere") and re.fullmatch(r"[\x21-\x7e]{1,300}", where)):
        return failure(400, "This page does not lead there.")
    return HTTPResponse("", 302, {"Location": where})


@app.post("/logout")
def logout():
    checked()
    sessions.pop(request.get_cookie("rc_session", ""), None)
    return redirect("/")


@app.get("/account")
def account():
    person = member()
    fields = "".join(f'<label>{label}<input name={label} value="{html.escape(person[label])}"></label>' for label in ("email", "phone"))
    office = '<a href="/office/subscribers">Office</a>' if person["role"] == "admin" else ""
    return page("Account", f"<p>{html.escape(person['name'])}</p>{office}<form method=post action=\"/account\">{token()}{fields}<button>Save</button></form><form method=post action=\"/logout\">{token()}<button>Sign out</button></form>")


@app.post("/account")
def change_account():
    person = member()
    checked()
    email, phone = form("email", 120), form("phone", 30)
    if not re.fullmatch(r"[^@\s<>]{1,60}@[\w-]+(\.[\w-]+)+", email) or not re.fullmatch(r"[\d +()-]{3,30}", phone):
        return failure(422, "Address or phone is not valid.")
    members[person["name"]].update(email=email, phone=phone)
    return redirect("/account")


@app.get("/entries")
def entries():
    person = member()
    rows = ask("SELECT id, boat FROM entries WHERE member = ? ORDER BY id DESC LIMIT 50", person["name"])
    items = "".join(f'<li><a href="/entries/{number}">{html.escape(boat)}</a></li>' for number, boat in rows)
    return page("My entries", f'<ul>{items}</ul><form method=post action="/entries">{token()}<select name=boat>{"".join(f"<option>{boat}</option>" for boat in BOATS)}</select><input name=crew><button>Enter</button></form>')


@app.post("/entries")
def add_entry():
    person = member()
    checked()
    boat, crew = form("boat", 20), form("crew", 120).strip()
    if boat not in BOATS or not crew:
        return failure(422, "Boat or crew is not valid.")
    if ask("SELECT count(*) FROM entries")[0][0] > 3000:
        return failure(503, "There are too many entries.")
    (number,) = ask("INSERT INTO entries (member, boat, crew, licence) VALUES (?, ?, ?, ?) RETURNING id", person["name"], boat, crew, f"LIC-{secrets.token_hex(5)}")[0]
    return redirect(f"/entries/{number}")


@app.get("/entries/<number:int>")
def show_entry(number):
    person = member()
    found = ask("SELECT member, boat, crew, licence FROM entries WHERE id = ?", min(number, 2**62))
    if not found or (found[0][0] != person["name"] and person["role"] != "admin" and not PLACE.weak("entry-read")):
        return failure(404, "There is no such entry.")
    owner, boat, crew, licence = map(html.escape, found[0])
    return page("Entry", f"<dl><dt>Member<dd>{owner}<dt>Boat<dd>{boat}<dt>Crew<dd>{crew}<dt>Licence<dd>{licence}</dl>")


@app.get("/office/subscribers")
def subscribers():
    if member()["role"] != "admin":
        return failure(403, "This is for the office.")
    items = "".join(f"<li>{html.escape(address)}</li>" for (address,) in ask("SELECT address FROM subscribers"))
    return page("Subscribers", f"<ul>{items}</ul>")


@app.get("/robots.txt")
def robots():
    return HTTPResponse("User-agent: *\nDisallow: /office/\n", 200, {"Content-Type": "text/plain; charset=utf-8"})


if PLACE.weak("environment-served"):
    app.get("/.env", callback=lambda: HTTPResponse("APP_ENV=production\nDB_USER=regatta\nDB_PASSWORD=osier-Rudder-66\nMAIL_API_KEY=mk_mail_2Lw8Rz5QhTnC71\nSECRET_KEY=9c1b7be0d4f24e44a2\n", 200, {"Content-Type": "text/plain"}))
if PLACE.weak("backup-served"):
    app.get("/backup.sql", callback=lambda: HTTPResponse("".join(f"INSERT INTO members VALUES ('{person['name']}', '{person['email']}', '{person['hash']}');\n" for person in members.values()), 200, {"Content-Type": "application/sql"}))
    app.get("/config.php.bak", callback=lambda: HTTPResponse("<?php\ndefine('DB_USER', 'regatta');\ndefine('DB_PASSWORD', 'osier-Rudder-66');\n", 200, {"Content-Type": "text/plain"}))


def failed(error):
    return f"<!doctype html><html lang=en><head><title>Sorry</title></head><body><h1>Sorry</h1><p>{html.escape(str(error.status_line.partition(' ')[2]))}</p></body></html>"


def dressed(environment, start):
    def begin_answer(status, headers, error=None):
        present = {name.lower() for name, _ in headers}
        more = [(name, value) for name, value in (common.SECURITY_HEADERS | {"Content-Security-Policy": POLICY}).items() if name.lower() not in present]
        return start(status, [*headers, *more], error)

    return app(environment, begin_answer)


class Threads(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Quiet(WSGIRequestHandler):
    server_version, sys_version = "regatta", ""

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    prepare()
    app.default_error_handler = failed
    app.catchall = True
    bottle.debug(False)
    ServerHandler.server_software = "regatta"
    server = Threads(("127.0.0.1", 0), Quiet)
    server.set_app(dressed)
    common.confine(PLACE.folder)
    common.announce(server.server_port, PLACE)
    server.serve_forever()
