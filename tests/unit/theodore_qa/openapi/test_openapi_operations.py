"""What operations take and answer, in all versions; what of them is not understood."""

import pytest
from documents import document, reasons

OK = {"responses": {"200": {"description": "ok"}}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}


def labels(read):
    return [operation.label for operation in read.operations]


def test_what_stands_beside_methods_is_no_operation():
    item = {
        "summary": "text",
        "description": "text",
        "servers": [],
        "parameters": [],
        "x-own": {"get": {}},
        "get": OK,
        "delete": OK,
    }
    read = document({"/a": item, "/b": None, "x-root": "/api", "x-other": {"get": {}}})
    assert labels(read) == ["GET /a", "DELETE /a"]
    assert read.not_understood == []
    assert read.operations[0].summary == "text"


@pytest.mark.parametrize(
    ("version", "methods"),
    [
        ("2.0", "get put post delete options head patch"),
        ("3.0.0", "get put post delete options head patch trace"),
        ("3.1.0", "get put post delete options head patch trace"),
        ("3.2.0", "get put post delete options head patch trace query"),
    ],
)
def test_methods_are_those_of_the_version(version, methods):
    every = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query", "link", "GET"]
    read = document({"/a": {method: {} for method in every}}, version)
    assert labels(read) == [f"{method.upper()} /a" for method in methods.split()]
    missing = [method for method in every if method not in methods.split()]
    short = version[:3]
    assert reasons(read) == [f"/paths/~1a: '{method}' is no method of OpenAPI {short}" for method in missing]


