"""The objects that an API hands out, by whose identifiers its other operations are called."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager, suppress
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.description.nouns import noun_of, USER_NOUNS
from SecurityLibrary.identities import tenants
from SecurityLibrary.identities.profiles import Profiles
from SecurityLibrary.objects.by_products import ByProducts
from SecurityLibrary.objects.global_identifiers import GlobalIdentifiers
from SecurityLibrary.objects.identifiers import identifier_in, identifiers_in, item_of, scalars
from SecurityLibrary.objects.nested_lists import NestedLists
from SecurityLibrary.objects.ownership import item_naming, opens
from SecurityLibrary.objects.producers import Producers
from SecurityLibrary.objects.sharing import Sharing
from SecurityLibrary.objects.sources import Sources
from SecurityLibrary.sending.pacing import INVALID
from SecurityLibrary.values import known_values, other_names, own_identifiers
from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.sending.protocol import Send
    from SecurityLibrary.sending.skip_rules import SkipRules
    from SecurityLibrary.target import Target
    from theodore_qa.systems.authentication import Authenticator
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

MOST_TEXTS = 3
MOST_COLLECTIONS, MOST_SOURCES = 2, 3
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MAIL_IN_PAGE = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
LIMITED = {"enum", "format", "pattern", "const"}


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
        self.called: dict[str, str] = {}  # properties by which objects are named otherwise than parameters, by collection
        self.first: dict[str, tuple[ScanOperation, ...]] = {}  # what is done before an operation is possible
        self.step_values: Callable[[ScanOperation, ScanOperation, Any], dict[InsertableParameter, Any]] = lambda *_: {}
        self._prepared: set[str] = set()  # operations for which that was tried
        self._profiles = Profiles(target, authenticator, rules, self._answer)
        self._producers = Producers(target, authenticator, rules, self._answer)
        self._nested = NestedLists(target, rules, self._answer)
        self._sources = Sources(target, rules)
        self._global = GlobalIdentifiers(target, rules, self._answer)
        self.sharing = Sharing(self._sources, (self._nested, self._global), self._answer)
        self._by_products = ByProducts(target, authenticator, rules, self._items, self._answer)

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
        key = self._key(operation, parameter, identity, listed=listed)
        asking = self._busy.__dict__.setdefault("asking", set())
        if key in asking:
            return None
        new = fresh or (not listed and (operation.method == "DELETE" or parameter == operation.removed))
        if new or key not in self._known:
            asking.add(key)
            try:
                found = self._found(operation, parameter, identity, new=new, listed=listed)
                if found is not None and str(found) in self.made and not listed:
                    self.carry_out(operation, found, identity)
            finally:
                asking.discard(key)
            if new or (found is None and self._producers.busy):
                return found
            self._known[key] = found
        return self._known[key]

    def _found(
        self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity | None, *, new: bool, listed: bool
    ) -> Any:
        """An identifier as the API hands it out: in what is one's own, by what makes objects, or by what lists them."""
        collections, noun = self._sources.collections(operation, parameter), noun_of(operation, parameter)
        changed = graphql.changes(operation)  # what was there before is not changed by a request that is none of the attacks
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
        if found is None and not listed and identity and parameter.location == "path" and noun not in USER_NOUNS:
            lists = self._sources.operations("GET", collections[:1], identity)
            found = self._by_products.made(lists, parameter.name, identity, fresh=new)
            self.made |= set() if found is None else {found}
        if found is None and not new and not changed:
            found = self._ask(collections, parameter, identity, ("GET",))
        if found is None and not new and not changed and identity is not None:
            found = next(iter(self._nested.identifiers(noun, identity)), None)
        if found is None and not listed and identity is not None:
            found = self._producers.handed_out(operation, other_names.of_reference(parameter, noun), identity)
            self.made |= {str(found)} if found is not None else set()
        return found

    def _key(
        self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity | None, *, listed: bool = False
    ) -> tuple[str, str]:
        """Under which an identifier is kept."""
        plain = re.sub(r"[-_]", "", parameter.name).lower()  # ``id`` below contacts and ``contactId`` name the same
        plain = f"{noun_of(operation, parameter)}{plain}" if plain in ("id", "uuid", "key") else plain
        kept = [*self._sources.collections(operation, parameter), plain]
        kept += ["listed" * listed, "changed" * graphql.changes(operation)]
        kept += [str(operation)] if self.steps_before(operation) else []  # its objects are ready for it
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

    def steps_before(self, operation: ScanOperation) -> tuple[ScanOperation, ...]:
        """What is done before an operation: as it was found out, or as this thread just tries."""
        tried: dict[str, tuple[ScanOperation, ...]] = getattr(self._busy, "trial", {})
        return tried.get(str(operation)) or self.first.get(str(operation), ())

    @contextmanager
    def trying(self, operation: ScanOperation, way: tuple[ScanOperation, ...]) -> Iterator[None]:
        """This thread does some steps before an operation meanwhile."""
        self._busy.trial = {str(operation): way}
        try:
            yield
        finally:
            self._busy.trial = {}

    def carry_out(self, operation: ScanOperation, identifier: Any, identity: Identity | None) -> None:
        """Do what has to be done before an operation is possible, to its object where it names one."""
        administrator = self.target.administrator or identity
        for step in self.steps_before(operation):
            with suppress(QaError):
                self.send(step, administrator if step.admin else identity, self.step_values(step, operation, identifier))

    def _about(self, identity: Identity | None, noun: str, find: Callable[[Any, str], Any]) -> Any:
        """What the API reports to an identity about itself, as far as it is the identifier of what a noun names."""
        about = self.about(identity) if identity and noun else ()
        return next((found for body in about if (found := find(body, noun)) is not None), None)

    def about(self, identity: Identity) -> list[Any]:
        """What the API reports to an identity about itself: see :mod:`SecurityLibrary.identities.profiles`."""
        return self._profiles.of(identity)

    def tenant_of(self, identity: Identity, parameter: InsertableParameter) -> Any:
        """An identity's own tenant for a parameter that names one: from the API, or from the description; else None.

        It names one by what it is called, or by an example that is the tenant of an identity, such as ``?yard=north``.
        """
        if tenants.noun(parameter):
            return tenants.own(identity, parameter, self.about(identity))
        known = {each.tenant for each in self.target.identities.values()} - {"default"}
        example = parameter.schema.get("example")
        return identity.tenant if isinstance(example, str) and example in known and identity.tenant in known else None

    def of_any_kind(self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity) -> list[Any]:
        """Identifiers of an identity's own objects for a query that takes those of any kind, such as ``node``; else empty."""
        return self._global.of(noun_of(operation, parameter), identity) if "#" in operation.path else []

    def marked(
        self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity, mark: str
    ) -> tuple[Any, ScanOperation] | None:
        """An object of an identity with a canary text in it, and the operation that made it; None where nothing makes one.

        It is not meant for everybody, where that can be said of it.
        """
        for source in self._sources.operations("POST", self._sources.collections(operation, parameter)):
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
        if self.target.values.get(parameter.name) == identifier:
            return True
        if self.sharing.shared(operation, parameter, identities, identifier):
            return True
        return str(identifier) in self.made and bool(self.identifier(operation, parameter, other_user) == identifier)

    def _ask(
        self, collections: list[str], parameter: InsertableParameter, identity: Identity | None, methods: tuple[str, ...]
    ) -> Any:
        for method in methods if self.rules.allow_changes else [method for method in methods if method == "GET"]:
            for source in self._sources.operations(method, collections, identity):
                answer = self._answer(source, identity, redirected=method != "GET")
                own = item_naming(answer.body, identity) if answer is not None and identity and method == "GET" else None
                if own is None and answer is not None and parameter.location == "body":
                    own = known_values.cheapest(answer.body)  # what is bought to have an order leaves something for the next
                found = None if answer is None else self._identifier(answer, own, collections, parameter)
                if found is not None:
                    if method != "GET" and self.existed(source, found):
                        continue  # it handed out what was there already
                    if method != "GET":
                        found = self._anew(source, parameter, identity, found)
                    return found
        return None

    def _identifier(self, answer: Exchange, own: Any, collections: list[str], parameter: InsertableParameter) -> Any:
        """The identifier of an object in an answer, of one's ``own`` first; or of the one that its address or a link names."""
        body = own or known_values.content(answer, collections[0])
        named = self.called.get(collections[0])
        found = next(other_names.called(graphql.result_of(body), named), None) if named else identifier_in(body, parameter.name)
        return found if found is not None else known_values.located(answer, collections[0])

    def shown_values(
        self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity
    ) -> Iterator[tuple[str, Any, bool]]:
        """What may name an object of an identity, by property, and whether it was made for it; each property comes once.

        Those that are called as names are first.
        """
        collections, seen = self._sources.collections(operation, parameter), set()
        for method in ("POST", "GET") if self.rules.allow_changes else ("GET",):
            for source in self._sources.operations(method, collections[:MOST_COLLECTIONS], identity)[:MOST_SOURCES]:
                answer = self._answer(source, identity)
                for name, value in other_names.values(graphql.result_of(answer.body)) if answer is not None else ():
                    if name not in seen:
                        seen.add(name)
                        yield name, value, method == "POST"

    def learn_name(self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity, name: str) -> None:
        """Name the objects of a collection by a property from now on."""
        for collection in self._sources.collections(operation, parameter)[:1]:
            self.called[collection] = name
        self._known.pop(self._key(operation, parameter, identity), None)

    def _items(self, listing: ScanOperation, name: str, identity: Identity) -> dict[str, Any]:
        """The objects of a list by their identifiers."""
        answer = self._answer(listing, identity)
        body = known_values.content(answer, listing.path) if answer else None
        return {str(identifier): item_of(body, identifier) for identifier in identifiers_in(body, name)}

    def _anew(self, source: ScanOperation, parameter: InsertableParameter, identity: Identity | None, found: Any) -> Any:
        """What was just made; where it is what the same names had made before, another object with new ones."""
        if str(found) in self.made and self.give_new_names(source):
            answer = self._answer(source, identity, redirected=True)
            other = self._identifier(answer, None, [source.path], parameter) if answer is not None else None
            found = found if other is None else other
        self.made.add(str(found))
        return found

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
