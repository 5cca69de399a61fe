"""Refusals say which value they refuse and what is taken in its place: it is sent then, and what stands behind it is attacked."""

import re
import sqlite3

import pytest
import services

RULES = {  # by property: what is taken, and how a refusal says that
    "crate": (r"flat|tall|cool", "must be one of flat, tall, cool"),
    "waybill": (r"[A-Z]{3}-[0-9]{5}", "must match ^[A-Z]{3}-[0-9]{5}$"),
    "pallets": (r"[2-9]", "must be between 2 and 9"),
    "leaves": (r"20\d\d-\d\d-\d\d", "must be a date (YYYY-MM-DD)"),
}


def by_fields(wrong):
    """As pydantic and FastAPI have it."""
    return {"detail": [{"loc": ["body", name], "msg": text, "type": "value_error", "input": "x"} for name, text in wrong.items()]}


def by_names(wrong):
    """As Django, Rails and Laravel have it."""
    return {"message": "The given data was invalid.", "errors": {name: [text] for name, text in wrong.items()}}


def one_by_one(wrong):
    """As much that is written by hand has it."""
    name, text = next(iter(wrong.items()))
    return {"error": f"{name} {text}"}


def by_pointers(wrong):
    """As RFC 9457 has it, and JSON:API."""
    listed = [{"source": {"pointer": f"/data/{name}"}, "title": "Invalid", "detail": text} for name, text in wrong.items()]
    return {"type": "about:blank", "title": "Not valid", "status": 422, "errors": listed}


def depot(refused, weak):
    """Consignments that are refused until each of their properties is right, and then looked up by their consignee."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.executescript("CREATE TABLE firms(name TEXT); INSERT INTO firms VALUES ('Alder'), ('Beech'), ('Cedar')")

    async def book(request):
        body = await request.json()
        wrong = {name: text for name, (right, text) in RULES.items() if not re.fullmatch(right, str(body.get(name, "")))}
        wrong |= {} if body.get("incoterm") else {"incoterm": "is required"}
        if wrong:
            return services.JSONResponse(refused(wrong), 422)
        try:
            if weak:
                rows = database.execute(f"SELECT name FROM firms WHERE name = '{body.get('consignee')}'").fetchall()
            else:
                rows = database.execute("SELECT name FROM firms WHERE name = ?", (str(body.get("consignee")),)).fetchall()
        except sqlite3.Error:
            return services.JSONResponse({"error": "it failed"}, 500)
        return services.JSONResponse({"firms": [name for (name,) in rows]}, 201)

    return services.app(("POST", "/consignments", book))


def scanned(application, probe, schema):
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    operation = {"security": [], "requestBody": body, "responses": {"201": {"description": "booked"}}}
    contract = {
        "openapi": "3.1.0",
        "info": {"title": "Depot", "version": "1"},
        "paths": {"/consignments": {"post": operation}},
    }
    with services.serving(application) as url:
        return services.scanned(services.target(url, contract=contract), probe, allow_changes=True, seed=2)


@pytest.mark.parametrize("refused", [by_fields, by_names, one_by_one, by_pointers])
@pytest.mark.parametrize("weak", [True, False])
def test_what_refusals_ask_for_is_sent(refused, weak):
    text = {"type": "string"}
    properties = {"crate": text, "waybill": text, "pallets": {"type": "integer"}, "leaves": text, "consignee": text}
    schema = {"type": "object", "properties": properties, "required": ["crate", "consignee"]}
    scan = scanned(depot(refused, weak), "sql-injection", schema)
    place = "POST /consignments body consignee"
    assert {finding.location for finding in scan.findings} == ({place} if weak else set()), scan.coverage["sql-injection"]
    assert any(place in tried for tried in scan.coverage["sql-injection"].tried)


def test_a_refusal_that_says_nothing_is_no_endless_talk():
    requested = []

    async def refuse(request):
        requested.append(await request.body())
        return services.JSONResponse({"error": "crate must be one of flat, tall"}, 422)

    schema = {"type": "object", "properties": {"crate": {"type": "string"}}, "required": ["crate"]}
    scan = scanned(services.app(("POST", "/consignments", refuse)), "banner", schema)
    assert len(set(requested)) <= 4, requested
    assert not scan.findings


def test_what_an_account_signs_in_by_is_not_replaced(monkeypatch):
    monkeypatch.setenv("TOKEN_ALICE", services.SECRETS["alice"])
    taken = []

    async def change(request):
        body = await request.json()
        if body.get("theme") not in ("dusk", "dawn"):
            return services.JSONResponse({"errors": {"theme": ["is dusk or dawn"], "email": ["must be an email address"]}}, 422)
        taken.append(body)
        return services.JSONResponse(body)

    application = services.app(("PUT", "/me", change))
    rows = [{"operation": "PUT /me", "body": {"theme": "light", "email": "alice"}}]
    with services.serving(application) as url:
        shop = services.target(url, rows, identities=services.by_token("alice"))
        services.scanned(shop, "banner", allow_changes=True)
    assert taken
    assert {body["email"] for body in taken} == {"alice"}


def test_no_object_is_named_by_what_a_refusal_says(monkeypatch):
    """A number that it asks for may be that of something that was there before."""
    monkeypatch.setenv("TOKEN_ALICE", services.SECRETS["alice"])
    named = set()

    async def cancel(request):
        named.add((request.path_params["berth"], str((await request.json()).get("boat_id"))))
        return services.JSONResponse({"errors": {"berth": ["must be between 1 and 40"], "boat_id": ["must be an integer"]}}, 422)

    application = services.app(("POST", "/berths/{berth}/release", cancel))
    rows = [{"operation": "POST /berths/{berth}/release", "body": {"boat_id": "b-7"}}]
    with services.serving(application) as url:
        shop = services.target(url, rows, identities=services.by_token("alice"))
        services.scanned(shop, "banner", allow_changes=True)
    assert {berth for berth, _ in named} == {"sample"}
    assert {boat for _, boat in named} == {"b-7"}
