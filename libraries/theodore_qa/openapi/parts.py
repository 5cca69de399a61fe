"""What an operation takes and answers: parameters, bodies and responses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Schema = dict[str, Any] | bool
VARIABLE = re.compile(r"\{([^{}]*)\}")  # of a path
FORM, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"


@dataclass(frozen=True, eq=False)
class Parameter:
    """A value that an operation takes outside its body.

    Attributes:
        name: as it is sent.
        location: path, query, header, cookie, or querystring (3.2).
        required: always true in a path.
        schema: what it may be, which may be a reference; ``{}`` where the document does not say.
        style: how lists and objects are written, such as form, simple or pipeDelimited; None if ``media`` says it.
        explode: whether each item of a list is written with the name.
        media: the media type that it is written in, for a parameter with ``content``.
        example: the first example of the parameter; None if it has none.
        raw: as it stands in the document.
    """

    name: str
    location: str
    required: bool
    schema: Schema
    style: str | None
    explode: bool
    media: str | None
    example: Any
    raw: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.location} {self.name}"


class Media(NamedTuple):
    """What an answer of one media type holds; ``schema`` is None where the document does not say."""

    schema: Schema | None = None
    example: Any = None
    item_schema: Schema | None = None  # of each item of a stream (3.2)


class Body(NamedTuple):
    """What a request body of one media type holds; ``encoding`` says how the parts of a form are written."""

    schema: Schema | None
    example: Any
    required: bool
    encoding: dict[str, Any]
    item_schema: Schema | None = None


class Response(NamedTuple):
    """An answer as the document has it; ``headers`` are resolved and have ``schema`` and ``required``."""

    status: str
    description: str
    content: dict[str, Media]
    headers: dict[str, dict[str, Any]]
    raw: dict[str, Any]

    def media(self, content_type: str) -> Media | None:
        """The content for a Content-Type header.

        An exact one wins, then one with other parameters, then JSON for what ends with ``+json``, then ranges such as ``text/*``.
        """
        key = matching(content_type, self.content)
        return None if key is None else self.content[key]


def matching(content_type: str, known: Iterable[str]) -> str | None:
    """The media type or range in ``known`` that a Content-Type header falls under; None if there is none."""
    essence, parameters = _split(content_type)
    kind, _, subtype = essence.partition("/")
    candidates = [essence, JSON if subtype.endswith("+json") else essence, f"{kind}/*", "*/*"]
    found: tuple[int, int, str] | None = None
    for key in known:
        own, own_parameters = _split(key)
        if own in candidates:
            differing = len(own_parameters ^ parameters)
            candidate = (candidates.index(own), differing, key)
            found = min(found or candidate, candidate, key=lambda each: each[:2])
    return found[2] if found else None


def is_json(media: str) -> bool:
    """Whether a media type is JSON or one of its kinds, such as application/vnd.api+json."""
    essence = _split(media)[0]
    return essence.endswith(("/json", "+json"))


def _split(media: str) -> tuple[str, frozenset[str]]:
    essence, *parameters = media.lower().split(";")
    return essence.strip(), frozenset("".join(part.split()).replace('"', "") for part in parameters if part.strip())
