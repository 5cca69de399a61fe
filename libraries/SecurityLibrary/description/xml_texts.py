"""Documents of XML that are described as texts: the texts of their elements as places for values, and what answers hold."""

from __future__ import annotations

import html
import re
from collections import Counter
from typing import Any, TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = re.compile(r"<([A-Za-z_][\w.:-]*)(?:\s[^<>]*)?>([^<>]*[^<>\s][^<>]*)<")
UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
MARK = "<text>"  # in a pointer: that it leads to a text of a document


def places(document: str) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """The name, the pointer and the value of each text of a document; the second of a name is called ``title2``."""
    seen: Counter[str] = Counter()
    for index, match in enumerate(TEXT.finditer(document)):
        seen[match[1]] += 1
        yield f"{match[1]}{seen[match[1]] if seen[match[1]] > 1 else ''}", (MARK, str(index)), html.unescape(match[2])


def is_place(pointer: tuple[str, ...]) -> bool:
    """Whether a pointer leads to a text of a document."""
    return pointer[:1] == (MARK,)


def put(document: str, pointer: tuple[str, ...], value: Any) -> str:
    """A document with a value in place of one of its texts, as a text: its markup is none."""
    for index, match in enumerate(TEXT.finditer(document)):
        if str(index) == pointer[1]:
            start, end = match.span(2)
            return document[:start] + html.escape(UNSENDABLE.sub("", str(value)), quote=False) + document[end:]
    return document


def parsed(text: str) -> Any:
    """What a document holds, as JSON would: elements by their names, lists of those that are repeated; None of what declares."""
    if "<!" in text or "<" not in text:
        return None
    try:
        root = ET.fromstring(text)  # noqa: S314  # it declares nothing
    except (ET.ParseError, ValueError, RecursionError):
        return None
    return {_name(root): _content(root)}


def _content(element: ET.Element) -> Any:
    children = list(element)
    if not children and not element.attrib:
        return (element.text or "").strip()
    found: dict[str, Any] = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
    repeated = Counter(map(_name, children))
    for child in children:
        if repeated[_name(child)] > 1:
            found.setdefault(_name(child), []).append(_content(child))
        else:
            found[_name(child)] = _content(child)
    return found


def _name(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]
