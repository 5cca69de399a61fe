"""Notes that a mutation adds to what an example names, and that the page of it shows."""

import html
import itertools
import re

import pytest
import services

ADD = "mutation($plantId: ID!, $text: String!) {addNote(plantId: $plantId, text: $text) {id}}"
ROWS = [
    {"operation": "GET /signs/7"},
    {"operation": "POST /graphql#addPlant", "body": {"query": "mutation {addPlant {id}}"}},
    {"operation": "POST /graphql#addNote", "body": {"query": ADD, "variables": {"plantId": "p7", "text": "blooms in May"}}},
    {
        "operation": "POST /graphql#deleteNote",
        "body": {"query": "mutation($id: ID!) {deleteNote(id: $id)}", "variables": {"id": "n1"}},
    },
]


class Garden:
    def __init__(self, weak):
        self.weak, self.numbers = weak, itertools.count(8)
        self.notes = {"n1": ("p7", "planted by the school")}

    def resolve(self, field, given):
        if field == "addPlant":
            return {"id": f"p{next(self.numbers)}"}
        if field == "deleteNote":
            return self.notes.pop(str(given.get("id")), None) and True
        if field != "addNote" or not isinstance(given.get("text"), str):
            return None
        key = f"n{next(self.numbers)}"
        self.notes[key] = str(given.get("plantId")), given["text"]
        return {"id": key}

    async def graphql(self, request):
        body = await request.json()
        field = re.search(r"\{\s*(\w+)", str(body.get("query")))
        found = self.resolve(field[1], body.get("variables") or {}) if field else None
        errors = {} if found is not None else {"errors": [{"message": "not found"}]}
        return services.JSONResponse({"data": {field[1]: found} if field else None} | errors)

    def sign(self, request):
        clean = str if self.weak else html.escape
        notes = "".join(f"<li>{clean(text)}</li>" for plant, text in self.notes.values() if plant == "p7")
        return services.HTMLResponse(f"<!doctype html><html><title>Sign</title><h1>Rose</h1><ul>{notes}</ul></html>")


@pytest.mark.parametrize("weak", [True, False])
def test_a_page_that_shows_what_was_added_to_its_object(weak):
    garden = Garden(weak)
    with services.serving(services.app(("POST", "/graphql", garden.graphql), ("GET", "/signs/7", garden.sign))) as url:
        scan = services.scanned(services.target(url, ROWS), "stored-xss", allow_changes=True, seed=5)
    found = [finding.locations for finding in scan.findings]
    assert found == ([("POST /graphql#addNote body variables.text", "GET /signs/7")] if weak else []), scan.coverage["stored-xss"]
    assert "POST /graphql#addNote body variables.text" in scan.coverage["stored-xss"].tried
    assert {key: note for key, note in garden.notes.items() if note[0] == "p7"} == {"n1": ("p7", "planted by the school")}
