"""Small services in two kinds, a vulnerable and a fixed fixture, served on loopback."""

import contextlib
import csv
import html
import io
import json
import re
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.request
import xml.sax
import xml.sax.handler
from pathlib import Path

import jinja2
from serving import serving
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from SecurityLibrary import probes, runner
from SecurityLibrary import target as targets
from SecurityLibrary.scan import Scan
from theodore_qa.systems import environment

__all__ = ["serving"]  # of all services here
SECRETS = {"alice": "alice-token-1234567", "bob": "bob-token-7654321", "boss": "boss-token-2468024"}


def target(url, rows=(), identities=None, sign_in=None, contract=None, *, hosts=("127.0.0.1",), **entries):
    """The system "shop" at a URL as a scan knows it, described by the entries of an environment file.

    ``rows`` are its operations, ``contract`` is an OpenAPI document that is written beside the file; files have to be named in full.
    """
    described = {"operations": list(rows), "identities": identities, "sign_in": sign_in}
    entry = {"url": url, **{key: value for key, value in described.items() if value}, **entries}
    with tempfile.TemporaryDirectory() as folder:
        if contract:
            entry["contract"] = "shop.openapi.json"
            (Path(folder) / entry["contract"]).write_text(json.dumps(contract), encoding="utf-8")
        data = {"name": "shops", "kind": "test", "hosts": list(hosts), "systems": {"shop": entry}}
        return targets.of(environment.from_mapping(data, Path(folder) / "shops.yaml").system("shop"))


def by_token(*names, **entries):
    """Identities that are known by the tokens in the variables TOKEN_ALICE and so on; ``entries`` are further ones of each."""
    return {name: {"token_env": f"TOKEN_{name.upper()}"} | entries.get(name, {}) for name in names}


def scanned(shop, *names, client=None, progress=lambda _: None, **options):
    """The scan of a target by these probes, with its client closed; what was found before an interruption stays in it."""
    scan = Scan(shop, client or shop.client(rate=2000), **options)
    try:
        runner.run(scan, probes.chosen(names), progress)
    finally:
        scan.close()
    return scan


def who(request):
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return next((name for name, secret in SECRETS.items() if token == secret and scheme == "Bearer"), None)


def app(*routes):
    """An application of (method, path, function); functions may be plain and run in threads."""
    return Starlette(routes=[Route(path, function, methods=[method]) for method, path, function in routes])


def _database():
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.create_function("pg_sleep", 1, lambda seconds: time.sleep(min(float(seconds), 5)) or 1)
    database.executescript("CREATE TABLE items(id INTEGER, name TEXT); INSERT INTO items VALUES (1,'pen'),(2,'pencil'),(3,'ink')")
    return database


def sql(kind):
    database, turn = _database(), threading.Lock()

    def items(request: Request):
        name = request.query_params.get("name", "")
        with turn:
            if kind == "good":
                rows = database.execute("SELECT id, name FROM items WHERE name LIKE ?", (f"%{name}%",)).fetchall()
                return JSONResponse([{"id": number, "name": name} for number, name in rows])
            try:
                rows = database.execute(f"SELECT id, name FROM items WHERE name LIKE '%{name}%'").fetchall()
            except sqlite3.Error as error:
                return PlainTextResponse(f"sqlite3.OperationalError: {error}", 500) if kind == "errors" else JSONResponse([])
        if kind == "blind":
            return JSONResponse({"status": "ok"})
        return JSONResponse([{"id": number, "name": name} for number, name in rows])

    return app(("GET", "/items", items))


def sql_places(kind):
    """Statements made of a header, of a cookie, and of a column to sort by."""
    database, turn = _database(), threading.Lock()

    def answer(statement, *values):
        with turn:
            try:
                rows = database.execute(statement, values).fetchall()
            except sqlite3.Error:
                return JSONResponse({"error": "not valid"}, 400)
        return JSONResponse({"items": [{"id": number, "name": name} for number, name in rows]})

    def named(name):
        if kind == "good":
            return answer("SELECT id, name FROM items WHERE name = ?", name)
        return answer(f"SELECT id, name FROM items WHERE name = '{name}'")

    def by_sort(request: Request):
        column = request.query_params.get("sort", "")
        safe = column if column in ("id", "name") else "id"
        return answer(f"SELECT id, name FROM items ORDER BY {safe if kind == 'good' else column}")

    return app(
        ("GET", "/header", lambda request: named(request.headers.get("x-name", ""))),
        ("GET", "/cookie", lambda request: named(request.cookies.get("name", ""))),
        ("GET", "/sorted", by_sort),
    )


