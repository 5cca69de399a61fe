"""Tickets of a help desk: Starlette, GraphQL, data in SQLite."""

import json
import re
import secrets
import sqlite3
import sys
import traceback
from pathlib import Path

from graphql import (
    graphql_sync,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    parse,
    validate,
)
from graphql.language import FieldNode, FragmentDefinitionNode, FragmentSpreadNode
from graphql.validation import NoSchemaIntrospectionCustomRule, specified_rules
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = ["introspection", "ticket-read", "people-open", "search-sql", "errors-detailed", "settings-secrets", "register-role", "depth-open"]
PLACE = common.premises(WEAKNESSES)
DEPTH, FIELDS = 7, 80
TABLES = """
CREATE TABLE people (username TEXT PRIMARY KEY, email TEXT, role TEXT, hash TEXT, city TEXT);
CREATE TABLE tickets (id TEXT PRIMARY KEY, owner TEXT, subject TEXT, text TEXT, state TEXT);
"""
sessions = {}
attempts = common.Attempts()


def connect():
    return sqlite3.connect(str(PLACE.folder / "helpdesk.sqlite"), timeout=10, isolation_level=None)


def ask(statement, *values):
    connection = connect()
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(statement, values)]
    finally:
        connection.close()


def prepare():
    connection = connect()
    connection.executescript(TABLES)
    connection.close()
    for name, entry in common.ACCOUNTS.items():
        ask("INSERT INTO people VALUES (?, ?, ?, ?, 'Leeds')", name, entry["email"], entry["role"], common.hashed(entry["password"]))
        for subject in ("Printer is stuck", "New chair"):
            ask("INSERT INTO tickets VALUES (?, ?, ?, ?, 'OPEN')", secrets.token_hex(8), name, f"{subject}: {name}", f"Call {name} at extension {secrets.randbelow(900) + 100}")


def refused(text, code):
    return GraphQLError(text, extensions={"code": code})


def caller(info):
    if info.context["person"] is None:
        raise refused("sign in first", "UNAUTHENTICATED")
    return info.context["person"]


def text_of(text, longest, name):
    if not 1 <= len(text) <= longest or "\0" in text:
        raise refused(f"{name} is not valid", "BAD_USER_INPUT")
    return text


def login(_, info, username, password):
    address = info.context["address"]
    if pause := attempts.pause(username, address):
        info.context["pause"] = pause
        raise refused("too many attempts", "TOO_MANY_REQUESTS")
    if info.context["logins"]:
        raise refused("one attempt in a request", "BAD_USER_INPUT")
    info.context["logins"] += 1
    (person,) = ask("SELECT * FROM people WHERE username = ?", username[:60]) or [None]
    if not common.matches(password[:128], person and person["hash"]):
        attempts.note(username, address)
        raise refused("name or password is wrong", "UNAUTHENTICATED")
    attempts.forget(username)
    token = secrets.token_urlsafe(24)
    sessions[token] = username
    return {"token": token}


def logout(_, info):
    caller(info)
    sessions.pop(info.context["token"], None)
    return True


def register(_, info, account):
    username = account["username"]
    if not re.fullmatch(r"[a-z0-9_.-]{3,40}", username):
        raise refused("username is not valid", "BAD_USER_INPUT")
    if reason := common.poor(account["password"]):
        raise refused(reason, "BAD_USER_INPUT")
    if not re.fullmatch(r"[^@\s]{1,60}@[^@\s]{1,60}", account["email"]):
        raise refused("email is not valid", "BAD_USER_INPUT")
    if ask("SELECT 1 FROM people WHERE username = ?", username):
        raise refused("this name cannot be used", "CONFLICT")
    ask("INSERT INTO people VALUES (?, ?, ?, ?, 'Leeds')", username, account["email"], account.get("role") or "user", common.hashed(account["password"]))
    return ask("SELECT * FROM people WHERE username = ?", username)[0]


def settings(person, info):
    values = {"language": "en", "digest": "weekly"}
    if PLACE.weak("settings-secrets"):
        values |= {"password_hash": person["hash"], "api_secret": "hd_live_9d1f6c2ab07e43", "recovery_codes": ["4471-2093", "8820-1175"]}
    return values


def tickets(_, info):
    return ask("SELECT * FROM tickets WHERE owner = ? ORDER BY rowid DESC LIMIT 50", caller(info)["username"])


def ticket(_, info, id):
    person = caller(info)
    (entry,) = ask("SELECT * FROM tickets WHERE id = ?", id) or [None]
    if entry is None or (entry["owner"] != person["username"] and person["role"] != "admin" and not PLACE.weak("ticket-read")):
        raise refused("no such ticket", "NOT_FOUND")
    return entry


