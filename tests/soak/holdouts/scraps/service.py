"""Pastes that people keep, share, import and attach files to: GraphQL by graphql-core on Falcon. No document, only introspection."""

import asyncio
import html
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

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import falcon
import falcon.asgi
from graphql import build_schema, execute, GraphQLError, OperationDefinitionNode, OperationType, parse, validate
from graphql.language import FieldNode, FragmentDefinitionNode, FragmentSpreadNode
from jinja2.sandbox import SandboxedEnvironment

WEAKNESSES = [
    "import-address", "attachment-path", "share-template", "filter-sql", "batch-limit", "depth-open", "private-paste", "edit-foreign",
    "owner-recovery", "get-mutation", "audits-open", "paste-markup",
]  # fmt: skip
LIFETIME = 3600
MOST = 3000
MOST_TOKENS = 2000
MOST_FIELDS = 150
MOST_EXECUTED = 5000  # whoever sets no limit is held up for a moment only
DEPTH = 8
BATCH = 10
ATTACHMENTS = "/srv/scraps/attachments"
COOKIE = "scraps_session"
SCHEMA = """
type Query {
  me: User!
  users(first: Int = 20): [User!]!
  "Public pastes whose title or content holds a text."
  pastes(filter: String = "", first: Int = 20): [Paste!]!
  myPastes(first: Int = 20): [Paste!]!
  paste(id: ID!): Paste
  attachments: [String!]!
  attachment(name: String!): String!
  "For administrators."
  audits(first: Int = 20): [Audit!]!
}

type Mutation {
  login(username: String!, password: String!): Session!
  logout: Boolean!
  register(input: Registration!): User!
  changePassword(current: String!, new: String!): Boolean!
  createPaste(input: PasteInput!): Paste!
  editPaste(id: ID!, content: String!): Paste!
  deletePaste(id: ID!): Boolean!
  importPaste(url: String!, title: String!): Paste!
  "The text of an invitation; {{title}} and {{author}} in the message stand for those of the paste."
  sharePaste(id: ID!, message: String!): String!
}

type User {
  id: ID!
  username: String!
  latestPaste: Paste
  "One's own alone."
  email: String
  "One's own alone."
  recoveryCode: String
}

type Paste {
  id: ID!
  title: String!
  content: String!
  public: Boolean!
  owner: User!
}

type Audit {
  at: Float!
  username: String!
  field: String!
  address: String!
}

type Session {
  token: String!
}

input Registration {
  username: String!
  email: String!
  password: String!
}

input PasteInput {
  title: String!
  content: String!
  public: Boolean = false
}
"""


class User:
    def __init__(self, number, username, email, password, role="user"):
        self.id, self.username, self.email, self.role = str(number), username, email, role
        self.hash = common.hashed(password)
        self.recovery_code = "-".join(secrets.token_hex(2) for _ in range(4))


class Paste:
    def __init__(self, number, owner, title, content, public):
        self.id, self.owner, self.title, self.content, self.public = str(number), owner, title, content, public


class Request:
    """What the resolvers know of a request."""

    def __init__(self, address, token):
        self.address, self.token = address, token
        self.failed = set()
        self.issued = None


def refusal(text, code="BAD_USER_INPUT"):
    return GraphQLError(text, extensions={"code": code})


def text(value, name, longest, *, lines=False):
    bare = value.replace("\n", "").replace("\t", "") if lines else value
    if not 1 <= len(value) <= longest or re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", bare):
        raise refusal(f"{name} is not valid")
    return value


def page_size(first):
    if not isinstance(first, int) or not 1 <= first <= 100:
        raise refusal("first is from 1 to 100")
    return first


def fetched(url):
    """What an address of this machine answers; there are no others here."""
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port or 80
    except ValueError:
        raise refusal("the address could not be read") from None
    if parts.scheme != "http" or not re.fullmatch(r"localhost|127(\.\d{1,3}){3}", parts.hostname or "", re.ASCII):
        raise refusal("the address could not be read")
    connection = http.client.HTTPConnection(parts.hostname, port, timeout=3)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        return connection.getresponse().read(4000).decode("utf-8", "replace") or "-"
    except (OSError, ValueError, http.client.HTTPException):
        raise refusal("the address could not be read") from None
    finally:
        connection.close()


class LargeError(Exception):
    """A query has more fields than are looked at."""