def nosql(kind):
    users = [{"name": "alice", "age": 30}, {"name": "bob", "age": 31}]

    def matches(value, condition):
        if kind == "bad" and isinstance(condition, dict):
            return all(
                {"$ne": value != operand, "$eq": value == operand}.get(operator, False) for operator, operand in condition.items()
            )
        return value == condition

    async def search(request: Request):
        body = await request.json()
        name = body.get("name")
        if kind == "good" and not isinstance(name, str):
            return JSONResponse({"error": "name is a text"}, 422)
        return JSONResponse([user for user in users if matches(user["name"], name)])

    return app(("POST", "/search", search))


def command(kind):
    def ping(request: Request):
        host = request.query_params.get("host", "")
        if kind == "good":
            done = subprocess.run(["echo", "pinging", host], capture_output=True, text=True, check=False)
        else:
            done = subprocess.run(f"echo pinging {host}", shell=True, capture_output=True, text=True, check=False)
        return JSONResponse({"said": "done" if kind == "blind" else done.stdout})

    return app(("GET", "/ping", ping))


def template(kind):
    def greet(request: Request):
        name = request.query_params.get("name", "")
        text = "Dear {{ name }}" if kind == "good" else f"Dear {name}"
        try:
            return PlainTextResponse(jinja2.Template(text).render(name=name))
        except jinja2.TemplateError:
            return PlainTextResponse("Dear customer")

    return app(("GET", "/greet", greet))


def ldap(kind):
    people = [{"uid": "ann", "objectClass": "person"}, {"uid": "ben", "objectClass": "person"}]

    def find(request: Request):
        uid = request.query_params.get("uid", "")
        if kind == "good":
            uid = uid.replace("\\", "\\5c").replace("*", "\\2a").replace("(", "\\28").replace(")", "\\29")
        text = f"(&(uid={uid})(active=1))"
        if text.count("(") != text.count(")"):
            return JSONResponse({"error": "the filter is not valid"}, 400)
        conditions = re.findall(r"(!?)\((\w+)=([^()]*)\)", text)

        def holds(entry, negated, name, value):
            return (name == "active" or value == "*" or entry.get(name) == value) != bool(negated)

        return JSONResponse([identity for identity in people if all(holds(identity, *condition) for condition in conditions)])

    return app(("GET", "/people", find))


def xpath(kind):
    def find(request: Request):
        name = request.query_params.get("name", "")
        if kind == "good":
            return JSONResponse({"found": name == "ann"})
        opened = re.escape("(") if kind == "call" else ""  # in the call of a function, such as contains()
        closed = re.escape(")") if kind == "call" else ""
        match = re.fullmatch(rf"(\w*)'{closed}( and | or )count\(/\*\)\+(\d+)=(\d+)( and | or ){opened}'1'='(\d)", name)
        if match:
            holds = int(match[3]) + 1 == int(match[4])
            return JSONResponse({"found": (match[1] == "ann" and holds) if match[2] == " and " else holds})
        return JSONResponse({"found": name == "ann"}, 200 if "'" not in name else 400)

    return app(("GET", "/users", find))


def traversal(kind, folder):
    def read(request: Request):
        path = Path(folder) / request.query_params.get("name", "")
        inside = path.resolve().is_relative_to(Path(folder).resolve())
        if (kind == "good" and not inside) or not path.is_file():
            return JSONResponse({"error": "there is no such file"}, 404)
        return PlainTextResponse(path.read_text())

    (Path(folder) / "readme.txt").write_text("hello")
    return app(("GET", "/files", read))


def ssrf(kind):
    async def fetch(request: Request):
        url = (await request.json()).get("image_url", "")
        if kind == "bad" and url.startswith("http"):
            threading.Thread(target=_call, args=(url,), daemon=True).start()
        return JSONResponse({"accepted": True})

    return app(("POST", "/images", fetch))


def _call(url):
    with contextlib.suppress(OSError):
        urllib.request.urlopen(url, timeout=2).read()


