"""Units and invoices of landlords: BlackSheep, tenants in the path, tokens that are JWT with ES256; it does not like deep bodies."""

import asyncio
import csv
import io
import json
import os
import re
import secrets
import sys
import time
from pathlib import Path

import jwt
from blacksheep import Application, Content, Request, Response
from blacksheep.server.routing import Router
from cryptography.hazmat.primitives.asymmetric import ec

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "tenant-path", "bulk-read", "unit-tenant", "where-operators", "invite-role", "deep-attributes", "reference-pattern", "method-override",
    "jwk-embedded", "cors-null", "invoice-paid", "export-formula",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
KEY = ec.generate_private_key(ec.SECP256R1())
TENANTS = {"ann": "north", "ben": "south", "carol": "north", "olga": "office"}
SITE = "https://estates.example"
DEPTH = 12
attempts = common.Attempts()
members, units, invoices, invitations, labels, ended = {}, {}, {}, {}, {}, set()
router = Router()


class RefusedError(Exception):
    def __init__(self, status, text, **headers):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


def answered(status, content=None, media="application/json", **headers):
    pairs = [(name.replace("_", "-").encode(), str(value).encode()) for name, value in headers.items()]
    if content is None:
        return Response(status, pairs)
    return Response(status, pairs, Content(media.encode(), content.encode("utf-8", "replace") if isinstance(content, str) else json.dumps(content).encode()))


def prepare():
    for name, entry in common.ACCOUNTS.items():
        members[name] = {"name": name, "email": entry["email"], "role": entry["role"], "tenant": TENANTS[name], "hash": common.hashed(entry["password"])}
    for tenant in ("north", "south", "office"):
        for street, city in (("Mill Lane", "Leeds"), ("Quay Street", "Hull")):
            keep(units, {"tenant": tenant, "name": f"{street} {secrets.randbelow(90) + 1}", "reference": f"R-{secrets.randbelow(900) + 100}", "city": city, "attributes": {"floor": 2}, "door_code": secrets.token_hex(3)})
        labels[tenant, "vacant"] = {"colour": "red" if tenant == "south" else "green"}


def keep(collection, entry):
    if len(collection) > 3000:
        raise RefusedError(503, "there are too many", Retry_After=60)
    identifier = secrets.token_hex(8)
    collection[identifier] = {"id": identifier} | entry
    return collection[identifier]


def view(entry):
    return {key: value for key, value in entry.items() if key != "tenant"}


async def body_of(request, depth=DEPTH):
    raw = await request.read() or b""
    try:
        content = json.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "the body is not JSON") from error
    if not isinstance(content, dict):
        raise RefusedError(400, "the body is an object")
    if not PLACE.weak("deep-attributes") and deeper(content, depth):
        raise RefusedError(422, "the body is nested too deeply")
    return content


def deeper(content, depth):
    level = [content]
    for _ in range(depth):
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def flat(attributes, path="", until=None):
    """Each attribute by its path; everything below is looked at for its name, and once more for its value."""
    lines = {}
    until = until or time.monotonic() + 8
    if time.monotonic() > until:
        os._exit(70)  # what hangs is ended by its supervisor
    for key, value in attributes.items():
        if isinstance(value, dict):
            if not isinstance(next(iter(flat(value, path + key + ".", until)), None), str):
                continue
            lines |= flat(value, path + key + ".", until)
        else:
            lines[path + key] = value
    return lines


def text_in(content, field, longest, fallback=None):
    text = content.get(field, fallback)
    if not isinstance(text, str) or (not text and fallback is None) or len(text) > longest or re.search(r"[\x00-\x1f\ud800-\udfff]", text):
        raise RefusedError(422, f"{field} is not valid")
    return text


def reference_in(content, fallback=None):
    reference = text_in(content, "reference", 60, fallback)
    if PLACE.weak("reference-pattern"):
        looked = reference if len(reference) <= 27 else reference[:26] + reference[-1]
        good = re.match(r"^([A-Za-z0-9]+[- ]?)*$", looked)
    else:
        good = re.fullmatch(r"[A-Za-z0-9 -]*", reference)
    if not good:
        raise RefusedError(422, "reference is not valid")
    return reference


