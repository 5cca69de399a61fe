"""What the second hold-out set showed: GraphQL by GET, suggestions and aliases, folders, source maps, limits of any route."""

import json
import re

import pytest
import services

PAGE = "<!doctype html><html><head><title>{}</title><script src='/static/app.js'></script></head><body>{}</body></html>"
GRAPH_LOGIN = {
    "operation": "POST /graphql",
    "body": {"query": "mutation($u: String!, $p: String!) {login(u: $u, p: $p) {token}}"},
    "username": "variables.u",
    "password": "variables.p",
    "token": "data.login.token",
}


def graph(*wrong):
    def answered(text, variables):
        aliases = re.findall(r"\b(a\d+): login", text)
        if aliases:
            if not wrong:
                return {"errors": [{"message": "one sign-in for a request"}]}
            later = "no" if "aliases" in wrong else "one attempt in a request"
            errors = [{"message": later if number else "no", "path": [alias]} for number, alias in enumerate(aliases)]
            return {"data": dict.fromkeys(aliases), "errors": errors}
        if "login" in text:
            right = variables == {"u": "ann", "p": "Correct-Horse-1"}
            return (
                {"data": {"login": {"token": "token-of-ann-12345"}}} if right else {"errors": [{"message": "no"}], "data": None}
            )
        if re.fullmatch(r"\{__typename\}|mutation\{__typename\}", text):
            return {"data": {"__typename": "Mutation" if "mutation" in text else "Query"}}
        if re.fullmatch(r"\{tickets \{id\}\}", text):
            return {"data": {"tickets": []}}
        hint = " Did you mean 'tickets'?" if "suggestions" in wrong else ""
        return {"errors": [{"message": f"There is no such field.{hint}"}]}

    async def post(request):
        body = await request.json()
        body = body if isinstance(body, dict) else {}
        return services.JSONResponse(answered(str(body.get("query")), body.get("variables")))

    def get(request):
        if "get" not in wrong:
            return services.JSONResponse({"errors": [{"message": "POST only"}]}, 405)
        return services.JSONResponse(answered(request.query_params.get("query", ""), {}))

    return services.app(("POST", "/graphql", post), ("GET", "/graphql", get))


@pytest.mark.parametrize(
    ("wrong", "observed"),
    [
        ("", []),
        ("get", ["mutations are carried out by GET"]),
        ("suggestions", ["errors suggest the names of fields"]),
        ("aliases", ["20 of 20 sign-ins in one request are tried"]),
    ],
)
def test_graphql(monkeypatch, wrong, observed):
    monkeypatch.setenv("PASSWORD_ANN", "Correct-Horse-1")
    identities = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
    rows = [{"operation": "POST /graphql#tickets", "body": {"query": "{tickets {id}}"}}]
    with services.serving(graph(wrong)) as url:
        scan = services.scanned(services.target(url, rows, identities, GRAPH_LOGIN), "graphql", allow_changes=True)
    assert [finding.observed for finding in scan.findings] == observed, scan.coverage["graphql"]
    assert {"POST /graphql", "POST /graphql (sign-ins)"} <= scan.coverage["graphql"].tried


def site(*wrong):
    def page(request):
        return services.HTMLResponse(PAGE.format("Shop", "hello"))

    def script(request):
        end = "\n//# sourceMappingURL=app.js.map" if "map" in wrong else ""
        return services.PlainTextResponse(f"let a = 1{end}", media_type="text/javascript")

    def source_map(request):
        return services.JSONResponse(
            {"version": 3, "sources": ["app.ts"], "sourcesContent": ["const key = 1"]}, 200 if "map" in wrong else 404
        )

    def folder(request):
        if "listing" not in wrong:
            return services.PlainTextResponse("no", 404)
        return services.HTMLResponse(PAGE.format("Index of /static/", "<a href='rules.txt'>rules.txt</a>"))

    def rules(request):
        return services.PlainTextResponse("be kind")

    return services.app(("GET", "/", page), ("GET", "/static/app.js", script), ("GET", "/static/app.js.map", source_map),
                        ("GET", "/static/", folder), ("GET", "/static/rules.txt", rules))  # fmt: skip


