"""The objects that an API hands out, by whose identifiers its other operations are called."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary import graphql, known_values, own_identifiers, reference_names, tenants
from SecurityLibrary.ownership import item_naming, opens
from SecurityLibrary.pacing import INVALID
from SecurityLibrary.profiles import Profiles
from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.sending import Send
    from SecurityLibrary.skip_rules import SkipRules
    from SecurityLibrary.target import Target
    from theodore_qa.systems.authentication import Authenticator
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

USER_NOUNS = (
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
MOST_TEXTS = 3
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MAIL_IN_PAGE = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
LIMITED = {"enum", "format", "pattern", "const"}
NAMING = re.compile(r"(?i)id$|number|key|code")


class Objects:
    """Identifiers by the operation that makes or lists them, and by identity."""

    def __init__(self, target: Target, authenticator: Authenticator, rules: SkipRules, send: Send) -> None:
        self.target, self.authenticator, self.rules, self.send = target, authenticator, rules, send
        self._known: dict[tuple[str, str], Any] = {}
        self._busy = threading.local()
        self.made: set[str] = set()  # by us, in this scan
        self.existed: Callable[[ScanOperation, Any], bool] = lambda _operation, _identifier: False  # before the scan
        self.give_new_names: Callable[[ScanOperation], bool] = lambda _operation: False  # whether that is something new
        self.prepare: Callable[[ScanOperation, Identity | None], bool] = lambda *_: False  # whether good values were found for it
        self._prepared: set[str] = set()  # operations for which that was tried
        self._profiles = Profiles(target, authenticator, rules, self._answer)

    def identifier(
        self,
        operation: ScanOperation,
        parameter: InsertableParameter,
        identity: Identity | None,
        *,
        fresh: bool = False,
        listed: bool = False,
    ) -> Any:
        """The identifier of an object of this identity for a parameter; None where the API hands out none.

        A ``fresh`` one has just been made for this, a ``listed`` one was there before.
        """
        collections = self._collections(operation, parameter)
        changed = graphql.changes(operation)  # what was there before is not changed by a request that is none of the attacks
        key = self._key(operation, parameter, identity, listed=listed)
        asking = self._busy.__dict__.setdefault("asking", set())
        if key in asking:
            return None
        new = fresh or (not listed and (operation.method == "DELETE" or parameter == operation.removed))
        if new or key not in self._known:
            asking.add(key)
            try:
                noun = noun_of(operation, parameter)
                mine = None if new else identity
                found = None
                if noun in USER_NOUNS and not listed:
                    found = self._about(mine, noun, own_identifiers.of_account)
                if found is None and not listed:
                    found = self._ask(collections, parameter, identity, ("POST", "PUT"))
                if found is None and noun not in USER_NOUNS and not changed:
                    found = self._about(mine, noun, own_identifiers.named)
                if found is None and mine and not listed and parameter.location == "path":
                    pages = [text for text in self.about(mine) if isinstance(text, str)]
                    found = own_identifiers.linked(pages, operation.route, parameter.name)
                if found is None and not new and not changed:
                    found = self._ask(collections, parameter, identity, ("GET",))
            finally:
                asking.discard(key)
            if new:
                return found
            self._known[key] = found
        return self._known[key]

    def _key(
        self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity | None, *, listed: bool = False
    ) -> tuple[str, str]:
        """Under which an identifier is kept."""
        plain = re.sub(r"[-_]", "", parameter.name).lower()  # ``id`` below contacts and ``contactId`` name the same
        plain = f"{noun_of(operation, parameter)}{plain}" if plain in ("id", "uuid", "key") else plain
        kept = [*self._collections(operation, parameter), plain, "listed" * listed, "changed" * graphql.changes(operation)]
        return " ".join(kept), identity.name if identity else ""

    def renewed(self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity) -> bool:
        """Whether another object was made in place of one of the scan's own that is gone, or has become somebody else's."""
        key = self._key(operation, parameter, identity)
        if str(self._known.get(key)) not in self.made:
            return False
        found = self.identifier(operation, parameter, identity, fresh=True)
        if found is None or found == self._known[key]:
            return False
        self._known[key] = found
        return True

    def _about(self, identity: Identity | None, noun: str, find: Callable[[Any, str], Any]) -> Any:
        """What the API reports to an identity about itself, as far as it is the identifier of what a noun names."""
        about = self.about(identity) if identity and noun else ()
        return next((found for body in about if (found := find(body, noun)) is not None), None)

    def about(self, identity: Identity) -> list[Any]:
        """What the API reports to an identity about itself: see :mod:`SecurityLibrary.profiles`."""
        return self._profiles.of(identity)

    def tenant_of(self, identity: Identity, parameter: InsertableParameter) -> Any:
        """An identity's own tenant for a parameter that names one: from the API, or from the description; else None."""
        return tenants.own(identity, parameter, self.about(identity)) if tenants.noun(parameter) else None

    def marked(
        self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity, mark: str
    ) -> tuple[Any, ScanOperation] | None:
        """An object of an identity with a canary text in it, and the operation that made it; None where nothing makes one.

        It is not meant for everybody, where that can be said of it.
        """
        for source in self._sources("POST", self._collections(operation, parameter)):
            free = [
                parameter
                for parameter in source.parameters
                if parameter.location == "body" and parameter.kind == "string" and not noun_of(source, parameter)
                if not LIMITED & parameter.schema.keys() and parameter.schema.get("maxLength", 99) >= len(mark)
            ]
            flags = [parameter for parameter in source.parameters if parameter.kind == "boolean" and parameter.pointer]
            closed = {flag: False for flag in flags if opens(flag.pointer[-1])}
            for text in free[:MOST_TEXTS]:  # some take known names only
                try:
                    answer = self.send(source, identity, {text: mark, **closed})
                except QaError:
                    break
                found = identifier_in(answer.body, parameter.name) if answer.ok else None
                if found is not None:
                    return found, source
        return None

    def address_of(self, identity: Identity) -> str:
        """An identity's own e-mail address: its user name, or what the API reports about it; empty if neither is one."""
        texts = [value for body in self.about(identity) for value in scalars(body) if isinstance(value, str)]
        in_pages = (match[0] for text in texts if "<" in text for match in MAIL_IN_PAGE.finditer(text))
        return next((text for text in (identity.username, *texts, *in_pages) if MAIL.fullmatch(text)), "")

    def belongs_to_both(
        self, operation: ScanOperation, parameter: InsertableParameter, identities: tuple[Identity, Identity], identifier: Any
    ) -> bool:
        """Whether an object belongs to the other user as well, like a product in a catalogue."""
        other_user = identities[1]
        if parameter.name in other_user.values:
            return bool(other_user.values[parameter.name] == identifier)
        if self.target.values.get(parameter.name) == identifier or self.shared(operation, parameter, identities, identifier):
            return True
        return str(identifier) in self.made and bool(self.identifier(operation, parameter, other_user) == identifier)

    def shared(
        self, operation: ScanOperation, parameter: InsertableParameter, identities: tuple[Identity, Identity], identifier: Any
    ) -> bool:
        """Whether an owner's object is shared with the other user: a list shows it to them, or both the same objects."""
        owner, other_user = identities
        lists = self._lists(operation, parameter, other_user, owner)
        if any(str(value) == str(identifier) for body in lists for value in scalars(body)):
            return True
        theirs = {str(identifier) for body in lists for identifier in _identifiers(body, parameter.name)}
        own = {
            str(identifier)
            for body in self._lists(operation, parameter, owner)
            for identifier in _identifiers(body, parameter.name)
        }
        return bool(own) and own == theirs

    def listed(
        self, operation: ScanOperation, parameter: InsertableParameter, identities: tuple[Identity, Identity], identifier: Any
    ) -> Any:
        """An owner's object as a list shows it to another user; None where none does."""
        owner, other_user = identities
        items = (item_of(body, identifier) for body in self._lists(operation, parameter, other_user, owner))
        return next((item for item in items if item is not None), None)

    def _lists(
        self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity, owner: Identity | None = None
    ) -> list[Any]:
        """What all lists say in which objects for a parameter stand, with and without their filters; an owner's lists too."""
        bodies, collections = [], self._collections(operation, parameter)
        collection = collections[0] if collections else ""
        for source in self._sources("GET", collections, identity):
            unfiltered = replace(
                source, parameters=tuple(parameter for parameter in source.parameters if parameter.location != "query")
            )
            # who names another's tenant in a path has nothing shared with them by that
            below = any(each.location == "path" and not tenants.noun(each) for each in source.parameters)
            for whose in (identity, owner) if owner and below else (identity,):
                answers = [self._answer(operation, identity, whose) for operation in dict.fromkeys((source, unfiltered))]
                bodies += [known_values.content(answer, collection) for answer in answers if answer is not None]
        return bodies

    def _ask(
        self, collections: list[str], parameter: InsertableParameter, identity: Identity | None, methods: tuple[str, ...]
    ) -> Any:
        for method in methods if self.rules.allow_changes else [method for method in methods if method == "GET"]:
            for source in self._sources(method, collections, identity):
                answer = self._answer(source, identity, redirected=method != "GET")
                own = item_naming(answer.body, identity) if answer is not None and identity and method == "GET" else None
                if own is None and answer is not None and parameter.location == "body":
                    own = known_values.cheapest(answer.body)  # what is bought to have an order leaves something for the next
                found = None if answer is None else _identifier(answer, own, collections[0], parameter)
                if found is not None:
                    if method != "GET" and self.existed(source, found):
                        continue  # it handed out what was there already
                    if method != "GET":
                        found = self._anew(source, parameter, identity, found)
                    return found
        return None

    def _anew(self, source: ScanOperation, parameter: InsertableParameter, identity: Identity | None, found: Any) -> Any:
        """What was just made; where it is what the same names had made before, another object with new ones."""
        if str(found) in self.made and self.give_new_names(source):
            answer = self._answer(source, identity, redirected=True)
            other = _identifier(answer, None, source.path, parameter) if answer is not None else None
            found = found if other is None else other
        self.made.add(str(found))
        return found

    def _collections(self, operation: ScanOperation, parameter: InsertableParameter) -> list[str]:
        """The paths that may hand out a parameter: what stands before it in a path, then those that are called as it is."""
        before = [operation.path.partition(f"{{{parameter.name}}}")[0].rstrip("/")] if parameter.location == "path" else []
        every = sorted((operation.path.rstrip("/") for operation in self.target.operations), key=lambda path: path.count("{"))
        plurals = graphql.last_parts(every, reference_names.plurals(noun_of(operation, parameter)))
        named = [path for path in every if path.rpartition("/")[2].lower() in plurals]
        return list(dict.fromkeys(before + named + [path for path in every if before and _beside(path, before[0])]))

    def _sources(self, method: str, collections: list[str], identity: Identity | None = None) -> list[ScanOperation]:
        """The operations at these paths that list objects (GET) or make them, without those that an identity is not meant to use.

        What those for administrators list to others, they disclose; it belongs to nobody for that.
        """
        administered = any(each.role == "admin" for each in self.target.identities.values())
        ordinary = identity is not None and identity.role != "admin" and administered
        sources = [
            operation
            for operation in self.target.operations
            if method in (operation.method, "GET")
            and graphql.reads(operation) == (method == "GET")
            and not (method == "GET" and operation.method != "GET" and _takes_identifier(operation))
            and not self.rules.reason(operation)
            and not (ordinary and operation.admin)
        ]
        return [source for path in collections for source in sources if source.path.rstrip("/") == path]

    def _answer(
        self, source: ScanOperation, identity: Identity | None, whose: Identity | None = None, *, redirected: bool = False
    ) -> Exchange | None:
        try:
            answer = self.send(source, identity, owner=whose)
            if answer.status in INVALID and not source.safe and str(source) not in self._prepared:
                self._prepared.add(str(source))
                if self.prepare(source, identity):
                    answer = self.send(source, identity, owner=whose)
        except QaError:
            return None
        leads_on = redirected and bool(answer.location) and not answer.asks_to_sign_in
        return answer if answer.ok or leads_on else None


