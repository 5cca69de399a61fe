"""Stock of a hardware store: the standard library's http.server, names and passwords by HTTP Basic, data in SQLite.

Its weak form falls over: a body that is nested deeply enough ends the process, a long text holds it up for some seconds.
"""

import base64
import json
import re
import secrets
import sqlite3
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import regex

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = ["nested-body", "slow-pattern", "label-header", "sort-sql", "movements-open", "supplier-keys", "trace-served", "count-errors"]
PLACE = common.premises(WEAKNESSES)
TABLES = """
CREATE TABLE items (sku TEXT PRIMARY KEY, name TEXT, count INTEGER, shelf TEXT, note TEXT);
CREATE TABLE movements (id INTEGER PRIMARY KEY, sku TEXT, change INTEGER, who TEXT);
CREATE TABLE suppliers (id INTEGER PRIMARY KEY, name TEXT, city TEXT, api_key TEXT, password TEXT);
"""
ITEMS = [("HMR-01", "Hammer", 14), ("NLS-40", "Nails 40 mm", 2500), ("SAW-02", "Hand saw", 6), ("DRL-09", "Drill", 3), ("GLV-10", "Gloves", 40)]
SORTS = {"sku", "name", "count"}
people = {name: {"username": name, "role": entry["role"], "hash": common.hashed(entry["password"])} for name, entry in common.ACCOUNTS.items()}
known = {}
attempts = common.Attempts()
bucket = common.Bucket()
lock = threading.Lock()


def ask(statement, *values):
    with lock:
        connection = sqlite3.connect(str(PLACE.folder / "stock.sqlite"), isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(statement, values)]
        finally:
            connection.close()


def prepare():
    connection = sqlite3.connect(str(PLACE.folder / "stock.sqlite"))
    connection.executescript(TABLES)
    connection.close()
    for sku, name, count in ITEMS:
        ask("INSERT INTO items VALUES (?, ?, ?, 'A1', '')", sku, name, count)
        ask("INSERT INTO movements (sku, change, who) VALUES (?, ?, 'ann')", sku, count)
    for name, city in (("Iron and Sons", "Hull"), ("Tool House", "Derby")):
        ask("INSERT INTO suppliers (name, city, api_key, password) VALUES (?, ?, ?, ?)", name, city, "sk_live_" + secrets.token_hex(12), "Ferry-" + secrets.token_hex(4))


class Refusal(Exception):  # noqa: N818 - it is an answer
    """An answer that is not a success."""

    def __init__(self, status, text, **headers):
        self.status, self.text = status, text
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def readable(text):
    """Whether a text is words; gives up after a while, in which nothing else is served."""
    try:
        return text == "" or regex.fullmatch(r"(\w|\w\w)+([ .,]+(\w|\w\w)+)*[.]?", text, timeout=1.5) is not None
    except TimeoutError:
        return False


