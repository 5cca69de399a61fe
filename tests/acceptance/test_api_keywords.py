"""ApiLibrary on a small service of nobody's: each keyword passes where it should, and says exactly what is wrong where it should not."""

import datetime as dt
import itertools
import json
import re
import subprocess

import pytest
import robot_runs
import yaml
from robot.api import ExecutionResult
from serving import serving
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

ORDER = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {"id": {"type": "integer"}, "status": {"enum": ["open", "shipped"]}, "items": {"type": "array"}},
}
OK = {"description": "ok", "content": {"application/json": {"schema": ORDER}}}
NO = {"description": "no"}
NUMBER = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
CONTRACT = {
    "openapi": "3.1.0",
    "info": {"title": "shop", "version": "1"},
    "security": [{"bearer": []}],
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/orders/{id}": {"get": {"parameters": [NUMBER], "responses": {"200": OK, "401": NO, "404": NO}}},
        "/broken": {"get": {"responses": {"200": OK, "401": NO}}},
        "/health": {"get": {"security": [], "responses": {"200": {"description": "ok"}}}},
        "/never": {"post": {"responses": {"200": NO, "401": NO}}},
        "/open": {"get": {"responses": {"200": {"description": "open by mistake"}, "401": NO}}},
    },
}
TOKEN = "token-of-ann-12345"


def known(request):
    return request.headers.get("authorization") == f"Bearer {TOKEN}"


async def order(request):
    if not known(request):
        return JSONResponse({"error": "who?"}, 401)
    number = request.path_params["number"]
    body = {"id": int(number), "status": "open", "items": [{"name": "pen", "count": 2}], "paid": False}
    return JSONResponse(body, headers={"X-Shard": "a1"}) if number == "7" else JSONResponse({}, 404)


async def broken(request):
    return JSONResponse({"id": "x", "status": "lost"}, 200 if known(request) else 401)


async def events(_):
    async def stream():
        for kind in ("progress", "progress", "done"):
            yield f"event: {kind}\ndata: {{}}\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream")


async def chat(socket):
    if socket.headers.get("authorization") != f"Bearer {TOKEN}":
        await socket.close(4401)
        return
    await socket.accept()
    await socket.send_json({"type": "hello"})
    await socket.send_json({"type": "echo", "text": await socket.receive_text()})
    await socket.close()


NUMBERS = itertools.count(1)


async def refusal(request):
    named = {"status_code": 409, "path": request.url.path, "request_id": "r-1"}
    wrong = {"status_code": 500, "path": "/", "request_id": None} if "wrong" in request.query_params else {}
    body = {"error": "HTTP_ERROR", "message": "no", "timestamp": "2026-01-01T10:00:00Z"} | named | wrong
    return JSONResponse(body, 409, headers={"X-Request-ID": "r-1"})


