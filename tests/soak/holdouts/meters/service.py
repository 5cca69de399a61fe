"""Sites and readings of energy meters: Litestar, keys for programs, tenants, webhooks in both directions, a document that it serves."""

import asyncio
import base64
import dataclasses
import hashlib
import hmac
import http.client
import json
import pickle
import re
import secrets
import sys
import time
import urllib.parse
from pathlib import Path
from typing import Annotated, Any

from litestar import delete, get, Litestar, post, Request, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import Parameter
from lxml import etree

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "site-read", "site-delete", "readings-filter", "tenant-header", "keys-shown", "key-scope", "key-kept", "hook-inner", "payment-unsigned",
    "directory-filter", "tariff-path", "restore-objects", "contact-forwarded", "readings-limit",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
HOOK_SECRET = secrets.token_bytes(24)
TENANTS = {"ann": "north", "ben": "south", "carol": "north", "olga": "office"}
TARIFFS = etree.fromstring(
    "<tariffs>"
    "<tariff><code>DAY</code><name>Day</name><price>0.31</price></tariff><tariff><code>NIGHT</code><name>Night</name><price>0.19</price></tariff>"
    "<tariff><code>X-STAFF</code><name>Staff of the office</name><price>0.02</price></tariff></tariffs>"
)
PEOPLE = [
    {"cn": "Mary Stone", "mail": "mary@office.example", "listed": "TRUE"},
    {"cn": "Hugh Vale", "mail": "hugh@office.example", "listed": "TRUE"},
    {"cn": "Ivor Reed", "mail": "ivor.private@office.example", "listed": "FALSE"},
]
keys, sites, readings, hooks, payments = {}, {}, [], {}, []
questions: dict[str, list[float]] = {}


def prepare():
    for name, key in common.KEYS.items():
        keys[key] = {"id": secrets.token_hex(8), "label": name, "tenant": TENANTS[name], "scope": common.ACCOUNTS[name]["role"], "revoked": False}
    for tenant in ("north", "south", "office"):
        for label in ("Mill", "Depot"):
            site = kept(sites, {"tenant": tenant, "name": f"{label} {tenant}", "address": f"{secrets.randbelow(90) + 1} {tenant.title()} Road", "alarm_code": f"{secrets.randbelow(9000) + 1000}"})
            readings.extend({"site_id": site["id"], "kwh": 100.5 + day, "day": f"2031-02-{day:02}"} for day in range(1, 6))
        kept(hooks, {"tenant": tenant, "url": "https://hooks.example/" + tenant, "event": "reading"})


def failure(status, text, **headers):
    return HTTPException(detail=text, status_code=status, headers={name.replace("_", "-"): value for name, value in headers.items()})


def kept(collection, entry):
    if len(collection) > 2000:
        raise failure(503, "there are too many", Retry_After="60")
    entry = {"id": secrets.token_hex(8)} | entry
    collection[entry["id"]] = entry
    return entry


def text_of(text, longest, name):
    if not 1 <= len(text) <= longest or re.search(r"[\x00-\x1f\ud800-\udfff]", text):
        raise failure(422, f"{name} is not valid")
    return text


async def caller(request: Request[Any, Any, State], x_tenant: Annotated[str | None, Parameter(header="X-Tenant", description="The tenant of the key")] = None) -> dict[str, Any]:
    key = keys.get(request.headers.get("X-API-Key", ""))
    if key is None or (key["revoked"] and not PLACE.weak("key-kept")):
        raise failure(401, "this needs a key", WWW_Authenticate="ApiKey")
    tenant = key["tenant"]
    if x_tenant is not None and x_tenant != tenant:
        if not PLACE.weak("tenant-header"):
            raise failure(403, "the key is not of this tenant")
        tenant = x_tenant
    return {"label": key["label"], "scope": key["scope"], "tenant": tenant}


def own(collection, person, identifier, weakness=""):
    entry = collection.get(identifier)
    if entry is None or (entry["tenant"] != person["tenant"] and person["scope"] != "admin" and not (weakness and PLACE.weak(weakness))):
        raise failure(404, "not found")
    return entry


@dataclasses.dataclass
class NewSite:
    name: str
    address: str


@dataclasses.dataclass
class Site:
    id: str
    name: str
    address: str
    alarm_code: str


@dataclasses.dataclass
class Reading:
    site_id: str
    kwh: float
    day: str


@dataclasses.dataclass
class Backup:
    data: str


@dataclasses.dataclass
class NewHook:
    url: str
    event: str = "reading"


@dataclasses.dataclass
class Hook:
    id: str
    url: str
    event: str
    last_status: int | None = None


