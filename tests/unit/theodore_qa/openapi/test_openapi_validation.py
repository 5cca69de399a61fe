"""Values held to schemas: what is wrong in words, what each version means by its keywords, and what is not understood."""

import json
import random
import re
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import pytest
from documents import answering, document, wrong

from theodore_qa import openapi
from theodore_qa.openapi import NotUnderstood

PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "kind": {"enum": ["cat", "dog"]}},
}
EARLIER = ("2.0", "3.0.3")
VERSIONS = (*EARLIER, "3.1.0", "3.2.0")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("value", "phrases"),
    [
        ({"id": 1, "name": "a"}, []),
        ({}, ["the answer lacks id, name"]),
        ([], ["the answer: [] is not of type 'object'"]),
        (None, ["the answer: null is not of type 'object'"]),
        ({"id": "x", "name": 1}, ["id: 'x' is not of type 'integer'", "name: 1 is not of type 'string'"]),
        ({"id": 1, "name": "a", "kind": "cow"}, ["kind: 'cow' is not one of ['cat', 'dog']"]),
        ({"id": True, "name": "a"}, ["id: True is not of type 'integer'"]),
        ({"id": 1.0, "name": "a"}, []),
        ({"id": 1.5, "name": "a"}, ["id: 1.5 is not of type 'integer'"]),
    ],
)
def test_what_is_wrong_is_said_with_its_place(version, value, phrases):
    assert wrong(PET, value, version) == phrases


def test_places_are_written_with_dots():
    schema = {"properties": {"items": {"items": {"required": ["sku"], "properties": {"price": {"type": "number"}}}}}}
    assert wrong(schema, {"items": [{"price": "x"}]}) == ["items.0.price: 'x' is not of type 'number'", "items.0 lacks sku"][::-1]
    assert wrong({"required": ["a"]}, {}, sent=True) == ["the request lacks a"]


def test_phrases_are_short_and_few():
    (phrase,) = wrong({"type": "integer"}, "x" * 10_000)
    assert len(phrase) < 250
    assert phrase.endswith("(10027 characters)")
    phrases = wrong({"items": {"type": "integer"}}, ["x"] * 1000)
    assert len(phrases) == 101
    assert phrases[0] == "0: 'x' is not of type 'integer'"
    assert phrases[-1] == "and more"


def test_the_nearest_alternative_says_what_is_wrong():
    schema = {"oneOf": [{"type": "null"}, {"properties": {"a": {"type": "integer"}}, "required": ["a"], "type": "object"}]}
    assert wrong(schema, {"a": "x"}) == ["a: 'x' is not of type 'integer'"]
    assert wrong(schema, {}) == ["the answer lacks a"]


def test_a_schema_that_says_nothing_allows_everything():
    read = document()
    assert read.errors(None, 1) == read.errors(True, 1) == read.errors({}, 1) == []
    assert read.errors(False, 1) == ["the answer: False schema does not allow 1"]


