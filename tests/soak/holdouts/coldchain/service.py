"""Transports of medicines that are kept cold, for several tenants: JSON, and GraphQL for the new front. aiohttp and graphql-core."""

import asyncio
import contextlib
import hmac
import http.client
import itertools
import json
import re
import secrets
import sys
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import aiohttp
import common
import directory
import graphql
import jwt
from aiohttp import web, web_response

WEAKNESSES = [
    "graphql-tenant", "graphql-aliases", "graphql-carrier", "refresh-kept", "directory-filter", "drivers-bulk", "tracker-userinfo",
    "profile-cached", "transfer-self", "invite-role", "method-override", "debug-vars",
]  # fmt: skip
LIFETIME, REFRESHED = 900, 86400
MOST = 2000
TENANTS = {"ann": "north", "ben": "south", "carol": "north", "olga": "office"}
NAME, EMAIL = re.compile(r"[a-z][a-z0-9._-]{2,39}"), re.compile(r"[^@\s]{1,40}@[^@\s]{3,40}")
TRACKERS = "trackers.coldchain.example"
FIELDS_AT_ONCE = 10
TOKEN_KEY = secrets.token_hex(32)

place = common.premises(WEAKNESSES)
weak = place.weak
attempts, bucket = common.Attempts(), common.Bucket(200, 120)
pins = common.Attempts(names=10)
serial = itertools.count(1)
people, sessions, refreshes, invitations = {}, {}, {}, {}
shipments, drivers, transfers, carriers = {}, {}, {}, {}


class RefusedError(Exception):
    """What an operation does not do, with its status."""

    def __init__(self, status, text, headers=None):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers or {}


def added(kept, entry):
    if len(kept) >= MOST:
        raise RefusedError(429, "there are too many", {"Retry-After": "60"})
    number = next(serial)
    kept[number] = {"id": number} | entry
    return kept[number]


def begin():
    for number, name in ((1, "Frost and Sons"), (2, "Polar Line")):
        carriers[number] = {"id": number, "name": name, "phone": f"0161 496 000{number}", "apiToken": f"carrier_{secrets.token_hex(12)}"}
    for name, account in common.ACCOUNTS.items():
        tenant = TENANTS[name]
        people[name] = {"username": name, "email": account["email"], "tenant": tenant, "role": "admin" if account["role"] == "admin" else "dispatcher", "hash": common.hashed(account["password"])}
        added(shipments, {"tenant": tenant, "cargo": "vaccines", "destination": f"Elmstead {secrets.randbelow(90) + 1}", "recipient": f"Dr {name.title()}", "state": "on the way", "carrier": 1, "pin": f"{secrets.randbelow(10000):04d}"})
        added(drivers, {"tenant": tenant, "name": f"Driver of {name}", "phone": f"0161 496 0{secrets.randbelow(900) + 100}"})


# Who calls --------------------------------------------------------------------------------------------------------------------------------


def issue(person, family=None):
    """A token to call with, and one to get the next by."""
    session, refresh = secrets.token_hex(12), secrets.token_urlsafe(32)
    family = family or secrets.token_hex(8)
    sessions[session] = (person["username"], family)
    refreshes[refresh] = (person["username"], family, time.time() + REFRESHED)
    claims = {"iss": "coldchain", "sub": person["username"], "sid": session, "exp": int(time.time()) + LIFETIME}
    return {"access_token": jwt.encode(claims, TOKEN_KEY, "HS256"), "refresh_token": refresh, "expires_in": LIFETIME}


def end(username, keep=None):
    """End all sessions of somebody, but for one family."""
    for kept in (sessions, refreshes):
        for token in [token for token, entry in kept.items() if entry[0] == username and entry[1] != keep]:
            del kept[token]


def caller(request):
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        claims = jwt.decode(token, TOKEN_KEY, ["HS256"], issuer="coldchain", options={"require": ["exp", "sub"]}) if scheme.lower() == "bearer" else {}
    except jwt.PyJWTError:
        claims = {}
    username, family = sessions.get(claims.get("sid"), ("", ""))
    if not username or username != claims["sub"]:
        raise RefusedError(401, "sign in first", {"WWW-Authenticate": "Bearer"})
    request["session"], request["family"] = claims["sid"], family
    return people[username]


def dispatcher(request):
    person = caller(request)
    if person["role"] not in {"dispatcher", "admin"}:
        raise RefusedError(403, "only for dispatchers")
    return person


