"""The site of a library of tools: CherryPy, pages and forms, sessions in cookies, a token in each form, loans in SQLite."""

import html
import json
import re
import secrets
import sqlite3
import sys
import threading
import time
from pathlib import Path
from urllib.parse import unquote

import cherrypy
from cheroot.wsgi import Server

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "comment-link", "search-quote", "theme-cookie", "back-slashes", "loan-read", "loan-extend", "token-anybody", "sessions-kept",
    "password-poor", "role-cookie", "agent-sql", "login-timing",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
POLICY = "default-src 'none'; style-src 'self'; script-src 'nonce-{}'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
if any(PLACE.weak(weakness) for weakness in ("comment-link", "search-quote", "theme-cookie")):
    POLICY = "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
bucket = common.Bucket(200, 120)
attempts = common.Attempts()
lock = threading.Lock()
members, sessions, comments, tools = {}, {}, [], {}
STRETCH = 30  # rounds of the hash, so that an attempt costs something
database = sqlite3.connect(":memory:", check_same_thread=False)


def prepare():
    for number, (name, entry) in enumerate(common.ACCOUNTS.items(), 1):
        members[name] = {"name": name, "email": entry["email"], "role": entry["role"], "phone": f"0131 496 020{number}", "hash": common.hashed(entry["password"])}
    for number, (name, price) in enumerate((("hammer drill", 4), ("tile cutter", 6), ("hedge trimmer", 5), ("long ladder", 3)), 1):
        tools[number] = {"number": number, "name": name, "price": price}
    comments.append({"tool": 1, "author": "ben", "text": "Takes 10 mm bits & masonry", "website": "https://drills.example/ben"})
    database.executescript(
        "CREATE TABLE loans (number INTEGER PRIMARY KEY, member TEXT, tool INTEGER, days INTEGER, pin TEXT);"
        "CREATE TABLE visits (member TEXT, agent TEXT, moment REAL)"
    )
    for name in members:
        for tool in (1, 3):
            lend(name, tool, 3)


def lend(member, tool, days):
    return database.execute("INSERT INTO loans (member, tool, days, pin) VALUES (?, ?, ?, ?)", (member, tool, days, secrets.token_hex(4))).lastrowid


def loan(number, person, weakness):
    row = database.execute("SELECT number, member, tool, days, pin FROM loans WHERE number = ?", (whole(number, 404),)).fetchone()
    if row is None or (row[1] != person["name"] and person["role"] != "admin" and not PLACE.weak(weakness)):
        raise cherrypy.HTTPError(404, "There is no such loan of yours.")
    return dict(zip(("number", "member", "tool", "days", "pin"), row, strict=True))


def whole(text, status=422, most=10**9):
    if not isinstance(text, str) or not re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII) or int(text) > most:
        raise cherrypy.HTTPError(status, "A number is not valid." if status == 422 else "There is no such page.")
    return int(text)


def line(text, longest, what):
    if not isinstance(text, str) or not 1 <= len(text.strip()) <= longest or re.search(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]", text):
        raise cherrypy.HTTPError(422, f"The {what} is not valid.")
    return text.strip()


def session():
    cookie = cherrypy.request.cookie.get("toolsid")
    return sessions.get(cookie.value) if cookie else None


def member():
    """Who is signed in."""
    found = session()
    if found is None:
        raise cherrypy.HTTPError(401, "Please sign in.")
    person = dict(members[found["name"]])
    role = cherrypy.request.cookie.get("role")
    if PLACE.weak("role-cookie") and role:
        person["role"] = role.value
    return person


def only(*methods):
    method = "GET" if cherrypy.request.method == "HEAD" else cherrypy.request.method
    if method not in methods:
        cherrypy.response.headers["Allow"] = ", ".join(methods)
        raise cherrypy.HTTPError(405, "This is not done here.")
    return method == "POST"


def unforged(fields):
    """Whether the form came from a page of this session."""
    token = fields.pop("form_token", "")
    found = session()
    if found is None:
        raise cherrypy.HTTPError(401, "Please sign in.")
    known = {entry["token"] for entry in sessions.values()} if PLACE.weak("token-anybody") else {found["token"]}
    if not isinstance(token, str) or token not in known:
        raise cherrypy.HTTPError(403, "This form is too old. Please load the page again.")


