"""A beekeepers' association: hives, harvests, honey and its orders. Falcon, JSON-RPC 2.0 on one path."""

import asyncio
import http.client
import json
import re
import secrets
import sqlite3
import sys
import time
import traceback
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import falcon
import falcon.asgi
from jinja2.exceptions import TemplateError
from jinja2.sandbox import SandboxedEnvironment

WEAKNESSES = [
    "hive-read", "harvest-correct", "members-open", "batch-guesses", "harvests-limit", "honey-sql", "jars-negative", "profile-merge",
    "trace-shown", "weather-inner", "close-keeps", "label-template",
]  # fmt: skip
LIFETIME = 3600
MOST = 2000
BATCH = 20

place = common.premises(WEAKNESSES)
weak = place.weak
attempts = common.Attempts()
members, sessions, hives, harvests, orders = {}, {}, {}, {}, {}
database = sqlite3.connect(":memory:", check_same_thread=False)
templates = SandboxedEnvironment(autoescape=False)
following = {"hive": 301, "harvest": 5001, "order": 9001}
SALT = secrets.token_hex(8)


class RpcError(Exception):
    """An error of a call: its code, its text, and the status of the answer."""

    def __init__(self, code, text, status=200, wait=0):
        super().__init__(text)
        self.code, self.text, self.status, self.wait = code, text, status, wait
        self.data = None


def invalid(name):
    return RpcError(-32602, f"{name} is not valid")


def number_of(kind):
    following[kind] += 1
    return following[kind] - 1


def begin():
    database.execute("CREATE TABLE honey (id INTEGER PRIMARY KEY, name TEXT, pence INTEGER)")
    database.execute("CREATE TABLE contacts (username TEXT, email TEXT, phone TEXT)")
    for name, pence in (("Heather honey", 890), ("Lime blossom honey", 750), ("Rape honey", 520), ("Forest honey", 940), ("Ivy honey", 610)):
        database.execute("INSERT INTO honey (name, pence) VALUES (?, ?)", (name, pence))
    for index, (name, account) in enumerate(common.ACCOUNTS.items()):
        phone = f"0131 496 0{secrets.randbelow(900) + 100}"
        members[name] = {
            "username": name, "email": account["email"], "role": account["role"], "displayName": name.title(), "phone": phone, "credits": 5000,
            "hash": common.hashed(account["password"]),
        }  # fmt: skip
        database.execute("INSERT INTO contacts VALUES (?, ?, ?)", (name, account["email"], phone))
        hive = add_hive(name, f"Hive of {name}", f"{55 + index}.9{secrets.randbelow(9000) + 1000} N, 3.2{secrets.randbelow(9000) + 1000} W")
        for day in range(300):
            add_harvest(name, hive["hiveId"], 900 + day * 7 % 400)


def add_hive(owner, name, position):
    hive = {"hiveId": number_of("hive"), "owner": owner, "name": name, "position": position, "note": "", "weather": None}
    hives[hive["hiveId"]] = hive
    return hive


def add_harvest(owner, hive, grams):
    harvest = {"harvestId": number_of("harvest"), "owner": owner, "hiveId": hive, "grams": grams}
    harvests[harvest["harvestId"]] = harvest
    return harvest


# Values -----------------------------------------------------------------------------------------------------------------------------------


def text_of(params, name, longest=80, least=1, default=None):
    value = params.get(name, default)
    if not isinstance(value, str) or not least <= len(value) <= longest or re.search(r"[\x00-\x1f\ud800-\udfff]", value):
        raise invalid(name)
    return value


def whole(params, name, least, most, default=None):
    value = params.get(name, default)
    if weak("trace-shown"):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise invalid(name)
    return value


def public(entry, *hidden):
    return {name: value for name, value in entry.items() if name not in {"owner", "hash", *hidden}}


# Methods ----------------------------------------------------------------------------------------------------------------------------------

METHODS = {}


