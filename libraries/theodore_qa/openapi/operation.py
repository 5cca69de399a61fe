"""One operation of a document: what it takes, what it answers, and what of it is not understood."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural
from theodore_qa.openapi import servers, swagger
from theodore_qa.openapi.parts import Body, Media, Parameter, Response, VARIABLE
from theodore_qa.openapi.problems import NotUnderstood, Problem

if TYPE_CHECKING:
    from theodore_qa.openapi.contents import Contents

_LOCATIONS = ("path", "query", "header", "cookie", "querystring")
_STYLES = {"path": "simple", "header": "simple"}  # elsewhere form


class Operation:
    """One method on one path; everything but its names is looked up when it is first asked for."""

    def __init__(self, document: Contents, method: str, path: str, item: dict[str, Any], raw: Any) -> None:
        self.document = document
        self.method = method
        self.path = path
        self._item = item
        self._given = raw

    @cached_property
    def _reasons(self) -> dict[str, None]:
        """What is not understood of what was looked up so far."""
        return {}

    @property
    def label(self) -> str:
        """Its method and path."""
        return f"{self.method} {self.path}"

    def __str__(self) -> str:
        return self.label

    def __repr__(self) -> str:
        return f"<{self.label}>"

    @cached_property
    def raw(self) -> dict[str, Any]:
        """As it stands in the document, or in the file that it refers to."""
        return self._object(self._given, "the operation")

    @property
    def operation_id(self) -> str | None:
        """Its operationId; None if it has none."""
        return self.raw.get("operationId")

    @property
    def summary(self) -> str:
        """Its summary, or that of its path."""
        return str(self.raw.get("summary") or self._item.get("summary") or "")

    @property
    def tags(self) -> list[str]:
        """Its tags."""
        return list(map(str, self._list(self.raw.get("tags"), "tags")))

    @property
    def deprecated(self) -> bool:
        """Whether it is to be used no longer."""
        return self.raw.get("deprecated") is True

    @cached_property
    def servers(self) -> tuple[str, ...]:
        """The URLs of its servers: its own, those of its path, or those of the document; variables filled by their defaults."""
        base = self.document.references.base
        return servers.urls(self.raw, base) or servers.urls(self._item, base) or self.document.servers

    @property
    def prefix(self) -> str:
        """The path below which it is, by its first server."""
        return servers.prefix(self.servers)

    @property
    def has_own_server(self) -> bool:
        """Whether it or its path names servers of its own."""
        return bool(self.raw.get("servers") or self._item.get("servers"))

    @property
    def security(self) -> list[dict[str, Any]] | None:
        """Who may call it, its own or the document's: one of these; ``[]`` and ``{}`` are everybody, None is nothing said."""
        holder = self.raw if self.raw.get("security") is not None else self.document.raw
        if holder.get("security") is None:
            return None
        return [need for need in self._list(holder["security"], "security") if isinstance(need, dict)]

    # What it takes

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """What it takes in path, query, headers and cookies: its own and its path's."""
        return tuple(self._parameter(raw) for raw in self._declared if raw["in"] in _LOCATIONS)

    @cached_property
    def bodies(self) -> dict[str, Body]:
        """What it takes as a body, by media type; empty if it takes none."""
        if self.document.version == "2.0":
            return self._bodies_of_2
        if self.raw.get("requestBody") is None:
            return {}
        request = self._object(self.raw["requestBody"], "its request body")
        content = self._entries(request.get("content"), "'content' of its request body")
        if not content and request:
            self._note("its request body has no media type")
        found = {}
        for kind, raw in content.items():
            media = self._object(raw, f"its request body in {kind}", none=True)
            encoding = self._entries(media.get("encoding"), f"'encoding' of its request body in {kind}")
            found[kind] = Body(*self._media(media)[:2], self.body_required, encoding, media.get("itemSchema"))
        return found

    @cached_property
    def body_required(self) -> bool:
        """Whether a request needs a body."""
        if self.document.version == "2.0":
            return any(raw.get("required") is True for raw in self._declared if raw["in"] in ("body", "formData"))
        return self._object(self.raw.get("requestBody"), "its request body", none=True).get("required") is True

    @property
    def _bodies_of_2(self) -> dict[str, Body]:
        consumes = self._types("consumes")
        body = next((raw for raw in self._declared if raw["in"] == "body"), None)
        fields = [raw for raw in self._declared if raw["in"] == "formData"]
        if body and fields:
            self._note("it takes a body beside the fields of a form")
        if body:
            content = Body(body.get("schema"), self._example(body), self.body_required, {})
            return dict.fromkeys(swagger.body_types(consumes), content)
        if not fields:
            return {}
        styles = {raw["name"]: swagger.style_of(raw) for raw in fields if raw.get("type") == "array"}
        encoding = {name: {"style": style, "explode": explode} for name, (style, explode) in styles.items()}
        examples = {raw["name"]: raw["x-example"] for raw in fields if "x-example" in raw}
        content = Body(swagger.form_schema(fields), examples or None, self.body_required, encoding)
        return dict.fromkeys(swagger.form_types(consumes, fields), content)

    @cached_property
    def _declared(self) -> list[dict[str, Any]]:
        """All parameters that are understood, those of 2.0's bodies too; the operation's own win over its path's."""
        known = (*_LOCATIONS, "body", "formData") if self.document.version == "2.0" else _LOCATIONS
        merged: dict[tuple[str, str], dict[str, Any]] = {}
        for holder in (self._item, self.raw):
            listed = [self._object(raw, "a parameter") for raw in self._list(holder.get("parameters"), "parameters")]
            named = [whole for raw in listed if raw and (whole := self._named(raw, known))]
            for raw in named:
                name = raw["name"].lower() if raw["in"] == "header" else raw["name"]
                merged[raw["in"], name] = raw
            for (location, name), times in Counter((raw["in"], raw["name"]) for raw in named).items():
                if times > 1:
                    self._note(f"its {location} parameter '{name}' stands {plural(times, 'time')}")
        self._compare_with_path({name for location, name in merged if location == "path"})
        return list(merged.values())

    def _named(self, raw: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
        """A parameter with a name and a location that are known; an empty one, and a note, if it lacks them."""
        location, name = raw.get("in"), raw.get("name")
        if location == "body" and location in known:  # its name says nothing
            return raw | {"name": "body"}
        if isinstance(name, str) and name and location in known:
            return raw
        missing = [f"no '{key}'" for key in ("name", "in") if raw.get(key) is None]
        self._note(
            f"a parameter has {' and '.join(missing)}" if missing else f"a parameter with the name {name!r} is in {location!r}"
        )
        return {}

    def _compare_with_path(self, declared: set[str]) -> None:
        if not self.path.startswith("/"):
            self._note("its path does not begin with '/'")
        in_path = set(VARIABLE.findall(self.path))
        for name in sorted(in_path - declared):
            self._note(f"its path has {{{name}}}, and no parameter says what that is")
        for name in sorted(declared - in_path):
            self._note(f"its path has no {{{name}}} for its path parameter '{name}'")

    def _parameter(self, raw: dict[str, Any]) -> Parameter:
        location, media = raw["in"], None
        schema: Any = raw.get("schema")
        example = self._example(raw)
        style, explode = _STYLES.get(location, "form"), raw.get("explode")
        if isinstance(raw.get("content"), dict) and raw["content"]:
            media, entry = next(iter(raw["content"].items()))
            schema, inner, _ = self._media(self._object(entry, f"its {location} parameter '{raw['name']}'", none=True))
            example = inner if example is None else example
        elif self.document.version == "2.0":
            schema = swagger.schema_of(raw)
            style, explode = swagger.style_of(raw)
        else:
            schema = swagger.schema_of(raw) if schema is None else schema  # written as in 2.0
            style = str(raw.get("style") or style)
        return Parameter(
            name=raw["name"],
            location=location,
            required=location == "path" or raw.get("required") is True,
            schema=schema if isinstance(schema, dict | bool) else {},
            style=None if media else style,
            explode=explode if isinstance(explode, bool) else style == "form",
            media=media,
            example=example,
            raw=raw,
        )

    # What it answers

    @cached_property
    def responses(self) -> dict[str, Response]:
        """Its answers by status: ``200``, ``2XX``, ``default``."""
        listed = self._entries(self.raw.get("responses"), "'responses'")
        return {status: self._response(status, raw) for status, raw in listed.items() if not status.startswith("x-")}

    def response(self, status: int) -> Response | None:
        """The answer for a status: the exact one, that of its class such as ``2XX``, or the default; None if there is none."""
        keys = {key.upper(): key for key in self.responses}
        found = next((keys[key] for key in (str(status), f"{status // 100}XX", "DEFAULT") if key in keys), None)
        return None if found is None else self.responses[found]

    def _response(self, status: str, given: Any) -> Response:
        raw = self._object(given, f"its answer {status}", none=True)
        content = {}
        if self.document.version == "2.0":
            examples = self._entries(raw.get("examples"), f"'examples' of its answer {status}")
            if raw.get("schema") is not None:
                kinds = self._types("produces") or list(examples) or [swagger.ANY]
                content = {kind: Media(swagger.answer_schema(raw), examples.get(kind)) for kind in kinds}
        else:
            entries = self._entries(raw.get("content"), f"'content' of its answer {status}")
            for kind, entry in entries.items():
                content[kind] = self._media(self._object(entry, f"its answer {status} in {kind}", none=True))
        headers = {
            name: self._header(self._object(header, f"the header {name} of its answer {status}", none=True))
            for name, header in self._entries(raw.get("headers"), f"'headers' of its answer {status}").items()
        }
        return Response(status, str(raw.get("description") or ""), content, headers, raw)

    def _header(self, raw: dict[str, Any]) -> dict[str, Any]:
        schema = raw.get("schema")
        if schema is None and isinstance(raw.get("content"), dict):
            schema = next((entry.get("schema") for entry in raw["content"].values() if isinstance(entry, dict)), {})
        return raw | {"schema": swagger.schema_of(raw) if schema is None else schema, "required": raw.get("required") is True}

    def _media(self, raw: dict[str, Any]) -> Media:
        return Media(raw.get("schema"), self._example(raw), raw.get("itemSchema"))

    def _example(self, raw: dict[str, Any]) -> Any:
        """The first example of a parameter or a media type."""
        for key in ("example", "x-example"):
            if key in raw:
                return raw[key]
        examples = raw.get("examples")
        first = next(iter(examples.values()), None) if isinstance(examples, dict) else None
        written = self._object(first, "an example", none=True)
        return written.get("value", written.get("dataValue"))

    # What is not understood

    @cached_property
    def problems(self) -> list[Problem]:
        """What of it is not understood, down to the last of its schemas; empty if all is."""
        for part in (self.parameters, self.bodies, self.responses, self.security, self.tags):
            del part  # looking it up notes what is not understood
        self._check_security()
        if self.has_own_server:
            self._reasons.update(dict.fromkeys(servers.unfilled(self.servers)))
        below = self.document.finder.reasons(self._item.get("parameters"), self.raw)
        return [Problem(self.label, reason) for reason in dict.fromkeys([*self._reasons, *below])]

    def _check_security(self) -> None:
        known = self.document.security_schemes
        for name in dict.fromkeys(name for need in self.security or () for name in need):
            if name not in known:
                self._note(f"its security asks for '{name}', which is none of the document's security schemes")

    def _note(self, reason: str) -> None:
        self._reasons[reason] = None

    def _object(self, node: Any, what: str, *, none: bool = False) -> dict[str, Any]:
        """An object of the document with its reference followed; an empty one, and a note, if it is none."""
        try:
            found = self.document.resolved(node)
        except NotUnderstood as error:
            self._note(str(error))
            return {}
        if isinstance(found, dict):
            return found
        if found is not None or not none:
            self._note(f"{what} is {'null' if found is None else repr(found):.60} instead of an object")
        return {}

    def _entries(self, node: Any, what: str) -> dict[str, Any]:
        return self._object(node, what, none=True)

    def _list(self, node: Any, what: str) -> list[Any]:
        if isinstance(node, list):
            return node
        if node is not None:
            self._note(f"'{what}' is {node!r:.60} instead of a list")
        return []

    def _types(self, key: str) -> list[str]:
        own = self.raw.get(key)
        return [kind for kind in self._list(self.document.raw.get(key) if own is None else own, key) if isinstance(kind, str)]
