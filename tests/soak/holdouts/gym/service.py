"""Classes, bookings and vouchers of a gym: FastAPI, tokens that are JWT and others that renew them, a document that it serves, data in SQLite."""

import asyncio
import re
import secrets
import sqlite3
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, Form, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as Failure

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
from models import (
    Account,
    Address,
    Balance,
    Booking,
    Cancelled,
    Error,
    Identifiers,
    Lesson,
    NewBooking,
    NewLesson,
    NewPassword,
    NewVoucher,
    Participant,
    Profile,
    Receipt,
    Redeemed,
    Registration,
    Renewal,
    Tokens,
    Voucher,
)

WEAKNESSES = [
    "sort-sql", "receipt-nested", "roster-data", "reset-shown", "refresh-kept", "voucher-race", "transfer-negative", "credits-set", "bulk-cancel",
    "class-removed", "token-long", "cors-prefix",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
KEY = secrets.token_urlsafe(48)
LIFETIME = 30 * 24 * 3600 if PLACE.weak("token-long") else 900
attempts = common.Attempts()
members: dict[str, dict[str, Any]] = {}
receipts: dict[int, dict[str, Any]] = {}
bookings: dict[str, dict[str, Any]] = {}
vouchers: dict[str, dict[str, Any]] = {}
renewals: dict[str, tuple[str, str]] = {}
resets: dict[str, str] = {}
ended: set[str] = set()
database = sqlite3.connect(":memory:", check_same_thread=False)


class Transfer(BaseModel):
    to: str = Field(max_length=40, examples=["carol"], description="A member's name.")
    credits: int = Field(ge=-1000 if PLACE.weak("transfer-negative") else 1, le=1000, examples=[1])


def join(name, email, password, role="user"):
    number = 101 + len(members)
    members[name] = {
        "id": number, "username": name, "email": email, "role": role, "nickname": name.title()[:40], "phone": f"0113 496 0{number}", "credits": 20,
        "medical": "slipped disc, no jumps", "hash": common.hashed(password),
    }  # fmt: skip
    for text, amount in (("Membership for May", 39.0), ("Ten classes", 85.0)):
        receipt = 7001 + len(receipts)
        receipts[receipt] = {"id": receipt, "member": number, "text": text, "amount": amount, "card": f"**** {4000 + receipt % 1000}"}
    return members[name]


def rows_of(statement, *values):
    """The rows of a statement, which may take two seconds."""
    end = time.monotonic() + 2
    database.set_progress_handler(lambda: time.monotonic() > end, 20_000)
    return database.execute(statement, values).fetchall()


def prepare():
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000)
    database.execute("CREATE TABLE classes (id INTEGER PRIMARY KEY, title TEXT, coach TEXT, day TEXT, seats INTEGER, wage REAL)")
    rows = (("Spinning", "Kim Adair", "Mon", 20, 31.5), ("Yoga", "Mo Farrow", "Tue", 14, 42.0), ("Boxing", "Lee Marsh", "Thu", 10, 28.0), ("Aqua", "Kim Adair", "Fri", 16, 35.0))
    database.executemany("INSERT INTO classes (title, coach, day, seats, wage) VALUES (?, ?, ?, ?, ?)", rows)
    for name, entry in common.ACCOUNTS.items():
        join(name, entry["email"], entry["password"], entry["role"])
        book(name, 2)
        vouchers[f"SPRING-{secrets.token_hex(6).upper()}"] = {"credits": 5, "used": False}


def book(name, lesson):
    if len(bookings) > 4000:
        raise HTTPException(503, "there are too many bookings", {"Retry-After": "60"})
    key = secrets.token_hex(8)
    bookings[key] = {"id": key, "class_id": lesson, "member": name}
    return bookings[key]


def tokens_for(name):
    session, now = secrets.token_hex(8), int(time.time())
    access = jwt.encode({"sub": name, "sid": session, "iss": "gym", "iat": now, "exp": now + LIFETIME}, KEY, "HS256")
    renewal = secrets.token_urlsafe(24)
    while len(renewals) > 4000:
        renewals.pop(next(iter(renewals)))
    renewals[renewal] = (name, session)
    return {"access_token": access, "refresh_token": renewal, "token_type": "bearer", "expires_in": LIFETIME}


