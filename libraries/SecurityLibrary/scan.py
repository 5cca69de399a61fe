"""One scan of an API, as the probes see it: what to attack (plan), how (sender), and what was tried (coverage)."""

from __future__ import annotations

import logging
from concurrent.futures import as_completed, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from SecurityLibrary.coverage import internal_error, ScanCoverage
from SecurityLibrary.identities.throwaway_sessions import ThrowawaySessions
from SecurityLibrary.plan import Plan
from SecurityLibrary.sending.pacing import BudgetError, TurnOverError
from SecurityLibrary.sending.sender import Sender, UnresponsiveError
from SecurityLibrary.sending.skip_rules import SkipRules
from SecurityLibrary.values.randomness import ScanRandom
from theodore_qa.errors import NotEvaluatedError, QaError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.external_tools.tls_server import TlsOffer
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.identities.made_identity import MadeIdentity
    from SecurityLibrary.sending.pacing import PacedClient
    from SecurityLibrary.target import Target
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

QUICK, MOST_THREADS = 0.1, 12  # seconds that an answer takes where the usual number of threads will do
Item = TypeVar("Item")
Seen = TypeVar("Seen")
IN_FLIGHT = 2.0  # seconds for requests that are under way when a run is stopped


class Scan:
    """A scan in progress: its parts, and what one probe leaves for another.

    ``allow_changes`` lets operations go out that change something, ``seed`` makes the random values reproducible, ``identity``
    is who sends, the first one without special rights by default.
    """

    def __init__(
        self,
        target: Target,
        client: PacedClient,
        *,
        allow_changes: bool = False,
        seed: int = 0,
        threads: int = 4,
        identity: str | None = None,
    ) -> None:
        self.target, self.client, self.allow_changes, self.seed, self.threads = target, client, allow_changes, seed, threads
        self.random = ScanRandom(seed)
        self.authenticator = target.system.new_authenticator(client, client.elsewhere)
        rules = SkipRules(target, self.authenticator, allow_changes, ThrowawaySessions(target, self.authenticator, client))
        self.coverage = ScanCoverage(rules.left_out)
        self.sender = Sender(target, client, self.authenticator, rules, self.random)
        self.objects = self.sender.objects
        self.plan = Plan(target, self.sender, rules, self.coverage, self.random, identity)
        self.plan.each = self.each
        self.findings: list[Finding] = []
        # The statuses for an anonymous caller, an identity, and the identity on a path that does not exist: that tells 401, 403
        # and 404 apart.
        self.access_matrix: dict[str, tuple[int, int, int]] = {}
        self.recipients: list[MadeIdentity | None] = []  # an account to be the recipient of requests, once it was looked for
        self.made_people: list[MadeIdentity] = []  # accounts in place of ordinary identities that the description lacks
        self.own_account: Identity | None = None  # that the scan registered, and that it does not stand on
        self.sent_marks: dict[str, str] = {}  # elements and variables that were sent to what only reads, and where
        self.resumed: set[str] = set()  # probes that go on where their time was over
        self.refusing: dict[tuple[str, str], bool] = {}  # whether an operation refuses tokens that are none, by identity
        self._looked_at: dict[str, set[str]] = {}  # operations that were looked at to the end, by probe
        self.slow_points: set[str] = set()  # insertion points at which a value takes long
        self.extended = False  # whether it was looked for what the description does not have
        self.open_bodies: set[ScanOperation] = set()  # operations whose body was looked at since no property of it is known
        self.hidden_fields: dict[str, set[str]] = {}  # names of fields that pages hide or lock in forms, by operation
        self.forgotten: list[tuple[str, Exchange]] = []  # what is served under paths of what is often forgotten, by location
        self.undescribed: set[str] = set()  # operations that are attacked although the description does not have them
        self.edge_answers: list[tuple[str, Exchange]] = []  # to requests that are none of the operations
        self.signing_key: tuple[bytes, str] | None = None  # that signs tokens, and how it is known
        self._tls_offer: TlsOffer | None = None

    @cached_property
    def on_this_machine(self) -> bool:
        """Whether the system under test runs where the scan does."""
        from SecurityLibrary.canaries.callback_server import same_machine

        return same_machine(self.client.url)

    @property
    def stopped(self) -> str:
        """Why the scan ended early; empty if it did not."""
        return self.sender.stopped

    @property
    def workers(self) -> int:
        """How many requests go out side by side: more where answers take long, so that a scan does not wait all the time."""
        usual = self.plan.usual_duration() or self.client.latency
        return max(self.threads, min(MOST_THREADS, round(self.threads * usual / QUICK)))

    def sign_in_identities(self) -> None:
        """Sign all identities in: a wrong password shows at once, not in a hundred skipped locations."""
        for identity in self.target.identities.values():
            if identity.ready:  # one without its secret is skipped where it is needed
                self.authenticator.credentials(identity)
        account = next((identity for identity in self.target.accounts if identity.ready), None)
        if self.authenticator.operation and account and not self.authenticator.sign_ins:  # tokens are given: it is tried too
            self.authenticator.sign_in(account)

    def close(self) -> None:
        """Put back what was changed, remove what was made, and close the connections."""
        self.sender.traces.put_back(at_end=True)
        self.sender.traces.remove(self.workers if self.workers > self.threads else 1)
        self.client.close()

    def tls_offer(self) -> TlsOffer:
        """What the API's TLS server offers, looked up once.

        Raises:
            NotEvaluatedError: The description names no such server, none answers, or sslyze is not installed.
        """
        from pathlib import Path

        from SecurityLibrary.external_tools import tls_server

        if not self.target.tls:
            tls_server.demand_of_sandbox(self.target.system)
            raise NotEvaluatedError("the description names no address with https:// ('tls')")
        if self._tls_offer is None:
            try:
                self._tls_offer = tls_server.offered(self.target.tls, Path(self.target.tls_ca) if self.target.tls_ca else None)
            except UnreachableError as error:
                raise NotEvaluatedError(str(error)) from None
        return self._tls_offer

    def over_insertion_points(
        self,
        probe_id: str,
        points: list[InsertionPoint],
        look: Callable[[Scan, InsertionPoint], Finding | None],
        *,
        free_text: bool,
    ) -> Iterator[Finding]:
        """Let a probe look at each of some insertion points, several at a time.

        With ``free_text``, a point that refuses every text beside its good values counts as tried without a look.
        """

        def look_at(point: InsertionPoint) -> Finding | None:
            if self.sender.stopping:
                return None
            if free_text and (reason := self.plan.refuses_text(point)):
                self.coverage.tried(probe_id, f"{point.location} ({reason})")
                return None
            with self.sender.answers.counting() as answers:
                finding = look(self, point)
            if finding is None and answers[False] > answers[True]:
                raise NotEvaluatedError(f"{answers[False]} of {answers.total()} requests were not answered")
            self.coverage.tried(probe_id, point.location)
            return finding

        yield from self.side_by_side(probe_id, self.still_to_try(probe_id, points), look_at, lambda point: point.location)

    def still_to_try(self, probe_id: str, points: list[InsertionPoint]) -> list[InsertionPoint]:
        """The points that a probe has not tried before its time was over."""
        if probe_id not in self.resumed:
            return points
        tried = self.coverage.of(probe_id).tried
        done = {each.partition(" (")[0] for each in tried} | tried  # with the reason why it was enough
        return [point for point in points if point.location not in done]

    def over_operations(
        self, probe_id: str, operations: list[ScanOperation], look: Callable[[ScanOperation], Iterator[Finding]]
    ) -> Iterator[Finding]:
        """Let a probe look at each operation, kept apart from the others; several at a time where answers take long."""
        done = self._looked_at.get(probe_id, set()) if probe_id in self.resumed else set()
        self._looked_at[probe_id] = done
        operations = [operation for operation in operations if str(operation) not in done]

        def looked(operation: ScanOperation) -> list[Finding]:
            found: list[Finding] = []
            if not self.sender.stopping:
                with self.apart(probe_id, str(operation)):
                    found.extend(look(operation))
                    done.add(str(operation))
            return found

        if self.workers == self.threads:
            for operation in operations:
                with self.apart(probe_id, str(operation)):
                    yield from look(operation)
                    done.add(str(operation))
            return
        for found in self.side_by_side(probe_id, operations, looked, str):
            yield from found

    def each(self, look: Callable[[Item], Seen], items: list[Item]) -> list[Seen]:
        """What a look at each item brings, in their order; several at a time where answers take long."""
        if self.workers == self.threads:
            return list(map(look, items))
        with ThreadPoolExecutor(self.workers, thread_name_prefix="scan") as pool:
            return [future.result() for future in [pool.submit(copy_context().run, look, item) for item in items]]

    @contextmanager
    def apart(self, probe_id: str, location: str) -> Iterator[None]:
        """Keep what cannot be evaluated at a location from the others: it stays open, with its reason."""
        try:
            yield
        except TurnOverError as error:
            self.coverage.not_tried(probe_id, location, error)
        except (BudgetError, UnresponsiveError):
            raise
        except NotEvaluatedError as error:
            self.coverage.not_tried(probe_id, location, error)

    def side_by_side(
        self, probe_id: str, items: list[Item], look: Callable[[Item], Seen | None], location: Callable[[Item], str]
    ) -> Iterator[Seen]:
        """Look at each item, several at a time; an item that cannot be evaluated is skipped with its reason."""
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="scan")
        futures = {pool.submit(copy_context().run, look, item): item for item in items}
        try:
            for future in as_completed(futures):
                finding = self._looked(probe_id, future, location(futures[future]))
                if finding:
                    yield finding
        except (BudgetError, UnresponsiveError):
            self.sender.stop()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        except GeneratorExit:  # the probe has seen enough
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        except BaseException:  # whoever stops the run waits for no request that hangs
            self.sender.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            wait(futures, timeout=IN_FLIGHT)
            raise
        pool.shutdown()

    def _looked(self, probe_id: str, future: Future[Seen | None], location: str) -> Seen | None:
        """What a look at a location brought; what could not be evaluated is recorded."""
        try:
            return future.result()
        except TurnOverError as error:
            self.coverage.not_tried(probe_id, location, error)
        except (BudgetError, UnresponsiveError):
            raise
        except NotEvaluatedError as error:
            self.coverage.skip(probe_id, location, error)
        except QaError:
            raise
        except Exception as error:  # an answer that nobody has thought of leaves the other places their verdict
            self.coverage.skip(probe_id, location, internal_error("it", error))
            logging.getLogger(__name__).debug("%s broke off", probe_id, exc_info=True)
        return None
