"""What the references of a document point to: in itself, and in the files beside it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from theodore_qa.errors import UsageError
from theodore_qa.openapi import reading
from theodore_qa.openapi.problems import NotUnderstood
from theodore_qa.openapi.walking import objects

if TYPE_CHECKING:
    from referencing import Registry, Resource
    from referencing._core import Resolver

_IDENTIFIERS = ("$id", "$anchor", "$dynamicAnchor")


def identifies(contents: Any, text: str) -> bool:
    """Whether schemas of a document may have identifiers of their own, which OpenAPI 3.0 and 2.0 do not know."""
    earlier = isinstance(contents, dict) and ("swagger" in contents or str(contents.get("openapi")).startswith("3.0"))
    return not earlier and any(identifier in text for identifier in _IDENTIFIERS)


def stamp(path: Path) -> tuple[int, int] | None:
    """When a file was last changed and how long it is; None if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def make_absolute(contents: Any, base: str, *, identified: bool, fragment: bool = False) -> None:
    """Rewrite relative references in place, so that they hold wherever a part of ``contents`` is used."""
    for part, own_base in objects(contents, base, identified=identified, fragment=fragment):
        for keyword in ("$ref", "$dynamicRef"):
            if isinstance(part.get(keyword), str):
                part[keyword] = urljoin(own_base, part[keyword])
        if identified and isinstance(part.get("$id"), str):
            part["$id"] = own_base


class References:
    """The targets of references, each looked up once; files are read when a reference first leads to them.

    ``base`` is the document's URI: files are read only for a document that is a file itself, and nothing is ever fetched.
    """

    def __init__(self, contents: dict[str, Any], base: str, *, identified: bool) -> None:
        self.base = base
        self.identified = identified
        self.files: dict[Path, tuple[int, int] | None] = {}  # what was read, as it was then
        self._contents = contents
        self._targets: dict[str, Any] = {}
        self._failures: dict[str, str] = {}
        self._registry: Registry[Any] | None = None

    def target(self, reference: str) -> Any:
        """What a reference points to, which may be a reference itself; NotUnderstood if that is nowhere or out of reach."""
        if reference not in self._targets:
            self._targets[reference] = self._found(reference)
        return self._targets[reference]

    @property
    def resolver(self) -> Resolver[Any]:
        """Looks references up as the document's own schemas write them."""
        return self._known.resolver(self.base)

    @property
    def _known(self) -> Registry[Any]:
        if self._registry is None:
            from referencing import Registry

            registry: Registry[Any] = Registry(retrieve=self._resource)  # type: ignore[call-arg]
            self._registry = self._added(registry, self.base, self._contents, identified=self.identified)
            if isinstance(self._contents.get("$self"), str):
                name = urldefrag(urljoin(self.base, self._contents["$self"])).url
                self._registry = self._added(self._registry, name, self._contents, identified=False)
        return self._registry

    def _added(self, registry: Registry[Any], uri: str, contents: Any, *, identified: bool) -> Registry[Any]:
        return registry.with_resources(_resources(contents, uri, identified=identified)).crawl()

    def _found(self, reference: str) -> Any:
        from referencing.exceptions import Unresolvable

        try:
            uri = urldefrag(urljoin(self.base, reference)).url
            if uri not in self._known:
                self._resource(uri)
            return self.resolver.lookup(reference).contents
        except (Unresolvable, LookupError, TypeError, ValueError):
            raise NotUnderstood(f"'{reference}' refers to nothing") from None

    def _resource(self, uri: str) -> Any:
        """The resource of another document, read from its file."""
        if uri not in self._failures and uri not in self._known:
            try:
                path = self._file(uri)
                self.files[path] = stamp(path)
                text = reading.text_of(path)
                contents = reading.parsed(text, str(path))
            except UsageError as error:
                self._failures[uri] = f"'{uri}' cannot be read: {str(error).rstrip('.')}"
            except NotUnderstood as error:
                self._failures[uri] = str(error)
            else:
                identified = identifies(contents, text)
                make_absolute(contents, uri, identified=identified, fragment=True)
                self._registry = self._added(self._known, uri, contents, identified=identified)
        if uri in self._failures:
            raise NotUnderstood(self._failures[uri])
        return self._known[uri]

    def _file(self, uri: str) -> Path:
        scheme = urlsplit(uri).scheme
        if scheme not in ("", "file"):
            raise NotUnderstood(f"it refers to '{uri}', and nothing is fetched from the network")
        if not self.base.startswith("file:"):
            raise NotUnderstood(f"it refers to the file '{uri}', which only a document that is a file itself may do")
        return Path(unquote(urlsplit(uri).path))


def _resources(contents: Any, base: str, *, identified: bool) -> list[tuple[str, Resource[Any]]]:
    """A document and the schemas in it that have identifiers of their own, by their URIs."""
    from referencing import Anchor, Resource, Specification
    from referencing.jsonschema import DynamicAnchor

    if not identified:
        return [(base, Resource.opaque(contents))]
    anchors: dict[str, list[Any]] = defaultdict(list)
    uris = {id(contents): base}

    def id_of(part: Any) -> str | None:
        return uris.get(id(part)) if isinstance(part, dict) and part is not contents else None

    specification: Specification[Any] = Specification(  # type: ignore[call-arg]  # attrs makes its arguments
        name="OpenAPI",
        id_of=id_of,
        subresources_of=lambda _: (),
        anchors_in=lambda _, part: anchors.get(uris.get(id(part), ""), ()),
        maybe_in_subresource=lambda segments, resolver, subresource: resolver.in_subresource(subresource),  # noqa: ARG005
    )
    found = [(base, specification.create_resource(contents))]
    for part, uri in objects(contents, base, identified=True):
        resource = specification.create_resource(part)
        if isinstance(part.get("$id"), str):
            uris[id(part)] = uri
            found.append((uri, resource))
        for keyword, kind in (("$anchor", Anchor), ("$dynamicAnchor", DynamicAnchor)):
            if isinstance(part.get(keyword), str):
                anchors[uri].append(kind(part[keyword], resource))  # type: ignore[call-arg]  # the same
    return found
