"""Forms of HTML pages, as a browser reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

# Of several buttons a person who wants to go on presses the one that says so, by its value, its name or its id.
GOING_ON = re.compile(r"(?i)\b(?:yes|accept|allow|approve|authori[sz]e|confirm|continue|log.?in|sign.?in|log.?out|sign.?out)\b")
GOING_BACK = re.compile(r"(?i)\b(?:no|not|cancel|deny|decline|reject|refuse|stay|back)\b")


@dataclass
class Form:
    """A form: where it goes, how, and its fields with their values and types; of its buttons the one that is pressed."""

    action: str = ""
    method: str = "GET"
    values: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)  # that send the form, as the page has them

    def named(self, *kinds: str) -> str:
        """The name of its first field of one of these types; empty where there is none."""
        return next((name for name, kind in self.types.items() if kind in kinds), "")

    def press(self) -> None:
        """Send the button with the form that goes on: the first that says so, or else the first that does not go back."""
        on = [button for button in self.buttons if not GOING_BACK.search(_text(button))]
        candidates = [*(button for button in on if GOING_ON.search(_text(button))), *on, *self.buttons]
        if candidates and candidates[0].get("name"):
            self.values.setdefault(candidates[0]["name"], candidates[0].get("value", ""))


def _text(button: dict[str, str]) -> str:
    return " ".join(button.get(name, "") for name in ("value", "name", "id"))


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
        if tag not in ("input", "button", "textarea") or not self.forms:
            return
        kind = given.get("type", {"input": "text", "button": "submit"}.get(tag, tag)).lower()
        if kind == "submit":
            self.forms[-1].buttons.append(given)
        elif given.get("name") and kind not in ("button", "reset"):
            if kind in ("checkbox", "radio") and "checked" not in given:
                return
            self.forms[-1].values.setdefault(given["name"], given.get("value", ""))
            self.forms[-1].types.setdefault(given["name"], kind)


def _read(text: str) -> _FormParser:
    reader = _FormParser()
    reader.feed(text)
    for form in reader.forms:
        form.press()
    return reader


def forms_of(text: str) -> list[Form]:
    """The forms of a page."""
    return _read(text).forms


def field_of(text: str, name: str) -> str:
    """The value of a field of a form, or of what a page says of itself (meta), by its name; empty where there is none."""
    return _read(text).values.get(name, "")
