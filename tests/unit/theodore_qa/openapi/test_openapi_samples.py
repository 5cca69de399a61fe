"""Values made for schemas: what is required and no more, allowed by the schema, the same each time."""

import pytest
from documents import document

from theodore_qa.openapi import samples


def sampled(schema, version="3.1.0", **schemas):
    return samples.sample(document(version=version, components={"schemas": schemas}), schema)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "sample"),
        ({"type": "integer"}, 1),
        ({"type": "number"}, 1),
        ({"type": "boolean"}, False),
        ({"type": "null"}, None),
        ({"type": ["null", "integer"]}, 1),
        ({"type": "object"}, {}),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"properties": {"tags": {"type": "array", "items": {"type": "string"}}}, "required": ["tags"]}, {"tags": []}),
        ({}, "sample"),
        (True, "sample"),
        (None, "sample"),
        ({"properties": {"a": {"type": "string"}}}, {}),
        ({"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["b"]}, {"b": 1}),
        ({"properties": {"a": {"example": "x"}, "b": {"type": "integer", "examples": [7]}, "c": {}}}, {"a": "x", "b": 7}),
        ({"required": ["a"]}, {"a": "sample"}),
        ({"required": ["a"], "additionalProperties": {"type": "integer"}}, {"a": 1}),
        ({"type": "object", "minProperties": 2, "properties": {"a": {"type": "integer"}}}, {"a": 1, "sample0": "sample"}),
        ({"example": "x", "default": "y"}, "x"),
        ({"const": 3, "example": 4}, 3),
        ({"const": None}, None),
        ({"default": "y", "enum": ["x", "y"]}, "y"),
        ({"examples": ["a", "b"]}, "a"),
        ({"enum": [None, "x", "y"]}, "x"),
        ({"enum": [None]}, None),
        ({"type": "integer", "example": "seven"}, 1),
        ({"type": "string", "enum": ["x"], "example": "z"}, "x"),
        ({"type": "string", "maxLength": 3, "default": "too long"}, "sam"),
        ({"example": {"a": 1}, "required": ["a", "b"], "properties": {"b": {"type": "integer"}}}, {"a": 1, "b": 1}),
        ({"type": "string", "minLength": 8}, "sampleaa"),
        ({"type": "string", "format": "date-time"}, "2026-01-02T03:04:05Z"),
        ({"type": "string", "format": "uuid"}, "7b0b1c1e-3d7c-4a55-9c2e-0d6a4f1e2b3c"),
        ({"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"}, "2026-01-02"),
        ({"type": "string", "pattern": "^abc$"}, "abc"),
        ({"type": "string", "pattern": "("}, "sample"),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "integer", "exclusiveMinimum": 5}, 6),
        ({"type": "integer", "minimum": 3, "multipleOf": 7}, 7),
        ({"type": "integer", "minimum": 0}, 1),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"type": "number", "maximum": 0.25}, 0),
        ({"type": "number", "multipleOf": 0.01, "minimum": 1.005}, 1.01),
        ({"minimum": 3}, 3),
        ({"type": "array", "minItems": 2, "items": {"enum": ["a", "b", "c"]}}, ["a", "a"]),
        ({"type": "array", "minItems": 2, "uniqueItems": True, "items": {"enum": ["a", "b", "c"]}}, ["a", "b"]),
        ({"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "integer"}}, [1, 2, 3]),
        ({"type": "array", "minItems": 2, "uniqueItems": True, "items": {"format": "email", "type": "string"}},
         ["qa@example.com", "1qa@example.com"]),
        ({"type": "array", "maxItems": 0}, []),
        ({"prefixItems": [{"type": "integer"}, {"type": "boolean"}], "minItems": 2}, [1, False]),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}], "description": "x"}, 1),
        ({"type": "string", "anyOf": [{"type": "integer"}, {"type": "string", "minLength": 7}]}, "samplea"),
        ({"required": ["id"], "properties": {"id": {"readOnly": True}, "name": {"example": "x"}}}, {"name": "x"}),
        ({"allOf": [{"required": ["a"], "properties": {"a": {"type": "integer"}}},
                    {"required": ["b"], "properties": {"b": {"type": "boolean"}, "a": {"minimum": 4}}}]}, {"a": 4, "b": False}),
        ({"allOf": [{"type": "number", "minimum": 2}, {"type": "integer", "minimum": 5, "maximum": 9}], "maximum": 7}, 5),
        ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, "b"),
        ({"allOf": [{"example": {"a": 1}}, {"example": {"b": 2}}], "type": "object"}, {"a": 1, "b": 2}),
        ({"allOf": [True, {"type": "integer"}]}, 1),
    ],
)  # fmt: skip
def test_a_sample_is_what_is_required_and_no_more(schema, value):
    assert sampled(schema) == value
    assert type(sampled(schema)) is type(value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer", "minimum": 5, "exclusiveMinimum": True}, 6),
        ({"type": "integer", "maximum": 0, "exclusiveMaximum": True}, -1),
        ({"type": "integer", "minimum": 5, "exclusiveMinimum": False}, 5),
        ({"type": "string", "nullable": True}, "sample"),
        ({"type": "string", "nullable": True, "enum": ["a"]}, "a"),
        ({"$ref": "#/components/schemas/Id", "example": "beside"}, 7),
    ],
)
def test_samples_of_3_0(schema, value):
    assert sampled(schema, "3.0.0", Id={"type": "integer", "example": 7}) == value