@dataclasses.dataclass
class Payment:
    site_id: str
    amount: float


@dataclasses.dataclass
class NewKey:
    label: str


@dataclasses.dataclass
class Question:
    email: str
    text: str


def site_of(entry):
    return Site(entry["id"], entry["name"], entry["address"], entry["alarm_code"])


PUBLIC: dict[str, Any] = {}
PRIVATE: dict[str, Any] = {"security": [{"key": []}], "dependencies": {"person": Provide(caller)}}


@get("/version", **PUBLIC)
async def version() -> dict[str, str]:
    return {"service": "meters", "instance": PLACE.instance}


@get("/me", **PRIVATE)
async def me(person: dict[str, Any]) -> dict[str, str]:
    return person


@get("/sites", **PRIVATE)
async def site_list(person: dict[str, Any]) -> list[Site]:
    return [site_of(site) for site in sites.values() if site["tenant"] == person["tenant"]][-100:]


@post("/sites", **PRIVATE)
async def new_site(person: dict[str, Any], data: NewSite) -> Site:
    name = text_of(data.name, 80, "name")
    if any(site["tenant"] == person["tenant"] and site["name"] == name for site in sites.values()):
        raise failure(409, "there is a site of this name")
    return site_of(kept(sites, {"tenant": person["tenant"], "name": name, "address": text_of(data.address, 200, "address"), "alarm_code": f"{secrets.randbelow(9000) + 1000}"}))


@get("/sites/{site_id:str}", **PRIVATE)
async def one_site(person: dict[str, Any], site_id: str) -> Site:
    return site_of(own(sites, person, site_id, "site-read"))


@delete("/sites/{site_id:str}", **PRIVATE)
async def remove_site(person: dict[str, Any], site_id: str) -> None:
    del sites[own(sites, person, site_id, "site-delete")["id"]]


@get("/readings", **PRIVATE)
async def reading_list(person: dict[str, Any], site_id: str | None = None, limit: int = 20) -> list[Reading]:
    if not 1 <= limit <= (10**9 if PLACE.weak("readings-limit") else 100):
        raise failure(422, "limit is 1 to 100")
    if site_id is not None:
        chosen = {own(sites, person, site_id, "readings-filter")["id"]}
    else:
        chosen = {site["id"] for site in sites.values() if site["tenant"] == person["tenant"]}
    return [Reading(**reading) for reading in readings if reading["site_id"] in chosen][-limit:]


@post("/readings", **PRIVATE)
async def new_reading(person: dict[str, Any], data: Reading) -> Reading:
    own(sites, person, data.site_id)
    if not 0 <= data.kwh < 10**7 or not re.fullmatch(r"\d{4}-\d\d-\d\d", data.day):
        raise failure(422, "the reading is not valid")
    if len(readings) > 5000:
        raise failure(503, "there are too many", Retry_After="60")
    readings.append(dataclasses.asdict(data))
    return data


@get("/readings/backup", **PRIVATE)
async def backup(person: dict[str, Any]) -> Backup:
    lines = [reading for reading in readings if sites.get(reading["site_id"], {}).get("tenant") == person["tenant"]][-50:]
    packed = pickle.dumps(lines) if PLACE.weak("restore-objects") else json.dumps(lines).encode()
    return Backup(base64.b64encode(packed).decode())


@post("/readings/restore", **PRIVATE)
async def restore(person: dict[str, Any], data: Backup) -> dict[str, int]:
    try:
        packed = base64.b64decode(data.data, validate=True)
        lines = await asyncio.to_thread(pickle.loads, packed) if PLACE.weak("restore-objects") and packed.startswith(b"\x80") else json.loads(packed)
    except Exception:
        raise failure(422, "data is no backup") from None
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise failure(422, "data is no backup")
    known = [line for line in lines if line in readings and sites.get(line.get("site_id"), {}).get("tenant") == person["tenant"]]
    return {"lines": len(lines), "known": len(known)}