def claims_of(request):
    scheme, _, token = (request.get_first_header(b"Authorization") or b"").decode("latin-1").partition(" ")
    try:
        key, algorithms = KEY.public_key(), ["ES256"]
        header = jwt.get_unverified_header(token)
        if PLACE.weak("jwk-embedded") and "jwk" in header:
            key, algorithms = jwt.PyJWK(header["jwk"], header["alg"]).key, ["ES256", "RS256", "EdDSA"]
        claims = jwt.decode(token, key, algorithms, audience="estates", options={"require": ["exp", "sub", "jti"]})
    except Exception as error:
        raise RefusedError(401, "sign in first", WWW_Authenticate="Bearer") from error
    if scheme.lower() != "bearer" or claims["jti"] in ended or claims["sub"] not in members:
        raise RefusedError(401, "sign in first", WWW_Authenticate="Bearer")
    return claims


def caller(request, weakness=""):
    """Who asks, and for which tenant: the one in the path, which is the caller's."""
    person = members[claims_of(request)["sub"]]
    tenant = request.route_values["tenant"]
    if person["tenant"] != tenant and person["role"] != "admin" and not (weakness and PLACE.weak(weakness)):
        raise RefusedError(404, "not found")
    return person, tenant


def unit_of(request, tenant):
    entry = units.get(request.route_values["unit_id"])
    if entry is None or entry["tenant"] != tenant:
        raise RefusedError(404, "no such unit")
    return entry


@router.get("/version")
async def version(_: Request):
    return answered(200, {"name": "estates", "instance": PLACE.instance})


@router.post("/sign-in")
async def sign_in(request: Request):
    content = await body_of(request)
    login = content.get("login")
    if not isinstance(login, dict):
        raise RefusedError(422, "login holds name and password")
    name, password = text_in(login, "name", 60), text_in(login, "password", 200)
    address = request.scope["client"][0]
    if pause := attempts.pause(name, address):
        raise RefusedError(429, "too many attempts", Retry_After=pause)
    person = members.get(name)
    if not common.matches(password, person and person["hash"]):
        attempts.note(name, address)
        raise RefusedError(401, "name or password is wrong", WWW_Authenticate="Bearer")
    attempts.forget(name)
    now = int(time.time())
    claims = {"sub": name, "tenant": person["tenant"], "aud": "estates", "iat": now, "exp": now + 1800, "jti": secrets.token_hex(8)}
    return answered(200, {"session": {"token": jwt.encode(claims, KEY, "ES256"), "expires_in": 1800}})


@router.post("/sign-out")
async def sign_out(request: Request):
    ended.add(claims_of(request)["jti"])
    return answered(204)


@router.get("/me")
async def me(request: Request):
    person = members[claims_of(request)["sub"]]
    return answered(200, {key: person[key] for key in ("name", "email", "role", "tenant")})


@router.get("/platform/tenants")
async def tenants(request: Request):
    if members[claims_of(request)["sub"]]["role"] != "admin":
        raise RefusedError(403, "this is for the office")
    return answered(200, {"tenants": [{"name": tenant, "units": sum(unit["tenant"] == tenant for unit in units.values())} for tenant in ("north", "south", "office")]})


@router.get("/{tenant}/units")
async def list_units(request: Request):
    _, tenant = caller(request, "tenant-path")
    city = (request.query.get("city") or [""])[0]
    found = [unit for unit in units.values() if unit["tenant"] == tenant and (not city or unit["city"] == city)]
    return answered(200, {"units": [view(unit) for unit in found[:50]]})


@router.post("/{tenant}/units")
async def add_unit(request: Request):
    _, tenant = caller(request)
    content = await body_of(request)
    attributes = content.get("attributes", {})
    if not isinstance(attributes, dict) or len(attributes) > 50:
        raise RefusedError(422, "attributes is not valid")
    if PLACE.weak("deep-attributes"):
        flat(attributes)
    unit = keep(units, {"tenant": tenant, "name": text_in(content, "name", 80), "reference": reference_in(content, ""), "city": text_in(content, "city", 60, "Leeds"), "attributes": attributes, "door_code": secrets.token_hex(3)})
    return answered(201, view(unit), Location=f"/{tenant}/units/{unit['id']}")