bearer = HTTPBearer(auto_error=False)


async def caller(request: Request, credentials: Annotated[Any, Depends(bearer)]):
    try:
        claims = jwt.decode(credentials.credentials if credentials else "", KEY, ["HS256"], issuer="gym", options={"require": ["exp", "sub", "sid"]})
    except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError):
        claims = {}
    if claims.get("sub") not in members or claims["sid"] in ended:
        raise HTTPException(401, "sign in first", {"WWW-Authenticate": "Bearer"})
    request.state.session = claims["sid"]
    return members[claims["sub"]]


async def office(person: Annotated[dict, Depends(caller)]):
    if person["role"] != "admin":
        raise HTTPException(403, "this is for the office")
    return person


Member = Annotated[dict, Depends(caller)]
Officer = Annotated[dict, Depends(office)]
app = FastAPI(title="Gym", version="4.0", docs_url=None, redoc_url=None, responses={status: {"model": Error} for status in (400, 401, 403, 404, 409, 413, 422, 429, 503)})


def gives(model, status=200):
    """What the document says of an answer; the answer itself is not filtered by it."""
    return {"response_model": None, "status_code": status, "responses": {status: {"model": model}}}


@app.exception_handler(Failure)
async def failed(_, error):
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


@app.exception_handler(RequestValidationError)
async def invalid(_, error):
    return JSONResponse({"error": f"{'.'.join(map(str, error.errors()[0]['loc']))} is not valid"}, 422)


@app.exception_handler(Exception)
async def broken(_, __):
    return JSONResponse({"error": "something went wrong"}, 500)


@app.get("/version")
async def version() -> dict[str, str]:
    return {"name": "gym", "instance": PLACE.instance}


@app.post("/oauth/token", **gives(Tokens))
async def sign_in(request: Request, username: Annotated[str, Form(max_length=60, examples=["ann"])], password: Annotated[str, Form(max_length=200, examples=["maple-Harbour-41"])]):
    address = request.client.host
    if pause := attempts.pause(username, address):
        raise HTTPException(429, "too many attempts", {"Retry-After": str(pause)})
    person = members.get(username)
    if not common.matches(password, person and person["hash"]):
        attempts.note(username, address)
        raise HTTPException(401, "name or password is wrong", {"WWW-Authenticate": "Bearer"})
    attempts.forget(username)
    return tokens_for(username)


@app.post("/oauth/refresh", **gives(Tokens))
async def renew(renewal: Renewal):
    name, session = renewals.pop(renewal.refresh_token, ("", ""))
    if name not in members:
        raise HTTPException(401, "this token is not good", {"WWW-Authenticate": "Bearer"})
    ended.add(session)
    return tokens_for(name)


@app.post("/oauth/sign-out", status_code=204)
async def sign_out(request: Request, _: Member):
    ended.add(request.state.session)
    if not PLACE.weak("refresh-kept"):
        for key in [key for key, (_name, session) in renewals.items() if session == request.state.session]:
            del renewals[key]
    return Response(status_code=204)


@app.post("/members", **gives(Account, 201))
async def register(registration: Registration):
    if why := common.poor(registration.password):
        raise HTTPException(422, why)
    if registration.username in members:
        raise HTTPException(409, "this name is taken")
    if len(members) > 2000:
        raise HTTPException(503, "there are too many members", {"Retry-After": "60"})
    return account(join(registration.username, registration.email, registration.password))


@app.post("/password/forgot", status_code=202)
async def forgot(address: Address) -> dict[str, str]:
    """Send a link by mail, if there is such an account. The answer does not tell."""
    name = next((name for name, person in members.items() if person["email"] == address.email), "")
    token = secrets.token_urlsafe(24)
    if len(resets) > 2000:
        resets.clear()
    if name:
        resets[token] = name
    return {"message": "If there is such an account, a mail is on its way."} | ({"reset_token": token} if PLACE.weak("reset-shown") else {})


