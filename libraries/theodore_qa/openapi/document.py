"""An OpenAPI document: what it describes is looked up when it is asked for."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TYPE_CHECKING

from theodore_qa.openapi import servers
from theodore_qa.openapi.contents import Contents, kind_of
from theodore_qa.openapi.operation import Operation
from theodore_qa.openapi.problems import NotUnderstood, Problem
from theodore_qa.openapi.routing import Routes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_BESIDE_METHODS = ("parameters", "summary", "description", "servers", "$ref")


class Document(Contents):
    """A document, its operations, and what of it is not understood."""

    @cached_property
    def _structure(self) -> list[Problem]:
        """What is not understood of what was looked up so far."""
        return []

    def __repr__(self) -> str:
        return f"<OpenAPI {self.version} document {self.source}>"

    # Operations

    @cached_property
    def operations(self) -> list[Operation]:
        """The operations below ``paths``, in the order of the document."""
        return list(self._listed())

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation of a concrete request path below the prefix; None if there is none.

        Literal paths win over templates. A variable stands for one segment that is not empty, or for a part of one;
        percent-encoding makes no difference, and a query is left aside.
        """
        return self._routes.operation(method.upper(), path)

    def has_path(self, path: str) -> bool:
        """Whether a concrete request path is that of any operation, whatever its method."""
        return next(self._routes.at(path), None) is not None

    def base(self, path: str) -> str | None:
        """The prefix of a request path whose operation or path item names servers of its own; None if none does."""
        return next((operation.prefix for operation in self._routes.at(path) if operation.has_own_server), None)

    def in_full(self, prefix: str) -> bool:
        """Whether paths of the document are written with ``prefix`` in front, beside or in place of a server that has it."""
        below = prefix.rstrip("/") + "/"
        return any(operation.path.startswith(below) for operation in self.operations)

    @cached_property
    def _routes(self) -> Routes:
        return Routes(self.operations)

    def _listed(self) -> Iterator[Operation]:
        paths = self.raw.get("paths")
        if paths is None and not (self.modern and ("webhooks" in self.raw or "components" in self.raw)):
            self._structure.append(Problem("/paths", "it is missing, and with it all operations"))
        if not isinstance(paths, dict | None):
            self._structure.append(Problem("/paths", f"it is {kind_of(paths)} instead of an object"))
            return
        for path, item in (paths or {}).items():
            if not path.startswith("x-") and item is not None:
                yield from self._operations_of(path, item)

    def _operations_of(self, path: str, item: Any) -> Iterator[Operation]:
        pointer = f"/paths/{path.replace('~', '~0').replace('/', '~1')}"
        try:
            whole = self.resolved(item)
        except NotUnderstood as error:
            self._structure.append(Problem(pointer, f"{error}: its operations are not known"))
            return
        if not isinstance(whole, dict):
            self._structure.append(Problem(pointer, f"it is {kind_of(whole)} instead of an object"))
            return
        if isinstance(item, dict) and "$ref" in item:  # what stands beside the reference to a path item adds to it
            whole = whole | {key: value for key, value in item.items() if key != "$ref"}
        for key, value in whole.items():
            if key in self._methods:
                yield Operation(self, key.upper(), path, whole, value)
            elif key == "additionalOperations" and self.version == "3.2" and isinstance(value, dict):
                yield from (Operation(self, method, path, whole, raw) for method, raw in value.items())
            elif key not in _BESIDE_METHODS and not key.startswith("x-"):
                self._structure.append(Problem(pointer, f"'{key}' is no method of OpenAPI {self.version}"))

    @cached_property
    def _methods(self) -> frozenset[str]:
        later = {"2.0": (), "3.0": ("trace",), "3.1": ("trace",), "3.2": ("trace", "query")}
        return frozenset(_METHODS + later[self.version])

    # What is not understood

    @cached_property
    def not_understood(self) -> list[Problem]:
        """What of the document is not understood, each with its operation or its place; it takes a walk through all of it."""
        found = [problem for operation in self.operations for problem in operation.problems]
        schemes = [
            Problem(f"{self.schemes_at}/{name}", str(scheme))
            for name, scheme in self.schemes.items()
            if not isinstance(scheme, dict)
        ]
        unfilled = [Problem("/servers", reason) for reason in servers.unfilled(self.servers)]
        return list(dict.fromkeys([*self._structure, *self._dialect, *unfilled, *schemes, *found]))

    @property
    def _dialect(self) -> Iterator[Problem]:
        if self.modern and (dialect := self.raw.get("jsonSchemaDialect")) is not None:
            from theodore_qa.openapi.keywords import validator_class

            try:
                validator_class(str(dialect), identified=False)
            except NotUnderstood as error:
                yield Problem("/jsonSchemaDialect", str(error))

    # Schemas

    def errors(self, schema: Any, value: Any, *, sent: bool = False) -> list[str]:
        """What is wrong with a value by a schema of the document, each as one phrase, at most 100; empty if nothing is.

        Args:
            schema: a schema of this document, such as ``media.schema``; it may be a reference.
            value: the value as ``json.loads`` gives it.
            sent: whether it is sent to the system. What is sent may lack a required property that is readOnly, an answer one that
                is writeOnly.

        Raises:
            NotUnderstood: nothing is wrong as far as the schema is understood, and a part of it that decides is not.
        """
        from theodore_qa.openapi import validation

        return validation.errors(self, schema, value, sent=sent)

    def enum(self, schema: Any, names: Sequence[str]) -> list[Any]:
        """The values that a schema lists for a place in its value, given by names and indices; empty if it lists none."""
        from theodore_qa.openapi.samples import simple

        own = simple(self, schema)
        for part in names:
            inner = own.get("properties", {}).get(part)
            own = simple(self, own.get("items") if inner is None and part.lstrip("-").isdigit() else inner)
        return [own["const"]] if "const" in own else list(own.get("enum", ()))
