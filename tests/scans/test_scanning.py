"""What a scan does when it is interrupted, what other scanners say, and what an API's description may look like."""

import datetime as dt
import os
import stat
from urllib.parse import quote

import pytest
import services
import vulnerable_apis
from starlette.responses import JSONResponse

from SecurityLibrary import probes, runner
from SecurityLibrary.canaries import callback_server
from SecurityLibrary.description import operations
from SecurityLibrary.external_tools import external_scanners
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.proof import comparison
from SecurityLibrary.scan import Scan
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.openapi import samples
from theodore_qa.systems.exchange import Exchange


def test_an_interrupted_scan_keeps_what_it_found():
    def interrupt(line):
        if line.startswith("[2/"):
            raise KeyboardInterrupt

    with services.serving(vulnerable_apis.edges("banner", "cors")) as url:
        shop = services.target(url, vulnerable_apis.EDGES)
        client = shop.client()
        scan = Scan(shop, client)
        with pytest.raises(KeyboardInterrupt):
            runner.run(scan, probes.chosen(["cors", "banner", "undocumented"]), interrupt)
        sent = client.sent
        client.close()
    assert {finding.probe for finding in scan.findings} == {"banner", "cors"}
    assert "undocumented" not in scan.coverage
    assert sent == client.sent


def test_what_a_probe_found_is_kept_before_the_next_one_begins():
    courses = []
    with services.serving(vulnerable_apis.edges("banner", "cors")) as url:
        shop = services.target(url, vulnerable_apis.EDGES)
        scan = Scan(shop, shop.client())
        keep = lambda findings: courses.append(sorted({finding.probe for finding in findings}))  # noqa: E731
        runner.run(scan, probes.chosen(["cors", "banner", "xxe"]), lambda line: courses.append(line.partition("]")[0]), keep)
        scan.close()
    assert sorted(map(str, courses[0::2])) == ["['banner']", "['cors']", "[]"]
    assert courses[1::2] == ["[1/3", "[2/3", "[3/3"]


def test_foreign_hosts_are_refused_before_anything_is_sent():
    shop = services.target("http://127.0.0.1:9", vulnerable_apis.EDGES)
    with pytest.raises(UsageError, match=r"The host evil.example of http://evil.example is not among the environment's hosts"):
        shop.system.new_client("http://evil.example")
    with pytest.raises(UsageError, match=r"The host evil.example of systems.shop.url is not among hosts: 127.0.0.1"):
        services.target("http://evil.example", vulnerable_apis.EDGES)


def test_what_http_does_not_allow_says_nothing_of_the_system():
    with services.serving(vulnerable_apis.edges()) as url:
        client = services.target(url, vulnerable_apis.EDGES).client()
        answers = [client.send("GET", "/items", {"X-A": "a\r\nb"}) for _ in range(20)]
        client.close()
    assert {answer.status for answer in answers} == {0}
    assert client.silent == 0


@pytest.mark.parametrize("path", ["/a/../../b", "/a%2f..%2fb", "/a?x=1&y=%00", "/ü?q=ß"])
def test_paths_go_out_as_they_are(path):
    seen = []

    async def app(scope, receive, send):
        if scope["type"] == "http":
            seen.append(scope["raw_path"].decode() + ("?" + scope["query_string"].decode() if scope["query_string"] else ""))
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    with services.serving(app) as url:
        client = services.target(url, vulnerable_apis.EDGES).client()
        client.send("GET", path)
        client.close()
    assert seen == [quote(path, safe="/%?&=.")]


def _exchange(text, status=200, media="application/json"):
    return Exchange("GET", "/", status, {"content-type": media}, text, dt.datetime.now(dt.UTC), 0.1)


def test_what_changes_by_itself_and_what_is_repeated_is_no_difference():
    first, second = (
        _exchange('{"at": "2026-11-23T10:00:00Z", "q": "qa1", "n": 1}'),
        _exchange('{"at": "2026-11-23T10:00:09Z", "q": "qa2", "n": 1}'),
    )
    assert comparison.differ(comparison.leaves(first, "qa1"), comparison.leaves(second, "qa2")) == []
    assert comparison.differ(
        comparison.leaves(first, "qa1"), comparison.leaves(_exchange('{"at": "", "q": "qa1", "n": 2}'), "qa1")
    ) == [
        "/at",
        "/n",
    ]


def test_an_openapi_document_becomes_operations_with_nested_parameters():
    document = {
        "openapi": "3.1.0",
        "security": [{"bearer": []}],
        "components": {"schemas": {
            "Order": {"type": "object", "required": ["item"], "properties": {
                "item": {"$ref": "#/components/schemas/Item"}, "note": {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]}}},
            "Item": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 3}, "count": {"type": "integer", "minimum": 2}}},
        }},
        "paths": {"/orders/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "put": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}},
            "get": {"security": [], "parameters": [{"name": "q", "in": "query", "schema": {"enum": ["a", "b"]}}]},
        }},
    }  # fmt: skip
    shop = services.target("http://127.0.0.1:9", contract=document, prefix="/v1")
    get, put = (shop.operation(f"{method} /orders/{{id}}") for method in ("GET", "PUT"))
    assert shop.operations == [put, get]
    assert [str(parameter) for parameter in put.parameters] == ["path id", "body item.name", "body item.count", "body note"]
    assert put.body == {"item": {"name": "sample"}}
    assert (put.secured, get.secured, str(get)) == (True, False, "GET /v1/orders/{id}")
    assert samples.sample(shop.document, get.parameters[1].schema) == "a"


@pytest.mark.parametrize("row", ["orders", "get /orders", {"body": {}}, "GET orders"])
def test_a_row_that_is_no_operation_is_said(row):
    with pytest.raises(UsageError, match="names no operation: write it as GET /orders/"):
        operations.from_table(row)