def search(_, info, words):
    owner = caller(info)["username"]
    text_of(words, 200, "words")
    if PLACE.weak("search-sql"):
        return ask(f"SELECT * FROM tickets WHERE owner = '{owner}' AND subject LIKE '%{words}%' LIMIT 50")
    escaped = re.sub(r"([%_\\])", r"\\\1", words)
    return ask("SELECT * FROM tickets WHERE owner = ? AND subject LIKE ? ESCAPE '\\' LIMIT 50", owner, f"%{escaped}%")


def create(_, info, subject, text):
    person = caller(info)
    if ask("SELECT count(*) AS n FROM tickets")[0]["n"] > 3000:
        raise refused("too many tickets", "TOO_MANY_REQUESTS")
    identifier = secrets.token_hex(8)
    values = text_of(subject, 120, "subject"), text_of(text, 4000, "text")
    ask("INSERT INTO tickets VALUES (?, ?, ?, ?, 'OPEN')", identifier, person["username"], *values)
    return ask("SELECT * FROM tickets WHERE id = ?", identifier)[0]


def close(_, info, id):
    person = caller(info)
    if not ask("SELECT 1 FROM tickets WHERE id = ? AND owner = ?", id, person["username"]):
        raise refused("no such ticket", "NOT_FOUND")
    ask("UPDATE tickets SET state = 'CLOSED' WHERE id = ?", id)
    return ask("SELECT * FROM tickets WHERE id = ?", id)[0]


def everybody(_, info):
    if caller(info)["role"] != "admin" and not PLACE.weak("people-open"):
        raise refused("only for administrators", "FORBIDDEN")
    return ask("SELECT * FROM people LIMIT 100")


def required(kind):
    return GraphQLNonNull(kind)


JSON_VALUE = GraphQLScalarType("JSON")
STATE = GraphQLEnumType("State", {"OPEN": "OPEN", "CLOSED": "CLOSED"})
PERSON = GraphQLObjectType("Person", lambda: {
    "username": GraphQLField(required(GraphQLString)),
    "email": GraphQLField(GraphQLString),
    "role": GraphQLField(GraphQLString),
    "city": GraphQLField(GraphQLString),
})  # fmt: skip
OWN = GraphQLObjectType("Account", lambda: {
    "username": GraphQLField(required(GraphQLString)),
    "email": GraphQLField(GraphQLString),
    "role": GraphQLField(GraphQLString),
    "settings": GraphQLField(JSON_VALUE, resolve=settings),
    "tickets": GraphQLField(GraphQLList(TICKET), resolve=tickets),
})  # fmt: skip
TICKET = GraphQLObjectType("Ticket", lambda: {
    "id": GraphQLField(required(GraphQLID)),
    "subject": GraphQLField(GraphQLString),
    "text": GraphQLField(GraphQLString),
    "state": GraphQLField(STATE),
    "owner": GraphQLField(GraphQLString),
    "related": GraphQLField(GraphQLList(TICKET), resolve=lambda entry, info: ask("SELECT * FROM tickets WHERE owner = ? LIMIT 2", caller(info)["username"])),
})  # fmt: skip
SESSION = GraphQLObjectType("Session", {"token": GraphQLField(required(GraphQLString))})
REGISTRATION = GraphQLInputObjectType("Registration", {
    "username": GraphQLInputField(required(GraphQLString)),
    "password": GraphQLInputField(required(GraphQLString)),
    "email": GraphQLInputField(required(GraphQLString)),
    **({"role": GraphQLInputField(GraphQLString)} if PLACE.weak("register-role") else {}),
})  # fmt: skip


def me(_, info):
    return caller(info)


def field(kind, resolve, **arguments):
    return GraphQLField(kind, args={name: GraphQLArgument(required(argument)) for name, argument in arguments.items()}, resolve=resolve)


SCHEMA = GraphQLSchema(
    GraphQLObjectType("Query", {
        "me": field(OWN, me),
        "tickets": field(GraphQLList(TICKET), tickets),
        "ticket": field(TICKET, ticket, id=GraphQLID),
        "search": field(GraphQLList(TICKET), search, words=GraphQLString),
        "people": field(GraphQLList(PERSON), everybody),
        "waiting": GraphQLField(GraphQLInt, resolve=lambda _, info: ask("SELECT count(*) AS n FROM tickets WHERE state = 'OPEN'")[0]["n"]),
    }),
    GraphQLObjectType("Mutation", {
        "login": field(SESSION, login, username=GraphQLString, password=GraphQLString),
        "logout": field(GraphQLBoolean, logout),
        "register": field(PERSON, register, account=REGISTRATION),
        "createTicket": field(TICKET, create, subject=GraphQLString, text=GraphQLString),
        "closeTicket": field(TICKET, close, id=GraphQLID),
    }),
)  # fmt: skip


