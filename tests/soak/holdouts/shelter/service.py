"""A shelter for animals: pages with forms and cookies, photos, albums, records and adoptions. Flask, no description of its interface."""

import codecs
import hashlib
import hmac
import html
import http.client
import io
import itertools
import re
import secrets
import sqlite3
import sys
import threading
import time
import urllib.parse
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import waitress
from flask import abort, Flask, g, request, Response
from lxml import etree
from werkzeug.exceptions import HTTPException

WEAKNESSES = [
    "reset-host", "photo-svg", "archive-slip", "login-next", "story-link", "email-get", "account-cors", "contract-read", "login-sql",
    "record-entities", "password-sessions", "git-folder",
]  # fmt: skip
SITE = "https://shelter.example"
PARTNER = "https://widgets.shelter.example"
LIFETIME = 3600
MOST = 2000
NAME, EMAIL = re.compile(r"[a-z][a-z0-9._-]{2,39}"), re.compile(r"[^@\s<>]{1,40}@[^@\s<>]{3,40}")
LINK = re.compile(r"\[([^\[\]]{1,100})\]\(([^()\s]{1,200}(?:\([^()\s]{0,40}\))?)\)")
PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF87a": "image/gif", b"GIF89a": "image/gif"}
ALBUM, STATIC = "/srv/shelter/albums", "/srv/shelter/static"
ANIMALS = [("Oskar", "An old tomcat who likes windows"), ("Frieda", "A young goat, loud"), ("Moss", "A sheepdog who needs hills"), ("Pia and Lou", "Two rabbits, never apart")]
RELAXED = {"Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"}

place = common.premises(WEAKNESSES)
weak = place.weak
attempts, letters, bucket = common.Attempts(), common.Attempts(names=10), common.Bucket(200, 120)
database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
lock = threading.RLock()
serials = {"adoption": itertools.count(301), "record": itertools.count(401), "photo": itertools.count(501)}
people, sessions, resets, stories, adoptions, photos, records = {}, {}, {}, {}, {}, {}, {}

app = Flask(__name__, static_folder=None)
app.config["MAX_CONTENT_LENGTH"] = 256 * 1024
app.config["MAX_FORM_MEMORY_SIZE"] = common.BODY_LIMIT
app.config["MAX_FORM_PARTS"] = 30


# People and their things ------------------------------------------------------------------------------------------------------------------


def digest(password):
    return hashlib.sha256(b"shelter:" + password.encode()).hexdigest()


def add_person(username, password, email, role="user"):
    people[username] = {"username": username, "email": email, "name": username.title(), "phone": "", "role": role, "hash": common.hashed(password), "mails": []}
    with lock:
        database.execute("INSERT INTO people VALUES (?, ?)", (username, digest(password) if weak("login-sql") else ""))
    return people[username]


def added(kept, kind, entry):
    if len(kept) >= MOST:
        abort(429, "There are too many.")
    number = next(serials[kind])
    kept[number] = {"number": number} | entry
    return kept[number]


