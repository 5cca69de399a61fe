"""Objects whose optional properties do not go together: each is tried, though the object with all of them is refused."""

import json

import pytest
import services

FILTERS = {
    "industry": {"type": "string"},
    "city": {"type": "string"},
    "similar_to": {"type": "string"},
    "at_least": {"type": "number"},
}


def exports(*, weak):
    """Exports by filters, one of which names what nobody knows, and one of which needs that other."""

    async def export(request):
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None
        filters = body.get("filters", {}) if isinstance(body, dict) else None
        if not isinstance(filters, dict):
            return services.JSONResponse({"error": "no filters"}, 422)
        if any(not isinstance(filters.get(name, ""), str) for name in ("industry", "city", "similar_to")):
            return services.JSONResponse({"error": "a filter is no text"}, 422)
        if "at_least" in filters and "similar_to" not in filters:
            return services.JSONResponse({"error": "at_least needs similar_to"}, 422)
        if "similar_to" in filters:
            return services.JSONResponse({"error": "there is no such company"}, 404)
        if weak and "\0" in filters.get("city", ""):
            return services.JSONResponse({"error": "internal"}, 500)
        return services.JSONResponse({"rows": []})

    return services.app(("POST", "/exports", export))


def document():
    schema = {"type": "object", "properties": {"filters": {"type": "object", "properties": FILTERS}}}
    post = {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {"200": {}}}
    return {"openapi": "3.1.0", "info": {"title": "exports", "version": "1"}, "paths": {"/exports": {"post": post}}}


@pytest.mark.parametrize("weak", [True, False])
def test_each_filter_is_tried_without_those_that_are_refused(weak):
    with services.serving(exports(weak=weak)) as url:
        scan = services.scanned(services.target(url, contract=document()), "server-error", allow_changes=True)
    lacking = {f"POST /exports body filters.{name}" for name in ("similar_to", "at_least")}
    assert set(scan.coverage["server-error"].open) == lacking
    assert [finding.locations for finding in scan.findings] == ([("POST /exports",)] if weak else [])
