"""Texts with places for values: ``{{name}}`` in paths, headers, forms, JSON and expected values."""

from __future__ import annotations

import json
import re
from typing import Any, TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
WRITTEN = "/%?&=+:;,@!$'()*~.-_[]{}"  # what stays as it is written in a path
IN_JSON = re.compile(r'"\{\{\s*(\w+)\s*\}\}"|\{\{\s*(\w+)\s*\}\}')


class Template:
    """A text that is rendered with the values of a user; one without places is rendered once."""

    def __init__(self, parts: list[str | tuple[str, Callable[[Any], str]]]) -> None:
        self.parts = parts
        self.names = {part[0] for part in parts if isinstance(part, tuple)}
        self._fixed = None if self.names else "".join(part for part in parts if isinstance(part, str))

    def render(self, values: Mapping[str, Any]) -> str:
        """The text with its values."""
        if self._fixed is not None:
            return self._fixed
        return "".join(part if isinstance(part, str) else part[1](values[part[0]]) for part in self.parts)


def plain(text: str) -> Template:
    """A text whose values stand in it as they are."""
    return _split(text, str)


def path(text: str) -> Template:
    """A path whose values are percent-encoded, so that none of them leads elsewhere."""
    return _split(quote(text, safe=WRITTEN), lambda value: quote(str(value), safe=""))


def header(text: str) -> Template:
    """The value of a header; line breaks in values are taken out, so that none of them begins another header."""
    return _split(text, lambda value: re.sub(r"[\r\n\0]", "", str(value)))


def form(fields: Mapping[str, Any]) -> Template:
    """A form as a browser sends it."""
    pairs = "&".join(f"{_kept(str(name))}={_kept(str(value))}" for name, value in fields.items())
    return _split(pairs, lambda value: quote_plus(str(value)))


def json_body(tree: Any) -> Template:
    """A JSON body; a value that fills a text alone keeps its type, so that ``"{{count}}"`` can become ``5``."""
    text = json.dumps(tree, separators=(",", ":"))
    parts: list[str | tuple[str, Callable[[Any], str]]] = []
    end = 0
    for match in IN_JSON.finditer(text):
        parts += [text[end : match.start()], (match[1], json.dumps) if match[1] else (match[2], _inside_text)]
        end = match.end()
    return Template([*parts, text[end:]])


def bytes_of(text: str) -> Template:
    """A text of which each character stands for a byte of its UTF-8 form, as bodies with files need it."""
    return _split(text.encode().decode("latin-1"), lambda value: str(value).encode().decode("latin-1"))


def joined(parts: list[str | Template]) -> Template:
    """Templates and texts after one another."""
    whole: list[str | tuple[str, Callable[[Any], str]]] = []
    for part in parts:
        whole += part.parts if isinstance(part, Template) else [part]
    return Template(whole)


def _split(text: str, encode: Callable[[Any], str]) -> Template:
    parts: list[str | tuple[str, Callable[[Any], str]]] = []
    end = 0
    for match in PLACE.finditer(text):
        parts += [text[end : match.start()], (match[1], encode)]
        end = match.end()
    return Template([*parts, text[end:]])


def _inside_text(value: Any) -> str:
    return json.dumps(str(value))[1:-1]


def _kept(text: str) -> str:
    """Encoded for a form, places left as they are."""
    end, parts = 0, []
    for match in PLACE.finditer(text):
        parts += [quote_plus(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, quote_plus(text[end:])])
