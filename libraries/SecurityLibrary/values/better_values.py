"""Better values for an operation that refuses those of its description: from answers, lists, other files and usual ones."""

from __future__ import annotations

import itertools
import re
import threading
from contextlib import suppress
from functools import partial
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.description.operations import InsertableParameter
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.objects.identifiers import identifier_in, unknown_identifier
from SecurityLibrary.sending.pacing import INVALID
from SecurityLibrary.sending.request_building import is_file, is_given
from SecurityLibrary.sending.sender import NOT_READY
from SecurityLibrary.values import column_names, earlier_steps, known_values, listed_codes, other_names, recipients, refusal_hints
from SecurityLibrary.values.sample_files import alternatives
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.identities.made_identity import MadeIdentity
    from SecurityLibrary.sending.sender import Sender
    from SecurityLibrary.target import Target
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

    Control = Callable[[ScanOperation, Identity | None], tuple[Exchange, ...]]

NOT_FOUND, UNSUPPORTED = 404, 415
MOST_NAMES = 8  # properties of an object that are tried as its identifier
MOST_LISTED = 4  # objects from either end of a list
CREDENTIAL = re.compile(r"(?i)pass|pwd|secret|token|user_?name|login|e?-?mail|^name$")
MOST_REFUSALS = 6  # in a row, each of which is read for better values


