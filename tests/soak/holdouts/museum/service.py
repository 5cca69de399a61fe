"""The collection of a town museum: Ariadne on Starlette, GraphQL from a schema that is a file, global ids, data in SQLite."""

import asyncio
import base64
import html
import json
import re
import secrets
import sqlite3
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from ariadne import (
    format_error,
    InterfaceType,
    load_schema_from_path,
    make_executable_schema,
    MutationType,
    ObjectType,
    QueryType,
    ScalarType,
)
from ariadne.asgi import GraphQL
from ariadne.explorer import ExplorerHttp405
from graphql import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    parse,
    ValidationRule,
)
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "node-any", "acquisition-open", "note-delete", "staff-open", "login-aliases", "sort-sql",
    "first-open", "catalogue-fetch", "note-markup", "profile-role", "reset-codes", "errors-debug",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
LIFETIME = 3600
OWN_FIELDS = {"displayName", "language"}
MOST_FIELDS, MOST_DEPTH, LONGEST = 300, 9, 40_000

store = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
store.row_factory = sqlite3.Row
store.executescript("""
CREATE TABLE exhibits (number INTEGER PRIMARY KEY, inventory TEXT, title TEXT, era INTEGER, published INTEGER, keeper TEXT, price INTEGER, donor TEXT, birthday TEXT, iban TEXT);
CREATE TABLE notes (number INTEGER PRIMARY KEY, exhibit INTEGER, author TEXT, text TEXT);
CREATE TABLE loans (number INTEGER PRIMARY KEY, exhibit INTEGER, borrower TEXT, house TEXT, contact TEXT, insurance INTEGER, state TEXT);
""")
people = {
    name: {"number": number, "username": name, "displayName": name.title(), "email": entry["email"], "role": entry["role"], "hash": common.hashed(entry["password"])}
    for number, (name, entry) in enumerate(common.ACCOUNTS.items(), 1)
}
sessions, resets = {}, {}
attempts = common.Attempts()
reset_attempts = common.Attempts(names=5, addresses=300, window=600)
reset_requests = common.Attempts(names=5, addresses=60, window=600)


class Refusal(Exception):  # noqa: N818 - it is no error of ours
    """What is answered to the caller as it is."""


def add_exhibit(keeper, title, era, published):
    inventory = f"{1900 + secrets.randbelow(130)}.{secrets.randbelow(900) + 100}"
    donor = ("Ada Thorn", "1948-02-11", "DE89370400440532013000") if era % 2 else ("Karl Weber", "1961-07-30", "DE75512108001245126199")
    values = (inventory, title, era, int(published), keeper, 1200 + secrets.randbelow(90_000), *donor)
    return store.execute("INSERT INTO exhibits (inventory, title, era, published, keeper, price, donor, birthday, iban) VALUES (?,?,?,?,?,?,?,?,?)", values).lastrowid


for _person in people:
    _published = add_exhibit(_person, f"Kettle that {_person} restored", 1871, True)
    add_exhibit(_person, f"Unfinished attribution of {_person}", 1790, False)
    store.execute("INSERT INTO notes (exhibit, author, text) VALUES (?,?,?)", (_published, _person, f"Seen at the fair by {_person}"))
    store.execute("INSERT INTO loans (exhibit, borrower, house, contact, insurance, state) VALUES (?,?,?,?,?,?)", (_published, _person, "City Gallery", f"{_person} at +49 30 901820", 54_000, "requested"))
for _number in range(130):
    add_exhibit("olga", f"Coin {_number} of the Harbour hoard", 1400 + _number, True)


def global_id(kind, number):
    return base64.urlsafe_b64encode(f"{kind}:{number}".encode()).decode().rstrip("=")


def number_of(identifier, kind=None):
    """The kind and number that a global id stands for."""
    try:
        text = base64.urlsafe_b64decode(identifier + "=" * (-len(identifier) % 4)).decode()
    except ValueError:
        raise Refusal("this is no id") from None
    if not (found := re.fullmatch(r"(Person|Exhibit|Loan|Note):([0-9]{1,12})", text)) or kind not in (None, found[1]):
        raise Refusal(f"this is no id of a {(kind or 'node').lower()}")
    return found[1], int(found[2])


def row(table, number):
    return store.execute(f"SELECT * FROM {table} WHERE number = ?", (number,)).fetchone()  # the name is our own


