"""What a scan applies to: which operations work, who sends them, and which insertion points they have."""

from __future__ import annotations

import threading
from contextlib import suppress
from statistics import median
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.insertion_points import InsertionPoint
from SecurityLibrary.identities.registrations import names_of_accounts
from SecurityLibrary.identities.stand_ins import StandIns
from SecurityLibrary.sending.pacing import BudgetError, INVALID, TOO_MANY
from SecurityLibrary.sending.sender import UnresponsiveError
from SecurityLibrary.values import earlier_steps
from SecurityLibrary.values.better_values import BetterValues
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from SecurityLibrary.coverage import ScanCoverage
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.sending.sender import Sender
    from SecurityLibrary.sending.skip_rules import SkipRules
    from SecurityLibrary.target import Target
    from SecurityLibrary.values.randomness import ScanRandom
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

UNAUTHORISED, FORBIDDEN = 401, 403
ANONYMOUS = "anonymous"
NOT_UNDERSTOOD = "the description is not understood"
UNSTEADY = 3  # times the usual difference
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
        self._unusable: list[tuple[InsertionPoint, str]] = []  # without a control request that succeeded, with the reasons
        self._strict: dict[str, str] = {}  # why an insertion point refuses every free text, by location
        self.stand_ins = StandIns(target.identities.values(), self.control)
        self._lock = threading.RLock()
        self.each: Callable[..., list[Any]] = lambda look, items: list(map(look, items))  # the scan's own where answers take long
        self.better_values = BetterValues(sender, target, self.control)
        sender.objects.prepare = self._takes_good_values

    def identity_for(self, operation: ScanOperation | None = None) -> Identity | None:
        """Who sends an operation: an administrator where it needs one, a stand-in where the usual identity may not.

        Nobody where there is no identity.
        """
        identities = list(self.target.identities.values())
        if operation is not None and operation.admin:
            return self.target.administrator or (identities[0] if identities else None)
        if self.identity:
            return self.target.identities[self.identity]
        ordinary = (identity for identity in identities if identity.role != "admin")
        return self.stand_ins.of(operation) or next(ordinary, identities[0] if identities else None)

    def served_identity(self, operation: ScanOperation) -> Identity | None:
        """Who sends an operation, once :mod:`SecurityLibrary.identities.stand_ins` found out whether the usual identity may."""
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
        if parameter is not None and self.sender.builder.includes(operation, parameter, identity):
            parameter = None  # the request without a value of choice is the same
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

    def possible_after_others(self, operation: ScanOperation, identity: Identity | None, refused: Exchange) -> bool:
        """Whether an operation that was refused for a new object is possible after others, which is found out once.

        What is tried for it is tried on new objects alone: what was there before stays as it is.
        """
        return refused.status in earlier_steps.TOO_EARLY and self.better_values.after_steps(refused, operation, identity)

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
            if self.better_values.found(operation, identity, parameter, exchange):
                return self._try_control(operation, identity, parameter)
            refused = signs_in and exchange.outcome in (*INVALID, UNAUTHORISED, FORBIDDEN)
            registers = bool(names_of_accounts(self.sender.authenticator, operation))  # people sign in next
            redirected = bool(exchange.location) and (registers or not exchange.asks_to_sign_in)
            if not exchange.ok and not refused and not redirected:
                without_data = ", with errors and no data" if exchange.without_data else ""
                broken = f", but {exchange.problem}" if exchange.problem else without_data
                self.better_values.leave_usual(operation)
                return f"{UNANSWERED} {exchange.status}{broken}" if exchange.status else "the control request was not answered"
            controls.append(exchange)
            self.better_values.keep_usual(operation)
            if signs_out and identity and self.sender.sessions.has_ended(identity, anew=True):
                self.rules.throwaway.ends_all = True
                self.sender.authenticator.renew(identity)
                return self.rules.throwaway.reason()
        if identity and not signs_out and operation.method == "GET" and operation.secured is not False:
            self.sender.sessions.answered(identity, operation.method, controls[0].path)
        return tuple(controls)

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

        def problem(operation: ScanOperation) -> QaError | None:
            try:
                self.control(operation, (identity_for or self.served_identity)(operation))
            except (BudgetError, UnresponsiveError):
                raise
            except QaError as error:
                return error
            return None

        for operation, error in zip(self.target.operations, self.each(problem, self.target.operations), strict=True):
            self._skip_problems(probe_id, operation)
            if error is None:
                working.append(operation)
            elif not sample:
                self.coverage.skip(probe_id, str(operation), error)
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

    def usable_points(self, applies: Callable[[InsertionPoint], bool]) -> list[InsertionPoint]:
        """The insertion points of operations that work and to which something applies; what it leaves out is not recorded."""
        return [point for point in self._found_points() if applies(point)]

    @staticmethod
    def answered_with(reason: str, statuses: tuple[int, ...]) -> bool:
        """Whether a control request failed since it was answered with one of these statuses."""
        return any(reason.startswith(f"{UNANSWERED} {status}") for status in statuses)

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
                refused = refused and (answer := self.sender.put(point, text)).outcome in INVALID
            known = f"refused as invalid with {answer.status}" if refused else ""
            self._strict[point.location] = known
        return known
