"""Wrong passwords that share one request of GraphQL by aliases: a limit that counts requests, and one that counts each."""

import re

import pytest
import services

PASSWORD = "Correct-Horse-1"
LOGIN = "mutation($username: String!, $password: String!) {login(username: $username, password: $password) {token}}"
ROWS = [
    {"operation": "POST /graphql#me", "body": {"query": "{me {name}}"}},
    {
        "operation": "POST /graphql#login",
        "public": True,
        "body": {"query": LOGIN, "variables": {"username": "nobody", "password": "Wrong-1"}},
    },
]
SIGN_IN = {
    "operation": "POST /graphql#login",
    "body": {"query": LOGIN},
    "username": "variables.username",
    "password": "variables.password",
    "token": "data.login.token",
}
MOST = 4


def desk(by_request):
    """Sign-ins with a limit of wrong passwords for a name; ``by_request`` all of a request are one try."""
    wrong = {}

    def sign_in(name, password, counted):
        if wrong.get(name, 0) >= MOST and not (by_request and counted):
            return "too many attempts, wait a minute"
        if (name, password) == ("carol", PASSWORD):
            wrong.pop(name, None)
            return None
        wrong[name] = wrong.get(name, 0) + (0 if by_request and counted else 1)
        return "name or password is wrong"

    async def graphql(request):
        body = await request.json()
        query, variables = str(body.get("query")), body.get("variables") or {}
        data, errors = {}, []
        for alias, password in re.findall(r"(?:(\w+): )?login\(username: \$username, password: \$(\w+)\)", query):
            refusal = sign_in(variables["username"], variables[password], bool(data))
            data[alias or "login"] = None if refusal else {"token": "token-of-carol-12345"}
            errors += [{"message": refusal, "path": [alias or "login"]}] if refusal else []
        data = data or {"__typename": "Query"}
        return services.JSONResponse({"data": data} | ({"errors": errors} if errors else {}))

    return services.app(("POST", "/graphql", graphql))


@pytest.mark.parametrize("by_request", [True, False])
def test_more_wrong_passwords_than_are_allowed_in_one_request(monkeypatch, by_request):
    monkeypatch.setenv("PASSWORD_CAROL", PASSWORD)
    people = {"carol": {"username": "carol", "password_env": "PASSWORD_CAROL", "lockable": True}}
    with services.serving(desk(by_request)) as url:
        scan = services.scanned(services.target(url, ROWS, people, SIGN_IN), "graphql", allow_changes=True, seed=3)
    found = [(finding.location, finding.observed) for finding in scan.findings if "password" in finding.observed]
    observed = f"{MOST} wrong passwords are allowed; behind more in one request the right one signs in"
    assert found == ([("POST /graphql#login", observed)] if by_request else []), scan.coverage["graphql"]
    assert "POST /graphql (sign-ins)" in scan.coverage["graphql"].tried
