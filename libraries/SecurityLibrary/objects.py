"""The objects that an API hands out, by whose identifiers its other operations are called."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Protocol, TYPE_CHECKING

from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from SecurityLibrary.operations import Operation, Parameter
    from SecurityLibrary.skip_rules import SkipRules
    from SecurityLibrary.target import Target
    from theodore_qa.systems.authentication import Authenticator
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

PEOPLE = (
    "user",
    "account",
    "member",
    "customer",
    "person",
    "people",
    "employee",
    "profile",
    "owner",
    "client",
    "student",
    "patient",
)
ABOUT_ONESELF = re.compile(r"(?i)/(me|self|whoami|profile|account|user|userinfo|current)/?$")
MOST_SELVES = 3
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
TENANT = re.compile(r"(?i)(tenant|org|organi[sz]ation|workspace)(_?(id|name|slug))?")
LIMITED = {"enum", "format", "pattern", "const"}
NAMING = re.compile(r"(?i)id$|number|key|code")


class Send(Protocol):
    """What sends an operation as an identity, with ``given`` values, naming the objects of an ``owner``."""

    def __call__(
        self,
        operation: Operation,
        identity: Identity | None,
        given: Mapping[Parameter, Any] | None = None,
        *,
        owner: Identity | None = None,
    ) -> Exchange:
        """Send one request."""


class Objects:
    """Identifiers by the operation that makes or lists them, and by person."""

    def __init__(self, target: Target, authenticator: Authenticator, rules: SkipRules, send: Send) -> None:
        self.target, self.authenticator, self.rules, self.send = target, authenticator, rules, send
        self._known: dict[tuple[str, str], Any] = {}
        self._asking: set[tuple[str, str]] = set()
        self.made: set[str] = set()  # by us, in this scan
        self._selves: dict[str, list[Any]] = {}

    def identifier(
        self, operation: Operation, parameter: Parameter, person: Identity | None, *, fresh: bool = False, listed: bool = False
    ) -> Any:
        """The identifier of an object of this person for a parameter; None where the API hands out none.

        A ``fresh`` one has just been made for this, a ``listed`` one was there before.
        """
        collections = self._collections(operation, parameter)
        key = (" ".join([*collections, _plain(operation, parameter), "listed" * listed]), person.name if person else "")
        if key in self._asking or not collections:
            return None
        new = fresh or (operation.method == "DELETE" and not listed)
        if new or key not in self._known:
            self._asking.add(key)
            try:
                own = None if new or listed or person is None else self._own(person, noun_of(operation, parameter))
                methods = ("POST", "PUT") if new else ("GET",) if listed else ("POST", "PUT", "GET")
                found = own if own is not None else self._ask(collections, parameter, person, methods)
            finally:
                self._asking.discard(key)
            if new:
                return found
            self._known[key] = found
        return self._known[key]

    def _own(self, person: Identity, noun: str) -> Any:
        """A person's own identifier, where it is people that are named."""
        if noun not in PEOPLE:
            return None
        return next((found for body in self.about(person) if (found := _own_identifier(body, noun)) is not None), None)

    def about(self, person: Identity) -> list[Any]:
        """What the API tells a person about themselves: at the sign-in, and by the operations for that."""
        if person.name not in self._selves:
            self._selves[person.name] = []  # who they are is asked once, not again while it is asked
            about = [one for one in self.target.operations if one.method == "GET" and ABOUT_ONESELF.search(one.path)]
            answers = [self._answer(one, person) for one in about[:MOST_SELVES]]
            entered = self.authenticator.answers.get(person.name)
            self._selves[person.name] = [one.body for one in (entered, *answers) if one is not None]
        return self._selves[person.name]

    def tenant_of(self, person: Identity, parameter: Parameter) -> Any:
        """A person's own tenant for a parameter that names one: as the API tells it, or as the description does; else None."""
        if not TENANT.fullmatch(parameter.name):
            return None
        noun = parameter.name.lower().partition("_")[0]
        told = (body.get(key) for body in self.about(person) if isinstance(body, dict) for key in (parameter.name, noun))
        found = next((one for one in told if isinstance(one, str | int)), None)
        return found if found is not None else person.tenant if person.tenant != "default" else None

    def marked(self, operation: Operation, parameter: Parameter, person: Identity, mark: str) -> tuple[Any, Operation] | None:
        """An object of a person with a text of ours in it, and what made it; None where nothing makes one."""
        for source in self._sources("POST", self._collections(operation, parameter)):
            free = (one for one in source.parameters if one.location == "body" and one.kind == "string" and not one.noun)
            text = next(
                (one for one in free if not LIMITED & one.schema.keys() and one.schema.get("maxLength", 99) >= len(mark)), None
            )
            try:
                answer = self.send(source, person, {text: mark}) if text else None
            except QaError:
                continue
            found = identifier_in(answer.body, parameter.name) if answer and answer.ok else None
            if found is not None:
                return found, source
        return None

    def address_of(self, person: Identity) -> str:
        """A person's own address for mail, as far as it is known: their name, or what the API tells them; else empty."""
        told = (value for body in self.about(person) for value in scalars(body) if isinstance(value, str))
        return next((one for one in (person.username, *told) if MAIL.fullmatch(one)), "")

    def of_both(self, operation: Operation, parameter: Parameter, people: tuple[Identity, Identity], identifier: Any) -> bool:
        """Whether an object is the stranger's as well: it belongs to everybody, like a product in a catalogue."""
        stranger = people[1]
        told = {**self.target.values, **stranger.values}
        if parameter.name in told:
            return bool(told[parameter.name] == identifier)
        if self.shared(operation, parameter, people, identifier):
            return True
        return str(identifier) in self.made and bool(self.identifier(operation, parameter, stranger) == identifier)

    def shared(self, operation: Operation, parameter: Parameter, people: tuple[Identity, Identity], identifier: Any) -> bool:
        """Whether an owner's object is the other one's as well: a list shows it to them, or the same objects to both."""
        owner, stranger = people
        lists = self._lists(operation, parameter, stranger, owner)
        if any(str(value) == str(identifier) for body in lists for value in scalars(body)):
            return True
        theirs = {str(one) for body in lists for one in _identifiers(body, parameter.name)}
        own = {str(one) for body in self._lists(operation, parameter, owner) for one in _identifiers(body, parameter.name)}
        return bool(own) and own == theirs

    def listed(self, operation: Operation, parameter: Parameter, people: tuple[Identity, Identity], identifier: Any) -> Any:
        """An owner's object as a list shows it to a stranger; None where none does."""
        owner, stranger = people
        items = (item_of(body, identifier) for body in self._lists(operation, parameter, stranger, owner))
        return next((one for one in items if one is not None), None)

    def _lists(self, operation: Operation, parameter: Parameter, person: Identity, owner: Identity | None = None) -> list[Any]:
        """What all lists say in which objects for a parameter stand, with and without their filters; an owner's lists too."""
        bodies = []
        for source in self._sources("GET", self._collections(operation, parameter)):
            unfiltered = replace(source, parameters=tuple(one for one in source.parameters if one.location != "query"))
            for whose in (person, owner) if owner and "{" in source.path else (person,):
                answers = [self._answer(one, person, whose) for one in dict.fromkeys((source, unfiltered))]
                bodies += [one.body for one in answers if one is not None]
        return bodies

    def _ask(self, collections: list[str], parameter: Parameter, person: Identity | None, methods: tuple[str, ...]) -> Any:
        for method in methods if self.rules.allow_changes else [one for one in methods if one == "GET"]:
            for source in self._sources(method, collections):
                answer = self._answer(source, person)
                if answer is not None and (found := identifier_in(answer.body, parameter.name)) is not None:
                    if method != "GET":
                        self.made.add(str(found))
                    return found
        return None

    def _collections(self, operation: Operation, parameter: Parameter) -> list[str]:
        """The paths that may hand out a parameter: what stands before it in a path, then those that are called as it is."""
        before = [operation.path.partition(f"{{{parameter.name}}}")[0].rstrip("/")] if parameter.location == "path" else []
        every = sorted((one.path.rstrip("/") for one in self.target.operations), key=lambda path: path.count("{"))
        named = [path for path in every if path.rpartition("/")[2].lower() in _plurals(noun_of(operation, parameter))]
        return list(dict.fromkeys(before + named))

    def _sources(self, method: str, collections: list[str]) -> list[Operation]:
        every = [one for one in self.target.operations if one.method == method and not self.rules.reason(one)]
        return [one for path in collections for one in every if one.path.rstrip("/") == path]

    def _answer(self, source: Operation, person: Identity | None, whose: Identity | None = None) -> Exchange | None:
        try:
            answer = self.send(source, person, owner=whose)
        except QaError:
            return None
        return answer if answer.ok else None


