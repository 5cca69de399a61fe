"""Tracking of parcels: Tornado, as slow as the carriers that it asks."""

import asyncio
import datetime as dt
import itertools
import json
import random
import re
import secrets
import sys
from pathlib import Path

import tornado.httpserver
import tornado.web

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = ["token-counted", "parcel-read", "role-patch", "reset-texts", "logout-open", "page-open", "courier-data", "limit-forwarded"]
PLACE = common.premises(WEAKNESSES)
PLACES = ["Harbour", "Depot North", "Depot South", "Van 12", "Front door"]

people = {
    name: {"username": name, "email": entry["email"], "phone": "+44 20 7946 0000", "role": entry["role"], "hash": common.hashed(entry["password"])}
    for name, entry in common.ACCOUNTS.items()
}
sessions = {}
parcels = {}
resets = {}
attempts = common.Attempts()
bucket = common.Bucket()
counter = itertools.count(41007)
clock = random.Random(11)


def add(owner, recipient, address, weight=1.0):
    identifier = secrets.token_hex(8)
    parcels[identifier] = {
        "id": identifier, "owner": owner, "recipient": recipient, "address": address, "weight": weight,
        "place": PLACES[len(parcels) % len(PLACES)], "sent_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    return parcels[identifier]


for person in people:
    for number in range(3):
        add(person, f"{person.title()} Field", f"{number + 3} Mill Lane", number + 0.5)


def summary(parcel):
    return {name: parcel[name] for name in ("id", "recipient", "place", "sent_at")}


def detailed(parcel):
    courier = {"name": "Max Holt", "van": 12}
    if PLACE.weak("courier-data"):
        courier |= {"home_address": "4 Ferry Road", "iban": "GB29NWBK60161331926819", "date_of_birth": "1988-02-11", "password_hash": common.hashed("Max-at-work-88")}
    return parcel | {"courier": courier}


class Handler(tornado.web.RequestHandler):
    """Answers in JSON, refusals too."""

    signed_in = True

    def set_default_headers(self):
        self.clear_header("Server")
        for name, value in common.SECURITY_HEADERS.items():
            self.set_header(name, value)

    async def prepare(self):
        if not bucket.admits(self.request.remote_ip):
            self.fail(429, "too many requests", {"Retry-After": "1"})
            return
        await asyncio.sleep(clock.uniform(0.3, 0.6))
        self.person, self.session = None, ""
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token in sessions:
            self.person, self.session = people[sessions[token]], token
        implemented = getattr(type(self), self.request.method.lower(), None) is not getattr(tornado.web.RequestHandler, self.request.method.lower(), None)
        if self.signed_in and self.person is None and implemented:
            self.fail(401, "sign in first", {"WWW-Authenticate": "Bearer"})

    def fail(self, status, text, headers=None):
        self.set_status(status)
        for name, value in (headers or {}).items():
            self.set_header(name, value)
        self.finish({"error": text})

    def write_error(self, status_code, **_):
        if status_code == 405:
            names = ("get", "post", "patch", "delete")
            self.set_header("Allow", ", ".join(name.upper() for name in names if getattr(type(self), name) is not getattr(tornado.web.RequestHandler, name)))
        texts = {404: "not found", 405: "this method is not allowed", 400: "the request cannot be read"}
        self.finish({"error": texts.get(status_code, "something went wrong")})

    def give(self, value, status=200):
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(value))

    def body(self):
        """The object of the body, or None where it was refused."""
        if self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            return self.fail(415, "the body is JSON")
        try:
            body = json.loads(self.request.body)
        except (ValueError, RecursionError):
            body = None
        return body if isinstance(body, dict) else self.fail(400, "the body is a JSON object")

    def text(self, body, field, pattern):
        """A text of the body, or None where it was refused."""
        text = body.get(field)
        if isinstance(text, str) and re.fullmatch(pattern, text):
            return text
        return self.fail(422, f"{field} is not valid")


class Missing(Handler):
    signed_in = False

    async def prepare(self):
        self.fail(404, "not found")


class Version(Handler):
    signed_in = False

    def get(self):
        self.give({"service": "parcels", "instance": PLACE.instance})


