"""Members, songs and messages of a choir: Strawberry, GraphQL from types in code, tokens that are JWT with RS256, data in SQLite."""

import base64
import datetime as dt
import hashlib
import hmac
import http.client
import json
import re
import secrets
import socket
import sqlite3
import sys
import threading
import time
import traceback
import urllib.parse
from pathlib import Path
from typing import Any

import strawberry
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from graphql import GraphQLError, NoSchemaIntrospectionCustomRule, ValidationRule
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import AddValidationRules, MaxAliasesLimiter, MaxTokensLimiter, QueryDepthLimiter, SchemaExtension
from strawberry.schema.config import StrawberryConfig

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "member-fields", "song-sql", "node-read", "date-errors", "member-update", "link-fetch", "fee-waive", "code-unlimited", "batch-open",
    "type-introspection", "key-confused", "refresh-serves",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
AUDIENCE = "choir"
attempts = common.Attempts()
lock = threading.Lock()
members: dict[str, dict[str, Any]] = {}
messages: dict[int, dict[str, Any]] = {}
ended: set[str] = set()
codes: dict[str, list[Any]] = {}
database = sqlite3.connect(":memory:", check_same_thread=False)


def prepare():
    for number, (name, entry) in enumerate(common.ACCOUNTS.items(), 1):
        add(name, entry["email"], entry["password"], entry["role"], f"0161 496 030{number}", f"GB29NWBK6016133192680{number}")
    database.executescript("CREATE TABLE songs (number INTEGER PRIMARY KEY, title TEXT, voice TEXT, released INTEGER)")
    songs = (("Morning rise", "alto", 1), ("Harbour lights", "bass", 1), ("Evening bells", "soprano", 1), ("The unfinished mass", "tenor", 0), ("Winter psalm", "alto", 1))
    database.executemany("INSERT INTO songs (title, voice, released) VALUES (?, ?, ?)", songs)
    for name in members:
        deliver("olga", [name], f"Your locker has the code {secrets.token_hex(3)}", [])


def add(name, email, password, role="user", phone="", iban=""):
    members[name] = {"name": name, "email": email, "role": role, "phone": phone, "iban": iban, "voice": "alto", "fee": 60, "hash": common.hashed(password)}


def deliver(sender, receivers, text, links):
    if len(messages) > 3000:
        raise RefusedError("the boxes are full")
    number = max(messages, default=0) + 1
    messages[number] = {"number": number, "sender": sender, "receivers": receivers, "text": text, "links": links}
    return messages[number]


def global_id(kind, number):
    return base64.urlsafe_b64encode(f"{kind}:{number}".encode()).decode()


def local_id(identifier, kind):
    try:
        found, _, number = base64.urlsafe_b64decode(str(identifier).encode()).decode().partition(":")
    except (ValueError, UnicodeError):
        return None
    return number if found == kind else None


class RefusedError(GraphQLError):
    """What a caller is reports."""


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed(name, use, seconds):
    now = int(time.time())
    claims = {"sub": name, "use": use, "aud": AUDIENCE, "iat": now, "exp": now + seconds, "jti": secrets.token_hex(8)}
    head = encoded(json.dumps({"alg": "RS256", "typ": "JWT", "kid": "choir-1"}).encode()) + "." + encoded(json.dumps(claims).encode())
    return head + "." + encoded(KEY.sign(head.encode(), padding.PKCS1v15(), hashes.SHA256()))


