"""Queries that share one path, as GraphQL's and JSON-RPC's do: what each reads or makes, and where its variables stand."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation

CHANGES = re.compile(r"\s*(?:mutation|subscription)\b")
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
FIELD = re.compile(r"\{\s*(?:\w+\s*:\s*)?(\w+)")
MAKING = ("create", "add", "new", "make", "open", "submit", "place")
READING = ("get", "list", "all", "find", "my")
# The verbs of calls (JSON-RPC), whose names do not say whether they change something.
CALLS_READ = frozenset(
    ("get", "list", "all", "find", "read", "search", "show", "view", "fetch", "count", "status", "whoami", "me", "ping", "check",
     "describe", "info", "report", "usage", "export", "query", "lookup", "history", "stats")
)  # fmt: skip
CALLS_CHANGE = frozenset(
    ("create", "add", "new", "make", "open", "submit", "place", "set", "update", "edit", "change", "put", "remove", "delete",
     "drop", "cancel", "close", "record", "note", "lock", "unlock", "login", "logout", "register", "send", "pay", "move",
     "transfer", "import", "upload", "reset", "start", "stop", "run", "assign", "book", "rename")
)  # fmt: skip
VARIABLES = ("variables", "params")


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
    if is_call(operation):
        words = _words(operation.path)
        asks = any(word in CALLS_READ for word in words) or (bool(words) and words[-1].endswith("s"))
        return asks and not CALLS_CHANGE & set(words)
    query = operation.body.get("query") if "#" in operation.path and isinstance(operation.body, dict) else None
    return operation.method == "GET" or (isinstance(query, str) and not CHANGES.match(query))


def is_call(operation: ScanOperation) -> bool:
    """Whether an operation is a call of JSON-RPC, one of several on one path."""
    return "#" in operation.path and isinstance(operation.body, dict) and "jsonrpc" in operation.body


def changes(operation: ScanOperation) -> bool:
    """Whether an operation is a mutation, one of several on one path."""
    return "#" in operation.path and not reads(operation)


def makes(operation: ScanOperation) -> bool:
    """Whether a mutation makes something, by its name."""
    return changes(operation) and not is_call(operation) and (_words(operation.path) or [""])[0] in MAKING


def called(path: str) -> str:
    """What an operation is called that lists or makes objects: ``orders`` for /orders, #orders and #allOrders."""
    if "#" not in path:
        return path.rpartition("/")[2].lower()
    if "." in path.partition("#")[2]:  # the name of a call: what it is about, and the verb
        return "".join(_nouns(path))
    first, *others = _words(path) or [""]
    return "".join(others if others and first in (*MAKING, *READING) else [first, *others])


def last_parts(paths: Iterable[str], names: set[str]) -> set[str]:
    """The last parts of paths whose operations are called by one of some names, in small letters."""
    return {path.rpartition("/")[2].lower() for path in paths if called(path) in names}


def noun(path: str) -> str:
    """What a query of this path is about: ``order`` for #order, #closeOrder and #orderById."""
    words = _nouns(path) if "." in path.partition("#")[2] else _words(path)
    words = words[: words.index("by")] if "by" in words[1:] else words
    return words[-1].removesuffix("s") if words else ""


def _nouns(path: str) -> list[str]:
    """The words of a call's name without its verbs."""
    words = _words(path)
    return [word for word in words if word not in CALLS_READ | CALLS_CHANGE] or words


def _words(path: str) -> list[str]:
    return [word.lower() for word in WORDS.findall(path.partition("#")[2])]


def result_of(body: Any) -> Any:
    """What an answer is about: of the answer to a call (JSON-RPC) its result, whose identifier is no call's."""
    return body.get("result") if isinstance(body, dict) and "jsonrpc" in body else body


def takes_variable(parameter: InsertableParameter) -> bool:
    """Whether a place in a body is that of a variable of a query, or of a parameter of a call."""
    return parameter.pointer[:1] in tuple((name,) for name in VARIABLES)


def below_top(pointer: tuple[str, ...]) -> bool:
    """Whether a place is within an object of a body; of a query, within one of its variables."""
    return bool(pointer) and pointer not in tuple((name,) for name in VARIABLES)


def with_beside(operation: ScanOperation, content: Any, beside: dict[str, Any]) -> Any:
    """A content with further properties: of a query, among its variables, in the object that holds most of them."""
    above = [parameter.pointer[:-1] for parameter in operation.parameters if takes_variable(parameter)]
    if is_call(operation) and not above and isinstance(content, dict):
        content["params"] = {**(content.get("params") or {}), **beside}
        return content
    if "#" not in operation.path or not above or not isinstance(content, dict):
        return {**(content or {}), **beside}
    inner: Any = content
    for part in max(above, key=above.count):
        inner = inner.get(part) if isinstance(inner, dict) else None
    if isinstance(inner, dict):
        inner.update(beside)
    return content
