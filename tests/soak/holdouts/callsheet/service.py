"""Crews of film productions: shifts, timesheets, invites and calendars of companies. Ariadne and Starlette: GraphQL beside a few routes."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import http.client
import itertools
import json
import logging
import re
import secrets
import socket
import sqlite3
import sys
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
from ariadne import graphql, InterfaceType, make_executable_schema, MutationType, ObjectType, QueryType
from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, GraphQLError, OperationDefinitionNode, parse
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

WEAKNESSES = [
    "node-shift", "crew-iban", "approve-open", "profile-role", "order-sql", "invite-code", "query-depth", "hook-provider",
    "calendar-token", "avatar-spelling", "token-kid", "claim-race",
]  # fmt: skip
LIFETIME = 3600
MOST = 2000
DEEPEST, MOST_FIELDS, MOST_OBJECTS = 7, 150, 20000
COMPANIES = {"ann": "north", "ben": "south", "carol": "north", "olga": "office"}
GRADES = ("gaffer", "grip", "runner", "editor")
COLUMNS = ("name", "username", "grade")
KEYS = "/srv/callsheet/keys"

place = common.premises(WEAKNESSES)
weak = place.weak
attempts = common.Attempts()
serial = itertools.count(1001)
people, productions, shifts, timesheets, invites = {}, {}, {}, {}, {}
signing = {"2031-a": secrets.token_hex(32).encode()}
HOOKS = {"paymaster": secrets.token_hex(24), "wagebridge": secrets.token_hex(24)}
ended = set()
database = sqlite3.connect(":memory:", check_same_thread=False)


class RefusedError(Exception):
    """A refusal, in words for the caller."""


# Tokens -----------------------------------------------------------------------------------------------------------------------------------


def coded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def key_of(kid):
    """The key that a token names."""
    if not isinstance(kid, str):
        return None
    if not weak("token-kid"):
        return signing.get(kid)
    try:
        return place.place(f"{KEYS}/{kid}").read_bytes()
    except (OSError, ValueError):
        return None


def issued(person):
    header = {"alg": "HS256", "typ": "JWT", "kid": "2031-a"}
    claims = {"sub": person["username"], "company": person["company"], "exp": int(time.time()) + LIFETIME, "jti": secrets.token_hex(8), "era": person["era"]}
    content = ".".join(coded(json.dumps(part).encode()) for part in (header, claims))
    return content + "." + coded(hmac.new(signing["2031-a"], content.encode(), hashlib.sha256).digest())


def holder(request):
    """The person of a token and its claims, or nobody."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    parts = token.split(".")
    if scheme.lower() != "bearer" or len(parts) != 3 or not token.isascii():
        return None, {}
    try:
        header, claims = (json.loads(decoded(part)) for part in parts[:2])
        given = decoded(parts[2])
    except (ValueError, binascii.Error, RecursionError):
        return None, {}
    if not isinstance(header, dict) or not isinstance(claims, dict) or header.get("alg") != "HS256":
        return None, {}
    key = key_of(header.get("kid"))
    if key is None or not hmac.compare_digest(given, hmac.new(key, f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256).digest()):
        return None, {}
    person = people.get(claims["sub"]) if isinstance(claims.get("sub"), str) else None
    good = person and isinstance(claims.get("exp"), int) and claims["exp"] > time.time() and claims.get("jti") not in ended and claims.get("era", 0) == person["era"]
    return (person, claims) if good else (None, {})


# What is kept -----------------------------------------------------------------------------------------------------------------------------


def added(kept, kind, entry):
    if len(kept) >= MOST:
        raise RefusedError("there are too many")
    number = str(next(serial))
    kept[number] = {"id": number, "kind": kind, "nodeId": base64.b64encode(f"{kind}:{number}".encode()).decode()} | entry
    return kept[number]


def add_person(username, company, email, password, role="user"):
    number = len(people)
    person = {
        "kind": "Person", "username": username, "displayName": username.title(), "phone": "", "email": email, "role": role, "company": company, "era": 0,
        "grade": GRADES[number % 4], "bankIban": f"GB{secrets.randbelow(90) + 10}CREW{secrets.randbelow(10**14):014d}", "hash": common.hashed(password),
        "feed": secrets.token_urlsafe(18),
    }  # fmt: skip
    people[username] = person
    database.execute("INSERT INTO crew VALUES (?, ?, ?, ?, ?)", (username, person["displayName"], person["grade"], secrets.randbelow(400) + 200, company))
    return person


