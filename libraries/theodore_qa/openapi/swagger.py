"""What OpenAPI 2.0 writes in its own way, as 3.x would write it."""

from __future__ import annotations

from typing import Any

from theodore_qa.openapi.parts import FORM, JSON, MULTIPART

# What a parameter, an item or a header of 2.0 says beside its schema.
_NO_SCHEMA = frozenset({
    "name", "in", "required", "description", "collectionFormat", "allowEmptyValue", "schema", "content", "style", "explode",
    "deprecated", "x-example", "examples",
})  # fmt: skip
_STYLES = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabDelimited"}
ANY = "*/*"


def schema_of(raw: dict[str, Any]) -> dict[str, Any]:
    """The schema that stands in the parameter, item or header itself; a file is a binary text."""
    own = {key: value for key, value in raw.items() if key not in _NO_SCHEMA}
    if "x-example" in raw:
        own["example"] = raw["x-example"]
    return own | {"type": "string", "format": "binary"} if own.get("type") == "file" else own


def style_of(raw: dict[str, Any]) -> tuple[str, bool]:
    """The style of a list, and whether each of its items is written with the name."""
    written = str(raw.get("collectionFormat", "csv"))
    plain = "form" if raw.get("in") in ("query", "formData", "cookie") else "simple"
    return _STYLES.get(written, plain), written == "multi"


def body_types(consumes: list[str]) -> list[str]:
    """The media types of a request body; JSON where the document does not say."""
    return consumes or [JSON]


def form_types(consumes: list[str], fields: list[dict[str, Any]]) -> list[str]:
    """The media types of a form: those of ``consumes``, or the one that its fields need."""
    if any(field.get("type") == "file" for field in fields):
        return [kind for kind in consumes if kind.startswith("multipart/")] or [MULTIPART]
    return [kind for kind in consumes if kind.startswith((FORM, "multipart/"))] or [FORM]


def form_schema(fields: list[dict[str, Any]]) -> dict[str, Any]:
    """The schema of a form's fields."""
    return {
        "type": "object",
        "properties": {field["name"]: schema_of(field) for field in fields},
        "required": [field["name"] for field in fields if field.get("required") is True],
    }


def answer_schema(raw: dict[str, Any]) -> Any:
    """The schema of an answer; a file is a binary text."""
    schema = raw.get("schema")
    return {"type": "string", "format": "binary"} if isinstance(schema, dict) and schema.get("type") == "file" else schema
