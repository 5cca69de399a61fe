"""Properties that are taken though nobody asked for them: below the top of a body, read only ones, tenants, and roles of others."""

import secrets

import pytest
import services

from SecurityLibrary.description import operations
from SecurityLibrary.sending.traces import Change

TENANTS = {"alice": "acme", "bob": "globex", "boss": "office"}


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def refused(status=401):
    return services.JSONResponse({"error": "refused"}, status)


def assigned(application, rows, contract=None):
    entries = {name: {"tenant": tenant, "role": "admin" if name == "boss" else "user"} for name, tenant in TENANTS.items()}
    with services.serving(application) as url:
        target = services.target(url, rows, services.by_token(*TENANTS, **entries), contract=contract)
        return services.scanned(target, "mass-assignment", allow_changes=True)


@pytest.mark.parametrize(("wrong", "found"), [("tenant", ["PATCH /boats/{boat_id} tenant"]), ("", []), ("vanishing", [])])
def test_no_body_gives_an_object_to_another_tenant(wrong, found):
    boats = {}

    async def make(request):
        if (caller := services.who(request)) is None:
            return refused()
        key = secrets.token_hex(4)
        boats[key] = {"id": key, "name": (await request.json())["name"], "tenant": TENANTS[caller]}
        return services.JSONResponse(view(boats[key]), 201)

    def view(boat):
        return {key: value for key, value in boat.items() if key != "tenant"}

    def own(request):
        boat = boats.get(request.path_params["boat_id"])
        return boat if boat and boat["tenant"] == TENANTS.get(services.who(request)) else None

    async def change(request):
        if (boat := own(request)) is None:
            return refused(404)
        body = await request.json()
        boat["name"] = body.get("name", boat["name"])
        if wrong == "tenant" and body.get("tenant") in TENANTS.values():
            boat["tenant"] = body["tenant"]
        if wrong == "vanishing" and set(body) - {"name"}:  # whatever is sent beside the name makes it a draft that nobody reads
            boat["tenant"] = ""
        return services.JSONResponse(view(boat))

    def show(request):
        return services.JSONResponse(view(boat)) if (boat := own(request)) else refused(404)

    def me(request):
        name = services.who(request)
        return services.JSONResponse({"name": name, "tenant": TENANTS[name]}) if name else refused()

    application = services.app(
        ("GET", "/me", me), ("POST", "/boats", make), ("GET", "/boats/{boat_id}", show), ("PATCH", "/boats/{boat_id}", change)
    )
    rows = [
        "GET /me",
        {"operation": "POST /boats", "body": {"name": "Heron"}},
        "GET /boats/{boat_id}",
        {"operation": "PATCH /boats/{boat_id}", "body": {"name": "Swan"}},
    ]
    scan = assigned(application, rows)
    assert [finding.location for finding in scan.findings] == found, scan.coverage["mass-assignment"]
    assert {boat["tenant"] for boat in boats.values()} <= {"acme", "" if wrong == "vanishing" else "acme"}


@pytest.mark.parametrize(
    ("wrong", "found"), [("granted", ["POST /invitations role"]), ("", []), ("free text", []), ("ignored", [])]
)
def test_nobody_invites_to_a_role_that_is_not_theirs_to_give(wrong, found):
    async def invite(request):
        caller, body = services.who(request), await request.json()
        if caller is None:
            return refused()
        if wrong != "free text" and body["role"] not in ("viewer", "admin"):
            return refused(422)
        if body["role"] == "admin" and caller != "boss" and wrong not in ("granted", "free text", "ignored"):
            return refused(403)
        role = "viewer" if wrong == "ignored" else body["role"]
        return services.JSONResponse({"id": secrets.token_hex(4), "email": body["email"], "role": role}, 201)

    rows = [{"operation": "POST /invitations", "body": {"email": "dora@example.com", "role": "viewer"}}]
    scan = assigned(services.app(("POST", "/invitations", invite)), rows)
    assert [finding.location for finding in scan.findings] == found, scan.coverage["mass-assignment"]


def test_the_rights_of_an_account_that_there_is_are_not_changed():
    given = []

    async def add(request):
        given.append((await request.json())["role"])
        return services.JSONResponse({"id": "m1", "role": given[-1]}, 201 if given[-1] in ("viewer", "admin") else 422)

    assigned(
        services.app(("POST", "/members", add)), [{"operation": "POST /members", "body": {"user_id": "u7", "role": "viewer"}}]
    )
    assert set(given) == {"viewer"}


