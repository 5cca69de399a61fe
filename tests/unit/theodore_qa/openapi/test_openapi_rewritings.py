"""The same API written in all legal styles gives the same operations; a damaged document gives no bare error."""

import contextlib
import copy
import json
import random

import yaml
from documents import whole
from hypothesis import given, settings, strategies

from theodore_qa import openapi
from theodore_qa.errors import UsageError
from theodore_qa.openapi import NotUnderstood, samples
from theodore_qa.openapi.document import Document

NAMES = ("limit", "q", "X-Trace", "session")
SCHEMAS = ({"type": "integer"}, {"type": "string", "maxLength": 5}, {"type": "string", "enum": ["a", "b"]})
VALUES = (1, "a", "long text", None)

PARAMETERS = strategies.dictionaries(
    strategies.sampled_from(NAMES),
    strategies.tuples(strategies.sampled_from(("query", "header")), strategies.booleans(), strategies.sampled_from(SCHEMAS)),
    max_size=3,
)
OPERATIONS = strategies.dictionaries(
    strategies.tuples(strategies.sampled_from(("get", "post", "put")), strategies.sampled_from(("/a", "/a/{id}", "/b"))),
    strategies.tuples(
        PARAMETERS,
        strategies.none() | strategies.sampled_from(SCHEMAS),
        strategies.dictionaries(strategies.sampled_from(("200", "404", "default")), strategies.sampled_from(SCHEMAS), min_size=1),
    ),
    min_size=1,
    max_size=4,
)
CHOICES = strategies.randoms(use_true_random=False)


class Writer:
    """Writes an API in one style, and what it moves elsewhere into components or into files."""

    def __init__(self, chosen, version, folder):
        self.chosen, self.version, self.folder = chosen, version, folder
        self.old = version == "2.0"
        self.shared = {}
        self.files = self.named = 0

    def moved(self, kind, node):
        """A node in its place, or a reference to it."""
        match self.chosen.randrange(4):
            case 0 if kind:
                self.named += 1
                name = f"n{self.named}"
                self.shared.setdefault(kind, {})[name] = node
                return {"$ref": f"#/{kind}/{name}" if self.old else f"#/components/{kind}/{name}"}
            case 1:
                self.files += 1
                file = self.folder / f"part {self.files}.yaml"
                node = json.loads(json.dumps(node).replace('"$ref": "#', '"$ref": "shop#'))
                file.write_text(json.dumps({"a/b": node}) if self.chosen.random() < 0.5 else yaml.safe_dump({"a/b": node}))
                return {"$ref": f"part%20{self.files}.yaml#/a~1b"}
        return node

    def schema(self, schema):
        if self.version != "2.0" and self.chosen.random() < 0.3:
            schema = {"allOf": [schema]}
        return self.moved("definitions" if self.old else "schemas", schema)

    def parameter(self, name, location, required, schema):
        own = dict(schema) if self.old else {"schema": self.schema(schema)}
        node = {"name": name, "in": location, **own} | ({"required": required} if required or self.chosen.random() < 0.5 else {})
        return self.moved("parameters", node)

    def operation(self, parameters, body, answers):
        node = {"parameters": parameters, "responses": {}}
        if body is not None and self.old:
            node["parameters"] = [*parameters, self.moved("parameters", {"name": "b", "in": "body", "schema": self.schema(body)})]
        elif body is not None:
            node["requestBody"] = self.moved("requestBodies", {"content": {"application/json": {"schema": self.schema(body)}}})
        for status, schema in answers.items():
            inner = self.schema(schema)
            answer = (
                {"schema": inner}
                if self.old
                else {"content": {self.chosen.choice(["application/json", "*/*"]): {"schema": inner}}}
            )
            node["responses"][status] = self.moved("responses", {"description": "text"} | answer)
        if not node["parameters"]:
            del node["parameters"]
        return self.moved(None, node)

    def document(self, api):
        paths = {"x-note": {"get": {}}, "/nothing": None}
        for path in sorted({path for _, path in api}):
            fixed = [self.parameter("id", "path", True, SCHEMAS[0])] if "{" in path else []
            at_path = self.chosen.random() < 0.5
            item = {"summary": "text", "x-more": 1} | ({"parameters": fixed} if at_path else {})
            for (method, own), (parameters, body, answers) in api.items():
                if own == path:
                    listed = [self.parameter(name, *rest) for name, rest in parameters.items()]
                    item[method] = self.operation(listed if at_path else [*fixed, *listed], body, answers)
            paths[path] = self.moved("pathItems" if self.version in ("3.1.0", "3.2.0") else None, item)
        extra = self.shared if self.old else {"components": self.shared} if self.shared else {}
        return whole(paths, self.version, **extra)

    def text(self, raw):
        match self.chosen.randrange(4):
            case 0:
                return json.dumps(raw, indent=self.chosen.choice([None, 2]))
            case 1:
                return yaml.safe_dump(raw, sort_keys=False).replace("'200':", "200:").replace("'404':", "404:")
            case 2:
                return yaml.safe_dump(raw, default_flow_style=True)
        shared = {id(schema): copy.deepcopy(schema) for schema in SCHEMAS}
        return yaml.safe_dump(json.loads(json.dumps(raw)) | {"x-anchors": list(shared.values()) * 2})


