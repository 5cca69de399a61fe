"""Values held to schemas, with phrases that a tester understands for what is wrong."""

from __future__ import annotations

from itertools import islice
from typing import Any, TYPE_CHECKING

from theodore_qa.openapi.keywords import Comparison, current, LATEST, validator_class
from theodore_qa.openapi.problems import NotUnderstood
from theodore_qa.redaction.secrets import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from theodore_qa.openapi.contents import Contents

MOST = 100
READABLE = 160


def errors(document: Contents | None, schema: Any, value: Any, *, sent: bool = False) -> list[str]:
    """What is wrong with a value by a schema of a document, or by one of its own: see ``Document.errors``."""
    if schema is None:  # nothing is said
        return []
    if not isinstance(schema, dict | bool):
        raise NotUnderstood(f"a schema is {schema!r:.60}")
    if isinstance(schema, dict) and not isinstance(schema.get("$id", ""), str):
        raise NotUnderstood(f"'$id' of a schema is {schema['$id']!r:.60}")
    run = Comparison(document, sent)
    try:
        found = _phrases(run, schema, value)
        if run.reasons:  # what is wrong has to be so whatever was meant by what is not understood
            other = _phrases(Comparison(document, sent, assumed=False, failed=run.failed), schema, value)
            found = [phrase for phrase in found if phrase in other]
    except RecursionError:
        raise NotUnderstood("the schema refers to itself without end, or the value nests too deep") from None
    if run.reasons and not found:
        raise NotUnderstood("; ".join(run.reasons))
    return found


def _phrases(run: Comparison, schema: Any, value: Any) -> list[str]:
    whole = "the request" if run.sent else "the answer"
    token = current.set(run)
    try:
        found = [_phrase(error, whole) for error in islice(_errors(run.document, schema, value), MOST + 1)]
    finally:
        current.reset(token)
    return [*dict.fromkeys(found[:MOST]), *(["and more"] if len(found) > MOST else [])]


def _errors(document: Contents | None, schema: Any, value: Any) -> Iterable[Any]:
    from referencing import Registry

    dialect: str | None = LATEST
    identified = document is None or document.references.identified
    if document is not None:
        dialect = str(document.raw.get("jsonSchemaDialect") or LATEST) if document.modern else None
    if isinstance(schema, dict) and "$schema" in schema:
        dialect = None if dialect is None else str(schema["$schema"])
        schema = {key: inner for key, inner in schema.items() if key != "$schema"}
    kind = validator_class(dialect, identified=identified)
    if document is not None and identified:
        return kind({}, registry=Registry()).descend(value, schema, resolver=document.references.resolver)  # type: ignore[no-any-return]
    if document is None:
        return kind(schema, registry=Registry()).iter_errors(value)  # type: ignore[no-any-return]
    return kind(schema).iter_errors(value)  # type: ignore[no-any-return]


def _phrase(error: Any, whole: str) -> str:
    from jsonschema.exceptions import best_match, UndefinedTypeCheck

    try:
        best = best_match(iter([error]))
    except (UndefinedTypeCheck, TypeError):  # it compares types, also those that are none
        best = error
    where = ".".join(map(str, best.absolute_path)) or whole
    if best.validator == "required":
        return f"{where} lacks {', '.join(map(str, best.validator_value))}"
    return f"{where}: {shortened(best.message, READABLE)}"