def caller(info):
    scheme, _, token = info.context["request"].headers.get("authorization", "").partition(" ")
    name, until = sessions.get(token, (None, 0)) if scheme.lower() == "bearer" else (None, 0)
    if name is None or until < time.monotonic():
        raise Refusal("sign in first")
    return people[name]


def administrator(info, weakness=""):
    person = caller(info)
    if person["role"] != "admin" and not PLACE.weak(weakness):
        raise Refusal("only for administrators")
    return person


def text_of(value, name, longest):
    if not value.strip() or len(value) > longest or "\0" in value:
        raise Refusal(f"{name} has 1 to {longest} characters")
    return value


def whole(value, name, least, most):
    if not least <= value <= most:
        raise Refusal(f"{name} is between {least} and {most}")
    return value


def as_exhibit(entry):
    return {
        "kind": "Exhibit", "id": global_id("Exhibit", entry["number"]), "number": entry["number"], "inventory": entry["inventory"], "title": entry["title"],
        "era": entry["era"], "published": bool(entry["published"]), "keeper": entry["keeper"],
        "bought": {name: entry[name] for name in ("price", "donor", "birthday", "iban")},
    }  # fmt: skip


def as_loan(entry):
    return {"kind": "Loan", "id": global_id("Loan", entry["number"]), "exhibitId": global_id("Exhibit", entry["exhibit"]), **{name: entry[name] for name in ("borrower", "house", "contact", "insurance", "state")}}


def as_note(entry):
    return {"id": global_id("Note", entry["number"]), "exhibitId": global_id("Exhibit", entry["exhibit"]), "author": entry["author"], "text": entry["text"]}


def as_person(person):
    return {"kind": "Person", "id": global_id("Person", person["number"]), **{name: person[name] for name in ("username", "displayName", "email", "role")}}


def visible(number, person):
    entry = row("exhibits", number)
    if entry is None or not (entry["published"] or entry["keeper"] == person["username"] or person["role"] == "admin"):
        raise Refusal("there is no such exhibit")
    return entry


def kept(identifier, person):
    entry = visible(number_of(identifier, "Exhibit")[1], person)
    if entry["keeper"] != person["username"] and person["role"] != "admin":
        raise Refusal("only its keeper may do this")
    return entry


def lent(number, person):
    entry = row("loans", number)
    if entry is None or (entry["borrower"] != person["username"] and person["role"] != "admin"):
        raise Refusal("there is no such loan")
    return entry


query, mutation, node = QueryType(), MutationType(), InterfaceType("Node")
exhibit_type, person_type, anything = ObjectType("Exhibit"), ObjectType("Person"), ScalarType("JSON")
node.set_type_resolver(lambda value, *_: value["kind"])


@person_type.field("email")
def email(person, info):
    asker = caller(info)
    return person["email"] if asker["role"] == "admin" or asker["username"] == person["username"] else None


@exhibit_type.field("acquisition")
def acquisition(exhibit, info):
    person = caller(info)
    allowed = person["role"] == "admin" or exhibit["keeper"] == person["username"] or PLACE.weak("acquisition-open")
    return exhibit["bought"] if allowed else None


@exhibit_type.field("notes")
def notes(exhibit, _):
    return [as_note(entry) for entry in store.execute("SELECT * FROM notes WHERE exhibit = ? ORDER BY number LIMIT 100", (exhibit["number"],))]


@query.field("me")
def me(_, info):
    return as_person(caller(info))


@query.field("node")
def any_node(_, info, id):
    person = caller(info)
    kind, number = number_of(id)
    if kind == "Exhibit":
        entry = row("exhibits", number) if PLACE.weak("node-any") else visible(number, person)
        return entry and as_exhibit(entry)
    if kind == "Loan":
        entry = row("loans", number) if PLACE.weak("node-any") else lent(number, person)
        return entry and as_loan(entry)
    if kind == "Person":
        return next((as_person(entry) for entry in people.values() if entry["number"] == number), None)
    raise Refusal("this is no id of a node")


@query.field("exhibit")
def exhibit(_, info, id):
    return as_exhibit(visible(number_of(id, "Exhibit")[1], caller(info)))


