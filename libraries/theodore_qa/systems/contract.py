"""What the answers of a system are held to: its OpenAPI document, and the conventions that its description names."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cached_property
from http import HTTPStatus
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa import paths
from theodore_qa.errors import unknown, UsageError
from theodore_qa.systems.conventions import Keeper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from theodore_qa.openapi import Document, Operation, Response
    from theodore_qa.systems.declared import SystemEntry
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.settings import EnvironmentSettings

EMPTY = (HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT, HTTPStatus.NOT_MODIFIED)
LABEL = re.compile(r"^[A-Z]+ \S+(?:: | (?=answered ))")  # of the operation, at the begin of a violation
VALUES = re.compile(r"'[^']*'|\b[0-9a-f]{4,}(?:-[0-9a-f]{4,})*\b|\d+")
LONGEST_RULE = 120
SCALARS = ("string", "integer", "number", "boolean")  # other types have serialisations of their own


class Contract:
    """The contract of one system; its document is read when it is first needed."""

    def __init__(
        self, system: str, entry: SystemEntry, settings: EnvironmentSettings, fetch: Callable[[str], tuple[str, str]]
    ) -> None:
        """
        Args:
            system: its name.
            entry: what the environment file says of it.
            settings: of the environment.
            fetch: gives the text that the system serves at a path, and the URL that it came from.
        """
        self._system = system
        self.entry = entry
        self._settings = settings
        self._fetch = fetch
        self.exercised: dict[str, Counter[int]] = defaultdict(Counter)  # how often each operation was answered with a status
        self.keeper = Keeper(entry.conventions, settings.clock_tolerance)
        self.answers = 0  # that were held to it
        self.broken: dict[str, list[str]] = defaultdict(list)  # violations that were seen, by their rule

    @cached_property
    def document(self) -> Document | None:
        """The system's OpenAPI document; None where the environment names none."""
        return self._loaded(self.entry.contract) if self.entry.contract else None

    @property
    def needed(self) -> Document:
        """The document, for what cannot do without one."""
        if self.document is None:
            raise UsageError(
                f"The system {self._system} has no contract: name its OpenAPI document by 'contract' in "
                f"{self._settings.path.name}, a file beside it or the path where the system serves it."
            )
        return self.document

    @property
    def name(self) -> str:
        """How messages name the document."""
        return self.entry.contract.rpartition("/")[2] or "the contract"

    def _loaded(self, named: str) -> Document:
        from theodore_qa import openapi

        if named.startswith("/"):
            return openapi.parse(*self._fetch(named))
        return openapi.read(_beside(self._settings.path.parent, named))

    def check_names(self) -> None:
        """Raise for an operation that the description of the system names, and neither its contract nor its own rows have."""
        entry, document = self.entry, self.document
        if document is None and not entry.operations:
            return
        rows = [str(row.get("operation") if isinstance(row, dict) else row).partition("?")[0] for row in entry.operations or ()]
        known = [*(operation.label for operation in (document.operations if document else ())), *rows]
        source = f"the contract of {self._system}" if document else f"the operations of {self._system}"
        named = {"public": entry.public, "admin": entry.admin, "skip": entry.skip or ()}
        for key, names in named.items():
            for name in names:
                method, _, path = name.partition(" ")
                if name not in known and self.find_template(method, path) is None:
                    raise unknown("operation", name, known, f"{source}, named by '{key}'")

    def find_template(self, method: str, path: str) -> Operation | None:
        """The operation of a path as a description writes it, with the prefix or without."""
        document, prefix = self.document, self.prefix
        if document is None:
            return None
        spellings = {path, path.removeprefix(prefix) or "/"}
        return next(
            (operation for operation in document.operations if operation.method == method and operation.path in spellings), None
        )

    # Operations

    @property
    def prefix(self) -> str:
        """What stands before each path of the contract; empty for nothing."""
        if self.entry.prefix:
            return self.entry.prefix.rstrip("/")
        return self.document.prefix if self.document and not urlsplit(self.entry.url).path.strip("/") else ""

    def full(self, path: str) -> str:
        """A path of the contract, or below the prefix, as it is sent; one that is written with the prefix is understood too."""
        prefix, document = self.prefix, self.document
        written = bool(prefix) and path.startswith((f"{prefix}/", f"{prefix}?"))
        if written and not (document and document.has_path(path.partition("?")[0])):
            return path
        return self.own_base(path, prefix) + path

    def located(self, operation: str) -> tuple[str, str]:
        """Method and path, as they are sent, of an operation that a description names; it may name it with the prefix.

        What follows a ``#`` tells queries apart that are sent to one path, and is not sent.
        """
        method, _, path = operation.partition("#")[0].partition(" ")
        prefix = self.prefix
        known = prefix and (path == prefix or path.startswith((f"{prefix}/", f"{prefix}?")))
        return method.upper(), path if known else self.full(path)

    def own_base(self, path: str, prefix: str) -> str:
        """What stands before a path: an operation may have a server of its own, and some documents write paths in full."""
        document = self.document
        if document is None:
            return prefix
        plain = path.partition("?")[0]
        if plain == self.entry.contract and not document.has_path(plain):  # where its document is served
            return ""
        for operation in self._elsewhere:
            if re.fullmatch(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(operation.path)), plain) or operation.path == plain:
                return operation.prefix
        if prefix and self.in_full and document.has_path(plain) and not document.has_path(prefix + plain):
            return ""
        return prefix

    @cached_property
    def _elsewhere(self) -> list[Operation]:
        """The operations with a server of their own."""
        return [operation for operation in (self.document.operations if self.document else ()) if operation.has_own_server]

    @cached_property
    def in_full(self) -> bool:
        """Whether the document writes its paths with the prefix."""
        prefix = self.entry.prefix.rstrip("/")
        document = self.document
        return bool(prefix) and any(
            operation.path.startswith(f"{prefix}/") for operation in (document.operations if document else ())
        )

    def find(self, method: str, path: str) -> Operation | None:
        """The operation of a request as it was sent; None where the document has none."""
        document = self.document
        if document is None:
            return None
        plain, prefix = path.partition("?")[0], self.prefix
        if prefix and plain.startswith(f"{prefix}/") and (found := document.operation(method, plain.removeprefix(prefix))):
            return found
        found = document.operation(method, plain)
        return found if found and (not prefix or self.in_full or found.has_own_server) else None

    def operation(self, method: str, path: str) -> Operation:
        """The operation of a request; one that the document has not is an error with the nearest."""
        found = self.find(method, path)
        if found is None:
            known = [self.label(operation) for operation in self.needed.operations]
            raise unknown("operation", f"{method} {path.partition('?')[0]}", known, self.name)
        return found

    def label(self, operation: Operation) -> str:
        """An operation as it is sent."""
        return f"{operation.method} {self.full(operation.path)}"

    # Answers

    def hold(self, exchange: Exchange) -> None:
        """Note at an answer what is wrong with it, each as one phrase."""
        operation = self.find(exchange.method, exchange.path)
        if operation:
            self.exercised[operation.label][exchange.status] += 1
        label = self.label(operation) if operation else f"{exchange.method} {exchange.path}"
        exchange.violations[:] = dict.fromkeys(self.by_document(exchange))
        exchange.unconventional[:] = dict.fromkeys(self.keeper.violations(exchange, label))
        exchange.stale[:] = dict.fromkeys(self.keeper.stale(exchange, label))

    def note(self, violations: Sequence[str]) -> None:
        """Remember what was wrong with an answer, or that nothing was."""
        self.answers += 1
        for violation in violations:
            self.broken[rule_of(violation)].append(violation)

    def exercise(self, method: str, path: str, status: int) -> None:
        """Count an answer that was read as a stream, which is no exchange."""
        if operation := self.find(method, path):
            self.exercised[operation.label][status] += 1

    def undocumented(self, exchange: Exchange) -> bool:
        """Whether the document has the operation, and does not name the status of its answer."""
        operation = self.find(exchange.method, exchange.path)
        return operation is not None and operation.response(exchange.status) is None

    def by_document(self, exchange: Exchange) -> list[str]:  # noqa: PLR0911  # one line a violation
        """What is wrong with an answer by the document alone; nothing where it does not have the operation."""
        operation = self.find(exchange.method, exchange.path)
        if operation is None:
            return []
        label = self.label(operation)
        response = operation.response(exchange.status)
        if response is None:
            named = ", ".join(operation.responses)
            return [f"{label} answered {exchange.status}, which {self.name} does not name ({named})"]
        wrong = [f"{label}: {phrase}" for phrase in self._wrong_headers(response, exchange)]
        if not response.content or exchange.method == "HEAD" or exchange.status in EMPTY:
            return wrong
        given = exchange.headers.get("content-type", "")
        media = response.media(given)
        if media is None:
            return [*wrong, f"{label} answered with content type '{given or 'none'}' instead of {', '.join(response.content)}"]
        if not exchange.media.endswith(("/json", "+json")) or media.schema is None:
            return wrong
        if exchange.body is None and exchange.text.strip() != "null":
            return [*wrong, f"{label} answered with {exchange.excerpt()} instead of JSON"]
        from theodore_qa.openapi import NotUnderstood

        try:
            return [*wrong, *(f"{label}: {phrase}" for phrase in self.needed.errors(media.schema, exchange.body))]
        except NotUnderstood as error:
            exchange.undecided.append(f"{label} of {self.name}: {error}")
            return wrong

    def _wrong_headers(self, response: Response, exchange: Exchange) -> Iterator[str]:
        """What is wrong with the headers that the document names; Content-Type belongs to the content (Response Object)."""
        from theodore_qa.openapi import NotUnderstood, samples

        for name, header in response.headers.items():
            value = exchange.headers.get(name.lower())
            if name.lower() == "content-type":
                continue
            if value is None:
                if header.get("required"):
                    yield f"the header {name} is missing"
                continue
            schema = header.get("schema")
            kind = samples.simple(self.needed, schema).get("type") if schema else None
            if kind in SCALARS:
                try:
                    phrases = self.needed.errors(schema, from_text(value, kind))
                except NotUnderstood as error:
                    exchange.undecided.append(f"the header {name} of {self.name}: {error}")
                    continue
                yield from (f"the header {name}: {phrase.removeprefix('the answer: ')}" for phrase in phrases)

    def not_evaluated(self, operation: Operation) -> str:
        """Why an operation cannot be held to the document; empty if it can."""
        return "; ".join(map(str, operation.problems))


def rule_of(violation: str) -> str:
    """What a violation breaks, whichever operation and value it was seen at."""
    return VALUES.sub("…", LABEL.sub("", violation, count=1))[:LONGEST_RULE]


def from_text(text: str, kind: Any) -> Any:
    """What a text of a header or a query means for a value of this type."""
    try:
        if kind == "integer":
            return int(text)
        if kind == "number":
            return float(text)
    except ValueError:
        return text
    return {"true": True, "false": False}.get(text.lower(), text) if kind == "boolean" else text


def _beside(folder: Path, name: str) -> Path:
    own, shipped = folder / name, paths.shipped("contracts") / name
    if not own.is_file() and not shipped.is_file():
        raise UsageError(f"The contract {name} is not there: it is looked for at {own}.")
    return own if own.is_file() else shipped