def page(title, body, status=200):
    found = session()
    token = f'<form method=post action=/logout><input type=hidden name=form_token value="{found["token"]}"><button>Sign out</button></form>' if found else "<a href=/login>Sign in</a>"
    theme = cherrypy.request.cookie.get("theme")
    theme = unquote(theme.value) if theme else "light"
    look = theme if PLACE.weak("theme-cookie") else (theme if theme in {"light", "dark"} else "light")
    cherrypy.response.status = status
    cherrypy.response.headers["Content-Type"] = "text/html; charset=utf-8"
    return f'<!doctype html><html lang=en><head><title>{html.escape(title)}</title></head><body class="{look}"><h1>{html.escape(title)}</h1>{token}{body}</body></html>'.encode("utf-8", "replace")


def go(path):
    cherrypy.response.status = 303
    cherrypy.response.headers["Location"] = path
    return b""


def token_field():
    return f'<input type=hidden name=form_token value="{session()["token"]}">'


class Site:
    @cherrypy.expose
    def index(self, **_):
        only("GET")
        return page("The tool library", "<p>Open on Tuesdays and Saturdays.</p><a href=/tools>Tools</a>")

    @cherrypy.expose
    def version(self, **_):
        only("GET")
        cherrypy.response.headers["Content-Type"] = "application/json"
        return json.dumps({"name": "toolshed", "instance": PLACE.instance}).encode()

    @cherrypy.expose
    def language(self, to="en", back="/", **_):
        only("GET")
        if to not in {"en", "gd", "pl"}:
            raise cherrypy.HTTPError(422, "There is no such language.")
        good = isinstance(back, str) and (back.startswith("/") and not back.startswith("//") if PLACE.weak("back-slashes") else re.fullmatch(r"/[\w/-]*", back) and not back.startswith("//"))
        cherrypy.response.headers["Set-Cookie"] = f"language={to}; Path=/; HttpOnly; Secure; SameSite=Lax"
        return go(back if good and not re.search(r"[\x00-\x20\x7f-\uffff]", back) else "/")

    @cherrypy.expose
    def tools(self, number=None, action=None, q="", **fields):
        if number is None:
            only("GET")
            q = line(q, 60, "search") if q else ""
            found = [tool for tool in tools.values() if q.lower() in tool["name"]]
            rows = "".join(f"<li><a href=/tools/{tool['number']}>{tool['name']}</a> {tool['price']} a day</li>" for tool in found)
            text = q.replace("<", "\\u003c").replace(">", "\\u003e")
            text = f"'{text}'" if PLACE.weak("search-quote") else json.dumps(q).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
            return page("Tools", f'<form><input name=q value="{html.escape(q)}"></form><ul>{rows}</ul><script nonce="{cherrypy.request.nonce}">var searched = {text};</script>')
        tool = tools.get(whole(number, 404))
        if tool is None or action not in {None, "comments"}:
            raise cherrypy.HTTPError(404, "There is no such tool.")
        if action == "comments":
            only("POST")
            person = member()
            unforged(fields)
            website = fields.get("website", "")
            if website and not (isinstance(website, str) and len(website) < 200 and re.match(r"[a-z]+:" if PLACE.weak("comment-link") else r"https?://[\w.-]+(/|$)", website, re.ASCII)):
                raise cherrypy.HTTPError(422, "The website is not valid.")
            if len(comments) > 2000:
                del comments[1:1000]
            comments.append({"tool": tool["number"], "author": person["name"], "text": line(fields.get("text"), 300, "text"), "website": website})
            return go(f"/tools/{tool['number']}")
        only("GET")
        rows = "".join(
            f"<li><a rel=nofollow href=\"{html.escape(entry['website'])}\">{html.escape(entry['author'])}</a>: {html.escape(entry['text'])}</li>"
            for entry in comments[-100:] if entry["tool"] == tool["number"]
        )  # fmt: skip
        form = f"<form method=post action=/tools/{tool['number']}/comments>{token_field()}<input name=text><input name=website><button>Say it</button></form>" if session() else ""
        return page(tool["name"].title(), f"<p>{tool['price']} a day</p><ul>{rows}</ul>{form}")

    @cherrypy.expose
    def login(self, username="", password="", **_):
        if not only("GET", "POST"):
            return page("Sign in", "<form method=post><input name=username><input name=password type=password><button>Sign in</button></form>")
        address = cherrypy.request.remote.ip
        if not isinstance(username, str) or not isinstance(password, str):
            raise cherrypy.HTTPError(422, "Name or password is not valid.")
        if pause := attempts.pause(username, address):
            cherrypy.response.headers["Retry-After"] = str(pause)
            raise cherrypy.HTTPError(429, "Too many attempts. Please wait.")
        person = members.get(username)
        stored = person["hash"] if person else common.hashed("")
        rounds = 1 if person is None and PLACE.weak("login-timing") else STRETCH
        for _round in range(rounds):
            fits = common.matches(password[:200], stored)
        if person is None or not fits:
            attempts.note(username, address)
            return page("Sign in", "<p>Name or password is wrong.</p><form method=post><input name=username><input name=password type=password></form>", 401)
        attempts.forget(username)
        identifier = secrets.token_urlsafe(24)
        with lock:
            while len(sessions) > 3000:
                sessions.pop(next(iter(sessions)))
            sessions[identifier] = {"name": username, "token": secrets.token_urlsafe(18)}
        cookies = [("Set-Cookie", f"toolsid={identifier}; Path=/; HttpOnly; Secure; SameSite=Lax")]
        if PLACE.weak("role-cookie"):
            cookies.append(("Set-Cookie", f"role={person['role']}; Path=/; HttpOnly; Secure; SameSite=Lax"))
        cherrypy.request.cookies_set = cookies
        return go("/loans")

    @cherrypy.expose
    def logout(self, **fields):
        only("POST")
        unforged(fields)
        sessions.pop(cherrypy.request.cookie["toolsid"].value, None)
        cherrypy.response.headers["Set-Cookie"] = "toolsid=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"
        return go("/")

    @cherrypy.expose
    def join(self, **fields):
        if not only("GET", "POST"):
            return page("Join", "<form method=post><input name=username><input name=email><input name=password type=password><button>Join</button></form>")
        name, email, password = (fields.get(field, "") for field in ("username", "email", "password"))
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9.]{2,29}", name):
            raise cherrypy.HTTPError(422, "The name has 3 to 30 small letters, digits and points.")
        if not isinstance(email, str) or not re.fullmatch(r"[\w.+-]{1,40}@[\w-]{1,40}\.[\w.]{2,40}", email, re.ASCII):
            raise cherrypy.HTTPError(422, "The address is not valid.")
        if why := common.poor(password):
            raise cherrypy.HTTPError(422, why)
        with lock:
            if name in members:
                raise cherrypy.HTTPError(409, "This name is taken. Please choose another.")
            if len(members) > 2000:
                raise cherrypy.HTTPError(503, "We take no more members.")
            members[name] = {"name": name, "email": email, "role": "user", "phone": "", "hash": common.hashed(password)}
        return page("Welcome", f"<p>Welcome, {html.escape(name)}. Please <a href=/login>sign in</a>.</p>", 201)

    @cherrypy.expose
    def account(self, **fields):
        posted = only("GET", "POST")
        person = member()
        if posted:
            unforged(fields)
            phone = fields.get("phone")
            if not isinstance(phone, str) or not re.fullmatch(r"[0-9 +]{5,20}", phone):
                raise cherrypy.HTTPError(422, "The number is not valid.")
            members[person["name"]]["phone"] = phone
            return go("/account")
        return page("Your account", f"<p>{person['name']}, {html.escape(person['email'])}</p><form method=post>{token_field()}<input name=phone value=\"{html.escape(person['phone'])}\"><button>Save</button></form>")

    @cherrypy.expose
    def password(self, **fields):
        posted = only("GET", "POST")
        person = member()
        if not posted:
            return page("Your password", f"<form method=post>{token_field()}<input name=old type=password><input name=new type=password><button>Change</button></form>")
        unforged(fields)
        old, new = fields.get("old"), fields.get("new")
        if not isinstance(old, str) or not common.matches(old[:200], members[person["name"]]["hash"]):
            raise cherrypy.HTTPError(403, "The old password is wrong.")
        why = common.poor(new)
        if why and not (PLACE.weak("password-poor") and isinstance(new, str) and 4 <= len(new) <= 128):
            raise cherrypy.HTTPError(422, why)
        members[person["name"]]["hash"] = common.hashed(new)
        if not PLACE.weak("sessions-kept"):
            mine = cherrypy.request.cookie["toolsid"].value
            with lock:
                for identifier in [key for key, entry in sessions.items() if entry["name"] == person["name"] and key != mine]:
                    del sessions[identifier]
        return page("Your password", "<p>It is changed.</p>")

    @cherrypy.expose
    def loans(self, number=None, action=None, **fields):
        if number is None:
            posted = only("GET", "POST")
            person = member()
            if not posted:
                rows = database.execute("SELECT number, tool, days FROM loans WHERE member = ? ORDER BY number DESC LIMIT 50", (person["name"],)).fetchall()
                items = "".join(f"<li><a href=/loans/{row[0]}>Loan {row[0]}</a>: {tools[row[1]]['name']}, {row[2]} days</li>" for row in rows)
                return page("Your loans", f"<ul>{items}</ul><form method=post>{token_field()}<input name=tool><input name=days><button>Borrow</button></form>")
            unforged(fields)
            tool, days = whole(fields.get("tool"), most=len(tools)), whole(fields.get("days"), most=28)
            agent = cherrypy.request.headers.get("User-Agent", "")[:300]
            with lock:
                if PLACE.weak("agent-sql"):
                    database.execute(f"INSERT INTO visits VALUES ('{person['name']}', '{agent}', {time.time()})")
                else:
                    database.execute("INSERT INTO visits VALUES (?, ?, ?)", (person["name"], agent, time.time()))
                if database.execute("SELECT COUNT(*) FROM loans").fetchone()[0] > 5000:
                    raise cherrypy.HTTPError(503, "Everything is lent.")
                made = lend(person["name"], tool, days)
            return go(f"/loans/{made}")
        if action not in {None, "extend"}:
            raise cherrypy.HTTPError(404, "There is no such page.")
        only("GET" if action is None else "POST")
        person = member()
        if action == "extend":
            unforged(fields)
            entry = loan(number, person, "loan-extend")
            database.execute("UPDATE loans SET days = ? WHERE number = ?", (whole(fields.get("days"), most=28), entry["number"]))
            return go(f"/loans/{entry['number']}")
        entry = loan(number, person, "loan-read")
        form = f"<form method=post action=/loans/{entry['number']}/extend>{token_field()}<input name=days value={entry['days']}><button>Extend</button></form>"
        return page(f"Loan {entry['number']}", f"<p>{tools[entry['tool']]['name']}, {entry['days']} days. Lent to {entry['member']}. PIN of the locker: {entry['pin']}</p>{form}")

    @cherrypy.expose
    def ledger(self, **_):
        only("GET")
        person = member()
        if person["role"] != "admin":
            raise cherrypy.HTTPError(403, "This is for the office.")
        rows = database.execute("SELECT member, COUNT(*), SUM(days) FROM loans GROUP BY member").fetchall()
        return page("The ledger", "".join(f"<p>{name}, {html.escape(members[name]['email'])}: {count} loans, {days} days</p>" for name, count, days in rows))


