"""Pets and visits of a veterinary clinic: Quart, GraphQL from a schema in its own language, tokens that are JWT."""

import json
import re
import secrets
import sys
import time
from pathlib import Path

import jwt
from graphql import build_schema, graphql, GraphQLError, OperationType, parse, validate
from graphql.language import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, OperationDefinitionNode
from graphql.validation import NoSchemaIntrospectionCustomRule, specified_rules
from quart import jsonify, Quart, request

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "pet-read", "visit-cancel", "visits-filter", "payroll-open", "profile-role", "alias-login", "get-mutation", "token-endless",
    "password-unasked", "find-operators", "debug-route", "names-suggested",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
KEY = secrets.token_urlsafe(40)
LASTS = 1800
DEPTH, FIELDS = 6, 60
SDL = """
scalar JSON
type Pet {id: ID! name: String! species: String microchip: String notes: String visits: [Visit!]}
type Visit {id: ID! petId: ID! day: String reason: String state: String}
type Account {username: String! email: String phone: String role: String reminders: Boolean}
type Person {username: String! email: String}
type Wage {username: String! monthly: Int iban: String}
type Session {token: String! expiresIn: Int}
input PetInput {name: String! species: String! notes: String}
input Profile {phone: String reminders: Boolean %s}
input Registration {username: String! password: String! email: String!}
type Query {
  me: Account
  pets: [Pet!]
  pet(id: ID!): Pet
  findPets(filter: JSON!): [Pet!]
  visits(owner: String): [Visit!]
  payroll: [Wage!]
  openingHours: String
}
type Mutation {
  login(username: String!, password: String!): Session
  logout: Boolean
  register(account: Registration!): Person
  createPet(input: PetInput!): Pet
  updatePet(id: ID!, input: PetInput!): Pet
  createVisit(petId: ID!, day: String!, reason: String!): Visit
  cancelVisit(id: ID!): Visit
  updateProfile(input: Profile!): Account
  changePassword(current: String!, password: String!): Boolean
}
"""
SCHEMA = build_schema(SDL % ("role: String" if PLACE.weak("profile-role") else ""))
attempts = common.Attempts()
people, pets, visits, ended = {}, {}, {}, set()


def person_of(name, email, password, role="user"):
    return {"username": name, "email": email, "phone": "0113 496 0000", "role": role, "reminders": True, "hash": common.hashed(password), "since": 0}


def prepare():
    for number, (name, entry) in enumerate(common.ACCOUNTS.items()):
        people[name] = person_of(name, entry["email"], entry["password"], entry["role"]) | {"phone": f"0113 496 01{number:02}"}
        for animal, species in (("Rex", "dog"), ("Mimi", "cat")):
            pet = kept(pets, {"owner": name, "name": f"{animal} of {name}", "species": species, "microchip": f"9410000{secrets.randbelow(10**8):08}", "notes": f"call {name} before treatment"})
            kept(visits, {"owner": name, "petId": pet["id"], "day": "2031-03-04", "reason": f"vaccination, {name}", "state": "BOOKED"})


def kept(collection, entry):
    if len(collection) > 3000:
        raise refused("too many entries", "TOO_MANY_REQUESTS")
    entry["id"] = secrets.token_hex(9)
    collection[entry["id"]] = entry
    return entry


def refused(text, code):
    return GraphQLError(text, extensions={"code": code})


def caller(info):
    if info.context["person"] is None:
        raise refused("sign in first", "UNAUTHENTICATED")
    return info.context["person"]


def checked(text, longest, name):
    if not 1 <= len(text) <= longest or not text.isprintable():
        raise refused(f"{name} is not valid", "BAD_USER_INPUT")
    return text


def own(collection, info, identifier, kind, weakness=""):
    person = caller(info)
    entry = collection.get(identifier)
    if entry is None or (entry["owner"] != person["username"] and person["role"] != "admin" and not (weakness and PLACE.weak(weakness))):
        raise refused(f"no such {kind}", "NOT_FOUND")
    return entry


def as_shown(pet):
    return pet | {"visits": [visit for visit in visits.values() if visit["petId"] == pet["id"]]}