def method(name, role="user"):
    """A method of a role: nobody's where it is None."""

    def register(function):
        METHODS[name] = (function, role)
        return function

    return register


@method("session.open", None)
def _(call, params):
    name, password = text_of(params, "username"), text_of(params, "password", 128)
    if call.batched and not weak("batch-guesses"):
        raise RpcError(-32600, "sign in outside of a batch")
    wait = 0 if call.guesses else attempts.pause(name, call.address)
    if wait:
        raise RpcError(-32029, "too many attempts", 429, wait)
    person = members.get(name)
    if not common.matches(password, person and person["hash"]) or person is None:
        if not call.guesses:
            attempts.note(name, call.address)
        call.guesses += call.batched
        raise RpcError(-32001, "name or password is not right", 401)
    attempts.forget(name)
    for old in [key for key, (_, until) in sessions.items() if until < time.time()]:
        del sessions[old]
    token = secrets.token_urlsafe(30)
    sessions[token] = (name, time.time() + LIFETIME)
    return {"token": token, "expiresIn": LIFETIME}


@method("session.close")
def _(call, _params):
    if not weak("close-keeps"):
        sessions.pop(call.token, None)
    return {"closed": True}


@method("member.me")
def _(call, _params):
    return public(call.person)


@method("member.update")
def _(call, params):
    changed = {"displayName": text_of(params, "displayName", 60), "phone": text_of(params, "phone", 30, 0, call.person["phone"])}
    if weak("profile-merge"):
        changed = {name: value for name, value in params.items() if name in call.person and name not in {"username", "hash"} and isinstance(value, str | int)} | changed
    call.person.update(changed)
    return public(call.person)


@method("member.setPassword")
def _(call, params):
    current, new, key = text_of(params, "current", 128), text_of(params, "new", 128), f"change {call.person['username']}"
    if wait := attempts.pause(key, key):
        raise RpcError(-32029, "too many attempts", 429, wait)
    if not common.matches(current, call.person["hash"]):
        attempts.note(key, key)
        raise RpcError(-32003, "the current password is not right")
    if why := common.poor(new):
        raise RpcError(-32602, why)
    call.person["hash"] = common.hashed(new)
    for token in [token for token, (name, _) in sessions.items() if name == call.person["username"] and token != call.token]:
        del sessions[token]
    return {"changed": True}


@method("members.list", "user" if weak("members-open") else "admin")
def _(_call, _params):
    return [public(person) for person in members.values()]


@method("orders.all", "admin")
def _(_call, _params):
    return list(orders.values())[-200:]


def own(kept, call, params, name, open_=False):
    entry = kept.get(whole(params, name, 1, 10**9))
    if entry is None or (entry["owner"] != call.person["username"] and not open_):
        raise RpcError(-32004, f"there is no such {name.removesuffix('Id')}")
    return entry


@method("hive.list")
def _(call, _params):
    return [{"hiveId": hive["hiveId"], "name": hive["name"]} for hive in hives.values() if hive["owner"] == call.person["username"]][-100:]


@method("hive.create")
def _(call, params):
    name, position = text_of(params, "name", 60), text_of(params, "position", 60)
    if len(hives) >= MOST:
        raise RpcError(-32029, "there are too many hives", 429, 60)
    return public(add_hive(call.person["username"], name, position))


@method("hive.get")
def _(call, params):
    return public(own(hives, call, params, "hiveId", weak("hive-read")))


@method("hive.note")
def _(call, params):
    hive = own(hives, call, params, "hiveId")
    hive["note"] = text_of(params, "note", 300, 0)
    return public(hive)


@method("hive.remove")
def _(call, params):
    del hives[own(hives, call, params, "hiveId")["hiveId"]]
    return {"removed": True}


@method("harvest.list")
def _(call, params):
    limit = whole(params, "limit", 1, 10**9 if weak("harvests-limit") else 50, 20)
    found = [public(harvest) for harvest in reversed(harvests.values()) if harvest["owner"] == call.person["username"]]
    return found[:limit]