def _identifier(answer: Exchange, own: Any, collection: str, parameter: InsertableParameter) -> Any:
    """The identifier of an object in an answer, of one's ``own`` first; or of the one that its address or a link names."""
    found = identifier_in(own or known_values.content(answer, collection), parameter.name)
    return found if found is not None else known_values.located(answer, collection)


def _beside(path: str, collection: str) -> bool:
    """Whether a path stands beside a collection, as ``/batch/research`` makes what ``/batch/jobs`` holds; roots hold anything."""
    parent = collection.rpartition("/")[0]
    root = re.fullmatch(r"(/api|/rest)?(/v\d+)?", parent) is not None
    return not root and path != collection and "{" not in path and path.rpartition("/")[0] == parent


def noun_of(operation: ScanOperation, parameter: InsertableParameter) -> str:
    """What a parameter names one of, by its own name or, in a path, by what stands before it."""
    named = parameter.name.rpartition(".")[2].lower() in ("id", "ids")
    if not parameter.noun and not named and (other := reference_names.noun(operation, parameter)):
        return other
    if not parameter.noun and named and parameter.location in ("body", "query"):
        if "#" in operation.path:
            return graphql.noun(operation.path)
        parts = [part.lower() for part in operation.route.split("/") if part and not part.startswith("{")]
        parts = [part for part in parts if not reference_names.COPYING.fullmatch(part)]
        plural = (part.removesuffix("s") for part in reversed(parts) if part.endswith("s"))
        return next(plural, parts[0] if parts and parameter.location == "query" else "")
    if parameter.noun or parameter.location != "path":
        return parameter.noun
    before = operation.path.partition(f"{{{parameter.name}}}")[0].rstrip("/").rpartition("/")[2].lower()
    return before.removesuffix("s") if not before.startswith("{") else ""