@pytest.mark.parametrize("version", EARLIER)
@pytest.mark.parametrize(
    ("schema", "allowed", "refused"),
    [
        ({"type": "string", "nullable": True}, [None, "a"], [1]),
        ({"type": "string", "x-nullable": True}, [None, "a"], [1]),
        ({"type": "string", "nullable": False}, ["a"], [None]),
        ({"type": "string", "nullable": True, "enum": ["a"]}, [None, "a"], ["b"]),
        ({"nullable": True, "allOf": [{"type": "object"}]}, [None, {}], [1]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, [2], [1, 0]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": False}, [1], [0]),
        ({"type": "integer", "maximum": 1, "exclusiveMaximum": True}, [0], [1]),
        ({"exclusiveMaximum": True}, [10], []),
        ({"exclusiveMinimum": 1}, [2], [1]),
        ({"type": "string", "example": 1, "deprecated": True, "xml": {}, "discriminator": "kind"}, ["a"], [1]),
        ({"$ref": "#/info/x-name", "type": "integer", "nullable": True}, ["a"], [None, 1]),
        ({"items": [{"type": "integer"}, {"type": "string"}]}, [[1, "a", None]], [["a"]]),
        ({"type": ["string", "null"]}, [None, "a"], [1]),
        ({"const": 1}, [1], [2]),
    ],
)  # fmt: skip
def test_3_0_and_2_0_have_words_of_their_own(version, schema, allowed, refused):
    info = {"title": "shop", "version": "1", "x-name": {"type": "string"}}
    assert [value for value in allowed if wrong(schema, value, version, info=info)] == []
    assert [value for value in refused if not wrong(schema, value, version, info=info)] == []


@pytest.mark.parametrize(
    ("schema", "allowed", "refused"),
    [
        ({"type": "string", "nullable": True}, ["a"], [None]),
        ({"$ref": "#/info/x-name", "maxLength": 1}, ["a"], ["ab", 1]),
        ({"prefixItems": [{"type": "integer"}], "items": False}, [[1]], [[1, 2], ["a"]]),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, [{}, {"a": 1, "b": 1}], [{"a": 1}]),
        ({"dependentRequired": {"a": ["b"]}}, [{}], [{"a": 1}]),
        ({"contains": {"type": "integer"}, "minContains": 2}, [[1, 2]], [[1, "a"]]),
        ({"properties": {"a": True}, "unevaluatedProperties": False}, [{"a": 1}], [{"b": 1}]),
        ({"propertyNames": {"pattern": "^a"}}, [{"ab": 1}], [{"b": 1}]),
        ({"exclusiveMinimum": 1}, [2], [1]),
    ],
)
def test_3_1_is_json_schema_2020_12(schema, allowed, refused):
    info = {"title": "shop", "version": "1", "x-name": {"type": "string"}}
    assert [value for value in allowed if wrong(schema, value, info=info)] == []
    assert [value for value in refused if not wrong(schema, value, info=info)] == []


def test_the_dialect_may_be_another_one():
    draft_7 = "http://json-schema.org/draft-07/schema#"
    schema = {"items": [{"type": "integer"}], "additionalItems": False}
    assert wrong(schema, ["a"], jsonSchemaDialect=draft_7) == ["0: 'a' is not of type 'integer'"]
    assert wrong(schema | {"$schema": draft_7}, [1, 2])
    assert wrong({"$ref": "#/info/x-old"}, [1, 2], info={"x-old": schema | {"$schema": draft_7}})
    assert wrong(PET, {}, jsonSchemaDialect="https://spec.openapis.org/oas/3.1/dialect/base") == ["the answer lacks id, name"]
    own = "https://example.com/dialect"
    with pytest.raises(NotUnderstood, match=f"the dialect '{own}' of JSON Schema is not known"):
        wrong(PET, {}, jsonSchemaDialect=own)
    assert [str(problem) for problem in document(jsonSchemaDialect=own).not_understood] == [
        f"/jsonSchemaDialect: the dialect '{own}' of JSON Schema is not known"
    ]


