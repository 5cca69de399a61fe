"""Pages above the maximum that the document names, where few items exist."""

import pytest
import services

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "paths": {
        "/items": {
            "get": {
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 20, "default": 10}}
                ],
                "responses": {"200": {"description": "Items."}},
            }
        }
    },
}


def items(kind, number):
    """``kind`` says what becomes of a limit above 20."""

    def listed(request):
        limit = int(request.query_params.get("limit", "10"))
        if limit > 20 and kind == "refuses":
            return services.JSONResponse({"error": "at most 20"}, 422)
        used = {"lowers": min(limit, 20), "confirms": min(limit, 500)}.get(kind, limit)
        echoed = {"limit": used} if kind in ("lowers", "confirms") else {}
        found = [{"id": each, "weight": 4000, "parts": [*range(30)]} for each in range(number)]
        return services.JSONResponse({"items": found[:used], "colours": [*range(40)], **echoed})

    return services.app(("GET", "/items", listed))


@pytest.mark.parametrize(
    ("kind", "number", "observed", "left"),
    [
        ("takes", 59, "a page of 59 items, the document allows 20", ""),
        ("confirms", 3, "a limit of 500 is confirmed, the document allows 20", ""),
        ("takes", 12, "", "too few items for a verdict: 40 came"),
        ("lowers", 59, "", ""),
        ("refuses", 59, "", ""),
    ],
)
def test_a_maximum_of_the_document(kind, number, observed, left):
    with services.serving(items(kind, number)) as url:
        scan = services.scanned(services.target(url, contract=DOCUMENT), "page-limit")
    assert [finding.observed for finding in scan.findings] == ([observed] if observed else [])
    assert [*scan.coverage["page-limit"].open.values()] == ([left] if left else [])


@pytest.mark.parametrize(
    ("kind", "words", "observed"),
    [
        ("takes", "at most 50", "a page of 134 items, the document allows 50"),
        ("takes", "", "a page size of 10,000,000 is taken and brings 134 items, no round limit: it may bring all"),
        ("lowers", "", ""),
        ("refuses", "", ""),
    ],
)
def test_pages_by_a_variable_of_a_query(kind, words, observed):
    async def listed(request):
        variables = (await request.json()).get("variables") or {}
        first = variables.get("first")
        if not isinstance(first, int) or (kind == "refuses" and not 0 < first <= 100):
            return services.JSONResponse({"data": None, "errors": [{"message": "first is between 1 and 100"}]})
        number = max(min(first, 100 if kind == "lowers" else 134), 0)
        return services.JSONResponse({"data": {"items": [{"id": each} for each in range(number)]}})

    query = {"query": "query($first: Int) {items(first: $first) {id}}", "variables": {"first": 20}}
    with services.serving(services.app(("POST", "/graphql", listed))) as url:
        target = services.target(url, [{"operation": "POST /graphql#items", "body": query}])
        for parameter in target.operations[0].parameters:
            parameter.schema.update({"description": words} if parameter.name == "variables.first" else {})
        scan = services.scanned(target, "page-limit", allow_changes=True)
    assert [finding.observed for finding in scan.findings] == ([observed] if observed else []), scan.coverage["page-limit"]


@pytest.mark.parametrize("most", [500, 1_000_000])
def test_a_list_is_as_long_as_a_body_says_up_to_a_limit(most):
    async def plan(request):
        frames = (await request.json()).get("frames")
        if not isinstance(frames, int) or not 1 <= frames <= most:
            return services.JSONResponse({"error": "frames is not valid"}, 422)
        return services.JSONResponse({"target": "NGC 1007", "frames": [{"frame": number} for number in range(frames)]})

    rows = [{"operation": "POST /plans", "public": True, "body": {"target": "NGC 1007", "frames": 12}}]
    with services.serving(services.app(("POST", "/plans", plan))) as url:
        scan = services.scanned(services.target(url, rows), "page-limit", allow_changes=True, seed=3)
    observed = ["10,000 items come for as large a number"] if most > 500 else []
    assert [finding.observed for finding in scan.findings] == observed, scan.coverage["page-limit"]
    assert "POST /plans body frames" in scan.coverage["page-limit"].tried


LIMIT = "5,000 items come for 10,000, the document "


@pytest.mark.parametrize(
    ("most", "schema", "observed"),
    [
        (5000, {}, (f"{LIMIT}names no limit", "info")),
        (5000, {"maximum": 200}, (f"{LIMIT}allows 200", "low")),
        (5000, {"maximum": 5000}, None),
        (1000, {}, None),
    ],
)
def test_a_list_of_thousands_is_a_limit_that_the_document_does_not_name(most, schema, observed):
    async def draw(request):
        count = (await request.json()).get("samples")
        return services.JSONResponse({"draws": [{"value": number % 7} for number in range(min(count, most))]})

    rows = [{"operation": "POST /draws", "public": True, "body": {"samples": 4}}]
    with services.serving(services.app(("POST", "/draws", draw))) as url:
        target = services.target(url, rows)
        target.operations[0].parameters[0].schema.update(schema)
        scan = services.scanned(target, "page-limit", allow_changes=True)
    found = [(finding.observed, str(finding.severity)) for finding in scan.findings]
    assert found == ([observed] if observed else []), scan.coverage["page-limit"]
    assert "POST /draws body samples" in scan.coverage["page-limit"].tried