def log4shell(kind):
    def search(request: Request):
        for text in (request.query_params.get("q", ""), request.headers.get("user-agent", "")):
            match = re.search(r"\$\{jndi:ldap://([\d.]+):(\d+)/(\w+)\}", text)
            if match and kind == "bad":
                with contextlib.suppress(OSError), socket.create_connection((match[1], int(match[2])), 2) as connection:
                    connection.sendall(b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00")
                    connection.recv(100)
                    connection.sendall(match[3].encode())
        return JSONResponse({"found": []})

    return app(("GET", "/search", search))


class _Text(xml.sax.handler.ContentHandler):
    def __init__(self):
        super().__init__()
        self.text = ""

    def characters(self, content):
        self.text += content


def xxe(kind):
    async def take(request: Request):
        parser = xml.sax.make_parser()
        parser.setFeature(xml.sax.handler.feature_external_ges, kind == "bad")
        handler = _Text()
        parser.setContentHandler(handler)
        try:
            parser.parse(io.BytesIO(await request.body()))
        except (xml.sax.SAXException, OSError, ValueError):
            return JSONResponse({"error": "the document is not valid"}, 400)
        return JSONResponse({"name": handler.text})

    return app(("POST", "/import", take))


def graphql(kind):
    async def query(request: Request):
        body = await request.json()
        if isinstance(body, list):
            return JSONResponse(
                [{"data": {}}] * len(body) if kind == "bad" else {"errors": ["no batches"]}, 200 if kind == "bad" else 400
            )
        text = body.get("query", "")
        if "mutationType" in text and kind == "bad":
            fields = {"queryType": ["orders", "allOrders"], "mutationType": ["wipe"]}
            schema = {kind: {"fields": [{"name": name} for name in names]} for kind, names in fields.items()}
            return JSONResponse({"data": {"__schema": schema}})
        if "__schema" in text:
            return JSONResponse(
                {"data": {"__schema": {"types": [{"name": "User"}]}}} if kind == "bad" else {"errors": ["no introspection"]}
            )
        aliases = re.findall(r"(\w+):__typename", text)
        if len(aliases) > 15 and kind == "good":
            return JSONResponse({"errors": ["too many aliases"]})
        return JSONResponse({"data": dict.fromkeys(aliases or ["__typename"], "Query")})

    return app(("POST", "/graphql", query))


_IN_CONTEXTS = {
    "single": "<input value='{bare}'>",
    "in-script": '<script>var q = "{bare}"; // what was looked for\n</script>',
    "in-template": "<script>var q = `you're looking for {bare}`;</script>",
    "in-handler": "<p onclick=\"show('{bare}')\">again</p>",
    "link": '<a href="{quoted}">back</a>',
    "places": (
        "<input value='{quoted}'><script>var q = {script}; /* it's {script} */</script>"
        '<script type="application/json">{{"q": {script}}}</script><a href="/?back={quoted}">back</a>'
    ),
}


def page(kind):
    def show(request: Request):
        name = request.query_params.get("name", "")
        if kind == "json":
            return JSONResponse({"you_sent": name})
        if kind in _IN_CONTEXTS:
            bare = name.replace("<", "&lt;").replace(">", "&gt;")
            safe = {"quoted": html.escape(name), "script": json.dumps(name).replace("<", "\\u003c")}
            return HTMLResponse(_IN_CONTEXTS[kind].format(bare=bare, **safe), headers={"x-content-type-options": "nosniff"})
        markup = html.escape(name) if kind == "good" else name
        if kind == "attribute":
            return HTMLResponse(f'<input value="{name}">', headers={"x-content-type-options": "nosniff"})
        return HTMLResponse(f"<p>Results for {markup}</p>")

    return app(("GET", "/search", show))


def comments(kind):
    kept = []

    async def add(request: Request):
        kept.append(str((await request.json()).get("text", "")))
        return JSONResponse({"id": len(kept)})

    def show(request: Request):
        return HTMLResponse(
            "<ul>" + "".join(f"<li>{html.escape(comment) if kind == 'good' else comment}</li>" for comment in kept) + "</ul>"
        )

    def comment(request: Request):
        text = kept[int(request.path_params["comment_id"]) - 1]
        return HTMLResponse(f"<p>{html.escape(text) if kind == 'good' else text}</p>")

    def table(request: Request):
        out = io.StringIO()
        safe = [f"'{comment}" if kind == "good" and comment[:1] in "=+-@" else comment for comment in kept]
        csv.writer(out).writerows([[cell] for cell in safe])
        return Response(out.getvalue(), media_type="text/csv")

    return app(
        ("POST", "/comments", add),
        ("GET", "/comments", show),
        ("GET", "/comments.csv", table),
        ("GET", "/comments/{comment_id}", comment),
    )


def slow_expression(kind):
    pattern = re.compile(r"^(\w+\s?)*$" if kind == "bad" else r"^[\w\s]*$")

    def check(request: Request):
        return JSONResponse({"valid": bool(pattern.match(request.query_params.get("text", "")))})

    return app(("GET", "/check", check))


class RawServer:
    """Header injection needs a server that writes what it is given: h11 refuses line breaks."""

    def __init__(self, kind):
        self.kind = kind

    @contextlib.contextmanager
    def serving(self):
        server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, args=(server,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.close()

    def _serve(self, server):
        from urllib.parse import parse_qs, urlsplit

        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                line = connection.recv(65536).decode("latin-1").split("\r\n")[0].split(" ")
                to = parse_qs(urlsplit(line[1]).query).get("to", [""])[0] if len(line) > 1 else ""
                if self.kind == "good":
                    to = to.replace("\r", "").replace("\n", "")
                connection.sendall(
                    f"HTTP/1.1 200 OK\r\nX-To: {to}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".encode(
                        "latin-1", "replace"
                    )
                )
