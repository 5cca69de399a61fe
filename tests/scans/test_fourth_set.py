"""Kinds that the fourth hold-out set showed: many objects in a request, drafts, codes of an office, amounts that follow."""

import base64
import itertools
import json
import secrets
import time

import jwt
import pytest
import services
from starlette.responses import RedirectResponse

PEOPLE = services.by_token("alice", "bob", "boss", boss={"role": "admin"})


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def refused(status=401):
    return services.JSONResponse({"error": "refused"}, status)


def scanned(application, rows, probe, identities=PEOPLE, **entries):
    with services.serving(application) as url:
        return services.scanned(services.target(url, rows, identities, **entries), probe, allow_changes=True, seed=3)


def found(scan):
    return [(finding.location, finding.observed) for finding in scan.findings]


@pytest.mark.parametrize("wrong", [True, False])
def test_a_request_of_many_objects_changes_those_of_its_sender(wrong):
    bookings, numbers = {}, itertools.count(1)

    def make(request):
        bookings[number := str(next(numbers))] = services.who(request)
        return services.JSONResponse({"id": number}, 201)

    def listing(request):
        return services.JSONResponse([{"id": number} for number, owner in bookings.items() if owner == services.who(request)])

    async def cancel(request):
        chosen = (await request.json()).get("ids")
        if services.who(request) is None or not isinstance(chosen, list):
            return refused(422)
        gone = [
            number for number in map(str, chosen) if bookings.get(number) and (wrong or bookings[number] == services.who(request))
        ]
        for number in set(gone):
            del bookings[number]
        return services.JSONResponse({"cancelled": len(gone)})

    application = services.app(("POST", "/bookings", make), ("GET", "/bookings", listing), ("POST", "/bookings/cancel", cancel))
    rows = [{"operation": "POST /bookings", "body": {"class": 2}}, "GET /bookings"]
    scan = scanned(application, [*rows, {"operation": "POST /bookings/cancel", "body": {"ids": ["1"]}}], "object-level")
    expected = [("POST /bookings/cancel body ids", "'bob' uses an object of 'alice'")] if wrong else []
    assert found(scan) == expected, scan.coverage["object-level"]
    assert "POST /bookings/cancel body ids" in scan.coverage["object-level"].tried


@pytest.mark.parametrize("wrong", [True, False])
def test_a_filter_shows_no_drafts_of_others(wrong):
    lots, numbers = {}, itertools.count(1)

    def make(request):
        number = next(numbers)
        lots[number] = {"id": number, "owner": services.who(request), "reserve": 80 + number}
        return services.JSONResponse(lots[number], 201)

    def listing(request):
        drafts = request.query_params.get("state") == "draft"
        mine = [lot for lot in lots.values() if wrong or lot["owner"] == services.who(request)]
        return services.JSONResponse(mine if drafts and services.who(request) else [])

    def item(request):
        number = request.path_params["lot_id"]
        lot = lots.get(int(number)) if number.isdigit() else None
        mine = lot and lot["owner"] == services.who(request)
        return services.JSONResponse(lot) if mine else refused(404)

    application = services.app(("POST", "/lots", make), ("GET", "/lots", listing), ("GET", "/lots/{lot_id}", item))
    rows = [{"operation": "POST /lots", "body": {"title": "Chest"}}, "GET /lots?state=open", "GET /lots/{lot_id}"]
    scan = scanned(application, rows, "object-level")
    observed = "'bob' sees an object of 'alice' in the list by state=draft, which GET /lots/{lot_id} refuses"
    assert found(scan) == ([("GET /lots", observed)] if wrong else []), scan.coverage["object-level"]


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("private", {}, [("GET /export query member", "'bob' reads what concerns 'alice' by naming them in member")]),
        ("private", {"GET /export member": "alice"}, [("GET /export", "'bob' reads an object of 'alice'")]),
        ("published", {}, []),
        ("sound", {}, []),
        ("sound", {"GET /export member": "alice"}, []),
    ],
)
def test_a_query_that_names_a_person_is_for_that_person(kind, values, expected):
    def export(request):
        name = request.query_params.get("member", "")
        if services.who(request) is None or name not in services.SECRETS or not (wrong or services.who(request) == name):
            return refused(403)
        private = {} if kind == "published" else {"address": f"{len(name)} Quay Street"}
        return services.JSONResponse(private | {"member": name, "bids": f"{len(name)} of 80"})

    wrong = kind != "sound"
    identities = services.by_token("alice", "bob", alice={"values": values} if values else {})
    scan = scanned(services.app(("GET", "/export", export)), ["GET /export?member=alice"], "object-level", identities)
    assert found(scan) == expected, scan.coverage["object-level"]