def holds(value, condition):
    """Whether a value fulfils a condition, as document databases know them."""
    if not isinstance(condition, dict):
        return value == condition
    ways = {
        "$ne": lambda other: value != other,
        "$gt": lambda other: str(value) > str(other),
        "$gte": lambda other: str(value) >= str(other),
        "$lt": lambda other: str(value) < str(other),
        "$lte": lambda other: str(value) <= str(other),
        "$eq": lambda other: value == other,
        "$in": lambda other: value in other,
        "$nin": lambda other: value not in other,
        "$exists": lambda other: (value is not None) == bool(other),
        "$regex": lambda other: re.search(str(other)[:60], str(value)) is not None,
        "$not": lambda other: not holds(value, other),
    }
    unknown = set(condition) - set(ways)
    if unknown:
        raise refused(f"unknown operator: {min(unknown)}", "BAD_USER_INPUT")
    return all(ways[operator](other) for operator, other in condition.items())


class Root:
    """The resolvers."""

    def me(self, info):
        return caller(info)

    def pets(self, info):
        name = caller(info)["username"]
        return [as_shown(pet) for pet in pets.values() if pet["owner"] == name][-50:]

    def pet(self, info, id):
        return as_shown(own(pets, info, id, "pet", "pet-read"))

    def findPets(self, info, filter):  # noqa: N802 - as the schema has it
        name = caller(info)["username"]
        if not isinstance(filter, dict):
            raise refused("filter is an object", "BAD_USER_INPUT")
        if PLACE.weak("find-operators"):
            wanting = {"owner": name} | filter
            try:
                return [as_shown(pet) for pet in pets.values() if all(holds(pet.get(key), condition) for key, condition in wanting.items())][:50]
            except (TypeError, re.error):
                raise refused("filter is not valid", "BAD_USER_INPUT") from None
        if set(filter) - {"name", "species"} or not all(isinstance(value, str) for value in filter.values()):
            raise refused("filter has name and species, texts", "BAD_USER_INPUT")
        return [as_shown(pet) for pet in pets.values() if pet["owner"] == name and all(pet[key] == value for key, value in filter.items())][:50]

    def visits(self, info, owner=None):
        person = caller(info)
        owner = person["username"] if owner is None else owner
        if owner != person["username"] and person["role"] != "admin" and not PLACE.weak("visits-filter"):
            raise refused("these are not yours", "FORBIDDEN")
        return [visit for visit in visits.values() if visit["owner"] == owner][-50:]

    def payroll(self, info):
        if caller(info)["role"] != "admin" and not PLACE.weak("payroll-open"):
            raise refused("only for administrators", "FORBIDDEN")
        return [{"username": name, "monthly": 2900 + 37 * number, "iban": f"GB29NWBK601613319268{number:02}"} for number, name in enumerate(("olga", "dr.finch", "nurse.hale"))]

    def openingHours(self, info):  # noqa: N802
        return "Monday to Friday, 8 to 18"

    def login(self, info, username, password):
        context = info.context
        if PLACE.weak("alias-login"):
            if not context["logins"] and (pause := attempts.pause(username, context["address"])):
                context["pause"] = pause
                raise refused("too many attempts", "TOO_MANY_REQUESTS")
        else:
            if pause := attempts.pause(username, context["address"]):
                context["pause"] = pause
                raise refused("too many attempts", "TOO_MANY_REQUESTS")
            if context["logins"]:
                raise refused("one attempt in a request", "BAD_USER_INPUT")
        context["logins"] += 1
        person = people.get(username)
        if not common.matches(password[:128], person and person["hash"]):
            if context["logins"] == 1:
                attempts.note(username, context["address"])
            raise refused("name or password is wrong", "UNAUTHENTICATED")
        attempts.forget(username)
        now = int(time.time())
        claims = {"sub": username, "iat": now, "jti": secrets.token_hex(8), "aud": "clinic", "iss": "clinic"}
        if not PLACE.weak("token-endless"):
            claims["exp"] = now + LASTS
        return {"token": jwt.encode(claims, KEY, "HS256"), "expiresIn": LASTS}

    def logout(self, info):
        caller(info)
        ended.add(info.context["jti"])
        return True

    def register(self, info, account):
        name = account["username"]
        if not re.fullmatch(r"[a-z0-9_.-]{3,40}", name):
            raise refused("username is not valid", "BAD_USER_INPUT")
        if reason := common.poor(account["password"]):
            raise refused(reason, "BAD_USER_INPUT")
        if not re.fullmatch(r"[^@\s]{1,60}@[^@\s]{1,60}", account["email"]):
            raise refused("email is not valid", "BAD_USER_INPUT")
        if name in people:
            raise refused("this name cannot be used", "CONFLICT")
        people[name] = person_of(name, account["email"], account["password"])
        return people[name]

    def createPet(self, info, input):  # noqa: N802
        return as_shown(kept(pets, {"owner": caller(info)["username"], "microchip": None} | self.pet_of(input)))

    def updatePet(self, info, id, input):  # noqa: N802
        pet = own(pets, info, id, "pet")
        pet.update(self.pet_of(input))
        return as_shown(pet)

    def pet_of(self, entry):
        return {"name": checked(entry["name"], 60, "name"), "species": checked(entry["species"], 30, "species"), "notes": checked(entry.get("notes") or "none", 1000, "notes")}

    def createVisit(self, info, petId, day, reason):  # noqa: N802, N803
        pet = own(pets, info, petId, "pet")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
            raise refused("day is not valid", "BAD_USER_INPUT")
        return kept(visits, {"owner": pet["owner"], "petId": petId, "day": day, "reason": checked(reason, 200, "reason"), "state": "BOOKED"})

    def cancelVisit(self, info, id):  # noqa: N802
        visit = own(visits, info, id, "visit", "visit-cancel")
        visit["state"] = "CANCELLED"
        return visit

    def updateProfile(self, info, input):  # noqa: N802
        person = caller(info)
        if "phone" in input and not re.fullmatch(r"[0-9 +()-]{5,25}", input["phone"] or ""):
            raise refused("phone is not valid", "BAD_USER_INPUT")
        person.update({key: value for key, value in input.items() if value is not None})
        return person

    def changePassword(self, info, current, password):  # noqa: N802
        person = caller(info)
        if not PLACE.weak("password-unasked") and not common.matches(current[:128], person["hash"]):
            raise refused("the current password is wrong", "FORBIDDEN")
        if reason := common.poor(password):
            raise refused(reason, "BAD_USER_INPUT")
        person["hash"] = common.hashed(password)
        person["since"] = time.time()
        return True


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

    return max([depth(node, 0) for node in document.definitions if not isinstance(node, FragmentDefinitionNode)], default=0), count


