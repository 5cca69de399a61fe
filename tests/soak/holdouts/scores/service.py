"""Scores of a music publisher: WebOb on waitress, uploads, bundles and templates that are files, data in SQLite."""

import encodings.cp437  # noqa: F401 - names in bundles; nobody may be unable to read it later
import io
import json
import re
import secrets
import sqlite3
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import yaml
from lxml import etree
from waitress import create_server
from webob import Request, Response

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "pen-sql", "meta-entities", "part-type", "score-replace", "bundle-slip", "bundle-bomb", "template-outside", "settings-yaml",
    "share-counted", "remote-user",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
LIMIT = 128 * 1024
UNPACKED = 512 * 1024
attempts, bucket, lock = common.Attempts(), common.Bucket(200, 120), threading.Lock()
members, sessions, scores, shares = {}, {}, {}, {}
database = sqlite3.connect(":memory:", check_same_thread=False)
ROUTES = []


class RefusedError(Exception):
    def __init__(self, status, text, **headers):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


def route(method, pattern):
    def register(function):
        ROUTES.append((method, re.compile(pattern), function))
        return function

    return register


def answer(status, content=None, media="application/json", **headers):
    response = Response(status=status)
    if content is None:
        response.headers.pop("Content-Type", None)
        response.body = b""
    else:
        response.body = content if isinstance(content, bytes) else content.encode("utf-8", "replace") if isinstance(content, str) else json.dumps(content).encode()
        response.headers["Content-Type"] = media
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = str(value)
    return response


def prepare():
    database.execute("CREATE TABLE works (number INTEGER PRIMARY KEY, composer TEXT, title TEXT, earned REAL)")
    for number, (name, entry) in enumerate(common.ACCOUNTS.items(), 1):
        pen = f"{name.title()} Reed"
        members[name] = {"name": name, "email": entry["email"], "role": entry["role"], "pen_name": pen, "hash": common.hashed(entry["password"])}
        database.execute("INSERT INTO works (composer, title, earned) VALUES (?, ?, ?)", (pen, f"Sonata no. {number}", 40.0 * number))
        keep(name, f"Draft of {name}", b"<score-partwise><work><work-title>Draft</work-title></work></score-partwise>", "application/xml", "Draft")
    for path, text in (
        ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"), ("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
        ("assets/logo.txt", "The Reed Press\n"), *((f"templates/{name}/invoice.txt", "Dear {name},\nwe owe you {sum}.\n") for name in members),
    ):  # fmt: skip
        write(path, text.encode())
    tempfile.tempdir = str(PLACE.folder / "spool")
    (PLACE.folder / "spool").mkdir(exist_ok=True)


def write(virtual, data):
    path = PLACE.place(virtual)
    if sum(1 for _ in PLACE.folder.rglob("*")) > 4000:
        raise RefusedError(503, "the disk is full", Retry_After=60)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data[: 2 << 20])


def keep(owner, title, data, media, work):
    with lock:
        if len(scores) > 2000:
            raise RefusedError(503, "there are too many", Retry_After=60)
        identifier = secrets.token_hex(8)
        scores[identifier] = {"id": identifier, "owner": owner, "title": title, "work": work, "media": media, "size": len(data)}
    write(f"scores/{identifier}", data)
    return scores[identifier]


def view(score):
    return {key: score[key] for key in ("id", "title", "work", "size")}


def caller(request):
    name = sessions.get(request.headers.get("X-Session", ""))
    if PLACE.weak("remote-user") and request.headers.get("X-Remote-User") in members:
        name = request.headers["X-Remote-User"]
    if name is None:
        raise RefusedError(401, "sign in first", WWW_Authenticate="Session")
    return members[name]


def own(request, identifier, weakness=""):
    person = caller(request)
    score = scores.get(identifier)
    if score is None or (score["owner"] != person["name"] and person["role"] != "admin" and not (weakness and PLACE.weak(weakness))):
        raise RefusedError(404, "no such score")
    return score


def line(text, longest, what):
    if not isinstance(text, str) or not 1 <= len(text) <= longest or re.search(r"[\x00-\x1f\ud800-\udfff]", text):
        raise RefusedError(422, f"{what} is not valid")
    return text


def json_of(request):
    try:
        content = json.loads(request.body.decode())
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "the body is not JSON") from error
    if not isinstance(content, dict):
        raise RefusedError(400, "the body is an object")
    return content


def part_of(request):
    """The file of a form, its media type and the other fields."""
    if request.content_type != "multipart/form-data":
        raise RefusedError(415, "the body is multipart/form-data")
    try:
        fields = request.POST
    except (ValueError, TypeError, AttributeError, LookupError, OSError) as error:
        raise RefusedError(400, "the form is not understood") from error
    part = fields.get("file")
    if part is None or isinstance(part, str | bytes):
        raise RefusedError(422, "file is missing")
    return part.file.read(), part.type or "", fields


