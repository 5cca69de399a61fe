"""Rights that a registration takes over, where an account is shown in a list alone: to everybody, or to the administrator."""

import pytest
import services

ROWS = [
    {"operation": "POST /members/register", "public": True, "body": {"username": "dora", "password": "willow-Meadow-26"}},
    {"operation": "POST /members/login", "public": True, "body": {"username": "dora", "password": "willow-Meadow-26"}},
]
SIGN_IN = {"operation": "POST /members/login", "token": "token"}
PASSWORDS = {"ann": "maple-Harbour-41", "boss": "cedar-Anchor-93"}


def members(weak, list_for):
    """Accounts that are shown in a list, to everybody or to administrators; by ``weak`` all that is sent is taken over."""
    people = {name: {"username": name, "password": word, "admin": name == "boss"} for name, word in PASSWORDS.items()}

    async def register(request):
        given = await request.json()
        if not {"username", "password"} <= set(given) or given["username"] in people:
            return services.JSONResponse({"message": "refused"}, 400)
        kept = given if weak else {name: given[name] for name in ("username", "password")}
        people[given["username"]] = {"admin": False} | kept
        return services.JSONResponse({"message": "Successfully registered."})

    async def login(request):
        given = await request.json()
        person = people.get(str(given.get("username")), {})
        if not person or person["password"] != given.get("password"):
            return services.JSONResponse({"message": "wrong"}, 401)
        return services.JSONResponse({"token": f"token-of-{person['username']}"})

    def listed(request):
        who = people.get(request.headers.get("authorization", "").removeprefix("Bearer token-of-"), {})
        if list_for == "boss" and who.get("admin") is not True:
            return services.JSONResponse({"message": "no"}, 403)
        people_listed = [{name: each[name] for name in ("username", "admin")} for each in people.values()]
        return services.JSONResponse({"members": people_listed})

    return services.app(("POST", "/members/register", register), ("POST", "/members/login", login), ("GET", "/members", listed))


@pytest.mark.parametrize("list_for", ["everybody", "boss"])
@pytest.mark.parametrize("weak", [True, False])
def test_a_right_of_a_new_account_shows_in_a_list(monkeypatch, weak, list_for):
    for name, word in PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", word)
    people = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in PASSWORDS}
    people["boss"]["role"] = "admin"
    rows = [*ROWS, {"operation": "GET /members", "admin": list_for == "boss", "public": list_for != "boss"}]
    with services.serving(members(weak, list_for)) as url:
        scan = services.scanned(services.target(url, rows, people, SIGN_IN), "mass-assignment", allow_changes=True, seed=3)
    found = [location for finding in scan.findings for location in finding.locations]
    assert found == (["POST /members/register admin"] if weak else []), scan.coverage["mass-assignment"]
    assert "POST /members/register" in scan.coverage["mass-assignment"].tried
