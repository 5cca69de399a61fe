"""References: within a document, into files, to nowhere, into the network, in circles, and by identifiers of schemas."""

import json

import pytest
import yaml
from documents import document, reasons, whole

from theodore_qa import openapi
from theodore_qa.openapi import samples

PET = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}


@pytest.fixture
def folder(tmp_path):
    """Write files and read the first of them."""

    def read(**files):
        for name, contents in files.items():
            file = tmp_path / name.replace("__", "/").replace("_yaml", ".yaml")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(contents if isinstance(contents, str) else yaml.safe_dump(contents))
        return openapi.read(tmp_path / next(iter(files)).replace("_yaml", ".yaml"))

    return read


def test_parts_are_found_in_other_files_relative_to_the_file_that_names_them(folder):
    read = folder(
        shop_yaml=whole({"/find": {"$ref": "paths/find.yaml#/find"}, "/get": {"get": {"$ref": "paths/find.yaml#/operation"}}}),
        paths__find_yaml={
            "find": {"get": {"parameters": [{"$ref": "../parts/all.yaml#/q"}], "responses": {"200": {"$ref": "#/answer"}}}},
            "operation": {"requestBody": {"$ref": "../parts/all.yaml#/bodies/pet"}, "responses": {"default": {"$ref": "#/answer"}}},
            "answer": {
                "description": "found",
                "headers": {"X-Next": {"$ref": "../parts/all.yaml#/next"}},
                "content": {"application/json": {"schema": {"$ref": "../schemas/pet%20one.yaml"},
                                                 "examples": {"one": {"$ref": "../parts/all.yaml#/example"}}}},
            },
        },
        parts__all_yaml={
            "q": {"name": "q", "in": "query", "schema": {"type": "string"}},
            "next": {"schema": {"type": "integer"}, "required": True},
            "bodies": {"pet": {"required": True, "content": {"application/json": {"schema": {"$ref": "../schemas/pet one.yaml"}}}}},
            "example": {"value": {"id": 7}},
        },
        **{"schemas__pet one_yaml": {"allOf": [{"$ref": "base.yaml#/definitions/pet"}]},
           "schemas__base_yaml": {"definitions": {"pet": PET}}},
    )  # fmt: skip
    assert read.not_understood == []
    find, get = read.operations
    assert [str(parameter) for parameter in find.parameters] == ["query q"]
    answer = find.response(200)
    assert answer.description == "found"
    assert answer.headers == {"X-Next": {"schema": {"type": "integer"}, "required": True}}
    assert answer.content["application/json"].example == {"id": 7}
    assert read.errors(answer.content["application/json"].schema, {"id": "x"}) == ["id: 'x' is not of type 'integer'"]
    assert read.errors(get.bodies["application/json"].schema, {}) == ["the answer lacks id"]
    assert samples.sample(read, get.bodies["application/json"].schema) == {"id": 1}
    assert get.body_required
    assert get.response(404).status == "default"


def test_a_file_may_hold_a_map_of_anything(folder):
    read = folder(
        shop_yaml=whole({"/a": {"get": {"responses": {"$ref": "answers.yaml"}}}}),
        answers_yaml={"default": {"$ref": "parts.yaml#/x-answer"}, "200": {"$ref": "parts.yaml#/example"}},
        parts_yaml={"x-answer": {"headers": {"A": {"$ref": "#/example"}}}, "example": {"description": "ok"}},
    )
    assert read.not_understood == []
    assert list(read.operation("GET", "/a").responses) == ["200", "default"]


