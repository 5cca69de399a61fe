"""What a scan applies to: which operations work, who sends them, and which insertion points they have."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from statistics import median
from typing import Any, TYPE_CHECKING

from SecurityLibrary import column_names, known_values, listed_codes
from SecurityLibrary.insertion_points import InsertionPoint
from SecurityLibrary.objects import identifier_in, noun_of
from SecurityLibrary.pacing import BudgetError, INVALID, TOO_MANY
from SecurityLibrary.registrations import names_of_accounts
from SecurityLibrary.request_building import is_file, is_given
from SecurityLibrary.sample_files import alternatives
from SecurityLibrary.sender import NOT_READY, UnresponsiveError
from SecurityLibrary.stand_ins import StandIns
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from SecurityLibrary.coverage import ScanCoverage
    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.randomness import ScanRandom
    from SecurityLibrary.sender import Sender
    from SecurityLibrary.skip_rules import SkipRules
    from SecurityLibrary.target import Target
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

UNAUTHORISED, FORBIDDEN, NOT_FOUND, UNSUPPORTED = 401, 403, 404, 415
ANONYMOUS = "anonymous"
NOT_UNDERSTOOD = "the description is not understood"
UNSTEADY = 3  # times the usual difference
MOST_LISTED = 4  # objects from either end of a list
UNANSWERED = "the control request was answered"


class Plan:
    """Finds out once, by control requests, what can be attacked; what cannot goes into the coverage with its reason."""

    def __init__(
        self,
        target: Target,
        sender: Sender,
        rules: SkipRules,
        coverage: ScanCoverage,
        random: ScanRandom,
        identity: str | None = None,
    ) -> None:
        self.target, self.sender, self.rules, self.coverage, self.random = target, sender, rules, coverage, random
        self.identity = identity
        # By operation, identity and parameter: the control requests that succeeded, or why there are none.
        self._controls: dict[tuple[ScanOperation, str, str], tuple[Exchange, ...] | str] = {}
        self._points: list[InsertionPoint] | None = None
        self._guesses: set[str] = set()  # places for which usual values were tried
        self._helped: set[str] = set()  # operations that took usual values
        self._unusable: list[tuple[InsertionPoint, str]] = []  # without a control request that succeeded, with the reasons
        self._strict: dict[str, str] = {}  # why an insertion point refuses every free text, by location
        self._listed: set[str] = set()  # operations whose body was tried with identifiers of lists, by identity
        self._files_tried: set[str] = set()  # operations whose example of a file was refused
        self.stand_ins = StandIns(target.identities.values(), self.control)
        self._lock = threading.RLock()
        self._looking = threading.local()  # for good values, by which thread
        self.each: Callable[..., list[Any]] = lambda look, items: list(map(look, items))  # the scan's own where answers take long
        sender.objects.prepare = self._takes_good_values

    def identity_for(self, operation: ScanOperation | None = None) -> Identity | None:
        """Who sends an operation: an administrator where it needs one, a stand-in where the usual identity may not.

        Nobody where there is no identity.
        """
        identities = list(self.target.identities.values())
        if operation is not None and operation.admin:
            administrator = next((identity for identity in identities if identity.role == "admin"), None)
            return administrator or (identities[0] if identities else None)
        if self.identity:
            return self.target.identities[self.identity]
        ordinary = (identity for identity in identities if identity.role != "admin")
        return self.stand_ins.of(operation) or next(ordinary, identities[0] if identities else None)

    def served_identity(self, operation: ScanOperation) -> Identity | None:
        """Who sends an operation, once it was found out whether the usual identity may: see :mod:`SecurityLibrary.stand_ins`."""
        usual = self.identity_for(operation)
        return self.stand_ins.served(operation, usual) if usual and not self.identity else usual

    @property
    def operations(self) -> list[ScanOperation]:
        """The operations that may be sent: all but those that the description skips."""
        return self.sender.operations

    def skip_reason(self, operation: ScanOperation) -> str:
        """Why an operation is not sent in good form; empty if it is."""
        return self.rules.reason(operation)

    # Controls

    def control(
        self, operation: ScanOperation, identity: Identity | None, parameter: InsertableParameter | None = None
    ) -> tuple[Exchange, ...]:
        """Two identical, harmless requests that succeeded; why they did not is an error.

        Raises:
            NotEvaluatedError: The operation is skipped, or a control request failed.
        """
        key = (operation, identity.name if identity else ANONYMOUS, str(parameter or ""))
        with self._lock:
            known = self._controls.get(key)
        if known is None:
            known = self._try_control(operation, identity, parameter)
            if not isinstance(known, str) or str(TOO_MANY) not in known:  # there may be room later
                with self._lock:
                    self._controls[key] = known
        if isinstance(known, str):
            raise NotEvaluatedError(known)
        return known

    def _takes_good_values(self, operation: ScanOperation, identity: Identity | None) -> bool:
        """Whether good values are found for an operation that refuses those of its description."""
        with suppress(NotEvaluatedError):
            return bool(self.control(operation, identity))
        return False

    def _try_control(
        self, operation: ScanOperation, identity: Identity | None, parameter: InsertableParameter | None
    ) -> tuple[Exchange, ...] | str:
        signs_out = identity is not None and self.rules.throwaway.ended_by(operation)
        reason = self.skip_reason(operation)
        if signs_out and not reason and identity and not self._watched(identity):
            reason = "it may end the scan's own session, and no other operation would show that"
        if reason:
            return reason
        signs_in = self.sender.authenticator.signs_in(operation)
        controls: list[Exchange] = []
        for _ in range(1 if operation.takes_away or operation.removed else 2):
            try:
                given = {parameter: self.sender.builder.good(operation, parameter, identity)} if parameter else {}
                exchange = self.sender.send(operation, identity, given)
            except (BudgetError, UnresponsiveError):
                raise
            except QaError as error:
                return str(error)
            fewer = self._fewer_siblings(operation, parameter, exchange)
            if fewer or self._better_value(operation, identity, parameter, exchange):
                return self._try_control(operation, identity, parameter)
            refused = signs_in and exchange.outcome in (*INVALID, UNAUTHORISED, FORBIDDEN)
            registers = bool(names_of_accounts(self.sender.authenticator, operation))  # people sign in next
            redirected = bool(exchange.location) and (registers or not exchange.asks_to_sign_in)
            if not exchange.ok and not refused and not redirected:
                without_data = ", with errors and no data" if exchange.without_data else ""
                broken = f", but {exchange.problem}" if exchange.problem else without_data
                self._unguess(operation)
                return f"{UNANSWERED} {exchange.status}{broken}" if exchange.status else "the control request was not answered"
            controls.append(exchange)
            self._helped |= {str(operation)} & self.sender.builder.guessed
            if signs_out and identity and self.sender.sessions.has_ended(identity, anew=True):
                self.rules.throwaway.ends_all = True
                self.sender.authenticator.renew(identity)
                return self.rules.throwaway.reason()
        if identity and not signs_out and operation.method == "GET" and operation.secured is not False:
            self.sender.sessions.answered(identity, operation.method, controls[0].path)
        return tuple(controls)

    def _better_value(
        self, operation: ScanOperation, identity: Identity | None, parameter: InsertableParameter | None, refused: Exchange
    ) -> bool:
        """Whether another value may be taken than the one that was refused: a new name, one that answers name, or a usual one."""
        if self.sender.builder.needs_new_names(operation, refused):
            return True
        ways = (
            ((*INVALID, NOT_FOUND), self._named_by_answers),
            (NOT_READY, self._ready_object),
            ((*INVALID, NOT_FOUND), self._named_by_lists),
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

    def _unguess(self, operation: ScanOperation) -> None:
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
            beside = known_values.sources(operation, self.operations)
            made: list[Exchange] = []
            for source in beside:
                with suppress(NotEvaluatedError):
                    made += self.control(source, identity) if source.method == "POST" or operation.safe else ()
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

    def _ready_object(self, operation: ScanOperation, identity: Identity | None) -> bool:
        """Whether an object that a list shows is ready, where the one that was just made is not; it is kept then."""
        last, name = operation.last, identity.name if identity else ""
        label = f"{operation} {name}"
        if last is None or operation.method != "GET" or label in self._listed:
            return False
        self._listed.add(label)
        collection = operation.route.partition(f"{{{last.name}}}")[0].rstrip("/")
        for source in self.operations:
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
        return listed_codes.of(self.sender, self.operations, operation, parameter, identity)

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

    def _watched(self, identity: Identity) -> bool:
        """Whether the end of an identity's session would be seen: by an operation that answers it, and nobody else."""
        for operation in self.operations:
            if self.sender.sessions.knows(identity):
                return True
            if operation.method == "GET" and operation.secured is not False and not self.rules.throwaway.ended_by(operation):
                with suppress(NotEvaluatedError):
                    self.control(operation, identity)
        return self.sender.sessions.knows(identity)

    def usual_duration(self) -> float:
        """The median duration of the control requests in seconds; 0 before the first."""
        with self._lock:
            known = [answers for answers in self._controls.values() if not isinstance(answers, str)]
        return median([answer.duration for answers in known for answer in answers] or [0.0])

    def unsteadiness(self) -> float:
        """How much longer one of two equal requests may take than the other, in seconds: thrice the median of the controls."""
        with self._lock:
            pairs = [answers for answers in self._controls.values() if not isinstance(answers, str) and len(answers) > 1]
        return UNSTEADY * median(abs(pair[0].duration - pair[1].duration) for pair in pairs) if pairs else 0.0

    # What applies

    def working(
        self, probe_id: str, identity_for: Callable[[ScanOperation], Identity | None] | None = None, *, sample: bool = False
    ) -> list[ScanOperation]:
        """The operations whose control request succeeds; the others go into the probe's coverage as skipped.

        A probe that needs some of them only takes a ``sample``: the others are nothing that it has left out.
        """
        working = []
        for operation in self.target.operations:
            self._skip_problems(probe_id, operation)
            try:
                self.control(operation, (identity_for or self.served_identity)(operation))
            except (BudgetError, UnresponsiveError):
                raise
            except QaError as error:
                if not sample:
                    self.coverage.skip(probe_id, str(operation), error)
            else:
                working.append(operation)
        return working

    def insertion_points(self, probe_id: str, applies: Callable[[InsertionPoint], bool] = lambda _: True) -> list[InsertionPoint]:
        """The insertion points of operations that work, as far as a probe applies to them; found out once.

        Those that it would apply to, and whose control request failed, go into the probe's coverage as skipped.
        """
        points = self._found_points()
        for point, reason in self._unusable:
            if applies(point):
                self.coverage.skip(probe_id, point.location, reason)
        for operation in self.target.operations:
            self._skip_problems(probe_id, operation)
        return [point for point in points if applies(point)]

    def refused_points(self, applies: Callable[[InsertionPoint], bool]) -> list[InsertionPoint]:
        """The insertion points whose control request was answered, but not as a good one."""
        self._found_points()
        return [point for point, reason in self._unusable if reason.startswith(UNANSWERED) and applies(point)]

    def _found_points(self) -> list[InsertionPoint]:
        if self._points is None:
            self._unusable.clear()
            kept = [each for each in self.target.operations if each.method != "DELETE" and not each.removed]
            self._points = [point for points in self.each(self._find_points, kept) for point in points]
        return self._points

    def _find_points(self, operation: ScanOperation) -> list[InsertionPoint]:
        points: list[InsertionPoint] = []
        identity = self.served_identity(operation) if operation.parameters else None
        for parameter in operation.parameters:
            try:
                controls = self.control(operation, identity, parameter)
                value = self.sender.builder.good(operation, parameter, identity)
            except (BudgetError, UnresponsiveError):
                raise
            except QaError as error:
                self._unusable.append((InsertionPoint(operation, parameter, identity, "", ()), str(error)))
                continue
            if parameter.kind == "array" and isinstance(value, list):
                value = value[0] if value else samples.sample(self.target.document, parameter.schema.get("items", {}))
            points.append(InsertionPoint(operation, parameter, identity, value, controls))
        return points

    def _skip_problems(self, probe_id: str, operation: ScanOperation) -> None:
        """Skip what of an operation's description is not understood; the rest of it is tried."""
        for problem in operation.problems:
            self.coverage.skip(probe_id, f"{operation} ({problem})", NOT_UNDERSTOOD)

    def refuses_text(self, point: InsertionPoint) -> str:
        """Why an insertion point takes no free text at all; empty if it takes some.

        Found out by letters behind a good value and by brackets around it. No quotes: a quote may be refused because it breaks a
        query. Where a value is a part of a query, letters are taken and brackets are not.
        """
        known = self._strict.get(point.location)
        if known is None:
            texts = (f"{point.value}qa{self.random.number()}", f"{point.value}qa", f"({point.value})")
            answer = point.controls[0]
            refused = answer.ok
            for text in texts:
                refused = refused and (answer := self.sender.put(point, text)).status in INVALID
            known = f"refused as invalid with {answer.status}" if refused else ""
            self._strict[point.location] = known
        return known