def test_a_reference_in_circles_ends():
    document = {"openapi": "3.1.0", "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}}},
                "components": {"schemas": {"A": {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/A"}}}}}}  # fmt: skip
    assert services.target("http://127.0.0.1:9", contract=document).operations[0].parameters


def test_whether_a_listener_can_be_reached_is_found_out():
    with services.serving(vulnerable_apis.edges()) as url:
        assert callback_server.same_machine(url)
    assert not callback_server.same_machine("http://127.0.0.1:9")
    assert not callback_server.same_machine("http://192.0.2.1:80")


def zap(alerts, messages=7):
    def scan(request):
        return JSONResponse({"scan": "0"})

    return services.app(
        ("GET", "/JSON/core/view/version/", lambda request: JSONResponse({"version": "2.15.0"})),
        ("GET", "/JSON/spider/action/scan/", scan),
        ("GET", "/JSON/ascan/action/scan/", scan),
        ("GET", "/JSON/spider/view/status/", lambda request: JSONResponse({"status": "100"})),
        ("GET", "/JSON/ascan/view/status/", lambda request: JSONResponse({"status": "100"})),
        ("GET", "/JSON/core/view/numberOfMessages/", lambda request: JSONResponse({"numberOfMessages": str(messages)})),
        ("GET", "/JSON/core/view/alerts/", lambda request: JSONResponse({"alerts": alerts})),
    )


def test_alerts_come_from_zap_by_its_api():
    alert = {"pluginId": "40012", "alertRef": "40012", "alert": "Cross Site Scripting", "name": "Cross Site Scripting", "risk": "High", "cweid": "79",
             "url": "http://x/search?q=1", "method": "GET", "param": "q", "evidence": "<script>", "description": "d", "solution": "Escape."}  # fmt: skip
    with services.serving(zap([alert])) as url:
        (finding,) = external_scanners.zap(url, "", "http://x", 5)
    assert (finding.probe, finding.severity, finding.cwe, finding.locations) == (
        "zap-40012",
        Severity.HIGH,
        79,
        ("GET /search?q=1 q",),
    )


def test_a_zap_that_reached_nothing_is_not_evaluated():
    with (
        services.serving(zap([], messages=0)) as url,
        pytest.raises(NotEvaluatedError, match="ZAP has reached nothing at http://x"),
    ):
        external_scanners.zap(url, "", "http://x", 5)


def test_no_zap_is_not_evaluated():
    with pytest.raises(
        NotEvaluatedError, match=r"OWASP ZAP did not do its work at http://127.0.0.1:9 .* start it with 'zap.sh -daemon"
    ):
        external_scanners.zap("http://127.0.0.1:9", "", "http://x", 5)


@pytest.fixture
def program(tmp_path, monkeypatch):
    def make(name, text):
        file = tmp_path / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return make


@pytest.mark.parametrize(
    ("output", "locations"),
    [
        ("Parameter: q (GET)\n    Type: boolean-based blind", ["http://x/?q=1 get q"]),
        ("[CRITICAL] all tested parameters do not appear to be injectable.", []),
    ],
)
def test_what_sqlmap_says(program, output, locations):
    program("sqlmap", f"cat <<'X'\n{output}\nX")
    assert [
        location
        for finding in external_scanners.sqlmap("http://x/?q=1", {"Authorization": "Bearer secret"}, 10)
        for location in finding.locations
    ] == locations


def test_sqlmap_without_a_result_is_not_evaluated(program):
    program("sqlmap", "echo '[CRITICAL] unable to connect to the target URL'")
    with pytest.raises(NotEvaluatedError, match="sqlmap came to no result: .*unable to connect"):
        external_scanners.sqlmap("http://x/?q=1", {}, 10)


def test_testssl_without_openssl_says_how_to_get_it(program, monkeypatch, tmp_path):
    row = '[{"id": "scanProblem", "severity": "FATAL", "finding": "cannot exec or find any openssl binary"}]'
    program("testssl", f"echo '{row}' > \"$7\"")
    monkeypatch.setenv("PATH", str(tmp_path))
    sentence = "cannot exec or find any openssl binary; openssl is not installed: apt-get install openssl$"
    with pytest.raises(NotEvaluatedError, match=f"^testssl could not look at https://x: {sentence}"):
        external_scanners.testssl("https://x", 10, None, ())


def test_secrets_do_not_stand_in_the_list_of_processes(program, tmp_path):
    program(
        "sqlmap",
        f'echo "$@" > {tmp_path}/arguments; cat "$2" > {tmp_path}/request; echo "do not appear to be injectable: all tested parameters do not appear to be injectable"',
    )
    external_scanners.sqlmap("http://x/?q=1", {"Authorization": "Bearer secret-token"}, 10)
    assert "secret-token" not in (tmp_path / "arguments").read_text()
    assert "Authorization: Bearer secret-token" in (tmp_path / "request").read_text()


def test_what_testssl_says(program):
    rows = '[{"id":"BEAST","severity":"LOW","finding":"VULNERABLE","cwe":"CWE-20"},{"id":"TLS1_2","severity":"OK","finding":"offered"}]'
    program("testssl", f'while [ "$1" != "--jsonfile" ]; do shift; done; printf "%s" \'{rows}\' > "$2"')
    (finding,) = external_scanners.testssl("https://x", 10, None, ())
    assert (finding.probe, finding.severity, finding.cwe) == ("testssl-BEAST", Severity.LOW, 20)
    program("testssl", "exit 1")
    with pytest.raises(NotEvaluatedError, match="testssl left no report about https://x"):
        external_scanners.testssl("https://x", 10, None, ())