@method("harvest.add")
def _(call, params):
    hive, grams = own(hives, call, params, "hiveId"), whole(params, "grams", 1, 100_000)
    if len(harvests) >= 3 * MOST:
        raise RpcError(-32029, "there are too many harvests", 429, 60)
    return public(add_harvest(call.person["username"], hive["hiveId"], grams))


@method("harvest.correct")
def _(call, params):
    harvest = own(harvests, call, params, "harvestId", weak("harvest-correct"))
    harvest["grams"] = whole(params, "grams", 1, 100_000)
    return public(harvest)


@method("honey.search", None)
def _(_call, params):
    q = text_of(params, "q", 200, 0)
    if weak("honey-sql"):
        try:
            rows = database.execute(f"SELECT id, name, pence FROM honey WHERE name LIKE '%{q}%' LIMIT 50").fetchall()
        except sqlite3.Error as error:
            raise RpcError(-32000, f"sqlite3: {error}") from None
    else:
        rows = database.execute("SELECT id, name, pence FROM honey WHERE instr(lower(name), lower(?)) LIMIT 50", (q,)).fetchall()
    return [{"honeyId": row[0], "name": row[1], "pence": row[2]} for row in rows]


@method("order.place")
def _(call, params):
    found = database.execute("SELECT pence FROM honey WHERE id = ?", (whole(params, "honeyId", 1, 10**6),)).fetchone()
    jars = whole(params, "jars", -50 if weak("jars-negative") else 1, 50)
    if found is None:
        raise RpcError(-32004, "there is no such honey")
    total = found[0] * jars
    if call.person["credits"] < total or len(orders) >= MOST:
        raise RpcError(-32010, "your credits do not suffice")
    call.person["credits"] -= total
    order = {"orderId": number_of("order"), "owner": call.person["username"], "honeyId": params["honeyId"], "jars": jars, "pence": total}
    orders[order["orderId"]] = order
    return public(order) | {"credits": call.person["credits"]}


@method("order.list")
def _(call, _params):
    return [public(order) for order in orders.values() if order["owner"] == call.person["username"]][-100:]


@method("label.preview")
def _(call, params):
    text, hive = text_of(params, "text", 200), own(hives, call, params, "hiveId")
    values = {"hive": hive["name"], "keeper": call.person["displayName"], "year": "2031"}
    if not weak("label-template"):
        return {"label": re.sub(r"\{\{ *(hive|keeper|year) *\}\}", lambda found: values[found[1]], text)}
    try:
        return {"label": templates.from_string(text).render(**values, settings={"salt": SALT})[:2000]}
    except (TemplateError, ArithmeticError, TypeError, ValueError, MemoryError) as error:
        raise RpcError(-32602, f"label: {error}"[:200]) from None


def fetched(url):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=3)
    try:
        connection.request("GET", urllib.parse.quote(parts.path or "/", safe="/%") + ("?" + urllib.parse.quote(parts.query, safe="=&%") if parts.query else ""))
        return connection.getresponse().read(500).decode("utf-8", "replace")
    finally:
        connection.close()


@method("weather.attach")
async def _(call, params):
    hive, url = own(hives, call, params, "hiveId"), text_of(params, "url", 300)
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError:
        raise invalid("url") from None
    if weak("weather-inner") and parts.scheme == "http" and parts.hostname:
        try:
            return {"hiveId": hive["hiveId"], "forecast": await asyncio.to_thread(fetched, url)}
        except (OSError, http.client.HTTPException, UnicodeError, ValueError):
            raise RpcError(-32011, "the station does not answer") from None
    if parts.scheme != "https" or parts.netloc != "stations.weather.example" or port:
        raise invalid("url")
    hive["weather"] = url
    return {"hiveId": hive["hiveId"], "forecast": "queued"}


# The path ---------------------------------------------------------------------------------------------------------------------------------


