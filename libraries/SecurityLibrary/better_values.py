"""Better values for an operation that refuses those of its description: from answers, lists, other files and usual ones."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from typing import Any, TYPE_CHECKING

from SecurityLibrary import column_names, known_values, listed_codes, recipients
from SecurityLibrary.objects import identifier_in, noun_of
from SecurityLibrary.pacing import INVALID
from SecurityLibrary.request_building import is_file, is_given
from SecurityLibrary.sample_files import alternatives
from SecurityLibrary.sender import NOT_READY
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from SecurityLibrary.made_identity import MadeIdentity
    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.sender import Sender
    from SecurityLibrary.target import Target
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

    Control = Callable[[ScanOperation, Identity | None], tuple[Exchange, ...]]

NOT_FOUND, UNSUPPORTED = 404, 415
MOST_LISTED = 4  # objects from either end of a list


class BetterValues:
    """Looks for values that an operation takes; each way once for an operation, since it costs requests."""

    def __init__(self, sender: Sender, target: Target, control: Control) -> None:
        self.sender, self.target, self._control = sender, target, control
        self._guesses: set[str] = set()  # places for which usual values were tried
        self._helped: set[str] = set()  # operations that took usual values
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
        ways = (
            ((*INVALID, NOT_FOUND), self._named_by_answers),
            (NOT_READY, self._ready_object),
            ((*INVALID, NOT_FOUND), self._named_by_lists),
            ((*INVALID, NOT_FOUND), self._names_somebody),
            ((*INVALID, UNSUPPORTED), self._another_file),
            (column_names.WRONG, partial(column_names.found, self.sender)),
        )
        if any(refused.status in statuses and found(operation, identity) for statuses, found in ways):
            return True
        place = f"{operation} {parameter}"
        if refused.status not in INVALID or str(operation) in self.sender.builder.guessed or place in self._guesses:
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
            if (each.location in ("query", "path") if operation.safe else each.location == "body" and not is_given(each))
            and each.kind == "string"
            and "enum" not in each.schema
            and (str(operation), str(each), name) not in builder.found
            and not any(each.name in values for values in (self.target.values, identity.values if identity else {}))
        ]
        if not exemplary:
            return False
        self._looking.on = True
        try:
            beside = known_values.sources(operation, self.sender.operations)
            made: list[Exchange] = []
            for source in beside:
                with suppress(NotEvaluatedError):
                    made += self._control(source, identity) if source.method == "POST" or operation.safe else ()
            labels = {str(source) for source in beside}
            answers = [answer for label, answer in list(self.sender.exchanges) if label in labels] if operation.safe else made
            for parameter in exemplary:
                for value in known_values.candidates(parameter, answers):
                    if self.sender.send(operation, identity, {parameter: value}).ok:
                        builder.found[str(operation), str(parameter), name] = value
                        return True
        finally:
            self._looking.on = False
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
        if answer is None or not (answer.ok or answer.status in INVALID):  # what is refused for another reason has good names now
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
