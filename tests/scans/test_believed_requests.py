"""What requests say of their sender, of whose list they want, of their signature, and of amounts."""

import base64
import hashlib
import hmac
import itertools
import json
import time

import pytest
import services

ROWS = ["GET /me"]
KEY = b"kept-to-itself"


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def refused(status=401):
    return services.JSONResponse({"error": "refused"}, status)


def scanned(application, rows, probe, *names, **entries):
    people = services.by_token(*(names or ("alice", "bob")), **entries)
    with services.serving(application) as url:
        return services.scanned(services.target(url, rows, people), probe, allow_changes=True)


@pytest.mark.parametrize(
    ("wrong", "observed"),
    [
        ("", ""),
        ("x-internal", "'alice' is served like 'boss' by X-Internal: true"),
        ("x-role", "'alice' is served like 'boss' by X-Role: admin"),
        ("x-user", "'alice' is served like 'boss' by X-User: boss"),
        ("x-auth-request-user", "'alice' is served like 'boss' by X-Auth-Request-User: boss"),
        ("x-client-cert-cn", "'alice' is served like 'boss' by X-Client-Cert-CN: boss"),
        ("x-forwarded-for", "'alice' is served like 'boss' by X-Forwarded-For: 127.0.0.1"),
        ("query", "'alice' is served like 'boss' by the query admin=true&is_admin=true&role=admin&internal=true"),
        (
            "cookie",
            "'alice' is served like 'boss' by Cookie: role=admin; admin=true; is_admin=true; isAdmin=true; user_role=admin",
        ),
    ],
)
def test_headers_cookies_and_queries_make_nobody_an_administrator(wrong, observed):
    def totals(request):
        believed = {
            "query": request.query_params.get("admin") == "true",
            "cookie": request.cookies.get("role") == "admin",
            "": False,
        }.get(wrong, request.headers.get(wrong) in ("true", "admin", "boss", "127.0.0.1"))
        if services.who(request) is None:
            return refused()
        return services.JSONResponse({"totals": [1, 2]}) if believed or services.who(request) == "boss" else refused(403)

    rows = [{"operation": "GET /totals", "admin": True}]
    scan = scanned(services.app(("GET", "/totals", totals)), rows, "trusted-headers", "alice", "boss", boss={"role": "admin"})
    assert [finding.observed for finding in scan.findings] == [observed] * bool(wrong), scan.coverage["trusted-headers"]
    assert scan.coverage["trusted-headers"].tried == {"GET /totals"}


@pytest.mark.parametrize(
    ("wrong", "row", "found"),
    [
        ("", "GET /sites", []),
        ("header", "GET /sites", ["GET /sites"]),
        ("header", {"operation": "GET /sites", "header": {"X-Tenant": "acme"}}, ["GET /sites header X-Tenant"]),
        ("cookie", {"operation": "GET /sites", "cookie": {"tenant": "acme"}}, ["GET /sites cookie tenant"]),
        ("", {"operation": "GET /sites", "header": {"X-Tenant": "acme"}}, []),
    ],
)
def test_a_tenant_is_not_chosen_by_a_request(wrong, row, found):
    tenants = {"alice": "acme", "bob": "globex"}

    def sites(request):
        own = tenants.get(services.who(request))
        if own is None:
            return refused()
        given = {"header": request.headers.get("x-tenant"), "cookie": request.cookies.get("tenant")}.get(wrong)
        tenant = given or own
        return services.JSONResponse([{"id": f"{tenant}-{number}"} for number in (1, 2) if tenant in tenants.values()])

    application = services.app(("GET", "/sites", sites))
    scan = scanned(application, [row], "tenant-level", alice={"tenant": "acme"}, bob={"tenant": "globex"})
    assert [finding.location for finding in scan.findings] == found, scan.coverage["tenant-level"]


