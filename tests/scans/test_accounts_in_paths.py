"""Accounts that a path names: a change goes to the account of whoever sends it, whatever account the document gives as an example."""

import pytest
import services

PASSWORD = "Long-enough-77"


def club(*, checks_current, changed):
    """Members who change passwords by their names; ``changed`` lists whose passwords were set, and by whom."""
    members = {"ann": PASSWORD, "ben": PASSWORD}

    def caller(request):
        return request.headers.get("Authorization", "").removeprefix("Bearer token-of-")

    async def register(request):
        body = await request.json()
        if body["username"] in members:
            return services.JSONResponse({"detail": "taken"}, 409)
        members[body["username"]] = body["password"]
        return services.JSONResponse({"username": body["username"]}, 201)

    async def sign_in(request):
        body = await request.json()
        known = members.get(str(body.get("username"))) == body.get("password")
        return services.JSONResponse({"token": f"token-of-{body['username']}"} if known else {}, 200 if known else 401)

    async def change(request):
        name, body = request.path_params["username"], await request.json()
        if caller(request) not in members:
            return services.JSONResponse({"detail": "no"}, 401)
        if name not in members:
            return services.JSONResponse({"detail": "unknown"}, 404)
        if checks_current and (caller(request) != name or body.get("current") != members[name]):
            return services.JSONResponse({"detail": "wrong"}, 403)
        changed.append((caller(request), name))
        members[name] = body["password"]
        return services.JSONResponse({"changed": True})

    routes = (("POST", "/register", register), ("POST", "/sign-in", sign_in), ("PUT", "/members/{username}/password", change))
    return services.app(*routes)


def document():
    def body(**properties):
        schema = {"type": "object", "properties": properties, "required": list(properties)}
        return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}, "responses": {"200": {}}}

    text, bearer = {"type": "string"}, {"security": [{"bearer": []}]}
    name = {"name": "username", "in": "path", "required": True, "schema": text | {"example": "ann"}}
    paths = {
        "/register": {"post": body(username=text, password=text)},
        "/sign-in": {"post": body(username=text, password=text)},
        "/members/{username}/password": {"put": bearer | {"parameters": [name]} | body(password=text, current=text)},
    }
    schemes = {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}
    return {"openapi": "3.1.0", "info": {"title": "club", "version": "1"}, "paths": paths, "components": schemes}


@pytest.mark.parametrize("weak", [True, False])
def test_a_change_of_password_never_goes_to_the_account_of_the_example(monkeypatch, weak):
    monkeypatch.setenv("CLUB", PASSWORD)
    people = {name: {"username": name, "password_env": "CLUB"} for name in ("ann", "ben")}
    changed = []
    with services.serving(club(checks_current=not weak, changed=changed)) as url:
        shop = services.target(url, (), people, {"operation": "POST /sign-in", "token": "token"}, document())
        scan = services.scanned(shop, "current-password", allow_changes=True, seed=3)
    assert {name for _, name in changed} & set(people) == set()
    assert [finding.locations for finding in scan.findings] == ([("PUT /members/{username}/password",)] if weak else [])
    assert scan.coverage["current-password"].tried == {"PUT /members/{username}/password"}, scan.coverage[
        "current-password"
    ].skipped