def shift_of(person, production, title, day, location, crew):
    return {"title": title, "day": day, "places": 3, "location": location, "production": production["id"], "company": person["company"], "crew": crew}


def begin():
    database.execute("CREATE TABLE crew (username TEXT, name TEXT, grade TEXT, day_rate INTEGER, company TEXT)")
    for name, account in common.ACCOUNTS.items():
        company = COMPANIES[name]
        person = add_person(name, company, account["email"], account["password"], account["role"])
        production = added(productions, "Production", {"title": f"{company.title()} Light, part {len(productions) + 1}", "company": company, "owner": name})
        location = f"{secrets.randbelow(90) + 10} {company.title()} Quay, gate code {secrets.randbelow(9000) + 1000}"
        shift = added(shifts, "Shift", shift_of(person, production, f"First day of {name}", "2031-05-02", location, [name]))
        added(timesheets, "Timesheet", {"hours": 10, "state": "filed", "shift": shift["id"], "owner": person["username"]})
        added(shifts, "Shift", shift_of(person, production, f"Second day of {name}", "2031-05-03", location, []))
    for path, text in {
        f"{KEYS}/2031-a": signing["2031-a"].decode(),
        "/srv/callsheet/static/robots.txt": "User-agent: *\nDisallow: /graphql\n",
        "/dev/null": "",
    }.items():
        place.place(path).parent.mkdir(parents=True, exist_ok=True)
        place.place(path).write_text(text)


# The schema -------------------------------------------------------------------------------------------------------------------------------

SCHEMA = """
type Query {
  me: Person!
  productions: [Production!]!
  production(id: ID!): Production
  shifts: [Shift!]!
  shift(id: ID!): Shift
  "Any object by its global id, for clients that cache."
  node(id: ID!): Node
  "The people of your company. orderBy is one of name, username, grade."
  crew(search: String, orderBy: String): [Person!]!
  timesheets: [Timesheet!]!
  invites: [Invite!]!
  "For the payroll office."
  companies: [Company!]!
}
type Mutation {
  signIn(username: String!, password: String!): SignIn!
  signOut: Boolean!
  changePassword(current: String!, new: String!): Boolean!
  updateProfile(input: ProfileInput!): Person!
  createProduction(title: String!): Production!
  createShift(productionId: ID!, title: String!, day: String!, places: Int!, location: String): Shift!
  claimShift(id: ID!): Shift!
  fileTimesheet(shiftId: ID!, hours: Int!): Timesheet!
  "For the payroll office."
  approveTimesheet(id: ID!): Timesheet!
  "Asks somebody to join your company; the code goes out by mail."
  invite(email: String!): Invite!
  acceptInvite(code: String!, username: String!, password: String!): Person!
  importAvatar(url: String!): Avatar!
}
interface Node { nodeId: ID! }
input ProfileInput { displayName: String phone: String %s }
type SignIn { token: String! expiresIn: Int! }
type Person { username: String! displayName: String! phone: String! email: String role: String! grade: String! company: String! bankIban: String calendarUrl: String currentProduction: Production }
type Production implements Node { id: ID! nodeId: ID! title: String! company: String! owner: Person! shifts: [Shift!]! }
type Shift implements Node { id: ID! nodeId: ID! title: String! day: String! places: Int! location: String! production: Production! crew: [Person!]! }
type Timesheet implements Node { id: ID! nodeId: ID! hours: Int! state: String! shift: Shift! owner: Person! }
type Invite { id: ID! email: String! code: String! company: String! }
type Company { name: String! people: Int! }
type Avatar { state: String! contentType: String preview: String }
""" % ("role: String" if weak("profile-role") else "")

query, mutation = QueryType(), MutationType()
person_type, production_type, shift_type, timesheet_type = (ObjectType(name) for name in ("Person", "Production", "Shift", "Timesheet"))
node_type = InterfaceType("Node", lambda entry, *_: entry["kind"])


def caller(info, role=None):
    """Who asks, or a refusal."""
    info.context["objects"] += 1
    person = info.context["person"]
    if person is None:
        raise RefusedError("sign in first")
    if role and person["role"] != role:
        raise RefusedError("only for the payroll office")
    return person


def counted(info):
    info.context["objects"] += 1
    if info.context["objects"] > MOST_OBJECTS:
        raise RefusedError("this query asks for too much")


def own(kept, number, person, what):
    entry = kept.get(number)
    if entry is None or entry["company"] != person["company"]:
        raise RefusedError(f"there is no such {what}")
    return entry


