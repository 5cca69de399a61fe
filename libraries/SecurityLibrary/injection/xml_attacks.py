"""Documents of XML that make a careless parser read files or call addresses: a good one with something in place of a text."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.sending.request_building import encoded
from SecurityLibrary.values.sample_files import MARKUP

if TYPE_CHECKING:
    from collections.abc import Callable

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation

    Write = Callable[[object, str, int], bytes]

TEXT = re.compile(r">([^<>]*[^<>\s][^<>]*)<")
EMPTY = re.compile(r"<([\w:.-]+)([^<>]*?)(?:/>|>\s*</\1\s*>)")
DECLARATION = re.compile(r"<\?xml.*?\?>")
HOLDS_XML = re.compile(
    r"(?i)(?:^|[._-])(?:xml|svg|soap|saml\w*|opml|gpx|kml|rss|atom|wsdl|xslt?|plist|xspf)$|[a-z](?:Xml|XML|Svg)$"
)


def with_entity(good: object, source: str, index: int = 0) -> bytes:
    """A good document with an entity in place of one of its texts."""
    return _declaring(good, f'<!ENTITY qa SYSTEM "{source}">', index).encode()


def in_wide_letters(good: object, source: str, index: int = 0) -> bytes:
    """The same in UTF-16, which a search for ``<!DOCTYPE`` in the bytes does not find."""
    return _declaring(good, f'<!ENTITY qa SYSTEM "{source}">', index, "UTF-16").encode("utf-16")


def with_parameter_entity(good: object, source: str, index: int = 0) -> bytes:
    """A good document that loads declarations: some parsers do that although they put no entity into texts."""
    return _declaring(good, f'<!ENTITY % qa SYSTEM "{source}"> %qa;', index).replace("&qa;", "qa").encode()


def including(good: object, source: str, index: int = 0) -> bytes:
    """A good document with another one included in place of one of its texts (XInclude); it declares nothing."""
    return _in_place(good, f'<xi:include xmlns:xi="{XINCLUDE}" href="{source}" parse="text"/>', index).encode()


def falling_back(good: object, word: str, index: int = 0) -> bytes:
    """A good document that includes one which there is not, with a word in place of that: it alone is left where that is done."""
    start = f'<xi:include xmlns:xi="{XINCLUDE}" href="qa-nowhere-{word}.txt" parse="text">'
    return _in_place(good, f"{start}{ignored(word)}<xi:fallback>{word}</xi:fallback></xi:include>", index).encode()


def ignored(word: str) -> str:
    """What stands beside a word, where only those keep it that do not know what includes."""
    return f"qz{word[2:]}"


XINCLUDE = "http://www.w3.org/2001/XInclude"
READING = (with_entity, including, in_wide_letters)
CALLING = (with_entity, with_parameter_entity, in_wide_letters)


def good_document(operation: ScanOperation) -> str:
    """The document that an operation is described with."""
    body = operation.body
    return encoded(operation, body, {})[0].decode() if isinstance(body, dict) else str(body or "<a>b</a>")


def is_text_of_xml(parameter: InsertableParameter, value: Any) -> bool:
    """Whether a value in a body or a query is a document of XML, by itself or by its name."""
    if parameter.location not in ("body", "query") or parameter.kind != "string" or "enum" in parameter.schema:
        return False
    return bool(MARKUP.match(str(value)) or HOLDS_XML.search(parameter.name))


def _declaring(good: object, declared: str, index: int, encoding: str = "") -> str:
    text = DECLARATION.sub("", str(good or "<a>b</a>"))
    root = re.search(r"<([\w:.-]+)", text)
    named = f' encoding="{encoding}"' if encoding else ""
    return f'<?xml version="1.0"{named}?><!DOCTYPE {root[1] if root else "a"} [{declared}]>{_in_place(text, "&qa;", index)}'


def _in_place(good: object, part: str, index: int) -> str:
    text = str(good or "<a>b</a>")
    texts = list(TEXT.finditer(text))
    if not texts:  # into an element that is empty
        return EMPTY.sub(lambda match: f"<{match[1]}{match[2]}>{part}</{match[1]}>", text, count=1)
    start, end = texts[index].span(1)
    return f"{text[:start]}{part}{text[end:]}"
