"""A club of people with camper vans: vans and where they stand, a board, a workshop, a shop with credit. FastAPI, tokens that are JWT.

The document is what the framework makes of it: some bodies are only objects, and operations of the office and of old clients are left out.
"""

import base64
import hashlib
import hmac
import http.client
import json
import re
import secrets
import sys
import time
import urllib.parse
import uuid
from pathlib import Path
from typing import Annotated, Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
from fastapi import Body, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field, StrictInt, StringConstraints
from starlette.exceptions import HTTPException as StarletteException

WEAKNESSES = [
    "reset-old", "forgot-tells", "token-kid", "van-location", "posts-author", "coupon-operator", "report-read", "mechanic-api",
    "order-negative", "order-anonymous", "order-status", "moderate-open",
]  # fmt: skip
LIFETIME = 3600
CODE_LIFETIME = 600
MOST = 3000
KEYS = "/srv/vanclub/keys"
CURRENT = "main-2031"
MECHANICS = [{"code": "MECH-KIT", "name": "Kit's garage"}, {"code": "MECH-LEE", "name": "Lee and daughters"}]
PRODUCTS = [{"id": 1, "name": "Awning", "price": 80}, {"id": 2, "name": "Levelling blocks", "price": 15}, {"id": 3, "name": "Gas hose", "price": 9}]
COUPONS = [{"coupon_code": "TOUR75", "amount": 75, "open": True}, {"coupon_code": "SPRING20", "amount": 20, "open": True}]
CREDIT = 100
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]
PLAIN = r"^[^\x00-\x1f\x7f]*$"


def texts(longest, least=1, pattern=PLAIN):
    return Annotated[str, StringConstraints(min_length=least, max_length=longest, pattern=pattern)]


class Entry(BaseModel):
    username: texts(60)
    password: texts(128)