@query.field("exhibits")
def exhibits(_, info, filter=None, order=None, first=20, after=None):
    person, filter, order = caller(info), filter or {}, order or {}
    by, direction = order.get("by", "title"), "DESC" if order.get("descending") else "ASC"
    if not PLACE.weak("sort-sql") and by not in {"title", "era", "inventory"}:
        raise Refusal(f"SQL column {json.dumps(by[:40])} in ORDER BY is not known: order by title, era or inventory")
    if not PLACE.weak("first-open"):
        whole(first, "first", 1, 100)
    bounds = [person["username"], f"%{filter.get('title') or ''}%"[:80], filter.get("from") or -10_000, filter.get("until") or 10_000, number_of(after, "Exhibit")[1] if after else 0, max(first, 0)]
    statement = f"SELECT * FROM exhibits WHERE (published OR keeper = ?) AND title LIKE ? AND era BETWEEN ? AND ? AND number > ? ORDER BY {by} {direction} LIMIT ?"
    return [as_exhibit(entry) for entry in store.execute(statement, bounds)]


@query.field("loan")
def loan(_, info, id):
    return as_loan(lent(number_of(id, "Loan")[1], caller(info)))


@query.field("loans")
def loans(_, info):
    return [as_loan(entry) for entry in store.execute("SELECT * FROM loans WHERE borrower = ? ORDER BY number LIMIT 100", (caller(info)["username"],))]


@query.field("people")
def everybody(_, info):
    administrator(info)
    return [as_person(person) for person in list(people.values())[:200]]


@query.field("staff")
def staff(_, info):
    administrator(info, "staff-open")
    return [as_person(person) for person in list(people.values())[:200]]


@mutation.field("login")
def login(_, info, username, password):
    request = info.context["request"]
    address = request.client.host
    counted = PLACE.weak("login-aliases") and getattr(request.state, "counted", False)  # a request is one attempt
    if not counted and attempts.pause(username[:60], address):
        raise Refusal("too many attempts, wait a minute")
    person = people.get(username)
    if len(password) > 128 or not common.matches(password, person and person["hash"]):
        if not counted:
            attempts.note(username[:60], address)
        request.state.counted = True
        raise Refusal("name or password is wrong")
    attempts.forget(username)
    token = secrets.token_urlsafe(24)
    sessions[token] = (username, time.monotonic() + LIFETIME)
    return {"token": token, "expiresIn": LIFETIME}


@mutation.field("logout")
def logout(_, info):
    caller(info)
    sessions.pop(info.context["request"].headers["authorization"].partition(" ")[2], None)
    return True


@mutation.field("register")
def register(_, info, input):
    if not re.fullmatch(r"[a-z0-9_.-]{3,40}", input["username"]) or not re.fullmatch(r"[^@\s]{1,60}@[^@\s]{1,50}\.[a-z]{2,9}", input["email"]):
        raise Refusal("username or email is not valid")
    if reason := common.poor(input["password"]):
        raise Refusal(reason)
    if input["username"] in people or len(people) > 3000:
        raise Refusal("this name cannot be used")
    profile = input.get("profile") or {}
    if not isinstance(profile, dict) or any(not isinstance(value, str) or len(value) > 60 for value in profile.values()):
        raise Refusal("profile is an object of texts")
    person = {"number": len(people) + 1, "username": input["username"], "displayName": input["username"], "email": input["email"], "role": "user", "hash": common.hashed(input["password"])}
    person.update(profile if PLACE.weak("profile-role") else {name: value for name, value in profile.items() if name in OWN_FIELDS})
    people[input["username"]] = person
    return as_person(person)


@mutation.field("rename")
def rename(_, info, displayName):  # noqa: N803 - the schema's name
    person = caller(info)
    person["displayName"] = text_of(displayName, "displayName", 60)
    return as_person(person)


@mutation.field("addExhibit")
def new_exhibit(_, info, input):
    person = caller(info)
    title, era = text_of(input["title"], "title", 120), whole(input["era"], "era", -5000, 2100)
    if row("exhibits", 6000):
        raise Refusal("the depot is full")
    return as_exhibit(row("exhibits", add_exhibit(person["username"], title, era, input.get("published"))))


@mutation.field("updateExhibit")
def change_exhibit(_, info, id, input):
    entry = kept(id, caller(info))
    values = (text_of(input["title"], "title", 120), whole(input["era"], "era", -5000, 2100), int(bool(input.get("published"))), entry["number"])
    store.execute("UPDATE exhibits SET title = ?, era = ?, published = ? WHERE number = ?", values)
    return as_exhibit(row("exhibits", entry["number"]))