@pytest.mark.parametrize(
    ("wrong", "found"), [("options", ["POST /jobs options.cost"]), ("lines", ["POST /jobs lines[].paid"]), ("", [])]
)
def test_what_an_object_shows_is_not_taken_below_the_top_of_a_body(wrong, found):
    jobs = {}

    async def make(request):
        if services.who(request) is None:
            return refused()
        body = await request.json()
        cost = body["options"].get("cost") if wrong == "options" else None
        lines = [{"text": line["text"], "paid": wrong == "lines" and line.get("paid") is True} for line in body["lines"]]
        key = secrets.token_hex(4)
        jobs[key] = {"id": key, "cost": cost if cost is not None else 12.5, "lines": lines}
        return services.JSONResponse(jobs[key], 201)

    def show(request):
        job = jobs.get(request.path_params["job_id"])
        return services.JSONResponse(job) if job and services.who(request) else refused(404)

    rows = [{"operation": "POST /jobs", "body": {"options": {"copies": 3}, "lines": [{"text": "rent"}]}}, "GET /jobs/{job_id}"]
    scan = assigned(services.app(("POST", "/jobs", make), ("GET", "/jobs/{job_id}", show)), rows)
    assert [finding.location for finding in scan.findings] == found, scan.coverage["mass-assignment"]
    assert "POST /jobs" in scan.coverage["mass-assignment"].tried


@pytest.mark.parametrize(("wrong", "found"), [("read only", ["PUT /pears/{pear_id} sheen"]), ("", [])])
def test_what_the_document_marks_as_read_only_is_not_written(wrong, found):
    pears = {}

    async def make(request):
        if services.who(request) is None:
            return refused()
        key = secrets.token_hex(4)
        pears[key] = {"id": key, "kilos": (await request.json())["kilos"], "sheen": "unseen"}
        return services.JSONResponse(pears[key], 201)

    async def change(request):
        pear, body = pears.get(request.path_params["pear_id"]), await request.json()
        if pear is None or services.who(request) is None:
            return refused(404)
        pear |= {name: body[name] for name in ("kilos", *(["sheen"] if wrong else [])) if name in body}
        return services.JSONResponse(pear)

    def show(request):
        pear = pears.get(request.path_params["pear_id"])
        return services.JSONResponse(pear) if pear and services.who(request) else refused(404)

    request = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Weighing"}}}}
    answers = {
        "200": {"description": "A pear", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pear"}}}}
    }
    single = {"parameters": [{"name": "pear_id", "in": "path", "required": True, "schema": {"type": "string"}}]}
    described = {"id": {"type": "string"}, "kilos": {"type": "number"}, "sheen": {"type": "string", "readOnly": True}}
    contract = {
        "openapi": "3.0.3",
        "info": {"title": "Pears", "version": "1"},
        "paths": {
            "/pears": {"post": {"requestBody": request, "responses": answers}},
            "/pears/{pear_id}": single | {"get": {"responses": answers}, "put": {"requestBody": request, "responses": answers}},
        },
        "components": {
            "schemas": {
                "Weighing": {"type": "object", "required": ["kilos"], "properties": {"kilos": {"type": "number", "example": 4}}},
                "Pear": {"type": "object", "properties": described},
            }
        },
    }
    application = services.app(("POST", "/pears", make), ("GET", "/pears/{pear_id}", show), ("PUT", "/pears/{pear_id}", change))
    scan = assigned(application, [], contract)
    assert [finding.location for finding in scan.findings] == found, scan.coverage["mass-assignment"]
    assert {pear["sheen"] for pear in pears.values()} == {"unseen"}


def test_what_is_put_back_is_the_object_that_was_changed():
    operation = operations.from_table({"operation": "PATCH /{tenant}/boats/{boat_id}", "body": {"name": "Swan"}})
    where = "/acme%2Fnorth/boats/7"
    change = Change(operation, None, where, {"name": "Heron"}, where)
    assert {parameter.name: value for parameter, value in change.named.items()} == {"tenant": "acme/north", "boat_id": "7"}
    assert {parameter.name: value for parameter, value in change.values.items()} == {"name": "Heron"}
