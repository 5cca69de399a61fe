"""Queries of any depth, where a type leads to itself: by the schema, or by the queries of the description."""

import graphql
import pytest
import services

from SecurityLibrary.description import graphql_schema
from theodore_qa.systems.exchange import parsed

SCHEMA = graphql.build_schema("""
    type Query { version: String  ticket(id: ID!): Ticket  tickets: [Ticket!]! }
    type Ticket { id: ID  owner: Person  related: [Ticket!]! }
    type Person { name: String  tickets(first: Int! = 5): [Ticket] }
""")
FLAT = graphql.build_schema(
    "type Query { tickets: [Ticket!]! } type Ticket { id: ID owner: Person } type Person { name: String }"
)
ROW = {"operation": "POST /graphql#tickets", "body": {"query": "{tickets {id related {id}}}"}}


def depth(text):
    return max((text[: number + 1].count("{") - text[: number + 1].count("}") for number in range(len(text))), default=0)


def served(schema=SCHEMA, *, limit=100, introspection=True, width=1):
    """A service with these limits, whose every ticket has ``width`` related ones."""
    ticket = {"id": "1"}
    ticket |= {"related": [ticket] * width, "owner": {"name": "ann", "tickets": [ticket] * width}}

    async def query(request):
        body = parsed((await request.body()).decode())
        text = str(body.get("query")) if isinstance(body, dict) else ""
        if (depth(text) > limit and "__schema" not in text) or ("__schema" in text and not introspection):
            return services.JSONResponse({"errors": [{"message": "not that"}]})
        result = graphql.graphql_sync(schema, text, {"tickets": [ticket] * width})
        return services.JSONResponse(
            {"data": result.data} | ({"errors": [str(each) for each in result.errors]} if result.errors else {})
        )

    return services.app(("POST", "/graphql", query))


def scanned(application, row=ROW):
    with services.serving(application) as url:
        scan = services.scanned(services.target(url, [row]), "graphql", allow_changes=True)
    return scan, [finding.observed for finding in scan.findings if "deep" in finding.observed]


@pytest.mark.parametrize("introspection", [True, False])
def test_a_query_of_any_depth_is_found(introspection):
    scan, found = scanned(served(introspection=introspection))
    assert found == ["a query 20 levels deep is answered"], scan.coverage["graphql"]


@pytest.mark.parametrize("introspection", [True, False])
def test_a_limit_of_depth_is_enough(introspection):
    scan, found = scanned(served(limit=8, introspection=introspection))
    assert found == []
    assert "POST /graphql (depth)" in scan.coverage["graphql"].tried


def test_a_query_that_gets_dear_ends_there():
    _, (found,) = scanned(served(width=3))
    assert int(found.split()[2]) < 20
    assert "levels deep brings" in found


@pytest.mark.parametrize(
    "application", [served(FLAT), services.graphql("good"), services.graphql("bad")], ids=["flat", "good", "bad"]
)
def test_what_has_no_depth_has_no_finding(application):
    scan, found = scanned(application, ROW | {"body": {"query": "{tickets {id owner {name}}}"}})
    assert found == []
    assert not scan.coverage["graphql"].failed


@pytest.mark.parametrize(
    ("schema", "cycle"),
    [(SCHEMA, graphql_schema.Cycle(("tickets",), ("related",))), (FLAT, None)],
)
def test_the_shortest_cycle_of_a_schema(schema, cycle):
    found = graphql_schema.cycle_in({"data": graphql.graphql_sync(schema, graphql_schema.INTROSPECTION).data})
    assert found == cycle
    if cycle:
        assert depth(cycle.query(7)) == 8
        assert not graphql.validate(schema, graphql.parse(cycle.query(7)))


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"data": None},
        {"data": {"__schema": {}}},
        {"data": {"__schema": {"types": [{"name": "A", "fields": [{}, 1]}, 7]}}},
    ],
)
def test_half_a_schema_has_no_cycle(answer):
    assert graphql_schema.cycle_in(answer) is None


@pytest.mark.parametrize("refusal", [{"errors": [{"message": "no"}], "data": None}, [], {"data": []}, "no", None])
def test_a_refusal_in_whatever_form_breaks_nothing(refusal):
    async def query(request):
        text = (await request.body()).decode()
        good = '"{__typename}"' in text and not text.startswith("[")
        return services.JSONResponse({"data": {"__typename": "Query"}} if good else refusal)

    scan, found = scanned(services.app(("POST", "/graphql", query)))
    assert (found, scan.findings, scan.coverage["graphql"].failed) == ([], [], "")
    assert "POST /graphql" in scan.coverage["graphql"].tried


def test_guesses_come_from_queries_without_arguments():
    queries = ["query($id: ID!) {ticket(id: $id) {owner {name}}}", "mutation {make {owner {id}}}", "{me {friends {id}} waiting}"]
    assert list(graphql_schema.guesses(queries)) == [graphql_schema.Cycle(("me",), ("friends",))]