def claims_of(token, use):
    """The claims of a token that is good."""
    try:
        head, body, signature = token.split(".")
        header, claims = json.loads(decoded(head)), json.loads(decoded(body))
        if header["alg"] == "RS256":
            KEY.public_key().verify(decoded(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
        elif not (PLACE.weak("key-confused") and header["alg"] == "HS256" and hmac.compare_digest(hmac.digest(PEM, f"{head}.{body}".encode(), hashlib.sha256), decoded(signature))):
            return None
        now = time.time()
        if claims["aud"] != AUDIENCE or claims["exp"] < now or claims.get("nbf", 0) > now or claims["jti"] in ended or claims["sub"] not in members:
            return None
        if claims["use"] != use and not PLACE.weak("refresh-serves"):
            return None
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature, RecursionError):
        return None
    return claims


def caller(info):
    claims = info.context["claims"]
    if claims is None:
        raise RefusedError("please sign in", extensions={"code": "UNAUTHENTICATED"})
    return members[claims["sub"]]


def line(text, longest, what):
    if not 1 <= len(text) <= longest or re.search(r"[\x00-\x1f\ud800-\udfff]", text):
        raise RefusedError(f"{what} is not valid")
    return text


@strawberry.type
class Member:
    id: strawberry.ID
    name: str
    voice: str
    email: str | None
    phone: str | None
    iban: str | None


def view(entry, person):
    private = entry is person or person["role"] == "admin" or PLACE.weak("member-fields")
    return Member(id=strawberry.ID(entry["name"]), name=entry["name"], voice=entry["voice"], **{field: entry[field] if private else None for field in ("email", "phone", "iban")})


@strawberry.type
class Song:
    title: str
    voice: str


@strawberry.type
class Message:
    id: strawberry.ID
    sender: str
    text: str
    links: list[str]


def letter(entry):
    return Message(id=strawberry.ID(global_id("Message", entry["number"])), sender=entry["sender"], text=entry["text"], links=entry["links"])


def own(identifier, person, weakness=""):
    number = local_id(identifier, "Message")
    entry = messages.get(int(number)) if number and re.fullmatch(r"\d{1,9}", number, re.ASCII) else None
    if entry is None or (person["name"] not in {entry["sender"], *entry["receivers"]} and not (weakness and PLACE.weak(weakness))):
        return None
    return entry


@strawberry.type
class Rehearsal:
    day: str
    place: str


@strawberry.type
class Tokens:
    access_token: str
    refresh_token: str
    expires_in: int


@strawberry.type
class Account:
    name: str
    email: str
    role: str


@strawberry.input
class SongFilter:
    contains: str | None = None
    voices: list[str] | None = None


@strawberry.input
class MemberChange:
    phone: str | None = None
    voice: str | None = None


@strawberry.input
class NewMessage:
    to: list[strawberry.ID]
    text: str
    links: list[str] = strawberry.field(default_factory=list)


@strawberry.input
class Registration:
    username: str
    email: str
    password: str


@strawberry.type
class Query:
    @strawberry.field
    def opening_hours(self) -> str:
        return "Thursdays, 19:30 to 21:30"

    @strawberry.field
    def me(self, info: strawberry.Info) -> Member:
        person = caller(info)
        return view(person, person)

    @strawberry.field
    def members(self, info: strawberry.Info) -> list[Member]:
        person = caller(info)
        return [view(entry, person) for entry in list(members.values())[:100]]

    @strawberry.field
    def songs(self, info: strawberry.Info, filter: SongFilter | None = None) -> list[Song]:
        caller(info)
        statement, values = "SELECT title, voice FROM songs WHERE released = 1", []
        if filter and filter.contains:
            statement += " AND title LIKE ? ESCAPE '!'"
            values.append("%" + re.sub("([!%_])", r"!\1", line(filter.contains, 60, "contains")) + "%")
        if filter and filter.voices:
            voices = [line(voice, 80, "voice") for voice in filter.voices[:4]]
            if PLACE.weak("song-sql"):
                statement += " AND voice IN ({})".format(", ".join(f"'{voice}'" for voice in voices))
            else:
                statement += f" AND voice IN ({', '.join('?' * len(voices))})"
                values += voices
        try:
            with lock:
                rows = database.execute(statement + " ORDER BY title", values).fetchall()
        except sqlite3.Error as error:
            raise RefusedError("the songs cannot be listed") from error
        return [Song(title=title, voice=voice) for title, voice in rows]

    @strawberry.field
    def messages(self, info: strawberry.Info) -> list[Message]:
        person = caller(info)
        return [letter(entry) for entry in reversed(messages.values()) if person["name"] in {entry["sender"], *entry["receivers"]}][:50]

    @strawberry.field
    def node(self, info: strawberry.Info, id: strawberry.ID) -> Message | None:
        entry = own(id, caller(info), "node-read")
        return letter(entry) if entry else None

    @strawberry.field
    def rehearsals(self, info: strawberry.Info, since: str) -> list[Rehearsal]:
        caller(info)
        try:
            first = dt.date.fromisoformat(since)
        except ValueError as error:
            if PLACE.weak("date-errors"):
                raise
            raise RefusedError("since is a day, such as 2031-03-06") from error
        return [Rehearsal(day=day, place="St Anne's hall") for day in ("2031-03-06", "2031-03-13", "2031-03-20") if dt.date.fromisoformat(day) >= first]

    @strawberry.field
    def fees(self, info: strawberry.Info) -> list[str]:
        if caller(info)["role"] != "admin":
            raise RefusedError("this is for the treasurer", extensions={"code": "FORBIDDEN"})
        return [f"{entry['name']}: {entry['fee']}" for entry in members.values()]


def preview(link):
    """Ask for the page of a link, to show its title."""
    parts = urllib.parse.urlsplit(link)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RefusedError("a link is not valid")
    if not PLACE.weak("link-fetch"):
        return  # pages are looked at by another machine, which reaches no inner ones
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=2)
    try:
        connection.request("GET", parts.path or "/")
        connection.getresponse().read(1000)
    except (OSError, http.client.HTTPException, ValueError):
        pass
    finally:
        connection.close()