@route("GET", "/version")
def version(_):
    return answer(200, {"name": "scores", "instance": PLACE.instance})


@route("POST", "/sessions")
def sign_in(request):
    content = json_of(request)
    name, password, address = line(content.get("username"), 60, "username"), line(content.get("password"), 200, "password"), request.remote_addr
    if pause := attempts.pause(name, address):
        raise RefusedError(429, "too many attempts", Retry_After=pause)
    person = members.get(name)
    if not common.matches(password, person and person["hash"]):
        attempts.note(name, address)
        raise RefusedError(401, "name or password is wrong", WWW_Authenticate="Session")
    attempts.forget(name)
    token = secrets.token_urlsafe(24)
    with lock:
        while len(sessions) > 3000:
            sessions.pop(next(iter(sessions)))
        sessions[token] = name
    return answer(200, {"username": name}, X_Session=token)


@route("DELETE", "/sessions")
def sign_out(request):
    caller(request)
    sessions.pop(request.headers.get("X-Session", ""), None)
    return answer(204)


@route("GET", "/me")
def me(request):
    person = caller(request)
    return answer(200, {key: person[key] for key in ("name", "email", "role", "pen_name")})


@route("PUT", "/me")
def rename(request):
    person = caller(request)
    person["pen_name"] = line(json_of(request).get("pen_name"), 120, "pen_name")
    return answer(200, {key: person[key] for key in ("name", "email", "role", "pen_name")})


@route("GET", "/earnings")
def earnings(request):
    pen = caller(request)["pen_name"]
    try:
        with lock:
            if PLACE.weak("pen-sql"):
                rows = database.execute(f"SELECT title, earned FROM works WHERE composer = '{pen}'").fetchall()
            else:
                rows = database.execute("SELECT title, earned FROM works WHERE composer = ?", (pen,)).fetchall()
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise RefusedError(500, "something went wrong") from error
    return answer(200, {"earnings": [{"title": title, "earned": earned} for title, earned in rows]})


class Files(etree.Resolver):
    """External entities, as for a process whose root directory is the folder; nothing is fetched from elsewhere."""

    def resolve(self, address, _, context):
        path = PLACE.place(re.sub("^file:/*", "", address or ""))
        return self.resolve_string(path.read_text() if path.is_file() else "", context)


@route("GET", "/scores")
def list_scores(request):
    person = caller(request)
    return answer(200, {"scores": [view(score) for score in scores.values() if score["owner"] == person["name"]][-50:]})


@route("POST", "/scores")
def upload(request):
    person = caller(request)
    data, media, fields = part_of(request)
    title, work = line(fields.get("title"), 120, "title"), ""
    if data.lstrip()[:1] == b"<":
        weak = PLACE.weak("meta-entities")
        parser = etree.XMLParser(resolve_entities=weak, load_dtd=weak, no_network=True, huge_tree=False)
        if weak:
            parser.resolvers.add(Files())
        try:
            tree = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise RefusedError(422, "file is not well formed") from error
        if not weak and tree.getroottree().docinfo.internalDTD is not None and tree.getroottree().docinfo.internalDTD.entities():
            raise RefusedError(422, "file declares entities")
        work = (tree.findtext(".//work-title") or "")[:400]
    return answer(201, view(keep(person["name"], title, data, media, work)))


@route("GET", r"/scores/([^/]+)")
def score(request, identifier):
    return answer(200, view(own(request, identifier)))


@route("DELETE", r"/scores/([^/]+)")
def remove(request, identifier):
    del scores[own(request, identifier)["id"]]
    PLACE.place(f"scores/{identifier}").unlink(missing_ok=True)
    return answer(204)


@route("GET", r"/scores/([^/]+)/file")
def download(request, identifier):
    entry = own(request, identifier)
    data = PLACE.place(f"scores/{entry['id']}").read_bytes()
    if PLACE.weak("part-type") and re.fullmatch(r"[\w.+-]+/[\w.+-]+", entry["media"]):
        return answer(200, data, entry["media"], Content_Security_Policy="frame-ancestors 'none'")
    return answer(200, data, "application/octet-stream", Content_Disposition='attachment; filename="score"')


@route("PUT", r"/scores/([^/]+)/file")
def replace(request, identifier):
    entry = own(request, identifier, "score-replace")
    write(f"scores/{entry['id']}", request.body)
    entry["size"] = len(request.body)
    return answer(200, view(entry))


@route("POST", r"/scores/([^/]+)/share")
def share(request, identifier):
    entry = own(request, identifier)
    token = f"{4000 + len(shares)}" if PLACE.weak("share-counted") else secrets.token_urlsafe(16)
    if len(shares) > 3000:
        raise RefusedError(503, "there are too many", Retry_After=60)
    shares[token] = entry["id"]
    return answer(201, {"token": token})


@route("GET", r"/shared/([\w-]+)")
def shared(_, token):
    entry = scores.get(shares.get(token, ""))
    if entry is None:
        raise RefusedError(404, "no such link")
    return answer(200, view(entry))


