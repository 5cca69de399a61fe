"""What a browser would make of a page: its elements and attributes, and what its scripts name outside of texts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

BROWSER = {"Accept": "text/html,*/*;q=0.8"}  # as browsers ask, which may bring a page where JSON is usual
INERT = ("textarea", "title", "style", "noscript", "xmp")
PAGES = ("text/html", "application/xhtml+xml", "image/svg+xml")
ADDRESSES = ("href", "src", "action", "formaction", "data", "xlink:href")
SCRIPTS = re.compile(r"(?i)(?:text|application)/(?:java|ecma)script|module|")
REFRESH = re.compile(r"""(?i)\s*[\d.]*\s*[;,]?\s*url\s*=\s*(?P<quote>["']?)(?P<address>.*?)(?P=quote)\s*$""", re.DOTALL)
_BROKEN = re.compile(r"[\t\r\n]|^[\x00-\x20]+")  # what browsers leave out of an address
# What a script passes over: comments, and texts with what is escaped in them.
_PASSED = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?P<template>(?:\\.|[^`\\])*)`", re.DOTALL)


def made_of(answer: Exchange) -> set[str]:
    """The names of elements and attributes, and those that scripts use; nothing of an answer that is no page."""
    if answer.headers.get("content-disposition", "").strip().lower().startswith("attachment"):
        return set()  # it is saved, not shown
    untyped = not answer.media and "nosniff" not in answer.headers.get("x-content-type-options", "")
    if answer.media not in PAGES and not (untyped and "<" in answer.text):
        return set()
    parser = _Page()
    parser.feed(answer.text)
    return parser.found


def names_in(script: str) -> set[str]:
    """The names that a script uses: what stands in comments and texts is none, what a template computes is one."""
    computed = " ".join(
        part for match in _PASSED.finditer(script) for part in re.findall(r"\$\{([^}]*)\}", match["template"] or "")
    )
    return set(re.findall(r"[A-Za-z_$][\w$]*", f"{_PASSED.sub(' ', script)} {computed}"))


def field_of(answer: Exchange, name: str) -> str:
    """The value of a field of a form, or of what a page says of itself (meta), by its name; empty where there is none."""
    parser = _Fields()
    parser.feed(answer.text)
    return parser.values.get(name, "")


def leads_to(answer: Exchange) -> str:
    """The address to which an answer leads a browser: by Location, by Refresh, or by a page's own refresh; empty if to none."""
    if answer.location:
        return answer.location
    given = answer.headers.get("refresh", "")
    if not given and answer.media in PAGES:
        parser = _Refresh()
        parser.feed(answer.text)
        given = parser.given
    match = REFRESH.match(given)
    return match["address"].strip() if match else ""


def links(answer: Exchange) -> list[str]:
    """The addresses of a page's links."""
    parser = _Anchors()
    parser.feed(answer.text)
    return parser.addresses


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and (address := dict(attrs).get("href")):
            self.addresses.append(address)


class _Refresh(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.given = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "meta" and (attributes.get("http-equiv") or "").lower() == "refresh":
            self.given = self.given or attributes.get("content") or ""


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in ("input", "meta") and attributes.get("name"):
            self.values.setdefault(str(attributes["name"]), attributes.get("value") or attributes.get("content") or "")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._inert: list[str] = []
        self._runs = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._inert:
            self.found |= {tag, *(name for name, _ in attrs)}
            for name, value in attrs:
                self._attribute(name, (value or "").strip())
        if tag in INERT:
            self._inert.append(tag)
        self._runs = tag == "script" and bool(SCRIPTS.fullmatch(dict(attrs).get("type") or ""))

    def handle_endtag(self, tag: str) -> None:
        if self._inert and self._inert[-1] == tag:
            self._inert.pop()
        self._runs = False

    def handle_data(self, data: str) -> None:
        if self._runs and not self._inert:
            self.found |= names_in(data)

    def _attribute(self, name: str, value: str) -> None:
        if name.startswith("on"):
            self.found |= names_in(value)
        elif name in ADDRESSES and (address := _BROKEN.sub("", value)).lower().startswith("javascript:"):
            self.found |= names_in(unquote(address.partition(":")[2]))  # browsers decode a script in an address first
