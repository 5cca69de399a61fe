"""Objects of others that a mutation removes, as its owner sees by queries."""

import itertools
import re

import pytest
import services
from services import by_token

ROWS = [
    {"operation": "POST /graphql#notes", "body": {"query": "{notes {id text}}"}},
    {
        "operation": "POST /graphql#note",
        "body": {"query": "query($id: ID!) {note(id: $id) {id text}}", "variables": {"id": "0"}},
    },
    {
        "operation": "POST /graphql#createNote",
        "body": {"query": "mutation($text: String!) {createNote(text: $text) {id text}}", "variables": {"text": "milk"}},
    },
    {
        "operation": "POST /graphql#deleteNote",
        "body": {"query": "mutation($id: ID!) {deleteNote(id: $id)}", "variables": {"id": "0"}},
    },
]


def notes(weak):
    """Notes that their owners alone read; by ``weak`` anybody removes them."""
    kept, numbers = {}, itertools.count(1)

    def resolve(field, caller, given):
        if field == "notes":
            return [{"id": key, "text": note["text"]} for key, note in kept.items() if note["owner"] == caller]
        if field == "createNote":
            key = f"n{next(numbers)}"
            kept[key] = {"owner": caller, "text": given["text"]}
            return {"id": key, "text": given["text"]}
        note = kept.get(str(given.get("id")))
        if note is None or (note["owner"] != caller and not (weak and field == "deleteNote")):
            return None
        return kept.pop(given["id"]) and True if field == "deleteNote" else {"id": given["id"], "text": note["text"]}

    async def graphql(request):
        body = await request.json()
        caller = services.who(request)
        field = re.search(r"\{\s*(\w+)", str(body.get("query")))[1]
        found = resolve(field, caller, body.get("variables") or {}) if caller else None
        if found is None:
            return services.JSONResponse({"errors": [{"message": "not found"}], "data": {field: None}})
        return services.JSONResponse({"data": {field: found}})

    return services.app(("POST", "/graphql", graphql))


@pytest.mark.parametrize("rows", [ROWS, ROWS[2:]], ids=["read", "not read"])
@pytest.mark.parametrize("weak", [True, False])
def test_a_mutation_that_removes_what_is_not_ones_own(monkeypatch, weak, rows):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)
    with services.serving(notes(weak)) as url:
        scan = services.scanned(services.target(url, rows, by_token("alice", "bob")), "object-level", allow_changes=True, seed=4)
    found = [finding.location for finding in scan.findings]
    assert found == (["POST /graphql#deleteNote body variables.id"] if weak else [])
    assert "POST /graphql#deleteNote body variables.id" in scan.coverage["object-level"].tried
