"""Texts that people share: aiohttp and graphql-core, one address for all queries, tokens that are JWT, data in SQLite. No document."""

import asyncio
import concurrent.futures
import http.client
import json
import re
import secrets
import sqlite3
import sys
import threading
import time
import urllib.parse
from pathlib import Path

import jwt
from aiohttp import web
from graphql import (
    build_schema,
    execute_sync,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    parse,
    specified_rules,
    validate,
    ValidationRule,
)

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "introspection", "suggestions", "batches-open", "alias-logins", "depth-open", "paste-read", "paste-delete", "search-sql", "import-url",
    "people-digests", "token-none", "audits-open",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
KEY = secrets.token_bytes(32)
attempts, bucket, lock, ended = common.Attempts(), common.Bucket(200, 120), threading.RLock(), set()
people, audits = {}, []
database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
MORE = "email: String passwordDigest: String" if PLACE.weak("people-digests") else ""
SCHEMA = build_schema("""
    type Query {
      me: Account
      people: [Person!]!
      paste(id: Int!): Paste
      pastes(limit: Int = 20): [Paste!]!
      myPastes: [Paste!]!
      search(words: String!): [Paste!]!
      audits: [Audit!]!
    }
    type Mutation {
      login(username: String!, password: String!): Session
      logout: Boolean
      register(input: Registration!): Account
      createPaste(title: String!, content: String!, private: Boolean = false): Paste
      editPaste(id: Int!, title: String!, content: String!): Paste
      deletePaste(id: Int!): Boolean
      importPaste(url: String!): Paste
    }
    type Account { id: Int! username: String! email: String! role: String! }
    type Person { id: Int! username: String! latest: Paste MORE }
    type Paste { id: Int! title: String! content: String! private: Boolean! owner: Person! }
    type Session { accessToken: String! expiresIn: Int! }
    type Audit { moment: String! username: String! action: String! }
    input Registration { username: String! email: String! password: String! }
""".replace("MORE", MORE))  # fmt: skip
COLUMNS = ("id", "title", "content", "private", "owner")


def ask(statement, *values):
    with lock:
        return database.execute(statement, values).fetchall()


def prepare():
    database.execute("CREATE TABLE pastes (id INTEGER PRIMARY KEY, title TEXT, content TEXT, private INTEGER, owner TEXT)")
    for name, entry in common.ACCOUNTS.items():
        enroll(name, entry["email"], entry["password"], entry["role"])
        keep(f"Notes of {name}", f"{name} pays with card 4556 7375 8689 98{len(people):02}", True, name)
    keep("Soup", "Leeks & potatoes", False, "ann")
    keep("Loop", "for number in range(3): print(number)", False, "ben")


def enroll(name, email, password, role="user"):
    people[name] = {"id": len(people) + 1, "username": name, "email": email, "role": role, "hash": common.hashed(password)}
    return people[name]


def keep(title, content, private, owner):
    if ask("SELECT count(*) FROM pastes")[0][0] > 3000:
        raise GraphQLError("there are too many pastes")
    rows = ask("INSERT INTO pastes (title, content, private, owner) VALUES (?, ?, ?, ?) RETURNING id, title, content, private, owner", title, content, int(private), owner)
    return as_paste(rows[0])


def person(name):
    entry = people.get(name) or {"id": 0, "username": "somebody", "email": "", "hash": ""}
    more = {"email": entry["email"], "passwordDigest": entry["hash"]} if MORE else {}
    return {"id": entry["id"], "username": entry["username"], "latest": lambda _: latest(name), **more}


def latest(name):
    rows = ask("SELECT id, title, content, private, owner FROM pastes WHERE owner = ? AND private = 0 ORDER BY id DESC LIMIT 1", name)
    return as_paste(rows[0]) if rows else None


def as_paste(row):
    entry = dict(zip(COLUMNS, row, strict=True))
    name = entry["owner"]
    return entry | {"private": bool(entry["private"]), "owner": lambda _: person(name)}


