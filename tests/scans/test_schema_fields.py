"""Fields of a schema that no described query asks for: secret and private ones come, or are refused."""

import re

import pytest
import services
from services import by_token

PEOPLE = [
    {"name": "alice", "email": "alice@shop.test", "passwordDigest": "$2b$12$abcdefghijklmnopqrstuv"},
    {"name": "bob", "email": "bob@shop.test", "passwordDigest": "$2b$12$zyxwvutsrqponmlkjihgfe"},
]
ROW = {"operation": "POST /graphql#people", "body": {"query": "{people {name}}"}}
STRING = {"kind": "SCALAR", "name": "String", "ofType": None}


def people(kind):
    """``kind``: with a schema that is told, with suggestions alone, or without these fields."""
    fields = {"name"} if kind == "good" else {"name", "email", "passwordDigest"}

    async def graphql(request):
        query = str((await request.json()).get("query"))
        if services.who(request) is None:
            return services.JSONResponse({"errors": [{"message": "sign in first"}]})
        if "__schema" in query:
            described = [{"name": name, "args": [], "type": STRING} for name in sorted(fields)]
            types = [{"name": "Person", "kind": "OBJECT", "fields": described}]
            schema = {"data": {"__schema": {"types": types}}}
            return services.JSONResponse(schema if kind != "suggesting" else {"errors": [{"message": "no introspection"}]})
        names = re.findall(r"\w+", query.partition("people")[2])
        if unknown := [name for name in names if name not in fields]:
            near = "passwordDigest" if kind == "suggesting" and unknown[0].startswith("passw") else "name"
            message = f"Cannot query field '{unknown[0]}' on type 'Person'. Did you mean '{near}'?"
            return services.JSONResponse({"errors": [{"message": message}]})
        return services.JSONResponse({"data": {"people": [{name: each[name] for name in names} for each in PEOPLE]}})

    return services.app(("POST", "/graphql", graphql))


@pytest.mark.parametrize(("kind", "found"), [("told", True), ("suggesting", True), ("good", False)])
def test_fields_that_no_query_asks_for(monkeypatch, kind, found):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)
    with services.serving(people(kind)) as url:
        scan = services.scanned(services.target(url, [ROW], by_token("alice", "bob")), "excessive-data", allow_changes=True)
    holding = "the answer holds email, passwordDigest when asked for, which no described query does"
    assert [finding.observed for finding in scan.findings] == [holding] * found
    assert "POST /graphql#people" in scan.coverage["excessive-data"].tried
