"""What is refused, and done all the same: by a method that a header names, by a cookie beside the session, by a tenant in a path."""

import base64
import json
import secrets

import pytest
import services
from starlette.applications import Starlette
from starlette.routing import Route

TENANTS = {"alice": "acme", "bob": "globex"}


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def refused(status=401):
    return services.JSONResponse({"error": "refused"}, status)


@pytest.mark.parametrize(
    ("named_by", "found"),
    [
        ("x-http-method-override", "X-HTTP-Method-Override: DELETE"),
        ("x-http-method", "X-HTTP-Method: DELETE"),
        ("query", "_method=DELETE in its query"),
        ("form", "_method=DELETE in a form"),
        ("nothing", ""),
        ("guarded", ""),
        ("any post", ""),
    ],
)
def test_what_a_method_is_refused_no_post_does(named_by, found):
    kept = {}

    async def dispatch(request):
        caller, key = services.who(request), request.path_params.get("key")
        if caller is None:
            return refused()
        method, believed = request.method, False
        if key and method == "POST":
            fields = (
                dict(request.query_params) if named_by == "query" else dict(await request.form()) if named_by == "form" else {}
            )
            header = "x-http-method-override" if named_by == "guarded" else named_by
            given = fields.get("_method") if named_by in ("query", "form") else request.headers.get(header.replace(" ", "-"))
            method, believed = given or ("DELETE" if named_by == "any post" else "POST"), named_by != "guarded"
        if key is None:
            made = secrets.token_hex(4)
            kept[made] = {"id": made, "text": "hello"}
            return services.JSONResponse(kept[made], 201)
        if key not in kept:
            return refused(404)
        if method == "DELETE":
            if not believed and caller != "boss":
                return refused(403)
            return services.JSONResponse(kept.pop(key))
        return services.JSONResponse(kept[key]) if method == "GET" else refused(405)

    routes = [Route("/notes", dispatch, methods=["POST"]), Route("/notes/{key}", dispatch, methods=["GET", "POST", "DELETE"])]
    rows = [
        {"operation": "POST /notes", "body": {"text": "hello"}},
        "GET /notes/{key}",
        {"operation": "DELETE /notes/{key}", "admin": True},
    ]
    people = services.by_token("alice", "boss", boss={"role": "admin"})
    with services.serving(Starlette(routes=routes)) as url:
        scan = services.scanned(services.target(url, rows, people), "methods", allow_changes=True)
    observed = [finding.observed for finding in scan.findings if finding.location == "DELETE /notes/{key}"]
    assert observed == [f"'alice', refused by DELETE, does it by a POST with {found}"] * bool(found), scan.coverage["methods"]
    assert scan.sender.traces.left == []


@pytest.mark.parametrize("believed", [True, False])
def test_what_a_method_is_refused_is_seen_in_a_list(believed):
    """Nothing reads a note alone: that it is gone shows in the list."""
    kept = {}

    async def dispatch(request):
        caller, key = services.who(request), request.path_params.get("key")
        if caller is None:
            return refused()
        method = request.headers.get("x-http-method-override", "POST") if believed and request.method == "POST" else request.method
        if key is None:
            if request.method == "GET":
                return services.JSONResponse(list(kept.values()))
            made = secrets.token_hex(4)
            kept[made] = {"id": made, "text": "hello"}
            return services.JSONResponse(kept[made], 201)
        if key not in kept:
            return refused(404)
        if method == "DELETE" and request.method == "DELETE" and caller != "boss":
            return refused(403)
        return services.JSONResponse(kept.pop(key) if method == "DELETE" else kept[key])

    routes = [Route("/notes", dispatch, methods=["GET", "POST"]), Route("/notes/{key}", dispatch, methods=["POST", "DELETE"])]
    rows = [
        {"operation": "POST /notes", "body": {"text": "hello"}},
        "GET /notes",
        {"operation": "DELETE /notes/{key}", "admin": True},
    ]
    people = services.by_token("alice", "boss", boss={"role": "admin"})
    with services.serving(Starlette(routes=routes)) as url:
        scan = services.scanned(services.target(url, rows, people), "methods", allow_changes=True)
    observed = [finding.observed for finding in scan.findings if finding.location == "DELETE /notes/{key}"]
    found = "'alice', refused by DELETE, does it by a POST with X-HTTP-Method-Override: DELETE"
    assert observed == [found] * believed, scan.coverage["methods"]
    assert "DELETE /notes/{key}" in scan.coverage["methods"].tried
    assert scan.sender.traces.left == []