def caller(info):
    entry = people.get(info.context["name"])
    if entry is None:
        raise GraphQLError("sign in first", extensions={"code": "UNAUTHENTICATED"})
    return entry


def text(value, longest, name):
    if not 1 <= len(value) <= longest or re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", value):
        raise GraphQLError(f"{name} is not valid", extensions={"code": "BAD_USER_INPUT"})
    return value


def mine(info, number, weakness):
    """A paste of one's own."""
    entry = caller(info)
    rows = ask("SELECT id, title, content, private, owner FROM pastes WHERE id = ?", number)
    if not rows or (rows[0][4] != entry["username"] and not PLACE.weak(weakness)):
        raise GraphQLError("there is no such paste", extensions={"code": "NOT_FOUND"})
    return rows[0]


def me(info):
    entry = caller(info)
    return {name: entry[name] for name in ("id", "username", "email", "role")}


def list_people(info):
    caller(info)
    return [person(name) for name in list(people)[:50]]


def paste(info, id):
    """A paste that is public, or one's own."""
    entry = caller(info)
    rows = ask("SELECT id, title, content, private, owner FROM pastes WHERE id = ?", id)
    if not rows or (rows[0][3] and rows[0][4] != entry["username"] and not PLACE.weak("paste-read")):
        return None
    return as_paste(rows[0])


def pastes(_, limit):
    return [as_paste(row) for row in ask("SELECT id, title, content, private, owner FROM pastes WHERE private = 0 ORDER BY id DESC LIMIT ?", max(1, min(limit, 50)))]


def my_pastes(info):
    return [as_paste(row) for row in ask("SELECT id, title, content, private, owner FROM pastes WHERE owner = ? ORDER BY id DESC LIMIT 50", caller(info)["username"])]


def search(_, words):
    words = text(words, 300, "words")
    if PLACE.weak("search-sql"):
        return [as_paste(row) for row in ask(f"SELECT id, title, content, private, owner FROM pastes WHERE private = 0 AND (title LIKE '%{words}%' OR content LIKE '%{words}%') LIMIT 50")]
    return [as_paste(row) for row in ask("SELECT id, title, content, private, owner FROM pastes WHERE private = 0 AND (instr(lower(title), lower(?)) OR instr(lower(content), lower(?))) LIMIT 50", words, words)]


def list_audits(info):
    if caller(info)["role"] != "admin" and not PLACE.weak("audits-open"):
        raise GraphQLError("this is for administrators", extensions={"code": "FORBIDDEN"})
    return audits[-50:]


def login(info, username, password):
    context = info.context
    looked = (PLACE.weak("alias-logins") and context["operation"].get("login")) or (PLACE.weak("batches-open") and context["number"])
    context["operation"]["login"] = True
    if not looked and attempts.pause(username, context["address"]):
        raise GraphQLError("too many attempts", extensions={"code": "TOO_MANY"})
    entry = people.get(username)
    if not common.matches(password[:200], entry and entry["hash"]):
        if not looked:
            attempts.note(username, context["address"])
        raise GraphQLError("name or password is wrong", extensions={"code": "UNAUTHENTICATED"})
    attempts.forget(username)
    audit(username, "login")
    now = int(time.time())
    return {"accessToken": jwt.encode({"sub": username, "iat": now, "exp": now + 900, "jti": secrets.token_hex(12)}, KEY, "HS256"), "expiresIn": 900}


def audit(username, action):
    del audits[:-200]
    audits.append({"moment": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "username": username, "action": action})


def logout(info):
    caller(info)
    ended.add(info.context["jti"])
    return True


def register(info, input):
    username, email = text(input["username"], 40, "username"), text(input["email"], 120, "email")
    if not re.fullmatch(r"[A-Za-z][\w.-]{1,39}", username) or not re.fullmatch(r"[^@\s<>]{1,60}@[\w-]+(\.[\w-]+)+", email):
        raise GraphQLError("username or email is not valid")
    if why := common.poor(input["password"]):
        raise GraphQLError(why)
    if username in people or len(people) > 2000:
        raise GraphQLError("this name cannot be taken")
    entry = enroll(username, email, input["password"])
    return {name: entry[name] for name in ("id", "username", "email", "role")}