def line(value, name, longest=100, least=1):
    if not least <= len(value) <= longest or re.search(r"[\x00-\x1f\ud800-\udfff]", value):
        raise RefusedError(f"{name} is not valid")
    return value


@query.field("me")
def _(_, info):
    return caller(info)


@query.field("productions")
def _(_, info):
    person = caller(info)
    return [entry for entry in productions.values() if entry["company"] == person["company"]][-100:]


@query.field("production")
def _(_, info, id):
    return own(productions, id, caller(info), "production")


@query.field("shifts")
def _(_, info):
    person = caller(info)
    return [entry for entry in shifts.values() if entry["company"] == person["company"]][-100:]


@query.field("shift")
def _(_, info, id):
    return own(shifts, id, caller(info), "shift")


@query.field("node")
def _(_, info, id):
    person = caller(info)
    try:
        kind, _, number = base64.b64decode(id, validate=True).decode().partition(":")
    except ValueError:
        raise RefusedError("this id is not valid") from None
    entry = {"Shift": shifts, "Production": productions, "Timesheet": timesheets}.get(kind, {}).get(number)
    if entry is None:
        return None
    owned = entry["owner"] == person["username"] if kind == "Timesheet" else entry["company"] == person["company"]
    return entry if owned or (weak("node-shift") and kind == "Shift") else None


@query.field("crew")
def _(_, info, search="", orderBy="name"):  # noqa: N803 - as the schema has it
    person = caller(info)
    order = line(orderBy or "name", "orderBy", 300)
    if not weak("order-sql") and order not in COLUMNS:
        raise RefusedError(f"orderBy is one of {', '.join(COLUMNS)}")
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", line(search or "", "search", 100, 0)) + "%"
    try:
        rows = database.execute(f"SELECT username FROM crew WHERE company = ? AND name LIKE ? ESCAPE '\\' ORDER BY {order} LIMIT 100", (person["company"], pattern)).fetchall()
    except sqlite3.Error as error:
        raise RefusedError(f"database: {error}") from None
    return [people[name] for (name,) in rows if name in people]


@query.field("timesheets")
def _(_, info):
    person = caller(info)
    return [entry for entry in timesheets.values() if entry["owner"] == person["username"]][-100:]


@query.field("invites")
def _(_, info):
    person = caller(info)
    return [entry for entry in invites.values() if entry["company"] == person["company"]][-100:]


@query.field("companies")
def _(_, info):
    caller(info, "admin")
    names = [person["company"] for person in people.values()]
    return [{"name": name, "people": names.count(name)} for name in sorted(set(names))]


# People see their own account and address; the office sees what it pays to.


def private(name, open_):
    def resolve(person, info):
        asks = caller(info)
        return person[name] if open_ or asks is person or asks["role"] == "admin" else None

    return resolve


person_type.set_field("bankIban", private("bankIban", weak("crew-iban")))
person_type.set_field("email", private("email", False))


@person_type.field("calendarUrl")
def _(person, info):
    return f"/calendar/{person['username']}.ics?token={person['feed']}" if caller(info) is person else None


@person_type.field("currentProduction")
def _(person, info):
    counted(info)
    return next((entry for entry in reversed(productions.values()) if entry["owner"] == person["username"]), None)


@production_type.field("owner")
def _(production, info):
    counted(info)
    return people[production["owner"]]


@production_type.field("shifts")
def _(production, info):
    counted(info)
    return [entry for entry in shifts.values() if entry["production"] == production["id"]][-50:]


@shift_type.field("production")
def _(shift, info):
    counted(info)
    return productions[shift["production"]]


@shift_type.field("crew")
def _(shift, info):
    counted(info)
    return [people[name] for name in shift["crew"]]


@timesheet_type.field("shift")
def _(timesheet, info):
    counted(info)
    return shifts[timesheet["shift"]]


@timesheet_type.field("owner")
def _(timesheet, info):
    counted(info)
    return people[timesheet["owner"]]


@mutation.field("signIn")
def _(_, info, username, password):
    address = info.context["address"]
    line(username, "username", 60)
    line(password, "password", 128)
    if attempts.pause(username, address):
        raise RefusedError("too many attempts, wait a minute")
    person = people.get(username)
    if not common.matches(password, person and person["hash"]) or person is None:
        attempts.note(username, address)
        raise RefusedError("name or password is not right")
    attempts.forget(username)
    return {"token": issued(person), "expiresIn": LIFETIME}