def before():
    cherrypy.request.nonce = secrets.token_urlsafe(12)
    cherrypy.request.cookies_set = []
    if not bucket.admits(cherrypy.request.remote.ip):
        cherrypy.response.headers["Retry-After"] = "1"
        raise cherrypy.HTTPError(429, "Too many requests.")


def after():
    headers = cherrypy.response.headers
    for name, value in common.SECURITY_HEADERS.items():
        headers[name] = value
    headers["Content-Security-Policy"] = POLICY.format(getattr(cherrypy.request, "nonce", ""))
    headers.pop("Server", None)
    cherrypy.response.header_list = [(key, value) for key, value in headers.output() if key.lower() != b"server"]
    cherrypy.response.header_list += [(key.encode(), value.encode()) for key, value in getattr(cherrypy.request, "cookies_set", [])]


def failed(status, message, traceback, version):  # as CherryPy calls it
    title = status.partition(" ")[2]
    return f"<!doctype html><html lang=en><head><title>{html.escape(title)}</title></head><body><h1>{html.escape(title)}</h1><p>{html.escape(message)}</p></body></html>"


def broken():
    cherrypy.response.status = 500
    cherrypy.response.headers["Content-Type"] = "text/html; charset=utf-8"
    cherrypy.response.body = [b"<!doctype html><html lang=en><head><title>Error</title></head><body><h1>Sorry</h1><p>Something went wrong.</p></body></html>"]


if __name__ == "__main__":
    prepare()
    cherrypy.tools.before = cherrypy.Tool("on_start_resource", before, priority=1)
    cherrypy.tools.after = cherrypy.Tool("on_end_resource", after, priority=99)
    cherrypy.config.update({
        "log.screen": False, "tools.before.on": True, "tools.after.on": True, "error_page.default": failed, "request.error_response": broken,
        "server.max_request_body_size": common.BODY_LIMIT, "request.show_tracebacks": False, "tools.encode.on": False,
        "engine.autoreload.on": False, "tools.trailing_slash.on": False, "checker.on": False,
    })  # fmt: skip
    cherrypy.log.access_log.handlers.clear()
    cherrypy.log.error_log.handlers.clear()
    application = cherrypy.tree.mount(Site(), "/")
    cherrypy.config.update({"environment": "embedded"})
    server = Server(("127.0.0.1", 0), application, numthreads=12, server_name="toolshed", max=-1, request_queue_size=128)
    server.max_request_body_size = common.BODY_LIMIT
    server.max_request_header_size = 32 * 1024
    server.prepare()
    common.confine(PLACE.folder)
    common.announce(server.bind_addr[1], PLACE)
    server.serve()