class Signup(BaseModel):
    username: texts(40, 3, r"^[a-z][a-z0-9._-]+$")
    email: texts(80, 5, r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$")
    phone: texts(30)
    password: texts(128, 10)


class Forgot(BaseModel):
    email: texts(80)


class Reset(BaseModel):
    email: texts(80)
    otp: texts(8)
    password: texts(128, 10)


class Change(BaseModel):
    current: texts(128)
    new: texts(128, 10)


class Profile(BaseModel):
    nickname: texts(40)
    phone: texts(30)


class Van(BaseModel):
    vin: texts(17, 11, r"^[A-Z0-9]+$")
    model: texts(40)


class Post(BaseModel):
    title: texts(80)
    content: texts(1000)


class Comment(BaseModel):
    content: texts(500)


class Repair(BaseModel):
    van_id: uuid.UUID
    mechanic_code: texts(20)
    problem: texts(500)
    mechanic_api: texts(300)


class Purchase(BaseModel):
    product_id: StrictInt
    quantity: Annotated[StrictInt, Field(le=50)]


class Coupon(BaseModel):
    coupon_code: texts(30)


class Member:
    def __init__(self, username, email, phone, password, role="member"):
        self.username, self.email, self.phone, self.role = username, email, phone, role
        self.nickname = username
        self.hash = common.hashed(password)
        self.credit = CREDIT
        self.redeemed = set()

    def card(self):
        return {"username": self.username, "nickname": self.nickname, "email": self.email, "phone": self.phone, "role": self.role}


def encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def fits(document, query):
    """Whether an entry of the coupons' collection is what a query names: values, or operators as the collection knows them."""
    operators = {
        "$eq": lambda value, operand: value == operand,
        "$ne": lambda value, operand: value != operand,
        "$gt": lambda value, operand: isinstance(operand, type(value)) and value > operand,
        "$gte": lambda value, operand: isinstance(operand, type(value)) and value >= operand,
        "$in": lambda value, operand: isinstance(operand, list) and value in operand,
        "$exists": lambda value, operand: (value is not None) == bool(operand),
    }
    for field, condition in query.items():
        value = document.get(field)
        if isinstance(condition, dict):
            if not all(name in operators and operators[name](value, operand) for name, operand in condition.items()):
                return False
        elif value != condition:
            return False
    return True


def fetched(url):
    """What an address of this machine answers; there are no others here."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "http" or not re.fullmatch(r"localhost|127(\.\d{1,3}){3}", parts.hostname or "", re.ASCII):
        return None
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=3)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        answer = connection.getresponse()
        return {"status": answer.status, "body": answer.read(500).decode("utf-8", "replace")}
    finally:
        connection.close()


def build(place):  # noqa: PLR0915 - its operations stand together
    key = secrets.token_bytes(32)
    for name, content in (
        (f"{KEYS}/{CURRENT}", key),
        ("/etc/hostname", b"vanclub-app-2\n"),
        ("/dev/null", b""),
        ("/proc/sys/kernel/randomize_va_space", b"2\n"),
    ):
        place.place(name).parent.mkdir(parents=True, exist_ok=True)
        place.place(name).write_bytes(content)

    members, vans, posts, reports, orders, sessions, codes = {}, {}, {}, {}, {}, {}, {}
    attempts, guesses, mails = common.Attempts(), common.Attempts(window=CODE_LIFETIME), common.Attempts(names=3, addresses=60)
    numbers = iter(range(1001, 10**9))

    def room(kept):
        if len(kept) >= MOST:
            raise HTTPException(429, "there are too many", {"Retry-After": "60"})

    def park(member, vin, model):
        room(vans)
        van = {"id": str(uuid.uuid4()), "owner": member.username, "vin": vin, "model": model}
        van["location"] = {"latitude": round(47 + secrets.randbelow(40000) / 10000, 4), "longitude": round(8 + secrets.randbelow(40000) / 10000, 4)}
        vans[van["id"]] = van
        return van

    def publish(member, title, content):
        room(posts)
        post = {"id": str(uuid.uuid4()), "owner": member.username, "title": title, "content": content, "comments": []}
        posts[post["id"]] = post
        return post

    def report(member, van, mechanic, problem):
        room(reports)
        entry = {"id": next(numbers), "owner": member.username, "vin": van["vin"], "mechanic": mechanic, "problem": problem, "phone": member.phone, "state": "open"}
        reports[entry["id"]] = entry
        return entry

    def buy(member, product, quantity):
        room(orders)
        entry = {"id": next(numbers), "owner": member.username, "email": member.email, "phone": member.phone, "product_id": product["id"], "quantity": quantity, "status": "delivered", "total": product["price"] * quantity, "refunded": False}
        orders[entry["id"]] = entry
        return entry

    for number, (name, account) in enumerate(common.ACCOUNTS.items()):
        member = members[name] = Member(name, account["email"], f"+41 79 55{secrets.randbelow(9000) + 1000}", account["password"], "admin" if account["role"] == "admin" else "member")
        van = park(member, f"WV1ZZZ7HZ8H0{number}{secrets.randbelow(9000) + 1000}", "Westfalia")
        publish(member, f"Greetings from {name}", "The pass is open again.")
        report(member, van, "MECH-KIT", f"brakes of {name}")
        buy(member, PRODUCTS[1], 2)

    # Tokens -------------------------------------------------------------------------------------------------------------------------------

    def issue(member):
        sid, now = secrets.token_hex(12), int(time.time())
        sessions[sid] = member.username
        header = {"alg": "HS256", "typ": "JWT", "kid": CURRENT}
        claims = {"iss": "vanclub", "sub": member.username, "role": member.role, "sid": sid, "iat": now, "exp": now + LIFETIME}
        content = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
        return content + "." + encoded(hmac.new(key, content.encode(), hashlib.sha256).digest())

    def signing_key(kid):
        if not place.weak("token-kid"):
            return key if kid == CURRENT else None
        return place.place(f"{KEYS}/{kid}").read_bytes()

    def claims_of(token):
        try:
            content, _, signature = token.rpartition(".")
            header, claims = (json.loads(decoded(part)) for part in content.split("."))
            if header["alg"] != "HS256" or not isinstance(header["kid"], str) or (found := signing_key(header["kid"])) is None:
                return None
            good = hmac.compare_digest(hmac.new(found, content.encode(), hashlib.sha256).digest(), decoded(signature))
            return claims if good and claims["iss"] == "vanclub" and claims["exp"] > time.time() and claims["sid"] in sessions else None
        except (ValueError, KeyError, TypeError, OSError, RecursionError):
            return None

    def claims_from(credentials: Credentials):
        claims = claims_of(credentials.credentials) if credentials else None
        if claims is None or not isinstance(claims.get("sub"), str) or claims["sub"] not in members:
            raise HTTPException(401, "sign in first", {"WWW-Authenticate": "Bearer"})
        return claims

    Claims = Annotated[dict, Depends(claims_from)]  # noqa: N806 - a type

    def member_of(claims: Claims):
        return members[claims["sub"]]

    Caller = Annotated[Member, Depends(member_of)]  # noqa: N806

    def administrator(caller: Caller):
        if caller.role != "admin":
            raise HTTPException(403, "only for the office")
        return caller

    Office = Annotated[Member, Depends(administrator)]  # noqa: N806

    def own(kept, identifier, caller, what):
        entry = kept.get(identifier)
        if entry is None or (entry["owner"] != caller.username and caller.role != "admin"):
            raise HTTPException(404, f"there is no such {what}")
        return entry

    def known_van(identifier, caller):
        return own(vans, str(identifier), caller, "van")

    app = FastAPI(title="Van club", version="3.2.0", docs_url=None, redoc_url=None, redirect_slashes=False)

    @app.exception_handler(StarletteException)
    async def refused(request: Request, error):
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error):
        fields = sorted({str(entry["loc"][-1])[:40].encode("ascii", "replace").decode() for entry in error.errors()})
        return JSONResponse({"error": "the request is not valid", "fields": fields}, 422)

    @app.exception_handler(Exception)
    async def failed(request: Request, error):
        return JSONResponse({"error": "internal error"}, 500)

    def counted(kept, name, address):
        if wait := kept.pause(name, address):
            raise HTTPException(429, "too many attempts", {"Retry-After": str(wait)})

    def strong(password):
        if reason := common.poor(password):
            raise HTTPException(422, reason)
        return common.hashed(password)

    def end_sessions(member, but=None):
        for sid in [sid for sid, name in sessions.items() if name == member.username and sid != but]:
            del sessions[sid]

    @app.get("/version")
    async def version():
        return {"service": "vanclub", "instance": place.instance}

    # Accounts -----------------------------------------------------------------------------------------------------------------------------

    @app.post("/accounts/signup", status_code=201)
    async def signup(entry: Signup):
        room(members)
        if entry.username in members:
            raise HTTPException(409, "this name is taken")
        strong(entry.password)
        member = members[entry.username] = Member(entry.username, entry.email, entry.phone, entry.password)
        return member.card()

    @app.post("/accounts/login")
    async def login(entry: Entry, request: Request):
        address = request.client.host
        counted(attempts, entry.username, address)
        member = members.get(entry.username)
        if not common.matches(entry.password, member and member.hash):
            attempts.note(entry.username, address)
            raise HTTPException(401, "name or password is wrong", {"WWW-Authenticate": "Bearer"})
        attempts.forget(entry.username)
        return {"token": issue(member), "type": "Bearer", "expires_in": LIFETIME}

    @app.post("/accounts/logout", status_code=204)
    async def logout(claims: Claims):
        sessions.pop(claims["sid"], None)

    @app.post("/accounts/forgot", status_code=202)
    async def forgot(entry: Forgot, request: Request):
        counted(mails, entry.email, request.client.host)
        mails.note(entry.email, request.client.host)
        member = next((member for member in members.values() if member.email == entry.email), None)
        if member is None and place.weak("forgot-tells"):
            raise HTTPException(404, "this address is not registered")
        if member is not None:
            codes[entry.email] = (f"{secrets.randbelow(10_000):04}", time.monotonic() + CODE_LIFETIME)
        return {"message": "a code is on its way, if the address is registered"}

    def renew(entry, address, limited):
        if limited:
            counted(guesses, entry.email, address)
        code, until = codes.get(entry.email, ("", 0))
        hashed = strong(entry.password)
        if time.monotonic() > until or not hmac.compare_digest(code.encode(), entry.otp.encode()):
            guesses.note(entry.email, address)
            raise HTTPException(400, "the code is wrong or too old")
        del codes[entry.email]
        member = next(member for member in members.values() if member.email == entry.email)
        member.hash = hashed
        end_sessions(member)
        return {"message": "the password is changed"}

    @app.post("/accounts/v3/reset")
    async def reset(entry: Reset, request: Request):
        return renew(entry, request.client.host, limited=True)

    @app.post("/accounts/v2/reset", deprecated=True)
    async def reset_of_old_clients(entry: Reset, request: Request):
        return renew(entry, request.client.host, limited=not place.weak("reset-old"))

    @app.get("/accounts/me")
    async def me(caller: Caller):
        return caller.card()

    @app.put("/accounts/me")
    async def change_me(entry: Profile, caller: Caller):
        caller.nickname, caller.phone = entry.nickname, entry.phone
        return caller.card()

    @app.put("/accounts/password", status_code=204)
    async def change_password(entry: Change, caller: Caller, claims: Claims, request: Request):
        counted(attempts, f"change {caller.username}", request.client.host)
        if not common.matches(entry.current, caller.hash):
            attempts.note(f"change {caller.username}", request.client.host)
            raise HTTPException(403, "the current password is wrong")
        caller.hash = strong(entry.new)
        end_sessions(caller, claims["sid"])

    # Vans ---------------------------------------------------------------------------------------------------------------------------------

    def van_card(van):
        return {name: van[name] for name in ("id", "vin", "model")}

    @app.get("/vans")
    async def my_vans(caller: Caller):
        return [van_card(van) for van in vans.values() if van["owner"] == caller.username][:100]

    @app.post("/vans", status_code=201)
    async def add_van(entry: Van, caller: Caller):
        return van_card(park(caller, entry.vin, entry.model))

    @app.get("/vans/{van_id}")
    async def van(van_id: uuid.UUID, caller: Caller):
        return van_card(known_van(van_id, caller))

    @app.delete("/vans/{van_id}", status_code=204)
    async def sell_van(van_id: uuid.UUID, caller: Caller):
        del vans[known_van(van_id, caller)["id"]]

    @app.get("/vans/{van_id}/location")
    async def location(van_id: uuid.UUID, caller: Caller):
        found = vans.get(str(van_id)) if place.weak("van-location") else known_van(van_id, caller)
        if found is None:
            raise HTTPException(404, "there is no such van")
        return {"van_id": found["id"], "driver": members[found["owner"]].nickname, **found["location"]}

    # Board --------------------------------------------------------------------------------------------------------------------------------

    def post_card(post):
        owner = members[post["owner"]]
        author = {"nickname": owner.nickname}
        if place.weak("posts-author"):
            garage = [van["id"] for van in vans.values() if van["owner"] == owner.username]
            author |= {"email": owner.email, "phone": owner.phone, "van_id": garage[0] if garage else None}
        return {"id": post["id"], "title": post["title"], "content": post["content"], "author": author, "comments": post["comments"]}

    def known_post(identifier):
        if (post := posts.get(str(identifier))) is None:
            raise HTTPException(404, "there is no such post")
        return post

    @app.get("/board/posts")
    async def recent(caller: Caller, limit: Annotated[int, Field(ge=1, le=50)] = 20):
        return [post_card(post) for post in list(posts.values())[-limit:]]

    @app.post("/board/posts", status_code=201)
    async def add_post(entry: Post, caller: Caller):
        return post_card(publish(caller, entry.title, entry.content))

    @app.get("/board/posts/{post_id}")
    async def post(post_id: uuid.UUID, caller: Caller):
        return post_card(known_post(post_id))

    @app.delete("/board/posts/{post_id}", status_code=204)
    async def take_back(post_id: uuid.UUID, caller: Caller):
        del posts[own(posts, str(post_id), caller, "post")["id"]]

    @app.post("/board/posts/{post_id}/comments", status_code=201)
    async def comment(post_id: uuid.UUID, entry: Comment, caller: Caller):
        found = known_post(post_id)
        if len(found["comments"]) >= 100:
            raise HTTPException(409, "there are too many comments")
        found["comments"].append({"nickname": caller.nickname, "content": entry.content})
        return post_card(found)

    @app.delete("/admin/posts/{post_id}", status_code=204)
    async def moderate(post_id: uuid.UUID, caller: Caller):
        if not place.weak("moderate-open"):
            administrator(caller)
        del posts[known_post(post_id)["id"]]

    @app.get("/admin/members", include_in_schema=False)
    async def all_members(office: Office):
        return [member.card() for member in list(members.values())[:200]]

    # Workshop -----------------------------------------------------------------------------------------------------------------------------

    @app.get("/workshop/mechanics")
    async def mechanics(caller: Caller):
        return MECHANICS

    @app.get("/workshop/reports", include_in_schema=False)
    async def my_reports(caller: Caller):
        return [entry for entry in reports.values() if entry["owner"] == caller.username][-100:]

    @app.post("/workshop/reports", status_code=201)
    def contact_mechanic(entry: Repair, caller: Caller):
        found = known_van(entry.van_id, caller)
        if not any(mechanic["code"] == entry.mechanic_code for mechanic in MECHANICS):
            raise HTTPException(422, "this mechanic is not known")
        answer = None
        if place.weak("mechanic-api"):
            try:
                answer = fetched(entry.mechanic_api)
            except (OSError, ValueError, http.client.HTTPException):
                raise HTTPException(400, "the mechanic could not be reached") from None
        elif not entry.mechanic_api.startswith("https://workshop.vanclub.example/"):
            raise HTTPException(422, "mechanic_api is not an address of the workshop")
        return report(caller, found, entry.mechanic_code, entry.problem) | {"response_from_mechanic": answer}

    @app.get("/workshop/reports/{report_id}")
    async def one_report(report_id: int, caller: Caller):
        if place.weak("report-read") and report_id in reports:
            return reports[report_id]
        return own(reports, report_id, caller, "report")

    # Shop ---------------------------------------------------------------------------------------------------------------------------------

    @app.get("/shop/products")
    async def products():
        return PRODUCTS

    @app.get("/shop/credit")
    async def credit(caller: Caller):
        return {"credit": caller.credit}

    def pay(caller, amount):
        if amount > caller.credit:
            raise HTTPException(409, "the credit is too low")
        caller.credit -= amount

    def order_card(order):
        return {name: value for name, value in order.items() if name not in {"owner", "refunded"}}

    def quantity_of(value):
        least = -100 if place.weak("order-negative") else 1
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 50:
            raise HTTPException(422, "quantity is not valid")
        return value

    @app.get("/shop/orders")
    async def my_orders(caller: Caller):
        return [order_card(order) for order in orders.values() if order["owner"] == caller.username][-100:]

    @app.post("/shop/orders", status_code=201)
    async def place_order(entry: Purchase, caller: Caller):
        quantity = quantity_of(entry.quantity)
        product = next((product for product in PRODUCTS if product["id"] == entry.product_id), None)
        if product is None:
            raise HTTPException(404, "there is no such product")
        pay(caller, product["price"] * quantity)
        return order_card(buy(caller, product, quantity)) | {"credit": caller.credit}

    @app.get("/shop/orders/{order_id}")
    async def order(order_id: int, credentials: Credentials):
        if place.weak("order-anonymous") and order_id in orders:
            return order_card(orders[order_id])
        return order_card(own(orders, order_id, member_of(claims_from(credentials)), "order"))

    @app.put("/shop/orders/{order_id}")
    async def change_order(order_id: int, changes: Annotated[dict[str, Any], Body()], caller: Caller):
        found = own(orders, order_id, caller, "order")
        if found["status"] != "delivered":
            raise HTTPException(409, "this order cannot be changed")
        quantity = quantity_of(changes.get("quantity", found["quantity"]))
        total = next(product["price"] for product in PRODUCTS if product["id"] == found["product_id"]) * quantity
        pay(members[found["owner"]], total - found["total"])
        found |= {"quantity": quantity, "total": total}
        if place.weak("order-status"):
            found |= {name: value for name, value in changes.items() if name in found and name in {"status", "email", "phone", "refunded"} and type(value) is type(found[name])}
            if found["status"] == "returned" and not found["refunded"]:
                found["refunded"] = True
                members[found["owner"]].credit += found["total"]
        return order_card(found)

    @app.post("/shop/orders/{order_id}/return")
    async def send_back(order_id: int, caller: Caller):
        found = own(orders, order_id, caller, "order")
        if found["status"] != "delivered":
            raise HTTPException(409, "this order is on its way back")
        found["status"] = "return pending"
        return order_card(found)

    def coupon_of(code):
        if not place.weak("coupon-operator") and not (isinstance(code, str) and len(code) <= 30):
            raise HTTPException(422, "coupon_code is not valid")
        coupon = next((coupon for coupon in COUPONS if fits(coupon, {"open": True, "coupon_code": code})), None)
        if coupon is None:
            raise HTTPException(404, "there is no such coupon")
        return coupon

    @app.post("/shop/coupons/check")
    async def check_coupon(body: Annotated[dict[str, Any], Body()], caller: Caller):
        coupon = coupon_of(body.get("coupon_code", ""))
        return {"coupon_code": coupon["coupon_code"], "amount": coupon["amount"]}

    @app.post("/shop/coupons/redeem")
    async def redeem(entry: Coupon, caller: Caller):
        coupon = next((coupon for coupon in COUPONS if coupon["coupon_code"] == entry.coupon_code), None)
        if coupon is None:
            raise HTTPException(404, "there is no such coupon")
        if coupon["coupon_code"] in caller.redeemed:
            raise HTTPException(409, "this coupon is used")
        caller.redeemed.add(coupon["coupon_code"])
        caller.credit += coupon["amount"]
        return {"credit": caller.credit}

    return common.Guard(app, common.SECURITY_HEADERS)


if __name__ == "__main__":
    place = common.premises(WEAKNESSES)
    ann = {"json": {"username": "ann", "password": common.ACCOUNTS["ann"]["password"]}}
    common.serve_asgi(
        build(place),
        place,
        [
            ("GET", "/openapi.json", {}),
            ("POST", "/accounts/login", ann),
            ("POST", "/accounts/login", {"content": b"{"}),
            ("GET", "/accounts/me", {"headers": {"Authorization": "Bearer a.b.c"}}),
            ("POST", "/workshop/reports", {"json": {}}),
            ("GET", "/vans/none", {}),
            ("GET", "/nowhere", {}),
        ],
    )