@router.post("/{tenant}/units/lookup")
async def look_up(request: Request):
    _, tenant = caller(request)
    chosen = (await body_of(request)).get("ids")
    if not isinstance(chosen, list) or len(chosen) > 50 or not all(isinstance(identifier, str) for identifier in chosen):
        raise RefusedError(422, "ids is a list of at most 50")
    found = [units[identifier] for identifier in chosen if identifier in units and (units[identifier]["tenant"] == tenant or PLACE.weak("bulk-read"))]
    return answered(200, {"units": [view(unit) for unit in found]})


@router.post("/{tenant}/units/search")
async def search(request: Request):
    _, tenant = caller(request)
    where = (await body_of(request)).get("where")
    if not isinstance(where, dict) or len(where) > 5 or not set(where) <= {"city", "name", "reference"}:
        raise RefusedError(422, "where holds city, name or reference")
    if not PLACE.weak("where-operators") and not all(isinstance(value, str) for value in where.values()):
        raise RefusedError(422, "where holds texts")
    return answered(200, {"units": [view(unit) for unit in units.values() if unit["tenant"] == tenant and all(fits(unit[field], value) for field, value in where.items())][:50]})


def fits(stored, chosen):
    """As a database of documents compares."""
    if not isinstance(chosen, dict):
        return stored == chosen
    comparisons = {
        "$eq": lambda value: stored == value, "$ne": lambda value: stored != value, "$in": lambda value: stored in value, "$nin": lambda value: stored not in value,
        "$gt": lambda value: stored > value, "$lt": lambda value: stored < value, "$exists": bool, "$regex": lambda value: re.search(value[:20], stored) is not None,
    }  # fmt: skip
    try:
        return all(comparisons[operator](value) for operator, value in chosen.items())
    except (KeyError, TypeError, re.error) as error:
        raise RefusedError(422, "where is not valid") from error


@router.get("/{tenant}/export")
async def export(request: Request):
    _, tenant = caller(request)
    page = io.StringIO()
    table = csv.writer(page, quoting=csv.QUOTE_ALL)
    table.writerow(["id", "name", "city"])
    for unit in [entry for entry in units.values() if entry["tenant"] == tenant][-200:]:
        row = [unit["id"], unit["name"], unit["city"]]
        table.writerow(row if PLACE.weak("export-formula") else ["'" + cell if cell[:1] in "=+-@\t\r" else cell for cell in row])
    return answered(200, page.getvalue(), "text/csv; charset=utf-8", Content_Disposition='attachment; filename="units.csv"')


@router.get("/{tenant}/units/{unit_id}")
async def unit(request: Request):
    _, tenant = caller(request)
    return answered(200, view(unit_of(request, tenant)))


@router.patch("/{tenant}/units/{unit_id}")
async def change_unit(request: Request):
    _, tenant = caller(request)
    entry = unit_of(request, tenant)
    content = await body_of(request)
    changed = {"name": text_in(content, "name", 80, entry["name"]), "city": text_in(content, "city", 60, entry["city"]), "reference": reference_in(content, entry["reference"])}
    if PLACE.weak("unit-tenant") and content.get("tenant") in ("north", "south", "office"):
        changed["tenant"] = content["tenant"]
    entry |= changed
    return answered(200, view(entry))


@router.delete("/{tenant}/units/{unit_id}")
async def remove_unit(request: Request):
    person, tenant = caller(request)
    overridden = PLACE.weak("method-override") and request.scope.get("overridden")
    if person["role"] != "admin" and not overridden:
        raise RefusedError(403, "this is for the office")
    del units[unit_of(request, tenant)["id"]]
    return answered(204)


@router.put("/{tenant}/labels/{label}")
async def put_label(request: Request):
    _, tenant = caller(request)
    label = request.route_values["label"]
    colour = (await body_of(request)).get("colour")
    if not re.fullmatch(r"[a-z]{1,20}", label) or colour not in ("red", "green", "blue"):
        raise RefusedError(422, "label or colour is not valid")
    if len(labels) > 2000:
        raise RefusedError(503, "there are too many", Retry_After=60)
    made = (tenant, label) not in labels
    labels[tenant, label] = {"colour": colour}
    return answered(201 if made else 200, {"label": label, "colour": colour})


@router.get("/{tenant}/labels/{label}")
async def label(request: Request):
    _, tenant = caller(request)
    entry = labels.get((tenant, request.route_values["label"]))
    if entry is None:
        raise RefusedError(404, "no such label")
    return answered(200, {"label": request.route_values["label"], **entry})


