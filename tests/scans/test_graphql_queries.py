"""Queries that are sent to one path and told apart by a name: each is an operation with its variables as places for values."""

import pytest
import services

from SecurityLibrary.findings.finding import Severity

ORDERS = {1: {"id": 1, "owner": "alice", "total": 12}, 2: {"id": 2, "owner": "bob", "total": 30}}
ROWS = [
    {
        "operation": "POST /graphql#order",
        "body": {"query": "query($id: ID!) {order(id: $id) {id owner total}}", "variables": {"id": 1}},
    },
    {
        "operation": "POST /graphql#search",
        "body": {"query": "query($text: String!) {search(text: $text) {name}}", "variables": {"text": "pen"}},
    },
    {"operation": "POST /graphql#everybody", "body": {"query": "{users {name}}"}, "admin": True},
]
LOCATIONS = {
    "object-level": "POST /graphql#order body variables.id",
    "function-level": "POST /graphql#everybody",
    "sql-injection": "POST /graphql#search body variables.text",
    "missing-authentication": "POST /graphql#order",
}


def graph(*wrong):
    """``wrong`` names the probes that have something to find."""
    database = services.sqlite3.connect(":memory:", check_same_thread=False)
    database.executescript("CREATE TABLE items(name TEXT); INSERT INTO items VALUES ('pen'), ('pencil')")

    def search(text):
        if "sql-injection" not in wrong:
            return database.execute("SELECT name FROM items WHERE name = ?", (text,)).fetchall()
        try:
            return database.execute(f"SELECT name FROM items WHERE name = '{text}'").fetchall()
        except services.sqlite3.Error:
            return []

    def resolve(who, query, variables):
        if who is None and "missing-authentication" not in wrong:
            return None
        if "order(" in query:
            order = ORDERS.get(variables.get("id"))
            return {"order": order} if order and ("object-level" in wrong or order["owner"] == who or who is None) else None
        if "search(" in query and isinstance(variables.get("text"), str):
            return {"search": [{"name": name} for (name,) in search(variables["text"])]}
        return {"users": [{"name": "ann"}]} if "users" in query and (who == "boss" or "function-level" in wrong) else None

    async def query(request):
        body = await request.json()
        data = resolve(services.who(request), str(body.get("query")), body.get("variables") or {})
        return services.JSONResponse({"data": data} if data else {"errors": [{"message": "refused"}], "data": None})

    return services.app(("POST", "/graphql", query))


def scanned(monkeypatch, probe, *wrong):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)
    own = {name: {"values": {"variables.id": number}} for number, name in enumerate(("alice", "bob"), 1)}
    identities = services.by_token(*services.SECRETS, **own, boss={"role": "admin"})
    with services.serving(graph(*wrong)) as url:
        return services.scanned(services.target(url, ROWS, identities), probe, allow_changes=True, seed=11)


@pytest.mark.parametrize(("probe", "location"), LOCATIONS.items(), ids=LOCATIONS)
def test_the_weakness_of_a_query_is_found_by_its_name(monkeypatch, probe, location):
    scan = scanned(monkeypatch, probe, probe)
    assert location in {each for finding in scan.findings for each in finding.locations}, scan.coverage[probe]
    assert {finding.probe for finding in scan.findings} == {probe}


@pytest.mark.parametrize("probe", LOCATIONS)
def test_nothing_is_found_in_the_fixed_fixture(monkeypatch, probe):
    scan = scanned(monkeypatch, probe)
    assert not scan.findings
    assert scan.coverage[probe].tried, scan.coverage[probe].skipped


@pytest.mark.parametrize(
    ("queries", "observed"),
    [
        (["{orders {id}}"], ["introspection names what is not described: allOrders, wipe"]),
        (["{orders {id}}", "{allOrders {id}}", "mutation {wipe}"], []),
    ],
)
def test_queries_that_the_description_lacks_are_reported(queries, observed):
    rows = [{"operation": f"POST /graphql#{number}", "body": {"query": query}} for number, query in enumerate(queries)]
    with services.serving(services.graphql("bad")) as url:
        scan = services.scanned(services.target(url, rows), "graphql", allow_changes=True)
    assert [finding.observed for finding in scan.findings if finding.severity is Severity.INFO] == observed