def test_a_schema_of_3_0_may_say_which_draft_it_was():
    schema = {"$schema": "http://json-schema.org/draft-04/schema#", "type": "string", "nullable": True}
    assert wrong(schema, None, "3.0.0") == []
    assert wrong({"$ref": "#/info/x-old"}, None, "3.0.0", info={"x-old": schema}) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_what_goes_one_way_need_not_go_the_other(version):
    read_only, write_only = {"type": "integer", "readOnly": True}, {"type": "string", "writeOnly": True}
    schema = {"required": ["id", "password", "name"], "properties": {
        "id": {"$ref": "#/info/x-id"} if version in EARLIER else read_only, "password": write_only, "name": {}}}  # fmt: skip
    info = {"x-id": read_only}
    assert wrong(schema, {}, version, info=info) == ["the answer lacks id, name"]
    assert wrong(schema, {}, version, sent=True, info=info) == ["the request lacks password, name"]
    assert wrong(schema, {"id": "x", "name": 1}, version, info=info) == ["id: 'x' is not of type 'integer'"]


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("date-time", ["2026-01-02T03:04:05Z", "2026-01-02t03:04:05.123456789z", "2026-12-31T23:59:60Z", "2024-02-29T00:00:00Z"],
         ["2026-01-02 03:04:05+01:00", "2026-01-02T03:04:05", "2026-01-02T03:04Z", "2026-01-02T03:04:05+0100", "2026-01-02", "2026-13-02T03:04:05Z", "2026-01-02T25:04:05Z", "2026-02-29T00:00:00Z", "03:04:05", "", "now",
          "2026-01-02T03:04:05 Z", "20260102T030405Z", "2026-01-02T03:04:05Z\n"]),
        ("date", ["2026-01-02", "2024-02-29"], ["2026-02-29", "20260102", "2026-W01-1", "2026-1-2", "2026-01-02T00:00:00Z", ""]),
        ("uuid", ["7b0b1c1e-3d7c-4a55-9c2e-0d6a4f1e2b3c", "7B0B1C1E-3D7C-4A55-9C2E-0D6A4F1E2B3C"],
         ["7b0b1c1e3d7c4a559c2e0d6a4f1e2b3c", "7b0b1c1e-3d7c-4a55-9c2e-0d6a4f1e2b3", "g" * 8, ""]),
        ("email", ["a@b.de", "a+b@localhost"], ["a", "@", "a@", "a b@c", "a@b@c"]),
        ("uri", ["https://example.com/a?b#c", "urn:a:b", "mailto:a@b"], ["/a", "example.com", "http://a b", ""]),
        ("ipv4", ["192.0.2.1"], ["192.0.2", "192.0.2.256", "01.2.3.4", "::1"]),
        ("ipv6", ["::1", "2001:db8::1"], ["192.0.2.1", ":::", "g::"]),
        ("int32", [0, -(2**31), 2**31 - 1, 1.5, "x"], [2**31, -(2**31) - 1]),
        ("int64", [2**63 - 1], [2**63]),
        ("unknown", ["x", 1], []),
        ("date-time", [1, None, {}], []),
    ],
)  # fmt: skip
def test_formats_are_checked(name, allowed, refused):
    assert [value for value in allowed if wrong({"format": name}, value)] == []
    assert [value for value in refused if not wrong({"format": name}, value)] == []


def test_a_wrong_format_is_said():
    assert wrong({"format": "date"}, "x") == ["the answer: 'x' is no date"]


def test_multiples_are_those_of_decimals():
    assert wrong({"multipleOf": 0.01}, 19.99) == []
    assert wrong({"multipleOf": 0.1}, 0.35) == ["the answer: 0.35 is not a multiple of 0.1"]
    assert wrong({"multipleOf": 0.01}, 1e300) == []
    assert wrong({"multipleOf": 3}, 10**40) == [f"the answer: {10**40} is not a multiple of 3"]


def test_patterns_are_those_of_ecmascript():
    assert wrong({"pattern": r"^\d+$"}, "٣")
    assert wrong({"pattern": "^a$"}, "a\n")
    assert wrong({"patternProperties": {r"^\p{L}+$": {"type": "integer"}}, "additionalProperties": False}, {"é": 1}) == []
    assert wrong({"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": False}, {"ab": "x", "b": 1}) == [
        "ab: 'x' is not of type 'integer'",
        "the answer: additional properties are not allowed, and there is 'b'",
    ]
    assert wrong({"additionalProperties": {"type": "integer"}}, {"a": "x"}) == ["a: 'x' is not of type 'integer'"]