def size(document):
    """The depth and the number of fields of a query, fragments counted where they are used."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    count = 0

    def depth(node, level):
        nonlocal count
        count += 1
        if level > DEPTH + 1 or count > FIELDS:
            return level
        if isinstance(node, FragmentSpreadNode):
            node = fragments.get(node.name.value, node)
        inner = getattr(getattr(node, "selection_set", None), "selections", ())
        return max([level, *(depth(child, level + isinstance(child, FieldNode)) for child in inner)])

    deepest = max([depth(node, 0) for node in document.definitions if not isinstance(node, FragmentDefinitionNode)], default=0)
    return deepest, count


def failure(text, code, status=400, headers=None):
    return JSONResponse({"errors": [{"message": text, "extensions": {"code": code}}]}, status, headers)


def written(error):
    original = error.original_error
    if original is None or isinstance(original, GraphQLError):
        message = re.sub(r"( Did you mean |, found: | non string value: ).*", "", error.message, flags=re.DOTALL)
        return {"message": message, "path": error.path, "extensions": error.extensions or {"code": "BAD_USER_INPUT"}}
    if PLACE.weak("errors-detailed"):
        stack = "".join(traceback.format_exception(original)).splitlines()
        return {"message": str(original), "path": error.path, "extensions": {"code": "INTERNAL_SERVER_ERROR", "exception": {"stacktrace": stack}}}
    return {"message": "something went wrong", "path": error.path, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}


async def graphql(request):
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return failure("the body is JSON", "UNSUPPORTED_MEDIA_TYPE", 415)
    try:
        body = json.loads(await request.body())
        query, variables = body["query"], body.get("variables") or {}
        name = body.get("operationName")
        if not isinstance(query, str) or not isinstance(variables, dict) or not isinstance(name, str | None):
            raise TypeError
        if not PLACE.weak("errors-detailed"):
            json.dumps([query, variables], ensure_ascii=False).encode()  # half of a surrogate pair is no text
        document = parse(query, max_tokens=1200)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, GraphQLError):
        return failure("the query cannot be read", "GRAPHQL_PARSE_FAILED")
    rules = list(specified_rules) if PLACE.weak("introspection") else [*specified_rules, NoSchemaIntrospectionCustomRule]
    if not PLACE.weak("depth-open"):
        deepest, count = size(document)
        if deepest > DEPTH or count > FIELDS:
            return failure("the query is too deep or too long", "QUERY_TOO_COMPLEX")
    if invalid := validate(SCHEMA, document, rules, max_errors=5):
        return failure(written(invalid[0])["message"], "GRAPHQL_VALIDATION_FAILED")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    (person,) = (ask("SELECT * FROM people WHERE username = ?", sessions[token]) if scheme.lower() == "bearer" and token in sessions else None) or [None]
    context = {"person": person, "token": token, "address": request.client.host, "logins": 0}
    result = graphql_sync(SCHEMA, query, context_value=context, variable_values=variables, operation_name=name)
    answer = {"data": result.data}
    status, headers = 200, {}
    if result.errors:
        answer["errors"] = [written(error) for error in result.errors]
        codes = {entry["extensions"].get("code") for entry in answer["errors"]}
        numbers = (("TOO_MANY_REQUESTS", 429), ("UNAUTHENTICATED", 401), ("FORBIDDEN", 403), ("BAD_USER_INPUT", 400))
        for code, number in numbers:
            if code in codes:
                status = number
                break
        headers = {429: {"Retry-After": str(context.get("pause", 60))}, 401: {"WWW-Authenticate": "Bearer"}}.get(status, {})
    return JSONResponse(answer, status, headers)


async def version(request):
    return JSONResponse({"service": "helpdesk", "instance": PLACE.instance})


async def failed(request, error):
    return failure(str(error.detail).lower(), "NOT_FOUND" if error.status_code == 404 else "BAD_REQUEST", error.status_code, error.headers)


app = Starlette(
    routes=[Route("/version", version, methods=["GET"]), Route("/graphql", graphql, methods=["POST"])],
    exception_handlers={HTTPException: failed},
)

if __name__ == "__main__":
    prepare()
    common.serve_asgi(common.Guard(app, common.SECURITY_HEADERS), PLACE)