@pytest.mark.parametrize("wrong", ["first", "last", ""])
def test_a_query_that_names_two_people_is_judged_by_both(wrong):
    def export(request):
        names = request.query_params.getlist("member") or [""]
        checked, answered = {"first": (names[0], names[-1]), "last": (names[-1], names[0]), "": (names[0], names[0])}[wrong]
        if services.who(request) is None or services.who(request) != checked:
            return refused(403)
        return services.JSONResponse({"member": answered, "address": f"{len(answered)} Quay Street"})

    scan = scanned(services.app(("GET", "/export", export)), ["GET /export?member=alice"], "object-level")
    expected = [("GET /export query member", "'bob' reads an object of 'alice' by naming member twice")] if wrong else []
    assert found(scan) == expected, scan.coverage["object-level"]


@pytest.mark.parametrize("wrong", ["race", "again", ""])
def test_a_code_that_the_office_makes_serves_once(wrong):
    codes, balances = {}, {"alice": 0}

    def voucher(request):
        if services.who(request) != "boss":
            return refused(403)
        codes[code := secrets.token_hex(6)] = True
        return services.JSONResponse({"code": code}, 201)

    def redeem(request):
        code = services.json.loads(request.state.body).get("code")
        if services.who(request) != "alice" or not codes.get(code):
            return refused(409)
        if wrong == "race":
            time.sleep(0.05)
        codes[code] = wrong == "again"
        balances["alice"] += 5
        return services.JSONResponse({"credits": balances["alice"]})

    async def with_body(request):
        import asyncio

        request.state.body = await request.body()
        return await asyncio.to_thread(redeem, request)

    def me(request):
        name = services.who(request)
        return services.JSONResponse({"name": name, "credits": balances.get(name, 0)}) if name else refused()

    application = services.app(("POST", "/vouchers", voucher), ("POST", "/vouchers/redeem", with_body), ("GET", "/me", me))
    rows = [{"operation": "POST /vouchers", "body": {"worth": 5}, "admin": True}, "GET /me"]
    rows.append({"operation": "POST /vouchers/redeem", "body": {"code": "SPRING"}})
    races = scanned(application, rows, "race")
    assert [location for location, _ in found(races)] == (["POST /vouchers/redeem"] if wrong == "race" else [])
    again = scanned(application, rows, "single-use")
    expected = [("POST /vouchers/redeem body code", "the same is taken twice: credits went")] if wrong == "again" else []
    assert [(location, observed.partition(" from")[0]) for location, observed in found(again)] == expected, again.coverage[
        "single-use"
    ]


@pytest.mark.parametrize(("wrong", "severities"), [("taken", ["medium"]), ("", []), ("unmoved", ["low"])])
def test_nobody_moves_less_than_nothing_whatever_the_document_allows(wrong, severities):
    balances = {"alice": 100, "bob": 100}

    async def transfer(request):
        amount = (await request.json()).get("credits")
        if services.who(request) != "alice" or not isinstance(amount, int) or (not wrong and amount < 1):
            return refused(422)
        balances["alice"] -= 0 if wrong == "unmoved" else amount
        return services.JSONResponse({"credits": balances["alice"]})

    amount = {"type": "integer", "minimum": -1000 if wrong else 1, "example": 1}
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object", "properties": {"credits": amount}}}}}
    operation = {"requestBody": body, "responses": {"200": {"description": "done"}}}
    contract = {
        "openapi": "3.1.0",
        "info": {"title": "Bank", "version": "1"},
        "paths": {"/credits/transfer": {"post": operation}},
    }
    application = services.app(("POST", "/credits/transfer", transfer))
    scan = scanned(application, (), "negative-amount", services.by_token("alice"), contract=contract)
    assert [str(each.severity) for each in scan.findings] == severities, scan.coverage["negative-amount"]