@pytest.mark.parametrize(
    ("schema", "value", "reason"),
    [
        ({"pattern": "("}, "a", "'(' is no pattern of ECMAScript: a '(' without its ')'"),
        ({"pattern": "^(a|aa)+$"}, "a" * 80 + "b", r"the pattern '^(a|aa)+$' takes more than 0.5 s"),
        ({"type": "any"}, 1, "'any' is no type of JSON Schema"),
        ({"$ref": "#/nowhere"}, 1, "'#/nowhere' refers to nothing"),
        ({"$ref": "https://example.com/a"}, 1, "nothing is fetched from the network"),
        ({"properties": []}, {}, "'properties' of a schema is []"),
        ({"items": None}, [1], "'items' of a schema is None"),
        ({"required": True}, {}, "'required' of a schema is True"),
        ({"minimum": "1"}, 1, "'minimum' of a schema is '1'"),
        ({"exclusiveMinimum": True}, 1, "'exclusiveMinimum' is a boolean, which only OpenAPI 3.0 and 2.0 know"),
        ({"multipleOf": 0}, 1, "'multipleOf' of a schema is 0"),
        ({"not": {"pattern": "("}}, "a", "is no pattern"),
        ({"if": {"pattern": "("}, "then": {"type": "integer"}}, "a", "is no pattern"),
        ({"anyOf": [{"pattern": "("}, {"type": "integer"}]}, "a", "is no pattern"),
        ({"oneOf": [{"pattern": "("}, {"type": "string"}]}, "a", "is no pattern"),
        ({"contains": {"pattern": "("}}, ["a"], "is no pattern"),
        ({"allOf": [{"$ref": "#/info/x-loop"}]}, 1, "refers to itself without end"),
        ("text", 1, "a schema is 'text'"),
        ({"$id": 5}, 1, "'$id' of a schema is 5"),
        ({"properties": {"a": {"$id": 5}}}, {"a": 1}, "'properties' of a schema is"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_neither_right_nor_wrong(schema, value, reason):
    read = document(info={"x-loop": {"allOf": [{"$ref": "#/info/x-loop"}, {"$ref": "#/info/x-loop"}]}})
    with pytest.raises(NotUnderstood, match=re.escape(reason)):
        read.errors(schema, value)


def test_a_reference_to_nowhere_is_not_understood_in_3_0():
    with pytest.raises(NotUnderstood, match="'#/nowhere' refers to nothing"):
        wrong({"properties": {"a": {"$ref": "#/nowhere"}}}, {"a": 1}, "3.0.0")


@pytest.mark.parametrize(
    ("schema", "value", "phrases"),
    [
        (
            {"properties": {"a": {"pattern": "("}, "b": {"type": "integer"}}},
            {"a": "x", "b": "y"},
            ["b: 'y' is not of type 'integer'"],
        ),
        ({"properties": {"a": {"pattern": "("}}, "required": ["b"]}, {"a": "x"}, ["the answer lacks b"]),
        ({"allOf": [{"$ref": "#/nowhere"}, {"type": "string"}]}, 1, ["the answer: 1 is not of type 'string'"]),
        ({"properties": {"a": {"pattern": "("}}}, {"a": 1}, []),
        ({"properties": {"a": {"pattern": "("}}}, {}, []),
    ],
)
def test_what_is_wrong_whatever_was_meant_is_wrong(schema, value, phrases):
    assert wrong(schema, value) == phrases


def test_a_slow_pattern_is_tried_once():
    schema = {"items": {"pattern": "^(a|aa)+$"}}
    with pytest.raises(NotUnderstood) as refused:
        wrong(schema, ["a" * 80 + "b"] * 500)  # a minute and more, if each were tried
    assert str(refused.value).count("takes more than") == 1


def test_a_recursive_schema_is_followed_as_deep_as_the_value():
    tree = {"type": "object", "properties": {"left": {"$ref": "#/info/x-tree"}, "value": {"type": "integer"}}}
    value = {"value": "x"}
    for _ in range(20):
        value = {"left": value}
    assert wrong({"$ref": "#/info/x-tree"}, value, info={"x-tree": tree}) == [
        ".".join(["left"] * 20) + ".value: 'x' is not of type 'integer'"
    ]
    deep = {}
    for _ in range(5000):
        deep = {"left": deep}
    with pytest.raises(NotUnderstood, match="nests too deep"):
        document(info={"x-tree": tree}).errors({"$ref": "#/info/x-tree"}, deep)


def test_a_file_of_2_0_is_anything():
    read, schema = answering({"type": "object", "properties": {"f": {"type": "file"}}}, "2.0")
    assert read.errors(schema, {"f": 1}) == []
    assert read.not_understood == []


def test_a_schema_of_its_own():
    assert openapi.violations(PET, {"id": "x"}) == ["id: 'x' is not of type 'integer'", "the answer lacks name"][::-1]
    assert openapi.violations({"$ref": "#/$defs/a", "$defs": {"a": {"type": "integer"}}}, 1) == []
    assert openapi.violations({"items": [{"type": "integer"}], "$schema": "http://json-schema.org/draft-07/schema#"}, ["a"])
    assert openapi.violations({"properties": {"p": {"writeOnly": True}}, "required": ["p"]}, {}) == []
    with pytest.raises(NotUnderstood):
        openapi.violations({"$ref": "https://example.com/nowhere"}, 1)


def test_threads_do_not_disturb_each_other():
    read, schema = answering(PET)
    values = [{"id": number, "name": "x"} if number % 2 else {"id": "x"} for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda value: read.errors(schema, value), values))
    assert [bool(phrases) for phrases in found] == [number % 2 == 0 for number in range(200)]


KEYWORDS = [
    ("type", lambda chosen: chosen.choice(["string", "integer", "number", "object", "array", "boolean", ["string", "null"]])),
    ("enum", lambda chosen: chosen.sample([1, "a", None, [], {}], 3)),
    ("minimum", lambda chosen: chosen.randint(-2, 3)),
    ("maxLength", lambda chosen: chosen.randint(0, 3)),
    ("minItems", lambda chosen: chosen.randint(0, 2)),
    ("uniqueItems", lambda chosen: True),
    ("required", lambda chosen: chosen.sample("abc", 2)),
    ("multipleOf", lambda chosen: chosen.choice([2, 3])),
    ("pattern", lambda chosen: chosen.choice(["^a", "b$", "[ab]{2}"])),
]


def random_schema(chosen, depth=3):
    schema = {name: make(chosen) for name, make in chosen.sample(KEYWORDS, chosen.randint(0, 2))}
    if depth:
        inner = [random_schema(chosen, depth - 1) for _ in range(2)]
        kind = chosen.choice(["properties", "items", "additionalProperties", "allOf", "anyOf", "oneOf", "not", "none"])
        if kind == "properties":
            schema["properties"] = dict(zip("ab", inner, strict=True))
        elif kind.endswith("Of"):
            schema[kind] = inner
        elif kind != "none":
            schema[kind] = inner[0]
    return schema


def random_value(chosen, depth=3):
    kind = chosen.randrange(8 if depth else 5)
    if kind < 5:
        return chosen.choice([None, True, 0, 1, 2, 3.5, "", "a", "ab", "bab", -1])
    if kind == 5:
        return [random_value(chosen, depth - 1) for _ in range(chosen.randrange(3))]
    return {name: random_value(chosen, depth - 1) for name in "abc" if chosen.random() < 0.6}


def test_it_agrees_with_an_independent_validator_on_random_schemas():
    chosen = random.Random(20261)
    read = document()
    differing = []
    for _ in range(1500):
        schema, value = random_schema(chosen), random_value(chosen)
        if bool(read.errors(schema, value)) == jsonschema.Draft202012Validator(schema).is_valid(value):
            differing.append((json.dumps(schema), value))
    assert differing == []
