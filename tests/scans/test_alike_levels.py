"""Objects that are called alike on each level, as the negation of a negation is."""

import json

import pytest
import services


@pytest.mark.parametrize("most", [12, 20_000])
def test_what_walks_through_them_refuses_depth(most):
    depths = []

    def depth(condition):
        levels = 0
        while isinstance(condition, dict) and "not" in condition:
            condition, levels = condition["not"], levels + 1
        return levels

    async def search(request):
        try:
            where = json.loads((await request.body()).decode()).get("where", {})
        except (ValueError, RecursionError):
            return services.JSONResponse({"error": "the body is no JSON"}, 400)
        depths.append(depth(where))
        if depths[-1] > most:
            return services.JSONResponse({"error": "where is too deep"}, 422)
        return services.JSONResponse({"error": "this did not work"} if depths[-1] > 200 else [], 500 if depths[-1] > 200 else 200)

    condition = {"type": "object", "properties": {"not": {"type": "object"}, "type": {"type": "string", "example": "galaxy"}}}
    body = {"type": "object", "properties": {"where": condition}, "example": {"where": {"not": {"type": "galaxy"}}}}
    contract = {
        "openapi": "3.1.0",
        "info": {"title": "Targets", "version": "1"},
        "paths": {
            "/search": {
                "post": {
                    "security": [],
                    "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
                    "responses": {"200": {"description": "Targets"}},
                }
            }
        },
    }
    with services.serving(services.app(("POST", "/search", search))) as url:
        scan = services.scanned(services.target(url, contract=contract), "size-limit", allow_changes=True, seed=3)
    observed = [finding.observed for finding in scan.findings if "where.not" in finding.observed]
    expected = ["where.not nested 300 deep makes the server fail, 100 deep does not"] if most > 200 else []
    assert observed == expected, scan.coverage["size-limit"]
    assert max(depths) == (301 if most > 200 else 101)
