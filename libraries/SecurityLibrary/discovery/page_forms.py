"""Forms on pages: fields that a browser sends, and the description of their operation lacks, complete its body."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.description.operations import FORM, InsertableParameter, MULTIPART
from SecurityLibrary.discovery import named_paths
from SecurityLibrary.discovery.pages import PAGES
from SecurityLibrary.identities.registrations import names_of_accounts

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

# What keeps other sites from sending a form: each session's own, it goes beside the fields.
GUARDS = re.compile(r"(?i)csrf|xsrf|nonce|authenticity|verification_?token|^_?token$|guard")
SECRET = re.compile(r"(?i)pass|pwd|otp|secret")
NOT_SENT = ("submit", "reset", "button", "image", "file")
MOST = 12  # fields of a form that are taken over
USUAL = {
    "number": "1",
    "range": "1",
    "email": "qa@mail.example",
    "date": "2030-01-01",
    "url": "https://mail.example/",
    "tel": "5550100",
}


@dataclass
class Form:
    """A form of a page, with what a browser sends for each of its fields where nobody fills them in otherwise."""

    action: str
    method: str
    media: str
    fields: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)  # fields that nobody is meant to fill in


def complete(scan: Scan) -> None:
    """Give operations that take forms the fields that pages show for them, and their rows lack; once, before controls."""
    if not any(operation.takes_form and _may_be_completed(operation) for operation in scan.plan.operations):
        return
    named_paths.read_all(scan)
    on_pages = [(answer, form) for _, answer in list(scan.sender.answers.exchanges) for form in forms_of(answer)]
    guards = {identity.way.csrf.parameter for identity in scan.target.identities.values() if identity.way.csrf}
    for number, operation in enumerate(scan.target.operations):
        if not _may_be_completed(operation) or scan.plan.skip_reason(operation):
            continue
        leads_to = named_paths.pattern_of(operation.route)
        fitting = [
            form for page, form in on_pages if form.method == operation.method and leads_to.fullmatch(_path(scan, page, form))
        ]
        if not fitting or names_of_accounts(scan.authenticator, operation) or scan.authenticator.signs_in(operation):
            continue
        scan.hidden_fields[str(operation)] = set[str]().union(*(form.hidden for form in fitting))
        completed = _completed(operation, fitting[0], guards)
        if completed is not operation:
            scan.target.operations[number] = completed
            scan.sender.operations[:] = [completed if str(each) == str(operation) else each for each in scan.sender.operations]


def hidden(scan: Scan, operation: ScanOperation) -> set[str]:
    """The names of the fields that pages hide or lock in the forms of an operation."""
    return scan.hidden_fields.get(str(operation), set())


def forms_of(page: Exchange) -> list[Form]:
    """The forms of a page; none of what is no page."""
    if page.media not in PAGES or not page.ok:
        return []
    parser = _Forms()
    parser.feed(page.text)
    return parser.found


def _may_be_completed(operation: ScanOperation) -> bool:
    bare = operation.media is None and operation.body is None
    return operation.method == "POST" and "#" not in operation.path and (operation.takes_form or bare)


def _path(scan: Scan, page: Exchange, form: Form) -> str:
    """The path to which a form is sent; empty where it is another system's."""
    own = scan.client.url.rstrip("/")
    parts = urlsplit(urljoin(f"{own}{page.path}", form.action.strip() or page.path))
    return parts.path if parts.netloc == urlsplit(own).netloc else ""


def _completed(operation: ScanOperation, form: Form, guards: set[str]) -> ScanOperation:
    """An operation with the fields of a form that it lacks; what names an object gets one of the scan's own later."""
    known = {each.name for each in operation.parameters}
    lacking = {
        name: value
        for name, value in form.fields.items()
        if name not in known | guards and not GUARDS.search(name) and not SECRET.search(name)
    }
    added = []
    for name, value in list(lacking.items())[:MOST]:
        parameter = InsertableParameter(name, "body", (name,), {"type": "string", "example": value}, required=True)
        added.append(replace(parameter, schema={"type": "string"}) if noun_of(operation, parameter) else parameter)
    if not added:
        return operation
    body = dict(operation.body) if isinstance(operation.body, dict) else {}
    body |= {each.name: each.schema["example"] for each in added if "example" in each.schema}
    media = operation.media or (MULTIPART if form.media == MULTIPART else FORM)
    return replace(operation, parameters=(*operation.parameters, *added), body=body, media=media)


class _Forms(HTMLParser):
    """Collects forms with their fields as a browser sends them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._chosen = ""  # the field whose options come
        self._written = ""  # the field whose text comes

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            media = attributes.get("enctype", FORM).lower()
            self._form = Form(attributes.get("action", ""), attributes.get("method", "get").upper(), media)
            self.found.append(self._form)
        elif self._form is None:
            return
        elif tag == "option" and self._chosen:
            self._option(attributes, selected="selected" in dict(attrs))
        elif name := attributes.get("name"):
            self._field(tag, name, attributes, checked="checked" in dict(attrs))

    def _field(self, tag: str, name: str, attributes: dict[str, str], *, checked: bool) -> None:
        form, kind = self._form, attributes.get("type", "text").lower()
        if form is None:
            return
        if tag == "select":
            self._chosen = name
            form.fields.setdefault(name, "")
        elif tag == "textarea":
            self._written = name
            form.fields.setdefault(name, "qa")
        elif attributes.get("value") and (kind == "submit" or (tag == "button" and kind == "text")):
            form.fields.setdefault(name, attributes["value"])
        elif tag == "input" and kind in ("checkbox", "radio"):
            if checked or kind == "radio":
                form.fields.setdefault(name, attributes.get("value", "on"))
        elif tag == "input" and kind not in NOT_SENT:
            form.hidden |= {name} if kind == "hidden" or "readonly" in attributes else set()
            form.fields.setdefault(name, attributes.get("value") or attributes.get("min") or USUAL.get(kind, "qa"))

    def _option(self, attributes: dict[str, str], *, selected: bool) -> None:
        if self._form is not None and (selected or not self._form.fields.get(self._chosen)):
            self._form.fields[self._chosen] = attributes.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._written and data.strip():
            self._form.fields[self._written] = data.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "select":
            self._chosen = ""
        if tag == "textarea":
            self._written = ""
