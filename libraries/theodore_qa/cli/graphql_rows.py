"""Rows of operations for a GraphQL endpoint, as its schema tells them: one for each query and mutation, with sample values."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from theodore_qa.systems.client import Client

PATHS = ("/graphql", "/api/graphql", "/query")
_INNER = "kind name ofType{kind name ofType{kind name ofType{kind name}}}"
_ARGUMENT = f"name defaultValue type{{{_INNER}}}"
INTROSPECTION = (
    "{__schema{queryType{name} mutationType{name} types{kind name enumValues{name} possibleTypes{name} "
    f"inputFields{{{_ARGUMENT}}} fields{{name type{{{_INNER}}} args{{{_ARGUMENT}}}}}}}}}}}"
)
SAMPLES: dict[str, Any] = {"Int": 1, "Float": 1.5, "Boolean": True, "ID": "1"}
MOST_FIELDS, DEEPEST = 8, 3
PATIENCE = 3.0  # seconds
Type = dict[str, Any]


def found(client: Client) -> list[dict[str, Any]]:
    """The rows for the first usual path that answers with its schema; empty where none does."""
    for path in PATHS:
        body = json.dumps({"query": INTROSPECTION}).encode()
        answer = client.send("POST", path, {"Content-Type": "application/json"}, body, timeout=PATIENCE)
        if not answer.status:
            break  # nobody is there yet
        data = answer.body.get("data") if answer.ok and isinstance(answer.body, dict) else None
        schema = data.get("__schema") if isinstance(data, dict) else None
        if isinstance(schema, dict):
            return rows(schema, path)
    return []


def rows(schema: dict[str, Any], path: str) -> list[dict[str, Any]]:
    """A row for each field of the schema's queries and mutations."""
    types = {str(each.get("name")): each for each in _objects(schema.get("types"))}
    made = []
    for root, word in (("queryType", "query"), ("mutationType", "mutation")):
        name = str((schema.get(root) or {}).get("name"))
        fields = _objects(types.get(name, {}).get("fields"))
        made += [{"operation": f"POST {path}#{field['name']}", "body": _body(types, field, word)} for field in fields]
    return made


def line(row: dict[str, Any]) -> str:
    """A row as it stands in an environment file."""
    import yaml

    return yaml.safe_dump(row, sort_keys=False, allow_unicode=True, default_flow_style=True, width=10**6).strip()


def _body(types: dict[str, Type], field: Type, word: str) -> dict[str, Any]:
    arguments = _objects(field.get("args"))
    declared = ", ".join(f"${each['name']}: {_written(each['type'])}" for each in arguments)
    given = ", ".join(f"{each['name']}: ${each['name']}" for each in arguments)
    called = f"{field['name']}({given})" if arguments else str(field["name"])
    head = f"{word}({declared}) " if arguments else word if word == "mutation" else ""
    query = f"{head}{{{called}{_selection(types, _named(field['type']), DEEPEST)}}}"
    variables = {each["name"]: _value(types, each) for each in arguments}
    return {"query": query} | ({"variables": variables} if variables else {})


def _selection(types: dict[str, Type], name: str, depth: int) -> str:
    """What is asked for of a type: its plain fields, and those of the objects in it where it has no others."""
    described = types.get(name, {})
    kind = described.get("kind")
    if kind == "UNION":
        names = [str(each["name"]) for each in _objects(described.get("possibleTypes"))]
        return (
            f"{{{' '.join(['__typename', *(f'... on {each}{_selection(types, each, depth - 1)}' for each in names if depth)])}}}"
        )
    if kind not in ("OBJECT", "INTERFACE"):
        return ""
    free = [
        field for field in _objects(described.get("fields")) if not any(_needed(each) for each in _objects(field.get("args")))
    ]
    plain = [str(field["name"]) for field in free if types.get(_named(field["type"]), {}).get("kind") in ("SCALAR", "ENUM")]
    if plain or not depth:
        return f"{{{' '.join(plain[:MOST_FIELDS]) or '__typename'}}}"
    inner = [f"{field['name']}{_selection(types, _named(field['type']), depth - 1)}" for field in free[:DEEPEST]]
    return f"{{{' '.join(inner) or '__typename'}}}"


def _value(types: dict[str, Type], argument: Type) -> Any:
    """An argument's default where it is plain, else a sample."""
    try:
        default = json.loads(argument.get("defaultValue") or "null")
    except ValueError:  # an enumeration or an object in GraphQL's own writing
        default = None
    return _sample(types, argument["type"], DEEPEST) if default is None else default


def _sample(types: dict[str, Type], kind: Type, depth: int) -> Any:
    """A value of a type."""
    if kind.get("kind") == "NON_NULL":
        return _sample(types, kind.get("ofType") or {}, depth)
    if kind.get("kind") == "LIST":
        return [_sample(types, kind.get("ofType") or {}, depth)]
    described = types.get(str(kind.get("name")), {})
    if described.get("kind") == "ENUM":
        return next((each["name"] for each in _objects(described.get("enumValues"))), None)
    if described.get("kind") == "INPUT_OBJECT":
        fields = [each for each in _objects(described.get("inputFields")) if depth or _needed(each)]
        return {each["name"]: _sample(types, each["type"], depth - 1) for each in fields} if depth >= 0 else {}
    return SAMPLES.get(str(kind.get("name")), "text")


def _needed(argument: Type) -> bool:
    return (argument.get("type") or {}).get("kind") == "NON_NULL" and argument.get("defaultValue") is None


def _named(kind: Type) -> str:
    """The name of a type without lists around it."""
    while isinstance(kind.get("ofType"), dict):
        kind = kind["ofType"]
    return str(kind.get("name"))


def _written(kind: Type) -> str:
    """A type as a query declares it."""
    inner = kind.get("ofType")
    if isinstance(inner, dict):
        return f"{_written(inner)}!" if kind.get("kind") == "NON_NULL" else f"[{_written(inner)}]"
    return str(kind.get("name"))


def _objects(listed: Any) -> list[dict[str, Any]]:
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