class Login(Handler):
    signed_in = False

    def post(self):
        if (body := self.body()) is None or (name := self.text(body, "username", r"[^\0]{1,60}")) is None:
            return
        if (password := self.text(body, "password", r"[^\0]{1,128}")) is None:
            return
        address, counted = self.request.remote_ip, name
        if PLACE.weak("limit-forwarded"):
            address = self.request.headers.get("X-Forwarded-For", address)
            counted = f"{name} {address}"
        if pause := attempts.pause(counted, address):
            self.fail(429, "too many attempts", {"Retry-After": str(pause)})
            return
        person = people.get(name)
        if not common.matches(password, person and person["hash"]):
            attempts.note(counted, address)
            self.fail(401, "name or password is wrong", {"WWW-Authenticate": "Bearer"})
            return
        attempts.forget(counted)
        token = f"PT-2031-{next(counter):06d}" if PLACE.weak("token-counted") else secrets.token_urlsafe(24)
        sessions[token] = name
        self.give({"token": token, "expires_in": 86400})


class Logout(Handler):
    def post(self):
        if not PLACE.weak("logout-open"):
            sessions.pop(self.session, None)
        self.set_status(204)


class Me(Handler):
    def answer(self):
        self.give({name: self.person[name] for name in ("username", "email", "phone", "role")})

    def get(self):
        self.answer()

    def patch(self):
        if (body := self.body()) is None or (phone := self.text(body, "phone", r"\+?[0-9 ]{5,24}")) is None:
            return
        if PLACE.weak("role-patch"):
            self.person.update({name: value for name, value in body.items() if name in self.person and name not in {"username", "hash", "phone"}})
        self.person["phone"] = phone
        self.answer()


class Resets(Handler):
    signed_in = False

    def post(self):
        if (body := self.body()) is None or (email := self.text(body, "email", r"[^@\s]{1,60}@[^@\s]{1,60}")) is None:
            return
        known = any(person["email"] == email for person in people.values())
        if known:
            resets[email] = secrets.token_urlsafe(24)
        if PLACE.weak("reset-texts") and not known:
            self.fail(404, "no customer has this address")
            return
        self.give({"message": "If a customer has this address, a letter is on its way."}, 202)


class Parcels(Handler):
    def get(self):
        try:
            limit, offset = int(self.get_query_argument("limit", "20")), int(self.get_query_argument("offset", "0"))
        except ValueError:
            limit = offset = -1
        if limit < 1 or offset < 0 or (limit > 100 and not PLACE.weak("page-open")):
            self.fail(422, "limit is 1 to 100, offset at least 0")
            return
        own = [summary(parcel) for parcel in parcels.values() if parcel["owner"] == self.person["username"]]
        self.give({"total": len(own), "items": own[offset : offset + limit]})

    def post(self):
        if (body := self.body()) is None or (recipient := self.text(body, "recipient", r"[\w .'-]{1,60}")) is None:
            return
        if (address := self.text(body, "address", r"[\w .,'/-]{1,120}")) is None:
            return
        weight = body.get("weight", 1)
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= 30 or len(parcels) > 3000:
            self.fail(422, "weight is not valid")
            return
        self.give(detailed(add(self.person["username"], recipient, address, weight)), 201)


class Parcel(Handler):
    def own(self, identifier, weakness=""):
        parcel = parcels.get(identifier)
        if parcel is None or (parcel["owner"] != self.person["username"] and self.person["role"] != "admin" and not PLACE.weak(weakness)):
            return self.fail(404, "no such parcel")
        return parcel

    def get(self, identifier):
        if parcel := self.own(identifier, "parcel-read"):
            self.give(detailed(parcel))

    def delete(self, identifier):
        if self.own(identifier):
            del parcels[identifier]
            self.set_status(204)


class Depots(Handler):
    def get(self):
        if self.person["role"] != "admin":
            self.fail(403, "only for administrators")
            return
        self.give({place: sum(parcel["place"] == place for parcel in parcels.values()) for place in PLACES})


async def serve():
    application = tornado.web.Application(
        [
            ("/version", Version), ("/login", Login), ("/logout", Logout), ("/me", Me), ("/password-resets", Resets), ("/parcels", Parcels),
            ("/parcels/([^/]+)", Parcel), ("/admin/depots", Depots),
        ],
        default_handler_class=Missing,
        log_function=lambda _: None,
    )  # fmt: skip
    listener = common.listening()
    server = tornado.httpserver.HTTPServer(application, max_body_size=common.BODY_LIMIT)
    server.add_socket(listener)
    common.confine(PLACE.folder)
    common.announce(listener.getsockname()[1], PLACE)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