def test_version_3_2_has_other_methods_too():
    read = document({"/a": {"additionalOperations": {"LINK": OK}, "query": OK}}, "3.2.0")
    assert labels(read) == ["LINK /a", "QUERY /a"]
    assert read.operation("link", "/a").label == "LINK /a"


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        ([], "/paths: it is a list instead of an object"),
        ({"/a": "text"}, "/paths/~1a: it is a text instead of an object"),
        ({"/a": {"get": "text"}}, "GET /a: the operation is 'text' instead of an object"),
        ({"/a": {"get": None}}, "GET /a: the operation is null instead of an object"),
        ({"a": {"get": OK}}, "GET a: its path does not begin with '/'"),
        ({"/a": {"get": {"parameters": {"name": "q"}}}}, "GET /a: 'parameters' is {'name': 'q'} instead of a list"),
        ({"/a": {"get": {"parameters": ["q"]}}}, "GET /a: a parameter is 'q' instead of an object"),
        ({"/a": {"get": {"parameters": [{"in": "query"}]}}}, "GET /a: a parameter has no 'name'"),
        ({"/a": {"get": {"parameters": [{"name": "q"}]}}}, "GET /a: a parameter has no 'in'"),
        ({"/a": {"get": {"parameters": [{"name": "q", "in": "body"}]}}}, "GET /a: a parameter with the name 'q' is in 'body'"),
        ({"/a": {"get": {"parameters": [{"name": "q", "in": "query"}] * 2}}}, "GET /a: its query parameter 'q' stands 2 times"),
        ({"/a/{id}": {"get": OK}}, "GET /a/{id}: its path has {id}, and no parameter says what that is"),
        ({"/a": {"get": {"parameters": [ID]}}}, "GET /a: its path has no {id} for its path parameter 'id'"),
        ({"/a": {"post": {"requestBody": []}}}, "POST /a: its request body is [] instead of an object"),
        ({"/a": {"post": {"requestBody": {"description": "x"}}}}, "POST /a: its request body has no media type"),
        ({"/a": {"post": {"requestBody": {"content": {"text/plain": 1}}}}},
         "POST /a: its request body in text/plain is 1 instead of an object"),
        ({"/a": {"get": {"responses": []}}}, "GET /a: 'responses' is [] instead of an object"),
        ({"/a": {"get": {"responses": {"200": "ok"}}}}, "GET /a: its answer 200 is 'ok' instead of an object"),
        ({"/a": {"get": {"responses": {"200": {"content": []}}}}}, "GET /a: 'content' of its answer 200 is [] instead of an object"),
        ({"/a": {"get": {"responses": {"200": {"headers": {"A": 1}}}}}},
         "GET /a: the header A of its answer 200 is 1 instead of an object"),
        ({"/a": {"get": {"security": {}}}}, "GET /a: 'security' is {} instead of a list"),
        ({"/a": {"get": {"security": [{"key": []}]}}},
         "GET /a: its security asks for 'key', which is none of the document's security schemes"),
        ({"/a": {"get": {"servers": [{"url": "/{region}"}]}}}, "GET /a: the server '/{region}' has a variable without a default"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_listed(paths, reason):
    assert reasons(document(paths)) == [reason]


def test_an_operation_that_is_understood_in_part_is_there_with_its_problems_beside_it():
    read = document(
        {"/a": {"get": {"parameters": [{"$ref": "#/nowhere"}, {"name": "q", "in": "query"}]}, "put": "text"}, "/b": {"get": OK}}
    )
    assert labels(read) == ["GET /a", "PUT /a", "GET /b"]
    assert [str(parameter) for parameter in read.operations[0].parameters] == ["query q"]
    assert [len(operation.problems) for operation in read.operations] == [1, 1, 0]
    assert read.operations[1].responses == {}


def test_a_document_with_webhooks_or_components_alone_has_no_operations():
    for more in ({"webhooks": {"new": {"post": OK}}}, {"components": {}}):
        read = document(**more)
        del read.raw["paths"]
        assert (read.operations, read.not_understood) == ([], [])
    earlier = document(version="3.0.0")
    del earlier.raw["paths"]
    assert reasons(earlier) == ["/paths: it is missing, and with it all operations"]


def test_parameters_of_the_path_count_and_those_of_the_operation_win():
    shared = [ID, {"name": "q", "in": "query", "schema": {"type": "string"}}, {"name": "X-A", "in": "header"}]
    own = [{"name": "q", "in": "query", "required": True, "schema": {"type": "integer"}}, {"name": "q", "in": "cookie"},
           {"name": "x-a", "in": "header", "required": True}]  # fmt: skip
    read = document({"/a/{id}": {"parameters": shared, "get": OK, "put": OK | {"parameters": own}}})
    get, put = read.operations
    assert [(str(parameter), parameter.required) for parameter in get.parameters] == [
        ("path id", True),
        ("query q", False),
        ("header X-A", False),
    ]
    assert [(str(parameter), parameter.required) for parameter in put.parameters] == [
        ("path id", True), ("query q", True), ("header x-a", True), ("cookie q", False),
    ]  # fmt: skip
    assert put.parameters[1].schema == {"type": "integer"}
    assert read.not_understood == []


@pytest.mark.parametrize(
    ("raw", "style", "explode", "media"),
    [
        ({"in": "query"}, "form", True, None),
        ({"in": "cookie"}, "form", True, None),
        ({"in": "path"}, "simple", False, None),
        ({"in": "header"}, "simple", False, None),
        ({"in": "query", "explode": False}, "form", False, None),
        ({"in": "query", "style": "pipeDelimited"}, "pipeDelimited", False, None),
        ({"in": "query", "style": "deepObject", "explode": True}, "deepObject", True, None),
        (
            {"in": "query", "content": {"application/json": {"schema": {"type": "object"}, "example": {}}}},
            None,
            True,
            "application/json",
        ),
        ({"in": "query", "content": {"application/json": None}}, None, True, "application/json"),
        ({"in": "querystring", "content": {"text/plain": {}}}, None, True, "text/plain"),
    ],
)
def test_parameters_say_how_they_are_written(raw, style, explode, media):
    read = document({"/a/{p}" if raw["in"] == "path" else "/a": {"get": {"parameters": [{"name": "p"} | raw]}}}, "3.2.0")
    (found,) = read.operations[0].parameters
    assert (found.style, found.explode, found.media) == (style, explode, media)
    assert found.required == (raw["in"] == "path")
    assert read.not_understood == []


@pytest.mark.parametrize(
    ("raw", "schema", "example"),
    [
        ({"schema": {"type": "string"}, "example": 0}, {"type": "string"}, 0),
        ({"schema": True}, True, None),
        ({"examples": {"a": {"value": 1}, "b": {"value": 2}}}, {}, 1),
        ({"examples": {"a": {"$ref": "#/components/examples/one"}}}, {}, "one"),
        ({"examples": {"a": {"dataValue": 3}}}, {}, 3),
        ({"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 1}, None),
        ({"content": {"application/json": {"schema": {"type": "array"}, "example": [1]}}}, {"type": "array"}, [1]),
    ],
)
def test_parameters_have_a_schema_and_an_example(raw, schema, example):
    read = document({"/a": {"get": {"parameters": [{"name": "q", "in": "query"} | raw]}}},
                    components={"examples": {"one": {"value": "one"}}})  # fmt: skip
    (found,) = read.operations[0].parameters
    assert (found.schema, found.example) == (schema, example)


def test_bodies_are_found_by_media_type():
    content = {
        "application/json": {"schema": {"type": "object"}, "example": {"a": 1}},
        "multipart/form-data": {"schema": {"type": "object"}, "encoding": {"file": {"contentType": "image/png"}}},
        "text/plain": None,
        "application/jsonl": {"itemSchema": {"type": "object"}},
        "application/xml": {"$ref": "#/components/mediaTypes/xml"},
    }
    read = document({"/a": {"post": {"requestBody": {"$ref": "#/components/requestBodies/all"}}}}, "3.2.0", components={
        "requestBodies": {"all": {"required": True, "content": content}}, "mediaTypes": {"xml": {"schema": {"type": "string"}}}})  # fmt: skip
    (operation,) = read.operations
    assert operation.body_required
    assert list(operation.bodies) == list(content)
    assert operation.bodies["application/json"] == ({"type": "object"}, {"a": 1}, True, {}, None)
    assert operation.bodies["multipart/form-data"].encoding == {"file": {"contentType": "image/png"}}
    assert operation.bodies["text/plain"] == (None, None, True, {}, None)
    assert operation.bodies["application/jsonl"].item_schema == {"type": "object"}
    assert operation.bodies["application/xml"].schema == {"type": "string"}
    assert read.not_understood == []


def test_bodies_of_2_0():
    body = {"name": "pet", "in": "body", "required": True, "schema": {"type": "object"}, "x-example": {"a": 1}}
    read = document({"/a": {"post": {"parameters": [body]}, "put": {"parameters": [body], "consumes": ["application/xml", "text/json"]}},
                     "/b": {"parameters": [{"in": "body"}], "get": {}}}, "2.0")  # fmt: skip
    post, put, get = read.operations
    assert post.bodies == {"application/json": ({"type": "object"}, {"a": 1}, True, {}, None)}
    assert list(put.bodies) == ["application/xml", "text/json"]
    assert post.parameters == ()
    assert (get.bodies["application/json"].schema, get.body_required) == (None, False)
    assert read.not_understood == []


def test_a_body_beside_a_form_is_not_understood():
    raw = [{"name": "b", "in": "body", "schema": {}}, {"name": "f", "in": "formData", "type": "string"}]
    assert reasons(document({"/a": {"post": {"parameters": raw}}}, "2.0")) == [
        "POST /a: it takes a body beside the fields of a form"
    ]


def test_forms_of_2_0():
    fields = [
        {"name": "q", "in": "formData", "type": "string", "required": True, "x-example": "item1", "default": "item1"},
        {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}, "collectionFormat": "multi"},
    ]
    file = {"name": "file", "in": "formData", "type": "file"}
    read = document({"/a": {"post": {"parameters": fields}, "put": {"parameters": [*fields, file]},
                            "patch": {"parameters": fields, "consumes": ["application/json", "multipart/form-data"]}}}, "2.0")  # fmt: skip
    post, put, patch = read.operations
    form = post.bodies["application/x-www-form-urlencoded"]
    assert form.schema["properties"]["q"] == {"type": "string", "default": "item1", "example": "item1"}
    assert form.schema["required"] == ["q"]
    assert form.example == {"q": "item1"}
    assert form.encoding == {"tags": {"style": "form", "explode": True}}
    assert (form.required, post.body_required) == (True, True)
    assert put.bodies["multipart/form-data"].schema["properties"]["file"] == {"type": "string", "format": "binary"}
    assert list(patch.bodies) == ["multipart/form-data"]
    assert read.not_understood == []


@pytest.mark.parametrize(
    ("raw", "style", "explode"),
    [
        ({"in": "query"}, "form", False),
        ({"in": "query", "collectionFormat": "multi"}, "form", True),
        ({"in": "query", "collectionFormat": "ssv"}, "spaceDelimited", False),
        ({"in": "query", "collectionFormat": "pipes"}, "pipeDelimited", False),
        ({"in": "header", "collectionFormat": "csv"}, "simple", False),
    ],
)
def test_parameters_of_2_0_are_their_own_schemas(raw, style, explode):
    raw = {"name": "q", "type": "array", "items": {"type": "integer"}, "minItems": 1, "description": "text"} | raw
    (found,) = document({"/a": {"get": {"parameters": [raw]}}}, "2.0").operations[0].parameters
    assert found.schema == {"type": "array", "items": {"type": "integer"}, "minItems": 1}
    assert (found.style, found.explode) == (style, explode)


def test_answers_are_exact_before_their_class_before_the_default():
    read = document({"/a": {"get": {"responses": {"200": {"description": "a"}, "2XX": {"description": "b"}, "4xx": {},
                                                  "default": {"description": "c"}, "x-note": {}}}}})  # fmt: skip
    (operation,) = read.operations
    assert [operation.response(status).status for status in (200, 201, 404, 500)] == ["200", "2XX", "4xx", "default"]
    assert list(operation.responses) == ["200", "2XX", "4xx", "default"]
    assert document({"/a": {"get": OK}}).operations[0].response(404) is None
    assert document({"/a": {"get": {"responses": {"200": None}}}}).operations[0].response(200).content == {}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("application/json", "application/json"),
        ("Application/JSON; charset=UTF-8", "application/json"),
        ("application/json;version=2", "application/json; version=2"),
        ("application/problem+json", "application/problem+json"),
        ("application/vnd.shop+json; charset=utf-8", "application/json"),
        ("application/xml", "application/*"),
        ("text/csv", "text/csv;header=present"),
        ("image/png", "*/*"),
        ("", "*/*"),
    ],
)
def test_content_is_found_by_media_type(given, found):
    kinds = ["*/*", "application/*", "application/json", "application/json; version=2", "application/problem+json",
             "text/csv;header=present"]  # fmt: skip
    read = document({"/a": {"get": {"responses": {"200": {"content": {kind: {"schema": {"title": kind}} for kind in kinds}}}}}})
    assert read.operations[0].response(200).media(given).schema == {"title": found}