def administrator(request):
    person = caller(request)
    if person["role"] != "admin":
        raise RefusedError(403, "only for the office")
    return person


def own(kept, number, person, what, open_=False):
    """An entry of the caller's tenant."""
    entry = kept.get(int(number)) if re.fullmatch(r"[0-9]{1,9}", str(number)) else None
    if entry is None or (entry["tenant"] != person["tenant"] and not open_):
        raise RefusedError(404, f"there is no such {what}")
    return entry


def of(kept, person):
    return [entry for entry in kept.values() if entry["tenant"] == person["tenant"]][-100:]


async def body_of(request, kind=dict):
    if request.content_type != "application/json":
        raise RefusedError(415, "expected application/json")
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise RefusedError(400, "the body is not JSON") from None
    if not isinstance(body, kind):
        raise RefusedError(422, f"expected {'an object' if kind is dict else 'a list'}")
    return body


def text(body, name, longest=200):
    value = body.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= longest or re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", value):
        raise RefusedError(422, f"{name} is not valid")
    return value


def whole(body, name):
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 10**9:
        raise RefusedError(422, f"{name} is not valid")
    return value


def waits(kept, name, address):
    if wait := kept.pause(name, address):
        raise RefusedError(429, "too many attempts", {"Retry-After": str(wait)})


def outline(entry):
    return {name: entry[name] for name in ("id", "tenant", "cargo", "destination", "recipient", "state", "carrier")}


def account(person):
    return {name: person[name] for name in ("username", "email", "tenant", "role")}


# Operations -------------------------------------------------------------------------------------------------------------------------------

routes = web.RouteTableDef()


@routes.get("/version")
async def version(_):
    return web.json_response({"service": "coldchain", "instance": place.instance})


@routes.post("/auth/login")
async def login(request):
    body = await body_of(request)
    username, password = text(body, "username", 60), text(body, "password", 128)
    waits(attempts, username, request.remote)
    person = people.get(username)
    if not common.matches(password, person and person["hash"]) or person is None:
        attempts.note(username, request.remote)
        raise RefusedError(401, "name or password is wrong", {"WWW-Authenticate": "Bearer"})
    attempts.forget(username)
    return web.json_response(issue(person))


@routes.post("/auth/refresh")
async def refresh(request):
    token = text(await body_of(request), "refresh_token", 100)
    username, family, until = refreshes.pop(token, ("", "", 0))
    if until < time.time():
        raise RefusedError(401, "this token is not valid", {"WWW-Authenticate": "Bearer"})
    for session in [session for session, entry in sessions.items() if entry[1] == family]:
        del sessions[session]
    return web.json_response(issue(people[username], family))


@routes.post("/auth/logout")
async def logout(request):
    caller(request)
    sessions.pop(request["session"])
    if not weak("refresh-kept"):
        for token in [token for token, entry in refreshes.items() if entry[1] == request["family"]]:
            del refreshes[token]
    return web.Response(status=204)


@routes.get("/me")
async def me(request):
    return web.json_response(account(caller(request)))


@routes.get("/me/{view}")
async def me_view(request):
    if not weak("profile-cached"):
        raise RefusedError(404, "there is no such page")
    answer = web.json_response(account(caller(request)))
    if re.search(r"\.(css|js|png|ico|svg)$", request.path):
        answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@routes.put("/me/password")
async def password(request):
    person = caller(request)
    body = await body_of(request)
    current, new = text(body, "current", 128), text(body, "new", 128)
    key = f"change {person['username']}"
    waits(attempts, key, key)
    if not common.matches(current, person["hash"]):
        attempts.note(key, key)
        raise RefusedError(403, "the current password is wrong")
    if why := common.poor(new):
        raise RefusedError(422, why)
    person["hash"] = common.hashed(new)
    end(person["username"], request["family"])
    return web.Response(status=204)


@routes.get("/directory")
async def find(request):
    person = caller(request)
    name = request.query.get("name", "")
    if len(name) > 200:
        raise RefusedError(422, "name is not valid")
    part = name if weak("directory-filter") else directory.escaped(name)
    entries = [{"objectClass": "person", "cn": entry["username"], "mail": entry["email"], "ou": entry["tenant"]} for entry in people.values()]
    found = directory.search(entries, f"(|(&(ou={person['tenant']})(cn=*{part}*))(&(ou=public)(cn=*{part}*)))")
    return web.json_response([{key: entry[key] for key in ("cn", "mail", "ou")} for entry in found[:100]])


