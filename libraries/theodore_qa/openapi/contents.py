"""The contents of an OpenAPI document: its version, what its references lead to, its servers and ways to sign in."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from theodore_qa.errors import UsageError
from theodore_qa.openapi import references, servers
from theodore_qa.openapi.finding import Finder
from theodore_qa.openapi.problems import NotUnderstood

VERSIONS = ("2.0", "3.0", "3.1", "3.2")
# What may stand beside a reference and speaks for itself; in 3.0 and 2.0 nothing may.
_NOTES = frozenset({"summary", "description", "title", "default", "deprecated", "readOnly", "writeOnly", "example", "examples"})


class Contents:
    """What a document says apart from its operations, which look it up here."""

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
        self.finder = Finder(self.version, self.resolved)

    @property
    def is_fresh(self) -> bool:
        """Whether none of the files that it was read from has changed since."""
        return all(references.stamp(path) == read for path, read in self.references.files.items())

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
        return {name: scheme for name, scheme in self.schemes.items() if isinstance(scheme, dict)}

    @property
    def schemes_at(self) -> str:
        """The JSON pointer of the ways to sign in."""
        return "/securityDefinitions" if self.version == "2.0" else "/components/securitySchemes"

    @cached_property
    def schemes(self) -> dict[str, Any]:
        """Each scheme, or the reason why it is not understood."""
        found: dict[str, Any] = {}
        listed: Any = self.raw
        for part in self.schemes_at.split("/")[1:]:
            listed = listed.get(part) if isinstance(listed, dict) else None
        for name, scheme in listed.items() if isinstance(listed, dict) else ():
            try:
                whole = self.resolved(scheme)
                found[name] = whole if isinstance(whole, dict) else f"it is {kind_of(whole)} instead of an object"
            except NotUnderstood as error:
                found[name] = str(error)
        return found


def _version(raw: Any, source: str) -> str:
    keyword = next((key for key in ("openapi", "swagger") if isinstance(raw, dict) and key in raw), None)
    if keyword is None:
        listed = ", ".join(list(raw)[:5]) if isinstance(raw, dict) else ""
        observed = f"{kind_of(raw)}{' with ' if listed else ''}{listed}"
        raise UsageError(f"{source} is no OpenAPI document: expected an object with 'openapi' or 'swagger', observed {observed}.")
    match = re.match(r"(\d+)(\.\d+)?(?![^.])", str(raw[keyword]))
    version = f"{match[1]}{match[2] or '.0'}" if match else ""
    if version not in VERSIONS:
        raise UsageError(f"{source} has the version {keyword} {raw[keyword]!r}, expected one of {', '.join(VERSIONS)}.")
    return version


def kind_of(value: Any) -> str:
    """What a value of JSON is, as a reader calls it."""
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")
