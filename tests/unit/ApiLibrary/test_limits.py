"""Which bodies lie beyond the limits of a schema, and which is the largest and the smallest."""

import json
from types import SimpleNamespace

import jsonschema
import pytest

from ApiLibrary import limits
from theodore_qa.systems import environment

SCHEMA = {
    "type": "object",
    "required": ["name", "items"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z][a-z0-9]*$", "minLength": 3, "maxLength": 8},
        "kind": {"enum": ["a", "b"]},
        "port": {"type": "integer", "minimum": 1, "maximum": 9},
        "open": {"type": "boolean"},
        "items": {
            "type": "array",
            "minItems": 1,
            "maxItems": 3,
            "items": {
                "type": "object",
                "required": ["id"],
                "properties": {"id": {"type": "string", "maxLength": 5}, "form": {"enum": ["c", "d", None]}},
            },
        },
    },
}
GOOD = {"name": "x1shop", "kind": "a", "port": 5, "open": True, "items": [{"id": "one", "form": "d"}]}


@pytest.fixture
def document(tmp_path):
    whole = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
    (tmp_path / "a.json").write_text(json.dumps(whole))
    data = {"name": "t", "kind": "test", "systems": {"shop": {"url": "http://127.0.0.1:9", "contract": "a.json"}}}
    return environment.from_mapping(data, tmp_path / "t.yaml").system("shop").contract.needed


def test_each_body_beyond_a_limit_breaks_the_schema_at_one_place(document):
    tried = list(limits.beyond(document, SCHEMA, GOOD))
    jsonschema.validate(GOOD, SCHEMA)
    for attempt in tried:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(attempt.body, SCHEMA)
    wrong = [attempt.wrong for attempt in tried]
    assert len(set(wrong)) == len(wrong)
    for expected in (
        "name of 2 characters",
        "name of 9 characters",
        "name 'X1SHOP'",
        "no name",
        "kind 'qa_no_such_entry'",
        "port 0",
        "port 10",
        "open 'maybe'",
        "items of 0 items",
        "items of 4 items",
        "no items",
        "no items.0.id",
        "items.0.id of 6 characters",
        "qa_no_such_entry",
    ):
        assert expected in wrong


def test_the_largest_and_the_smallest_body_are_good(document):
    largest, smallest = limits.largest(document, SCHEMA, GOOD), limits.smallest(document, SCHEMA, GOOD)
    jsonschema.validate(largest, SCHEMA)
    jsonschema.validate(smallest, SCHEMA)
    assert (len(largest["name"]), largest["port"], len(largest["items"])) == (8, 9, 3)
    assert len({item["id"] for item in largest["items"]}) == 3
    assert (len(smallest["name"]), sorted(smallest), smallest["items"]) == (3, ["items", "name"], [{"id": "one"}])


def test_each_value_of_an_enumeration_is_in_one_of_the_bodies(document):
    largest, least = limits.largest(document, SCHEMA, GOOD), limits.least(document, SCHEMA, GOOD)
    assert (least["kind"], largest["kind"]) == ("a", "b")
    assert [item["form"] for item in largest["items"]] == ["c", "d", "c"]
    assert least["items"] == [{"id": "one", "form": "c"}] or len(least["items"]) == 1


def test_a_body_that_is_not_good_shows_no_limit(document):
    assert limits.broken(document, SCHEMA, GOOD) == ""
    for attempt in limits.beyond(document, SCHEMA, GOOD):
        assert limits.broken(document, SCHEMA, attempt.body), attempt.wrong


def test_a_query_is_varied_as_a_body_is(document):
    parameters = [
        SimpleNamespace(name="limit", location="query", required=True, schema={"type": "integer", "minimum": 1, "maximum": 9}),
        SimpleNamespace(name="open", location="query", required=False, schema={"type": "boolean"}),
        SimpleNamespace(name="kinds", location="query", required=False, schema={"type": "array"}),
        SimpleNamespace(name="id", location="path", required=True, schema={"type": "string"}),
    ]
    schema = limits.of_query(SimpleNamespace(parameters=parameters))
    good = limits.read_query(document, schema, "limit=5&open=true&more=")
    assert good == {"limit": 5, "open": True, "more": ""}
    tried = {attempt.wrong: attempt.body for attempt in limits.beyond(document, schema, good)}
    assert list(tried) == ["limit 'no number'", "limit 0", "limit 10", "no limit", "open 'maybe'"]
    assert tried["limit 10"] == good | {"limit": 10}
    assert limits.broken(document, schema, limits.read_query(document, schema, "limit=10"))


def test_the_good_body_stays_as_it_was(document):
    before = json.dumps(GOOD)
    list(limits.beyond(document, SCHEMA, GOOD))
    assert json.dumps(GOOD) == before


def test_the_widest_body_has_letters_of_several_bytes_up_to_each_limit(document):
    wide = limits.widest(document, SCHEMA, GOOD)
    jsonschema.validate(wide, SCHEMA)
    assert wide["items"][0]["id"] == "ü株ü株ü"
    assert wide["name"].isascii()
    assert limits.widest(document, {"type": "object", "properties": {"port": {"type": "integer"}}}, {"port": 5}) is None


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        ({"details": [{"loc": ["body", "port"], "msg": "too large"}]}, True),
        ({"errors": [{"loc": ["request"], "msg": "the port is too large"}]}, True),
        ({"details": [{"loc": ["body", "open"], "msg": "too large"}]}, False),
        ({"message": "port"}, None),
    ],
)
def test_a_refusal_names_the_entry_that_is_wrong(answer, holds):
    assert limits.names_entry(answer, "port") is holds


def test_the_places_that_a_refusal_names():
    assert (
        limits.places({"errors": [{"loc": ["body", "items", 0, "id"]}, {"loc": ["query", "port"]}]})
        == "body.items.0.id, query.port"
    )
    assert not limits.places({"message": "port"})


def test_each_attempt_knows_the_entry_that_is_wrong(document):
    entries = {attempt.wrong: attempt.entry for attempt in limits.beyond(document, SCHEMA, GOOD)}
    assert entries["port 10"] == "port"
    assert entries["items.0.id of 6 characters"] == "id"
    assert entries[limits.UNKNOWN] == limits.UNKNOWN