def measure(document, most):
    """How deep the fields of a document stand, with those of its fragments; introspection is left out."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    total = 0

    def deepest(node, depth):
        nonlocal total
        found = depth
        for selection in node.selection_set.selections if node.selection_set else ():
            total += 1
            if total > most:
                raise LargeError
            if not isinstance(selection, FieldNode):
                inner = fragments[selection.name.value] if isinstance(selection, FragmentSpreadNode) else selection
                found = max(found, deepest(inner, depth))
            elif not selection.name.value.startswith("__"):
                found = max(found, deepest(selection, depth + 1))
        return found

    return max((deepest(node, 0) for node in document.definitions if isinstance(node, OperationDefinitionNode)), default=0)


class Pastes:
    def __init__(self, place):
        self.place = place
        self.users, self.pastes, self.sessions, self.audits = {}, {}, {}, []
        self.attempts = common.Attempts()
        self.lock = threading.RLock()
        self.database = sqlite3.connect(":memory:", check_same_thread=False)
        self.database.execute("CREATE TABLE pastes (id INTEGER, title TEXT, content TEXT, public INTEGER)")
        self.database.execute("CREATE TABLE people (username TEXT, email TEXT, recovery TEXT)")
        self.numbers = iter(range(1, 10**9))
        self.settings = {"site": "scraps", "signing_key": secrets.token_hex(16)}
        self.templates = SandboxedEnvironment(autoescape=True)
        self.templates.from_string("{{title}}{{7 * 7}}").render(title="warm")
        for name, content in (
            (f"{ATTACHMENTS}/readme.txt", "Attachments are kept for a year.\n"),
            (f"{ATTACHMENTS}/logo.svg.txt", "a fish in a square\n"),
            ("/srv/scraps/settings.py", 'SIGNING_KEY = "0b7e5d2cf1"\nDATABASE = "scraps.db"\n'),
            ("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nscraps:x:999:999::/srv/scraps:/usr/sbin/nologin\n"),
        ):
            place.place(name).parent.mkdir(parents=True, exist_ok=True)
            place.place(name).write_text(content)
        for name, account in common.ACCOUNTS.items():
            user = self.add_user(name, account["email"], account["password"], account["role"])
            self.add_paste(user, f"Groceries of {name}", "leek, barley, thyme", public=True)
            self.add_paste(user, f"Draft by {name}", f"the door code of {name} is {secrets.randbelow(9000) + 1000}", public=False)

    def add_user(self, username, email, password, role="user"):
        user = self.users[username] = User(next(self.numbers), username, email, password, role)
        self.database.execute("INSERT INTO people VALUES (?, ?, ?)", (username, email, user.recovery_code))
        return user

    def add_paste(self, owner, title, content, *, public):
        if len(self.pastes) >= MOST:
            raise refusal("there are too many pastes", "TOO_MANY")
        paste = Paste(next(self.numbers), owner, title, content, public)
        self.pastes[paste.id] = paste
        self.database.execute("INSERT INTO pastes VALUES (?, ?, ?, ?)", (int(paste.id), title, content, int(public)))
        return paste

    def caller(self, info):
        session = self.sessions.get(info.context.token)
        if session is None or session[1] < time.monotonic():
            raise refusal("sign in first", "UNAUTHENTICATED")
        return self.users[session[0]]

    def note(self, info, username):
        self.audits.append({"at": time.time(), "username": username, "field": info.field_name, "address": info.context.address})
        del self.audits[:-500]

    # Queries ------------------------------------------------------------------------------------------------------------------------------

    def query_me(self, info):
        return self.caller(info)

    def query_users(self, info, first):
        self.caller(info)
        return list(self.users.values())[: page_size(first)]

    def query_pastes(self, info, filter, first):
        self.caller(info)
        page_size(first)
        filter = filter or ""
        if self.place.weak("filter-sql"):
            condition, values = f"title LIKE '%{filter[:300]}%' OR content LIKE '%{filter[:300]}%'", ()
        else:
            pattern = "%" + re.sub(r"([\\%_])", r"\\\1", text(filter, "filter", 100) if filter else "") + "%"
            condition, values = "title LIKE ? ESCAPE '\\' OR content LIKE ? ESCAPE '\\'", (pattern, pattern)
        try:
            rows = self.database.execute(f"SELECT id, title, content FROM pastes WHERE public = 1 AND ({condition}) ORDER BY id DESC", values).fetchmany(first)
        except (sqlite3.Error, sqlite3.Warning, UnicodeError) as error:
            raise refusal(f"the filter is not valid: {error}") from None
        return [self.pastes.get(str(number)) or Paste(number, self.caller(info), str(title), str(content), True) for number, title, content in rows]

    def query_myPastes(self, info, first):  # noqa: N802 - fields of the schema are called so
        caller = self.caller(info)
        return [paste for paste in self.pastes.values() if paste.owner is caller][-page_size(first) :]

    def query_paste(self, info, id):
        caller, paste = self.caller(info), self.pastes.get(id)
        if paste is None or not (paste.public or paste.owner is caller or caller.role == "admin" or self.place.weak("private-paste")):
            return None
        return paste

    def query_attachments(self, info):
        self.caller(info)
        return sorted(path.name for path in self.place.place(ATTACHMENTS).iterdir())

    def query_attachment(self, info, name):
        self.caller(info)
        path = f"{ATTACHMENTS}/{text(name, 'name', 200)}"
        if not path.startswith(ATTACHMENTS) or not (self.place.weak("attachment-path") or re.fullmatch(r"[\w-]+(\.\w+)+", name)):
            raise refusal("there is no such attachment", "NOT_FOUND")
        try:
            return self.place.place(path).read_text(errors="replace")[:4000]
        except OSError:
            raise refusal("there is no such attachment", "NOT_FOUND") from None

    def query_audits(self, info, first):
        if self.caller(info).role != "admin" and not self.place.weak("audits-open"):
            raise refusal("only for administrators", "FORBIDDEN")
        return self.audits[-page_size(first) :]

    # Mutations ----------------------------------------------------------------------------------------------------------------------------

    def mutation_login(self, info, username, password):
        request = info.context
        if wait := self.attempts.pause(username, request.address):
            raise refusal(f"too many attempts, again in {wait} s", "TOO_MANY")
        user = self.users.get(username)
        if len(password) > 128 or not common.matches(password, user and user.hash):
            if self.place.weak("batch-limit"):
                request.failed.add(username)
            else:
                self.attempts.note(username, request.address)
            raise refusal("name or password is wrong", "UNAUTHENTICATED")
        self.attempts.forget(username)
        request.failed.discard(username)
        request.issued = secrets.token_urlsafe(32)
        self.sessions[request.issued] = (username, time.monotonic() + LIFETIME)
        self.note(info, username)
        return {"token": request.issued}

    def mutation_logout(self, info):
        self.caller(info)
        del self.sessions[info.context.token]
        return True

    def mutation_register(self, info, input):
        username, email = text(input["username"], "username", 40), text(input["email"], "email", 80)
        if not re.fullmatch(r"[a-z][a-z0-9._-]{2,39}", username) or not re.fullmatch(r"[^@\s]{1,40}@[^@\s]{3,40}", email):
            raise refusal("username or email is not valid")
        if reason := common.poor(input["password"]):
            raise refusal(reason)
        if username in self.users:
            raise refusal("this name is taken", "CONFLICT")
        if len(self.users) >= MOST:
            raise refusal("there are too many people", "TOO_MANY")
        self.note(info, username)
        user = self.add_user(username, email, input["password"])
        return {"id": user.id, "username": user.username, "email": email}

    def mutation_changePassword(self, info, current, new):  # noqa: N802
        caller = self.caller(info)
        key = f"change {caller.username}"
        if wait := self.attempts.pause(key, info.context.address):
            raise refusal(f"too many attempts, again in {wait} s", "TOO_MANY")
        if not common.matches(current[:128], caller.hash):
            self.attempts.note(key, info.context.address)
            raise refusal("the current password is wrong", "FORBIDDEN")
        if reason := common.poor(new):
            raise refusal(reason)
        caller.hash = common.hashed(new)
        for token in [token for token, session in self.sessions.items() if session[0] == caller.username and token != info.context.token]:
            del self.sessions[token]
        self.note(info, caller.username)
        return True

    def mutation_createPaste(self, info, input):  # noqa: N802
        caller = self.caller(info)
        return self.add_paste(caller, text(input["title"], "title", 80), text(input["content"], "content", 4000, lines=True), public=bool(input["public"]))

    def own(self, info, identifier, *, open=False):
        caller, paste = self.caller(info), self.pastes.get(identifier)
        if paste is None or not (open or paste.owner is caller or caller.role == "admin"):
            raise refusal("there is no such paste", "NOT_FOUND")
        return paste

    def mutation_editPaste(self, info, id, content):  # noqa: N802
        paste = self.own(info, id, open=self.place.weak("edit-foreign"))
        paste.content = text(content, "content", 4000, lines=True)
        self.database.execute("UPDATE pastes SET content = ? WHERE id = ?", (paste.content, int(paste.id)))
        self.note(info, self.caller(info).username)
        return paste

    def mutation_deletePaste(self, info, id):  # noqa: N802
        paste = self.own(info, id)
        del self.pastes[paste.id]
        self.database.execute("DELETE FROM pastes WHERE id = ?", (int(paste.id),))
        self.note(info, self.caller(info).username)
        return True

    def mutation_importPaste(self, info, url, title):  # noqa: N802
        caller = self.caller(info)
        text(url, "url", 300)
        if self.place.weak("import-address"):
            content = fetched(url)
        elif re.fullmatch(r"https://texts\.scraps\.example/[\w-]+", url):
            content = "This text is on its way."
        else:
            raise refusal("url is not an address of texts.scraps.example")
        return self.add_paste(caller, text(title, "title", 80), content, public=False)

    def mutation_sharePaste(self, info, id, message):  # noqa: N802
        paste = self.own(info, id)
        values = {"title": paste.title, "author": paste.owner.username}
        text(message, "message", 300, lines=True)
        if not self.place.weak("share-template"):
            return re.sub(r"\{\{ ?(title|author) ?\}\}", lambda match: html.escape(values[match[1]]), message)
        try:
            return self.templates.from_string(message).render(values | {"settings": self.settings})[:4000]
        except Exception as error:
            raise refusal("the message is not valid") from error

    # Fields -------------------------------------------------------------------------------------------------------------------------------

    def latest(self, user, info):
        viewer = self.caller(info)
        username = user["username"] if isinstance(user, dict) else user.username
        return next((paste for paste in reversed(list(self.pastes.values())) if paste.owner.username == username and (paste.public or paste.owner is viewer)), None)

    def private(self, user, info, field):
        if isinstance(user, dict):
            return user.get(field)
        return getattr(user, field) if self.place.weak("owner-recovery") or self.caller(info) is user else None


def schema_of(pastes):
    schema = build_schema(SCHEMA)
    for kind in ("Query", "Mutation"):
        for name, field in schema.type_map[kind].fields.items():
            method = getattr(pastes, f"{kind.lower()}_{name}")
            field.resolve = lambda _, info, method=method, **values: method(info, **values)
    fields = schema.type_map["User"].fields
    fields["latestPaste"].resolve = pastes.latest
    fields["email"].resolve = lambda user, info: pastes.private(user, info, "email")
    fields["recoveryCode"].resolve = lambda user, info: pastes.private(user, info, "recovery_code")
    return schema


class GraphQL:
    """The one path of the interface."""

    def __init__(self, pastes):
        self.pastes, self.place = pastes, pastes.place
        self.schema = schema_of(pastes)

    def run(self, request, entry, *, reading=False):
        """Status and answer of a query."""
        weak = self.place.weak("depth-open")
        try:
            source, variables, name = entry["query"], entry.get("variables") or {}, entry.get("operationName")
            if not isinstance(source, str) or not isinstance(variables, dict) or not isinstance(name, str | None):
                raise TypeError
        except (KeyError, TypeError, AttributeError):
            return 400, {"errors": [{"message": "expected a query"}]}
        try:
            document = parse(source, max_tokens=MOST_TOKENS)
            if errors := validate(self.schema, document, max_errors=5):
                return 400, {"errors": [{"message": error.message} for error in errors]}
            if measure(document, MOST_EXECUTED if weak else MOST_FIELDS) > DEPTH and not weak:
                raise LargeError
            changes = any(isinstance(node, OperationDefinitionNode) and node.operation != OperationType.QUERY for node in document.definitions)
            if reading and changes and not self.place.weak("get-mutation"):
                return 405, {"errors": [{"message": "changes are sent by POST"}]}
            with self.pastes.lock:
                result = execute(self.schema, document, context_value=request, variable_values=variables, operation_name=name)
        except GraphQLError as error:
            return 400, {"errors": [{"message": error.message}]}
        except LargeError:
            limits = "the query is too large" if weak else f"the query has more than {DEPTH} levels or {MOST_FIELDS} fields"
            return 400, {"errors": [{"message": limits}]}
        except RecursionError:
            return 400, {"errors": [{"message": "the query is too deep"}]}
        answer = {"data": result.data}
        if result.errors:
            answer["errors"] = [self.described(error) for error in result.errors]
        return 200, answer

    @staticmethod
    def described(error):
        known = error.original_error is None or isinstance(error.original_error, GraphQLError)
        entry = {"message": error.message if known else "internal error", "path": error.path}
        return entry | ({"extensions": error.extensions} if known and error.extensions else {})

    def all(self, request, body, *, reading=False):
        if isinstance(body, list):
            if not body or (len(body) > BATCH and not self.place.weak("batch-limit")):
                return 400, {"errors": [{"message": f"a batch has 1 to {BATCH} queries"}]}
            answers = 200, [self.run(request, entry)[1] for entry in body[:500]]
        else:
            answers = self.run(request, body, reading=reading)
        for username in request.failed:
            self.pastes.attempts.note(username, request.address)
        return answers

    async def answer(self, req, resp, body, *, reading=False):
        scheme, _, token = (req.get_header("Authorization") or "").partition(" ")
        request = Request(req.remote_addr, token if scheme.lower() == "bearer" else req.cookies.get(COOKIE, ""))
        status, content = await asyncio.to_thread(self.all, request, body, reading=reading)
        resp.status = status
        resp.content_type = "application/json"
        resp.text = json.dumps(content)
        if status == 405:
            resp.set_header("Allow", "POST")
        if request.issued:
            resp.set_cookie(COOKIE, request.issued, max_age=LIFETIME, secure=True, http_only=True, same_site="Lax", path="/")

    async def on_get(self, req, resp):
        try:
            variables = json.loads(req.get_param("variables") or "{}")
        except (ValueError, RecursionError):
            raise falcon.HTTPBadRequest(title="the variables are no JSON") from None
        await self.answer(req, resp, {"query": req.get_param("query"), "variables": variables, "operationName": req.get_param("operationName")}, reading=True)

    async def on_post(self, req, resp):
        if (req.content_type or "").partition(";")[0].strip() != "application/json":
            raise falcon.HTTPUnsupportedMediaType(title="expected application/json")
        try:
            body = json.loads(await req.stream.read())
        except (ValueError, RecursionError):
            raise falcon.HTTPBadRequest(title="the body is no JSON") from None
        await self.answer(req, resp, body)


class Page:
    """The page of a public paste."""

    def __init__(self, pastes):
        self.pastes = pastes

    async def on_get(self, _, resp, number):
        paste = self.pastes.pastes.get(number)
        if paste is None or not paste.public:
            raise falcon.HTTPNotFound(title="there is no such paste")
        weak = self.pastes.place.weak("paste-markup")
        content = paste.content if weak else html.escape(paste.content)
        if weak:
            resp.set_header("Content-Security-Policy", "default-src 'self'; script-src 'self' 'unsafe-inline'; img-src *; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
        resp.content_type = "text/html; charset=utf-8"
        title = html.escape(paste.title)
        resp.text = f'<!doctype html>\n<html lang="en"><head><title>{title}</title></head><body><h1>{title}</h1><pre>{content}</pre><p>by {html.escape(paste.owner.username)}</p></body></html>'


class Version:
    def __init__(self, place):
        self.place = place

    async def on_get(self, _, resp):
        resp.media = {"service": "scraps", "instance": self.place.instance}


async def failed(_, resp, error, __):
    resp.status = 500
    resp.media = {"errors": [{"message": "internal error"}]}


async def refused(_, resp, error, __):
    resp.status = error.status
    resp.set_headers(error.headers or {})
    resp.media = {"errors": [{"message": error.title}]}


if __name__ == "__main__":
    place = common.premises(WEAKNESSES)
    pastes = Pastes(place)
    app = falcon.asgi.App()
    app.add_error_handler(Exception, failed)
    app.add_error_handler(falcon.HTTPError, refused)
    app.add_route("/version", Version(place))
    app.add_route("/graphql", GraphQL(pastes))
    app.add_route("/p/{number}", Page(pastes))
    common.serve_asgi(common.Guard(app, common.SECURITY_HEADERS), place, [
        ("GET", "/version", {}), ("GET", "/p/2", {}), ("GET", "/graphql?query={me{id}}", {}), ("POST", "/graphql", {"json": {"query": "{nothing"}}),
        ("POST", "/graphql", {"json": {"query": "{__schema{types{name}}}"}}), ("GET", "/nowhere", {}),
    ])  # fmt: skip