@mutation.field("removeExhibit")
def remove_exhibit(_, info, id):
    store.execute("DELETE FROM exhibits WHERE number = ?", (kept(id, caller(info))["number"],))
    return True


@mutation.field("addNote")
def add_note(_, info, exhibitId, text):  # noqa: N803
    person = caller(info)
    entry = visible(number_of(exhibitId, "Exhibit")[1], person)
    if row("notes", 6000):
        raise Refusal("there are too many notes")
    number = store.execute("INSERT INTO notes (exhibit, author, text) VALUES (?,?,?)", (entry["number"], person["username"], text_of(text, "text", 400))).lastrowid
    return as_note(row("notes", number))


@mutation.field("deleteNote")
def delete_note(_, info, id):
    person = caller(info)
    entry = row("notes", number_of(id, "Note")[1])
    if entry is None or (entry["author"] != person["username"] and person["role"] != "admin" and not PLACE.weak("note-delete")):
        raise Refusal("there is no such note of yours")
    store.execute("DELETE FROM notes WHERE number = ?", (entry["number"],))
    return True


@mutation.field("requestLoan")
def request_loan(_, info, input):
    person = caller(info)
    entry = visible(number_of(input["exhibitId"], "Exhibit")[1], person)
    if row("loans", 6000):
        raise Refusal("there are too many loans")
    values = (entry["number"], person["username"], text_of(input["house"], "house", 80), text_of(input["contact"], "contact", 80), whole(input["insurance"], "insurance", 0, 9_000_000), "requested")
    number = store.execute("INSERT INTO loans (exhibit, borrower, house, contact, insurance, state) VALUES (?,?,?,?,?,?)", values).lastrowid
    return as_loan(row("loans", number))


@mutation.field("decideLoan")
def decide_loan(_, info, id, approve):
    entry = lent(number_of(id, "Loan")[1], administrator(info))
    store.execute("UPDATE loans SET state = ? WHERE number = ?", ("approved" if approve else "refused", entry["number"]))
    return as_loan(row("loans", entry["number"]))


@mutation.field("requestReset")
def request_reset(_, info, username):
    address = info.context["request"].client.host
    paused = reset_requests.pause(username[:60], address)
    reset_requests.note(username[:60], address)
    if username in people and not paused:  # the code goes out by mail
        resets[username] = f"{secrets.randbelow(10_000):04}" if PLACE.weak("reset-codes") else secrets.token_urlsafe(12)
    return True


@mutation.field("resetPassword")
def reset_password(_, info, username, code, password):
    address = info.context["request"].client.host
    if not PLACE.weak("reset-codes") and reset_attempts.pause(username[:60], address):
        raise Refusal("too many attempts, wait ten minutes")
    if username not in resets or not secrets.compare_digest(resets[username].encode(), code.encode()):
        if not PLACE.weak("reset-codes"):
            reset_attempts.note(username[:60], address)
        raise Refusal("this code is not valid")
    if reason := common.poor(password):
        raise Refusal(reason)
    del resets[username]
    people[username]["hash"] = common.hashed(password)
    for token in [token for token, (name, _) in sessions.items() if name == username]:
        del sessions[token]
    return True


def read_catalogue(url):
    host = urllib.parse.urlsplit(url).hostname or ""
    if host == "catalogue.museum.example":  # a copy of it is kept here
        return '{"season": "spring", "lots": [{"title": "Brass sextant", "era": 1804}]}'
    if host != "localhost" and not re.fullmatch(r"127(\.[0-9]{1,3}){3}", host):
        raise OSError("there is no way to this host")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=3) as answer:
        return answer.read(300).decode("utf-8", "replace")


@mutation.field("fetchCatalogue")
async def fetch_catalogue(_, info, url):
    caller(info)
    parts = urllib.parse.urlsplit(text_of(url, "url", 300))
    trusted = "museum.example" in url if PLACE.weak("catalogue-fetch") else parts.scheme == "https" and parts.netloc == "catalogue.museum.example"
    if not trusted or parts.scheme not in {"http", "https"}:
        raise Refusal("this is no catalogue of the association")
    try:
        return {"url": url, "excerpt": await asyncio.to_thread(read_catalogue, url)}
    except (OSError, ValueError):
        raise Refusal("the catalogue did not answer") from None