@routes.post("/invitations")
async def invite(request):
    person = dispatcher(request)
    body = await body_of(request)
    email, role = text(body, "email", 80), text(body, "role", 20)
    roles = {"viewer", "dispatcher", "admin"} if weak("invite-role") or person["role"] == "admin" else {"viewer", "dispatcher"}
    if not EMAIL.fullmatch(email) or role not in roles:
        raise RefusedError(422, "email or role is not valid")
    if len(invitations) >= MOST:
        raise RefusedError(429, "there are too many", {"Retry-After": "60"})
    code = secrets.token_hex(16)
    invitations[code] = {"tenant": person["tenant"], "role": role, "email": email}
    return web.json_response({"code": code} | invitations[code], status=201)


@routes.post("/invitations/accept")
async def accept(request):
    body = await body_of(request)
    code, username, chosen = text(body, "code", 60), text(body, "username", 40), text(body, "password", 128)
    key = f"accept {request.remote}"
    waits(pins, key, key)
    if code not in invitations:
        pins.note(key, key)
        raise RefusedError(404, "there is no such invitation")
    if not NAME.fullmatch(username):
        raise RefusedError(422, "username is not valid")
    if why := common.poor(chosen):
        raise RefusedError(422, why)
    if username in people:
        raise RefusedError(409, "this name is taken")
    people[username] = {"username": username, "hash": common.hashed(chosen)} | invitations.pop(code)
    return web.json_response(account(people[username]), status=201)


@routes.get("/shipments")
async def list_shipments(request):
    return web.json_response([outline(entry) for entry in of(shipments, caller(request))])


@routes.post("/shipments")
async def add_shipment(request):
    person = dispatcher(request)
    body = await body_of(request)
    entry = {name: text(body, name, 100) for name in ("cargo", "destination", "recipient")}
    entry |= {"tenant": person["tenant"], "state": "waiting", "carrier": 1, "pin": f"{secrets.randbelow(10000):04d}"}
    return web.json_response(outline(added(shipments, entry)), status=201)


@routes.get("/shipments/{shipment}")
async def shipment(request):
    return web.json_response(outline(own(shipments, request.match_info["shipment"], caller(request), "shipment")))


@routes.patch("/shipments/{shipment}")
async def change_shipment(request):
    entry = own(shipments, request.match_info["shipment"], dispatcher(request), "shipment")
    entry["destination"] = text(await body_of(request), "destination", 100)
    return web.json_response(outline(entry))


def reading(url):
    """What a tracker answers; of this machine alone, as it reaches no others."""
    parts = urllib.parse.urlsplit(url)
    if not re.fullmatch(r"localhost|127\.\d+\.\d+\.\d+", parts.hostname or ""):
        raise OSError("no route")
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=3)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        return connection.getresponse().read(1000).decode("utf-8", "replace")
    finally:
        connection.close()


@routes.post("/shipments/{shipment}/tracker")
async def tracker(request):
    """Read the tracker of a shipment, a device of the makers."""
    own(shipments, request.match_info["shipment"], dispatcher(request), "shipment")
    url = text(await body_of(request), "url", 300)
    good = url.startswith(f"http://{TRACKERS}") if weak("tracker-userinfo") else re.fullmatch(rf"http://{re.escape(TRACKERS)}(/[a-z0-9/]{{0,60}})?", url)
    if not good:
        raise RefusedError(422, f"expected the address of a tracker, of {TRACKERS}")
    try:
        return web.json_response({"url": url, "state": "read", "reading": await asyncio.to_thread(reading, url)})
    except (OSError, ValueError, http.client.HTTPException):
        return web.json_response({"url": url, "state": "not reached"})


@routes.get("/drivers")
async def list_drivers(request):
    return web.json_response(of(drivers, caller(request)))


@routes.post("/drivers")
async def add_driver(request):
    person = dispatcher(request)
    body = await body_of(request)
    return web.json_response(added(drivers, {"tenant": person["tenant"], "name": text(body, "name", 60), "phone": text(body, "phone", 30)}), status=201)


@routes.patch("/drivers")
async def change_drivers(request):
    person = dispatcher(request)
    body = await body_of(request, list)
    if not 1 <= len(body) <= 50 or not all(isinstance(row, dict) for row in body):
        raise RefusedError(422, "expected 1 to 50 drivers")
    changes = []
    for row in body:
        open_ = weak("drivers-bulk") and bool(changes)  # the first is looked at
        changes.append((own(drivers, whole(row, "id"), person, "driver", open_), text(row, "phone", 30)))
    for driver, phone in changes:
        driver["phone"] = phone
    return web.json_response([driver for driver, _ in changes])