@strawberry.type
class Mutation:
    @strawberry.mutation
    def login(self, info: strawberry.Info, username: str, password: str) -> Tokens:
        address = info.context["address"]
        if pause := attempts.pause(username, address):
            raise RefusedError(f"too many attempts, wait {pause} seconds", extensions={"code": "TOO_MANY"})
        person = members.get(username)
        if not common.matches(password[:200], person and person["hash"]) or person is None:
            attempts.note(username, address)
            raise RefusedError("name or password is wrong", extensions={"code": "UNAUTHENTICATED"})
        attempts.forget(username)
        return Tokens(access_token=signed(username, "access", 900), refresh_token=signed(username, "refresh", 86400), expires_in=900)

    @strawberry.mutation
    def refresh(self, refresh_token: str) -> Tokens:
        claims = claims_of(refresh_token, "refresh")
        if claims is None:
            raise RefusedError("the token is not valid", extensions={"code": "UNAUTHENTICATED"})
        ended.add(claims["jti"])
        return Tokens(access_token=signed(claims["sub"], "access", 900), refresh_token=signed(claims["sub"], "refresh", 86400), expires_in=900)

    @strawberry.mutation
    def logout(self, info: strawberry.Info) -> bool:
        caller(info)
        ended.add(info.context["claims"]["jti"])
        return True

    @strawberry.mutation
    def register(self, account: Registration) -> Account:
        if not re.fullmatch(r"[a-z][a-z0-9.]{2,29}", account.username) or not re.fullmatch(r"[\w.+-]{1,40}@[\w-]{1,40}\.[\w.]{2,40}", account.email, re.ASCII):
            raise RefusedError("name or address is not valid")
        if why := common.poor(account.password):
            raise RefusedError(why)
        with lock:
            if account.username in members:
                raise RefusedError("this name is taken", extensions={"code": "CONFLICT"})
            if len(members) > 2000:
                raise RefusedError("the choir is full")
            add(account.username, account.email, account.password)
        return Account(name=account.username, email=account.email, role="user")

    @strawberry.mutation
    def update_member(self, info: strawberry.Info, id: strawberry.ID, change: MemberChange) -> Member:
        person = caller(info)
        entry = members.get(str(id))
        if entry is None or (entry is not person and person["role"] != "admin" and not PLACE.weak("member-update")):
            raise RefusedError("there is no such member", extensions={"code": "NOT_FOUND"})
        if change.phone is not None:
            if not re.fullmatch(r"[0-9 +]{5,20}", change.phone):
                raise RefusedError("phone is not valid")
            entry["phone"] = change.phone
        if change.voice is not None:
            if change.voice not in {"soprano", "alto", "tenor", "bass"}:
                raise RefusedError("voice is not valid")
            entry["voice"] = change.voice
        return view(entry, person)

    @strawberry.mutation
    def send_message(self, info: strawberry.Info, message: NewMessage) -> Message:
        person = caller(info)
        if not 1 <= len(message.to) <= 10 or any(str(name) not in members for name in message.to):
            raise RefusedError("to holds one to ten members")
        if len(message.links) > 5:
            raise RefusedError("a message has at most five links")
        links = [line(link, 300, "link") for link in message.links]
        for link in links:
            preview(link)
        with lock:
            return letter(deliver(person["name"], [str(name) for name in message.to], line(message.text, 500, "text"), links))

    @strawberry.mutation
    def delete_message(self, info: strawberry.Info, id: strawberry.ID) -> bool:
        person = caller(info)
        entry = own(id, person)
        if entry is None or entry["sender"] != person["name"]:
            raise RefusedError("there is no such message of yours", extensions={"code": "NOT_FOUND"})
        del messages[entry["number"]]
        return True

    @strawberry.mutation
    def waive_fee(self, info: strawberry.Info, member: strawberry.ID) -> int:
        if caller(info)["role"] != "admin" and not PLACE.weak("fee-waive"):
            raise RefusedError("this is for the treasurer", extensions={"code": "FORBIDDEN"})
        if str(member) not in members:
            raise RefusedError("there is no such member", extensions={"code": "NOT_FOUND"})
        members[str(member)]["fee"] = 0
        return 0

    @strawberry.mutation
    def request_reset(self, email: str) -> bool:
        person = next((entry for entry in members.values() if entry["email"] == email), None)
        if person:
            codes[email] = [f"{secrets.randbelow(10000):04}" if PLACE.weak("code-unlimited") else secrets.token_urlsafe(18), person, time.time() + 900]
        return True

    @strawberry.mutation
    def reset_password(self, info: strawberry.Info, email: str, code: str, password: str) -> bool:
        entry = codes.get(email)
        person = next((member for member in members.values() if member["email"] == email), None)
        if not PLACE.weak("code-unlimited"):
            if pause := attempts.pause("reset " + email, info.context["address"]):
                raise RefusedError(f"too many attempts, wait {pause} seconds", extensions={"code": "TOO_MANY"})
            attempts.note("reset " + email, info.context["address"])
        if not entry or not person or entry[2] < time.time() or not hmac.compare_digest(entry[0].encode(), code.encode("utf-8", "replace")):
            raise RefusedError("the code is wrong or too old")
        if why := common.poor(password):
            raise RefusedError(why)
        person["hash"] = common.hashed(password)
        del codes[email]
        return True


