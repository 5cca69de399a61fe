"""Roles of which the API takes its own alone: as the accounts of the description read them about themselves."""

import pytest
import services

PEOPLE = {"ann": "Customer", "mike": "Employee", "chef": "Chef"}
PASSWORDS = {name: f"{name}-Harbour-41" for name in PEOPLE}
ROWS = [
    {"operation": "POST /register", "public": True, "body": {"username": "dora", "password": "willow-Meadow-26"}},
    {"operation": "GET /profile"},
    {"operation": "PATCH /profile", "body": {"first_name": "Dora"}},
    {"operation": "PUT /users/update_role", "body": {"username": "dora", "role": "string"}},
]


def kitchen(weak):
    """Accounts of three roles; by ``weak`` a profile takes a role over, and anybody makes anybody an employee."""
    people = {
        name: {"username": name, "password": PASSWORDS[name], "role": role, "first_name": name} for name, role in PEOPLE.items()
    }

    def answer(data, status=200):
        return services.JSONResponse(data, status)

    def who(request):
        return people.get(request.headers.get("authorization", "").removeprefix("Bearer token-of-"))

    def view(person):
        return answer({name: person[name] for name in ("username", "role", "first_name")})

    async def register(request):
        given = await request.json()
        if not {"username", "password"} <= set(given) or given["username"] in people:
            return answer({"detail": "refused"}, 400)
        kept = {name: given[name] for name in ("username", "password")}
        people[given["username"]] = {"role": "Customer", "first_name": ""} | kept
        return answer({"detail": "welcome"}, 201)

    async def login(request):
        given = await request.json()
        person = people.get(str(given.get("username")), {})
        if not person or person["password"] != given.get("password"):
            return answer({"detail": "wrong"}, 401)
        return answer({"access_token": f"token-of-{person['username']}"})

    def profile(request):
        return view(who(request)) if who(request) else answer({"detail": "no"}, 401)

    async def patch(request):
        person, given = who(request), await request.json()
        if person is None or given.get("role", "Chef") not in PEOPLE.values():
            return answer({"detail": "no"}, 500 if person else 401)
        person.update(given if weak else {name: given[name] for name in ("first_name",) if name in given})
        return view(person)

    async def update_role(request):
        caller, given = who(request), await request.json()
        person = people.get(str(given.get("username")))
        if caller is None or given.get("role") == "Chef" or not (weak or caller["role"] == "Chef"):
            return answer({"detail": "no"}, 403 if caller else 401)
        if person is None or given.get("role") not in PEOPLE.values():
            return answer({"detail": "what?"}, 500)
        person["role"] = given["role"]
        return answer({"detail": "done"})

    return services.app(
        ("POST", "/register", register),
        ("POST", "/login", login),
        ("GET", "/profile", profile),
        ("PATCH", "/profile", patch),
        ("PUT", "/users/update_role", update_role),
    )


@pytest.mark.parametrize("weak", [True, False])
def test_roles_as_the_api_calls_them(monkeypatch, weak):
    for name, word in PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", word)
    people = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in PEOPLE}
    people["mike"]["role"], people["chef"]["role"] = "employee", "admin"
    people["bob"] = people["ann"]
    sign_in = {"operation": "POST /login"}
    with services.serving(kitchen(weak)) as url:
        target = services.target(url, ROWS, people, sign_in)
        scan = services.scanned(target, "mass-assignment", "object-level", allow_changes=True, seed=5)
    found = sorted((finding.probe, *finding.locations) for finding in scan.findings)
    expected = [("mass-assignment", "PATCH /profile role"), ("object-level", "PUT /users/update_role body username")]
    assert found == (expected if weak else []), scan.coverage
