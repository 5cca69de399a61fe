"""Which requests are made at the limits of a contract."""

import json

import pytest

from ApiLibrary import boundaries
from theodore_qa.systems import environment


def requests(tmp_path, **operation):
    operation = {"responses": {"200": {"description": "ok"}}, **operation}
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"post": operation}}}
    (tmp_path / "a.json").write_text(json.dumps(document))
    entry = {"url": "http://127.0.0.1:9", "contract": "a.json", "values": {"X-Currency": "EUR"}}
    data = {"name": "t", "kind": "test", "systems": {"shop": entry}}
    system = environment.from_mapping(data, tmp_path / "t.yaml").system("shop")
    return list(boundaries.requests(system, system.contract.needed.operations[0]))


def query(schema, *, required=False):
    return {"parameters": [{"name": "p", "in": "query", "required": required, "schema": schema}]}


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 50}, {"no number", "0", "1", "51", "50"}),
        ({"type": "number", "exclusiveMinimum": True, "minimum": 1}, {"no number", "1", "2"}),
        ({"type": "string", "maxLength": 3}, {"xxxx", "xxx", "é ☃"}),
        ({"type": "string", "minLength": 2}, {"x", "é ☃"}),
        ({"type": "string", "pattern": "^[A-Z]+$"}, {"§ no such form"}),
        ({"type": "string", "nullable": True, "maxLength": 2}, {"xxx", "xx"}),
        ({"type": "string", "enum": ["a"]}, {"no-such-value"}),
        ({"type": "boolean"}, {"maybe"}),
    ],
)
def test_values_about_each_limit(tmp_path, schema, values):
    assert {request.query["p"] for request in requests(tmp_path, **query(schema))} == values


def test_a_required_parameter_is_left_out_once(tmp_path):
    assert {} in [request.query for request in requests(tmp_path, **query({"type": "boolean"}, required=True))]


def test_a_required_header_goes_with_every_other_change(tmp_path):
    header = {"name": "X-Currency", "in": "header", "required": True, "schema": {"type": "string", "enum": ["EUR"]}}
    parameters = [header, *query({"type": "boolean"})["parameters"]]
    found = [(request.headers, request.query) for request in requests(tmp_path, parameters=parameters)]
    assert found == [({}, {}), ({"X-Currency": "no-such-value"}, {}), ({"X-Currency": "EUR"}, {"p": "maybe"})]


def test_one_property_of_a_body_changes_at_a_time_inwards_too(tmp_path):
    line = {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer", "minimum": 1}}}
    lines = {"type": "array", "minItems": 1, "items": line}
    schema = {"type": "object", "required": ["lines"], "properties": {"lines": lines, "note": {"type": "string", "maxLength": 2}}}
    made = requests(tmp_path, requestBody={"required": True, "content": {"application/json": {"schema": schema}}})
    bodies = [json.loads(request.content) for request in made]
    assert {} in bodies
    assert {"lines": []} in bodies
    assert {"lines": [{}]} in bodies
    assert {"lines": [{"count": 0}]} in bodies
    assert {"lines": [{"count": 1}], "note": "xxx"} in bodies


def test_no_more_than_the_limit_of_requests(tmp_path):
    parameters = [{"name": f"p{n}", "in": "query", "schema": {"type": "integer", "minimum": 1}} for n in range(50)]
    assert len(requests(tmp_path, parameters=parameters)) == boundaries.MOST