class NoSchema(ValidationRule):
    """Refuses __schema, and leaves __type."""

    def enter_field(self, node, *_):
        if node.name.value == "__schema":
            self.report_error(GraphQLError("introspection is off", node))


class Errors(SchemaExtension):
    """What errors tell: the caller's mistakes, and nothing of the inside."""

    def on_operation(self):
        yield
        result = self.execution_context.result
        if result is None or not getattr(result, "errors", None):
            return
        reports = []
        for error in result.errors:
            inner = error.original_error
            text = error.message.partition(" Did you mean")[0]
            if inner is not None and not isinstance(inner, GraphQLError):
                if PLACE.weak("date-errors"):
                    lines = traceback.format_exception(inner)
                    reports.append(GraphQLError(str(inner), path=error.path, extensions={"exception": "".join(lines)}))
                    continue
                text = "something went wrong"
            reports.append(GraphQLError(text, path=error.path, extensions=error.extensions))
        result.errors = reports


SCHEMA = strawberry.Schema(
    Query,
    Mutation,
    config=StrawberryConfig(batching_config={"max_operations": 100_000} if PLACE.weak("batch-open") else None),
    extensions=[
        lambda: QueryDepthLimiter(max_depth=6),
        lambda: MaxAliasesLimiter(max_alias_count=10),
        lambda: MaxTokensLimiter(max_token_count=600),
        lambda: AddValidationRules([NoSchema if PLACE.weak("type-introspection") else NoSchemaIntrospectionCustomRule]),
        Errors,
    ],
)
SCHEMA.process_errors = lambda *_, **__: None  # type: ignore[method-assign]  # no logs


class Endpoint(GraphQL):
    async def get_context(self, request, response=None):
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return {"claims": claims_of(token, "access") if scheme.lower() == "bearer" else None, "address": request.client.host if request.client else ""}


async def version(_):
    return JSONResponse({"name": "choir", "instance": PLACE.instance})


async def keys(_):
    numbers = KEY.public_key().public_numbers()
    n, e = (encoded(number.to_bytes((number.bit_length() + 7) // 8, "big")) for number in (numbers.n, numbers.e))
    return JSONResponse({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "choir-1", "n": n, "e": e}]})


def application():
    endpoint = Endpoint(SCHEMA, graphql_ide=None, allow_queries_via_get=False)
    async def too_deep(*_):
        return JSONResponse({"error": "the body is nested too deeply"}, 400)

    inner = Starlette(exception_handlers={RecursionError: too_deep}, routes=[Route("/version", version), Route("/jwks.json", keys), Route("/graphql", endpoint, methods=["POST"])])
    guard = common.Guard(inner, common.SECURITY_HEADERS)
    guard.bucket = common.Bucket(200, 120)
    return guard


if __name__ == "__main__":
    prepare()
    socket.getaddrinfo("localhost", 80)
    requests = [("GET", "/version", {}), ("GET", "/nowhere", {}), ("GET", "/jwks.json", {}), ("POST", "/graphql", {"json": {"query": "{"}}), ("POST", "/graphql", {"json": {"query": "{me {id}}"}}),
                ("POST", "/graphql", {"json": [{"query": "{openingHours}"}]}), ("POST", "/graphql", {"json": {"query": "{openingHours}"}})]  # fmt: skip
    common.serve_asgi(application(), PLACE, requests)
