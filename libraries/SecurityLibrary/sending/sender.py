"""The one way by which the requests of a scan go out."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import partial
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.insertion_points import place_of
from SecurityLibrary.identities.sessions import Sessions
from SecurityLibrary.objects import lost_objects
from SecurityLibrary.objects.handed_out import Objects
from SecurityLibrary.sending.answers import Answers
from SecurityLibrary.sending.composed_requests import ComposedRequest
from SecurityLibrary.sending.never_sent import NeverSentError
from SecurityLibrary.sending.pacing import TOO_MANY, unlimited
from SecurityLibrary.sending.request_building import RequestBuilder
from SecurityLibrary.sending.shared_lock import SharedLock
from SecurityLibrary.sending.traces import Traces
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.display import plural
from theodore_qa.systems.exchange import NO_ANSWER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.sending.pacing import PacedClient, Turn
    from SecurityLibrary.sending.skip_rules import SkipRules
    from SecurityLibrary.target import Target
    from SecurityLibrary.values.randomness import ScanRandom
    from theodore_qa.systems.authentication import Authenticator
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

SILENT_ENOUGH = 8
SOON, RECOVERY = 2.0, 60.0  # seconds
FORBIDDEN, CONFLICT = 403, 409
GONE = (FORBIDDEN, 404, 410)  # for what is not there, or not one's own
MOST_RENEWED = 6  # objects that are made in place of others that are gone, for each operation
MORE_STEPS = 10  # times as many where an object has to be made ready for an operation, which is possible once for each
TOO_EARLY = (400, 402, 409, 412, 422, 423, 424, 428)
NOT_READY = (409, 425)  # what is read is still being made
READY_WITHIN, LOOKS = 3.0, 0.05  # seconds
MOST_FRUITLESS = 2  # waits for what an operation reads, after which it is waited for less long
SHORTER, MOST_SHORTER = 0.5, 20  # seconds, and after how many waits in vain it is not waited for any more

# Of the attack that sends, where the time is limited: attacks that go side by side have one each.
TURN: ContextVar[Turn | None] = ContextVar("turn", default=None)


class UnresponsiveError(NotEvaluatedError):
    """The system under test has stopped answering."""


class Sender:
    """Sends operations with values of choice, as an identity or anonymously; safe to use from several threads.

    A session that has ended is begun anew. The budget and the pace are those of the client. Once the system has stopped
    answering, or the scan is stopped, nothing goes out any more.
    """

    def __init__(
        self, target: Target, client: PacedClient, authenticator: Authenticator, rules: SkipRules, random: ScanRandom
    ) -> None:
        self.client, self.authenticator, self.rules = client, authenticator, rules
        self.lock = SharedLock()
        self.sessions = Sessions(authenticator, client)
        self.objects = Objects(target, authenticator, rules, self.send)
        self.builder = RequestBuilder(target, authenticator, self.objects, random)
        self.traces = Traces(self)
        self.objects.existed = self.traces.existed
        self.objects.give_new_names = self.builder.give_new_names
        self.administrators = [identity for identity in target.identities.values() if identity.role == "admin"]
        self.probe_path = target.probe_path
        self.operations = [operation for operation in target.operations if not rules.described(operation)]
        self.answers = Answers()
        self.never_ready: Counter[str] = Counter()  # waits for what is still being made that were in vain
        self.stopped = ""  # why nothing goes out any more
        self._anonymous_source = client.elsewhere()  # the address that anonymous sign-ins are tried from
        self._served: set[tuple[str, str]] = set()  # operations that answered an identity, with its name
        self._renewals: Counter[str] = Counter()  # objects made in place of others that were gone, by operation
        self._renewing_now = threading.local()
        self._stop = threading.Event()

    # Whether it sends

    @property
    def turn(self) -> Turn | None:
        """The turn of the attack that sends in this thread; None where the time is not limited."""
        return TURN.get()

    @turn.setter
    def turn(self, turn: Turn | None) -> None:
        TURN.set(turn)

    @property
    def stopping(self) -> bool:
        """Whether nothing is to be sent any more."""
        return self._stop.is_set()

    def start(self) -> None:
        """Send again after a stop."""
        self._stop.clear()

    def stop(self) -> None:
        """Send nothing more; threads that wait go on at once."""
        self._stop.set()

    def pause(self, seconds: float) -> None:
        """Wait for a time to pass, unless the scan is stopped."""
        self._stop.wait(max(0.0, seconds))

    def is_healthy(self) -> bool:
        """Whether the system answers a harmless request soon, at the first or the second time."""
        answers = (self.client.send("GET", self.probe_path) for _ in range(2))
        return any(answer.status != NO_ANSWER and answer.duration < SOON for answer in answers)

    def recover(self) -> None:
        """Wait until the system is healthy again.

        Raises:
            UnresponsiveError: It is not within a minute; nothing goes out any more.
        """
        ends = time.monotonic() + RECOVERY
        while not self.is_healthy():
            if time.monotonic() > ends:
                self.stopped = f"the system stopped answering: it has not recovered within {RECOVERY:g} s{self.client.after_what}"
                self.stop()
                raise UnresponsiveError(self.stopped)
            self.pause(1)

    # What is sent

    def send(
        self,
        operation: ScanOperation,
        identity: Identity | None,
        given: Mapping[InsertableParameter, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        without: tuple[str, ...] = (),
        raw: bool = False,
        owner: Identity | None = None,
        extra: dict[str, Any] | None = None,
        patient: bool = True,
    ) -> Exchange:
        """Send an operation as an identity, anonymously for None, with ``given`` values in place of good ones.

        Args:
            operation: What to send.
            identity: Who sends it.
            given: Values by parameter; all other values are good ones.
            headers: Headers beside those of the request, or in place of them.
            body: Bytes in place of the whole body.
            without: Headers to leave out, and names of the token against forged requests in forms.
            raw: Leaves values in the path as they are, unquoted.
            owner: Whose objects the path names; the sender's own by default.
            extra: Properties for the body beyond its schema's.
            patient: Whether a limited request (429) is sent again when there is room.

        Raises:
            UnresponsiveError: Nothing goes out any more.
            NeverSentError: The description skips the operation.
        """
        self._refuse_when_stopped()
        place = place_of(operation, given, body)
        if reason := self.rules.described(operation):
            raise NeverSentError(reason)
        self.answers.refuse_unanswered(operation, place)
        path, head, content = self.builder.composed(operation, dict(given or {}), owner or identity, raw=raw)
        self.traces.before(operation, identity, path, extra)
        request = ComposedRequest(operation, identity, path, head, content, headers, body, without, extra, patient)
        transmit = partial(self._transmit, request)
        renamed = self.traces.renames(operation, identity, path, content)
        with self.lock.exclusive() if renamed else nullcontext():
            answer = self._with_live_session(operation, identity, transmit, headers)
            self.traces.after(operation, identity, path, answer, renamed=renamed)
        plain = not given and not headers and body is None and not extra
        if plain and self.builder.needs_new_names(operation, answer):
            return self.send(operation, identity, without=without, raw=raw, owner=owner, patient=patient)
        own = not raw and owner in (None, identity)
        if self._renewed(operation, identity, given or {}, answer, own=own, plain=plain):
            again: dict[str, Any] = {"headers": headers, "body": body, "without": without, "extra": extra, "patient": patient}
            with self._renewing():
                return self.send(operation, identity, given, **again)
        if operation.method == "GET" and answer.status in NOT_READY:
            answer = self._once_ready(operation, answer, transmit)
        if not plain or without:
            self.answers.samples.append(answer)
        self._stop_when_silent()
        self.answers.record(operation, place, answer)
        return answer

    def _transmit(self, request: ComposedRequest, source: str = "") -> Exchange:
        """The answer to a request as it goes out now, with the credentials that hold now."""
        operation, identity = request.operation, request.identity
        forms = self.authenticator.unforged(identity) if operation.takes_form and identity else {}
        sent, media = request.encoded(forms)
        credentials = self._credentials(identity, operation.method, request.path, sent)
        signed = self.authenticator.signed_path(identity, request.path)
        with self.lock.shared():
            return self.client.send(
                operation.method,
                signed,
                request.complete_headers(credentials, media),
                sent,
                # An anonymous sign-in that is limited goes from another address instead of waiting.
                patient=request.patient and not source,
                source=source,
                certificate=identity.client_certificate if identity else None,
                beyond_budget=self.traces.restoring,
            )

    def _renewed(
        self,
        operation: ScanOperation,
        identity: Identity | None,
        given: Mapping[InsertableParameter, Any],
        answer: Exchange,
        *,
        own: bool,
        plain: bool,
    ) -> bool:
        """Whether the scan's own object in a path was gone, as a request without values of choice shows, and is made anew."""
        busy = getattr(self._renewing_now, "holds", False)
        if identity is not None and answer.ok:
            self._served.add((str(operation), identity.name))
        first = self.objects.steps_before(operation)  # what it is possible after, once
        spent = (*GONE, CONFLICT) if not operation.safe else GONE  # an order that was sent back is not changed any more
        spent = (*spent, *TOO_EARLY) if first else spent
        if not own or busy or identity is None or answer.status not in spent or self.traces.restoring:
            return False
        meant = answer.status not in (FORBIDDEN, CONFLICT) or (str(operation), identity.name) in self._served
        most = MOST_RENEWED * MORE_STEPS if first else MOST_RENEWED
        if not meant or operation.method == "DELETE" or self._renewals[str(operation)] >= most:
            return False
        if first and operation.last is None:
            return self._stepped_anew(operation, identity)
        places, in_body = (
            [each for each in operation.parameters if each.location == where and each not in given] for where in ("path", "body")
        )
        lost = lost_objects.among(self.operations, [*places, *in_body], identity, self._served) if answer.status in GONE else []
        if not lost and not (places and self.objects.made):
            return False
        with self._renewing():
            if not plain and self.send(operation, identity).status not in spent:
                return False
            self._renewals[str(operation)] += 1
            made = sum(self.objects.renewed(operation, each, identity) for each in places)
            anew = [lost_objects.replaced(self.builder, self.operations, operation, each, identity) for each in lost]
            return made + sum(anew) > 0

    def _stepped_anew(self, operation: ScanOperation, identity: Identity) -> bool:
        """Do again what has to be done before an operation that names no object."""
        self._renewals[str(operation)] += 1
        with self._renewing():
            self.objects.carry_out(operation, None, identity)
        return True

    @contextmanager
    def _renewing(self) -> Iterator[None]:
        """What this thread sends meanwhile makes no more objects anew."""
        self._renewing_now.holds = True
        try:
            yield
        finally:
            self._renewing_now.holds = False

    def _once_ready(self, operation: ScanOperation, answer: Exchange, transmit: Callable[[], Exchange]) -> Exchange:
        """The answer to a request that reads what is still being made, once it is there; after some seconds the last one."""
        ends = time.monotonic() + self.patience(str(operation))
        while answer.status in NOT_READY and time.monotonic() < ends:
            self.pause(LOOKS)
            self._refuse_when_stopped()
            answer = transmit()
        self.never_ready[str(operation)] += answer.status in NOT_READY
        return answer

    def patience(self, label: str) -> float:
        """How long what is still being made is waited for, in seconds: less after it was waited for in vain."""
        fruitless = self.never_ready[label]
        return READY_WITHIN if fruitless < MOST_FRUITLESS else SHORTER if fruitless < MOST_SHORTER else 0.0

    def _with_live_session(
        self,
        operation: ScanOperation,
        identity: Identity | None,
        transmit: Callable[..., Exchange],
        headers: Mapping[str, str] | None,
    ) -> Exchange:
        """The answer to a request, sent once more with a new session if the first one has ended."""
        signs_in = self.authenticator.signs_in(operation)
        answer = self._from_anonymous_source(transmit) if signs_in else transmit()
        forged = identity is not None and any(name in self.authenticator.credentials(identity) for name in headers or {})
        if identity and not forged and answer.asks_to_sign_in and not signs_in and self.sessions.has_ended(identity):
            self.authenticator.renew(identity)
            answer = transmit()
        return answer

    def request(
        self,
        method: str,
        path: str,
        identity: Identity | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Exchange:
        """Send a request to a path, whether an operation of the description has it or not, as an identity or anonymously.

        Args:
            method: The method.
            path: The path as it goes out, with its query.
            identity: Who sends it.
            headers: Headers beside the credentials, or in place of them.
            body: The body as it goes out.

        Raises:
            UnresponsiveError: Nothing goes out any more.
            NeverSentError: It is what the description skips.
        """
        self._refuse_when_stopped()
        credentials = self._credentials(identity, method, path, body)
        certificate = identity.client_certificate if identity else None
        signed = self.authenticator.signed_path(identity, path)
        with self.lock.shared():
            answer = self.client.send(
                method,
                signed,
                credentials | dict(headers or {}),
                body,
                certificate=certificate,
                beyond_budget=self.traces.restoring,
            )
        if not self.traces.restoring:
            self.answers.samples.append(answer)
        self._stop_when_silent()
        return answer

    def _credentials(self, identity: Identity | None, method: str, path: str, body: bytes) -> dict[str, str]:
        """How an identity is known in a request: by a session of its own where the request would end the scan's."""
        if identity and self.rules.throwaway.needed(path, body, method):
            return self.rules.throwaway.credentials(identity)
        return self.authenticator.credentials(identity, method, path)

    def _refuse_when_stopped(self) -> None:
        if self.traces.restoring:
            return
        if self.turn:
            self.turn.refuse_when_over()
        if self.stopping:
            raise UnresponsiveError(self.stopped or "the scan was stopped")

    def put(self, point: InsertionPoint, value: Any, *, raw: bool = False, headers: Mapping[str, str] | None = None) -> Exchange:
        """Send the operation of an insertion point with ``value`` in it; a limited request (429) makes it NOT EVALUATED."""
        return unlimited(self.send(point.operation, point.identity, {point.parameter: value}, raw=raw, headers=headers))

    def try_sign_in(
        self,
        username: Any,
        password: Any,
        headers: dict[str, str] | None = None,
        *,
        more: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
    ) -> Exchange:
        """Try to sign in as an anonymous caller does; where its address is limited, another one is taken (see Authenticator)."""
        self._refuse_when_stopped()
        attempt = partial(self.authenticator.try_sign_in, username, password, headers, more=more, query=query)
        return self._from_anonymous_source(lambda source: attempt(patient=not source, source=source))

    def _from_anonymous_source(self, send: Callable[[str], Exchange]) -> Exchange:
        answer = send(self._anonymous_source)
        if answer.outcome == TOO_MANY and (other := self.client.elsewhere()):
            self._anonymous_source = other
            answer = send(other)
        self.answers.samples.append(answer)
        return answer

    def _stop_when_silent(self) -> None:
        if self.client.silent >= SILENT_ENOUGH and not self.is_healthy():  # some leave values alone that they do not like
            silent = plural(self.client.silent, "request")
            self.stopped = f"the system stopped answering: {silent} in a row without an answer{self.client.after_what}"
            self.stop()
            raise UnresponsiveError(self.stopped)
