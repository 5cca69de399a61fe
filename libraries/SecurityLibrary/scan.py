"""One scan of an API: controls first, then probes over operations and slots, within a budget, until done or interrupted."""

from __future__ import annotations

import random
import threading
import traceback
from concurrent.futures import as_completed, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TYPE_CHECKING

from robot.api import logger

from SecurityLibrary import request_building
from SecurityLibrary.findings import Denominator, Finding, merged
from SecurityLibrary.insertion_points import Slot
from SecurityLibrary.locking import Gate
from SecurityLibrary.objects import Objects
from SecurityLibrary.pacing import BudgetError, INVALID, TOO_MANY, unlimited
from SecurityLibrary.sessions import Sessions
from theodore_qa.errors import NotEvaluatedError, QaError, UnreachableError, UsageError
from theodore_qa.openapi import samples
from theodore_qa.systems.authentication import asks_to_sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from SecurityLibrary.operations import Operation, Parameter
    from SecurityLibrary.pacing import PacedClient
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.target import Target
    from SecurityLibrary.tls_server import Offer
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

UNAUTHORISED, FORBIDDEN, NOT_FOUND, SERVER_ERROR = 401, 403, 404, 500
OF_OTHERS = (502, 503, 504)  # what it asks has failed or is busy, such as an address that it was to fetch
SILENT_ENOUGH = 8
ANYBODY = "anonymous"
NOT_UNDERSTOOD = "the description is not understood"
UNANSWERED = "the control request was answered"


class GoneError(NotEvaluatedError):
    """The system under test has stopped to answer."""


