"""Each injection probe on two fixtures: it finds the weakness in the vulnerable one, observed twice, and nothing in the fixed one."""

import contents
import pytest
import services

from SecurityLibrary.findings.finding import Severity


def scanned(url, probe, *rows):
    shop = services.target(url, rows, timeout=12)
    return services.scanned(shop, probe, client=shop.client(), allow_changes=True, seed=7)


FIXTURES = [
    ("sql-injection", services.sql, ("errors", "rows", "blind"), ["GET /items?name=pen"], 89),
    ("nosql-injection", services.nosql, ("bad",), [{"operation": "POST /search", "body": {"name": "alice"}}], 943),
    ("command-injection", services.command, ("bad", "blind"), ["GET /ping?host=localhost"], 78),
    ("template-injection", services.template, ("bad",), ["GET /greet?name=Ann"], 1336),
    ("ldap-injection", services.ldap, ("bad",), ["GET /people?uid=ann"], 90),
    ("xpath-injection", services.xpath, ("bad", "call"), ["GET /users?name=ann"], 643),
    ("ssrf", services.ssrf, ("bad",), [{"operation": "POST /images", "body": {"image_url": "https://example.com/a.png"}}], 918),
    ("log4shell", services.log4shell, ("bad",), ["GET /search?q=pen"], 917),
    (
        "xxe",
        services.xxe,
        ("bad",),
        [{"operation": "POST /import", "body": "<a><b>pen</b></a>", "media": "application/xml"}],
        611,
    ),
    ("graphql", services.graphql, ("bad",), [{"operation": "POST /graphql", "body": {"query": "{__typename}"}}], 770),
    (
        "reflected-xss",
        services.page,
        ("bad", "attribute", "single", "in-script", "in-template", "in-handler", "link"),
        ["GET /search?name=pen"],
        79,
    ),
    ("stored-xss", services.comments, ("bad",), [{"operation": "POST /comments", "body": {"text": "hi"}}, "GET /comments"], 79),
    (
        "stored-xss",
        services.comments,
        ("bad",),
        [{"operation": "POST /comments", "body": {"text": "hi"}}, "GET /comments/{comment_id}"],
        79,
    ),
    (
        "formula-injection",
        services.comments,
        ("bad",),
        [{"operation": "POST /comments", "body": {"text": "hi"}}, "GET /comments.csv"],
        1236,
    ),
    (
        "file-upload",
        contents.uploads,
        ("bad", "addressed", "by-name"),
        [{"operation": "POST /files", "media": "multipart/form-data", "body": {"file": "text"}}, "GET /files/{file_id}"],
        434,
    ),
    (
        "formula-injection",
        contents.tables,
        ("bad",),
        [{"operation": "POST /import", "body": "name,weight\npen,1\n", "media": "text/csv"}, "GET /export"],
        1236,
    ),
    (
        "formula-injection",
        contents.tables,
        ("bad",),
        [{"operation": "POST /import", "body": {"file": "name,weight\npen,1\n"}, "media": "multipart/form-data"}, "GET /export"],
        1236,
    ),
    ("deserialization", contents.rebuilt, ("bad",), ["GET /items?cursor=e30%3D"], 502),
    (
        "deserialization",
        contents.rebuilt,
        ("bad",),
        [{"operation": "PUT /settings", "body": "theme: dark", "media": "application/yaml"}],
        502,
    ),
    (
        "deserialization",
        contents.rebuilt,
        ("bad",),
        [{"operation": "PUT /state", "body": "{}", "media": "application/octet-stream"}],
        502,
    ),
    ("redos", services.slow_expression, ("bad",), ["GET /check?text=hello"], 1333),
]
VULNERABLE = [(probe, make, kind, rows, cwe) for probe, make, kinds, rows, cwe in FIXTURES for kind in kinds]


