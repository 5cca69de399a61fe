"""Objects that are gone, what anybody is told of people, what one approves oneself, conditions, refunds, stores of anything."""

import itertools
import json
import secrets

import pytest
import services

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


@pytest.mark.parametrize("gone", ["given away", "removed", "never"])
def test_an_object_that_is_gone_is_made_anew(gone):
    articles, numbers = {}, itertools.count(1)

    def mine(request):
        entry = articles.get(request.path_params["article_id"])
        return entry if entry and entry["author"] == services.who(request) else None

    def make(request):
        number = str(next(numbers))
        articles[number] = {"id": number, "author": services.who(request), "text": "Rain"}
        return services.JSONResponse(articles[number], 201)

    def show(request):
        return services.JSONResponse(mine(request)) if mine(request) else refused(404)

    async def change(request):
        entry, text = mine(request), (await request.json()).get("text")
        if entry is None or not isinstance(text, str):
            return refused(404 if entry is None else 422)
        entry["text"] = text
        return services.JSONResponse(entry)

    async def give(request):
        entry = mine(request)
        if entry is None:
            return refused(404)
        entry["author"] = "bob" if gone == "given away" else entry["author"]
        if gone == "removed":
            del articles[entry["id"]]
        return services.JSONResponse({"ok": True})

    def page(request):
        entry = mine(request)
        return services.HTMLResponse(f"<p>{entry['text']}</p>") if entry else refused(404)

    application = services.app(
        ("POST", "/articles", make), ("GET", "/articles/{article_id}", show), ("POST", "/articles/{article_id}/give", give),
        ("PATCH", "/articles/{article_id}", change), ("GET", "/articles/{article_id}/page", page),
    )  # fmt: skip
    rows = [
        {"operation": "POST /articles", "body": {"title": "Weather"}},
        "GET /articles/{article_id}",
        {"operation": "POST /articles/{article_id}/give", "body": {"to": "bob"}},
        {"operation": "PATCH /articles/{article_id}", "body": {"text": "Sun"}},
        "GET /articles/{article_id}/page",
    ]
    scan = scanned(application, rows, "stored-xss", services.by_token("alice", "bob"))
    locations = [each.locations for each in scan.findings]
    assert locations == [("PATCH /articles/{article_id} body text", "GET /articles/{article_id}/page")], scan.coverage[
        "stored-xss"
    ]


@pytest.mark.parametrize(
    ("more", "found_names", "severities"),
    [
        ({}, "", []),
        ({"email": "alice@news.test", "phone": "0151 4"}, "email, phone", ["low"]),
        ({"email": "alice@news.test", "hash": "$2b$12$abcdefghijklmnop"}, "email, hash", ["medium", "medium"]),
        ({"hash": "e3b0c44298fc1c149afbf4c8996fb924"}, "", []),
    ],
)
def test_what_anybody_sees_of_people(more, found_names, severities):
    def articles(_):
        author = {"type": "people", "id": "alice", "attributes": {"bio": "Writes about the council"} | more}
        return services.JSONResponse({"data": [{"type": "articles", "id": "1"}], "included": [author]})

    row = {"operation": "GET /articles?include=author", "public": True}
    scan = scanned(services.app(("GET", "/articles", articles)), [row], "excessive-data")
    assert [str(each.severity) for each in scan.findings] == severities, scan.findings
    observed = [each.observed for each in scan.findings if "anybody" in each.observed]
    assert observed == ([f"anybody is shown {found_names} of people"] if found_names else [])


