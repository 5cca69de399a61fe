"""An OpenAPI document: what it describes is looked up when it is asked for."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.openapi import references, servers
from theodore_qa.openapi.operation import Operation
from theodore_qa.openapi.problems import Finder, NotUnderstood, Problem
from theodore_qa.openapi.routing import Routes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

VERSIONS = ("2.0", "3.0", "3.1", "3.2")
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_BESIDE_METHODS = ("parameters", "summary", "description", "servers", "$ref")
# What may stand beside a reference and speaks for itself; in 3.0 and 2.0 nothing may.
_NOTES = frozenset({"summary", "description", "title", "default", "deprecated", "readOnly", "writeOnly", "example", "examples"})


class Document:
    """A document, its operations, and what of it is not understood."""

    def __init__(self, raw: Any, source: str, base: str = "", *, identified: bool = False) -> None:
        """
        Args:
            raw: the parsed document.
            source: its name in messages.
            base: its URI, against which its references are resolved.
            identified: whether schemas in it may have an ``$id`` or an anchor.

        Raises:
            UsageError: it is no OpenAPI document of a version that is known.
        """
        self.version = _version(raw, source)
        self.source = source
        self.raw: dict[str, Any] = raw
        self.modern = self.version not in ("2.0", "3.0")
        if identified:
            references.make_absolute(raw, base, identified=True)
        self.references = references.References(raw, base, identified=identified)
        self.finder = Finder(self)
        self._structure: list[Problem] = []

    def __repr__(self) -> str:
        return f"<OpenAPI {self.version} document {self.source}>"

    @property
    def is_fresh(self) -> bool:
        """Whether none of the files that it was read from has changed since."""
        return all(references.stamp(path) == read for path, read in self.references.files.items())

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
            self._structure.append(Problem("/paths", f"it is {_kind(paths)} instead of an object"))
            return
        for path, item in (paths or {}).items():
            if not path.startswith("x-") and item is not None:
                yield from self._operations_of(path, item)

    def _operations_of(self, path: str, item: Any) -> Iterator[Operation]:
        place = f"/paths/{path.replace('~', '~0').replace('/', '~1')}"
        try:
            whole = self.resolved(item)
        except NotUnderstood as error:
            self._structure.append(Problem(place, f"{error}: its operations are not known"))
            return
        if not isinstance(whole, dict):
            self._structure.append(Problem(place, f"it is {_kind(whole)} instead of an object"))
            return
        if isinstance(item, dict) and "$ref" in item:  # what stands beside the reference to a path item adds to it
            whole = whole | {key: value for key, value in item.items() if key != "$ref"}
        for key, value in whole.items():
            if key in self._methods:
                yield Operation(self, key.upper(), path, whole, value)
            elif key == "additionalOperations" and self.version == "3.2" and isinstance(value, dict):
                yield from (Operation(self, method, path, whole, raw) for method, raw in value.items())
            elif key not in _BESIDE_METHODS and not key.startswith("x-"):
                self._structure.append(Problem(place, f"'{key}' is no method of OpenAPI {self.version}"))

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
            Problem(f"{self._schemes_at}/{name}", str(scheme))
            for name, scheme in self._schemes.items()
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

    # References

    def resolved(self, node: Any) -> Any:
        """A node with its reference followed, as often as it takes; the node itself if it has none.

        What only describes may stand beside a reference since 3.1 and wins; what else stands beside that of a schema is heeded
        by ``errors`` and by ``samples``, not here.

        Raises:
            NotUnderstood: the reference leads nowhere, into the network or round in a circle.
        """
        followed: list[str] = []
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            if reference in followed:
                raise NotUnderstood(f"'{reference}' refers to itself")
            followed.append(reference)
            target = self.references.target(reference)
            if self.modern and len(node) > 1 and isinstance(target, dict):
                target = target | {key: value for key, value in node.items() if key in _NOTES or key.startswith("x-")}
            node = target
        return node

    # Servers and security

    @cached_property
    def servers(self) -> tuple[str, ...]:
        """The URLs of its servers, variables filled by their defaults."""
        return servers.urls(self.raw, self.references.base)

    @cached_property
    def prefix(self) -> str:
        """The path below which its operations are, ``/v1`` of the first server or of basePath; empty if there is none."""
        return servers.prefix(self.servers)

    @property
    def security_schemes(self) -> dict[str, dict[str, Any]]:
        """The ways to sign in, by name; those that are not understood are left out and listed in ``not_understood``."""
        return {name: scheme for name, scheme in self._schemes.items() if isinstance(scheme, dict)}

    @property
    def _schemes_at(self) -> str:
        return "/securityDefinitions" if self.version == "2.0" else "/components/securitySchemes"

    @cached_property
    def _schemes(self) -> dict[str, Any]:
        """Each scheme, or the reason why it is not understood."""
        found: dict[str, Any] = {}
        listed: Any = self.raw
        for part in self._schemes_at.split("/")[1:]:
            listed = listed.get(part) if isinstance(listed, dict) else None
        for name, scheme in listed.items() if isinstance(listed, dict) else ():
            try:
                whole = self.resolved(scheme)
                found[name] = whole if isinstance(whole, dict) else f"it is {_kind(whole)} instead of an object"
            except NotUnderstood as error:
                found[name] = str(error)
        return found

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

    def enum(self, schema: Any, place: Sequence[str]) -> list[Any]:
        """The values that a schema lists for a place in its value, given by names and indices; empty if it lists none."""
        from theodore_qa.openapi.samples import simple

        own = simple(self, schema)
        for part in place:
            inner = own.get("properties", {}).get(part)
            own = simple(self, own.get("items") if inner is None and part.lstrip("-").isdigit() else inner)
        return [own["const"]] if "const" in own else list(own.get("enum", ()))


def _version(raw: Any, source: str) -> str:
    keyword = next((key for key in ("openapi", "swagger") if isinstance(raw, dict) and key in raw), None)
    if keyword is None:
        listed = ", ".join(list(raw)[:5]) if isinstance(raw, dict) else ""
        observed = f"{_kind(raw)}{' with ' if listed else ''}{listed}"
        raise UsageError(f"{source} is no OpenAPI document: expected an object with 'openapi' or 'swagger', observed {observed}.")
    match = re.match(r"(\d+)(\.\d+)?(?![^.])", str(raw[keyword]))
    version = f"{match[1]}{match[2] or '.0'}" if match else ""
    if version not in VERSIONS:
        raise UsageError(f"{source} has the version {keyword} {raw[keyword]!r}, expected one of {', '.join(VERSIONS)}.")
    return version


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")
