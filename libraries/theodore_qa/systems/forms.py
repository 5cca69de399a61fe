"""Forms of HTML pages, as a browser reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """A form: where it goes, how, and its fields with their values and types."""

    action: str = ""
    method: str = "GET"
    values: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)

    def named(self, *kinds: str) -> str:
        """The name of its first field of one of these types; empty where there is none."""
        return next((name for name, kind in self.types.items() if kind in kinds), "")


class _FormParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.values: dict[str, str] = {}  # of fields and of what a page says of itself (meta)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "GET").upper()))
        if tag in ("input", "meta") and given.get("name"):
            self.values.setdefault(given["name"], given.get("value") or given.get("content") or "")
        if tag in ("input", "button", "textarea") and given.get("name") and self.forms:
            kind = given.get("type", "text" if tag == "input" else tag).lower()
            if kind in ("checkbox", "radio") and "checked" not in given:
                return
            self.forms[-1].values.setdefault(given["name"], given.get("value", ""))
            self.forms[-1].types.setdefault(given["name"], kind)


def _read(text: str) -> _FormParser:
    reader = _FormParser()
    reader.feed(text)
    return reader


def forms_of(text: str) -> list[Form]:
    """The forms of a page."""
    return _read(text).forms


def field_of(text: str, name: str) -> str:
    """The value of a field of a form, or of what a page says of itself (meta), by its name; empty where there is none."""
    return _read(text).values.get(name, "")
