"""A registration that offers a role by its own description: who registers is not to choose the administrator's."""

import pytest
import services

PASSWORDS = {"ann": "maple-Harbour-41", "boss": "cedar-Anchor-93"}


def members(weak, place):
    """Accounts with a role; by ``weak`` whoever registers chooses it, else it is for buyers and sellers alone."""
    people = {
        name: {"name": name, "password": word, "role": "chief" if name == "boss" else "buyer"} for name, word in PASSWORDS.items()
    }

    async def register(request):
        given = await request.json()
        free = weak or given.get("role", "buyer") in ("buyer", "seller")
        if not {"name", "password"} <= set(given) or given["name"] in people or not free:
            return services.JSONResponse({"message": "refused"}, 400)
        people[given["name"]] = {"role": given.get("role", "buyer"), "name": given["name"], "password": given["password"]}
        return services.JSONResponse({"message": "welcome"}, 201)

    async def login(request):
        given = await request.json()
        person = people.get(str(given.get("name")), {})
        if not person or person["password"] != given.get("password"):
            return services.JSONResponse({"message": "wrong"}, 401)
        user = {"user": [{"name": person["name"], "role": person["role"]}]} if place == "sign-in" else {}
        return services.JSONResponse({"token": f"token-of-{person['name']}"} | user)

    def me(request):
        person = people.get(request.headers.get("authorization", "").removeprefix("Bearer token-of-"))
        if person is None or place == "sign-in":
            return services.JSONResponse({"message": "no"}, 401 if person is None else 404)
        return services.JSONResponse({name: person[name] for name in ("name", "role")})

    return services.app(("POST", "/users/", register), ("POST", "/login", login), ("GET", "/me", me))


@pytest.mark.parametrize("place", ["profile", "sign-in"])
@pytest.mark.parametrize("weak", [True, False])
def test_a_role_that_a_registration_offers(monkeypatch, weak, place):
    for name, word in PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", word)
    people = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in PASSWORDS}
    people["boss"]["role"] = "admin"
    body = {"name": "dora", "password": "willow-Meadow-26", "role": "buyer"}
    rows = [
        {"operation": "POST /users/", "public": True, "body": body},
        {"operation": "GET /me"},
        {"operation": "GET /admin/figures"},
    ]
    sign_in = {"operation": "POST /login", "username": "name", "token": "token"}
    with services.serving(members(weak, place)) as url:
        scan = services.scanned(services.target(url, rows, people, sign_in), "mass-assignment", allow_changes=True, seed=3)
    found = [location for finding in scan.findings for location in finding.locations]
    assert found == (["POST /users/ role"] if weak else []), scan.coverage["mass-assignment"]