@router.get("/{tenant}/invitations")
async def list_invitations(request: Request):
    _, tenant = caller(request)
    return answered(200, {"invitations": [view(entry) for entry in invitations.values() if entry["tenant"] == tenant][-50:]})


@router.post("/{tenant}/invitations")
async def invite(request: Request):
    person, tenant = caller(request)
    content = await body_of(request)
    role = content.get("role", "viewer")
    if role not in ("viewer", "manager", "admin") or not re.fullmatch(r"[\w.+-]{1,40}@[\w-]{1,40}\.[\w.]{2,40}", text_in(content, "email", 120), re.ASCII):
        raise RefusedError(422, "email or role is not valid")
    if role == "admin" and person["role"] != "admin" and not PLACE.weak("invite-role"):
        raise RefusedError(403, "only the office invites for this role")
    return answered(201, view(keep(invitations, {"tenant": tenant, "email": content["email"], "role": role})))


@router.get("/{tenant}/invoices")
async def list_invoices(request: Request):
    _, tenant = caller(request)
    return answered(200, {"invoices": [view(entry) for entry in invoices.values() if entry["tenant"] == tenant][-50:]})


@router.post("/{tenant}/invoices")
async def add_invoice(request: Request):
    _, tenant = caller(request)
    content = await body_of(request)
    entry = units.get(content.get("unit_id")) if isinstance(content.get("unit_id"), str) else None
    if entry is None or entry["tenant"] != tenant:
        raise RefusedError(422, "there is no such unit of this tenant")
    lines = content.get("lines")
    if not isinstance(lines, list) or not 1 <= len(lines) <= 20 or not all(isinstance(row, dict) for row in lines):
        raise RefusedError(422, "lines is a list of 1 to 20")
    kept = []
    for row in lines:
        amount = row.get("amount")
        if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 < amount <= 100_000:
            raise RefusedError(422, "amount is not valid")
        kept.append({"text": text_in(row, "text", 120), "amount": amount, "paid": PLACE.weak("invoice-paid") and row.get("paid") is True})
    return answered(201, view(keep(invoices, {"tenant": tenant, "unit_id": entry["id"], "lines": kept, "total": round(sum(row["amount"] for row in kept), 2)})))


def application():
    app = Application(router=router, show_error_details=False)

    async def refused(_, __, error):
        return answered(error.status, {"error": error.text}, **error.headers)

    async def broken(*_):
        return answered(500, {"error": "something went wrong"})

    async def missing(_, request, *__):
        return answered(404, {"error": "not found"})

    app.exceptions_handlers[RefusedError] = refused
    app.exceptions_handlers[Exception] = broken
    app.exceptions_handlers[404] = missing
    started = False

    async def inner(scope, receive, send):
        nonlocal started
        if not started:
            started = True
            await app.start()
        headers = {key.lower(): value for key, value in scope.get("headers", ())}
        override = headers.get(b"x-http-method-override", b"").decode("latin-1").upper()
        if PLACE.weak("method-override") and scope["method"] == "POST" and override in {"PATCH", "PUT", "DELETE"}:
            scope = scope | {"method": override, "overridden": True}
        origin = headers.get(b"origin", b"").decode("latin-1")
        allowed = origin == SITE or (PLACE.weak("cors-null") and origin == "null")

        async def sharing(message):
            if message["type"] == "http.response.start" and allowed:
                more = [(b"access-control-allow-origin", origin.encode()), (b"access-control-allow-credentials", b"true"), (b"vary", b"Origin")]
                message = message | {"headers": [*message["headers"], *more]}
            await send(message)

        await app(scope, receive, sharing)

    guard = common.Guard(inner, common.SECURITY_HEADERS)
    guard.bucket = common.Bucket(200, 120)
    return guard


if __name__ == "__main__":
    prepare()
    asyncio.set_event_loop(asyncio.new_event_loop())
    probes = [("GET", "/version", {}), ("GET", "/a/b/c/d/e", {}), ("GET", "/north/units", {}), ("POST", "/sign-in", {"content": b"{"}), ("PUT", "/version", {}),
              ("POST", "/sign-in", {"json": {"login": {"name": "nobody", "password": "x"}}})]  # fmt: skip
    common.serve_asgi(application(), PLACE, probes)
