"""A sign-in that is a query of GraphQL takes payloads as any other: with names that nobody has, from anonymous callers."""

import json
import sqlite3
import threading
from collections import Counter

import pytest
import services

QUERY = "mutation($username: String!, $password: String!) {login(username: $username, password: $password) {token}}"
SIGN_IN = {
    "operation": "POST /graphql#login",
    "body": {"query": QUERY, "variables": {}},
    "username": "variables.username",
    "password": "variables.password",
    "token": "data.login.token",
}
ROWS = [
    {
        "operation": "POST /graphql#login",
        "public": True,
        "body": {"query": QUERY, "variables": {"username": "x", "password": "y"}},
    },
    {"operation": "POST /graphql#me", "body": {"query": "{me {name}}"}},
]


class Shop:
    """Signs in by GraphQL; five wrong passwords of a name lock it. A name goes into the statement where it is ``wrong``."""

    def __init__(self, *, wrong):
        self.wrong, self.tried, self.lock = wrong, Counter(), threading.Lock()
        self.database = sqlite3.connect(":memory:", check_same_thread=False)
        self.database.executescript("CREATE TABLE people(name TEXT); INSERT INTO people VALUES ('alice'), ('bob')")
        self.app = services.app(("POST", "/graphql", self.graphql))

    def found(self, name):
        with self.lock:
            if self.wrong:
                return self.database.execute(f"SELECT name FROM people WHERE name = '{name}'").fetchone()
            return self.database.execute("SELECT name FROM people WHERE name = ?", (name,)).fetchone()

    async def graphql(self, request):
        body = await request.json()
        if "me {" in body.get("query", ""):
            name = request.headers.get("authorization", "").removeprefix("Bearer token-of-")
            return services.JSONResponse(
                {"data": {"me": {"name": name}}} if name in services.SECRETS else self.refused("sign in")
            )
        given = body.get("variables") or {}
        name, password = str(given.get("username")), str(given.get("password"))
        try:
            person = self.found(name)
        except sqlite3.Error as error:
            return services.JSONResponse(self.refused(f"sqlite3.OperationalError: {error}"))
        if person and password == services.SECRETS[person[0]] and self.tried[name] <= 5:
            return services.JSONResponse({"data": {"login": {"token": f"token-of-{person[0]}"}}})
        self.tried[name] += 1
        return services.JSONResponse(self.refused("name or password is wrong"))

    @staticmethod
    def refused(text):
        return {"errors": [{"message": text}], "data": None}


@pytest.mark.parametrize("wrong", [True, False])
def test_it_is_an_insertion_point_and_locks_nobody_out(monkeypatch, wrong):
    monkeypatch.setenv("PASSWORD_ALICE", services.SECRETS["alice"])
    service = Shop(wrong=wrong)
    identities = {"alice": {"username": "alice", "password_env": "PASSWORD_ALICE"}}
    with services.serving(service.app) as url:
        shop = services.target(url, ROWS, identities, SIGN_IN)
        scan = services.scanned(shop, "sql-injection", seed=3)
        assert "POST /graphql#login body variables.username" in scan.coverage["sql-injection"].tried, scan.coverage
        answer = shop.client().send("POST", "/graphql", {"Content-Type": "application/json"}, _sign_in("alice"))
    places = {place for finding in scan.findings for place in finding.locations}
    assert ("POST /graphql#login body variables.username" in places) is wrong, scan.findings
    assert "token-of-alice" in answer.text, "the scan has locked alice out"


def _sign_in(name):
    return json.dumps({"query": QUERY, "variables": {"username": name, "password": services.SECRETS[name]}}).encode()