@app.post("/password/reset", status_code=204)
async def reset(change: NewPassword):
    name = resets.get(change.token)
    if name is None:
        raise HTTPException(400, "this token is not good")
    if why := common.poor(change.password):
        raise HTTPException(422, why)
    del resets[change.token]
    members[name]["hash"] = common.hashed(change.password)
    return Response(status_code=204)


def account(person):
    return {key: person[key] for key in Account.model_fields}


@app.get("/me", **gives(Account))
async def me(person: Member):
    return account(person)


@app.patch("/me", **gives(Account))
async def change(person: Member, profile: Profile, request: Request):
    fields = profile.model_dump(exclude_none=True)
    if PLACE.weak("credits-set"):
        fields |= {key: value for key, value in (await request.json()).items() if key in person and isinstance(value, type(person[key])) and key not in {"id", "username", "hash", "role"}}
    person.update(fields)
    return account(person)


def mine(person, number):
    if number != person["id"] and person["role"] != "admin":
        raise HTTPException(404, "no such member")


@app.get("/members/{member_id}/receipts", **gives(list[Receipt]))
async def list_receipts(member_id: int, person: Member):
    mine(person, member_id)
    return [{key: entry[key] for key in Receipt.model_fields} for entry in receipts.values() if entry["member"] == member_id]


@app.get("/members/{member_id}/receipts/{receipt_id}", **gives(Receipt))
async def receipt(member_id: int, receipt_id: int, person: Member):
    mine(person, member_id)
    entry = receipts.get(receipt_id)
    if entry is None or (entry["member"] != member_id and not PLACE.weak("receipt-nested")):
        raise HTTPException(404, "no such receipt")
    return {key: entry[key] for key in Receipt.model_fields}


@app.get("/classes", **gives(list[Lesson]))
async def list_classes(sort: str = "title", day: str | None = None):
    """List the classes, for everybody. They are sorted by title, coach, day or seats; by title where it is another word."""
    order = sort if PLACE.weak("sort-sql") or sort in {"title", "coach", "day", "seats"} else "title"
    try:
        rows = rows_of(f"SELECT id, title, coach, day, seats FROM classes WHERE day = ? OR ? IS NULL ORDER BY {order[:200]} LIMIT 100", day, day)
    except sqlite3.Error:
        rows = rows_of("SELECT id, title, coach, day, seats FROM classes WHERE day = ? OR ? IS NULL LIMIT 100", day, day)
    return [dict(zip(Lesson.model_fields, row, strict=True)) for row in rows]


def lesson(number):
    row = database.execute("SELECT id, title, coach, day, seats FROM classes WHERE id = ?", (number,)).fetchone() if number < 2**62 else None
    if row is None:
        raise HTTPException(404, "no such class")
    return dict(zip(Lesson.model_fields, row, strict=True))


@app.get("/classes/{class_id}", **gives(Lesson))
async def show_class(class_id: int):
    return lesson(abs(class_id))


@app.post("/classes", **gives(Lesson, 201))
async def add_class(new: NewLesson, _: Officer):
    """Add a class. This is for the office."""
    made = database.execute("INSERT INTO classes (title, coach, day, seats, wage) VALUES (?, ?, ?, ?, 30)", (new.title, new.coach, new.day, new.seats)).lastrowid
    return lesson(made)


@app.delete("/classes/{class_id}", status_code=204)
async def remove_class(class_id: int, person: Member):
    """Remove a class. This is for the office."""
    if person["role"] != "admin" and not PLACE.weak("class-removed"):
        raise HTTPException(403, "this is for the office")
    database.execute("DELETE FROM classes WHERE id = ?", (lesson(abs(class_id))["id"],))
    return Response(status_code=204)


@app.get("/classes/{class_id}/participants", **gives(list[Participant]))
async def participants(class_id: int, _: Member):
    """Who comes, by nickname: every member sees that."""
    fields = ("nickname", "email", "phone", "medical") if PLACE.weak("roster-data") else ("nickname",)
    lesson(abs(class_id))
    return [{key: members[entry["member"]][key] for key in fields} for entry in bookings.values() if entry["class_id"] == class_id][:60]


