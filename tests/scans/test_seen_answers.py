"""Probes that look at all answers that were seen, whatever their status and route: on a service with one thing wrong, and with none."""

import pytest
import services
from starlette.responses import JSONResponse, PlainTextResponse

from SecurityLibrary.findings.finding import Severity

SAFE = {"x-content-type-options": "nosniff", "cache-control": "no-store"}
PASSWORD = "Correct-Horse-1"
ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}


def shop(*wrong):
    tries = {}

    def answer(body, status=200, **more):
        return JSONResponse(body, status, headers=SAFE | more)

    def signed_in(request):
        return request.headers.get("authorization") == "Bearer t-alice"

    async def login(request):
        try:
            body = dict(await request.json())
        except ValueError:
            return answer({"error": "not valid"}, 422)
        name = body.get("username")
        tries[name] = tries.get(name, 0) + 1
        if tries[name] > 10:
            wait = {} if "no-wait" in wrong else {"retry-after": "1"}
            return answer({"error": "too many tries"}, 429, **wait)
        if (name, body.get("password")) != ("alice", PASSWORD):
            return answer({"error": "wrong name or password"}, 401)
        return answer({"access_token": "t-alice"})

    def items(request):
        if not signed_in(request):
            return answer({"error": "sign in"}, 401)
        response = answer({"items": [1]})
        if "doubled" in wrong:
            response.headers.append("x-frame-options", "DENY")
            response.headers.append("x-frame-options", "SAMEORIGIN")
        return response

    def item(request):
        if not signed_in(request):
            if "plain" in wrong:
                return PlainTextResponse("sign in", 401, headers=SAFE)
            return answer({"message": "sign in"} if "shapes" in wrong else {"error": "sign in"}, 401)
        if request.path_params["number"] != "1":
            return answer({"error": "there is none"}, 410 if "gone" in wrong else 404)
        response = answer({"id": 1})
        if "route" in wrong:
            del response.headers["x-content-type-options"]
        return response

    def preflight(request):
        methods = "GET, DELETE" if "methods" in wrong else "GET"
        return answer({}, **{"access-control-allow-origin": "https://app.example", "access-control-allow-methods": methods})

    async def missing(request, error):
        response = answer({"error": "there is no such path"}, error.status_code)
        if "nowhere" in wrong and error.status_code == 404:
            del response.headers["x-content-type-options"]
        return response

    app = services.app(
        ("POST", "/login", login),
        ("GET", "/items", items),
        ("GET", "/items/{number}", item),
        ("OPTIONS", "/items", preflight),
        ("OPTIONS", "/items/{number}", preflight),
    )
    from starlette.exceptions import HTTPException

    app.add_exception_handler(HTTPException, missing)
    return app


def operation(*statuses, parameters=()):
    answers = {"200": {"description": "done"}} | {
        status: {"description": "refused", "content": {"application/json": {"schema": ERROR}}} for status in statuses
    }
    return {"parameters": list(parameters), "responses": answers}


CONTRACT = {
    "openapi": "3.1.0",
    "info": {"title": "shop", "version": "1"},
    "paths": {
        "/items": {"get": operation("401")},
        "/items/{number}": {
            "get": operation(
                "401", "404", parameters=[{"name": "number", "in": "path", "required": True, "schema": {"type": "string"}}]
            )
        },
    },
}
ROWS = [
    "GET /items",
    "GET /items/{number}",
    {"operation": "POST /login", "body": {"username": "x", "password": "y"}, "public": True},
]


def scanned(wrong, *probes, monkeypatch):
    monkeypatch.setenv("PASSWORD_ALICE", PASSWORD)
    identities = {"alice": {"username": "alice", "password_env": "PASSWORD_ALICE"}}
    entries = {"sign_in": {"operation": "POST /login", "token": "access_token"}, "values": {"number": "1"}, "contract": CONTRACT}
    with services.serving(shop(*wrong)) as url:
        return services.scanned(services.target(url, ROWS, identities, **entries), *probes)


WRONG = [
    ("security-headers", "route", ["GET /items/{number}: 200 application/json"], "x-content-type-options is missing"),
    ("security-headers", "nowhere", ["answers of 404 application/json"], "x-content-type-options is missing"),
    ("doubled-headers", "doubled", ["GET /items"], "x-frame-options: DENY and SAMEORIGIN"),
    ("cors-methods", "methods", ["OPTIONS /items", "OPTIONS /items/{number}"], "allowed beyond GET: DELETE"),
    (
        "error-shapes",
        "shapes",
        ["POST /login: 401", "GET /items/{number}: 401"],
        "error (POST /login: 401); message (GET /items/{number}: 401)",
    ),
    ("undocumented-answers", "shapes", ["GET /items/{number}: 401"], "GET /items/{number}: "),
    ("undocumented-answers", "plain", ["GET /items/{number}: 401"], "GET /items/{number} answered with content type 'text/plain"),
    ("retry-after", "no-wait", ["POST /login"], "429 without Retry-After"),
]


@pytest.mark.parametrize(
    ("probe", "wrong", "locations", "observed"), WRONG, ids=[f"{probe}-{wrong}" for probe, wrong, *_ in WRONG]
)
def test_the_weakness_is_found_wherever_it_is(probe, wrong, locations, observed, monkeypatch):
    (finding,) = scanned([wrong], probe, monkeypatch=monkeypatch).findings
    assert (list(finding.locations), finding.observed[: len(observed)]) == (locations, observed)


@pytest.mark.parametrize("probe", sorted({probe for probe, *_ in WRONG}))
def test_nothing_is_found_where_nothing_is(probe, monkeypatch):
    scan = scanned([], probe, monkeypatch=monkeypatch)
    assert [str(finding) for finding in scan.findings] == []
    assert scan.coverage[probe].tried


def test_a_status_that_another_probe_has_met_is_held_to_the_document(monkeypatch):
    """410 comes only for numbers that there are not, which the injections send."""
    scan = scanned(["gone"], "sql-injection", "undocumented-answers", monkeypatch=monkeypatch)
    (finding,) = scan.findings
    assert (finding.severity, finding.locations, finding.observed) == (
        Severity.INFO,
        ("GET /items/{number}: 410",),
        "statuses that are not documented: 410",
    )


@pytest.mark.parametrize(
    ("name", "described", "severity"),
    [("secret", True, Severity.LOW), ("secret", False, Severity.MEDIUM), ("password_hash", True, Severity.MEDIUM)],
)
def test_a_secret_that_the_document_gives_an_answer_is_low(name, described, severity):
    def show(request):
        return services.JSONResponse({"title": "Diary", name: "below stone 21 lies a key"})

    properties = {"title": {"type": "string"}} | ({name: {"type": "string"}} if described else {})
    answer = {
        "200": {
            "description": "a book",
            "content": {"application/json": {"schema": {"type": "object", "properties": properties}}},
        }
    }
    contract = {
        "openapi": "3.1.0",
        "info": {"title": "books", "version": "1"},
        "paths": {"/book": {"get": {"responses": answer}}},
    }
    with services.serving(services.app(("GET", "/book", show))) as url:
        scan = services.scanned(services.target(url, (), None, None, contract), "excessive-data")
    assert [(finding.observed, finding.severity) for finding in scan.findings] == [(f"the answer holds {name}", severity)]
