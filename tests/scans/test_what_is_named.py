"""What a request names, learned from elsewhere: recipients, codes of one's own, parts of an address, what an operator finds."""

import asyncio
import http.client
import itertools
import json
import re

import pytest
import services

from SecurityLibrary.values import known_values

PASSWORD = "Correct-Horse-1"
SIGN_IN = {"operation": "POST /login", "token": "token"}
PEOPLE = {name: {"username": name, "password_env": "PASSWORDS"} for name in ("ann", "ben")}
REGISTRATION = {"operation": "POST /register", "public": True, "body": {"username": "new", "password": "Purple-Elephant-7"}}


class Club:
    """Accounts with a credit; ``routes`` are what else there is."""

    def __init__(self, weak):
        self.weak, self.credit = weak, dict.fromkeys(PEOPLE, 100)
        self.passwords, self.reviews = dict.fromkeys(PEOPLE, PASSWORD), {}
        self.numbers = itertools.count(1)

    def app(self, *routes):
        own = (("POST", "/register", self.register), ("POST", "/login", self.login), ("GET", "/me", self.me))
        return services.app(*own, *routes)

    def caller(self, request):
        name = request.headers.get("authorization", "").removeprefix("Bearer token-of-")
        return name if name in self.credit else None

    async def register(self, request):
        body = await request.json()
        if body["username"] in self.credit:
            return services.JSONResponse({}, 409)
        self.passwords[body["username"]], self.credit[body["username"]] = body["password"], 100
        return services.JSONResponse({"username": body["username"]}, 201)

    async def login(self, request):
        body = await request.json()
        known = isinstance(body.get("password"), str) and self.passwords.get(str(body.get("username"))) == body["password"]
        return services.JSONResponse({"token": f"token-of-{body['username']}"} if known else {}, 200 if known else 401)

    def me(self, request):
        name = self.caller(request)
        profile = {"username": name, "credit": self.credit[name], "code": f"own-{name}-77"} if name else {}
        return services.JSONResponse(profile, 200 if name else 401)

    async def transfer(self, request):
        name, body = self.caller(request), await request.json()
        if name is None or body.get("to") not in self.credit:
            return services.JSONResponse({"error": "nobody is called so"}, 401 if name is None else 404)
        if not isinstance(body["amount"], int) or (body["amount"] <= 0 and not self.weak) or body["amount"] > self.credit[name]:
            return services.JSONResponse({"error": "amount is not valid"}, 422)
        self.credit[name] -= body["amount"]
        self.credit[body["to"]] += body["amount"]
        return services.JSONResponse({"credit": self.credit[name], "amount": body["amount"]})

    async def post_review(self, request):
        name = self.caller(request)
        if name is None:
            return services.JSONResponse({}, 401)
        number = f"r{next(self.numbers)}x"
        self.reviews[number] = name
        return services.JSONResponse({"id": number}, 201)

    async def edit_review(self, request):
        name, identifier = self.caller(request), (await request.json()).get("review_id")
        if self.weak and isinstance(identifier, dict) and set(identifier) == {"$eq"}:
            identifier = identifier["$eq"]
        if name is None or not isinstance(identifier, str):
            return services.JSONResponse({}, 401 if name is None else 422)
        return services.JSONResponse({"modified": int(self.reviews.get(identifier) == name)})

    async def fetch(self, request):
        name, body = self.caller(request), await request.json()
        if name is None or not self.weak or not re.fullmatch(r"127[\d.]*|localhost", str(body.get("host"))):
            return services.JSONResponse({"error": "host is not known"}, 401 if name is None else 422)

        def read():
            connection = http.client.HTTPConnection(body["host"], int(body["port"]), timeout=3)
            connection.request("GET", str(body["path"]))
            return connection.getresponse().status

        try:
            return services.JSONResponse({"status": await asyncio.to_thread(read)})
        except (OSError, ValueError, http.client.HTTPException):
            return services.JSONResponse({"error": "not reached"}, 400)


def scanned(monkeypatch, club, routes, rows, probe, contract=None):
    monkeypatch.setenv("PASSWORDS", PASSWORD)
    with services.serving(club.app(*routes)) as url:
        shop = services.target(url, [REGISTRATION, "GET /me", *rows], PEOPLE, SIGN_IN, contract)
        scan = services.scanned(shop, probe, allow_changes=True, seed=3)
    return [finding.location for finding in scan.findings], scan


@pytest.mark.parametrize("weak", [True, False])
def test_an_account_of_the_scan_is_the_recipient(monkeypatch, weak):
    club = Club(weak)
    rows = [{"operation": "POST /wallet/transfer", "body": {"to": "", "amount": 1}}]
    found, scan = scanned(monkeypatch, club, [("POST", "/wallet/transfer", club.transfer)], rows, "negative-amount")
    assert found == (["POST /wallet/transfer body amount"] if weak else []), scan.coverage["negative-amount"]
    assert "POST /wallet/transfer body amount" in scan.coverage["negative-amount"].tried
    assert club.credit["ben"] == 100  # nothing was sent to anybody else


