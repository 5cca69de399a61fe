"""The keywords of schemas as each version of OpenAPI has them, on top of the jsonschema library's."""

from __future__ import annotations

import functools
from contextvars import ContextVar
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TYPE_CHECKING

from jsonschema import Draft6Validator, Draft202012Validator, ValidationError, validators
from jsonschema.exceptions import UnknownType
from referencing.exceptions import Unresolvable

from theodore_qa.openapi import formats, patterns
from theodore_qa.openapi.problems import NotUnderstood, TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from theodore_qa.openapi.contents import Contents

    Keyword = Callable[[Any, Any, Any, Any], Iterable[ValidationError] | None]

LATEST = "https://json-schema.org/draft/2020-12/schema"
_OWN_DIALECTS = "https://spec.openapis.org/oas/"  # 2020-12 with words that only describe
# What a keyword raises whose value is of the wrong kind.
_MALFORMED = (TypeError, AttributeError, ValueError, LookupError, ArithmeticError, UnknownType)


@dataclass
class Comparison:
    """One comparison of a value with a schema.

    Attributes:
        document: whose schema it is; None for a schema of its own.
        sent: whether the value is sent to the system.
        assumed: whether what is not understood is taken for fulfilled.
        reasons: what was not understood.
        failed: patterns that were not understood, so that one that takes too long does so once.
    """

    document: Contents | None
    sent: bool
    assumed: bool = True
    reasons: dict[str, None] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


current: ContextVar[Comparison] = ContextVar("run")


@functools.cache
def validator_class(dialect: str | None, *, identified: bool) -> Any:
    """The validator for schemas of a dialect, or of OpenAPI 3.0 and 2.0 without one; NotUnderstood if it is not known.

    Where schemas are ``identified``, references depend on where they stand, and the library resolves them; elsewhere the document
    does, which is faster.
    """
    library: Any = validators  # whose annotations are narrower than what it takes
    own = dict(_KEYWORDS)
    if not identified:
        own |= {"$ref": _reference, "$dynamicRef": _reference}
    if dialect is None:
        base: dict[str, Any] = {**Draft202012Validator.VALIDATORS, **own, **_EARLIER}
        every = {name: _guarded(name, keyword) for name, keyword in base.items()}
        return library.create(
            meta_schema={},
            validators={name: keyword if name == "$ref" else _unless_null(keyword) for name, keyword in every.items()},
            type_checker=Draft202012Validator.TYPE_CHECKER,
            id_of=lambda _: "",
            applicable_validators=_without_siblings,
        )
    known = library.validator_for({"$schema": LATEST if dialect.startswith(_OWN_DIALECTS) else dialect}, default=None)
    if known is None:
        raise NotUnderstood(f"the dialect '{dialect}' of JSON Schema is not known")
    return library.extend(known, {name: _guarded(name, keyword) for name, keyword in {**known.VALIDATORS, **own}.items()})


def _guarded(name: str, keyword: Keyword) -> Keyword:
    """A keyword that notes what is not understood, and then finds what the run assumes."""

    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        try:
            yield from keyword(validator, value, instance, schema) or ()
        except NotUnderstood as error:
            reason = str(error)
        except Unresolvable as error:
            reason = str(_cause(error) or f"'{value}' refers to nothing")
        except _MALFORMED:
            reason = f"'{name}' of a schema is {value!r:.60}"
        else:
            return
        run = current.get()
        run.reasons[reason] = None
        if not run.assumed:
            yield ValidationError(reason, validator="")

    return check


def _cause(error: BaseException | None) -> NotUnderstood | None:
    while error is not None and not isinstance(error, NotUnderstood):
        error = error.__cause__
    return error


def _unless_null(keyword: Keyword) -> Keyword:
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterable[ValidationError] | None:
        if instance is None and (schema.get("nullable") is True or schema.get("x-nullable") is True):
            return ()
        return keyword(validator, value, instance, schema)

    return check