@pytest.mark.parametrize(("wrong", "found"), [("filter", True), ("", False), ("board", False), ("anybody", False)])
def test_a_filter_does_not_bring_what_belongs_to_others(wrong, found):
    def visits(request):
        caller, whose = services.who(request), request.query_params.get("owner")
        if caller is None and wrong != "anybody":
            return refused()
        own = whose if whose and wrong in ("filter", "board", "anybody") else caller
        everything = [{"id": f"{name}-{number}", "owner": name} for name in ("alice", "bob") for number in (1, 2)]
        if wrong == "board" and not whose:
            own = None
        return services.JSONResponse([visit for visit in everything if visit["owner"] == (own or visit["owner"])])

    scan = scanned(services.app(("GET", "/visits", visits)), ["GET /visits?owner=alice"], "object-level")
    assert [finding.location for finding in scan.findings] == ["GET /visits query owner"] * found, scan.coverage["object-level"]


@pytest.mark.parametrize(
    ("wrong", "row", "observed"),
    [
        ("", "signed", []),
        ("all", "signed", ["it is taken without X-Signature, and with any"]),
        ("any", "signed", ["any value of X-Signature is taken for a signature"]),
        ("none", "signed", ["it is taken without X-Signature, though not with a wrong one"]),
        ("all", "plain", ["messages of anybody are taken, and the description names no signature"]),
        ("", "plain", []),
    ],
)
def test_messages_of_other_systems_have_a_right_signature(wrong, row, observed):
    async def payment(request):
        given = request.headers.get("x-signature")
        right = hmac.compare_digest(hmac.new(KEY, await request.body(), hashlib.sha256).hexdigest(), given or "")
        taken = right or wrong == "all" or (wrong == "any" and given) or (wrong == "none" and given is None)
        return services.JSONResponse({"state": "booked"}, 202) if taken else refused()

    described = {"operation": "POST /incoming/payments", "public": True, "body": {"amount": 5}}
    described |= {"header": {"X-Signature": "0123"}} if row == "signed" else {}
    scan = scanned(services.app(("POST", "/incoming/payments", payment)), [described], "webhook-signature")
    assert [finding.observed for finding in scan.findings] == observed, scan.coverage["webhook-signature"]
    assert scan.coverage["webhook-signature"].tried == {"POST /incoming/payments"}


@pytest.mark.parametrize(("kind", "severities"), [("weak", ["medium"]), ("silent", ["low"]), ("fixed", []), ("temperature", [])])
def test_quantities_are_above_zero(kind, severities):
    orders, numbers = {}, itertools.count(1)

    async def order(request):
        body = await request.json()
        count = body.get("quantity", body.get("degrees"))
        if not isinstance(count, int) or (kind == "fixed" and count < 1):
            return refused(422)
        number = next(numbers)
        orders[number] = {"id": number, "total": 3 * count}
        return services.JSONResponse(orders[number] if kind != "silent" else {"id": number}, 201)

    def gone(request):
        return services.JSONResponse({"ok": bool(orders.pop(int(request.path_params["order_id"]), None))})

    named = "degrees" if kind == "temperature" else "quantity"
    rows = [{"operation": "POST /orders", "body": {named: 2}}, "DELETE /orders/{order_id}"]
    application = services.app(("POST", "/orders", order), ("DELETE", "/orders/{order_id}", gone))
    scan = scanned(application, rows, "negative-amount")
    assert [str(finding.severity) for finding in scan.findings] == severities, scan.coverage["negative-amount"]
    assert orders == {}


@pytest.mark.parametrize(("wrong", "found"), [("hash", True), ("", False), ("echo", False)])
def test_properties_are_chosen_of_a_list(wrong, found):
    row = {"id": 1, "name": "Ann", "password_hash": "$2b$12$abcdefghijk"}

    def people(request):
        if services.who(request) is None:
            return refused()
        names = request.query_params.get("fields", "").split(",")
        if wrong == "echo":
            return services.JSONResponse([dict.fromkeys(names, "unknown")])
        return services.JSONResponse([{name: row[name] for name in names if name in row and (wrong or name != "password_hash")}])

    scan = scanned(services.app(("GET", "/people", people)), ["GET /people?fields=id,name"], "chosen-fields")
    assert [finding.location for finding in scan.findings] == ["GET /people query fields"] * found, scan.coverage["chosen-fields"]