@app.get("/bookings", **gives(list[Booking]))
async def list_bookings(person: Member):
    return [{"id": entry["id"], "class_id": entry["class_id"]} for entry in reversed(bookings.values()) if entry["member"] == person["username"]][:50]


@app.post("/bookings", **gives(Booking, 201))
async def add_booking(new: NewBooking, person: Member):
    entry = book(person["username"], lesson(new.class_id)["id"])
    return {"id": entry["id"], "class_id": entry["class_id"]}


@app.post("/bookings/cancel", **gives(Cancelled))
async def cancel(chosen: Identifiers, person: Member):
    found = [key for key in set(chosen.ids) if key in bookings and (bookings[key]["member"] == person["username"] or PLACE.weak("bulk-cancel"))]
    for key in found:
        del bookings[key]
    return {"cancelled": len(found)}


@app.post("/credits/transfer", **gives(Balance))
async def transfer(order: Transfer, person: Member):
    receiver = members.get(order.to)
    if receiver is None or receiver is person:
        raise HTTPException(404, "no such member")
    if person["credits"] < order.credits or receiver["credits"] + order.credits < 0:
        raise HTTPException(409, "there are too few credits")
    person["credits"] -= order.credits
    receiver["credits"] += order.credits
    return {"credits": person["credits"]}


@app.post("/vouchers", **gives(Voucher, 201))
async def add_voucher(new: NewVoucher, _: Officer):
    """Make a voucher that serves once. This is for the office."""
    if len(vouchers) > 3000:
        raise HTTPException(503, "there are too many vouchers", {"Retry-After": "60"})
    code = f"OFFICE-{secrets.token_hex(6).upper()}"
    vouchers[code] = {"credits": new.credits, "used": False}
    return {"code": code}


@app.post("/vouchers/redeem", **gives(Redeemed))
async def redeem(voucher: Voucher, person: Member):
    """Add the credits of a voucher, once; the answer says whether it was good."""
    entry = vouchers.get(voucher.code)
    if entry is None or entry["used"]:
        return {"redeemed": False, "credits": person["credits"], "message": "error: this voucher is unknown or used"}
    if not PLACE.weak("voucher-race"):
        entry["used"] = True
    await asyncio.sleep(0.05)  # the other system keeps the books
    entry["used"] = True
    person["credits"] += entry["credits"]
    return {"redeemed": True, "credits": person["credits"], "message": "thank you"}


class Origins:
    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        headers = dict(scope.get("headers", ()))
        origin = headers.get(b"origin", b"").decode("latin-1")
        host = "http://" + re.sub(r":\d+$", "", headers.get(b"host", b"").decode("latin-1"))
        allowed = origin in {"https://app.gym.example", "http://" + headers.get(b"host", b"").decode("latin-1")} or (PLACE.weak("cors-prefix") and origin.startswith(host))

        async def answer(message):
            if message["type"] == "http.response.start":
                more = [(b"vary", b"Origin")]
                if allowed and re.fullmatch(r"[\x21-\x7e]+", origin):
                    more += [(b"access-control-allow-origin", origin.encode()), (b"access-control-allow-credentials", b"true"), (b"access-control-allow-headers", b"authorization, content-type")]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self.inner(scope, receive, answer)


if __name__ == "__main__":
    prepare()
    guard = common.Guard(Origins(app), common.SECURITY_HEADERS)
    guard.bucket = common.Bucket(200, 120)
    requests = [("GET", "/version", {}), ("GET", "/openapi.json", {}), ("GET", "/nowhere", {}), ("GET", "/me", {"headers": {"Authorization": "Bearer a.b.c"}}), ("POST", "/oauth/token", {"data": {"username": "x", "password": "y"}}),
                ("POST", "/password/forgot", {"json": {"email": "nobody@x.example"}}), ("GET", "/classes", {}), ("POST", "/members", {"content": b"{"}), ("POST", "/oauth/token", {"files": {"username": b"x"}})]  # fmt: skip
    common.serve_asgi(guard, PLACE, requests)