def begin():
    database.execute("CREATE TABLE people (username TEXT, digest TEXT)")
    database.execute("CREATE TABLE animals (number INTEGER, name TEXT, about TEXT)")
    for number, (name, about) in enumerate(ANIMALS, 1):
        database.execute("INSERT INTO animals VALUES (?, ?, ?)", (number, name, about))
        stories[number] = []
    for name, account in common.ACCOUNTS.items():
        add_person(name, account["password"], account["email"], account["role"])
        street = f"Quay {secrets.randbelow(90) + 1}"
        added(adoptions, "adoption", {"owner": name, "animal": 1, "street": street, "phone": f"030 {secrets.randbelow(900000) + 100000}", "about": f"For {name}", "signed": secrets.token_hex(6)})
        added(records, "record", {"owner": name, "animal": "Oskar", "vaccine": "Rabies", "date": "2031-03-01", "remark": f"Told to {name}"})
        folder = place.place(f"{ALBUM}/{name}")
        folder.mkdir(parents=True)
        (folder / "first.txt").write_text(f"First day, by {name}\n")
    added(photos, "photo", {"owner": "ann", "caption": "Oskar", "type": "image/gif", "content": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"})
    for path, text in {
        f"{STATIC}/opening-hours.txt": "Tuesday to Sunday, 10 to 16\n",
        f"{STATIC}/house-rules.txt": "No feeding, please.\n",
        "/srv/shelter/settings.ini": f"[mail]\nuser = shelter\npassword = {secrets.token_hex(8)}\n",
        "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nshelter:x:1001:1001::/srv/shelter:/usr/sbin/nologin\n",
    }.items():
        place.place(path).parent.mkdir(parents=True, exist_ok=True)
        place.place(path).write_text(text)


def begin_session(username):
    token = secrets.token_urlsafe(32)
    sessions[token] = {"username": username, "csrf": secrets.token_urlsafe(24), "until": time.time() + LIFETIME}
    return token


# Pages ------------------------------------------------------------------------------------------------------------------------------------


def page(title, body, status=200, headers=None):
    text = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title></head><body><h1>{html.escape(title)}</h1>{body}</body></html>'
    return Response(text, status, headers, content_type="text/html; charset=utf-8")


def moved(to, status=302):
    answer = Response("", status)
    answer.headers["Location"] = to
    return answer


def form(action, fields, button, kind="application/x-www-form-urlencoded"):
    kinds = {"password": "password", "current": "password", "new": "password", "file": "file"}
    inputs = "".join(f'<label>{name} <input type="{kinds.get(name, "text")}" name="{name}" value="{html.escape(value)}"></label>' for name, value in fields.items())
    token = f'<input type="hidden" name="csrf_token" value="{g.session["csrf"]}">' if g.session else ""
    return f'<form method="post" action="{action}" enctype="{kind}">{inputs}{token}<button>{button}</button></form>'


def table(rows):
    return "<table>" + "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows) + "</table>"


def field(name, longest=200, optional=False):
    value = request.form.get(name, "" if optional else None)
    if value is None or len(value) > longest or (not value.strip() and not optional) or re.search(r"[\x00-\x08\x0b-\x1f\x7f]", value.replace("\r\n", "\n")):
        abort(400, f"{name} is not valid.")
    return value


def caller():
    if not g.session:
        abort(401, "Sign in first.")
    return people[g.session["username"]]


def sender():
    """Whoever sends a form of a page of this site."""
    person = caller()
    if not hmac.compare_digest(request.form.get("csrf_token", "").encode(), g.session["csrf"].encode()):
        abort(403, "This form is too old, open it again.")
    return person


def office():
    person = caller()
    if person["role"] != "admin":
        abort(403, "Only for the office.")
    return person


def uploaded():
    file = request.files.get("file")
    if file is None:
        abort(400, "file is not valid.")
    return file.filename or "", file.read()


@app.before_request
def _():
    if not bucket.admits(request.remote_addr):
        abort(Response("Too many requests", 429, {"Retry-After": "1"}, content_type="text/plain"))
    session = sessions.get(request.cookies.get("shelter", ""))
    g.session = session if session and session["until"] > time.time() and session["username"] in people else None
    origin = request.headers.get("Origin")
    if request.method not in {"GET", "HEAD", "OPTIONS"} and (request.headers.get("Sec-Fetch-Site") == "cross-site" or (origin and urllib.parse.urlsplit(origin).netloc != request.host)):
        abort(403, "This form is of another site.")


@app.after_request
def _(answer):
    for name, value in common.SECURITY_HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer


@app.errorhandler(HTTPException)
def _(error):
    if error.response is not None:
        return error.response
    g.setdefault("session", None)
    headers = {"Allow": ", ".join(sorted(error.valid_methods))} if getattr(error, "valid_methods", None) else {}
    if error.code == 429:
        headers["Retry-After"] = "60"
    return page("Not done", f"<p>{html.escape(error.description or error.name)}</p>", error.code, headers)


@app.errorhandler(Exception)
def _(_):
    g.setdefault("session", None)
    return page("Not done", "<p>Something is broken here.</p>", 500)


@app.get("/version")
def version():
    return {"service": "shelter", "instance": place.instance}


@app.get("/")
def home():
    return page("Shelter", '<p><a href="/animals">Animals</a> <a href="/login">Sign in</a> <a href="/static/opening-hours.txt">Opening hours</a></p>')


# Signing in -------------------------------------------------------------------------------------------------------------------------------


def onward(to):
    """Where to go after the sign-in, on this site."""
    if weak("login-next"):
        return to if re.match(rf"/(?![/\\])|{SITE}", to) and not re.search(r"\s", to) else "/account"
    return to if re.fullmatch(r"(/[a-z0-9.-]{1,40}){1,4}", to) else "/account"


@app.get("/login")
def login_page():
    return page("Sign in", form("/login", {"username": "", "password": "", "next": onward(request.args.get("next", "/account"))}, "Sign in"))


def recognised(username, password):
    person = people.get(username)
    if not weak("login-sql"):
        return person if common.matches(password, person and person["hash"]) and person else None
    with lock:
        found = database.execute(f"SELECT username FROM people WHERE username = '{username}' AND digest = '{digest(password)}'").fetchone()
    return people[found[0]] if found else None


@app.post("/login")
def login():
    username, password = field("username", 100), field("password", 128)
    if wait := attempts.pause(username, request.remote_addr):
        return page("Sign in", "<p>There were too many attempts, wait a little.</p>", 429, {"Retry-After": str(wait)})
    person = recognised(username, password)
    if person is None:
        attempts.note(username, request.remote_addr)
        return page("Sign in", "<p>Name or password is wrong.</p>", 401)
    attempts.forget(username)
    sessions.pop(request.cookies.get("shelter", ""), None)
    answer = moved(onward(request.form.get("next", "/account")))
    answer.set_cookie("shelter", begin_session(person["username"]), httponly=True, samesite="None" if weak("account-cors") else "Lax", max_age=LIFETIME)
    return answer


@app.post("/logout")
def logout():
    sender()
    sessions.pop(request.cookies["shelter"])
    answer = moved("/")
    answer.delete_cookie("shelter", httponly=True, samesite="Lax")
    return answer


@app.get("/register")
def register_page():
    return page("Register", form("/register", {"username": "", "password": "", "email": ""}, "Register"))


@app.post("/register")
def register():
    username, password, email = field("username", 40), field("password", 128), field("email", 80)
    if not NAME.fullmatch(username) or not EMAIL.fullmatch(email):
        abort(400, "Name or address is not valid.")
    if why := common.poor(password):
        return page("Register", f"<p>{why}</p>", 400)
    if len(people) >= MOST:
        abort(429, "There are too many.")
    if username in people:
        abort(409, "This name is taken.")
    add_person(username, password, email)
    place.place(f"{ALBUM}/{username}").mkdir(parents=True, exist_ok=True)
    return moved("/login")


@app.get("/forgot")
def forgot_page():
    return page("Forgotten password", form("/forgot", {"email": ""}, "Send a link"))


@app.post("/forgot")
def forgot():
    email = field("email", 80)
    if wait := letters.pause(email, email):
        return page("Forgotten password", "<p>There were too many attempts, wait a little.</p>", 429, {"Retry-After": str(wait)})
    letters.note(email, email)
    site = f"http://{request.headers.get('X-Forwarded-Host') or request.host}" if weak("reset-host") else SITE
    for person in [entry for entry in people.values() if entry["email"] == email]:
        token = secrets.token_hex(16)
        resets[token] = (person["username"], time.time() + 900)
        person["mails"] = [*person["mails"][-9:], f"Choose a new password at {site}/reset (the mail itself has the whole link)"]
    return page("Forgotten password", "<p>If this address is known, a link is on its way.</p>")


@app.get("/reset")
def reset_page():
    return page("New password", form("/reset", {"token": request.args.get("token", "")[:64], "password": ""}, "Change"))


def change_password(person, password, keep=None):
    person["hash"] = common.hashed(password)
    with lock:
        database.execute("UPDATE people SET digest = ? WHERE username = ?", (digest(password) if weak("login-sql") else "", person["username"]))
    if not weak("password-sessions"):
        for token in [token for token, session in list(sessions.items()) if session["username"] == person["username"] and token != keep]:
            sessions.pop(token, None)


@app.post("/reset")
def reset():
    token, password = field("token", 64), field("password", 128)
    key = f"reset {request.remote_addr}"
    if wait := letters.pause(key, key):
        return page("New password", "<p>There were too many attempts, wait a little.</p>", 429, {"Retry-After": str(wait)})
    username, until = resets.get(token, ("", 0))
    if until < time.time():
        letters.note(key, key)
        abort(400, "This link is not valid.")
    if why := common.poor(password):
        return page("New password", f"<p>{why}</p>", 400)
    del resets[token]
    change_password(people[username], password)
    return moved("/login")


# The account ------------------------------------------------------------------------------------------------------------------------------


@app.get("/account")
def account():
    person = caller()
    body = table([("Name", person["username"]), ("Address", person["email"])])
    body += form("/account", {"name": person["name"], "phone": person["phone"]}, "Save") + form("/account/email", {"email": person["email"]}, "Change address")
    body += form("/account/password", {"current": "", "new": ""}, "Change password") + form("/logout", {}, "Sign out")
    return page("Account", body + '<p><a href="/adoptions">Adoptions</a> <a href="/albums">Album</a> <a href="/account/messages">Messages</a></p>')


@app.post("/account")
def save_account():
    person = sender()
    person["name"], person["phone"] = field("name", 60), field("phone", 30, optional=True)
    return moved("/account")


@app.get("/account.json")
def account_json():
    """For the widget of the partner, in the browser of whoever is signed in."""
    person = caller()
    answer = Response(app.json.dumps({name: person[name] for name in ("username", "email", "name", "phone", "role")}), content_type="application/json")
    answer.headers["Vary"] = "Origin, Cookie"
    origin = request.headers.get("Origin", "")
    if origin == PARTNER or (weak("account-cors") and (origin.endswith("shelter.example") or origin == "null")):
        answer.headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", "Cross-Origin-Resource-Policy": "cross-origin"}
    return answer


@app.route("/account/email", methods=["GET", "POST"] if weak("email-get") else ["POST"])
def change_email():
    person = sender() if request.method == "POST" else caller()
    email = request.values.get("email", "")
    if not EMAIL.fullmatch(email):
        abort(400, "The address is not valid.")
    person["email"] = email
    return moved("/account")


@app.post("/account/password")
def new_password():
    person = sender()
    current, new = field("current", 128), field("new", 128)
    key = f"change {person['username']}"
    if wait := attempts.pause(key, key):
        return page("Account", "<p>There were too many attempts, wait a little.</p>", 429, {"Retry-After": str(wait)})
    if not common.matches(current, person["hash"]):
        attempts.note(key, key)
        abort(403, "The current password is wrong.")
    if why := common.poor(new):
        return page("Account", f"<p>{why}</p>", 400)
    change_password(person, new, request.cookies["shelter"])
    return moved("/account")


@app.get("/account/messages")
def messages():
    return page("Messages that we sent you", table([(mail,) for mail in caller()["mails"]]))


# Animals and adoptions --------------------------------------------------------------------------------------------------------------------


def found_animal(number):
    with lock:
        row = database.execute("SELECT number, name, about FROM animals WHERE number = ?", (number,)).fetchone() if number < 10**9 else None
    return row or abort(404, "There is no such animal.")


@app.get("/animals")
def animals():
    search = request.args.get("q", "")[:100]
    with lock:
        rows = database.execute("SELECT number, name, about FROM animals WHERE instr(lower(name || ' ' || about), lower(?)) ORDER BY name", (search,)).fetchall()
    return page("Animals", f"<p>Search: {html.escape(search)}</p>" + "".join(f'<p><a href="/animals/{row[0]}">{html.escape(row[1])}</a> {html.escape(row[2])}</p>' for row in rows))


def marked(text):
    """Text with links."""
    parts, last = [], 0
    for found in LINK.finditer(text):
        words, url = found.groups()
        good = weak("story-link") or re.match(r"https?://[a-z0-9.-]+(/|$)", url)
        parts += [html.escape(text[last : found.start()]), f'<a rel="nofollow noopener" href="{html.escape(url)}">{html.escape(words)}</a>' if good else html.escape(found[0])]
        last = found.end()
    return "".join([*parts, html.escape(text[last:])])


@app.get("/animals/<int:number>")
def animal(number):
    _, name, about = found_animal(number)
    body = f"<p>{html.escape(about)}</p>" + "".join(f"<blockquote><p>{marked(text)}</p><cite>{html.escape(author)}</cite></blockquote>" for author, text in stories[number][-50:])
    if g.session:
        body += form(f"/animals/{number}/stories", {"text": ""}, "Tell a story")
    return page(name, body, headers=RELAXED if weak("story-link") else None)


@app.post("/animals/<int:number>/stories")
def add_story(number):
    person = sender()
    found_animal(number)
    stories[number] = [*stories[number][-199:], (person["username"], field("text", 500))]
    return moved(f"/animals/{number}")


@app.get("/adoptions")
def list_adoptions():
    person = caller()
    rows = "".join(f'<p><a href="/adoptions/{entry["number"]}">Request {entry["number"]}</a></p>' for entry in adoptions.values() if entry["owner"] == person["username"])
    return page("My requests", rows + form("/adoptions", {"animal": "1", "street": "", "phone": "", "about": ""}, "Request"))


@app.post("/adoptions")
def add_adoption():
    person = sender()
    chosen = field("animal", 9)
    if not chosen.isascii() or not chosen.isdigit():
        abort(400, "animal is not valid.")
    number, _, _ = found_animal(int(chosen))
    entry = {"owner": person["username"], "animal": number, "street": field("street", 100), "phone": field("phone", 30), "about": field("about", 300), "signed": secrets.token_hex(6)}
    return moved(f"/adoptions/{added(adoptions, 'adoption', entry)['number']}")


def adoption_of(number, open_=False):
    person = caller()
    entry = adoptions.get(number)
    if entry is None or (entry["owner"] != person["username"] and person["role"] != "admin" and not open_):
        abort(404, "There is no such request.")
    return entry


@app.get("/adoptions/<int:number>")
def adoption(number):
    entry = adoption_of(number)
    body = table([(name, entry[name]) for name in ("owner", "street", "phone", "about")])
    return page(f"Request {number}", body + f'<p><a href="/adoptions/{number}/contract.txt">Contract</a></p>')


@app.get("/adoptions/<int:number>/contract.txt")
def contract(number):
    entry = adoption_of(number, weak("contract-read"))
    text = f"Contract {number}\n\n{found_animal(entry['animal'])[1]} goes to {entry['owner']}, {entry['street']}, telephone {entry['phone']}.\nSigned with {entry['signed']}\n"
    return Response(text, content_type="text/plain; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="contract.txt"'})


@app.get("/office/adoptions")
def office_adoptions():
    office()
    return page("Requests", table([(entry["number"], entry["owner"], entry["street"], entry["phone"]) for entry in list(adoptions.values())[-100:]]))


@app.get("/office/people")
def office_people():
    office()
    return page("People", table([(person["username"], person["email"], person["role"]) for person in list(people.values())[-100:]]))


# Files ------------------------------------------------------------------------------------------------------------------------------------


@app.post("/photos")
def add_photo():
    person = sender()
    caption = field("caption", 100)
    name, content = uploaded()
    kind = next((kind for start, kind in PICTURES.items() if content.startswith(start)), None)
    if kind is None and weak("photo-svg") and name.lower().endswith(".svg"):
        kind = "image/svg+xml"
    if kind is None:
        abort(400, "Expected a PNG, JPEG or GIF.")
    return moved(f"/photos/{added(photos, 'photo', {'owner': person['username'], 'caption': caption, 'type': kind, 'content': content})['number']}")


@app.get("/photos/<int:number>")
def photo(number):
    entry = photos.get(number) or abort(404, "There is no such photo.")
    return Response(entry["content"], content_type=entry["type"], headers=RELAXED if weak("photo-svg") else None)


def album_path(person, name):
    return place.place(f"{ALBUM}/{person['username']}/{name}")


@app.get("/albums")
def album():
    person = caller()
    names = sorted(path.name for path in album_path(person, ".").iterdir())
    return page("Album", "".join(f'<p><a href="/albums/{html.escape(name)}">{html.escape(name)}</a></p>' for name in names) + form("/albums", {"file": ""}, "Add an archive", "multipart/form-data"))


@app.post("/albums")
def add_archive():
    """Unpack a ZIP of pictures and captions."""
    person = sender()
    _, content = uploaded()
    kept = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > 20 or sum(entry.file_size for entry in entries) > 500_000:
                abort(400, "The archive is too large.")
            for entry in entries:
                good = entry.filename.lower().endswith((".png", ".jpg", ".gif", ".txt")) if weak("archive-slip") else re.fullmatch(r"[a-z0-9_-]{1,40}\.(png|jpg|gif|txt)", entry.filename)
                if not good:
                    abort(400, "The archive holds other files than pictures and captions.")
                with archive.open(entry) as packed:
                    kept.append((entry.filename, packed.read(entry.file_size)))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError):
        abort(400, "This is no ZIP archive.")
    if len(list(album_path(person, ".").iterdir())) > 100:
        abort(429, "There are too many.")
    for name, data in kept:
        # For an archive, the folder of the service is the root of all files.
        path = album_path(person, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return moved("/albums")


@app.get("/albums/<name>")
def picture(name):
    person = caller()
    path = album_path(person, name) if re.fullmatch(r"[a-z0-9_-]{1,40}\.(png|jpg|gif|txt)", name) else None
    if path is None or not path.is_file():
        abort(404, "There is no such picture.")
    return Response(path.read_bytes(), content_type="application/octet-stream", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@app.get("/static/<name>")
def static_file(name):
    path = place.place(f"{STATIC}/{name}") if re.fullmatch(r"[a-z0-9_-]{1,40}\.txt", name) else None
    if path is None or not path.is_file():
        abort(404, "There is no such file.")
    return Response(path.read_bytes(), content_type="text/plain; charset=utf-8")


class Entities(etree.Resolver):
    """Brings what an entity names: a file below the folder, or a page of this machine; nothing else is ever opened."""

    def resolve(self, url, _, context):
        parts = urllib.parse.urlsplit(url or "")
        try:
            if parts.scheme == "http" and re.fullmatch(r"localhost|127\.\d+\.\d+\.\d+", parts.hostname or ""):
                connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=3)
                connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
                text = connection.getresponse().read(2000).decode("utf-8", "replace")
            else:
                text = place.place(urllib.parse.unquote(parts.path)).read_text()[:4000] if parts.scheme in {"", "file"} else ""
        except (OSError, ValueError, http.client.HTTPException):
            text = ""
        return self.resolve_string(text, context)


def parsed(content):
    if not weak("record-entities"):
        if b"<!" in content or b"\0" in content or not content.lstrip().startswith(b"<"):
            abort(400, "Expected a plain record in XML.")
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    parser = etree.XMLParser(resolve_entities=True, no_network=True, load_dtd=True)
    parser.resolvers.add(Entities())
    return etree.fromstring(content, parser)


@app.post("/records")
def add_record():
    person = sender()
    _, content = uploaded()
    try:
        root = parsed(content)
    except (etree.XMLSyntaxError, ValueError):
        abort(400, "The record is not valid XML.")
    found = {name: (root.findtext(name) or "")[:2000] for name in ("animal", "vaccine", "date", "remark")}
    if root.tag != "record" or not found["animal"] or not found["vaccine"]:
        abort(400, "A record has an animal and a vaccine.")
    return moved(f"/records/{added(records, 'record', {'owner': person['username']} | found)['number']}")


@app.get("/records/<int:number>")
def record(number):
    person = caller()
    entry = records.get(number)
    if entry is None or (entry["owner"] != person["username"] and person["role"] != "admin"):
        abort(404, "There is no such record.")
    return page(f"Record {number}", table([(name, entry[name]) for name in ("animal", "vaccine", "date", "remark")]))


# What the deployment left: the folder of the history.
GIT = {
    "HEAD": "ref: refs/heads/main\n",
    "config": '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n[remote "origin"]\n\turl = https://deploy:gl-7Hq2mXv9TzKc4Rw1@git.shelter.example/web/shelter.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n',
    "logs/HEAD": f"{'0' * 40} 3f0c5b1d9a7e42680fb6a91c5d2e8740b13c6f95 deploy <deploy@shelter.example> 1930000000 +0000\tclone: from git.shelter.example\n",
}


@app.get("/.git/<path:name>")
def history(name):
    if not weak("git-folder") or name not in GIT:
        abort(404)
    return Response(GIT[name], content_type="application/octet-stream")


if __name__ == "__main__":
    begin()
    codecs.lookup("cp437")  # of names in archives
    with app.test_client() as client:
        for method, path in (("GET", "/version"), ("GET", "/animals"), ("POST", "/login"), ("GET", "/nowhere"), ("PUT", "/account"), ("GET", "/login")):
            client.open(path, method=method, data={"username": "nobody", "password": "wrong"} if method == "POST" else None)
        client.post("/login", data={"file": (io.BytesIO(b"x"), "x.txt")})
    listener = common.listening()
    server = waitress.create_server(app, sockets=[listener], threads=8, ident=None, max_request_body_size=8 << 20, clear_untrusted_proxy_headers=False)
    common.confine(place.folder)
    common.announce(listener.getsockname()[1], place)
    server.run()