@pytest.mark.parametrize(("property_name", "severities"), [("nickname", []), ("email", ["low"]), ("medical", ["medium"])])
def test_what_a_list_below_another_object_tells_of_others(property_name, severities):
    def participants(request):
        people = ("Alice",) if request.path_params["class_id"] == "1" else ("Alice", "Bob")
        form = {"email": "{}@gym.test", "medical": "{} has a bad knee", "nickname": "{}"}[property_name]
        return services.JSONResponse([{"nickname": name, property_name: form.format(name)} for name in people])

    def classes(_):
        return services.JSONResponse([{"id": 1}, {"id": 2}])

    application = services.app(("GET", "/classes", classes), ("GET", "/classes/{class_id}/participants", participants))
    scan = scanned(application, ["GET /classes", "GET /classes/{class_id}/participants"], "excessive-data")
    assert [str(each.severity) for each in scan.findings] == severities, scan.findings
    assert all(each.observed == f"'alice' is shown {property_name} of others" for each in scan.findings)


@pytest.mark.parametrize(("days", "observed"), [(0.01, []), (30, ["its tokens are valid for 30 days"])])
@pytest.mark.parametrize("kind", ["claims", "answer"])
def test_tokens_are_good_for_a_day_at_most(monkeypatch, kind, days, observed):
    monkeypatch.setenv("PASSWORD_ANN", "Correct-Horse-1")

    async def login(request):
        now = int(time.time())
        claims = {"sub": "ann", "iat": now, "exp": now + int(days * 86_400)}
        token = jwt.encode(claims, "k" * 40, algorithm="HS256") if kind == "claims" else secrets.token_urlsafe(24)
        return services.JSONResponse({"access_token": token} | ({"expires_in": int(days * 86_400)} if kind == "answer" else {}))

    identities = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
    sign_in = {"operation": "POST /login", "token": "access_token"}
    row = {"operation": "POST /login", "body": {"username": "x", "password": "y"}, "public": True}
    scan = scanned(services.app(("POST", "/login", login)), [row], "token-lifetime", identities, sign_in=sign_in)
    assert [each.observed for each in scan.findings] == observed, scan.coverage["token-lifetime"]


@pytest.mark.parametrize("wrong", ["prefix", "holds", ""])
def test_a_redirect_leads_to_the_site_that_is_allowed_alone(wrong):
    allowed = "https://auction.example"

    def go(request):
        to = request.query_params.get("next", "")
        known = {"prefix": to.startswith(allowed), "holds": allowed in to, "": to.startswith(f"{allowed}/")}[wrong]
        return RedirectResponse(to if known else "/", 303)

    row = {"operation": f"GET /go?next={allowed}/help", "public": True}
    scan = scanned(services.app(("GET", "/go", go)), [row], "open-redirect")
    assert [each.location for each in scan.findings] == (["GET /go query next"] if wrong else []), scan.coverage["open-redirect"]


@pytest.mark.parametrize("wrong", [True, False])
def test_the_signature_of_a_session_is_looked_at(monkeypatch, wrong):
    passwords = {"ann": "Correct-Horse-1", "ben": "Battery-Staple-2"}
    signed = {}

    async def login(request):
        body = await request.json()
        name = body.get("username") if isinstance(body, dict) else None
        if not isinstance(name, str) or passwords.get(name) != body.get("password"):
            return refused()
        part = base64.urlsafe_b64encode(json.dumps({"name": name, "at": 1}).encode()).decode().rstrip("=")
        signed[part] = secrets.token_hex(8)
        answer = services.JSONResponse({"ok": True})
        answer.set_cookie("auction", f"{part}.{signed[part]}", httponly=True, samesite="lax")
        return answer

    def me(request):
        part, _, signature = request.cookies.get("auction", "").partition(".")
        try:
            name = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["name"]
        except (ValueError, KeyError, TypeError):
            return refused()
        return (
            services.JSONResponse({"name": name}) if name in passwords and (wrong or signed.get(part) == signature) else refused()
        )

    for name, password in passwords.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", password)
    identities = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in passwords}
    sign_in = {"operation": "POST /login", "token": {"cookie": "auction"}}
    application = services.app(("POST", "/login", login), ("GET", "/me", me))
    scan = scanned(application, ["GET /me"], "session-forged", identities, sign_in=sign_in)
    assert found(scan) == ([("POST /login and 1 more", "'ann' is 'ben' by another name")] if wrong else []), scan.coverage[
        "session-forged"
    ]
    assert scan.coverage["session-forged"].tried == {"POST /login"}