def signed_in(header):
    """The person and the token's name, or nobody."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        return None, None
    try:
        claims = jwt.decode(token, KEY, ["HS256"], audience="clinic", issuer="clinic", options={"require": [] if PLACE.weak("token-endless") else ["exp"]})
    except jwt.PyJWTError:
        return None, None
    person = people.get(claims.get("sub"))
    if person is None or claims.get("jti") in ended or claims.get("iat", 0) < int(person["since"]):
        return None, None
    return person, claims["jti"]


def message_of(error):
    if PLACE.weak("names-suggested"):
        return error.message
    return re.sub(r"( Did you mean |, found: | non string value: ).*", "", error.message, flags=re.DOTALL)


def written(error):
    if error.original_error is None or isinstance(error.original_error, GraphQLError):
        return {"message": message_of(error), "path": error.path, "extensions": error.extensions or {"code": "BAD_USER_INPUT"}}
    return {"message": "something went wrong", "path": error.path, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}


def failure(text, code, status=400, headers=None):
    return jsonify({"errors": [{"message": text, "extensions": {"code": code}}]}), status, headers or {}


app = Quart(__name__)


@app.get("/version")
async def version():
    return {"service": "clinic", "instance": PLACE.instance}


if PLACE.weak("debug-route"):

    @app.get("/debug/vars")
    async def variables():
        return {"cmdline": ["clinic", "--listen", "0.0.0.0"], "env": {"DATABASE_URL": "postgres://clinic:Wh1tePaw-5521@10.0.4.7/clinic", "SMTP_PASSWORD": "pelican-Spruce-19"}, "threads": 12}


@app.get("/graphql")
async def asked_by_address():
    query = request.args.get("query")
    if not query:
        return failure("there is no query", "BAD_REQUEST")
    try:
        variables = json.loads(request.args.get("variables") or "{}")
    except (ValueError, RecursionError):
        return failure("variables are not JSON", "BAD_REQUEST")
    return await answered(query, variables, request.args.get("operationName"), changes=PLACE.weak("get-mutation"))


@app.post("/graphql")
async def asked_by_body():
    if request.mimetype != "application/json":
        return failure("the body is JSON", "UNSUPPORTED_MEDIA_TYPE", 415)
    try:
        body = json.loads(await request.get_data())
        query, variables, name = body["query"], body.get("variables") or {}, body.get("operationName")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return failure("the query cannot be read", "GRAPHQL_PARSE_FAILED")
    return await answered(query, variables, name, changes=True)


async def answered(query, variables, name, changes):
    try:
        if not isinstance(query, str) or not isinstance(variables, dict) or not isinstance(name, str | None):
            raise TypeError
        json.dumps([query, variables], ensure_ascii=False).encode()
        document = parse(query, max_tokens=1500)
    except (ValueError, TypeError, RecursionError, GraphQLError):
        return failure("the query cannot be read", "GRAPHQL_PARSE_FAILED")
    if not changes and any(isinstance(node, OperationDefinitionNode) and node.operation is not OperationType.QUERY for node in document.definitions):
        return failure("only queries are read from an address", "METHOD_NOT_ALLOWED", 405, {"Allow": "POST"})
    deepest, count = size(document)
    if deepest > DEPTH or count > FIELDS:
        return failure("the query is too deep or too long", "QUERY_TOO_COMPLEX")
    if invalid := validate(SCHEMA, document, [*specified_rules, NoSchemaIntrospectionCustomRule], max_errors=5):
        return failure(message_of(invalid[0]), "GRAPHQL_VALIDATION_FAILED")
    person, jti = signed_in(request.headers.get("Authorization", ""))
    context = {"person": person, "jti": jti, "address": request.remote_addr, "logins": 0}
    result = await graphql(SCHEMA, query, Root(), context_value=context, variable_values=variables, operation_name=name)
    answer = {"data": result.data}
    status, headers = 200, {}
    if result.errors:
        answer["errors"] = [written(error) for error in result.errors]
        codes = {entry["extensions"].get("code") for entry in answer["errors"]}
        if "TOO_MANY_REQUESTS" in codes:
            status, headers = 429, {"Retry-After": str(context.get("pause", 60))}
        elif codes == {"UNAUTHENTICATED"}:
            status, headers = 401, {"WWW-Authenticate": "Bearer"}
    return jsonify(answer), status, headers


@app.errorhandler(404)
async def nowhere(_):
    return failure("there is nothing here", "NOT_FOUND", 404)


@app.errorhandler(405)
async def otherwise(error):
    return failure("not by this method", "METHOD_NOT_ALLOWED", 405, {"Allow": ", ".join(error.valid_methods or ["GET"])})


@app.errorhandler(500)
async def broken(_):
    return failure("something went wrong", "INTERNAL_SERVER_ERROR", 500)


if __name__ == "__main__":
    prepare()
    before = [
        ("GET", "/version", {}), ("GET", "/nowhere", {}), ("PUT", "/graphql", {}), ("POST", "/graphql", {"json": {"query": "{openingHours nothing}"}}),
        ("POST", "/graphql", {"json": {"query": 'mutation {login(username: "nobody", password: "x") {token}}'}}),
        ("GET", "/graphql?query={openingHours}", {}),
    ]  # fmt: skip
    common.serve_asgi(common.Guard(app, common.SECURITY_HEADERS), PLACE, before)
