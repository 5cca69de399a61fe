"""OpenAPI documents, 2.0 to 3.2: what they describe, what of them is not understood, values held to their schemas.

``read`` and ``parse`` give a ``Document``; ``samples`` makes values that its schemas allow.
"""

from __future__ import annotations

import hashlib
from typing import Any, TYPE_CHECKING

from theodore_qa.openapi import reading, references
from theodore_qa.openapi.document import Document
from theodore_qa.openapi.operation import Operation
from theodore_qa.openapi.parts import Body, is_json, Media, Parameter, Response
from theodore_qa.openapi.problems import NotUnderstood, Problem

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Body", "Document", "Media", "NotUnderstood", "Operation", "Parameter", "Problem", "Response",
           "is_json", "parse", "read", "violations"]  # fmt: skip

_KEPT = 8  # documents; one of GitHub's size takes 100 MB
_documents: dict[tuple[Any, ...], Document] = {}


def read(path: Path) -> Document:
    """The document in a file, read once as long as neither it nor a file that it refers to changes.

    Raises:
        UsageError: it is not there, cannot be read, is no JSON or YAML (with line and column), or no OpenAPI document.
    """
    path = path.resolve()
    kept = _documents.get((path,))
    if kept is not None and kept.is_fresh:
        return kept
    stamp = references.stamp(path)
    document = _document(reading.text_of(path), path.name, path.as_uri())
    document.references.files[path] = stamp
    return _keep((path,), document)


def parse(text: str, source: str) -> Document:
    """The document in a text that was fetched from ``source``, a URL; the same text from there is read once.

    Raises:
        UsageError: it is empty, no JSON or YAML (with line and column), or no OpenAPI document.
    """
    key = (source, hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    kept = _documents.get(key)
    return kept or _keep(key, _document(text, source, source if "://" in source else ""))


def violations(schema: Any, value: Any) -> list[str]:
    """What is wrong with a value by a JSON Schema of its own, 2020-12 where it does not say, each as one phrase.

    Raises:
        NotUnderstood: nothing is wrong as far as the schema is understood, and a part of it that decides is not.
    """
    from theodore_qa.openapi import validation

    return validation.errors(None, schema, value)


def _document(text: str, source: str, base: str) -> Document:
    raw = reading.parsed(text, source)
    return Document(raw, source, base, identified=references.identifies(raw, text))


def _keep(key: tuple[Any, ...], document: Document) -> Document:
    _documents.pop(key, None)
    _documents[key] = document
    for oldest in list(_documents)[:-_KEPT]:
        del _documents[oldest]
    return document