def test_files_may_refer_back_to_the_document(folder):
    read = folder(
        shop_yaml=whole({"/a": {"get": {"$ref": "parts.yaml"}}}, components={"schemas": {"Pet": PET}}),
        parts_yaml={
            "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "shop.yaml#/components/schemas/Pet"}}}}}
        },
    )
    schema = read.operation("GET", "/a").response(200).media("application/json").schema
    assert read.errors(schema, {}) == ["the answer lacks id"]
    assert len(read.references.files) == 2


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("#/components/parameters/Nope", "'#/components/parameters/Nope' refers to nothing"),
        ("#nowhere", "'#nowhere' refers to nothing"),
        ("#/info/title/x", "'#/info/title/x' refers to nothing"),
        ("#/tags/x", "'#/tags/x' refers to nothing"),
        ("https://example.com/a.yaml#/q", "it refers to 'https://example.com/a.yaml', and nothing is fetched from the network"),
        ("http://[bad/x", "'http://[bad/x' refers to nothing"),
        ("#/components/parameters/A", "'#/components/parameters/A' refers to itself"),
        ("#/components/parameters/Self", "'#/components/parameters/Self' refers to itself"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_listed_beside_its_operation(reference, reason):
    circle = {"A": {"$ref": "#/components/parameters/B"}, "B": {"$ref": "#/components/parameters/A"},
              "Self": {"$ref": "#/components/parameters/Self"}}  # fmt: skip
    read = document(
        {"/a": {"get": {"parameters": [{"$ref": reference}, {"name": "q", "in": "query"}]}, "put": {}}},
        components={"parameters": circle}, tags=[{"name": "x"}],
    )  # fmt: skip
    broken, whole_one = read.operations
    assert [str(problem) for problem in broken.problems] == [f"GET /a: {reason}"]
    assert [str(parameter) for parameter in broken.parameters] == ["query q"]
    assert whole_one.problems == []
    assert reasons(read) == [f"GET /a: {reason}"]
    with pytest.raises(openapi.NotUnderstood) as refused:
        read.resolved({"$ref": reference})
    assert str(refused.value) == reason


def test_a_document_that_was_fetched_reads_no_files(tmp_path):
    secret = tmp_path / "secret.yaml"
    secret.write_text("q: {name: q, in: query}")
    for source, reference in (
        ("http://127.0.0.1:1/openapi.json", secret.as_uri()),
        ("shop", "secret.yaml"),
        ("shop", str(secret)),
    ):
        text = json.dumps(whole({"/a": {"get": {"parameters": [{"$ref": f"{reference}#/q"}]}}}))
        read = openapi.parse(text, source)
        assert len(read.not_understood) == 1
        assert "refers to the file" in reasons(read)[0]
    read = openapi.parse(json.dumps(whole({"/a": {"$ref": "parts.yaml"}})), "http://127.0.0.1:1/v1/openapi.json")
    assert reasons(read) == [
        "/paths/~1a: it refers to 'http://127.0.0.1:1/v1/parts.yaml', and nothing is fetched from the network: its operations are not known"
    ]


def test_a_document_that_was_fetched_may_name_itself():
    schema = {"$ref": "http://127.0.0.1:1/openapi.json#/components/schemas/Pet"}
    read = openapi.parse(json.dumps(whole(components={"schemas": {"Pet": PET}})), "http://127.0.0.1:1/openapi.json")
    assert read.errors(schema, {}) == ["the answer lacks id"]
    assert read.errors({"$ref": "openapi.json#/components/schemas/Pet"}, {}) == ["the answer lacks id"]


def test_a_document_knows_itself_by_its_own_uri():
    read = document(version="3.2.0", **{"$self": "https://example.com/shop"}, components={"schemas": {"Pet": PET}})
    assert read.resolved({"$ref": "https://example.com/shop#/components/schemas/Pet"}) == PET


@pytest.mark.parametrize("contents", ["a: [", "", "\x00"])
def test_a_broken_file_is_not_understood(folder, contents):
    read = folder(shop_yaml=whole({"/a": {"$ref": "parts.yaml"}, "/b": {"get": {}}}), parts_yaml=contents)
    assert [operation.label for operation in read.operations] == ["GET /b"]
    assert "parts.yaml' cannot be read: The document" in reasons(read)[0]


def test_a_file_that_is_not_there_is_not_understood(folder):
    read = folder(shop_yaml=whole({"/a": {"get": {"$ref": "parts.yaml#/a"}}}))
    assert "is not there" in reasons(read)[0]
    assert read.operations[0].problems


def test_what_is_not_understood_is_found_in_the_depth_of_schemas():
    schemas = {
        "A": {"properties": {"b": {"items": {"$ref": "#/components/schemas/B"}}, "a": {"$ref": "#/components/schemas/A"}}},
        "B": {"anyOf": [{"$ref": "#/components/schemas/C"}, {"type": "any"}, {"pattern": "("}, {"exclusiveMinimum": True}]},
    }
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}
    read = document({"/a": {"post": {"requestBody": body}}, "/b": {"get": {}}}, components={"schemas": schemas})
    assert {problem.reason for problem in read.operations[0].problems} == {
        "'#/components/schemas/C' refers to nothing",
        "'any' is no type of JSON Schema",
        "'(' is no pattern of ECMAScript: a '(' without its ')'",
        "'exclusiveMinimum' is a boolean, which only OpenAPI 3.0 and 2.0 know",
    }
    assert read.operations[1].problems == []


