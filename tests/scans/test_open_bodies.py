"""Bodies that the document calls an object alone: their properties come from refusals, from siblings and from the object itself."""

import itertools
import re

import pytest
import services

PEOPLE = services.by_token("alice", "bob")
OBJECT = {"required": True, "content": {"application/json": {"schema": {"type": "object", "additionalProperties": True}}}}
ANSWER = {"200": {"description": "done"}}


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def document(**paths):
    security = {"components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}}, "security": [{"key": []}]}
    info = {"title": "Shop", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": {f"/{path}": entry for path, entry in paths.items()}, **security}


def scanned(application, contract, probe):
    with services.serving(application) as url:
        return services.scanned(services.target(url, identities=PEOPLE, contract=contract), probe, allow_changes=True, seed=3)


@pytest.mark.parametrize("weak", [True, False])
def test_a_property_that_a_refusal_names_goes_into_a_query(weak):
    """The inner object of which the refusal speaks is built, and its value becomes a part of a command."""

    async def diagnose(request):
        settings = (await request.json()).get("settings")
        host = settings.get("host") if isinstance(settings, dict) else None
        if services.who(request) is None or not isinstance(host, str):
            return services.JSONResponse({"detail": {"fields": ["settings.host"]}}, 422)
        if not weak and not re.fullmatch(r"[\w.-]+", host):
            return services.JSONResponse({"detail": {"fields": ["settings.host"]}}, 422)
        computed = re.search(r"echo qa\$\(\((\d+)\*(\d+)\)\)", host)
        return services.JSONResponse({"output": f"qa{int(computed[1]) * int(computed[2])}" if computed else "pong"})

    contract = document(diagnostics={"post": {"requestBody": OBJECT, "responses": ANSWER}})
    scan = scanned(services.app(("POST", "/diagnostics", diagnose)), contract, "command-injection")
    places = [finding.location for finding in scan.findings]
    assert places == (["POST /diagnostics body settings.host"] if weak else []), scan.coverage["command-injection"]
    assert any(each.startswith("POST /diagnostics body settings.host") for each in scan.coverage["command-injection"].tried)


@pytest.mark.parametrize("weak", [True, False])
def test_a_property_of_an_operation_beside_it_is_tried(weak):
    async def body_of(request):
        return (await request.json()).get("coupon_code")

    async def check(request):
        code = await body_of(request)
        found = isinstance(code, dict) and "$ne" in code and weak
        return services.JSONResponse({"amount": 75} if found else {"error": "no such coupon"}, 200 if found else 404)

    async def redeem(request):
        known = isinstance(await body_of(request), str)
        return services.JSONResponse({"error": "no such coupon"}, 404 if known else 422)

    schema = {"type": "object", "required": ["coupon_code"], "properties": {"coupon_code": {"type": "string"}}}
    typed = {"required": True, "content": {"application/json": {"schema": schema}}}
    contract = document(
        **{
            "shop/coupons/check": {"post": {"requestBody": OBJECT, "responses": ANSWER}},
            "shop/coupons/redeem": {"post": {"requestBody": typed, "responses": ANSWER}},
        }
    )
    application = services.app(("POST", "/shop/coupons/check", check), ("POST", "/shop/coupons/redeem", redeem))
    scan = scanned(application, contract, "nosql-injection")
    places = [finding.location for finding in scan.findings]
    assert places == (["POST /shop/coupons/check body coupon_code"] if weak else []), scan.coverage["nosql-injection"]


@pytest.mark.parametrize("kind", ["weak", "spent", "safe", "answered"])
def test_a_state_after_which_an_object_is_not_changed_any_more(kind):
    """The second object shows that it is taken, one of earlier where no more are made; an answer that repeats it is none."""
    orders, numbers = {}, itertools.count(1)

    def make(request):
        if kind == "spent" and len(orders) > 4:
            return services.JSONResponse({"error": "the credit is too low"}, 409)
        number = next(numbers)
        orders[number] = {"id": number, "owner": services.who(request), "note": "none", "status": "delivered"}
        return services.JSONResponse(orders[number], 201)

    def own(request):
        order = orders.get(int(request.path_params["order_id"]))
        return order if order and order["owner"] == services.who(request) else None

    def own_orders(request):
        return services.JSONResponse([order for order in orders.values() if order["owner"] == services.who(request)])

    def read(request):
        order = own(request)
        return services.JSONResponse(order or {}, 200 if order else 404)

    async def change(request):
        order, body = own(request), await request.json()
        if order is None or order["status"] != "delivered":
            return services.JSONResponse({"error": "this order is not changed any more"}, 409 if order else 404)
        order["note"] = str(body.get("note", order["note"]))[:50]
        if kind in ("weak", "spent") and isinstance(body.get("status"), str):
            order["status"] = body["status"][:20]
        return services.JSONResponse(order | (body if kind == "answered" else {}))

    application = services.app(
        ("POST", "/orders", make),
        ("GET", "/orders", own_orders),
        ("GET", "/orders/{order_id}", read),
        ("PUT", "/orders/{order_id}", change),
    )
    place = {"name": "order_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    contract = document(
        orders={"get": {"responses": ANSWER}, "post": {"responses": ANSWER}},
        **{
            "orders/{order_id}": {
                "parameters": [place],
                "get": {"responses": ANSWER},
                "put": {"requestBody": OBJECT, "responses": ANSWER},
            }
        },
    )
    scan = scanned(application, contract, "mass-assignment")
    places = [place for finding in scan.findings for place in finding.locations]
    assert places == (["PUT /orders/{order_id} status"] if kind in ("weak", "spent") else []), scan.coverage["mass-assignment"]
    assert "PUT /orders/{order_id}" in scan.coverage["mass-assignment"].tried


def test_what_an_account_signs_in_by_is_not_learned():
    """The account shows its name, its address and a nickname; the scan stands on it, and only the nickname gets other values."""
    sent = []

    def me(request):
        name = services.who(request)
        profile = {"username": name, "email": f"{name}@x.example", "nickname": "none"} if name else {}
        return services.JSONResponse(profile, 200 if name else 401)

    async def change(request):
        sent.append(await request.json())
        return services.JSONResponse({"nickname": str(sent[-1].get("nickname", "none"))}, 200 if services.who(request) else 401)

    contract = document(me={"get": {"responses": ANSWER}, "patch": {"requestBody": OBJECT, "responses": ANSWER}})
    scan = scanned(services.app(("GET", "/me", me), ("PATCH", "/me", change)), contract, "template-injection")
    assert "PATCH /me body nickname" in scan.coverage["template-injection"].tried
    assert {name for body in sent for name in body} == {"nickname"}
