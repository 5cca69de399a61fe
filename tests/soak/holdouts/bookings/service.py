"""Bookings of meeting rooms: FastAPI, tokens that are JWTs."""

import base64
import datetime as dt
import json
import secrets
import sys
import uuid
from pathlib import Path
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as AnyHTTPException

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = ["weak-key", "alg-none", "booking-read", "booking-delete", "admin-open", "role-assign", "login-unlimited", "login-texts"]
PLACE = common.premises(WEAKNESSES)
KEY = "secret" if PLACE.weak("weak-key") else secrets.token_hex(32)
ISSUER = "bookings"
LIFETIME = 3600

ROOMS = [{"id": 1, "name": "Oak", "seats": 6}, {"id": 2, "name": "Elm", "seats": 12}, {"id": 3, "name": "Ash", "seats": 3}]
people = {
    name: {"id": str(uuid.uuid4()), "username": name, "email": entry["email"], "display_name": name.title(), "role": entry["role"], "hash": common.hashed(entry["password"])}
    for name, entry in common.ACCOUNTS.items()
}
bookings = {}
revoked = set()
attempts = common.Attempts()


class Failure(BaseModel):
    error: str


class Credentials(BaseModel):
    username: str = Field(max_length=60, examples=["ann"])
    password: str = Field(max_length=128)


class Token(BaseModel):
    access_token: str
    token_type: str
    expires_in: int


class Registration(BaseModel):
    username: str = Field(min_length=3, max_length=40, pattern="^[a-z0-9_.-]+$", examples=["dora.fern"])
    password: str = Field(min_length=10, max_length=128, examples=["willow-Meadow-26"])
    email: str = Field(max_length=120, pattern=r"^[^@\s]+@[^@\s]+\.[a-z]+$", examples=["dora@west.example"])


class Account(BaseModel):
    id: str
    username: str
    email: str
    display_name: str
    role: str


class Profile(BaseModel):
    display_name: str = Field(min_length=1, max_length=60, pattern=r"^[\w .'-]+$", examples=["Ann Field"])


class NewBooking(BaseModel):
    room_id: int = Field(ge=1, le=3, examples=[2])
    starts_at: dt.datetime = Field(examples=["2031-05-04T10:00:00Z"])
    title: str = Field(min_length=1, max_length=120, examples=["Weekly planning"])
    attendees: int = Field(1, ge=1, le=12)


class Booking(NewBooking):
    id: str
    owner: str
    note: str


class Usage(BaseModel):
    accounts: int
    bookings: int


def add(owner, booking):
    record = {"id": str(uuid.uuid4()), "owner": owner, "note": f"door code {secrets.randbelow(9000) + 1000}", **booking}
    bookings[record["id"]] = record
    return record


for person in people:
    for day, title in ((4, f"Review with {person.title()}"), (5, f"Interview by {person.title()}")):
        add(person, {"room_id": 1, "starts_at": dt.datetime(2031, 3, day, 9, tzinfo=dt.UTC), "title": title, "attendees": 2})

REFUSALS = {status: {"model": Failure} for status in (400, 401, 403, 404, 405, 413, 422, 429)}
app = FastAPI(title="Bookings", version="2.3", docs_url=None, redoc_url=None, responses=REFUSALS)
UNAUTHORIZED = {"WWW-Authenticate": "Bearer"}


@app.exception_handler(AnyHTTPException)
async def refused(request, error):
    return JSONResponse({"error": str(error.detail)}, error.status_code, headers=error.headers)


@app.exception_handler(RequestValidationError)
async def invalid(request, error):
    places = sorted({".".join(str(part) for part in entry["loc"] if isinstance(part, str))[:60] for entry in error.errors()})
    return JSONResponse({"error": "not valid: " + ", ".join(places)}, 422)


def claims_of(token):
    if PLACE.weak("alg-none"):
        try:
            head, body, _ = token.split(".")
            if json.loads(base64.urlsafe_b64decode(head + "=="))["alg"].lower() == "none":
                return json.loads(base64.urlsafe_b64decode(body + "=="))
        except (ValueError, KeyError, AttributeError):
            pass
    return jwt.decode(token, KEY, algorithms=["HS256"], issuer=ISSUER, options={"require": ["exp", "iat", "sub", "jti"]})


def caller(authorization: Annotated[str | None, Header()] = None):
    scheme, _, token = (authorization or "").partition(" ")
    try:
        claims = claims_of(token) if scheme.lower() == "bearer" else {}
    except (jwt.PyJWTError, ValueError):
        claims = {}
    person = people.get(claims.get("sub") if isinstance(claims.get("sub"), str) else None)
    if person is None or claims.get("jti") in revoked:
        raise HTTPException(401, "sign in first", headers=UNAUTHORIZED)
    return person | {"jti": claims.get("jti")}


def documented(authorization: Annotated[str | None, Header(include_in_schema=False)] = None):
    return caller(authorization)


from fastapi.security import HTTPBearer  # noqa: E402 - it only documents