@pytest.mark.parametrize("form", ["plain", "flag", "base64", "json"])
@pytest.mark.parametrize("believed", [True, False])
def test_a_cookie_beside_the_session_gives_no_rights(monkeypatch, form, believed):
    roles, sessions = {"ann": "user", "olga": "admin"}, {}
    for name in roles:
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", f"Correct-Horse-{name}")

    def written(role):
        plain = json.dumps({"role": role, "theme": "dark"}, separators=(",", ":"))
        return {
            "plain": role,
            "flag": str(int(role == "admin")),
            "base64": base64.b64encode(role.encode()).decode(),
            "json": base64.b64encode(plain.encode()).decode(),
        }[form]

    def role_in(cookie):
        return next((role for role in ("admin", "user") if cookie == written(role)), "")

    async def login(request):
        body = await request.json()
        name = body.get("username") if isinstance(body, dict) else None
        if name not in roles or body.get("password") != f"Correct-Horse-{name}":
            return refused()
        sessions[session := secrets.token_urlsafe(24)] = name
        answer = services.JSONResponse({"signed": "in"})
        answer.set_cookie("sid", session, httponly=True, samesite="lax")
        answer.set_cookie("is_admin" if form == "flag" else "role", written(roles[name]), httponly=True, samesite="lax")
        return answer

    def ledger(request):
        name = sessions.get(request.cookies.get("sid", ""))
        if name is None:
            return refused()
        role = role_in(request.cookies.get("is_admin" if form == "flag" else "role", "")) if believed else ""
        return services.JSONResponse({"totals": [1, 2]}) if "admin" in (role, roles[name]) else refused(403)

    people = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}", "role": role} for name, role in roles.items()}
    rows = [{"operation": "GET /ledger", "admin": True}]
    with services.serving(services.app(("POST", "/login", login), ("GET", "/ledger", ledger))) as url:
        target = services.target(url, rows, people, {"operation": "POST /login", "token": {"cookie": "sid"}})
        scan = services.scanned(target, "trusted-headers", allow_changes=True)
    assert [finding.location for finding in scan.findings] == ["GET /ledger"] * believed, scan.coverage["trusted-headers"]
    assert all("beside the session" in finding.observed for finding in scan.findings)
    assert scan.coverage["trusted-headers"].tried == {"GET /ledger"}


@pytest.mark.parametrize(("wrong", "found"), [("path", ["GET /{tenant}/units"]), ("", [])])
def test_a_list_is_that_of_ones_own_tenant_whatever_the_path_says(wrong, found):
    units = {f"{tenant}-{number}": {"id": f"{tenant}-{number}", "door": 7} for tenant in TENANTS.values() for number in (1, 2)}

    def allowed(request, *, open_to_all):
        own = TENANTS.get(services.who(request))
        return own is not None and (open_to_all or own == request.path_params["tenant"])

    def listed(request):
        if not allowed(request, open_to_all=wrong == "path"):
            return refused(404)
        return services.JSONResponse(
            {"units": [unit for key, unit in units.items() if key.startswith(request.path_params["tenant"])]}
        )

    def show(request):
        unit = units.get(request.path_params["unit_id"])
        own = allowed(request, open_to_all=False) and unit and unit["id"].startswith(request.path_params["tenant"])
        return services.JSONResponse(unit) if own else refused(404)

    application = services.app(("GET", "/{tenant}/units", listed), ("GET", "/{tenant}/units/{unit_id}", show))
    people = services.by_token(*TENANTS, **{name: {"tenant": own, "values": {"tenant": own}} for name, own in TENANTS.items()})
    with services.serving(application) as url:
        target = services.target(url, ["GET /{tenant}/units", "GET /{tenant}/units/{unit_id}"], people)
        scan = services.scanned(target, "tenant-level", allow_changes=True)
    assert [finding.location for finding in scan.findings] == found, scan.coverage["tenant-level"]
    assert "GET /{tenant}/units/{unit_id}" in scan.coverage["tenant-level"].tried


@pytest.mark.parametrize(
    ("believed", "found"),
    [
        ("x-user-id", "X-User-Id: bob"),
        ("x-real-user", "X-Real-User: bob"),
        ("nothing", ""),
        ("greeting", ""),  # it repeats what the header says, and shows nothing of whoever that is
    ],
)
def test_a_header_beside_a_session_makes_nobody_of_its_sender(believed, found):
    people = {"alice": {"name": "alice", "mail": "a@example.com"}, "bob": {"name": "bob", "mail": "b@example.com"}}

    def me(request):
        caller = services.who(request)
        if caller is None:
            return refused()
        greeting = request.headers.get("x-user-id", "") if believed == "greeting" else ""
        return services.JSONResponse(people.get(request.headers.get(believed), people[caller]) | {"hello": greeting})

    with services.serving(services.app(("GET", "/me", me))) as url:
        scan = services.scanned(services.target(url, ["GET /me"], services.by_token("alice", "bob")), "trusted-headers")
    expected = f"'alice', with a session of their own, is taken for 'bob' by {found}"
    assert [finding.observed for finding in scan.findings] == [expected] * bool(found), scan.coverage["trusted-headers"]