class BetterValues:
    """Looks for values that an operation takes; each way once for an operation, since it costs requests."""

    def __init__(self, sender: Sender, target: Target, control: Control) -> None:
        self.sender, self.target, self._control = sender, target, control
        self._guesses: set[str] = set()  # places for which usual values were tried
        self._helped: set[str] = set()  # operations that took usual values
        self._after_others: set[str] = set()  # operations for which those beside them were asked for values, by identity
        self._called: set[str] = set()  # operations that were tried with other properties of objects, by identity
        self._stepped: set[str] = set()  # operations before which others were tried, by identity
        sender.objects.step_values = earlier_steps.given
        self._read: set[str] = set()  # operations whose refusals were read, by identity
        self._listed: set[str] = set()  # operations whose body was tried with identifiers of lists, by identity
        self._files_tried: set[str] = set()  # operations whose example of a file was refused
        self._somebody_tried: set[str] = set()  # operations that were tried with the name of an account, by identity
        self._looking = threading.local()  # by which thread
        self.somebody: Callable[[], MadeIdentity | None] = lambda: None  # an account of the scan's own

    def found(
        self, operation: ScanOperation, identity: Identity | None, parameter: InsertableParameter | None, refused: Exchange
    ) -> bool:
        """Whether another value may be taken than the one that was refused: a new name, one that answers name, or a usual one.

        It is kept for the requests that follow.
        """
        if self._fewer_siblings(operation, parameter, refused):
            return True
        if self.sender.builder.needs_new_names(operation, refused):
            return True
        if refused.outcome in (*INVALID, NOT_FOUND) and self._as_refused(operation, identity, refused):
            return True
        ways = (
            ((*INVALID, NOT_FOUND), self._named_by_answers),
            (NOT_READY, self._ready_object),
            ((*INVALID, NOT_FOUND), self._named_otherwise),
            ((*INVALID, NOT_FOUND), self._named_by_lists),
            ((*INVALID, NOT_FOUND), self._names_somebody),
            ((*INVALID, UNSUPPORTED), self._another_file),
            (column_names.WRONG, partial(column_names.found, self.sender)),
            (earlier_steps.TOO_EARLY, partial(self.after_steps, refused)),
        )
        if any(refused.status in statuses and found(operation, identity) for statuses, found in ways):
            return True
        place = f"{operation} {parameter}"
        if refused.outcome not in INVALID or str(operation) in self.sender.builder.guessed or place in self._guesses:
            return False
        self._guesses.add(place)
        self.sender.builder.guessed.add(str(operation))
        return True

    def keep_usual(self, operation: ScanOperation) -> None:
        """Keep usual values that have helped a control request."""
        self._helped |= {str(operation)} & self.sender.builder.guessed

    def leave_usual(self, operation: ScanOperation) -> None:
        """Leave usual values aside where they have helped no control request: they would spoil those of other places."""
        if str(operation) not in self._helped:
            self.sender.builder.guessed.discard(str(operation))

    def _fewer_siblings(self, operation: ScanOperation, parameter: InsertableParameter | None, refused: Exchange) -> bool:
        """Whether the object that a property stands in may go out without what of it is optional, which was refused."""
        above = parameter.pointer[:-1] if parameter else ()
        sparse = self.sender.builder.sparse
        if not above or refused.status not in (*INVALID, NOT_FOUND) or (str(operation), above) in sparse:
            return False
        sparse.add((str(operation), above))
        return True

    def _as_refused(self, operation: ScanOperation, identity: Identity | None, refused: Exchange) -> bool:
        """Whether an operation takes, or refuses for less, the values that its refusals lead to; they are kept then."""
        label, builder = f"{operation} {identity.name if identity else ''}", self.sender.builder
        if label in self._read or getattr(self._looking, "on", False):
            return False
        self._read.add(label)
        places = [each for each in operation.parameters if self._may_be_chosen(operation, each)]
        tried: set[tuple[str, str]] = set()
        values: dict[InsertableParameter, Any] = {}
        beside: dict[str, Any] = {}
        answer, named = refused, refusal_hints.names(refused, operation.parameters)
        self._looking.on = True
        try:
            for _ in range(MOST_REFUSALS):
                better, lacking = refusal_hints.values(self.target.document, answer, places, tried)
                lacking = {name: value for name, value in lacking.items() if _may_be_added(operation, name)}
                if not better and not (lacking.keys() - beside.keys()):
                    break
                values |= better
                beside |= lacking
                tried |= {(place.name, str(value)) for place, value in better.items()}
                answer = self.sender.send(operation, identity, values, extra=beside or None)
                if answer.outcome not in (*INVALID, NOT_FOUND):
                    break
        finally:
            self._looking.on = False
        left = refusal_hints.names(answer, operation.parameters)
        further = answer.outcome not in INVALID or left < named or not left & named
        if not further or not (values or beside):
            return False
        whose = identity.name if identity else ""
        builder.found |= {(str(operation), str(place), whose): value for place, value in values.items()}
        builder.lacking.setdefault(str(operation), {}).update(beside)
        return True

    @staticmethod
    def _may_be_chosen(operation: ScanOperation, place: InsertableParameter) -> bool:
        """Whether any value may go to a place: in what changes something no name of an object, which there might be already.

        Nor what an account signs in by, where accounts are changed.
        """
        if operation.safe:
            return True
        changes = operation.method != "POST" or ABOUT_ONESELF.search(operation.path) is not None
        names = place.location == "path" or bool(noun_of(operation, place)) or place == operation.removed
        return not names and not (changes and CREDENTIAL.search(place.name))

    def _named_by_answers(self, operation: ScanOperation, identity: Identity | None) -> bool:
        """Whether a value that answers name is a good one where the example is none; it is kept for the requests that follow.

        What may change something gets only what the identity itself has made by another operation, such as the state of a draft.
        """
        if getattr(self._looking, "on", False):
            return False
        builder, name = self.sender.builder, identity.name if identity else ""
        exemplary = [
            each
            for each in operation.parameters
            if (each.location in ("query", "path") if operation.safe else each.location == "body")
            and each.kind == "string"
            and "enum" not in each.schema
            and (str(operation), str(each), name) not in builder.found
            and not any(each.name in values for values in (self.target.values, identity.values if identity else {}))
        ]
        if not exemplary and operation.safe:
            return False
        self._looking.on = True
        try:
            beside = known_values.sources(operation, self.sender.operations)
            made: list[Exchange] = []
            for source in beside:
                with suppress(NotEvaluatedError):
                    answered = self._control(source, identity)
                    made += answered if source.method == "POST" or operation.safe else ()
            labels = {str(source) for source in beside}
            kept = list(self.sender.answers.exchanges)
            answers = [answer for label, answer in kept if label in labels] if operation.safe else made
            reads = [answer for label, answer in kept if label in labels]
            for parameter in exemplary:
                chosen = operation.safe or not is_given(parameter)
                values = known_values.candidates(parameter, answers) if chosen else []
                values += [] if operation.safe else filter(known_values.is_encoded, known_values.candidates(parameter, reads))
                for value in dict.fromkeys(values):
                    if self.sender.send(operation, identity, {parameter: value}).ok:
                        builder.found[str(operation), str(parameter), name] = value
                        return True
            return not operation.safe and self._handed_out_before(operation, identity, beside)
        finally:
            self._looking.on = False
        return False

    def _handed_out_before(self, operation: ScanOperation, identity: Identity | None, beside: list[ScanOperation]) -> bool:
        """Whether an operation takes what another one beside it has just handed out: it is asked for another one each time."""
        name, builder = identity.name if identity else "", self.sender.builder
        places = {(str(operation), str(each), name): each for each in operation.parameters if each.location == "body"}
        if f"{operation} {name}" in self._after_others:
            return False
        self._after_others.add(f"{operation} {name}")
        for source in beside:
            if source.method != "POST" or self.sender.rules.reason(source):
                continue
            body = self.sender.send(source, identity).body
            keys = [key for key, place in places.items() if any(other_names.called(body, place.name.rpartition(".")[2]))]
            builder.handed_out |= dict.fromkeys(keys, source)
            if keys and self.sender.send(operation, identity).ok:
                return True
            for key in keys:
                del builder.handed_out[key]
        return False

    def _names_somebody(self, operation: ScanOperation, identity: Identity | None) -> bool:
        """Whether an operation takes an account of the scan's own as its recipient, or a code of its sender's own."""
        label = f"{operation} {identity.name if identity else ''}"
        if operation.safe or label in self._somebody_tried or getattr(self._looking, "on", False):
            return False
        self._somebody_tried.add(label)
        self._looking.on = True
        try:
            return recipients.found(self.sender, self.somebody, operation, identity)
        finally:
            self._looking.on = False

    def _named_otherwise(self, operation: ScanOperation, identity: Identity | None) -> bool:
        """Whether what reads one object takes another property of it than the one that is called as its identifier.

        Only what reads is tried: another property may well name something else.
        """
        last, objects = operation.last, self.sender.objects
        described = last is not None and any(
            last.name in known for known in (self.target.values, identity.values if identity else {})
        )
        label = f"{operation} {identity.name if identity else ''}"
        if operation.method != "GET" or last is None or identity is None or described or label in self._called:
            return False
        self._called.add(label)
        for name, value, made in itertools.islice(objects.shown_values(operation, last, identity), MOST_NAMES):
            if (
                self.sender.send(operation, identity, {last: value}).ok
                and not self.sender.send(operation, identity, {last: unknown_identifier(value)}).ok
            ):
                objects.learn_name(operation, last, identity, name)
                objects.made |= {str(value)} if made else set()
                return True
        return False

    def after_steps(self, refused: Exchange, operation: ScanOperation, identity: Identity | None) -> bool:
        """Whether an operation is possible once others were carried out: see :mod:`SecurityLibrary.values.earlier_steps`."""
        label = f"{operation} {identity.name if identity else ''}"
        if label in self._stepped or getattr(self._looking, "on", False):
            return False
        self._stepped.add(label)
        self._looking.on = True
        try:
            return earlier_steps.found(self.sender, operation, identity, refused)
        finally:
            self._looking.on = False

    def _ready_object(self, operation: ScanOperation, identity: Identity | None) -> bool:
        """Whether an object that a list shows is ready, where the one that was just made is not; it is kept then."""
        last, name = operation.last, identity.name if identity else ""
        label = f"{operation} {name}"
        if last is None or operation.method != "GET" or label in self._listed:
            return False
        self._listed.add(label)
        collection = operation.route.partition(f"{{{last.name}}}")[0].rstrip("/")
        for source in self.sender.operations:
            if source.method != "GET" or source.route.rstrip("/") != collection:
                continue
            items = known_values.items_of(self.sender.send(source, identity).body)
            identifiers = [identifier_in(item, last.name) for item in items]
            for identifier in dict.fromkeys((*identifiers[:MOST_LISTED], *reversed(identifiers[-MOST_LISTED:]))):
                if identifier is not None and self.sender.send(operation, identity, {last: identifier}).ok:
                    self.sender.builder.found[str(operation), str(last), name] = identifier
                    return True
        return False

    def _named_by_lists(self, operation: ScanOperation, identity: Identity | None) -> bool:
        """Whether identifiers that lists show are good ones where those of a body are placeholders; they are kept then."""
        if (
            operation.safe
            or f"{operation} {identity.name if identity else ''}" in self._listed
            or getattr(self._looking, "on", False)
        ):
            return False
        self._listed.add(f"{operation} {identity.name if identity else ''}")
        builder, name = self.sender.builder, identity.name if identity else ""
        self._looking.on = True
        try:
            values = {
                parameter: found
                for parameter in operation.parameters
                if parameter.location in ("body", "query")
                if (found := self._listed_value(operation, parameter, identity)) is not None
                if not any(parameter.name in known for known in (self.target.values, identity.values if identity else {}))
            }
            answer = self.sender.send(operation, identity, values) if values else None
        finally:
            self._looking.on = False
        if answer is None or not (answer.ok or answer.outcome in INVALID):  # refused otherwise, its names are good
            return False
        builder.found |= {(str(operation), str(parameter), name): found for parameter, found in values.items()}
        return True

    def _listed_value(self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity | None) -> Any:
        """What lists have for a parameter: the identifier of what it names one of, or its code."""
        if noun_of(operation, parameter):
            return self.sender.objects.identifier(operation, parameter, identity, listed=True)
        return listed_codes.of(self.sender, self.sender.operations, operation, parameter, identity)

    def _another_file(self, operation: ScanOperation, identity: Identity | None) -> bool:
        """Whether a form takes a file of another kind than its example; it is kept for the requests that follow."""
        builder, name = self.sender.builder, identity.name if identity else ""
        for parameter in operation.parameters:
            key = (str(operation), str(parameter), name)
            if not is_file(operation, parameter) or key in builder.found or str(operation) in self._files_tried:
                continue
            self._files_tried.add(str(operation))
            for file in alternatives(operation, parameter):
                if self.sender.send(operation, identity, {parameter: file}).ok:
                    builder.found[key] = file
                    return True
        return False


def _may_be_added(operation: ScanOperation, name: str) -> bool:
    """Whether a property goes beside those of a body because a refusal asks for it: none that names an object."""
    known = {other_names.plain(each.name) for each in operation.parameters}
    body = isinstance(operation.body, dict) and "#" not in operation.path
    return body and other_names.plain(name) not in known and not InsertableParameter(name, "body", tuple(name.split("."))).noun