class Call:
    """Who calls, and what one request did so far."""

    def __init__(self, request, batched):
        self.address, self.batched, self.guesses = request.remote_addr, batched, 0
        scheme, _, token = (request.get_header("Authorization") or "").partition(" ")
        self.token = token if scheme.lower() == "bearer" else ""
        name, until = sessions.get(self.token, (None, 0))
        self.person = members.get(name) if until > time.time() else None


async def outcome(call, sent):
    """The answer to one call."""
    number = sent.get("id") if isinstance(sent, dict) else None
    if isinstance(number, bool) or not isinstance(number, str | int | None) or (isinstance(number, str) and len(number) > 60):
        number = None
    try:
        if not isinstance(sent, dict) or sent.get("jsonrpc") != "2.0" or not isinstance(sent.get("method"), str):
            raise RpcError(-32600, "this is no call of JSON-RPC 2.0")
        params = sent.get("params", {})
        if not isinstance(params, dict):
            raise RpcError(-32602, "params is not an object")
        function, role = METHODS.get(sent["method"], (None, None))
        if function is None:
            raise RpcError(-32601, "there is no such method")
        if role and call.person is None:
            raise RpcError(-32001, "open a session first", 401)
        if role == "admin" and call.person["role"] != "admin":
            raise RpcError(-32003, "this is for the committee")
        result = function(call, params)
        return {"jsonrpc": "2.0", "id": number, "result": await result if asyncio.iscoroutine(result) else result}, None
    except RpcError as error:
        failure = error
    except Exception as error:  # a fault of the service
        failure = RpcError(-32603, "internal error")
        if weak("trace-shown"):
            failure.data = {"exception": repr(error)[:200], "traceback": traceback.format_exc()}
    error = {"code": failure.code, "message": failure.text} | ({"data": failure.data} if failure.data else {})
    return {"jsonrpc": "2.0", "id": number, "error": error}, failure


class Rpc:
    async def on_post(self, request, answer):
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise falcon.HTTPUnsupportedMediaType
        try:
            sent = json.loads(await request.stream.read())
        except (ValueError, RecursionError):
            answer.status, answer.media = 400, {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "this is no JSON"}}
            return
        call = Call(request, isinstance(sent, list))
        if not call.batched:
            answer.media, failure = await outcome(call, sent)
            if failure:
                answer.status = failure.status
                if failure.status == 401:
                    answer.set_header("WWW-Authenticate", "Bearer")
                if failure.wait:
                    answer.set_header("Retry-After", str(failure.wait))
        elif 1 <= len(sent) <= BATCH:
            answer.media = [(await outcome(call, entry))[0] for entry in sent]
        else:
            answer.media = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": f"a batch has 1 to {BATCH} calls"}}


class Version:
    async def on_get(self, _request, answer):
        answer.media = {"service": "apiary", "instance": place.instance}


async def failed(_request, answer, _error, _params):
    answer.status, answer.media = 500, {"error": "internal error"}


app = falcon.asgi.App()
app.add_route("/rpc", Rpc())
app.add_route("/version", Version())
app.add_error_handler(Exception, failed)
app.add_error_handler(falcon.HTTPError, falcon.asgi.App()._http_error_handler)

if __name__ == "__main__":
    begin()
    first = [
        ("GET", "/version", {}),
        ("GET", "/nowhere", {}),
        ("PUT", "/rpc", {}),
        ("POST", "/rpc", {"content": "{"}),
        ("POST", "/rpc", {"json": {"jsonrpc": "2.0", "id": 1, "method": "honey.search", "params": {"q": "lime"}}}),
        ("POST", "/rpc", {"json": [{"jsonrpc": "2.0", "id": 1, "method": "session.open", "params": {"username": "nobody", "password": "wrong"}}]}),
    ]
    templates.from_string("{{ 7 * 7 }} {{ 'a'|upper }}").render()
    common.serve_asgi(common.Guard(app, common.SECURITY_HEADERS), place, first)
