"""Limits of a document that the system keeps to, and others that it does not."""

import itertools

import pytest
import services

PLACES = {"copies": (1, 20), "paper": ("matt", ["matt", "gloss"]), "inserts": (["map"], 3)}


def press(kept, *, as_sent=True):
    """Print runs, with the limits in ``kept`` looked at."""
    runs, numbers = {}, itertools.count(1)

    async def order(request):
        body = await request.json()
        wrong = isinstance(body.get("copies"), bool) or not isinstance(body.get("copies"), int)
        wrong = wrong or not isinstance(body.get("paper"), str) or not isinstance(body.get("inserts"), list)
        wrong = wrong or ("copies" in kept and body["copies"] > 20) or ("inserts" in kept and len(body["inserts"]) > 3)
        if wrong or ("paper" in kept and body["paper"] not in ("matt", "gloss")):
            return services.JSONResponse({"error": "it is not valid"}, 422)
        number = str(next(numbers))
        runs[number] = body
        return services.JSONResponse({"id": number}, 201)

    def read(request):
        run = runs.get(request.path_params["run"])
        if run is None:
            return services.JSONResponse({"error": "none"}, 404)
        lowered = run if as_sent else run | {"copies": min(run["copies"], 20), "paper": "matt", "inserts": run["inserts"][:3]}
        return services.JSONResponse({"run": lowered})

    return services.app(("POST", "/runs", order), ("GET", "/runs/{run}", read))


def scanned(application):
    properties = {
        "copies": {"type": "integer", "minimum": 1, "maximum": 20},
        "paper": {"type": "string", "enum": ["matt", "gloss"]},
        "inserts": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
    }
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    made = {"security": [], "responses": {"201": {"description": "made"}}}
    made["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    named = {"name": "run", "in": "path", "required": True, "schema": {"type": "string"}}
    read = {"security": [], "parameters": [named], "responses": {"200": {"description": "one"}}}
    paths = {"/runs": {"post": made}, "/runs/{run}": {"get": read}}
    contract = {"openapi": "3.1.0", "info": {"title": "Press", "version": "1"}, "paths": paths}
    with services.serving(application) as url:
        return services.scanned(services.target(url, contract=contract), "stated-limits", allow_changes=True, seed=9)


@pytest.mark.parametrize(
    ("loose", "observed"),
    [
        ("copies", "21 and 22 are kept, where the document allows at most 20"),
        ("inserts", "lists of 4 and 5 items are kept, where the document allows at most 3 items"),
        ("paper", "are kept, where the document allows no more than its list of words"),
    ],
)
def test_a_limit_that_is_stated_and_not_kept_to(loose, observed):
    scan = scanned(press(kept=PLACES.keys() - {loose}))
    assert [finding.location for finding in scan.findings] == [f"POST /runs body {loose}"], scan.coverage["stated-limits"]
    assert scan.findings[0].observed.endswith(observed)
    assert scan.coverage["stated-limits"].tried == {f"POST /runs body {name}" for name in PLACES}


@pytest.mark.parametrize("application", [press(kept=PLACES.keys()), press(kept=(), as_sent=False)], ids=["refused", "lowered"])
def test_limits_that_are_kept_to(application):
    scan = scanned(application)
    assert not scan.findings
    assert scan.coverage["stated-limits"].tried == {f"POST /runs body {name}" for name in PLACES}