def remove_driver(number, person):
    entry = own(drivers, number, person, "driver", person["role"] == "admin")
    del drivers[entry["id"]]
    return web.Response(status=204)


@routes.post("/drivers/{driver}")
async def change_driver(request):
    person = dispatcher(request)
    if weak("method-override") and request.headers.get("X-HTTP-Method-Override", "").upper() == "DELETE":
        return remove_driver(request.match_info["driver"], person)
    entry = own(drivers, request.match_info["driver"], person, "driver")
    entry["phone"] = text(await body_of(request), "phone", 30)
    return web.json_response(entry)


@routes.delete("/drivers/{driver}")
async def delete_driver(request):
    return remove_driver(request.match_info["driver"], administrator(request))


@routes.get("/transfers")
async def list_transfers(request):
    return web.json_response(of(transfers, caller(request)))


@routes.post("/transfers")
async def add_transfer(request):
    """Ask to give a shipment to another tenant; a second dispatcher approves."""
    person = dispatcher(request)
    body = await body_of(request)
    entry = own(shipments, whole(body, "shipment"), person, "shipment")
    if (to := text(body, "to", 40)) not in TENANTS.values() or to == person["tenant"]:
        raise RefusedError(422, "to is not valid")
    made = {"tenant": person["tenant"], "shipment": entry["id"], "to": to, "asked_by": person["username"], "approved_by": None}
    return web.json_response(added(transfers, made), status=201)


@routes.post("/transfers/{transfer}/approve")
async def approve(request):
    person = dispatcher(request)
    entry = own(transfers, request.match_info["transfer"], person, "transfer", person["role"] == "admin")
    text(await body_of(request), "note", 200)
    if entry["approved_by"]:
        raise RefusedError(409, "this transfer is approved")
    if entry["asked_by"] == person["username"] and not weak("transfer-self"):
        raise RefusedError(403, "a second dispatcher approves")
    moved = shipments.get(entry["shipment"])
    if moved is None or moved["tenant"] != entry["tenant"]:
        raise RefusedError(409, "the shipment is no longer here")
    entry["approved_by"], moved["tenant"] = person["username"], entry["to"]
    return web.json_response(entry)


@routes.get("/admin/tenants")
async def tenants(request):
    administrator(request)
    return web.json_response([{"name": name, "shipments": sum(entry["tenant"] == name for entry in shipments.values())} for name in sorted(set(TENANTS.values()))])


if weak("debug-vars"):

    @routes.get("/debug/vars")
    async def debug(_):
        counts = {"people": len(people), "shipments": len(shipments), "sessions": len(sessions)}
        return web.json_response({"cmdline": ["coldchain", "--workers=2"], "env": {"COLDCHAIN_ENV": "production", "TOKEN_KEY": TOKEN_KEY, "CARRIER_TOKENS": [entry["apiToken"] for entry in carriers.values()]}, "counts": counts})


# GraphQL ----------------------------------------------------------------------------------------------------------------------------------

SCHEMA = graphql.build_schema("""
type Me {username: String! tenant: String! role: String!}
type Carrier {id: Int! name: String! phone: String! "For the office" apiToken: String}
type Shipment {id: Int! cargo: String! destination: String! recipient: String! state: String! carrier: Carrier!}
type Query {me: Me! shipments: [Shipment!]! shipment(id: Int!): Shipment carriers: [Carrier!]!}
type Mutation {"The pin is the recipient's" confirmPickup(id: Int!, pin: String!): Shipment}
""")