def noun_of(operation: Operation, parameter: Parameter) -> str:
    """What a parameter names one of, by its own name or, in a path, by what stands before it."""
    if not parameter.noun and parameter.location == "body" and parameter.name.rpartition(".")[2].lower() in ("id", "ids"):
        parts = [part.lower() for part in operation.route.split("/") if part and not part.startswith("{")]
        return next((part.removesuffix("s") for part in reversed(parts) if part.endswith("s")), "")
    if parameter.noun or parameter.location != "path":
        return parameter.noun
    before = operation.path.partition(f"{{{parameter.name}}}")[0].rstrip("/").rpartition("/")[2].lower()
    return before.removesuffix("s") if not before.startswith("{") else ""


def _plain(operation: Operation, parameter: Parameter) -> str:
    """A parameter's name, alike for ``id`` below contacts, ``contact_id`` and ``contactId``: they name the same object."""
    plain = re.sub(r"[-_]", "", parameter.name).lower()
    return f"{noun_of(operation, parameter)}{plain}" if plain in ("id", "uuid", "key") else plain


def _own_identifier(body: Any, noun: str) -> Any:
    """The identifier that a text about oneself tells: ``user_id``, or the ``id`` of what it is about."""
    if not isinstance(body, dict):
        return None
    flat = {re.sub(r"[-_]", "", str(key)).lower(): value for key, value in body.items()}
    for key in (f"{noun}id", f"{noun}uuid", "id", "uuid", "sub", "username"):
        if isinstance(flat.get(key), str | int) and not isinstance(flat.get(key), bool):
            return flat[key]
    inner = (body.get(key) for key in (noun, "user", "account", "profile", "data", "me"))
    return next((found for one in inner if (found := _own_identifier(one, noun)) is not None), None)