def summary(document):
    """What an API says, whatever the style."""
    assert document.not_understood == []
    return {
        operation.label: (
            {(str(parameter), parameter.required, judged(document, parameter.schema)) for parameter in operation.parameters},
            {media: judged(document, body.schema) for media, body in operation.bodies.items()},
            {status: judged(document, answer.media("application/json").schema) for status, answer in operation.responses.items()},
        )
        for operation in document.operations
    }


def judged(document, schema):
    return tuple(bool(document.errors(schema, value)) for value in VALUES), samples.sample(document, schema)


def expected(api):
    plain = Document(whole(), "plain")
    return {
        f"{method.upper()} {path}": (
            {(f"{rest[0]} {name}", rest[1], judged(plain, rest[2])) for name, rest in parameters.items()}
            | ({("path id", True, judged(plain, SCHEMAS[0]))} if "{" in path else set()),
            {} if body is None else {"application/json": judged(plain, body)},
            {status: judged(plain, schema) for status, schema in answers.items()},
        )
        for (method, path), (parameters, body, answers) in api.items()
    }


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(api=OPERATIONS, chosen=CHOICES, version=strategies.sampled_from(("2.0", "3.0.3", "3.1.0", "3.2.0")))
def test_an_api_is_the_same_in_all_styles(tmp_path_factory, api, chosen, version):
    folder = tmp_path_factory.mktemp("api")
    writer = Writer(chosen, version, folder)
    file = folder / "shop"
    file.write_text(writer.text(writer.document(api)))
    assert summary(openapi.read(file)) == expected(api)


ODD = [None, True, -1, 3.5, "", "x", "#/nowhere", "#", "http://x/y", "other.yaml", [], [None], ["a"], {}, {"$ref": "#/paths"},
       {"$ref": 5}, {"a": None}, "(", 10**30]  # fmt: skip
KEYS = ["$ref", "type", "pattern", "required", "properties", "items", "allOf", "oneOf", "schema", "content", "parameters", "in", "name",
        "enum", "minItems", "format", "example", "examples", "servers", "security", "headers", "minimum", "exclusiveMinimum", "tags",
        "multipleOf", "additionalProperties", "$id", "$anchor", "$dynamicRef", "$schema", "default", "discriminator", "nullable"]  # fmt: skip


def places(node):
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield node, key
        yield from places(value)


def damaged(chosen, raw):
    for _ in range(chosen.choice([1, 3, 10])):
        node, key = chosen.choice(list(places(raw)))
        if isinstance(node, dict) and chosen.random() < 0.5:
            key = chosen.choice(KEYS)
        node[key] = copy.deepcopy(chosen.choice(ODD))
    return raw


def test_a_damaged_document_gives_no_bare_error(tmp_path):
    chosen = random.Random(42)
    api = {("post", "/a/{id}"): ({"q": ("query", True, SCHEMAS[1])}, SCHEMAS[2], {"200": SCHEMAS[0], "default": SCHEMAS[1]})}
    listed = 0
    for _ in range(250):
        writer = Writer(chosen, chosen.choice(["2.0", "3.0.3", "3.1.0", "3.2.0"]), tmp_path)
        raw = damaged(chosen, json.loads(json.dumps(writer.document(api))))
        try:
            read = Document(raw, "damaged", tmp_path.as_uri() + "/damaged", identified=chosen.random() < 0.3)
        except UsageError:
            continue
        listed += len(read.not_understood)
        assert isinstance(read.prefix, str)
        for operation in read.operations:
            bodies = [body.schema for body in operation.bodies.values()]
            answers = [media.schema for response in operation.responses.values() for media in response.content.values()]
            for schema in (*bodies, *answers, *(parameter.schema for parameter in operation.parameters)):
                for value in (samples.sample(read, schema), None, {"a": 1}, [1, {}], "x"):
                    with contextlib.suppress(NotUnderstood):
                        assert isinstance(read.errors(schema, value), list)
    assert listed > 100