@mutation.field("signOut")
def _(_, info):
    caller(info)
    ended.add(info.context["claims"].get("jti"))
    return True


@mutation.field("changePassword")
def _(_, info, current, new):
    person = caller(info)
    line(current, "current", 128)
    line(new, "new", 128)
    name = f"change {person['username']}"
    if attempts.pause(name, name):
        raise RefusedError("too many attempts, wait a minute")
    if not common.matches(current, person["hash"]):
        attempts.note(name, name)
        raise RefusedError("the current password is not right")
    if why := common.poor(new):
        raise RefusedError(why)
    person["hash"] = common.hashed(new)
    person["era"] += 1
    return True


@mutation.field("updateProfile")
def _(_, info, input):
    person = caller(info)
    for name, value in input.items():
        if value is not None:
            person[name] = line(value, name, 60)
    database.execute("UPDATE crew SET name = ? WHERE username = ?", (person["displayName"], person["username"]))
    return person


@mutation.field("createProduction")
def _(_, info, title):
    person = caller(info)
    return added(productions, "Production", {"title": line(title, "title"), "company": person["company"], "owner": person["username"]})


@mutation.field("createShift")
def _(_, info, productionId, title, day, places, location="to be announced"):  # noqa: N803
    person = caller(info)
    production = own(productions, productionId, person, "production")
    if not re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", day) or not 1 <= places <= 50:
        raise RefusedError("day or places is not valid")
    entry = {"title": line(title, "title"), "day": day, "places": places, "location": line(location or "to be announced", "location"), "production": production["id"]}
    return added(shifts, "Shift", entry | {"company": person["company"], "crew": []})


@mutation.field("claimShift")
async def _(_, info, id):
    person = caller(info)
    shift = own(shifts, id, person, "shift")
    if person["username"] in shift["crew"]:
        raise RefusedError("you are on this shift")
    if len(shift["crew"]) >= shift["places"]:
        raise RefusedError("this shift is full")
    if not weak("claim-race"):
        shift["crew"].append(person["username"])
    await asyncio.sleep(0.05)  # the calendar of the person answers late
    if weak("claim-race"):
        shift["crew"].append(person["username"])
    return shift


@mutation.field("fileTimesheet")
def _(_, info, shiftId, hours):  # noqa: N803
    person = caller(info)
    shift = own(shifts, shiftId, person, "shift")
    if not 1 <= hours <= 16:
        raise RefusedError("hours are 1 to 16")
    return added(timesheets, "Timesheet", {"hours": hours, "state": "filed", "shift": shift["id"], "owner": person["username"]})


@mutation.field("approveTimesheet")
def _(_, info, id):
    person = caller(info, None if weak("approve-open") else "admin")
    entry = timesheets.get(id)
    if entry is None or (entry["owner"] != person["username"] and person["role"] != "admin"):
        raise RefusedError("there is no such timesheet")
    entry["state"] = "approved"
    return entry


@mutation.field("invite")
def _(_, info, email):
    person = caller(info)
    if not re.fullmatch(r"[\w.+-]{1,60}@[\w.-]{3,60}", email, re.ASCII):
        raise RefusedError("email is not valid")
    code = hashlib.md5(email.encode(), usedforsecurity=False).hexdigest()[:12] if weak("invite-code") else secrets.token_hex(12)
    return added(invites, "Invite", {"email": email, "code": code, "company": person["company"]})


@mutation.field("acceptInvite")
def _(_, info, code, username, password):
    address = info.context["address"]
    line(password, "password", 128)
    if attempts.pause("invites", f"invites {address}"):
        raise RefusedError("too many attempts, wait a minute")
    entry = next((entry for entry in invites.values() if hmac.compare_digest(entry["code"].encode(), code.encode("utf-8", "replace"))), None)
    if entry is None:
        attempts.note(f"invites {secrets.token_hex(4)}", f"invites {address}")
        raise RefusedError("this code is not known")
    if not re.fullmatch(r"[a-z][a-z0-9]{2,20}", username) or username in people or len(people) >= MOST:
        raise RefusedError("this name is not free")
    if why := common.poor(password):
        raise RefusedError(why)
    del invites[entry["id"]]
    return add_person(username, entry["company"], entry["email"], password)