@pytest.mark.parametrize("weak", [True, False])
def test_an_operator_that_finds_the_object_of_ones_own(monkeypatch, weak):
    club = Club(weak)
    routes = [("POST", "/reviews", club.post_review), ("PATCH", "/reviews", club.edit_review)]
    schema = {"type": "object", "required": ["review_id"], "properties": {"review_id": {"type": "string"}}}
    body = {"content": {"application/json": {"schema": schema}}}
    answer = {"responses": {"200": {"description": "done"}}}
    paths = {"/reviews": {"post": answer, "patch": {"requestBody": body} | answer}}
    contract = {"openapi": "3.1.0", "info": {"title": "Club", "version": "1"}, "paths": paths}
    found, scan = scanned(monkeypatch, club, routes, [], "nosql-injection", contract)
    assert found == (["PATCH /reviews body review_id"] if weak else []), scan.coverage["nosql-injection"]
    sent = [json.loads(each.sent_body) for label, each in scan.sender.answers.exchanges if label == "PATCH /reviews" and each.sent_body]
    assert not any("$ne" in str(body.get("review_id")) for body in sent)  # it finds what belongs to others


@pytest.mark.parametrize("weak", [True, False])
def test_host_port_and_path_beside_each_other(monkeypatch, weak):
    club = Club(weak)
    rows = [{"operation": "POST /imports", "body": {"host": "texts.example", "port": 80, "path": "/", "scheme": "http"}}]
    found, scan = scanned(monkeypatch, club, [("POST", "/imports", club.fetch)], rows, "ssrf")
    assert found == (["POST /imports body host"] if weak else []), scan.coverage["ssrf"]


@pytest.mark.parametrize("kind", ["weak", "good"])
def test_a_password_is_changed_by_an_address(monkeypatch, kind):
    club = Club(weak=kind == "weak")

    def change(request):
        name, query = club.caller(request), request.query_params
        if name is None or len(query.get("new", "")) < 10:
            return services.JSONResponse({}, 401 if name is None else 422)
        if query.get("current", club.passwords[name] if club.weak else "") != club.passwords[name]:
            return services.JSONResponse({"error": "the current password is wrong"}, 403)
        club.passwords[name] = query["new"]
        return services.JSONResponse({"changed": True})

    rows = ["GET /account/change-password?current=none&new=Long-enough-77"]
    found, scan = scanned(monkeypatch, club, [("GET", "/account/change-password", change)], rows, "current-password")
    assert found == (["GET /account/change-password"] if kind == "weak" else []), scan.coverage["current-password"]
    assert club.passwords["ann"] == club.passwords["ben"] == PASSWORD


@pytest.mark.parametrize(
    ("body", "identifier"),
    [
        ([{"id": 1, "price": 80}, {"id": 2, "price": 9}, {"id": 3, "price": 15}], 2),
        ({"items": [{"id": 1, "unit_price": "4.50"}, {"id": 2, "unit_price": "3.20"}]}, 2),
        ([{"id": 1, "price": 0}, {"id": 2, "price": 9}, {"id": 3, "price": 12}], 2),  # what costs nothing may be no product
        ([{"id": 1, "price": 80}], None),
        ([{"id": 1}, {"id": 2}], None),
    ],
)
def test_the_cheapest_of_a_list(body, identifier):
    assert (known_values.cheapest(body) or {}).get("id") == identifier


@pytest.mark.parametrize("served", [True, False])
def test_an_object_that_is_changed_no_more_makes_room_for_another(monkeypatch, served):
    """Where an order was sent back, the next attack has an order of its own; what never was taken is left as it is."""
    club, orders, moves = Club(weak=False), {}, []

    async def make(request):
        orders[number := str(next(club.numbers))] = "new"
        return services.JSONResponse({"id": number}, 201 if club.caller(request) else 401)

    async def move(request):
        number = request.path_params["order_id"]
        if club.caller(request) is None or orders.get(number) != "new" or not served:
            return services.JSONResponse({"error": "this order is on its way back"}, 409 if club.caller(request) else 401)
        orders[number] = "sent back"
        moves.append(number)
        return services.JSONResponse({"id": number, "note": (await request.json())["note"]})

    routes = [("POST", "/orders", make), ("POST", "/orders/{order_id}/return", move)]
    rows = [{"operation": "POST /orders", "body": {}}, {"operation": "POST /orders/{order_id}/return", "body": {"note": "torn"}}]
    _, scan = scanned(monkeypatch, club, routes, rows, "template-injection")
    place = "POST /orders/{order_id}/return body note"
    assert (place in scan.coverage["template-injection"].tried) == served, scan.coverage["template-injection"]
    assert len(set(moves)) == len(moves)