@pytest.mark.parametrize(
    ("wrong", "observed"),
    [
        ("", []),
        ("unsigned", ["the link is served without its signature"]),
        ("any", ["the link is served with another signature"]),
        ("end", ["the link is served with a later end"]),
    ],
)
def test_links_hold_by_their_signature(wrong, observed):
    ends = int(time.time()) + 600

    def signed(end):
        return hmac.new(KEY, b"7" if wrong == "end" else f"7{end}".encode(), hashlib.sha256).hexdigest()

    def share(request):
        return (
            services.JSONResponse({"url": f"/files/7?expires={ends}&sig={signed(ends)}"}) if services.who(request) else refused()
        )

    def file(request):
        end, given = request.query_params.get("expires", "0"), request.query_params.get("sig")
        right = given == signed(end) or wrong == "unsigned" or (wrong == "any" and given)
        return services.PlainTextResponse("minutes of the board") if right else refused(403)

    application = services.app(("GET", "/files/7/link", share), ("GET", "/files/7", file))
    scan = scanned(application, ["GET /files/7/link"], "signed-links")
    assert [finding.observed for finding in scan.findings] == observed, scan.coverage["signed-links"]
    assert scan.coverage["signed-links"].tried == {"GET /files/7"}


@pytest.mark.parametrize(
    ("wrong", "observed"),
    [
        ("", ""),
        ("slash", "'alice' is served like 'boss' at /office/totals/"),
        ("capitals", "'alice' is served like 'boss' at /office/TOTALS"),
        ("original", "'alice' is served like 'boss' at / with X-Original-URL"),
        ("everywhere", ""),
    ],
)
def test_a_path_is_protected_however_it_is_spelt(wrong, observed):
    def any_path(request):
        path, believed = request.url.path, request.headers.get("x-original-url")
        caller = services.who(request)
        spelt = {
            "slash": path == "/office/totals/",
            "capitals": path == "/office/TOTALS",
            "original": believed == "/office/totals",
        }
        if spelt.get(wrong) or (wrong == "everywhere" and path != "/office/totals") or (caller == "boss" and "totals" in path):
            return services.JSONResponse({"totals": [1, 2]})
        return refused(403 if caller else 401) if path == "/office/totals" else refused(404)

    rows = [{"operation": "GET /office/totals", "admin": True}]
    scan = scanned(
        services.app(("GET", "/{path:path}", any_path)), rows, "path-spelling", "alice", "boss", boss={"role": "admin"}
    )
    assert [finding.observed for finding in scan.findings] == [observed] * bool(observed), scan.coverage["path-spelling"]
    assert scan.coverage["path-spelling"].tried == {"GET /office/totals"}


@pytest.mark.parametrize(("wrong", "found"), [("base64", True), ("plain", True), ("signed", False), ("random", False)])
def test_a_session_is_more_than_a_name(monkeypatch, wrong, found):
    sessions = {}
    for name in ("ANN", "BEN"):
        monkeypatch.setenv(f"PASSWORD_{name}", f"Correct-Horse-{name}")

    def made(name):
        text = json.dumps({"user": name, "role": "user"}).encode()
        proof = hmac.new(KEY, text, hashlib.sha256).hexdigest()
        plain = base64.b64encode(text).decode()
        return {
            "base64": plain,
            "plain": f"user-{name}-session",
            "signed": f"{plain}.{proof}",
            "random": f"{len(sessions):032x}",
        }[wrong]

    async def login(request):
        body = await request.json()
        name = body.get("username")
        if body.get("password") != f"Correct-Horse-{str(name).upper()}":
            return refused()
        sessions[made(name)] = name
        return services.JSONResponse({"token": made(name) if wrong != "random" else [*sessions][-1]})

    def me(request):
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        known = {"base64": ("ann", "ben"), "plain": ("ann", "ben")}.get(wrong, ())
        believed = {made(name): name for name in known}
        name = believed.get(token) or sessions.get(token)
        return services.JSONResponse({"name": name, "letters": len(name)}) if name else refused()

    people = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in ("ann", "ben")}
    with services.serving(services.app(("POST", "/login", login), ("GET", "/me", me))) as url:
        target = services.target(url, ["GET /me"], people, {"operation": "POST /login", "token": "token"})
        scan = services.scanned(target, "session-forged")
    assert [finding.observed for finding in scan.findings] == ["'ann' is 'ben' by another name"] * found, scan.coverage[
        "session-forged"
    ]
    assert bool(scan.coverage["session-forged"].tried) == (wrong != "random")