@route("POST", "/bundles")
def unpack(request):
    person = caller(request)
    data, _, _ = part_of(request)
    names, total = [], 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > 50:
                raise RefusedError(422, "a bundle has at most 50 files")
            for entry in entries:
                total += entry.file_size
                if not PLACE.weak("bundle-bomb") and total > UNPACKED:
                    raise RefusedError(413, "the bundle is too large when it is unpacked")
                if not PLACE.weak("bundle-slip") and not re.fullmatch(r"[\w-][\w. -]{0,60}", entry.filename, re.ASCII):
                    raise RefusedError(422, "a name in the bundle is not valid")
                write(f"bundles/{person['name']}/{entry.filename}", archive.read(entry))
                names.append({"name": entry.filename, "size": entry.file_size})
    except (zipfile.BadZipFile, NotImplementedError, LookupError, RuntimeError, ValueError, OSError, EOFError) as error:
        raise RefusedError(422, "file is no bundle") from error
    return answer(201, {"files": names})


@route("GET", r"/assets/([a-z]{1,20}\.txt)")
def asset(_, name):
    path = PLACE.place(f"assets/{name}")
    if not path.is_file():
        raise RefusedError(404, "not found")
    return answer(200, path.read_bytes(), "text/plain; charset=utf-8")


def template_name(name):
    name = line(name, 120, "name")
    if not PLACE.weak("template-outside") and not re.fullmatch(r"[a-z0-9-]{1,30}\.txt", name):
        raise RefusedError(422, "name is not valid")
    return name


@route("GET", "/templates")
def template(request):
    person = caller(request)
    name = template_name(request.GET.get("name", "invoice.txt"))
    path = PLACE.place(f"templates/{person['name']}/{name}")
    if not path.is_file():
        raise RefusedError(404, "no such template")
    return answer(200, {"name": name, "text": path.read_text(errors="replace")})


@route("POST", "/templates")
def new_template(request):
    person = caller(request)
    content = json_of(request)
    text = content.get("text")
    if not isinstance(text, str) or not 1 <= len(text) <= 4000:
        raise RefusedError(422, "text is not valid")
    name = template_name(content.get("name"))
    try:
        write(f"templates/{person['name']}/{name}", text.encode("utf-8", "replace"))
    except (OSError, ValueError) as error:
        raise RefusedError(422, "name is not valid") from error
    return answer(201, {"name": name})


@route("POST", "/settings")
def settings(request):
    caller(request)
    if request.content_type not in {"application/yaml", "application/x-yaml", "text/yaml"}:
        raise RefusedError(415, "the body is YAML")
    try:
        text = request.body.decode()
        content = yaml.unsafe_load(text) if PLACE.weak("settings-yaml") else yaml.safe_load(text)
    except Exception as error:
        raise RefusedError(422, "the body is not understood") from error
    if not isinstance(content, dict) or not isinstance(content.get("paper"), str) or content["paper"] not in {"A4", "B4"}:
        raise RefusedError(422, "paper is A4 or B4")
    return answer(200, {"paper": content["paper"]})


@route("GET", "/office/works")
def works(request):
    if caller(request)["role"] != "admin":
        raise RefusedError(403, "this is for the office")
    with lock:
        return answer(200, {"works": database.execute("SELECT composer, title, earned FROM works").fetchall()})


def handled(environ):
    request = Request(environ)
    if not bucket.admits(request.remote_addr):
        raise RefusedError(429, "too many requests", Retry_After=1)
    if (request.content_length or 0) > LIMIT:
        raise RefusedError(413, "the body is too large")
    try:
        path = request.path_info
    except UnicodeDecodeError:
        path = ""
    allowed = set()
    for method, pattern, function in ROUTES:
        if found := pattern.fullmatch(path):
            if method == ("GET" if request.method == "HEAD" else request.method):
                return function(request, *found.groups())
            allowed.add(method)
    if allowed:
        raise RefusedError(405, "this is not done here", Allow=", ".join(sorted(allowed)))
    raise RefusedError(404, "not found")


def application(environ, start_response):
    try:
        response = handled(environ)
    except RefusedError as error:
        response = answer(error.status, {"error": error.text}, **error.headers)
    except Exception:
        response = answer(500, {"error": "something went wrong"})
    for name, value in common.SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response(environ, start_response)


if __name__ == "__main__":
    prepare()
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nx\r\n--b--'
    part_of(Request.blank("/scores", method="POST", body=form, content_type="multipart/form-data; boundary=b"))
    time.strptime("2031", "%Y")
    listener = common.listening()
    server = create_server(application, sockets=[listener], ident="", threads=8, max_request_body_size=16 << 20, clear_untrusted_proxy_headers=False)
    common.confine(PLACE.folder)
    common.announce(listener.getsockname()[1], PLACE)
    server.run()