@dataclass
class Scan:
    """A scan in progress: what was found, and what the verdicts rest on."""

    api: Target
    client: PacedClient
    allow_changes: bool = False
    seed: int = 0
    threads: int = 4
    identity: str | None = None
    progress: Callable[[str], None] = lambda _: None
    findings: list[Finding] = field(default_factory=list)
    denominators: dict[str, Denominator] = field(default_factory=dict)
    broken: dict[str, Exchange] = field(default_factory=dict)
    seen: list[tuple[str, Exchange]] = field(default_factory=list)
    stopped: str = ""
    # What nobody and an identity are answered, and the identity on a path that there is not: 401, 403 and 404 told apart.
    matrix: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    _offer: Offer | None = None

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311  # makes probes unlike each other, keeps no secret
        self.objects = Objects(self)
        self.gate = Gate()
        self.authenticator = self.api.system.new_authenticator(self.client, self.client.elsewhere)
        self.sessions = Sessions(self.authenticator, self.client)
        self._stranger = self.client.elsewhere()  # the address that the sign-in is tried from
        self._said: set[tuple[str, int, int, int, str]] = set()
        self._controls: dict[tuple[Operation, str, str], tuple[Exchange, ...] | str] = {}
        self._slots: list[Slot] | None = None
        self._closed: dict[str, str] = {}
        self._turn = threading.RLock()
        self._stop = threading.Event()
        self.signing_key: tuple[bytes, str] | None = None  # that signs tokens, and how it is known

    # What is run

    def run(self, probes: Iterable[Probe]) -> list[Finding]:
        """Run probes one after another; what was found until an interruption is kept."""
        listed = list(probes)
        self._stop.clear()
        try:
            for number, probe in enumerate(listed, 1):
                self._run_one(probe)
                self.progress(f"[{number}/{len(listed)}] {probe.id}: {len(self.findings)} findings, {self.client.sent} requests")
        except (BudgetError, GoneError) as error:
            self.stopped = str(error)
        finally:
            self._stop.set()
            self.findings = merged(self.findings)
        return self.findings

    def _run_one(self, probe: Probe) -> None:
        counted = self.denominators.setdefault(probe.id, Denominator())
        if probe.changes and not self.allow_changes:
            counted.leave_out("all", "it changes something: allow_changes=True is needed")
            return
        try:
            for finding in probe.run(self):
                self.findings.append(finding)
        except (BudgetError, GoneError):
            raise
        except NotEvaluatedError as error:
            counted.leave_out("all", str(error))
        except QaError:
            raise
        except Exception as error:  # noqa: BLE001  # an API that nobody has thought of must not take the other attacks along
            counted.failed = f"the attack broke off by a fault of its own ({error}), which its makers want to hear of"
            counted.leave_out("all", counted.failed)
            logger.debug(traceback.format_exc())

    def over_slots(
        self,
        probe: Probe,
        applies: Callable[[Slot], bool],
        look: Callable[[Scan, Slot], Finding | None],
        *,
        rough: bool = True,
    ) -> Iterator[Finding]:
        """Let a probe look at each slot that it applies to, several at a time."""

        def one(slot: Slot) -> Finding | None:
            if self._stop.is_set():
                return None
            if rough and (reason := self._refuses(slot)):
                self.tried(probe, f"{slot.place} ({reason})")
                return None
            found = look(self, slot)
            self.tried(probe, slot.place)
            return found

        yield from self.side_by_side(probe, [slot for slot in self.slots(probe) if applies(slot)], one, lambda slot: slot.place)

    def side_by_side(
        self, probe: Probe, items: list[Any], work: Callable[[Any], Finding | None], place: Callable[[Any], str]
    ) -> Iterator[Finding]:
        """Do something with each item, several at a time; what was not possible is left out with its reason."""
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="scan")
        try:
            futures = {pool.submit(work, item): item for item in items}
            for future in as_completed(futures):
                try:
                    finding = future.result()
                except (BudgetError, GoneError):
                    raise
                except NotEvaluatedError as error:
                    self.left_out(probe, place(futures[future]), str(error))
                    continue
                if finding:
                    yield finding
        except BaseException:
            self._stop.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    # What verdicts rest on

    def tried(self, probe: Probe, place: str) -> None:
        """A place was tried, after a control request that succeeded."""
        with self._turn:
            self.denominators.setdefault(probe.id, Denominator()).tried.add(place)

    def left_out(self, probe: Probe, place: str, reason: str) -> None:
        """A place could not be tried."""
        with self._turn:
            self.denominators.setdefault(probe.id, Denominator()).leave_out(place, reason)

    def offer(self) -> Offer:
        """What the API's TLS server offers, asked once."""
        from pathlib import Path

        from SecurityLibrary import tls_server

        if not self.api.tls:
            raise NotEvaluatedError("the description names no address with https:// ('tls')")
        if self._offer is None:
            try:
                self._offer = tls_server.offered(self.api.tls, Path(self.api.tls_ca) if self.api.tls_ca else None)
            except (UnreachableError, UsageError) as error:  # no server there, or what is needed is not installed
                raise NotEvaluatedError(str(error)) from None
        return self._offer

    def pause(self, seconds: float) -> None:
        """Wait for a time to pass, unless the scan is stopped."""
        self._stop.wait(max(0.0, seconds))

    # Who sends

    def person(self, operation: Operation | None = None) -> Identity | None:
        """Who sends the requests of an operation: an administrator where it needs one, nobody where there is no identity."""
        people = list(self.api.identities.values())
        if operation is not None and operation.admin:
            return next((one for one in people if one.role == "admin"), None) or (people[0] if people else None)
        if self.identity:
            return self.api.identities[self.identity]
        return next((one for one in people if one.role != "admin"), people[0] if people else None)

    # What is sent

    def send(
        self,
        operation: Operation,
        person: Identity | None,
        given: Mapping[Parameter, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        without: tuple[str, ...] = (),
        raw: bool = False,
        owner: Identity | None = None,
        extra: dict[str, Any] | None = None,
        patient: bool = True,
    ) -> Exchange:
        """Send an operation as ``person``, with ``given`` values in place of good ones.

        ``owner`` is whose objects the path names, the sender's own by default; ``extra`` are properties for the body beyond its
        schema's; ``without`` leaves out headers and the token of forms; ``raw`` leaves path values as they are. A session that
        has ended is begun anew, and what is limited is sent again when there is room, unless it is not ``patient``.
        """
        if self._stop.is_set():
            raise GoneError(self.stopped or "the scan was stopped")
        path, head, content = request_building.composed(self, operation, dict(given or {}), owner or person, raw=raw)

        def once(source: str = "") -> Exchange:
            known_by = self.authenticator.credentials(person, operation.method, path)
            unforged = self.authenticator.unforged(person).items() if operation.takes_form and person else ()
            beside = {name: value for name, value in unforged if name not in without} | (extra or {})
            sent, kind = request_building.encoded(operation, content, beside) if body is None else (body, operation.media)
            if "Cookie" in head and "Cookie" in known_by:
                known_by = known_by | {"Cookie": f"{known_by['Cookie']}; {head['Cookie']}"}
            everything = head | known_by | ({"Content-Type": kind} if kind else {}) | dict(headers or {})
            shown = {name: value for name, value in everything.items() if name not in without}
            signed = self.authenticator.signed_path(person, path)
            own = person.client_certificate if person else None
            with self.gate.together():
                calm = patient and not source
                return self.client.send(operation.method, signed, shown, sent, patient=calm, source=source, certificate=own)

        at_the_door = str(operation) == self.authenticator.operation
        answer = self._as_stranger(once) if at_the_door else once()
        forged = person is not None and any(name in self.authenticator.credentials(person) for name in headers or {})
        if person and not forged and asks_to_sign_in(answer) and not at_the_door and self.sessions.has_ended(person):
            self.authenticator.renew(person)
            answer = once()
        return self._kept(operation, answer)

    def enter(
        self,
        username: Any,
        password: Any,
        headers: dict[str, str] | None = None,
        *,
        more: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
    ) -> Exchange:
        """Try to sign in as a stranger does, from an address that is changed for another where it is limited; see the door."""
        enter = partial(self.authenticator.try_sign_in, username, password, headers, more=more, query=query)
        return self._as_stranger(lambda source: enter(patient=not source, source=source))

    def _as_stranger(self, send: Callable[[str], Exchange]) -> Exchange:
        answer = send(self._stranger)
        if answer.status == TOO_MANY and (other := self.client.elsewhere()):
            self._stranger = other
            answer = send(other)
        return answer

    def _kept(self, operation: Operation, exchange: Exchange) -> Exchange:
        if self.client.silent >= SILENT_ENOUGH:
            self.stopped = f"the system has stopped to answer: {self.client.silent} requests in a row were not answered"
            self._stop.set()
            raise GoneError(self.stopped)
        said = (str(operation), exchange.status, hash(exchange.text), hash(exchange.sent_body), exchange.path)
        with self._turn:
            if said not in self._said:
                self._said.add(said)
                self.seen.append((str(operation), exchange))
            if exchange.status >= SERVER_ERROR and exchange.status not in OF_OTHERS:
                self.broken.setdefault(str(operation), exchange)
        return exchange

    # What is known to work

    def control(self, operation: Operation, person: Identity | None, parameter: Parameter | None = None) -> tuple[Exchange, ...]:
        """Two identical, harmless requests that succeeded; why they did not is an error."""
        key = (operation, person.name if person else ANYBODY, str(parameter or ""))
        with self._turn:
            known = self._controls.get(key)
        if known is None:
            known = self._try_control(operation, person, parameter)
            if not isinstance(known, str) or str(TOO_MANY) not in known:  # there may be room later
                with self._turn:
                    self._controls[key] = known
        if isinstance(known, str):
            raise NotEvaluatedError(known)
        return known

    def _try_control(
        self, operation: Operation, person: Identity | None, parameter: Parameter | None
    ) -> tuple[Exchange, ...] | str:
        if reason := self.forbidden(operation):
            return reason
        signs_in = str(operation) == self.authenticator.operation
        done: list[Exchange] = []
        for _ in range(1 if operation.method == "DELETE" else 2):
            try:
                given = {parameter: request_building.good(self, operation, parameter, person)} if parameter else {}
                exchange = self.send(operation, person, given)
            except (BudgetError, GoneError):
                raise
            except QaError as error:
                return str(error)
            refused = signs_in and exchange.status in (*INVALID, UNAUTHORISED, FORBIDDEN)
            led = bool(exchange.location) and not asks_to_sign_in(exchange)
            if not exchange.ok and not refused and not led:
                broken = f", but {exchange.problem}" if exchange.problem else ""
                return f"{UNANSWERED} {exchange.status}{broken}" if exchange.status else "the control request was not answered"
            done.append(exchange)
        if person and operation.method == "GET" and operation.secured is not False:
            self.sessions.answered(person, operation.method, done[0].path)
        return tuple(done)

    def forbidden(self, operation: Operation) -> str:
        """Why an operation is not sent in good form; empty if it is."""
        if str(operation) in self.api.skip:
            return f"the description of {self.api.name} says to skip it: {self.api.skip[str(operation)]}"
        if operation.careful or str(operation) == self.api.sign_out:
            return "it would end what the scan stands on, such as a session"
        signs_in = str(operation) == self.authenticator.operation
        if not operation.safe and not self.allow_changes and not signs_in:
            return "it changes something: allow_changes=True is needed"
        return ""

    def working(self, probe: Probe, person: Callable[[Operation], Identity | None] | None = None) -> list[Operation]:
        """The operations whose control request succeeds; the others are left out of the probe's denominator by name."""
        found = []
        for operation in self.api.operations:
            self._not_understood(probe, operation)
            try:
                self.control(operation, (person or self.person)(operation))
            except (BudgetError, GoneError):
                raise
            except QaError as error:
                self.left_out(probe, str(operation), str(error))
            else:
                found.append(operation)
        return found

    def _not_understood(self, probe: Probe, operation: Operation) -> None:
        """What of an operation's description is not understood was not tried; the rest of it is."""
        for problem in operation.problems:
            self.left_out(probe, f"{operation} ({problem})", NOT_UNDERSTOOD)

    def slots(self, probe: Probe) -> list[Slot]:
        """All places for values in operations that work; found out once."""
        if self._slots is None:
            self._slots = []
            self._dead: dict[str, str] = {}
            for operation in self.api.operations:
                if operation.method != "DELETE":
                    self._find_slots(operation)
        for place, reason in self._dead.items():
            self.left_out(probe, place, reason)
        for operation in self.api.operations:
            self._not_understood(probe, operation)
        return self._slots

    def _find_slots(self, operation: Operation) -> None:
        person = self.person(operation)
        for parameter in operation.parameters:
            place = f"{operation} {parameter}"
            try:
                controls = self.control(operation, person, parameter)
                value = request_building.good(self, operation, parameter, person)
            except (BudgetError, GoneError):
                raise
            except QaError as error:
                self._dead[place] = str(error)
                continue
            if parameter.kind == "array" and isinstance(value, list):
                value = value[0] if value else samples.sample(self.api.document, parameter.schema.get("items", {}))
            if self._slots is not None:
                self._slots.append(Slot(operation, parameter, person, value, controls))

    def _refuses(self, slot: Slot) -> str:
        """Why a slot takes no other text at all, found out by letters behind a good value and by brackets around it; else empty.

        No quotes: one may be refused because it breaks a query. Where a value is a part of it, letters do and brackets do not.
        """
        known = self._closed.get(slot.place)
        if known is None:
            others = (f"{slot.value}qa{self.number()}", f"{slot.value}qa", f"({slot.value})")
            answer = slot.controls[0]
            refused = answer.ok
            for value in others:
                refused = refused and (answer := self.put(slot, value)).status in INVALID
            known = f"refused as invalid with {answer.status}" if refused else ""
            self._closed[slot.place] = known
        return known

    def put(self, slot: Slot, value: Any, *, raw: bool = False, headers: Mapping[str, str] | None = None) -> Exchange:
        """Send a slot's operation with ``value`` in it; one too many requests makes the slot impossible to evaluate."""
        return unlimited(self.send(slot.operation, slot.person, {slot.parameter: value}, raw=raw, headers=headers))

    def number(self) -> int:
        """A random number of four digits."""
        with self._turn:
            return self.random.randrange(1000, 9999)
