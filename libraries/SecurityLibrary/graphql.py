"""Queries that share one path, as GraphQL's do: what each reads or makes, and where its variables stand."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from SecurityLibrary.operations import ScanOperation

CHANGES = re.compile(r"\s*(?:mutation|subscription)\b")
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
FIELD = re.compile(r"\{\s*(?:\w+\s*:\s*)?(\w+)")
MAKING = ("create", "add", "new", "make", "open", "submit", "place")
READING = ("get", "list", "all", "find", "my")


def endpoints(operations: Iterable[ScanOperation]) -> dict[str, ScanOperation]:
    """The paths that speak GraphQL, each as ``POST /graphql``, with the first operation that is sent to it."""
    found: dict[str, ScanOperation] = {}
    for operation in operations:
        body = operation.body if isinstance(operation.body, dict) else {}
        queried = isinstance(body.get("query"), str) and "{" in body["query"]
        if operation.method == "POST" and (queried or "graphql" in operation.path.lower()):
            found.setdefault(f"{operation.method} {operation.route}", operation)
    return found


def fields(operation: ScanOperation) -> list[str]:
    """The first field of the query that an operation sends, where it sends one and reads."""
    query = operation.body.get("query") if isinstance(operation.body, dict) else None
    return FIELD.findall(query)[:1] if isinstance(query, str) and not CHANGES.match(query) else []


def reads(operation: ScanOperation) -> bool:
    """Whether an operation reads: by GET, or as a query of several on one path that is no mutation."""
    query = operation.body.get("query") if "#" in operation.path and isinstance(operation.body, dict) else None
    return operation.method == "GET" or (isinstance(query, str) and not CHANGES.match(query))


def changes(operation: ScanOperation) -> bool:
    """Whether an operation is a mutation, one of several on one path."""
    return "#" in operation.path and not reads(operation)


def called(path: str) -> str:
    """What an operation is called that lists or makes objects: ``orders`` for /orders, #orders and #allOrders."""
    if "#" not in path:
        return path.rpartition("/")[2].lower()
    first, *others = _words(path) or [""]
    return "".join(others if others and first in (*MAKING, *READING) else [first, *others])


def last_parts(paths: Iterable[str], names: set[str]) -> set[str]:
    """The last parts of paths whose operations are called by one of some names, in small letters."""
    return {path.rpartition("/")[2].lower() for path in paths if called(path) in names}


def noun(path: str) -> str:
    """What a query of this path is about: ``order`` for #order, #closeOrder and #orderById."""
    words = _words(path)
    words = words[: words.index("by")] if "by" in words[1:] else words
    return words[-1].removesuffix("s") if words else ""


def _words(path: str) -> list[str]:
    return [word.lower() for word in WORDS.findall(path.partition("#")[2])]


def with_beside(operation: ScanOperation, content: Any, beside: dict[str, Any]) -> Any:
    """A content with further properties: of a query, among its variables, in the object that holds most of them."""
    above = [parameter.pointer[:-1] for parameter in operation.parameters if parameter.pointer[:1] == ("variables",)]
    if "#" not in operation.path or not above or not isinstance(content, dict):
        return {**(content or {}), **beside}
    inner: Any = content
    for part in max(above, key=above.count):
        inner = inner.get(part) if isinstance(inner, dict) else None
    if isinstance(inner, dict):
        inner.update(beside)
    return content