def _takes_identifier(operation: ScanOperation) -> bool:
    """Whether a query is about one object, which it has to be given."""
    return any(noun_of(operation, parameter) for parameter in operation.parameters)


def scalars(body: Any) -> Iterator[Any]:
    """All values in a body that are neither objects nor lists."""
    if isinstance(body, dict | list):
        for value in body.values() if isinstance(body, dict) else body:
            yield from scalars(value)
    else:
        yield body


def item_of(body: Any, identifier: Any) -> dict[str, Any] | None:
    """The object with an identifier in a body, the innermost one; None where there is none."""
    body = graphql.result_of(body)
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
        yield from (identifier for identifier in found if identifier is not None)
    elif isinstance(body, dict):
        for value in body.values():
            yield from _identifiers(value, name)


def identifiers_of(body: Any) -> set[str]:
    """The identifiers of the items of all lists in a body, as texts."""
    return {str(identifier) for identifier in _identifiers(graphql.result_of(body), "id")}


def identifier_in(body: Any, name: str) -> Any:
    """The identifier in an answer: the property of this name, ``id``, or one that ends so; of a list, the first item's."""
    if isinstance(body := graphql.result_of(body), list):
        return identifier_in(body[0], name) if body else None
    if not isinstance(body, dict):
        return None
    last = name.rpartition("_")[2]
    for key in dict.fromkeys((name, "id", last, "uuid", "key")):
        if isinstance(body.get(key), str | int) and not isinstance(body.get(key), bool):
            return body[key]
    for value in body.values():
        if isinstance(value, dict | list) and (found := identifier_in(value, name)) is not None:
            return found
    return next((value for key, value in body.items() if key.endswith("_id") and isinstance(value, str | int)), None)


def unknown_identifier(identifier: Any) -> Any:
    """An identifier of the same form that there is not."""
    if isinstance(identifier, int) or str(identifier).isdigit():
        return 987_654_321
    turned = {"0": "7", "1": "8", "a": "f", "b": "e", "c": "d", "2": "9", "d": "a", "e": "b", "f": "c"}
    unknown = "".join(turned.get(char, char) for char in str(identifier))
    return unknown if unknown != str(identifier) else f"qa{unknown}"