def _without_siblings(schema: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """The keywords of a schema: in OpenAPI 3.0 and 2.0 nothing counts that stands beside a reference."""
    reference = schema.get("$ref")
    return [("$ref", reference)] if isinstance(reference, str) else schema.items()


def _reference(validator: Any, reference: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ARG001
    document = current.get().document
    target = document.references.target(reference) if document else {}
    if isinstance(target, dict) and "$schema" in target:
        validator = validator_class(target["$schema"] if document and document.modern else None, identified=False)({})
        target = {key: value for key, value in target.items() if key != "$schema"}
    yield from validator.descend(instance, target)


def _type(validator: Any, types: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ARG001
    kinds = types if isinstance(types, list) else [types]
    document = current.get().document
    if types == "file" and document and document.version == "2.0":
        return
    for kind in kinds:
        if kind not in TYPES:
            raise NotUnderstood(f"'{kind}' is no type of JSON Schema")
    if not any(validator.is_type(instance, kind) for kind in kinds):
        written = "null" if instance is None else repr(instance)
        yield ValidationError(f"{written} is not of type {', '.join(map(repr, kinds))}")


def _required(validator: Any, names: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ARG001
    if not isinstance(instance, dict):
        return
    properties = schema.get("properties") or {}
    missing = [name for name in names if name not in instance and not _is_withheld(properties.get(name))]
    if missing:
        yield ValidationError(f"{', '.join(map(repr, missing))} missing", validator_value=missing)


def _is_withheld(schema: Any) -> bool:
    """Whether a property is not for this direction: what is sent needs nothing readOnly, an answer nothing writeOnly."""
    run = current.get()
    whole = run.document.resolved(schema) if run.document else schema
    return isinstance(whole, dict) and whole.get("readOnly" if run.sent else "writeOnly") is True


def _is_found(pattern: str, text: str) -> bool:
    failed = current.get().failed
    if pattern not in failed:
        try:
            return patterns.compiled(pattern).found_in(text)
        except NotUnderstood as error:
            failed[pattern] = str(error)
    raise NotUnderstood(failed[pattern])


def _pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ARG001
    if isinstance(instance, str) and not _is_found(pattern, instance):
        yield ValidationError(f"{instance!r} does not match '{pattern}'")


def _pattern_properties(validator: Any, by_pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ARG001
    for pattern, inner in by_pattern.items() if isinstance(instance, dict) else ():
        for name, value in instance.items():
            if _is_found(pattern, name):
                yield from validator.descend(value, inner, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict) or allowed is True:
        return
    named, by_pattern = schema.get("properties") or {}, schema.get("patternProperties") or {}
    extra = [name for name in instance if name not in named and not any(_is_found(pattern, name) for pattern in by_pattern)]
    if allowed is False and extra:
        yield ValidationError(f"additional properties are not allowed, and there is {', '.join(map(repr, extra))}")
    for name in extra if isinstance(allowed, dict) else ():
        yield from validator.descend(instance[name], allowed, path=name)


def _format(validator: Any, name: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ARG001
    if not formats.conforms(instance, name):
        yield ValidationError(f"{instance!r} is no {name}")


def _multiple_of(validator: Any, factor: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ARG001
    """Of decimals as they are written: 19.99 is a multiple of 0.01, which floating point denies."""
    if validator.is_type(instance, "number") and (Fraction(str(instance)) / Fraction(str(factor))).denominator != 1:
        yield ValidationError(f"{instance!r} is not a multiple of {factor}")


def _bound(name: str) -> Keyword:
    """``minimum`` or ``maximum`` beside a boolean that excludes the bound itself."""
    exclusive = f"exclusive{name.capitalize()}"
    plain: Keyword = Draft202012Validator.VALIDATORS[name]
    strict: Keyword = Draft202012Validator.VALIDATORS[exclusive]

    def check(validator: Any, bound: Any, instance: Any, schema: Any) -> Iterable[ValidationError] | None:
        return (strict if schema.get(exclusive) is True else plain)(validator, bound, instance, schema)

    return check


def _exclusive(name: str) -> Keyword:
    """``exclusiveMinimum`` or ``exclusiveMaximum``: a number, or in OpenAPI 3.0 and 2.0 a boolean that ``minimum`` heeds."""
    keyword: Keyword = Draft202012Validator.VALIDATORS[name]

    def check(validator: Any, bound: Any, instance: Any, schema: Any) -> Iterable[ValidationError] | None:
        if not isinstance(bound, bool):
            return keyword(validator, bound, instance, schema)
        document = current.get().document
        if document is None or document.modern:
            raise NotUnderstood(f"'{name}' is a boolean, which only OpenAPI 3.0 and 2.0 know")
        return ()

    return check


_KEYWORDS: dict[str, Keyword] = {
    "type": _type,
    "required": _required,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "format": _format,
    "multipleOf": _multiple_of,
    "exclusiveMinimum": _exclusive("exclusiveMinimum"),
    "exclusiveMaximum": _exclusive("exclusiveMaximum"),
}
_EARLIER: dict[str, Keyword] = {
    "minimum": _bound("minimum"),
    "maximum": _bound("maximum"),
    "items": Draft6Validator.VALIDATORS["items"],
    "additionalItems": Draft6Validator.VALIDATORS["additionalItems"],
}