class Handler(BaseHTTPRequestHandler):
    """The routes, by method and path."""

    protocol_version = "HTTP/1.1"
    timeout = 20

    def log_message(self, *_):
        pass

    def version_string(self):
        return "stockroom"

    def give(self, value, status=200, headers=None):
        body = b"" if status == 204 else json.dumps(value).encode()
        self.send_response(status)
        for name, text in common.SECURITY_HEADERS.items():
            self.send_header(name, text)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code, message=None, explain=None):
        self.close_connection = True
        self.give({"error": "the request cannot be read"}, 405 if code == 501 else code, {"Allow": "GET, POST, PUT, DELETE", "Connection": "close"} if code == 501 else {"Connection": "close"})

    def caller(self):
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        asks = {"WWW_Authenticate": 'Basic realm="stockroom", charset="UTF-8"'}
        try:
            name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            name = password = ""
        if scheme.lower() != "basic" or not name:
            raise Refusal(401, "sign in first", **asks)
        if known.get(name) == password:
            return people[name]
        address = self.client_address[0]
        if pause := attempts.pause(name, address):
            raise Refusal(429, "too many attempts", Retry_After=str(pause))
        person = people.get(name)
        if not common.matches(password[:128], person and person["hash"]):
            attempts.note(name, address)
            raise Refusal(401, "name or password is wrong", **asks)
        attempts.forget(name)
        known[name] = password
        return person

    def body(self):
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise Refusal(411, "Content-Length is missing", Connection="close")
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > common.BODY_LIMIT * (64 if PLACE.weak("nested-body") else 1):
            self.close_connection = True
            raise Refusal(413, "the body is too large", Connection="close")
        content = self.rfile.read(int(length))
        if self.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refusal(415, "the body is JSON")
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            raise Refusal(400, "the body cannot be read") from None
        if not isinstance(body, dict):
            raise Refusal(422, "the body is an object")
        return body

    def query(self):
        fields = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query, keep_blank_values=True)
        return {name: values[0] for name, values in fields.items()}

    def answer(self):
        self.close_connection = self.close_connection or self.headers.get("Connection", "").lower() == "close"
        try:
            if not bucket.admits(self.client_address[0]):
                self.close_connection = True
                raise Refusal(429, "too many requests", Retry_After="1", Connection="close")
            path = urllib.parse.urlsplit(self.path).path
            parts = [urllib.parse.unquote(part) for part in path.split("/")[1:]]
            routes = [(method, run) for method, pattern, run in ROUTES if len(pattern) == len(parts) and all(name in ("*", part) for name, part in zip(pattern, parts, strict=True))]
            if not routes:
                raise Refusal(404, "not found")
            run = dict(routes).get(self.command)
            if run is None:
                raise Refusal(405, "this method is not allowed", Allow=", ".join(sorted(method for method, _ in routes)))
            if int(self.headers.get("Content-Length", "0") or 0) and self.command in ("GET", "DELETE"):
                self.close_connection = True
            run(self, *parts)
        except Refusal as refusal:
            if self.command in ("POST", "PUT"):
                self.close_connection = True
            self.give({"error": refusal.text}, refusal.status, refusal.headers | ({"Connection": "close"} if self.close_connection else {}))
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception:
            self.close_connection = True
            self.give({"error": "something went wrong"}, 500, {"Connection": "close"})

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = answer  # noqa: N815 - the base class's names

    def do_TRACE(self):
        if not PLACE.weak("trace-served"):
            self.answer()
            return
        text = "\r\n".join([self.requestline, *(f"{name}: {value}" for name, value in self.headers.items())]).encode()
        self.send_response(200)
        for name, value in common.SECURITY_HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "message/http")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def version(self, *_):
        self.give({"service": "stockroom", "instance": PLACE.instance})

    def me(self, *_):
        person = self.caller()
        self.give({"username": person["username"], "role": person["role"]})

    def items(self, *_):
        self.caller()
        query = self.query()
        sort, count = query.get("sort", "sku"), query.get("at_least", "0")
        if PLACE.weak("count-errors"):
            count = int(count)
        elif not re.fullmatch("[0-9]{1,6}", count):
            raise Refusal(422, "at_least is a number")
        if not PLACE.weak("sort-sql") and sort not in SORTS:
            raise Refusal(422, "sort is sku, name or count")
        try:
            rows = ask(f"SELECT sku, name, count, shelf, note FROM items WHERE count >= ? ORDER BY {sort} LIMIT 100", int(count))
        except (sqlite3.Error, sqlite3.Warning):
            raise Refusal(400, "this cannot be sorted") from None
        self.give(rows)

    def found(self, sku):
        rows = ask("SELECT sku, name, count, shelf, note FROM items WHERE sku = ?", sku) if re.fullmatch("[A-Z0-9-]{3,12}", sku) else []
        if not rows:
            raise Refusal(404, "no such item")
        return rows[0]

    def item(self, _, sku):
        self.caller()
        self.give(self.found(sku))

    def fields(self):
        body = self.body()
        if PLACE.weak("nested-body"):
            body = plain(body)
        name, count, note = body.get("name"), body.get("count", 0), body.get("note", "")
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9 .,-]{1,60}", name):
            raise Refusal(422, "name is not valid")
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= 100_000:
            raise Refusal(422, "count is not valid")
        if PLACE.weak("slow-pattern"):
            if not isinstance(note, str) or not readable(note):
                raise Refusal(422, "note is not valid")
        elif not isinstance(note, str) or not re.fullmatch(r"[\w .,]{0,200}", note):
            raise Refusal(422, "note is not valid")
        return name, count, note

    def add(self, *_):
        person, (name, count, note) = self.caller(), self.fields()
        if ask("SELECT count(*) AS n FROM items")[0]["n"] > 3000:
            raise Refusal(429, "too many items", Retry_After="60")
        sku = "NEW-" + secrets.token_hex(3).upper()
        ask("INSERT INTO items VALUES (?, ?, ?, 'N1', ?)", sku, name, count, note)
        ask("INSERT INTO movements (sku, change, who) VALUES (?, ?, ?)", sku, count, person["username"])
        self.give(self.found(sku), 201)

    def change(self, _, sku):
        self.caller()
        self.found(sku)
        name, count, note = self.fields()
        ask("UPDATE items SET name = ?, count = ?, note = ? WHERE sku = ?", name, count, note, sku)
        self.give(self.found(sku))

    def remove(self, _, sku):
        self.caller()
        self.found(sku)
        ask("DELETE FROM items WHERE sku = ?", sku)
        self.give(None, 204)

    def label(self, _, sku, __):
        self.caller()
        found, language = self.found(sku), self.query().get("language", "en")
        if not PLACE.weak("label-header") and not re.fullmatch("[a-z]{2}(-[A-Z]{2})?", language):
            raise Refusal(422, "language is not valid")
        self.give({"label": f"{found['name']} ({found['sku']})"}, headers={"Content-Language": language[:300].encode("latin-1", "ignore").decode("latin-1")})

    def movements(self, *_):
        if not PLACE.weak("movements-open"):
            self.caller()
        self.give(ask("SELECT id, sku, change, who FROM movements ORDER BY id DESC LIMIT 100"))

    def suppliers(self, *_):
        self.caller()
        columns = "id, name, city, api_key, password" if PLACE.weak("supplier-keys") else "id, name, city"
        self.give(ask(f"SELECT {columns} FROM suppliers"))

    def closing(self, *_):
        if self.caller()["role"] != "admin":
            raise Refusal(403, "only for administrators")
        self.give({"items": ask("SELECT count(*) AS n FROM items")[0]["n"], "pieces": ask("SELECT sum(count) AS n FROM items")[0]["n"]})


def plain(value):
    """The same without what is empty."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if inner != ""}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


ROUTES = [
    ("GET", ["version"], Handler.version),
    ("GET", ["me"], Handler.me),
    ("GET", ["items"], Handler.items),
    ("POST", ["items"], Handler.add),
    ("GET", ["items", "*"], Handler.item),
    ("PUT", ["items", "*"], Handler.change),
    ("DELETE", ["items", "*"], Handler.remove),
    ("GET", ["items", "*", "label"], Handler.label),
    ("GET", ["movements"], Handler.movements),
    ("GET", ["suppliers"], Handler.suppliers),
    ("GET", ["admin", "closing"], Handler.closing),
]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


if __name__ == "__main__":
    if PLACE.weak("nested-body"):
        sys.setrecursionlimit(1_000_000)  # large parts lists are nested
        threading.stack_size(1 << 20)
    prepare()
    server = Server(("127.0.0.1", 0), Handler)
    common.confine(PLACE.folder)
    common.announce(server.server_port, PLACE)
    server.serve_forever()