class Root:
    """What the fields of a request bring."""

    def __init__(self, person):
        self.person = person
        self.counted = set()

    def carrier(self, number):
        entry = carriers[number]
        open_ = weak("graphql-carrier") or self.person["role"] == "admin"
        return entry | {"apiToken": entry["apiToken"] if open_ else None}

    def fields(self, entry):
        return outline(entry) | {"carrier": self.carrier(entry["carrier"])}

    def me(self, _):
        return account(self.person)

    def shipments(self, _):
        return [self.fields(entry) for entry in of(shipments, self.person)]

    def shipment(self, _, **arguments):
        return self.fields(own(shipments, arguments["id"], self.person, "shipment", weak("graphql-tenant")))

    def carriers(self, _):
        return [self.carrier(number) for number in carriers]

    def confirmPickup(self, _, pin, **arguments):  # noqa: N802 - as the schema has it
        entry = own(shipments, arguments["id"], self.person, "shipment")
        key = f"pin {entry['id']}"
        if key not in self.counted:
            waits(pins, key, key)
        if entry["state"] == "delivered":
            raise RefusedError(409, "this shipment is delivered")
        if not hmac.compare_digest(pin.encode("utf-8", "replace"), entry["pin"].encode()):
            if key not in self.counted:
                pins.note(key, key)
            if weak("graphql-aliases"):
                self.counted.add(key)
            raise RefusedError(403, "the pin is wrong")
        entry["state"] = "delivered"
        return self.fields(entry)


def widest(document):
    """How many fields stand in a request or in a fragment, in the one that has the most."""
    return max((len(node.selection_set.selections) for node in document.definitions if getattr(node, "selection_set", None)), default=0)


@routes.post("/graphql")
async def ask(request):
    person = caller(request)
    body = await body_of(request)
    variables = body.get("variables") or {}
    if not isinstance(body.get("query"), str) or not isinstance(variables, dict) or not isinstance(body.get("operationName") or "", str):
        raise RefusedError(422, "query or variables are not valid")
    try:
        document = graphql.parse(body["query"], max_tokens=8000 if weak("graphql-aliases") else 1000)
    except (graphql.GraphQLError, RecursionError):
        return web.json_response({"errors": [{"message": "the query cannot be read"}]}, status=400)
    if not weak("graphql-aliases") and widest(document) > FIELDS_AT_ONCE:
        return web.json_response({"errors": [{"message": f"expected {FIELDS_AT_ONCE} fields at most"}]}, status=400)
    if graphql.validate(SCHEMA, document, max_errors=5):
        return web.json_response({"errors": [{"message": "the query does not fit the schema"}]}, status=400)
    result = graphql.execute_sync(SCHEMA, document, Root(person), variable_values=variables, operation_name=body.get("operationName"))
    answer = {"data": result.data}
    if result.errors:
        answer["errors"] = [{"message": error.original_error.text if isinstance(error.original_error, RefusedError) else "this field brings nothing", "path": error.path} for error in result.errors]
    return web.json_response(answer)


# The application --------------------------------------------------------------------------------------------------------------------------


def refusal(error):
    return web.json_response({"error": error.text}, status=error.status, headers=error.headers)


@web.middleware
async def gate(request, handler):
    if request.path != "/version" and not bucket.admits(request.remote):
        return refusal(RefusedError(429, "too many requests", {"Retry-After": "1"}))
    try:
        return await handler(request)
    except RefusedError as error:
        return refusal(error)
    except web.HTTPException as error:
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return refusal(RefusedError(error.status, {404: "there is no such page", 413: "the body is too large"}.get(error.status, error.reason.lower()), headers))
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception:
        return refusal(RefusedError(500, "internal error"))


async def headers(_, answer):
    answer.headers.popall("Server", None)
    for name, value in common.SECURITY_HEADERS.items():
        answer.headers.setdefault(name, value)


async def serve():
    app = web.Application(middlewares=[gate], client_max_size=common.BODY_LIMIT)
    app.add_routes(routes)
    app.on_response_prepare.append(headers)
    web_response.SERVER_SOFTWARE = "coldchain"  # what answers to requests that cannot be read would show
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    listener = common.listening()
    await web.SockSite(runner, listener).start()
    port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as client:  # what is imported late is there before the process is confined
        async with client.post(f"{url}/auth/login", json={"username": "ann", "password": common.ACCOUNTS["ann"]["password"]}) as answer:
            known = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
        for query in ("{shipments {id carrier {name}}}", "{nothing}", "{", "query($id: Int!) {shipment(id: $id) {id}}", 'mutation {confirmPickup(id: 3, pin: "x") {id}}', "{__schema {types {name}}}"):
            async with client.post(f"{url}/graphql", json={"query": query}, headers=known):
                pass
        for method, path in (("GET", "/directory?name=a"), ("GET", "/nowhere"), ("PUT", "/drivers"), ("POST", "/auth/logout")):
            async with client.request(method, url + path, headers=known):
                pass
    await asyncio.to_thread(time.sleep, 0)
    common.confine(place.folder)
    common.announce(port, place)
    await asyncio.Event().wait()


if __name__ == "__main__":
    begin()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())
