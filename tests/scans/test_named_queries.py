"""Queries of GraphQL that share a path, named one by one by the lists of a description."""

import json

import pytest
import services

from theodore_qa.errors import UsageError

QUERIES = {"me": "{me {name}}", "staff": "{staff {name}}", "news": "{news {title}}", "wipe": "mutation {wipe}"}
ROWS = [{"operation": f"POST /graphql#{name}", "body": {"query": query}} for name, query in QUERIES.items()]
LISTS = {
    "admin": ["POST /graphql#staff"], "public": ["POST /graphql#news"], "skip": {"POST /graphql#wipe": "it empties the archive"},
}  # fmt: skip


def target(url, **lists):
    return services.target(url, ROWS, services.by_token("alice"), **{**LISTS, **lists})


def test_lists_name_single_queries():
    named = {str(operation).partition("#")[2]: operation for operation in target("http://127.0.0.1:1").operations}
    assert {name for name, operation in named.items() if operation.admin} == {"staff"}
    assert {name for name, operation in named.items() if operation.secured is False} == {"news"}


def test_a_skipped_query_is_not_sent_and_those_beside_it_are(monkeypatch):
    monkeypatch.setenv("TOKEN_ALICE", "alice-secret")
    sent = []

    async def answer(request):
        query = json.loads(await request.body()).get("query", "")
        sent.append(query)
        return services.JSONResponse({"data": {"me": {"name": "alice"}, "news": [{"title": "Fair"}]}})

    with services.serving(services.app(("POST", "/graphql", answer))) as url:
        services.scanned(target(url), "graphql", "sql-injection", allow_changes=True)
    assert not [query for query in sent if "wipe" in query]
    assert [query for query in sent if "news" in query]


@pytest.mark.parametrize("name", ["admin", "public"])
def test_a_query_that_there_is_not_is_refused(name):
    with pytest.raises(UsageError, match="There is no operation 'POST /graphql#staf' in .*: did you mean 'POST /graphql#staff'"):
        target("http://127.0.0.1:1", **{name: ["POST /graphql#staf"]})
