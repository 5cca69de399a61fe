"""A role in the profile of a registration: a query whose input is of a type, and whose profile is any JSON."""

import pytest
import services

REGISTER = "mutation($input: Registration!) {register(input: $input) {name}}"
LOGIN = "mutation($username: String!, $password: String!) {login(username: $username, password: $password) {token}}"
INPUT = {"username": "dora", "password": "willow-Meadow-26", "profile": {"language": "en"}}
ROWS = [
    {"operation": "POST /graphql#me", "body": {"query": "{me {name role}}"}},
    {"operation": "POST /graphql#register", "public": True, "body": {"query": REGISTER, "variables": {"input": INPUT}}},
]
SIGN_IN = {
    "operation": "POST /graphql",
    "body": {"query": LOGIN},
    "username": "variables.username",
    "password": "variables.password",
    "token": "data.login.token",
}


def members(weak):
    """Accounts; by ``weak`` all of a profile is taken over."""
    people = {"ann": {"name": "ann", "role": "user", "password": "maple-Harbour-41"}}

    def register(given):
        if set(given) - {"username", "password", "profile"} or given["username"] in people:
            return None
        person = {"name": given["username"], "role": "user", "password": given["password"]}
        profile = given.get("profile") or {}
        people[given["username"]] = person | (
            profile if weak else {name: profile[name] for name in ("language",) if name in profile}
        )
        return {"name": given["username"]}

    def resolve(request, query, variables):
        if "register" in query:
            return {"register": register(variables["input"])}
        if "login" in query:
            person = people.get(str(variables["username"]), {})
            right = person.get("password") == variables["password"]
            return {"login": {"token": f"token-of-{person['name']}"} if right else None}
        person = people.get(request.headers.get("authorization", "").removeprefix("Bearer token-of-"))
        return {"me": person and {name: person[name] for name in ("name", "role")}}

    async def graphql(request):
        body = await request.json()
        data = resolve(request, str(body.get("query")), body.get("variables") or {})
        refused = all(value is None for value in data.values())
        return services.JSONResponse({"data": data} | ({"errors": [{"message": "please sign in"}]} if refused else {}))

    return services.app(("POST", "/graphql", graphql))


@pytest.mark.parametrize("weak", [True, False])
def test_a_role_in_the_profile_of_a_registration(monkeypatch, weak):
    monkeypatch.setenv("PASSWORD_ANN", "maple-Harbour-41")
    people = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
    with services.serving(members(weak)) as url:
        scan = services.scanned(services.target(url, ROWS, people, SIGN_IN), "mass-assignment", allow_changes=True, seed=8)
    found = [location for finding in scan.findings for location in finding.locations]
    assert found == (["POST /graphql#register variables.input.profile.role"] if weak else []), scan.coverage["mass-assignment"]
    assert "POST /graphql#register" in scan.coverage["mass-assignment"].tried