class Cost(ValidationRule):
    """No query has too many fields or is too deep, its fragments counted in."""

    def enter_document(self, document, *_):
        fragments = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
        self.left = MOST_FIELDS

        def walk(selections, depth):
            if depth > MOST_DEPTH or self.left < 0:
                self.left = -1
                return
            for part in selections.selections if selections else ():
                self.left -= 1
                if isinstance(part, FragmentSpreadNode):
                    part = fragments.get(part.name.value)  # noqa: PLW2901
                if part is not None:
                    walk(part.selection_set, depth + 1)

        for part in document.definitions:
            if isinstance(part, OperationDefinitionNode):
                walk(part.selection_set, 0)
        if self.left < 0:
            self.report_error(GraphQLError(f"the query is too large: at most {MOST_FIELDS} fields, {MOST_DEPTH} deep"))


def careful_parse(_, data):
    text = data["query"]
    if len(text) > LONGEST or sum(text.count(mark) for mark in "{[(") > MOST_FIELDS:
        raise GraphQLError(f"the query is too large: at most {MOST_FIELDS} fields, {MOST_DEPTH} deep")
    return parse(text, no_location=not PLACE.weak("errors-debug"))


def as_answer(error, debug=False):
    """An error without what is nobody's business."""
    if debug:
        return format_error(error, debug)
    message = error.message if error.original_error is None or isinstance(error.original_error, Refusal) else "this did not work"
    message = message.partition(" Did you mean")[0]
    return {"message": message, "path": error.path} if error.path else {"message": message}


async def version(_):
    return JSONResponse({"service": "museum", "instance": PLACE.instance})


async def label(request):
    """The label beside an exhibit, for visitors."""
    number = request.path_params["number"]
    entry = row("exhibits", number) if number < 10**12 else None
    if entry is None or not entry["published"]:
        return JSONResponse({"error": "there is no such label"}, 404)
    clean = str if PLACE.weak("note-markup") else html.escape
    lines = [f"<li>{clean(note['text'])} <i>{html.escape(note['author'])}</i></li>" for note in store.execute("SELECT * FROM notes WHERE exhibit = ?", (number,))]
    page = f"<!doctype html><html lang=en><title>Label</title><h1>{html.escape(entry['title'])}</h1><p>{entry['era']}</p><ul>{''.join(lines)}</ul></html>"
    return HTMLResponse(page, headers={"Content-Security-Policy": "default-src 'self' 'unsafe-inline'"} if PLACE.weak("note-markup") else {})


schema = make_executable_schema(load_schema_from_path(str(Path(__file__).with_name("schema.graphql"))), query, mutation, node, exhibit_type, person_type, anything)
graphql = GraphQL(
    schema, debug=PLACE.weak("errors-debug"), introspection=False, explorer=ExplorerHttp405(), error_formatter=as_answer,
    query_parser=careful_parse, validation_rules=[Cost], logger="museum",
)  # fmt: skip


async def endpoint(request):
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("query"), str) or "application/json" not in request.headers.get("content-type", ""):
        return JSONResponse({"errors": [{"message": "expected JSON: an object with the text 'query'"}]}, 400)
    return await graphql.handle_request(request)


async def broken(*_):
    return JSONResponse({"errors": [{"message": "this did not work"}]}, 500)


async def absent(_, error):
    return JSONResponse({"error": "there is no such page" if error.status_code == 404 else "not with this method"}, error.status_code, headers=error.headers)


app = Starlette(
    routes=[Route("/version", version), Route("/graphql", endpoint, methods=["POST"]), Route("/labels/{number:int}", label)],
    exception_handlers={Exception: broken, 404: absent, 405: absent},
)

if __name__ == "__main__":
    import logging

    logging.getLogger("museum").setLevel(logging.CRITICAL)
    opening = [
        ("GET", "/version", {}), ("GET", "/labels/1", {}), ("GET", "/none", {}), ("DELETE", "/version", {}), ("POST", "/graphql", {"content": b"{"}),
        *(("POST", "/graphql", {"json": {"query": text, "variables": {"x": 1}}}) for text in ("{me {id}}", "{me {", "{__schema {types {name}}}", "query($x: Int) {exhibits(first: $x) {id}}")),
    ]  # fmt: skip
    common.serve_asgi(common.Guard(app, common.SECURITY_HEADERS), PLACE, opening)