def test_values_that_look_like_references_are_none():
    lookalike = {"$ref": "#/nowhere", "type": "any", "pattern": "("}
    schema = {
        "example": lookalike, "examples": [lookalike], "default": lookalike, "enum": [lookalike], "const": lookalike, "x-note": lookalike,
        "properties": {"$ref": {"type": "string"}, "type": {"type": "string"}, "pattern": {}, "example": {"type": "integer"}},
    }  # fmt: skip
    media = {"schema": schema, "example": lookalike, "examples": {"a": {"value": lookalike}}}
    read = document({"/a": {"post": {"requestBody": {"content": {"application/json": media}}, "x-y": lookalike}}})
    assert read.not_understood == []
    broken = document({"/a": {"post": {"requestBody": {"content": {"application/json": {
        "schema": {"properties": {"example": {"$ref": "#/nowhere"}}}}}}}}})  # fmt: skip
    assert reasons(broken) == ["POST /a: '#/nowhere' refers to nothing"]


def test_pointers_are_decoded():
    read = document(components={"schemas": {"a/b~c d": PET, "list": {"oneOf": [{}, PET]}}})
    assert read.resolved({"$ref": "#/components/schemas/a~1b~0c%20d"}) == PET
    assert read.resolved({"$ref": "#/components/schemas/list/oneOf/1"}) == PET


@pytest.mark.parametrize(("version", "found"), [("3.0.3", "of the target"), ("3.1.0", "beside")])
def test_what_describes_stands_beside_a_reference_since_3_1(version, found):
    read = document(version=version, components={"schemas": {"Pet": PET | {"description": "of the target"}}})
    whole_one = read.resolved({"$ref": "#/components/schemas/Pet", "description": "beside", "type": "string"})
    assert whole_one["description"] == found
    assert whole_one["type"] == "object"


def test_schemas_are_found_by_their_identifiers():
    schemas = {
        "Pet": {"$id": "https://example.com/schemas/pet", "$defs": {"name": {"$anchor": "name", "type": "string"}},
                "properties": {"name": {"$ref": "#name"}, "owner": {"$ref": "owner"}, "same": {"$ref": "#/$defs/name"}}},
        "Owner": {"$id": "https://example.com/schemas/owner", "required": ["id"]},
        "Here": {"$anchor": "here", "type": "integer"},
    }  # fmt: skip
    read = document(components={"schemas": schemas})
    pet = {"$ref": "#/components/schemas/Pet"}
    assert read.errors(pet, {"name": 1, "same": 1, "owner": {}}) == [
        "name: 1 is not of type 'string'", "owner lacks id", "same: 1 is not of type 'string'",
    ]  # fmt: skip
    assert read.resolved(read.resolved(pet)["properties"]["owner"])["required"] == ["id"]
    assert read.errors({"$ref": "https://example.com/schemas/pet#name"}, 1) == ["the answer: 1 is not of type 'string'"]
    assert read.errors({"$ref": "#here"}, "x") == ["the answer: 'x' is not of type 'integer'"]
    assert read.errors({"$ref": "#/components/schemas/Pet/properties/owner"}, {}) == ["the answer lacks id"]
    assert samples.sample(read, {"$ref": "#/components/schemas/Pet/properties/owner"}) == {"id": "sample"}
    with pytest.raises(openapi.NotUnderstood, match="'https://example.com/schemas/none' refers to nothing|nothing is fetched"):
        read.errors({"$ref": "https://example.com/schemas/none"}, 1)


def test_dynamic_references_lead_to_the_outermost_anchor():
    schemas = {
        "Tree": {"$id": "tree", "$dynamicAnchor": "node", "type": "object", "properties": {
            "children": {"type": "array", "items": {"$dynamicRef": "#node"}}}},
        "Strict": {"$id": "strict", "$dynamicAnchor": "node", "$ref": "tree", "unevaluatedProperties": False},
    }  # fmt: skip
    read = document(components={"schemas": schemas}, source="https://example.com/api/openapi.json")
    value = {"children": [{"childen": []}]}
    assert read.errors({"$ref": "#/components/schemas/Tree"}, value) == []
    assert read.errors({"$ref": "#/components/schemas/Strict"}, value) == [
        "children.0: Unevaluated properties are not allowed ('childen' was unexpected)"
    ]


def test_identifiers_mean_nothing_in_3_0():
    schemas = {"Pet": {"$id": "https://example.com/pet", "properties": {"a": {"$ref": "#/components/schemas/Name"}}},
               "Name": {"type": "string"}}  # fmt: skip
    read = document(version="3.0.0", components={"schemas": schemas})
    assert read.errors({"$ref": "#/components/schemas/Pet"}, {"a": 1}) == ["a: 1 is not of type 'string'"]