@pytest.mark.parametrize("wrong", [True, False])
def test_a_session_that_the_sign_in_brings_in_a_header_is_not_signed_in(monkeypatch, wrong):
    monkeypatch.setenv("PASSWORD_ANN", "Correct-Horse-1")
    sessions = set()

    async def login(request):
        body = await request.json()
        if not isinstance(body, dict) or (body.get("username"), body.get("password")) != ("ann", "Correct-Horse-1"):
            return refused()
        brought = request.headers.get("x-session", "") if wrong else ""
        sessions.add(token := brought or secrets.token_urlsafe(16))
        return services.JSONResponse({"ok": True}, headers={"X-Session": token})

    def me(request):
        return services.JSONResponse({"name": "ann"}) if request.headers.get("x-session") in sessions else refused()

    identities = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
    sign_in = {"operation": "POST /login", "token": {"header": "X-Session"}, "header": "X-Session", "scheme": ""}
    application = services.app(("POST", "/login", login), ("GET", "/me", me))
    scan = scanned(application, ["GET /me"], "session-fixation", identities, sign_in=sign_in)
    observed = "the session in X-Session chosen before the sign-in is signed in afterwards"
    assert [each.observed for each in scan.findings] == ([observed] if wrong else []), scan.coverage["session-fixation"]
    assert scan.coverage["session-fixation"].tried == {"GET /me with X-Session"}


@pytest.mark.parametrize(("kind", "expected"), [("owner", True), ("office", False), ("any", False)])
def test_nobody_approves_what_they_have_asked_for(kind, expected):
    articles, numbers = {}, itertools.count(1)

    def make(request):
        number = str(next(numbers))
        articles[number] = {"id": number, "author": services.who(request), "status": "draft"}
        return services.JSONResponse(articles[number], 201)

    async def change(request):
        entry, status = articles.get(request.path_params["article_id"]), (await request.json()).get("status")
        if entry is None or entry["author"] != services.who(request):
            return refused(404)
        if kind != "any" and status not in ("draft", "review", *(("published",) if kind == "owner" else ())):
            return refused(403 if status == "published" else 422)
        entry["status"] = status
        return services.JSONResponse(entry)

    application = services.app(("POST", "/articles", make), ("PATCH", "/articles/{article_id}", change))
    rows = [
        {"operation": "POST /articles", "body": {"title": "Rain"}},
        {"operation": "PATCH /articles/{article_id}", "body": {"status": "review"}},
    ]
    scan = scanned(application, rows, "self-approval")
    observed = [("PATCH /articles/{article_id} body status", "'alice' sets status to published")]
    assert found(scan) == (observed if expected else []), scan.coverage["self-approval"]
    assert scan.coverage["self-approval"].tried == {"PATCH /articles/{article_id} body status"}


@pytest.mark.parametrize("wrong", [True, False])
def test_a_condition_does_not_go_before_whose_a_list_is(wrong):
    orders = {"1": "alice", "2": "alice", "3": "bob"}

    def listing(request):
        caller = services.who(request)
        try:
            conditions = json.loads(request.query_params.get("filter", "{}"))
        except ValueError:
            return refused(422)
        owner = conditions.get("owner", caller) if wrong and isinstance(conditions, dict) else caller
        return (
            services.JSONResponse([{"id": number} for number, name in orders.items() if name == owner]) if caller else refused()
        )

    row = 'GET /orders?filter={"state":"open"}'
    scan = scanned(services.app(("GET", "/orders", listing)), [row.replace('"', "%22")], "object-level")
    expected = [("GET /orders query filter", "'bob' gets what belongs to 'alice' by a condition of owner")] if wrong else []
    assert found(scan) == expected, scan.coverage["object-level"]
    assert "GET /orders query filter" in scan.coverage["object-level"].tried