APP = Starlette(
    routes=[
        Route("/api/orders/{number}", order),
        Route("/api/broken", broken),
        Route("/api/health", lambda _: JSONResponse({"status": "up"})),
        Route("/api/open", lambda _: PlainTextResponse("x")),
        Route("/api/secret", lambda _: PlainTextResponse("undocumented")),
        Route("/api/events", events),
        WebSocketRoute("/api/chat", chat),
        Route("/api/refusal", refusal),
        Route("/api/zoned", lambda _: JSONResponse({"at": "2026-01-01T10:00:00Z"})),
        Route("/api/zoneless", lambda _: JSONResponse({"jobs": [{"at": "2026-01-01T10:00:00"}]})),
        Route("/api/turns", lambda _: JSONResponse({"turn": next(NUMBERS), "name": "x"})),
        Route("/api/numbers", lambda _: JSONResponse({"id": next(NUMBERS)}), methods=["POST"]),
        Route("/api/sevens", lambda _: JSONResponse({"id": 7}), methods=["POST"]),
        Route("/api/teapot", lambda _: Response(status_code=418)),
    ]
)
HEAD = """\
*** Settings ***
Library    Collections
Library    OperatingSystem
Library    RequestsLibrary
Library    ApiLibrary

*** Test Cases ***
"""
PASSING = {
    "Status": "Get Response Status    GET /orders/7    ==    200",
    "As Promised": "Get Response Status    GET /orders/7    ==    200\nEvery Answer Should Be As Promised",
    "Anonymous Status": "Get Response Status    GET /orders/7    ==    401    identity=NOBODY",
    "Field": "Get Response Field    GET /orders/7    status    ==    open",
    "Deep Field": "Get Response Field    GET /orders/7    items.0.count    ==    2",
    "Pointer": "Get Response Field    GET /orders/7    /items/0/name    ==    pen",
    "Boolean": "Get Response Field    GET /orders/7    paid    ==    False",
    "Header": "Get Response Header    GET /orders/7    x-shard    ==    a1",
    "No Header": "Get Response Header    GET /orders/7    X-None    ==    ${None}",
    "Duration": "Get Response Duration    GET /orders/7    <    5",
    "One Response": "${r} =    Send Request    GET /orders/7\nGet Response Status    ${r}    ==    200\nGet Response Field    ${r}    id    ==    7",
    "Schema": 'Response Should Match Schema    GET /orders/7    {"required": ["id"], "properties": {"id": {"type": "integer"}}}',
    "Contract": "Response Should Be As In The Contract    GET /orders/7    200",
    "Answered": "Request Should Be Answered    GET    /orders/8    404",
    "Response Field": "Response Field Should Be    GET /orders/7    id    7",
    "Foreign Session": "Create Session    s    ${URL}\n${r} =    GET On Session    s    /api/health\nGet Response Status    ${r}    ==    200",
    "Authorised Session": "Create Authorised Session    a\n${r} =    GET On Session    a    /api/orders/7\n"
    "Response Should Be As In The Contract    ${r}    200",
    "Anonymous Access": "Anonymous Access Should Be Refused    GET    /orders/7",
    "Events": "Event Stream Should Bring    /events    progress    done    ends=True    identity=NOBODY",
    "Websocket": "${m} =    Websocket Should Bring    /chat    hello    echo    send=hi\nShould Be Equal    ${m}[1][text]    hi",
    "Refused Websocket": "Websocket Should Be Refused    /chat    within=2 s",
    "Fields": "Response Should Have Fields    GET /orders/7    id    paid    items.0.name",
    "Zone": "Response Times Should Have A Zone    GET /zoned",
    "Error": "Error Should Have The Documented Form    GET /refusal    409",
    "Same": "Reading Twice Should Give The Same    GET /orders/7",
    "Same But": "Reading Twice Should Give The Same    GET /turns    turn",
    "Distinct": "Identifiers Should Be Distinct    POST /numbers    id",
    "Distinct In Parallel": "Identifiers Should Be Distinct    POST /numbers    id    times=4    parallel=True",
    "Undocumented": "Undocumented Paths Should Not Be There    /docs",
    "Observed": "${home} =    Get Environment Variable    OBSERVED\nObserve    the variable    seen    ${home}",
    "Observed Part": "${r} =    GET    ${URL}/api/health\nObserve    the status    ${200}    ${r.status_code}",
    "Observed Derived": "${home} =    Get Environment Variable    OBSERVED\n${length} =    Get Length    ${home}\n"
    "Observe    the length    ${4}    ${length}",
    "Observed By A Keyword": "${seen} =    Seen\nObserve    the variable    seen    ${seen}",
    "Observed With An Operator": "${home} =    Get Environment Variable    OBSERVED\nObserve    the variable    ee    ${home}    contains",
}
FAILING = {
    "Status": ("Get Response Status    GET /orders/7    ==    404", "Api status of GET /api/orders/7 '200' (int) should be '404' (int)"),
    "No Status": ("Get Response Status    GET /orders/7    ==    2000", "2000 is no status of HTTP: expected a number from 100 to 599, such as 200."),
    "No Request": ("Get Response Status    /orders/7    ==    200", "'/orders/7' is no request: write method and path, such as GET /orders/7."),
    "Misspelt Method": ("Get Response Status    GTE /orders/7    ==    200", "There is no method 'GTE': did you mean 'GET'?"),
    "Misspelt Operator": ("Get Response Status    GET /orders/7    =    200", re.compile(r"The argument 'op' of Get Response Status: expected an assertion operator, observed '=': there are: '!=', .*")),
    "Field": ("Get Response Field    GET /orders/7    id    ==    8", "Api field id of GET /api/orders/7 '7' (int) should be '8' (int)"),
    "No Field": ("Get Response Field    GET /orders/7    idd    ==    8",
        re.compile(r"GET /api/orders/7 answered 200 with '.*', which has no field 'idd'; it has: id, status, items, paid\.")),
    "Beyond The Enum": ("Get Response Field    GET /orders/7    status    !=    shiped",
        "There is no value 'shiped' in the contract's status of GET /api/orders/7: did you mean 'shipped'?"),
    "Header": ("Get Response Header    GET /orders/7    X-Shard    ==    b2", "Api header x-shard of GET /api/orders/7 'a1' (str) should be 'b2' (str)"),
    "Absent Header": ("Get Response Header    GET /orders/7    X-None    contains    a", "Api header x-none of GET /api/orders/7 '' (str) should contain 'a' (str)"),
    "Duration": ("Get Response Duration    GET /orders/7    >    60", re.compile(r"Api duration of GET /api/orders/7 '0\.\d+' \(float\) should be greater than '60\.0' \(float\)")),
    "Schema": ('Response Should Match Schema    GET /orders/7    {"required": ["price"]}', re.compile(r"api\.schema of GET /api/orders/7: expected JSON that matches the schema, observed .*price.*")),
    "No Schema": ('Response Should Match Schema    GET /orders/7    {"type": 7}', re.compile(r"The schema is no JSON Schema: at type, .*")),
    "No Schema File": ("Response Should Match Schema    GET /orders/7    none.json", re.compile(r"The schema none\.json is not there: it is looked for at .*none\.json\.")),
    "Contract": ("Response Should Be As In The Contract    GET /broken    200",
        re.compile(r"api\.contract of GET /api/broken: expected the status and body of the contract, observed GET /api/broken: id: 'x' is not of type 'integer'; GET /api/broken: status: .*")),
    "Contract Status": ("Response Should Be As In The Contract    GET /orders/8    200", "api.status of GET /api/orders/8: expected status 200, observed status 404."),
    "Not In The Contract": ("Response Should Be As In The Contract    GET /ordrs/7    200",
        "There is no operation 'GET /api/ordrs/7' in shop.openapi.json: did you mean 'GET /api/orders/{id}'?"),
    "Another Host": ("Create Session    s    ${OTHER}\n${r} =    GET On Session    s    /api/health\nGet Response Status    ${r}    ==    200",
        re.compile(r"The response came from http://localhost:\d+/api/health, which is not shop at http://127\.0\.0\.1:\d+: the response of another host says nothing of shop\. .*")),
    "Response And Identity": ("${r} =    Send Request    GET /orders/7\nGet Response Status    ${r}    ==    200    identity=ann",
        "identity, body and headers belong to a request: this response came before, and nothing is sent now."),
    "Misspelt Identity": ("Get Response Status    GET /orders/7    ==    200    identity=anna", "There is no identity 'anna' in the system shop of shop.yaml: did you mean 'ann'?"),
    "Misspelt System": ("Get Response Status    GET /orders/7    ==    200    system=shopp", "There is no system 'shopp' in the environment file shop.yaml: did you mean 'shop'?"),
    "Nobody Is Refused": ("Anonymous Access Should Be Refused    GET    /health",
        "session.without_token_refused of GET /health: expected status 401, 403 or a sign-in page, observed status 200\n"
        "session.made_up_token_refused of GET /health: expected status 401, 403 or a sign-in page, observed status 200."),
    "Nobody Is Needed": ("Every Operation Should Need An Identity", re.compile(r"api\.identity_needed of shop: (.|\n)*observed status 200 for GET /open with nothing\n.*")),
    "Not Succeeded": ("Every Operation Should Have Succeeded", re.compile(r"api\.operations of 5 of the contract: expected success of 5 of 5 operations, observed [1-4] of 5; without success: .*POST /never.*")),
    "Not As Promised": ("Every Answer Should Be As Promised", re.compile(
        r"api\.all_answers of shop: expected no answer of which is true: id: … is not of type …, "
        r"observed \d+ of \d+ answers; the first: GET /api/broken: id: 'x' is not of type 'integer'\n(.|\n)*")),
    "There After All": ("Undocumented Paths Should Not Be There    /api/secret", "api.undocumented of shop: expected status 404, observed status 200 for /api/secret."),
    "Absent Fields": ("Response Should Have Fields    GET /refusal?wrong    error    request_id    code",
        "api.present.request_id of GET /api/refusal?wrong: expected a value, observed null\n"
        "api.present.code of GET /api/refusal?wrong: expected a value, observed no such field."),
    "No Zone": ("Response Times Should Have A Zone    GET /zoneless",
        "api.zone of GET /api/zoneless: expected times with a zone, observed jobs.0.at: 2026-01-01T10:00:00."),
    "No Time": ("Response Times Should Have A Zone    GET /orders/7",
        "NOT EVALUATED: api.zone of GET /api/orders/7: expected times with a zone, observed no time in the response."),
    "Wrong Error": ("Error Should Have The Documented Form    GET /refusal?wrong    404",
        "api.error.status of GET /api/refusal: expected status 404, observed status 409 for GET /api/refusal?wrong\n"
        "api.error.fields of GET /api/refusal: expected error, message, status_code, timestamp, path, request_id, observed without request_id\n"
        "api.error.status_code of GET /api/refusal: expected 409, observed 500\n"
        "api.error.path of GET /api/refusal: expected /api/refusal, observed /\n"
        "api.error.request_id of GET /api/refusal: expected the header's r-1, observed none."),
    "Not The Same": ("Reading Twice Should Give The Same    GET /turns",
        "api.repeated of GET /api/turns: expected the same status and fields, observed other values of turn."),
    "Not Distinct": ("Identifiers Should Be Distinct    POST /sevens    id",
        "api.identifiers of POST /api/sevens: expected 3 different values of id, observed 7, 7, 7."),
    "No Identifier": ("Identifiers Should Be Distinct    POST /sevens    key    times=2",
        "api.identifiers of POST /api/sevens: expected 2 different values of key, observed none, none."),
    "No Event": ("Event Stream Should Bring    /events    failed    within=2 s    identity=NOBODY", "stream.events of /events: expected events failed, observed progress, done."),
    "No Message": ("Websocket Should Bring    /chat    goodbye    send=hi    within=2 s", "stream.messages of /chat: expected messages goodbye, observed hello, echo."),
    "Constant Observed": ("Observe    a constant    1    1", re.compile(r"Observe needs as 'observed' what a library keyword returned in this test: '1' goes back to none\. .*")),
    "Set Variable Observed": ("${x} =    Set Variable    1\nObserve    a variable    1    ${x}", re.compile(r"Observe needs as 'observed' .*")),
    "Of An Earlier Test": ("Observe    a variable    1    ${home}", re.compile(r"Variable '\$\{home\}' not found.*")),
    "Observed Otherwise": ("${home} =    Get Environment Variable    OBSERVED\nObserve    the variable    gone    ${home}",
        "Observed the variable of OperatingSystem.Get Environment Variable 'seen' (str) should be 'gone' (str)"),
    "Sent Alone": ("Send Request    GET /orders/7", re.compile("Nothing was observed: .*")),
    "No RequestsLibrary Response": ("Get Response Status    ${42}    ==    200",
        "Expected a request such as GET /orders/7, or the response of Send Request or RequestsLibrary, observed int '42'."),
}  # fmt: skip
KEYWORDS = """
*** Keywords ***
Seen
    ${home} =    Get Environment Variable    OBSERVED
    RETURN    ${home}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    with serving(APP) as url:
        (folder / "shop.openapi.json").write_text(json.dumps(CONTRACT))
        entry = {"url": url, "prefix": "/api", "contract": "shop.openapi.json", "identities": {"ann": {"token_env": "ANN"}}}
        data = {"name": "shop", "kind": "test", "hosts": ["127.0.0.1"], "systems": {"shop": entry}}
        (folder / "shop.yaml").write_text(yaml.safe_dump(data))
        rows = [(f"Pass {name}", body) for name, body in PASSING.items()] + [
            (f"Fail {name}", body) for name, (body, _) in FAILING.items()
        ]
        tests = ["\n".join([name, *(f"    {line}" for line in body.splitlines())]) for name, body in rows]
        (folder / "api.robot").write_text(HEAD + "\n\n".join(tests) + "\n" + KEYWORDS)
        environment = robot_runs.own_environment(THEODORE_ENVIRONMENT=str(folder / "shop.yaml"), ANN=TOKEN, OBSERVED="seen")
        variables = ["--variable", f"URL:{url}", "--variable", f"OTHER:{url.replace('127.0.0.1', 'localhost')}"]
        done = subprocess.run(
            robot_runs.command(folder, *variables, folder / "api.robot"),
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        text = (folder / "output.xml").read_text() + done.stdout + done.stderr
        assert TOKEN not in text
    return {test.name: (test.status, test.message) for test in ExecutionResult(folder / "output.xml").suite.tests}


@pytest.mark.xdist_group("api_keywords")
@pytest.mark.parametrize("name", PASSING)
def test_it_passes(results, name):
    assert results[f"Pass {name}"] == ("PASS", "")


@pytest.mark.xdist_group("api_keywords")
@pytest.mark.parametrize("name", FAILING)
def test_the_message_is_exact(results, name):
    status, message = results[f"Fail {name}"]
    expected = FAILING[name][1]
    assert status == "FAIL"
    assert expected.fullmatch(message) if isinstance(expected, re.Pattern) else message == expected, message


def test_of_no_answer_nothing_is_said(robot):
    _, result = robot("*** Settings ***\nLibrary    ApiLibrary\n\n*** Test Cases ***\nNone Yet\n    Every Answer Should Be As Promised\n")
    assert [test.message for test in result.suite.tests] == [
        "NOT EVALUATED: api.all_answers of theodore: expected as the contract and the conventions say, "
        "observed 0 answers: put this test behind those that send requests."
    ]


RESET = {
    "operation": "POST /reset",
    "marker": {"create": "POST /notes", "body": {"text": "qa"}, "id": "id", "read": "GET /notes/{id}"},
}


@pytest.mark.parametrize(("works", "problem"), [(True, ""), (False, "The reset of shop left something behind: expected 404")])
def test_a_system_is_reset_before_each_suite_and_a_marker_proves_it(theodore, tmp_path, works, problem):
    notes, resets = {}, []

    async def make(request):
        notes[len(notes) + 1] = await request.json()
        return JSONResponse({"id": len(notes)}, 201)

    async def read(request):
        return JSONResponse({}, 200 if request.path_params["number"] in notes else 404)

    async def reset(_):
        resets.append(dt.datetime.now(dt.UTC))
        if works:
            notes.clear()
        return Response(status_code=204)

    routes = [
        Route("/notes", make, methods=["POST"]),
        Route("/notes/{number:int}", read),
        Route("/reset", reset, methods=["POST"]),
    ]
    for name in "ab":
        suite = tmp_path / "suites" / "api" / f"{name}.robot"
        suite.parent.mkdir(parents=True, exist_ok=True)
        suite.write_text(
            "*** Settings ***\nLibrary    ApiLibrary\n\n*** Test Cases ***\nGone\n    Get Response Status    GET /notes/77    ==    404\n"
        )
    with serving(Starlette(routes=routes)) as url:
        entry = {"url": url, "reset": RESET}
        (tmp_path / "shop.yaml").write_text(yaml.safe_dump({"name": "shop", "kind": "test", "systems": {"shop": entry}}))
        done = theodore("test", "api", "--environment", "shop.yaml", "--no-parallel")
    assert len(resets) == 2
    assert "2 PASS" in done.stdout, done.stdout
    assert (done.returncode, problem in done.stdout) == (0 if works else 3, True), done.stdout