def test_what_stands_beside_a_reference_counts_since_3_1():
    assert sampled({"$ref": "#/components/schemas/Id", "minimum": 9}, Id={"type": "integer", "minimum": 3}) == 9


def test_recursive_schemas_come_to_an_end():
    node = {"required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    value = sampled({"$ref": "#/components/schemas/Node"}, Node=node)
    depth = 0
    while "next" in value:
        value, depth = value["next"], depth + 1
    assert depth == samples.DEEPEST
    assert sampled({"$ref": "#/components/schemas/A"}, A={"$ref": "#/components/schemas/A"}) == "sample"
    both = {
        "A": {"allOf": [{"$ref": "#/components/schemas/B"}]},
        "B": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "object"}]},
    }
    assert sampled({"$ref": "#/components/schemas/A"}, **both) == {}


def test_wide_and_deep_schemas_are_bounded():
    wide = {"required": list("abcdefgh"), "properties": {name: {"$ref": "#/components/schemas/Wide"} for name in "abcdefgh"}}
    assert str(sampled({"$ref": "#/components/schemas/Wide"}, Wide=wide)).count("a") < 4000
    assert len(sampled({"type": "array", "minItems": 10**9})) <= samples.MOST
    assert len(sampled({"type": "string", "minLength": 10**9})) <= samples.LONGEST
    doubled = {f"S{at}": {"allOf": [{"$ref": f"#/components/schemas/S{at + 1}"}] * 2} for at in range(40)}
    assert sampled({"$ref": "#/components/schemas/S0"}, **doubled, S40={"type": "integer"}) in (1, "sample")
    deep = {"type": "integer"}
    for _ in range(300):
        deep = {"allOf": [deep]}
    assert sampled(deep) in (1, "sample")


@pytest.mark.parametrize("mapping", [{}, {"mapping": {"cat": "#/components/schemas/Cat", "dog": "Dog"}}])
def test_the_property_that_tells_alternatives_apart_has_its_name(mapping):
    schemas = {name: {"type": "object", "properties": {"kind": {"type": "string"}}} for name in ("Cat", "Dog")}
    pet = {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
           "discriminator": {"propertyName": "kind"} | mapping}  # fmt: skip
    assert sampled(pet, **schemas) == {"kind": "cat" if mapping else "Cat"}


def test_samples_are_copies():
    read = document()
    schema = {"example": {"a": [1]}}
    samples.sample(read, schema)["a"].append(2)
    assert schema == {"example": {"a": [1]}}


@pytest.mark.parametrize(
    ("schema", "simple"),
    [
        ({"$ref": "#/components/schemas/Id"}, {"type": "integer"}),
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": True, "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/Id"}], "title": "x"}, {"type": "integer", "title": "x"}),
        (
            {"allOf": [{"required": ["a"]}, {"required": ["b"], "properties": {"c": {}}}]},
            {"required": ["a", "b"], "properties": {"c": {}}},
        ),
        ({"properties": None, "required": [1], "minItems": "1", "type": 5, "maximum": True}, {}),
        (False, {"not": {}}),
        (True, {}),
        ({"$ref": "#/nowhere"}, {}),
        ("text", {}),
    ],
)
def test_a_simple_schema_has_no_alternatives(schema, simple):
    read = document(version="3.0.0", components={"schemas": {"Id": {"type": "integer"}}})
    assert samples.simple(read, schema) == simple
