"""Changes by another user to an object that was there before: seen by its owner, and put back at once."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.nouns import noun_of, USER_NOUNS
from SecurityLibrary.description.protected_properties import find
from SecurityLibrary.objects.ownership import is_named
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

# What others or the scan may stand on: it is not changed for a trial.
NEEDED = re.compile(r"(?i)mail|user|login|password|token|secret|role|status|state|owner|tenant|phone|url|(?:^|_)id$|Id$")
LIMITED = {"enum", "const", "format", "pattern"}
UNSEEN = "its effect cannot be seen by reading the object"


def changed_by_another(scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity) -> list[Exchange]:
    """The two answers by which another user changed a text of an owner's object; empty if neither changed anything.

    The owner changes the same text first, so that an effect would be seen.

    Raises:
        NotEvaluatedError: No object of the owner is known, its effect cannot be seen, or the text cannot be put back.
    """
    write = _Write(scan, operation, owner)
    write.refuse_shared(other_user)
    if not write.tried(owner):
        raise NotEvaluatedError(UNSEEN)
    done = [write.tried(other_user) for _ in range(2)]
    return [answer for answer in done if answer] if all(done) else []


class _Write:
    """One text of one object, as its owner reads it."""

    def __init__(self, scan: Scan, operation: ScanOperation, owner: Identity) -> None:
        self.scan, self.operation, self.owner = scan, operation, owner
        named = operation.last
        reads = [
            each for each in scan.plan.operations if each.method == "GET" and each.route == operation.route and not each.admin
        ]
        if named is None or not reads:
            raise NotEvaluatedError(UNSEEN)
        if noun_of(operation, named) in USER_NOUNS:
            raise NotEvaluatedError("it would change an account that was there before")
        self.named, self.read = named, reads[0]
        self.identifier = owner.values.get(named.name) or scan.objects.identifier(operation, named, owner, listed=True)
        if self.identifier is None:
            raise NotEvaluatedError("no object belongs to one identity alone")
        texts = (
            (parameter, kept)
            for parameter in operation.parameters
            if parameter.location == "body"
            and parameter.kind == "string"
            and not NEEDED.search(parameter.name)
            and not LIMITED & parameter.schema.keys()
            and (kept := self._kept(parameter))
        )
        found: tuple[InsertableParameter | None, str] = next(texts, (None, ""))
        self.text, self.before = found
        if self.text is None:
            raise NotEvaluatedError("what it writes cannot be put back: nothing shows the text that is there")

    def refuse_shared(self, other_user: Identity) -> None:
        """Raise where the other user sees the object and it names no owner: a change may be meant."""
        seen = self._seen(other_user)
        if seen.ok and not is_named(seen.body, self.owner):
            raise NotEvaluatedError("both users see the object, and it names no owner: if nobody owns it, name it by 'shared'")

    def tried(self, sender: Identity) -> Exchange | None:
        """The answer to a change that the owner sees afterwards; the text is put back, and that is checked."""
        for mark in (f"qa{self._number()}", f"{self.before} {self._number()}"):
            try:
                answer = self._sent(sender, mark)
                if mark in self._seen(self.owner).text:
                    return answer
            finally:
                self._put_back()
        return None

    def _put_back(self) -> None:
        with self.scan.sender.traces.putting_back():
            if self.text is None or self._kept(self.text) == self.before:
                return
            self._sent(self.owner, self.before)
            if self._kept(self.text) != self.before:
                self.scan.sender.traces.not_removed.append(f"{self.operation} {self.text}: it was '{self.before}'")

    def _sent(self, sender: Identity, value: str) -> Exchange:
        given: dict[InsertableParameter, Any] = {self.named: self.identifier}
        return self.scan.sender.send(self.operation, sender, given | ({self.text: value} if self.text else {}), owner=self.owner)

    def _seen(self, identity: Identity) -> Exchange:
        reading = {each: self.identifier for each in self.read.parameters if each.name == self.named.name}
        return self.scan.sender.send(self.read, identity, reading, owner=self.owner)

    def _kept(self, parameter: InsertableParameter) -> str:
        """The text of a parameter as the object has it: in its JSON, or in a field of a form."""
        name, seen = parameter.name.rpartition(".")[2], self._seen(self.owner)
        found = find(seen.body, name) if seen.body is not None else _fields(seen.text).get(name)
        return found if isinstance(found, str) else ""

    def _number(self) -> str:
        return f"{self.scan.random.number()}{self.scan.random.number()}"


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        name = attributes.get("name") or ""
        if tag == "input" and name:
            self.values[name] = attributes.get("value") or ""
        self._area = name if tag == "textarea" else ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] = self.values.get(self._area, "") + data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""


def _fields(page: str) -> dict[str, str]:
    """The values of the fields of the forms of a page, by name."""
    fields = _Fields()
    fields.feed(page)
    return fields.values