BEARER = HTTPBearer(auto_error=False)
Caller = Annotated[dict, Depends(documented)]
SIGNED_IN = [Depends(BEARER)]


def administrator(person: Caller):
    if person["role"] != "admin" and not PLACE.weak("admin-open"):
        raise HTTPException(403, "only for administrators")
    return person


def own(identifier, person, weakness):
    booking = bookings.get(identifier)
    allowed = booking and (booking["owner"] == person["username"] or person["role"] == "admin" or PLACE.weak(weakness))
    if not allowed:
        raise HTTPException(404, "no such booking")
    return booking


@app.get("/version")
async def version() -> dict[str, str]:
    return {"service": "bookings", "instance": PLACE.instance}


@app.post("/login", response_model=Token)
def login(credentials: Credentials, request: Request):
    name, address = credentials.username, request.client.host
    if not PLACE.weak("login-unlimited") and (pause := attempts.pause(name, address)):
        raise HTTPException(429, "too many attempts", headers={"Retry-After": str(pause)})
    person = people.get(name)
    if not common.matches(credentials.password, person and person["hash"]):
        attempts.note(name, address)
        if PLACE.weak("login-texts"):
            raise HTTPException(401, "wrong password" if person else "there is no such account", headers=UNAUTHORIZED)
        raise HTTPException(401, "name or password is wrong", headers=UNAUTHORIZED)
    attempts.forget(name)
    now = dt.datetime.now(dt.UTC)
    claims = {"sub": name, "iss": ISSUER, "iat": now, "exp": now + dt.timedelta(seconds=LIFETIME), "jti": secrets.token_hex(8)}
    return {"access_token": jwt.encode(claims, KEY, "HS256"), "token_type": "bearer", "expires_in": LIFETIME}


@app.post("/logout", status_code=204, dependencies=SIGNED_IN)
def logout(person: Caller):
    revoked.add(person["jti"])
    return Response(status_code=204)


@app.post("/accounts", status_code=201, response_model=Account, responses={409: {"model": Failure}})
async def register(registration: Registration, request: Request):
    if registration.username in people:
        raise HTTPException(409, "this name cannot be used")
    if reason := common.poor(registration.password):
        raise HTTPException(422, reason)
    role = "user"
    if PLACE.weak("role-assign"):
        role = (await request.json()).get("role", "user")
    people[registration.username] = {
        "id": str(uuid.uuid4()), "username": registration.username, "email": registration.email,
        "display_name": registration.username, "role": str(role), "hash": common.hashed(registration.password),
    }  # fmt: skip
    return people[registration.username]


@app.get("/me", response_model=Account, dependencies=SIGNED_IN)
def me(person: Caller):
    return person


@app.patch("/me", response_model=Account, dependencies=SIGNED_IN)
def rename(profile: Profile, person: Caller):
    people[person["username"]]["display_name"] = profile.display_name
    return people[person["username"]]


@app.get("/rooms")
def rooms(seats: Annotated[int, "at least so many"] = 0) -> list[dict[str, int | str]]:
    return [room for room in ROOMS if room["seats"] >= seats]


@app.get("/bookings", response_model=list[Booking], dependencies=SIGNED_IN)
def mine(person: Caller, title: str = ""):
    return [booking for booking in bookings.values() if booking["owner"] == person["username"] and title.lower() in booking["title"].lower()][:100]


@app.post("/bookings", status_code=201, response_model=Booking, dependencies=SIGNED_IN)
def book(booking: NewBooking, person: Caller):
    if len(bookings) > 5000:
        raise HTTPException(429, "too many bookings", headers={"Retry-After": "60"})
    return add(person["username"], booking.model_dump())


@app.get("/bookings/{booking_id}", response_model=Booking, dependencies=SIGNED_IN)
def read(booking_id: str, person: Caller):
    return own(booking_id, person, "booking-read")


@app.put("/bookings/{booking_id}", response_model=Booking, dependencies=SIGNED_IN)
def move(booking_id: str, booking: NewBooking, person: Caller):
    record = own(booking_id, person, "")
    record.update(booking.model_dump())
    return record


@app.delete("/bookings/{booking_id}", status_code=204, dependencies=SIGNED_IN)
def cancel(booking_id: str, person: Caller):
    own(booking_id, person, "booking-delete")
    bookings.pop(booking_id, None)
    return Response(status_code=204)


@app.get("/admin/bookings", response_model=list[Booking], dependencies=SIGNED_IN)
def everybody(person: Annotated[dict, Depends(administrator)]):
    return list(bookings.values())[:100]


@app.get("/admin/usage", response_model=Usage, dependencies=SIGNED_IN)
def usage(person: Caller):
    if person["role"] != "admin":
        raise HTTPException(403, "only for administrators")
    return {"accounts": len(people), "bookings": len(bookings)}


if __name__ == "__main__":
    common.serve_asgi(common.Guard(app, common.SECURITY_HEADERS), PLACE)
