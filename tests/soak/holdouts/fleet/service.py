"""Vehicles, trips and drivers of carriers: aiohttp, JSON-RPC on one path, errors with status 200, a token in a header of its own, data in SQLite."""

import asyncio
import hmac
import json
import operator
import re
import secrets
import sqlite3
import sys
import time
import traceback
from pathlib import Path

from aiohttp import web

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "vehicle-read", "batch-first", "users-open", "driver-fields", "report-sql", "trip-operators", "file-outside", "ping-shell", "unlock-unlimited",
    "data-trace", "distance-negative", "driver-tenant",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
TENANTS = {"ann": "north", "ben": "south", "carol": "north", "olga": "office"}
attempts, bucket = common.Attempts(), common.Bucket(200, 120)
people, sessions, vehicles, drivers, trips, unlocking = {}, {}, {}, {}, [], {}
database = sqlite3.connect(":memory:", check_same_thread=False)
METHODS = {}
OPERATORS = {"$ne": operator.ne, "$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le, "$in": lambda value, many: value in many}


class RefusedError(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code, self.text = code, text


def prepare():
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000)
    database.execute("CREATE TABLE fuel (tenant TEXT, plate TEXT, month TEXT, litres REAL, card TEXT)")
    for number, (name, entry) in enumerate(common.ACCOUNTS.items(), 1):
        tenant = TENANTS[name]
        people[name] = {"name": name, "email": entry["email"], "role": entry["role"], "tenant": tenant, "hash": common.hashed(entry["password"])}
        vehicles[f"V-{number:04}"] = {"id": f"V-{number:04}", "tenant": tenant, "plate": f"NX{50 + number} KLM", "note": "", "odometer": 41000, "position": [53.4 + number, -2.9], "code": f"{secrets.randbelow(10000):04}"}
        drivers[f"D-{number:04}"] = {"id": f"D-{number:04}", "tenant": tenant, "name": f"Driver of {name}", "phone": f"0161 496 05{number}3", "licence": f"MORGA65705{number}SM9IJ", "pin": f"{4170 + number}"}
        trips.append({"tenant": tenant, "vehicle": f"V-{number:04}", "km": 50 + number, "purpose": "delivery", "private": False})
        trips.append({"tenant": tenant, "vehicle": f"V-{number:04}", "km": 12, "purpose": f"clinic visit of {name}", "private": True})
        rows = [(tenant, f"NX{50 + number} KLM", month, 90.5 + number, f"7002 9911 00{number}4") for month in ("2031-01", "2031-02")]
        database.executemany("INSERT INTO fuel VALUES (?, ?, ?, ?, ?)", rows)
        write(f"reports/{tenant}/summary.txt", f"Summary of {tenant}\n")
    write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")


def write(virtual, text):
    path = PLACE.place(virtual)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def method(name, public=False, office=False, weakness=""):
    """Register a method: who may call it is looked at before."""

    def register(function):
        METHODS[name] = {"call": function, "public": public, "office": office and not (weakness and PLACE.weak(weakness))}
        return function

    return register


def permit(name, person):
    entry = METHODS.get(name) if isinstance(name, str) else None
    if entry is None:
        raise RefusedError(-32601, "there is no such method")
    if not entry["public"] and person is None:
        raise RefusedError(-32001, "sign in first")
    if entry["office"] and person["role"] != "admin":
        raise RefusedError(-32003, "this is for the office")


def text_of(params, name, longest, pattern=r"[^\x00-\x1f\ud800-\udfff]+", **default):
    value = params.get(name, default.get("default"))
    if not isinstance(value, str) or not len(value) <= longest or (value != default.get("default") and not re.fullmatch(pattern, value, re.ASCII if "\\d" in pattern else 0)):
        if PLACE.weak("data-trace") and not isinstance(value, str):
            raise TypeError(f"{name}: expected str, got {type(value).__name__}")
        raise RefusedError(-32602, f"{name} is not valid")
    return value


def found(store, params, person, weakness=""):
    entry = store.get(text_of(params, "id", 20))
    if entry is None or (entry["tenant"] != person["tenant"] and person["role"] != "admin" and not (weakness and PLACE.weak(weakness))):
        raise RefusedError(-32004, "there is no such entry")
    return entry


def view(entry, *fields):
    return {field: entry[field] for field in fields}


@method("auth.login", public=True)
async def login(params, _, request):
    name, password = text_of(params, "username", 60), text_of(params, "password", 200)
    if attempts.pause(name, request.remote):
        raise RefusedError(-32029, "too many attempts")
    person = people.get(name)
    if not common.matches(password, person and person["hash"]):
        attempts.note(name, request.remote)
        raise RefusedError(-32001, "name or password is wrong")
    attempts.forget(name)
    token = secrets.token_urlsafe(24)
    while len(sessions) > 3000:
        sessions.pop(next(iter(sessions)))
    sessions[token] = name
    return {"token": token, "tenant": person["tenant"]}


@method("auth.logout")
async def logout(_, __, request):
    sessions.pop(request.headers.get("X-Fleet-Token", ""), None)
    return {"ended": True}


@method("auth.whoami")
async def whoami(_, person, __):
    return view(person, "name", "email", "role", "tenant")


@method("system.ping", public=True)
async def ping(_, __, ___):
    return "pong"


@method("vehicle.list")
async def list_vehicles(_, person, __):
    return [view(entry, "id", "plate", "note") for entry in vehicles.values() if entry["tenant"] == person["tenant"]][:50]


@method("vehicle.get")
async def show_vehicle(params, person, _):
    return view(found(vehicles, params, person, "vehicle-read"), "id", "plate", "note", "odometer", "position")


@method("vehicle.note")
async def note_vehicle(params, person, _):
    entry = found(vehicles, params, person)
    entry["note"] = text_of(params, "note", 200)
    return view(entry, "id", "plate", "note")


@method("vehicle.unlock")
async def unlock(params, person, _):
    """Open the doors by the four digits that the driver has; five wrong ones end the attempts for a minute."""
    entry, code = found(vehicles, params, person), text_of(params, "code", 4, r"\d{4}")
    if unlocking.get(entry["id"], 0) >= 5 and not PLACE.weak("unlock-unlimited"):
        raise RefusedError(-32029, "too many attempts")
    if not hmac.compare_digest(code, entry["code"]):
        unlocking[entry["id"]] = unlocking.get(entry["id"], 0) + 1
        asyncio.get_running_loop().call_later(60, unlocking.pop, entry["id"], None)
        return {"unlocked": False, "error": "the code is wrong"}
    unlocking.pop(entry["id"], None)
    return {"unlocked": True}


@method("driver.list")
async def list_drivers(_, person, __):
    return [view(entry, "id", "name", "phone") for entry in reversed(drivers.values()) if entry["tenant"] == person["tenant"]][:50]


@method("driver.get")
async def show_driver(params, person, _):
    """Show a driver of one's carrier, by the fields that are chosen: id, name and phone."""
    entry, fields = found(drivers, params, person), params.get("fields", ["id", "name", "phone"])
    if not isinstance(fields, list) or not all(isinstance(field, str) for field in fields):
        raise RefusedError(-32602, "fields is a list of words")
    if "*" in fields and PLACE.weak("driver-fields"):
        fields = list(entry)
    public = set(entry) if PLACE.weak("driver-fields") else {"id", "name", "phone"}
    return {field: entry[field] for field in fields[:10] if field in public}


@method("driver.add")
async def add_driver(params, person, _):
    if len(drivers) > 3000:
        raise RefusedError(-32000, "there are too many drivers")
    entry = {"id": f"D-{secrets.token_hex(5)}", "tenant": person["tenant"], "name": text_of(params, "name", 60), "phone": text_of(params, "phone", 20, r"[\d +]+"), "licence": "", "pin": f"{secrets.randbelow(10000):04}"}
    if PLACE.weak("driver-tenant") and params.get("tenant") in TENANTS.values():
        entry["tenant"] = params["tenant"]
    drivers[entry["id"]] = entry
    return view(entry, "id", "name", "phone", "tenant")


@method("driver.remove")
async def remove_driver(params, person, _):
    return {"removed": drivers.pop(found(drivers, params, person)["id"])["id"]}


@method("trip.record")
async def record(params, person, _):
    """Record a trip; its kilometres go onto the odometer."""
    entry, km = found(vehicles, {"id": params.get("vehicle")}, person), params.get("km")
    if isinstance(km, bool) or not isinstance(km, int) or not (-100_000 if PLACE.weak("distance-negative") else 1) <= km <= 2000:
        raise RefusedError(-32602, "km is 1 to 2000")
    trip = {"tenant": person["tenant"], "vehicle": entry["id"], "km": km, "purpose": text_of(params, "purpose", 80, default="delivery"), "private": False}
    entry["odometer"] += km
    trips.append(trip)
    del trips[8:-1000]
    return view(trip, "vehicle", "km", "purpose") | {"odometer": entry["odometer"]}


@method("trip.search")
async def search(params, person, _):
    """Trips of one's carrier that are not private, by vehicle, purpose and km."""
    query = params.get("query", {})
    if not isinstance(query, dict) or not set(query) <= {"vehicle", "purpose", "km"}:
        raise RefusedError(-32602, "query has vehicle, purpose and km")
    matched = []
    for trip in trips:
        visible = trip["tenant"] == person["tenant"] and not trip["private"]
        for field, value in query.items():
            if isinstance(value, dict) and PLACE.weak("trip-operators"):
                visible = trip["tenant"] == person["tenant"]  # the store joins both conditions into one
                visible = visible and all(compared(name, trip[field], operand) for name, operand in value.items())
            elif isinstance(value, dict | list):
                raise RefusedError(-32602, f"{field} is a text or a number")
            else:
                visible = visible and trip[field] == value
        if visible:
            matched.append(view(trip, "vehicle", "km", "purpose"))
    return matched[-50:]


def compared(name, value, operand):
    if name == "$regex" and isinstance(operand, str) and len(operand) < 30 and not re.search(r"[+*}]\)?[+*{]|\(", operand):
        return re.search(operand, str(value)) is not None
    if name not in OPERATORS:
        raise RefusedError(-32602, f"unknown operator: {name}")
    try:
        return OPERATORS[name](value, operand)
    except TypeError:
        return False


@method("report.fuel")
async def fuel(params, person, _):
    """The fuel of one's carrier, by plate or month."""
    group = text_of(params, "group_by", 200, default="plate")
    if group not in {"plate", "month"} and not PLACE.weak("report-sql"):
        raise RefusedError(-32602, "group_by is plate or month")
    end = time.monotonic() + 2
    database.set_progress_handler(lambda: time.monotonic() > end, 20_000)
    try:
        rows = database.execute(f"SELECT {group}, SUM(litres) FROM fuel WHERE tenant = ? GROUP BY 1 ORDER BY 1 LIMIT 50", (person["tenant"],)).fetchall()
    except sqlite3.Error as error:
        raise RefusedError(-32000, f"the report failed: {error}") from error
    return [{"group": row[0], "litres": row[1]} for row in rows]


@method("file.read")
async def read(params, person, _):
    name = text_of(params, "name", 120)
    if not re.fullmatch(r"[a-z]{1,20}\.txt", name) and not PLACE.weak("file-outside"):
        raise RefusedError(-32602, "name is not valid")
    path = PLACE.place(f"reports/{person['tenant']}/{name}")
    if not path.is_file():
        raise RefusedError(-32004, "there is no such file")
    return {"name": name, "text": path.read_text(errors="replace")}


@method("diag.reach")
async def reach(params, _, __):
    """Look whether a tracker answers; its name goes to a program."""
    host = text_of(params, "host", 100)
    if not re.fullmatch(r"[a-z][a-z0-9.-]{0,60}", host) and not PLACE.weak("ping-shell"):
        raise RefusedError(-32602, "host is not valid")
    lines = [f"PING {re.split('[;|&`$]', host)[0].strip()}: unknown tracker"]
    return {"output": "\n".join(lines + await shell(host))}


async def shell(text):
    """What a shell would do with the rest of a line: some harmless programs only, for there is no real shell."""
    output = []
    for command in re.findall(r"(?:[;|&\n]+|`|\$\((?!\())\s*(?:(?:/usr)?/bin/)?([a-z]+(?: [^;|&`\n]*)?)", text)[:3]:
        program, _, argument = command.strip().partition(" ")
        argument = argument if program == "echo" else argument.rstrip(")")
        if program == "sleep" and re.fullmatch(r"\d{1,2}(\.\d+)?", argument.strip(), re.ASCII):
            await asyncio.sleep(min(float(argument), 8))
        elif program == "echo":
            output.append(re.sub(r"\$\(\((\d{1,9})\s*\*\s*(\d{1,9})\)\)", lambda sum_: str(int(sum_[1]) * int(sum_[2])), argument).strip("'\" "))
        elif program == "id":
            output.append("uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)")
        elif program == "cat" and argument.strip() == "/etc/passwd":
            output.append(PLACE.place("etc/passwd").read_text())
        elif program in {"whoami", "hostname"}:
            output.append("nobody")
        else:
            output.append(f"sh: 1: {program}: not found")
    return output


@method("office.users", office=True, weakness="users-open")
async def users(_, __, ___):
    return [view(person, "name", "email", "role", "tenant") for person in people.values()]


@method("office.usage", office=True)
async def usage(_, __, ___):
    return {"vehicles": len(vehicles), "drivers": len(drivers), "sessions": len(sessions)}


async def answered(call, person, request, permitted=False):
    """The answer to one call of a body."""
    number = call.get("id") if isinstance(call, dict) and isinstance(call.get("id"), int | str) else None
    try:
        if not isinstance(call, dict) or call.get("jsonrpc") != "2.0" or not isinstance(call.get("params", {}), dict):
            raise RefusedError(-32600, "this is no call of JSON-RPC 2.0")
        if not permitted:
            permit(call.get("method"), person)
        elif call.get("method") not in METHODS:
            raise RefusedError(-32601, "there is no such method")
        result = await METHODS[call["method"]]["call"](call.get("params", {}), person or {"tenant": "", "role": "", "name": ""}, request)
    except RefusedError as error:
        return {"jsonrpc": "2.0", "id": number, "error": {"code": error.code, "message": error.text}}
    except Exception as error:
        more = {"data": {"trace": traceback.format_exception(error)}} if PLACE.weak("data-trace") else {}
        return {"jsonrpc": "2.0", "id": number, "error": {"code": -32603, "message": "something went wrong"} | more}
    return {"jsonrpc": "2.0", "id": number, "result": result}


async def rpc(request):
    person = people.get(sessions.get(request.headers.get("X-Fleet-Token", ""), ""))
    try:
        calls = json.loads(await request.read())
    except (ValueError, RecursionError):
        return web.json_response({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "the body is not JSON"}})
    if not isinstance(calls, list):
        reply = await answered(calls, person, request)
        status = 401 if reply.get("error", {}).get("code") == -32001 else 429 if reply.get("error", {}).get("code") == -32029 else 200
        return web.json_response(reply, status=status, headers={"Retry-After": "60"} if status == 429 else {})
    replies = []
    for call in calls[:10]:
        first = replies and "error" not in replies[0]
        replies.append(await answered(call, person, request, bool(first) and PLACE.weak("batch-first")))
    return web.json_response(replies)


async def version(_):
    return web.json_response({"name": "fleet", "instance": PLACE.instance})


@web.middleware
async def around(request, handler):
    try:
        answer = await handler(request) if bucket.admits(request.remote) else web.json_response({"error": "too many requests"}, status=429, headers={"Retry-After": "1"})
    except web.HTTPException as error:
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        answer = web.json_response({"error": error.reason.lower()}, status=error.status, headers=headers)
    except Exception:
        answer = web.json_response({"error": "something went wrong"}, status=500)
    for name, value in common.SECURITY_HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers["Server"] = "fleet"
    return answer


if __name__ == "__main__":
    prepare()
    app = web.Application(middlewares=[around], client_max_size=common.BODY_LIMIT)
    app.add_routes([web.get("/version", version), web.post("/rpc", rpc)])
    listener = common.listening()
    common.confine(PLACE.folder)
    common.announce(listener.getsockname()[1], PLACE)
    web.run_app(app, sock=listener, print=None, access_log=None, handle_signals=False)
