"""The rows of a first project for GraphQL: queries that the endpoint takes, as its schema tells them."""

import graphql
import pytest
import yaml
from serving import serving
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from theodore_qa.cli import first_project, graphql_rows
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems import environment

SCHEMA = graphql.build_schema("""
    type Query { pastes(public: Boolean = false, kind: Kind = OLD, filter: String): [Paste!]  search(keyword: String!): [Found]  health: String  me: Person }
    type Mutation { createUser(data: UserInput!): Created  tag(id: ID!, kind: Kind!, marks: [Int!]!): Paste }
    type Paste { id: ID! title: String owner: Person related(limit: Int!): [Paste] }
    type Person { pastes: [Paste] }
    type Created { user: Person paste: Paste }
    union Found = Paste | Person
    enum Kind { NEWS OLD }
    input UserInput { name: String! inner: Inner }
    input Inner { ages: [Int!]  again: UserInput }
""")


def graphql_app(*, closed=False):
    async def answer(request):
        body = await request.json()
        if closed:
            return JSONResponse({"errors": [{"message": "introspection is off"}]}, 400)
        done = graphql.graphql_sync(SCHEMA, body["query"], variable_values=body.get("variables"))
        return JSONResponse(done.formatted)

    return Starlette(routes=[Route("/api/graphql", answer, methods=["POST"])])


def test_each_query_and_mutation_is_a_row_that_the_schema_takes():
    with serving(graphql_app()) as url:
        start = first_project.without_document(url)
        written = yaml.safe_load(first_project.environment(start))
    rows = written["systems"]["api"]["operations"]
    names = ["pastes", "search", "health", "me", "createUser", "tag"]
    assert rows == ["GET /", *start.rows]
    assert [row["operation"] for row in start.rows] == [f"POST /api/graphql#{name}" for name in names]
    for row in start.rows:
        done = graphql.graphql_sync(SCHEMA, row["body"]["query"], variable_values=row["body"].get("variables"))
        assert done.errors is None, (row, done.errors)
    assert start.rows[0]["body"]["variables"] == {"public": False, "kind": "NEWS", "filter": "text"}
    assert start.rows[5]["body"]["variables"] == {"id": "1", "kind": "NEWS", "marks": [1]}


def test_without_a_schema_there_is_one_row():
    for app in (graphql_app(closed=True), Starlette(routes=[])):
        with serving(app) as url:
            start = first_project.without_document(url)
        assert start.rows == []
    assert graphql_rows.rows({"types": None, "queryType": None}, "/graphql") == []


def test_a_page_proves_by_its_title(tmp_path):
    title = ["Ann & Ben's shop"]

    def page(_):
        return HTMLResponse(f"<html><head><title>\n {title[0].replace('&', '&amp;')} </title></head></html>")

    with serving(Starlette(routes=[Route("/", page)])) as url:
        written = first_project.environment(first_project.without_document(url))
        assert """    proof: {operation: GET /, value: "Ann & Ben's shop"}\n""" in written
        system = environment.from_mapping(yaml.safe_load(written), tmp_path / "api.yaml").system("api")
        assert system.prover.identify() == title[0]
        title[0] = "Another shop"
        with pytest.raises(NotEvaluatedError, match="expected 'Ann & Ben's shop' in the title of GET /, observed 'Another shop'"):
            system.prover.identify()