def create_paste(info, title, content, private):
    name = caller(info)["username"]
    audit(name, "createPaste")
    return keep(text(title, 100, "title"), text(content, 5000, "content"), private, name)


def edit_paste(info, id, title, content):
    row = mine(info, id, "")
    ask("UPDATE pastes SET title = ?, content = ? WHERE id = ?", text(title, 100, "title"), text(content, 5000, "content"), row[0])
    return paste(info, id)


def delete_paste(info, id):
    ask("DELETE FROM pastes WHERE id = ?", mine(info, id, "paste-delete")[0])
    return True


def import_paste(info, url):
    """Fetch a text from one of the sites that we know."""
    name = caller(info)["username"]
    address = urllib.parse.urlsplit(text(url, 300, "url"))
    if address.scheme not in {"http", "https"} or not address.hostname or (address.hostname != "snippets.example" and not PLACE.weak("import-url")):
        raise GraphQLError("this site is not known", extensions={"code": "BAD_USER_INPUT"})
    try:
        connection = http.client.HTTPConnection(address.hostname, address.port or 80, timeout=3)
        connection.request("GET", urllib.parse.quote(address.path or "/", safe="/%") + ("?" + address.query if address.query else ""))
        found = connection.getresponse().read(5000).decode("utf-8", "replace")
        connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise GraphQLError("the site does not answer") from error
    return keep("Imported", found or "(empty)", True, name)


ROOT = {
    "me": me, "people": list_people, "paste": paste, "pastes": pastes, "myPastes": my_pastes, "search": search, "audits": list_audits, "login": login,
    "logout": logout, "register": register, "createPaste": create_paste, "editPaste": edit_paste, "deletePaste": delete_paste, "importPaste": import_paste,
}  # fmt: skip


def depth_of(node, fragments, seen=()):
    inner = getattr(node, "selection_set", None)
    depths = [0]
    for selection in inner.selections if inner else ():
        if selection.kind == "fragment_spread":
            name = selection.name.value
            if name in fragments and name not in seen:
                depths.append(depth_of(fragments[name], fragments, (*seen, name)))
        else:
            depths.append((selection.kind == "field") + depth_of(selection, fragments, seen))
    return max(depths)


class Limits(ValidationRule):
    """Queries of at most eight levels, and at most five fields at the top of an operation."""

    def enter_document(self, node, *_):
        fragments = {definition.name.value: definition for definition in node.definitions if definition.kind == "fragment_definition"}
        for definition in node.definitions:
            if depth_of(definition, fragments) > 8 and not PLACE.weak("depth-open"):
                self.report_error(GraphQLError("the query is too deep"))
            selections = getattr(definition, "selection_set", None)
            if selections and len(selections.selections) > 5 and not PLACE.weak("alias-logins"):
                self.report_error(GraphQLError("there are too many fields"))
        if len(fragments) > 5:
            self.report_error(GraphQLError("there are too many fragments"))


RULES = [*specified_rules, Limits, *([] if PLACE.weak("introspection") else [NoSchemaIntrospectionCustomRule])]


def answer(query, context):
    """The answer to a query."""
    source, variables, name = query.get("query"), query.get("variables") or {}, query.get("operationName")
    if not isinstance(source, str) or not isinstance(variables, dict) or not (name is None or isinstance(name, str)):
        return {"errors": [{"message": "the body is not a query"}]}
    try:
        document = parse(source, max_tokens=20000 if PLACE.weak("depth-open") or PLACE.weak("alias-logins") else 1000)
        errors = validate(SCHEMA, document, RULES, max_errors=5)
        if errors:
            return {"errors": [described(error) for error in errors]}
        result = execute_sync(SCHEMA, document, ROOT, context, variables, name)
    except GraphQLError as error:
        return {"errors": [described(error)]}
    except RecursionError:
        return {"errors": [{"message": "the query is too deep"}]}
    return ({"errors": [described(error) for error in result.errors]} if result.errors else {}) | {"data": result.data}


