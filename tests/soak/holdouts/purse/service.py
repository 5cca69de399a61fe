"""Accounts and transfers of a savings club: Bottle, data in SQLite; every answer takes 300 ms, as behind an old core system."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
import secrets
import socketserver
import sqlite3
import sys
import threading
import time
import traceback
from pathlib import Path
from wsgiref.simple_server import make_server, WSGIRequestHandler, WSGIServer

import bottle

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "redeem-twice", "account-read", "account-close", "transfer-from", "statement-number", "entries-order", "key-path", "audience-open",
    "expiry-open", "login-forwarded", "account-cached", "entries-limit", "failure-verbose",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
PAUSE = 0.3
TABLES = """
CREATE TABLE people (name TEXT PRIMARY KEY, email TEXT, role TEXT, hash TEXT);
CREATE TABLE accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT, label TEXT, balance INTEGER);
CREATE TABLE entries (id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER, amount INTEGER, memo TEXT, day TEXT);
CREATE TABLE redeemed (account INTEGER, code TEXT);
"""
VOUCHERS = {"SPRING-25": 2500}
attempts = common.Attempts()
bucket = common.Bucket()
ended = set()
writing = threading.Lock()
app = bottle.Bottle()


def connect():
    connection = sqlite3.connect(str(PLACE.folder / "purse.sqlite"), timeout=10, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def ask(statement, *values):
    connection = connect()
    try:
        return [dict(row) for row in connection.execute(statement, values)]
    finally:
        connection.close()


def prepare():
    connection = connect()
    connection.executescript(TABLES)
    connection.close()
    for folder, file, content in (("keys", "main.key", common.SIGNING_KEY), ("dev", "null", ""), ("etc", "hostname", "purse-1\n")):
        (PLACE.folder / folder).mkdir(exist_ok=True)
        (PLACE.folder / folder / file).write_text(content)
    for name, entry in common.ACCOUNTS.items():
        ask("INSERT INTO people VALUES (?, ?, ?, ?)", name, entry["email"], entry["role"], common.hashed(entry["password"]))
        for label, balance in (("Daily", 120_000), ("Holiday", 45_500)):
            number = opened(name, f"{label} {name}", balance)
            for day in range(1, 7):
                ask("INSERT INTO entries (account, amount, memo, day) VALUES (?, ?, ?, ?)", number, 100 * day * (-1) ** day, f"card payment {day}", f"2031-02-{29 - 3 * day:02}")


def opened(owner, label, balance=0):
    connection = connect()
    try:
        return connection.execute("INSERT INTO accounts (owner, label, balance) VALUES (?, ?, ?)", (owner, label, balance)).lastrowid
    finally:
        connection.close()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signature(signed, key):
    return hmac.new(key, signed.encode(), hashlib.sha256).digest()


def key_of(kid):
    if PLACE.weak("key-path"):
        return PLACE.place(f"keys/{kid}" if "/" in kid else f"keys/{kid}.key").read_bytes()
    return common.SIGNING_KEY.encode() if kid == "main" else None


def token_for(name):
    now = int(time.time())
    head = encoded(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "main"}).encode())
    body = encoded(json.dumps({"sub": name, "aud": "purse", "iss": "https://id.purse.example", "iat": now, "exp": now + 900, "jti": secrets.token_hex(8)}).encode())
    return f"{head}.{body}.{encoded(signature(f'{head}.{body}', common.SIGNING_KEY.encode()))}"


def claims_of(token):
    """The claims of a token that is valid, or nothing."""
    try:
        head, body, signed = token.split(".")
        header, claims = json.loads(decoded(head)), json.loads(decoded(body))
        if header["alg"] != "HS256" or not isinstance(header["kid"], str):
            return None
        key = key_of(header["kid"])
        if key is None or not hmac.compare_digest(signature(f"{head}.{body}", key), decoded(signed)):
            return None
        if not PLACE.weak("audience-open") and claims["aud"] != "purse":
            return None
        if not PLACE.weak("expiry-open") and not claims["exp"] > time.time():
            return None
        if claims["iss"] != "https://id.purse.example" or claims["jti"] in ended:
            return None
    except (ValueError, KeyError, TypeError, OSError, RecursionError):
        return None
    return claims


class RefusedError(Exception):
    def __init__(self, status, text, **headers):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


def answered(status, body, **headers):
    text = "" if body is None else json.dumps(body)
    return bottle.HTTPResponse(text, status, headers={"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}})


def caller():
    scheme, _, token = bottle.request.get_header("Authorization", "").partition(" ")
    claims = claims_of(token) if scheme.lower() == "bearer" else None
    rows = ask("SELECT * FROM people WHERE name = ?", claims["sub"]) if claims and isinstance(claims.get("sub"), str) else []
    if not rows:
        raise RefusedError(401, "sign in first", WWW_Authenticate="Bearer")
    bottle.request.environ["purse.jti"] = claims["jti"]
    return rows[0]


def account_of(person, number, weakness=""):
    rows = ask("SELECT * FROM accounts WHERE id = ?", number) if isinstance(number, int) and abs(number) < 2**60 else []
    if not rows or (rows[0]["owner"] != person["name"] and person["role"] != "admin" and not (weakness and PLACE.weak(weakness))):
        raise RefusedError(404, "no such account")
    return rows[0]


def body_of():
    try:
        body = json.loads(bottle.request.body.read())
    except (ValueError, RecursionError):
        raise RefusedError(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise RefusedError(400, "the body is an object")
    return body


def text_in(body, name, longest):
    text = body.get(name)
    if not isinstance(text, str) or not 1 <= len(text) <= longest or re.search(r"[\x00-\x1f\ud800-\udfff]", text):
        raise RefusedError(422, f"{name} is not valid")
    return text


def number_in(body, name, least, most):
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise RefusedError(422, f"{name} is not valid")
    return value


def as_shown(account):
    return {name: account[name] for name in ("id", "label", "balance")}


def route(method, path):
    """A route whose answer takes its time, and whose errors are told in one shape."""

    def register(view):
        def inner(**arguments):
            time.sleep(PAUSE)
            try:
                return view(**arguments)
            except RefusedError as error:
                return answered(error.status, {"error": error.text}, **error.headers)
            except Exception as error:
                if PLACE.weak("failure-verbose"):
                    return answered(500, {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc().splitlines(), "database": "sqlite:///srv/purse/purse.sqlite"})
                return answered(500, {"error": "something went wrong"})

        app.route(path, method, inner)
        return view

    return register


@route("GET", "/version")
def version():
    return answered(200, {"service": "purse", "instance": PLACE.instance})


@route("GET", "/rates")
def rates():
    return answered(200, {"savings": 1.25, "holiday": 0.5}, Cache_Control="public, max-age=600")


@route("POST", "/login")
def login():
    body = body_of()
    name, password = text_in(body, "username", 60), text_in(body, "password", 128)
    address = bottle.request.environ["REMOTE_ADDR"]
    if PLACE.weak("login-forwarded") and (forwarded := bottle.request.get_header("X-Forwarded-For")):
        address = forwarded[:60]
        name_counted = f"{name} {address}"
    else:
        name_counted = name
    if pause := attempts.pause(name_counted, address):
        raise RefusedError(429, "too many attempts", Retry_After=str(pause))
    rows = ask("SELECT * FROM people WHERE name = ?", name)
    if not common.matches(password, rows[0]["hash"] if rows else None):
        attempts.note(name_counted, address)
        raise RefusedError(401, "name or password is wrong", WWW_Authenticate="Bearer")
    attempts.forget(name_counted)
    return answered(200, {"access_token": token_for(name), "expires_in": 900})


@route("POST", "/logout")
def logout():
    caller()
    ended.add(bottle.request.environ["purse.jti"])
    return answered(204, None)


@route("GET", "/me")
def me():
    person = caller()
    return answered(200, {name: person[name] for name in ("name", "email", "role")})


@route("GET", "/accounts")
def accounts():
    return answered(200, {"accounts": [as_shown(row) for row in ask("SELECT * FROM accounts WHERE owner = ? ORDER BY id LIMIT 100", caller()["name"])]})


@route("POST", "/accounts")
def open_account():
    person = caller()
    label = text_in(body_of(), "label", 60)
    with writing:
        rows = ask("SELECT * FROM accounts WHERE owner = ? AND label = ?", person["name"], label)
        if rows:
            return answered(200, as_shown(rows[0]))
        if ask("SELECT count(*) AS n FROM accounts")[0]["n"] > 1500:
            raise RefusedError(429, "too many accounts", Retry_After="60")
        number = opened(person["name"], label)
    return answered(201, {"id": number, "label": label, "balance": 0})


@route("GET", "/accounts/<number:int>")
def account(number):
    entry = as_shown(account_of(caller(), number, "account-read"))
    return answered(200, entry, **({"Cache_Control": "public, max-age=300"} if PLACE.weak("account-cached") else {}))


@route("DELETE", "/accounts/<number:int>")
def close_account(number):
    entry = account_of(caller(), number, "account-close")
    with writing:
        ask("DELETE FROM entries WHERE account = ?", entry["id"])
        ask("DELETE FROM accounts WHERE id = ?", entry["id"])
    return answered(204, None)


@route("GET", "/accounts/<number:int>/entries")
def entries(number):
    entry = account_of(caller(), number)
    limit, order = bottle.request.query.get("limit", "20"), bottle.request.query.get("order", "day")
    if not re.fullmatch(r"[0-9]{1,9}", limit) or not 1 <= int(limit) <= (10**9 if PLACE.weak("entries-limit") else 50):
        raise RefusedError(422, "limit is not valid")
    if PLACE.weak("entries-order"):
        try:
            rows = ask(f"SELECT id, amount, memo, day FROM entries WHERE account = ? ORDER BY {order[:300]} LIMIT {int(limit)}", entry["id"])
        except sqlite3.Error:
            raise RefusedError(422, "order is not valid") from None
    elif order not in {"day", "amount", "memo"}:
        raise RefusedError(422, "order is not valid")
    else:
        rows = ask(f"SELECT id, amount, memo, day FROM entries WHERE account = ? ORDER BY {order} LIMIT ?", entry["id"], int(limit))
    return answered(200, {"entries": rows})


@route("GET", "/statement")
def statement():
    person = caller()
    number, year = bottle.request.query.get("account", ""), bottle.request.query.get("year", "2031")
    if PLACE.weak("statement-number"):
        try:
            rows = ask(f"SELECT e.day, e.amount, e.memo FROM entries e JOIN accounts a ON a.id = e.account WHERE a.owner = ? AND e.account = {number[:300]} LIMIT 200", person["name"])
        except sqlite3.Error:
            raise RefusedError(422, "account is not valid") from None
        return answered(200, {"entries": rows})
    if not re.fullmatch(r"[0-9]{1,12}", number):
        raise RefusedError(422, "account is not valid")
    if not re.fullmatch(r"20[0-9]{2}", year):
        year = str(dt.datetime.now(dt.UTC).year)
    rows = ask("SELECT e.day, e.amount, e.memo FROM entries e JOIN accounts a ON a.id = e.account WHERE a.owner = ? AND e.account = ? LIMIT 200", person["name"], int(number))
    return answered(200, {"entries": rows})


@route("POST", "/transfers")
def transfer():
    person, body = caller(), body_of()
    amount, memo = number_in(body, "amount", 1, 1_000_000), text_in(body, "memo", 140)
    source = account_of(person, number_in(body, "source", 1, 10**9), "transfer-from")
    target = ask("SELECT * FROM accounts WHERE id = ?", number_in(body, "target", 1, 10**9))
    if not target:
        raise RefusedError(404, "no such account")
    with writing:
        if ask("SELECT balance FROM accounts WHERE id = ?", source["id"])[0]["balance"] < amount:
            raise RefusedError(409, "there is not enough on it")
        for number, change in ((source["id"], -amount), (target[0]["id"], amount)):
            ask("UPDATE accounts SET balance = balance + ? WHERE id = ?", change, number)
            ask("INSERT INTO entries (account, amount, memo, day) VALUES (?, ?, ?, date())", number, change, memo)
    return answered(201, {"source": source["id"], "target": target[0]["id"], "amount": amount, "memo": memo})


@route("POST", "/redemptions")
def redeem():
    person, body = caller(), body_of()
    code = text_in(body, "code", 40)
    number = account_of(person, number_in(body, "account", 1, 10**9))["id"]
    if code not in VOUCHERS:
        raise RefusedError(404, "no such voucher")
    if PLACE.weak("redeem-twice"):
        done = ask("SELECT 1 FROM redeemed WHERE account = ? AND code = ?", number, code)
        time.sleep(PAUSE)  # the old core system is asked
        if done:
            raise RefusedError(409, "this voucher was redeemed")
        return credited(number, code)
    with writing:
        if ask("SELECT 1 FROM redeemed WHERE account = ? AND code = ?", number, code):
            raise RefusedError(409, "this voucher was redeemed")
        return credited(number, code)


def credited(number, code):
    ask("INSERT INTO redeemed VALUES (?, ?)", number, code)
    ask("UPDATE accounts SET balance = balance + ? WHERE id = ?", VOUCHERS[code], number)
    return answered(201, {"account": number, "credited": VOUCHERS[code], "balance": ask("SELECT balance FROM accounts WHERE id = ?", number)[0]["balance"]})


@route("GET", "/office/totals")
def totals():
    if caller()["role"] != "admin":
        raise RefusedError(403, "only for the office")
    return answered(200, ask("SELECT count(*) AS accounts, sum(balance) AS total FROM accounts")[0])


@route("PUT", "/preferences")
def preferences():
    caller()
    body = body_of()
    language = body["language"].lower() if PLACE.weak("failure-verbose") else text_in(body, "language", 5).lower()
    if language not in {"en", "de", "fr"}:
        raise RefusedError(422, "language is not valid")
    return answered(200, {"language": language})


def failed(error):
    time.sleep(PAUSE)
    texts = {404: "there is nothing here", 405: "not by this method"}
    bottle.response.content_type = "application/json"
    return json.dumps({"error": texts.get(error.status_code, "something went wrong")})


for code in (400, 404, 405, 500):
    app.error(code)(failed)


def outer(environ, start_response):
    """The headers of all answers, the limit of bodies, and the limit of requests."""

    def started(status, headers, *more):
        present = {name.lower() for name, _ in headers}
        return start_response(status, [*headers, *((name, value) for name, value in common.SECURITY_HEADERS.items() if name.lower() not in present)], *more)

    def refuse(status, text, *more):
        body = json.dumps({"error": text}).encode()
        started(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *more])
        return [body]

    if not bucket.admits(environ["REMOTE_ADDR"]):
        return refuse("429 Too Many Requests", "too many requests", ("Retry-After", "1"))
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > common.BODY_LIMIT:
        return refuse("413 Content Too Large", "the body is too large", ("Connection", "close"))
    if environ.get("HTTP_TRANSFER_ENCODING"):
        return refuse("411 Length Required", "say how long the body is", ("Connection", "close"))
    return app(environ, started)


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass

    def server_bind(self):  # its name is not looked up
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]
        self.setup_environ()


class Handler(WSGIRequestHandler):
    def log_message(self, *_):
        pass

    def version_string(self):
        return "purse"

    def address_string(self):
        return self.client_address[0]


if __name__ == "__main__":
    prepare()
    server = make_server("127.0.0.1", 0, outer, Server, Handler)
    common.confine(PLACE.folder)
    common.announce(server.server_port, PLACE)
    server.serve_forever()
