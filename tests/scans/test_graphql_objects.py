"""Identifiers for variables, refusals with status 200, and accounts, where all queries go to one path."""

import itertools
import re

import pytest
import services

LOGIN = {"operation": "POST /login", "token": "access_token"}
NAMES = ("ann", "ben")
IDENTITIES = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in NAMES}
REGISTER = {
    "query": "mutation($account: New!) {register(account: $account) {username}}",
    "variables": {"account": {"username": "dora", "password": "willow-Meadow-26"}},
}
ROWS = [
    {"operation": "POST /login", "body": {"username": "x", "password": "y"}, "public": True},
    {"operation": "POST /graphql#me", "body": {"query": "{me {username role}}"}},
    {"operation": "POST /graphql#tickets", "body": {"query": "{tickets {id subject owner}}"}},
    {
        "operation": "POST /graphql#ticket",
        "body": {"query": "query($id: ID!) {ticket(id: $id) {id subject owner}}", "variables": {"id": "0000"}},
    },
    {
        "operation": "POST /graphql#closeTicket",
        "body": {"query": "mutation($ticketId: ID!) {closeTicket(id: $ticketId) {id}}", "variables": {"ticketId": "0000"}},
    },
    {"operation": "POST /graphql#register", "body": REGISTER, "public": True},
]
CHANGE = {
    "operation": "POST /graphql#updateProfile",
    "body": {
        "query": "mutation($input: Profile!) {updateProfile(input: $input) {title}}",
        "variables": {"input": {"title": "Clerk"}},
    },
}


class Desk:
    """``wrong`` names what is wrong: tickets of others are read, or a role is taken at the registration."""

    def __init__(self, *wrong):
        self.wrong, self.closed, self.sessions, self.numbers = wrong, [], {}, itertools.count(1)
        self.people = {name: {"username": name, "password": "Correct-Horse-1", "role": "user"} for name in NAMES}
        self.tickets = [{"id": f"t{number}", "subject": f"chair {number}", "owner": NAMES[number % 2]} for number in range(1, 5)]
        self.app = services.app(("POST", "/login", self.login), ("POST", "/graphql", self.graphql))

    async def login(self, request):
        body = await request.json()
        person = self.people.get(str(body.get("username")))
        if person is None or person["password"] != body.get("password"):
            return services.JSONResponse({"error": "wrong"}, 401)
        self.sessions[token := f"session-{next(self.numbers)}"] = person["username"]
        return services.JSONResponse({"access_token": token})

    async def graphql(self, request):
        body = await request.json()
        name = self.sessions.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        field = re.search(r"\{\s*(\w+)", str(body.get("query")))
        resolve = getattr(self, f"resolve_{field[1]}", None) if field else None
        found = resolve(name, body.get("variables") or {}) if resolve else None
        if found is None:
            return services.JSONResponse({"errors": [{"message": "refused"}], "data": {field[1]: None} if field else None})
        return services.JSONResponse({"data": {field[1]: found}})

    def resolve_me(self, name, _):
        return {key: value for key, value in self.people[name].items() if key != "password"} if name else None

    def resolve_tickets(self, name, _):
        return [ticket for ticket in self.tickets if ticket["owner"] == name] if name else None

    def resolve_ticket(self, name, variables):
        others = "ticket" in self.wrong
        found = (ticket for ticket in self.tickets if ticket["id"] == variables.get("id") and (others or ticket["owner"] == name))
        return next(found, None) if name else None

    def resolve_closeTicket(self, name, variables):  # noqa: N802  # the query's name
        if self.resolve_ticket(name, {"id": variables.get("ticketId")}) is None:
            return None
        self.closed.append(variables["ticketId"])
        return {"id": variables["ticketId"]}

    def resolve_updateProfile(self, name, variables):  # noqa: N802  # the query's name
        given = variables.get("input") or {}
        if not name or given.keys() - {"title", *(("role",) if "profile" in self.wrong else ())}:
            return None
        self.people[name] |= given
        return {"title": given.get("title")}

    def resolve_register(self, _, variables):
        account = variables.get("account")
        allowed = {"username", "password"} | ({"role"} if "role" in self.wrong else set())
        if not isinstance(account, dict) or account.keys() - allowed or not str(account.get("username")).isalnum():
            return None
        self.people[account["username"]] = {"role": "user", **account}
        return {"username": account["username"]}


@pytest.mark.parametrize(
    ("probe", "wrong", "location"),
    [
        ("object-level", "ticket", "POST /graphql#ticket body variables.id"),
        ("mass-assignment", "role", "POST /graphql#register role"),
    ],
)
def test_what_queries_of_one_path_hand_out(monkeypatch, probe, wrong, location):
    for name in NAMES:
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", "Correct-Horse-1")
    for desk in (Desk(wrong), Desk()):
        with services.serving(desk.app) as url:
            scan = services.scanned(services.target(url, ROWS, IDENTITIES, LOGIN), probe, allow_changes=True, seed=5)
        found = [each for finding in scan.findings for each in finding.locations]
        assert found == ([location] if desk.wrong else []), scan.coverage[probe].skipped
        assert any(each.startswith(location.rpartition(" ")[0].removesuffix(" body")) for each in scan.coverage[probe].tried)
        assert desk.closed == []  # what was there before


@pytest.mark.parametrize("wrong", ["profile", ""])
def test_a_mutation_about_oneself_changes_an_account_that_was_made_for_it(monkeypatch, wrong):
    for name in NAMES:
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", "Correct-Horse-1")
    desk = Desk(wrong)
    with services.serving(desk.app) as url:
        scan = services.scanned(services.target(url, [*ROWS, CHANGE], IDENTITIES, LOGIN), "mass-assignment", allow_changes=True)
    found = [each for finding in scan.findings for each in finding.locations]
    assert found == (["POST /graphql#updateProfile role"] if wrong else []), scan.coverage["mass-assignment"].skipped
    assert "POST /graphql#updateProfile" in scan.coverage["mass-assignment"].tried
    assert [desk.people[name]["role"] for name in NAMES] == ["user", "user"]


def test_errors_without_data_are_no_control(monkeypatch):
    for name in NAMES:
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", "Correct-Horse-1")
    desk = Desk()
    with services.serving(desk.app) as url:
        scan = services.scanned(services.target(url, ROWS, IDENTITIES, LOGIN), "cors", "stack-trace", allow_changes=True)
    reason = "the control request was answered 200, with errors and no data"
    assert scan.coverage["stack-trace"].open["POST /graphql#closeTicket body variables.ticketId"] == reason
    assert "POST /graphql#ticket body variables.id" in scan.coverage["stack-trace"].tried