def _plurals(noun: str) -> set[str]:
    return {noun, f"{noun}s", f"{noun}es", f"{noun.removesuffix('y')}ies"} if noun else set()


def scalars(body: Any) -> Iterator[Any]:
    """All values in a body that are neither objects nor lists."""
    if isinstance(body, dict | list):
        for value in body.values() if isinstance(body, dict) else body:
            yield from scalars(value)
    else:
        yield body


def item_of(body: Any, identifier: Any) -> dict[str, Any] | None:
    """The object with an identifier in a body, the innermost one; None where there is none."""
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    for value in inner:
        if isinstance(value, dict | list) and (found := item_of(value, identifier)) is not None:
            return found
    if not isinstance(body, dict):
        return None
    named = (value for key, value in body.items() if not str(identifier).isdigit() or NAMING.search(str(key)))
    return body if any(str(value) == str(identifier) for value in named if not isinstance(value, bool)) else None


def _identifiers(body: Any, name: str) -> Iterator[Any]:
    """The identifiers of the items of all lists in a body."""
    if isinstance(body, list):
        found = (item if isinstance(item, str | int) else identifier_in(item, name) for item in body)
        yield from (one for one in found if one is not None)
    elif isinstance(body, dict):
        for value in body.values():
            yield from _identifiers(value, name)


def identifiers_of(body: Any) -> set[str]:
    """The identifiers of the items of all lists in a body, as texts."""
    return {str(one) for one in _identifiers(body, "id")}


def identifier_in(body: Any, name: str) -> Any:
    """The identifier in an answer: the property of this name, ``id``, or one that ends so; of a list, the first item's."""
    if isinstance(body, list):
        return identifier_in(body[0], name) if body else None
    if not isinstance(body, dict):
        return None
    last = name.rpartition("_")[2]
    for wanted in dict.fromkeys((name, "id", last, "uuid", "key")):
        if isinstance(body.get(wanted), str | int) and not isinstance(body.get(wanted), bool):
            return body[wanted]
    for value in body.values():
        if isinstance(value, dict | list) and (found := identifier_in(value, name)) is not None:
            return found
    return next((value for key, value in body.items() if key.endswith("_id") and isinstance(value, str | int)), None)


def like(identifier: Any) -> Any:
    """An identifier of the same form that there is not."""
    if isinstance(identifier, int) or str(identifier).isdigit():
        return 987_654_321
    turned = {"0": "7", "1": "8", "a": "f", "b": "e", "c": "d", "2": "9", "d": "a", "e": "b", "f": "c"}
    return "".join(turned.get(char, char) for char in str(identifier))