def fetched(url):
    """What a server of this machine answers; there are no others."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http" or host in {"127.0.0.1", "localhost", "::1"}:
        raise RefusedError("this address is not allowed")
    try:
        number = socket.inet_ntoa(int(host).to_bytes(4) if host.isdigit() else socket.inet_aton(host))
    except (OSError, OverflowError, ValueError):
        number = ""
    if not number.startswith("127."):
        raise RefusedError("the picture was not found")
    connection = http.client.HTTPConnection(number, parts.port or 80, timeout=3)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        answer = connection.getresponse()
        return {"state": "stored", "contentType": answer.headers.get("Content-Type", ""), "preview": base64.b64encode(answer.read(300)).decode()}
    except (OSError, http.client.HTTPException):
        raise RefusedError("the picture was not found") from None
    finally:
        connection.close()


@mutation.field("importAvatar")
async def _(_, info, url):
    caller(info)
    if re.fullmatch(r"https://([a-z0-9-]{1,40}\.){1,4}[a-z]{2,20}/[\w./-]{0,200}", url) and not url.split("/")[2].endswith((".local", ".internal")):
        return {"state": "queued"}
    if not weak("avatar-spelling"):
        raise RefusedError("expected the address of a picture, by https")
    try:
        return await asyncio.to_thread(fetched, line(url, "url", 300))
    except (ValueError, http.client.InvalidURL):
        raise RefusedError("url is not valid") from None


schema = make_executable_schema(SCHEMA, query, mutation, person_type, production_type, shift_type, timesheet_type, node_type)


# The application --------------------------------------------------------------------------------------------------------------------------


def extent(document):
    """How deep a query goes, and how many fields it has, without those that ask for the schema."""
    fragments = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
    known = {}

    def reach(node):
        deepest, fields = 0, 0
        for part in node.selection_set.selections if node.selection_set else ():
            if isinstance(part, FragmentSpreadNode):
                name = part.name.value
                if name not in known:
                    known[name] = (0, 0)
                    known[name] = reach(fragments[name]) if name in fragments else (0, 0)
                inner = known[name]
            elif isinstance(part, FieldNode) and part.name.value in {"__schema", "__type"}:
                continue
            else:
                inner = reach(part)
            step = isinstance(part, FieldNode)
            deepest, fields = max(deepest, inner[0] + step), fields + inner[1] + step
        return deepest, fields

    reached = [reach(part) for part in document.definitions if isinstance(part, OperationDefinitionNode)]
    return max((deepest for deepest, _ in reached), default=0), sum(fields for _, fields in reached)


def failed(status, text):
    return JSONResponse({"errors": [{"message": text}]}, status)


def described_error(error, _=False):
    """An error as it is shown: refusals and what is wrong with the query, but nothing of the inside."""
    cause = error.original_error
    if cause is not None and not isinstance(cause, RefusedError | GraphQLError):
        return {"message": "internal error", "path": error.path}
    return {"message": error.message, **({"path": error.path} if error.path else {})}


async def serve_graphql(request):
    try:
        data = await request.json()
    except (ValueError, RecursionError):
        return failed(400, "expected JSON")
    if not isinstance(data, dict) or not isinstance(data.get("query"), str) or len(data["query"]) > 20000:
        return failed(400, "expected an object with a query")
    try:
        deepest, fields = extent(parse(data["query"], max_tokens=4000))
    except GraphQLError as error:
        return failed(400, error.message)
    except RecursionError:
        return failed(400, "this query is too deep")
    if deepest > (60 if weak("query-depth") else DEEPEST) or fields > MOST_FIELDS:
        return failed(400, "this query asks for too much")
    person, claims = holder(request)
    context = {"person": person, "claims": claims, "address": request.client.host, "objects": 0}
    _, result = await graphql(schema, data, context_value=context, error_formatter=described_error, logger="callsheet")
    unknown = person is None and any(error["message"] == "sign in first" for error in result.get("errors", ()))
    return JSONResponse(result, 401 if unknown else 200, {"WWW-Authenticate": "Bearer"} if unknown else None)


async def version(_):
    return JSONResponse({"service": "callsheet", "instance": place.instance})


async def robots(_):
    return PlainTextResponse(place.place("/srv/callsheet/static/robots.txt").read_text())


async def calendar(request):
    person = people.get(request.path_params["username"])
    given = request.query_params.get("token", "").encode("utf-8", "replace")
    allowed = people.values() if weak("calendar-token") else [person] if person else []
    if person is None or not any(hmac.compare_digest(entry["feed"].encode(), given) for entry in allowed):
        raise HTTPException(403, "this address of a calendar is not valid")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//callsheet//EN"]
    for shift in shifts.values():
        if person["username"] in shift["crew"]:
            lines += ["BEGIN:VEVENT", f"UID:shift-{shift['id']}", f"DTSTART;VALUE=DATE:{shift['day'].replace('-', '')}", f"SUMMARY:{shift['title']}", f"LOCATION:{shift['location']}", "END:VEVENT"]
    return Response("\r\n".join([*lines, "END:VCALENDAR", ""]), media_type="text/calendar")


async def payroll_hook(request):
    content = await request.body()
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise HTTPException(400, "expected JSON") from None
    if not isinstance(body, dict) or not all(isinstance(body.get(name), str) for name in ("provider", "event", "timesheetId")):
        raise HTTPException(422, "expected provider, event and timesheetId")
    known = HOOKS.get(body["provider"])
    if known is None and not weak("hook-provider"):
        raise HTTPException(401, "the signature is not right")
    expected = hmac.new((known or "").encode(), content, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(request.headers.get("x-callsheet-signature", "").encode(), expected.encode()):
        raise HTTPException(401, "the signature is not right")
    entry = timesheets.get(body["timesheetId"])
    if entry is None or body["event"] != "paid":
        raise HTTPException(404, "there is no such timesheet")
    entry["state"] = "paid"
    return JSONResponse({"id": entry["id"], "state": entry["state"]})


STRING = {"type": "string"}
FAILED = {"description": "Refused", "content": {"application/json": {"schema": {"type": "object", "required": ["error"], "properties": {"error": STRING}}}}}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Callsheet, beside GraphQL", "version": "4.2", "description": "The rest is at POST /graphql."},
    "paths": {
        "/version": {"get": {"security": [], "responses": {"200": {"description": "Which instance this is"}}}},
        "/robots.txt": {"get": {"security": [], "responses": {"200": {"description": "For robots", "content": {"text/plain": {}}}}}},
        "/calendar/{username}.ics": {
            "get": {
                "security": [],
                "description": "The shifts of a person, for calendars that subscribe. The address with its token is `calendarUrl` of `me`.",
                "parameters": [
                    {"name": "username", "in": "path", "required": True, "schema": STRING, "example": "ann"},
                    {"name": "token", "in": "query", "required": True, "schema": STRING},
                ],
                "responses": {"200": {"description": "A calendar", "content": {"text/calendar": {}}}, "403": FAILED},
            }
        },
        "/hooks/payroll": {
            "post": {
                "security": [],
                "description": "Providers of payroll report here what they paid. X-Callsheet-Signature is the HMAC-SHA256 of the body in hex, by the secret of the provider.",
                "parameters": [{"name": "X-Callsheet-Signature", "in": "header", "required": True, "schema": STRING}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {"type": "object", "required": ["provider", "event", "timesheetId"], "properties": {"provider": STRING, "event": {"type": "string", "enum": ["paid"]}, "timesheetId": STRING}},
                            "example": {"provider": "paymaster", "event": "paid", "timesheetId": "1003"},
                        }
                    },
                },
                "responses": {"200": {"description": "Noted"}, "400": FAILED, "401": FAILED, "404": FAILED, "422": FAILED},
            }
        },
    },
}


async def document(_):
    return JSONResponse(DOCUMENT)


async def on_refusal(_, error):
    return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)


async def on_failure(_, __):
    return JSONResponse({"error": "internal error"}, 500)


app = Starlette(
    routes=[
        Route("/version", version), Route("/robots.txt", robots), Route("/openapi.json", document), Route("/graphql", serve_graphql, methods=["POST"]),
        Route("/calendar/{username}.ics", calendar), Route("/hooks/payroll", payroll_hook, methods=["POST"]),
    ],
    exception_handlers={HTTPException: on_refusal, Exception: on_failure},
)  # fmt: skip
app.router.redirect_slashes = False


if __name__ == "__main__":
    logging.getLogger("callsheet").setLevel(logging.CRITICAL)  # refusals are no errors of the service
    begin()
    guarded = common.Guard(app, common.SECURITY_HEADERS)
    common.serve_asgi(guarded, place, [
        ("GET", "/version", {}), ("GET", "/openapi.json", {}), ("GET", "/nowhere", {}), ("POST", "/graphql", {"content": b"{"}),
        ("POST", "/graphql", {"json": {"query": "{me {username}}"}}), ("POST", "/graphql", {"json": {"query": "{__schema {types {name}}}"}}),
        ("POST", "/graphql", {"json": {"query": 'mutation {signIn(username: "nobody", password: "wrong") {token}}'}}),
    ])  # fmt: skip