@pytest.mark.parametrize(
    ("probe", "make", "kind", "rows", "cwe"), VULNERABLE, ids=[f"{probe}-{kind}" for probe, _, kind, _, _ in VULNERABLE]
)
def test_the_weakness_is_found(probe, make, kind, rows, cwe):
    with services.serving(make(kind)) as url:
        scan = scanned(url, probe, *rows)
    assert {(finding.probe, finding.cwe) for finding in scan.findings} == {(probe, cwe)}, scan.coverage[probe]
    assert rows[0]["operation"] if isinstance(rows[0], dict) else rows[0].partition("?")[0] in scan.findings[0].locations[0]
    assert all(part["request"] and part["response"] for part in scan.findings[0].evidence)


@pytest.mark.parametrize(("probe", "make", "rows"), [(p, m, r) for p, m, _, r, _ in FIXTURES], ids=[p for p, *_ in FIXTURES])
def test_nothing_is_found_where_nothing_is(probe, make, rows):
    with services.serving(make("good")) as url:
        scan = scanned(url, probe, *rows)
    assert scan.findings == []
    assert scan.coverage[probe].tried


def test_markup_that_comes_back_as_json_is_none():
    with services.serving(services.page("json")) as url:
        scan = scanned(url, "reflected-xss", "GET /search?name=pen")
    assert scan.findings == []
    assert scan.coverage["reflected-xss"].tried == {"GET /search query name", "GET /{a path that there is not}"}


def test_values_that_are_escaped_for_their_places_are_no_markup():
    with services.serving(services.page("places")) as url:
        scan = scanned(url, "reflected-xss", "GET /search?name=pen")
    assert scan.findings == []
    assert scan.coverage["reflected-xss"].tried == {"GET /search query name", "GET /{a path that there is not}"}


@pytest.mark.parametrize(
    ("row", "location"),
    [
        ({"operation": "GET /header", "header": {"X-Name": "pen"}}, "GET /header header X-Name"),
        ({"operation": "GET /cookie", "cookie": {"name": "pen"}}, "GET /cookie cookie name"),
        ("GET /sorted?sort=name", "GET /sorted query sort"),
    ],
)
def test_statements_are_made_of_more_than_texts_to_look_for(row, location):
    for kind in ("bad", "good"):
        with services.serving(services.sql_places(kind)) as url:
            scan = scanned(url, "sql-injection", row)
        assert location in scan.coverage["sql-injection"].tried
        assert [finding.locations for finding in scan.findings] == ([(location,)] if kind == "bad" else [])


@pytest.mark.parametrize(("kind", "found"), [("bad", ["path-traversal"]), ("good", [])])
def test_path_traversal(kind, found, tmp_path):
    with services.serving(services.traversal(kind, tmp_path)) as url:
        scan = scanned(url, "path-traversal", "GET /files?name=readme.txt")
    assert [finding.probe for finding in scan.findings] == found
    assert scan.coverage["path-traversal"].tried


@pytest.mark.parametrize(("kind", "found"), [("bad", ["header-injection"]), ("good", [])])
def test_header_injection(kind, found):
    with services.RawServer(kind).serving() as url:
        scan = scanned(url, "header-injection", "GET /go?to=home")
    assert [finding.probe for finding in scan.findings] == found
    assert scan.coverage["header-injection"].tried


@pytest.mark.parametrize(("kind", "found"), [("saved", []), ("policy", [Severity.LOW]), ("bad", [Severity.HIGH])])
def test_what_a_browser_makes_of_files_that_are_handed_out(kind, found):
    with services.serving(contents.uploads(kind)) as url:
        row = {"operation": "POST /files", "media": "multipart/form-data", "body": {"picture": "", "file": "text"}}
        scan = scanned(url, "file-upload", row, "GET /files/{file_id}")
    assert [finding.severity for finding in scan.findings] == found
    assert "POST /files body file" in scan.coverage["file-upload"].tried


def test_files_that_nothing_serves_are_not_evaluated():
    with services.serving(contents.uploads("hidden")) as url:
        scan = scanned(url, "file-upload", {"operation": "POST /files", "media": "multipart/form-data", "body": {"file": "text"}})
    expected = {"POST /files body file": "nothing that is known serves the file that was handed in"}
    assert (scan.findings, scan.coverage["file-upload"].skipped) == ([], expected)