def test_content_of_another_media_type_is_not_found():
    read = document({"/a": {"get": {"responses": {"200": {"content": {"application/json": {}}}, "201": {}}}}})
    assert read.operations[0].response(200).media("text/html") is None
    assert read.operations[0].response(201).media("text/html") is None


def test_answers_of_2_0():
    answers = {"200": {"schema": {"type": "array"}, "examples": {"application/json": [1]}, "headers": {"X-Rate": {"type": "integer"}}},
               "201": {"schema": {"type": "file"}}, "204": {"description": "none"}}  # fmt: skip
    read = document(
        {"/a": {"get": {"responses": answers}, "put": {"responses": answers, "produces": ["application/xml"]}}}, "2.0"
    )
    get, put = read.operations
    assert get.response(200).content == {"application/json": ({"type": "array"}, [1], None)}
    assert get.response(200).headers == {"X-Rate": {"type": "integer", "schema": {"type": "integer"}, "required": False}}
    assert get.response(201).media("image/png").schema == {"type": "string", "format": "binary"}
    assert get.response(204).content == {}
    assert list(put.response(200).content) == ["application/xml"]
    assert read.not_understood == []


def test_security_is_the_operations_own_or_that_of_the_document():
    schemes = {"key": {"type": "apiKey", "name": "X-Key", "in": "header"}, "ref": {"$ref": "#/components/securitySchemes/key"},
               "lost": {"$ref": "#/nowhere"}, "odd": []}  # fmt: skip
    read = document({"/a": {"get": {}, "put": {"security": []}, "post": {"security": [{}, {"ref": []}]}, "patch": {"security": None}}},
                    security=[{"key": []}], components={"securitySchemes": schemes})  # fmt: skip
    assert [operation.security for operation in read.operations] == [[{"key": []}], [], [{}, {"ref": []}], [{"key": []}]]
    assert read.security_schemes == {"key": schemes["key"], "ref": schemes["key"]}
    assert reasons(read) == ["/components/securitySchemes/lost: '#/nowhere' refers to nothing",
                             "/components/securitySchemes/odd: it is a list instead of an object"]  # fmt: skip
    assert document({"/a": {"get": {}}}).operations[0].security is None
    assert document(version="2.0", securityDefinitions={"basic": {"type": "basic"}}).security_schemes == {
        "basic": {"type": "basic"}
    }


def test_what_else_an_operation_says():
    read = document({"/a": {"summary": "of the path", "get": {"operationId": "find", "tags": ["a", 1], "deprecated": True, "summary": "own"},
                            "put": {}}})  # fmt: skip
    get, put = read.operations
    assert (get.operation_id, get.tags, get.deprecated, get.summary, str(get), repr(get)) == (
        "find", ["a", "1"], True, "own", "GET /a", "<GET /a>",
    )  # fmt: skip
    assert (put.operation_id, put.tags, put.deprecated, put.summary) == (None, [], False, "of the path")
    assert get.raw["operationId"] == "find"


def test_the_values_that_a_schema_lists_are_found_by_their_place():
    schema = {"properties": {"items": {"type": "array", "items": {"allOf": [{"properties": {"state": {"enum": ["a", "b"]}}}]}},
                             "kind": {"const": "x"}}}  # fmt: skip
    read = document()
    assert read.enum(schema, ["items", "0", "state"]) == ["a", "b"]
    assert read.enum(schema, ["kind"]) == ["x"]
    assert read.enum(schema, ["none", "such"]) == []