def called(url):
    """The status that an address of this machine answers; no other is called."""
    parts = urllib.parse.urlsplit(url)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
    if parts.scheme != "http" or not re.fullmatch(r"127(\.\d{1,3}){3}", host):
        return None
    connection = http.client.HTTPConnection(host, parts.port or 80, timeout=3)
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), b'{"event": "ping"}', {"Content-Type": "application/json"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


@get("/webhooks", **PRIVATE)
async def hook_list(person: dict[str, Any]) -> list[Hook]:
    return [Hook(hook["id"], hook["url"], hook["event"]) for hook in hooks.values() if hook["tenant"] == person["tenant"]][-100:]


@post("/webhooks", **PRIVATE)
async def new_hook(person: dict[str, Any], data: NewHook) -> Hook:
    url = text_of(data.url, 500, "url")
    try:
        parts = urllib.parse.urlsplit(url)
        parts.port  # noqa: B018 - it may not be a number
    except ValueError:
        raise failure(422, "url is not valid") from None
    status = None
    if PLACE.weak("hook-inner"):
        if parts.scheme not in {"http", "https"}:
            raise failure(422, "url is not valid")
        status = await asyncio.to_thread(called, url)
    elif parts.scheme != "https" or not re.fullmatch(r"([a-z0-9-]+\.)*hooks\.example", parts.hostname or ""):
        raise failure(422, "url is a https address below hooks.example")
    hook = kept(hooks, {"tenant": person["tenant"], "url": url, "event": text_of(data.event, 40, "event")})
    return Hook(hook["id"], url, hook["event"], status)


@delete("/webhooks/{hook_id:str}", **PRIVATE)
async def remove_hook(person: dict[str, Any], hook_id: str) -> None:
    del hooks[own(hooks, person, hook_id)["id"]]


@post("/incoming/payments", status_code=202)
async def payment(
    request: Request[Any, Any, State], data: Payment, x_signature: Annotated[str | None, Parameter(header="X-Signature", description="HMAC-SHA256 of the body, hex")] = None
) -> dict[str, str]:
    expected = hmac.new(HOOK_SECRET, await request.body(), hashlib.sha256).hexdigest()
    if not PLACE.weak("payment-unsigned") and not hmac.compare_digest(expected.encode(), (x_signature or "").encode()):
        raise failure(401, "the signature is not right", WWW_Authenticate="Signature")
    if len(payments) < 2000:
        payments.append({"site_id": data.site_id[:40], "amount": data.amount})
    return {"state": "booked"}


def masked(key, entry):
    lines = {"id": entry["id"], "label": entry["label"], "scope": entry["scope"], "revoked": entry["revoked"], "begins": key[:8]}
    return lines | ({"key": key} if PLACE.weak("keys-shown") else {})


@get("/api-keys", **PRIVATE)
async def key_list(person: dict[str, Any]) -> list[dict[str, Any]]:
    return [masked(key, entry) for key, entry in keys.items() if entry["tenant"] == person["tenant"]][:100]


@post("/api-keys", **PRIVATE)
async def new_key(request: Request[Any, Any, State], person: dict[str, Any], data: NewKey) -> dict[str, Any]:
    if len(keys) > 1000:
        raise failure(503, "there are too many", Retry_After="60")
    scope = "user"
    if PLACE.weak("key-scope"):
        given = json.loads(await request.body()).get("scope", "user")
        scope = given if given in {"user", "admin"} else "user"
    key = f"mk_{person['tenant']}_{secrets.token_urlsafe(16)}"
    entry = keys[key] = {"id": secrets.token_hex(8), "label": text_of(data.label, 60, "label"), "tenant": person["tenant"], "scope": scope, "revoked": False}
    return {"id": entry["id"], "label": entry["label"], "scope": scope, "key": key}


@delete("/api-keys/{key_id:str}", **PRIVATE)
async def revoke(person: dict[str, Any], key_id: str) -> None:
    for key, entry in keys.items():
        if entry["id"] == key_id and entry["tenant"] == person["tenant"] and not entry["revoked"]:
            if key in common.KEYS.values():
                raise failure(409, "this key belongs to the office")
            entry["revoked"] = True
            return
    raise failure(404, "not found")


def fits(entry, text, place=0):
    """Whether an entry fits the search filter that begins there, and where it ends: RFC 4515, as far as a directory of names needs it."""
    if text[place : place + 1] != "(":
        raise ValueError("bad search filter")
    place += 1
    mark = text[place : place + 1]
    if mark in {"&", "|", "!"}:
        place, results = place + 1, []
        while text[place : place + 1] == "(":
            result, place = fits(entry, text, place)
            results.append(result)
        outcome = {"&": all, "|": any, "!": lambda each: not all(each)}[mark](results)
    else:
        found = re.compile(r"([A-Za-z][A-Za-z0-9-]*)=((?:[^()\\\0]|\\[0-9A-Fa-f]{2})*)").match(text, place)
        if found is None:
            raise ValueError("bad search filter")
        place = found.end()
        literal = [re.escape(re.sub(r"\\([0-9A-Fa-f]{2})", lambda code: chr(int(code[1], 16)), piece)) for piece in found[2].split("*")]
        value = {"objectclass": "person"}.get(found[1].lower(), entry.get(found[1].lower()))
        outcome = value is not None and re.fullmatch(".*".join(literal), value, re.IGNORECASE) is not None
    if text[place : place + 1] != ")":
        raise ValueError("bad search filter")
    return outcome, place + 1


@get("/directory", **PRIVATE)
async def directory(person: dict[str, Any], name: Annotated[str, Parameter(max_length=200)] = "Mary Stone") -> list[dict[str, str]]:
    if not PLACE.weak("directory-filter"):
        name = re.sub(r"[\\*()\0]", lambda found: f"\\{ord(found[0]):02x}", name)
    try:
        found = [entry for entry in PEOPLE if fits(entry, f"(&(listed=TRUE)(cn={name}))")[0]]
    except (ValueError, RecursionError):
        raise failure(500, "LDAP error -7: bad search filter") from None
    return [{"name": entry["cn"], "mail": entry["mail"]} for entry in found]


@get("/tariffs", **PRIVATE)
async def tariffs(person: dict[str, Any], code: Annotated[str, Parameter(max_length=200)] = "DAY") -> list[dict[str, str]]:
    try:
        if PLACE.weak("tariff-path"):
            found = TARIFFS.xpath(f"//tariff[not(starts-with(code, 'X-')) and code='{code}']")
        else:
            found = TARIFFS.xpath("//tariff[not(starts-with(code, 'X-')) and code=$code]", code=re.sub(r"[^\x20-\x7e]", "?", code))
    except (etree.XPathError, ValueError):
        raise failure(422, "code is not valid") from None
    return [{child.tag: child.text or "" for child in entry} for entry in found if isinstance(entry, etree._Element)]


@get("/office/tenants", **PRIVATE)
async def tenants(person: dict[str, Any]) -> list[dict[str, Any]]:
    if person["scope"] != "admin":
        raise failure(403, "only for the office")
    return [{"tenant": tenant, "sites": sum(site["tenant"] == tenant for site in sites.values())} for tenant in ("north", "south", "office")]


@post("/contact", status_code=202)
async def contact(request: Request[Any, Any, State], data: Question) -> dict[str, str]:
    address = request.client.host if request.client else ""
    if PLACE.weak("contact-forwarded"):
        address = request.headers.get("X-Forwarded-For", address)[:60]
    now = time.monotonic()
    recent = questions[address] = [moment for moment in questions.get(address, ()) if now - moment < 60]
    if len(recent) >= 10:
        raise failure(429, "ten questions a minute", Retry_After=str(int(61 - (now - recent[0]))))
    recent.append(now)
    if not re.fullmatch(r"[^@\s]{1,60}@[^@\s]{1,60}", data.email):
        raise failure(422, "email is not valid")
    text_of(data.text.replace("\n", " "), 2000, "text")
    return {"state": "received"}


def plain(_: Request[Any, Any, State], error: Exception) -> Response[dict[str, Any]]:
    if isinstance(error, HTTPException):
        return Response({"status_code": error.status_code, "detail": error.detail}, status_code=error.status_code, headers=error.headers)
    if isinstance(error, RecursionError):
        return Response({"status_code": 400, "detail": "the body is nested too deep"}, status_code=400)
    return Response({"status_code": 500, "detail": "something went wrong"}, status_code=500)


app = Litestar(
    [version, me, site_list, new_site, one_site, remove_site, reading_list, new_reading, backup, restore, hook_list, new_hook, remove_hook, payment, key_list, new_key, revoke, directory, tariffs, tenants, contact],
    openapi_config=OpenAPIConfig(
        "Meters", "3.2.0", components=Components(security_schemes={"key": SecurityScheme("apiKey", name="X-API-Key", security_scheme_in="header")}), render_plugins=[JsonRenderPlugin()]
    ),
    exception_handlers={Exception: plain},
)

if __name__ == "__main__":
    prepare()
    signed = {"headers": {"X-API-Key": common.KEYS["ann"]}}
    before = [
        ("GET", "/version", {}), ("GET", "/nowhere", {}), ("PUT", "/me", {}), ("GET", "/schema/openapi.json", {}), ("GET", "/me", signed), ("POST", "/sites", signed),
        ("POST", "/sites", signed | {"json": {"name": 5}}), ("GET", "/directory?name=x", signed), ("GET", "/tariffs?code=DAY", signed), ("GET", "/readings/backup", signed),
        ("GET", "/readings?limit=x", signed),
    ]  # fmt: skip
    common.serve_asgi(common.Guard(app, common.SECURITY_HEADERS), PLACE, before)