def described(error):
    if isinstance(error.original_error, sqlite3.Error) and PLACE.weak("search-sql"):
        message = f"{type(error.original_error).__name__}: {error.original_error}"
    elif error.original_error is not None and not isinstance(error.original_error, GraphQLError):
        message = "something went wrong"
    else:
        message = error.message if PLACE.weak("suggestions") else re.sub(r" ?Did you mean .*", "", error.message, flags=re.DOTALL)
    entry = {"message": message}
    if error.path:
        entry["path"] = error.path
    if error.extensions:
        entry["extensions"] = error.extensions
    return entry


def holder(request):
    """Who sends a request: the name and the token's identifier."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if PLACE.weak("token-none") and jwt.get_unverified_header(token).get("alg") == "none":
            claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": True})
        else:
            claims = jwt.decode(token, KEY, algorithms=["HS256"], options={"require": ["exp", "sub", "jti"]})
    except (jwt.PyJWTError, ValueError):
        return "", ""
    if scheme.lower() != "bearer" or claims.get("jti") in ended:
        return "", ""
    return str(claims.get("sub", "")), claims.get("jti", "")


async def graphql(request):
    try:
        body = json.loads(await request.text())
    except (ValueError, RecursionError):
        return web.json_response({"errors": [{"message": "the body is not JSON"}]}, status=400)
    queries = body if isinstance(body, list) else [body]
    if not queries or not all(isinstance(query, dict) for query in queries) or (len(queries) > 3 and not PLACE.weak("batches-open")):
        return web.json_response({"errors": [{"message": "the body is not a query"}]}, status=400)
    name, jti = holder(request)
    answers = []
    for number, query in enumerate(queries[:500]):
        context = {"name": name, "jti": jti, "address": request.remote, "operation": {}, "number": number}
        answers.append(await asyncio.get_running_loop().run_in_executor(None, answer, query, context))
    return web.json_response(answers if isinstance(body, list) else answers[0])


async def version(_):
    return web.json_response({"name": "pastes", "instance": PLACE.instance})


@web.middleware
async def dress(request, handler):
    try:
        if not bucket.admits(request.remote):
            result = web.json_response({"errors": [{"message": "too many requests"}]}, status=429, headers={"Retry-After": "1"})
        else:
            result = await handler(request)
    except web.HTTPException as error:
        kept = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        result = web.json_response({"errors": [{"message": error.reason.lower()}]}, status=error.status, headers=kept)
    except (UnicodeDecodeError, LookupError):
        result = web.json_response({"errors": [{"message": "the body is not text"}]}, status=400)
    except Exception:
        result = web.json_response({"errors": [{"message": "something went wrong"}]}, status=500)
    for header, value in common.SECURITY_HEADERS.items():
        result.headers.setdefault(header, value)
    result.headers["Server"] = "pastes"
    return result


async def serve():
    app = web.Application(middlewares=[dress], client_max_size=common.BODY_LIMIT if not PLACE.weak("batches-open") else 1 << 20)
    app.add_routes([web.get("/version", version), web.post("/graphql", graphql)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    listener = common.listening()
    asyncio.get_running_loop().set_default_executor(concurrent.futures.ThreadPoolExecutor(8))
    await web.SockSite(runner, listener).start()
    common.confine(PLACE.folder)
    common.announce(listener.getsockname()[1], PLACE)
    await asyncio.Event().wait()


if __name__ == "__main__":
    prepare()
    for words in ("{me {id}}", "{", "{pastez}", "{pastes {owner {username}}}", "{__schema {types {name}}}"):
        answer({"query": words}, {"name": "", "jti": "", "address": "", "operation": {}, "number": 0})
    asyncio.run(serve())
