"""Accounts that a body names by what they sign in with, tried on new ones; registrations that want nobody and a new number."""

import pytest
import services

PASSWORD = "Long-enough-77"
ROLES = ("chief", "helper", "guest")


def office(*, weak):
    """People with profiles and roles: where it is weak, everybody changes whom they name."""
    people = {}
    for number, (name, role) in enumerate([("ann", "guest"), ("ben", "guest"), ("cap", "chief")]):
        people[name] = {"username": name, "phone": f"00{number}", "nick": name, "role": role, "password": PASSWORD}

    def public_profile(person):
        return services.JSONResponse({key: value for key, value in person.items() if key != "password"})

    def caller(request):
        return people.get(request.headers.get("Authorization", "").removeprefix("Bearer token-of-"))

    async def register(request):
        body = await request.json()
        if "Authorization" in request.headers:
            return services.JSONResponse({"detail": "You are signed in"}, 400)
        taken = any(body["phone"] == person["phone"] for person in people.values())
        if body["username"] in people or taken:
            return services.JSONResponse({"detail": "taken"}, 403)
        people[body["username"]] = {key: str(body[key]) for key in ("username", "password", "phone", "nick")} | {"role": "guest"}
        return services.JSONResponse({"username": body["username"]}, 201)

    async def sign_in(request):
        body = await request.json()
        person = people.get(str(body.get("username")))
        if person is None or person["password"] != body.get("password"):
            return services.JSONResponse({"detail": "no"}, 401)
        return services.JSONResponse({"token": f"token-of-{person['username']}"})

    async def profile(request):
        sender = caller(request)
        if sender is None:
            return services.JSONResponse({"detail": "no"}, 401)
        if request.method == "GET":
            return public_profile(sender)
        body = await request.json()
        meant = people.get(str(body.get("username")))
        if meant is None:
            return services.JSONResponse({"detail": "unknown"}, 404)
        if meant is not sender and not weak:
            return services.JSONResponse({"detail": "not yours"}, 403)
        meant["nick"] = str(body.get("nick", meant["nick"]))
        return public_profile(meant)

    async def role(request):
        sender, body = caller(request), await request.json()
        if sender is None or (sender["role"] != "chief" and (not weak or body.get("role") == "chief")):
            return services.JSONResponse({"detail": "no"}, 403)
        meant = people.get(str(body.get("username")))
        if meant is None or body.get("role") not in ROLES:
            return services.JSONResponse({"detail": "unknown"}, 404)
        meant["role"] = body["role"]
        return services.JSONResponse({"username": meant["username"], "role": meant["role"]})

    return services.app(("POST", "/register", register), ("POST", "/sign-in", sign_in), ("GET", "/profile", profile),
                        ("PUT", "/profile", profile), ("PUT", "/roles", role))  # fmt: skip


def document():
    def body(**properties):
        schema = {"type": "object", "properties": properties, "required": list(properties)}
        return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}, "responses": {"200": {}}}

    text, bearer = {"type": "string"}, {"security": [{"bearer": []}]}
    roles = {"type": "string", "enum": list(ROLES)}
    paths = {
        "/register": {"post": body(username=text, password=text, phone=text, nick=text)},
        "/sign-in": {"post": body(username=text, password=text)},
        "/profile": {"get": bearer | {"responses": {"200": {}}}, "put": bearer | body(username=text, nick=text)},
        "/roles": {"put": bearer | body(username=text, role=roles)},
    }
    schemes = {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}
    return {"openapi": "3.1.0", "info": {"title": "office", "version": "1"}, "paths": paths, "components": schemes}


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize(("probe", "location"), [("object-level", "PUT /profile body username"), ("function-level", "PUT /roles body username")])  # fmt: skip
def test_accounts_are_changed_by_whom_they_belong_to(monkeypatch, probe, location, weak):
    monkeypatch.setenv("OFFICE", PASSWORD)
    people = {name: {"username": name, "password_env": "OFFICE"} for name in ("ann", "ben", "cap")}
    people["cap"]["role"] = "admin"
    with services.serving(office(weak=weak)) as url:
        shop = services.target(url, (), people, {"operation": "POST /sign-in", "token": "token"}, document(),
                               admin=["PUT /roles"])  # fmt: skip
        scan = services.scanned(shop, probe, allow_changes=True, seed=3)
    assert [finding.locations for finding in scan.findings] == ([(location,)] if weak else []), scan.coverage[probe].skipped
    assert location in scan.coverage[probe].tried