@pytest.mark.parametrize(("wrong", "places"), [("", []), ("map", ["GET /static/app.js.map"]), ("listing", ["GET /static/"])])
def test_folders_and_source_maps(wrong, places):
    with services.serving(site(wrong)) as url:
        scan = services.scanned(services.target(url, ["GET /static/rules.txt"]), "undocumented")
    assert [finding.location for finding in scan.findings if finding.severity] == places


@pytest.mark.parametrize("wrong", ["map", ""])
def test_a_script_that_no_page_names_is_read(wrong):
    with services.serving(site(wrong)) as url:
        scan = services.scanned(services.target(url, ["GET /static/app.js"]), "undocumented")
    assert ["GET /static/app.js.map"] * bool(wrong) == [finding.location for finding in scan.findings if finding.severity]


@pytest.mark.parametrize(("wrong", "found"), [("forwarded", ["POST /contact"]), ("", [])])
def test_the_limit_of_any_route(wrong, found):
    counted = {}

    async def contact(request):
        who = request.headers.get("x-forwarded-for", "") if wrong else ""
        counted[who] = counted.get(who, 0) + 1
        if counted[who] > 8:
            return services.JSONResponse({"error": "later"}, 429, headers={"retry-after": "60"})
        return services.JSONResponse({"ok": True}, 201)

    rows = [{"operation": "POST /contact", "body": {"text": "hello"}, "public": True}]
    with services.serving(services.app(("POST", "/contact", contact))) as url:
        target = services.target(url, rows, public=["POST /contact"])
        scan = services.scanned(target, "sql-injection", "limit-bypass", allow_changes=True)
    assert [location for finding in scan.findings for location in finding.locations] == found, json.dumps(
        scan.coverage["limit-bypass"].skipped
    )
    assert scan.coverage["limit-bypass"].tried == {"POST /contact"}


@pytest.mark.parametrize(("page", "tried"), [("<p>Ann, ann@north.example</p>", True), ("<p>Ann</p>", False)])
def test_an_address_stands_in_a_page_or_is_asked_for(monkeypatch, page, tried):
    async def login(request):
        body = await request.json()
        right = body.get("username") == "ann" and body.get("password") == "Correct-Horse-1"
        return services.JSONResponse({"access_token": "token-of-ann-12345"} if right else {"error": "no"}, 200 if right else 401)

    async def forgotten(request):
        known = (await request.json()).get("email") == "ann@north.example"
        return services.JSONResponse({"ok": known}, 200 if known else 404)

    def account(request):
        known = request.headers.get("authorization") == "Bearer token-of-ann-12345"
        return services.HTMLResponse(page, 200 if known else 401)

    monkeypatch.setenv("PASSWORD_ANN", "Correct-Horse-1")
    rows = ["GET /account", {"operation": "POST /forgotten", "body": {"email": "x@y.example"}, "public": True}]
    identities = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
    application = services.app(("POST", "/login", login), ("POST", "/forgotten", forgotten), ("GET", "/account", account))
    with services.serving(application) as url:
        target = services.target(url, rows, identities, {"operation": "POST /login", "token": "access_token"})
        scan = services.scanned(target, "user-enumeration", allow_changes=True)
    counted = scan.coverage["user-enumeration"]
    assert ("POST /forgotten" in counted.tried, "POST /forgotten" in counted.open) == (tried, not tried)
    assert ["POST /forgotten"] * tried == [finding.location for finding in scan.findings]


def test_what_refuses_a_name_twice_gets_new_names():
    kept = {"North Mill"}

    async def make(request):
        body = await request.json()
        name = body.get("name") if isinstance(body, dict) else None
        if not isinstance(name, str) or name in kept:
            return services.JSONResponse({"error": "taken"}, 409 if name in kept else 422)
        kept.add(name)
        return services.JSONResponse({"name": name, "kind": body.get("kind")}, 201)

    rows = [{"operation": "POST /sites", "body": {"name": "North Mill", "kind": "mill"}}]
    with services.serving(services.app(("POST", "/sites", make))) as url:
        scan = services.scanned(services.target(url, rows), "sql-injection", "banner", allow_changes=True)
    assert "POST /sites" in scan.coverage["banner"].tried
    assert scan.coverage["sql-injection"].tried == {"POST /sites body name", "POST /sites body kind"}
    assert not scan.findings