@pytest.mark.parametrize("wrong", [True, False])
def test_an_order_is_paid_back_once(wrong):
    orders, numbers, balance = {}, itertools.count(1), {"alice": 10}

    def order(request):
        number = str(next(numbers))
        orders[number] = "paid"
        return services.JSONResponse({"id": number}, 201)

    def refund(request):
        number = request.path_params["order_id"]
        if orders.get(number) != "paid":
            return refused(409 if number in orders else 404)
        orders[number] = "paid" if wrong else "refunded"
        balance["alice"] += 4
        return services.JSONResponse({"ok": True})

    def me(request):
        name = services.who(request)
        return services.JSONResponse({"name": name, "balance": balance.get(name, 0)}) if name else refused()

    application = services.app(("POST", "/orders", order), ("POST", "/orders/{order_id}/refund", refund), ("GET", "/me", me))
    rows = [{"operation": "POST /orders", "body": {"dish": 1}}, "POST /orders/{order_id}/refund", "GET /me"]
    scan = scanned(application, rows, "single-use")
    assert [each.location for each in scan.findings] == (["POST /orders/{order_id}/refund path order_id"] if wrong else [])
    assert scan.coverage["single-use"].tried == {"POST /orders/{order_id}/refund"} or wrong


@pytest.mark.parametrize(("kind", "severities"), [("store", ["low"]), ("ledger", ["high"]), ("sound", [])])
def test_a_store_of_any_property_gives_none_a_meaning(kind, severities):
    kept = {"language": "cy"} | ({"balance": 10} if kind == "ledger" else {})

    def show(request):
        return services.JSONResponse(kept) if services.who(request) else refused()

    async def change(request):
        body = await request.json()
        if services.who(request) is None or not isinstance(body, dict):
            return refused(422)
        kept.update(body if kind != "sound" else {name: value for name, value in body.items() if name == "language"})
        return services.JSONResponse(kept)

    application = services.app(("GET", "/preferences", show), ("PATCH", "/preferences", change))
    rows = ["GET /preferences", {"operation": "PATCH /preferences", "body": {"language": "en"}}]
    scan = scanned(application, rows, "mass-assignment", services.by_token("alice"))
    assert [str(each.severity) for each in scan.findings] == severities, scan.coverage["mass-assignment"]


@pytest.mark.parametrize("kind", ["own", "another", "no approval"])
def test_what_was_asked_for_is_not_approved_by_whoever_asked(kind):
    """Nothing is submitted first, nothing reads one request, and each thing can be given away once."""
    parcels, transfers, numbers = {1: "alice"}, {}, itertools.count(10)

    def make(request):
        number = next(numbers)
        parcels[number] = services.who(request)
        return services.JSONResponse({"id": number}, 201)

    def show(request):
        number = request.path_params["thing"]
        return services.JSONResponse({"id": number}) if parcels.get(number) == services.who(request) else refused(404)

    async def ask(request):
        body = await request.json()
        if parcels.get(body.get("thing")) != services.who(request):
            return refused(404)
        number = next(numbers)
        transfers[number] = {"id": number, "thing": body["thing"], "asked_by": services.who(request), "approved_by": None}
        return services.JSONResponse(transfers[number], 201)

    def approve(request):
        entry, caller = transfers.get(request.path_params["request"]), services.who(request)
        if entry is None:
            return refused(404)
        if kind == "another" and entry["asked_by"] == caller:
            return refused(403)
        if kind == "no approval":
            return services.JSONResponse({"id": entry["id"], "note": "seen"})
        if entry["approved_by"] or parcels[entry["thing"]] != entry["asked_by"]:
            return refused(409)
        entry["approved_by"], parcels[entry["thing"]] = caller, "bob"
        return services.JSONResponse(entry)

    application = services.app(
        ("POST", "/things", make), ("GET", "/things/{thing:int}", show), ("POST", "/requests", ask),
        ("POST", "/requests/{request:int}/approve", approve),
    )  # fmt: skip
    rows = [
        "POST /things",
        "GET /things/{thing}",
        {"operation": "POST /requests", "body": {"thing": 1}},
        "POST /requests/{request}/approve",
    ]
    people = services.by_token("alice", "boss", alice={"values": {"thing": 1}}, boss={"role": "admin"})
    scan = scanned(application, rows, "self-approval", people)
    location, observed = "POST /requests/{request}/approve", "'alice' approves what they have asked for themselves"
    assert found(scan) == ([(location, observed)] if kind == "own" else []), scan.coverage["self-approval"]
    assert location in scan.coverage["self-approval"].tried
