"""User enumeration: what tells an anonymous caller which users exist."""

from __future__ import annotations

from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import AUTHENTICATION
from SecurityLibrary.identities.accounts import account_of, LOCKED, register, registering, require_working_sign_in
from SecurityLibrary.identities.registrations import FORGOTTEN, NAMING
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from SecurityLibrary.sending.pacing import TOO_MANY
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

    Answers = list[tuple[Exchange, comparison.Leaves]]


class UserEnumeration(Probe):
    """The sign-in tells which names there are."""

    id = "user-enumeration"
    title = "User names can be enumerated"
    topic = "authentication"
    severity = Severity.MEDIUM
    cwe = 204
    owasp = AUTHENTICATION
    sends = (
        "wrong passwords for a name that there is and for made-up names of the same length, in turn; both to what is for those "
        "who have forgotten their password, up to 8 times where its first answers take longer for the one than for the other"
    )
    oracle = (
        "status or text differ in all of 3 rounds; or the times of 8 rounds lie apart, with no overlap and a factor of 2; or "
        "those of 5, where there are no more before a limit, with a factor of 5"
    )
    bad = 'if user is None: raise HTTPException(404, "No such user")'
    good = 'if user is None or not matches: raise HTTPException(401, "Invalid username or password")'
    remediation = "Answer alike whether the name or the password is wrong, and check a dummy hash for unknown names."

    ROUNDS, LONGER, LEAST = 8, 2.0, 0.015
    LEAST_ROUNDS, FEWER_ROUNDS, MUCH_LONGER = 3, 5, 5.0
    OWN = 2  # accounts that are registered for it, for limits count by names

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Compare what is said, then how long it takes."""
        require_working_sign_in(scan)
        identity = scan.target.lockable or account_of(scan)  # wrong passwords may lock whom they are tried for
        made = (register(scan, operation) for operation in registering(scan) * self.OWN) if scan.allow_changes else ()
        names = [identity.username, *(each.identity.username for each in made if each)]

        def enter(name: str) -> Exchange:
            return scan.sender.try_sign_in(name, f"Wrong-{scan.random.number()}-{scan.random.number()}")

        known, unknown = self._in_turn(scan, names, enter, self.ROUNDS)
        if len(known) < self.LEAST_ROUNDS:
            raise NotEvaluatedError("the sign-ins were limited before three rounds were done")
        scan.coverage.tried(self.id, scan.authenticator.operation)
        yield from self._by_text(scan.authenticator.operation, known, unknown)
        yield from self._by_time(scan.authenticator.operation, known, unknown)
        if scan.allow_changes:
            yield from self._forgotten(scan, account_of(scan))

    def _forgotten(self, scan: Scan, identity: Identity) -> Iterator[Finding]:
        """What sends a new password to those who have forgotten theirs: it names a user as well."""
        for operation in scan.plan.operations:
            named = next(
                (
                    parameter
                    for parameter in operation.parameters
                    if parameter.location == "body" and NAMING.search(parameter.name)
                ),
                None,
            )
            if (
                not FORGOTTEN.search(operation.path)
                or operation.method != "POST"
                or named is None
                or scan.plan.skip_reason(operation)
            ):
                continue
            own = scan.objects.address_of(identity) if "mail" in named.name.lower() else identity.username
            own = identity.values.get(named.name) or own
            if not own:
                reason = f"the {named.name} of '{identity.name}' is not known: name it by 'values'"
                scan.coverage.skip(self.id, str(operation), reason)
                continue
            sender = None if operation.secured is False else identity
            ask = partial(_put, scan, operation, named, sender)
            known, unknown = self._in_turn(scan, [own], ask, self.LEAST_ROUNDS)
            if len(known) < self.LEAST_ROUNDS:
                continue
            scan.coverage.tried(self.id, str(operation))
            differing = list(self._by_text(str(operation), known, unknown))
            yield from differing
            if not differing and self._suspected(known, unknown):  # a few rounds more, since each may send a mail
                more = self._in_turn(scan, [own], ask, self.ROUNDS - self.LEAST_ROUNDS)
                yield from self._by_time(str(operation), known + more[0], unknown + more[1])

    @staticmethod
    def _in_turn(scan: Scan, names: list[str], ask: Callable[[str], Exchange], rounds: int) -> tuple[Answers, Answers]:
        """What is answered to names that there are and to made-up ones of the same length, until there are too many.

        The names take turns; what is limited is not asked any more.
        """
        known: Answers = []
        unknown: Answers = []
        names = list(names)
        while names and len(known) < rounds:
            own = names[len(known) % len(names)]
            head, at, domain = own.partition("@")
            made_up = f"{head[:-4] if len(head) > 5 else 'qa'}{scan.random.number()}{at}{domain}"  # noqa: PLR2004  # the same length
            came = {name: ask(name) for name in scan.random.sample((own, made_up), 2)}
            if {answer.outcome for answer in came.values()} & {TOO_MANY, LOCKED}:
                names.remove(own)
                continue
            known.append((came[own], comparison.leaves(came[own], own)))
            unknown.append((came[made_up], comparison.leaves(came[made_up], made_up)))
        return known, unknown

    def _by_text(self, location: str, known: Answers, unknown: Answers) -> Iterator[Finding]:
        mask = comparison.changing([leaves for _, leaves in known]) | comparison.changing([leaves for _, leaves in unknown])
        if locations := comparison.differ(known[0][1], unknown[0][1], mask):
            observed = f"different answers to known and unknown names ({', '.join(locations[:3])})"
            yield self.finding(location, observed, known[0][0], unknown[0][0])

    def _suspected(self, known: Answers, unknown: Answers) -> bool:
        """Whether the times of a few rounds may lie apart."""
        slow, quick = sorted((median(answer.duration for answer, _ in kind) for kind in (known, unknown)), reverse=True)
        return slow > self.LONGER * quick and slow - quick > self.LEAST

    def _by_time(self, location: str, known: Answers, unknown: Answers) -> Iterator[Finding]:
        if len(known) < self.FEWER_ROUNDS:
            return
        times = [sorted(answer.duration for answer, _ in kind) for kind in (known, unknown)]
        slow, quick = sorted(times, key=median, reverse=True)
        enough = len(known) == self.ROUNDS
        lowest, highest = (slow[1], quick[-2]) if enough else (slow[0], quick[-1])  # one of eight may have been held up
        apart = lowest > highest and median(slow) > (self.LONGER if enough else self.MUCH_LONGER) * median(quick)
        if apart and median(slow) - median(quick) > self.LEAST:
            observed = (
                f"median of {len(known)} answers: known names {median(times[0]) * 1000:.0f} ms, unknown names "
                f"{median(times[1]) * 1000:.0f} ms"
            )
            yield self.finding(location, observed, known[0][0], unknown[0][0])


def _put(scan: Scan, operation: ScanOperation, parameter: InsertableParameter, identity: Identity | None, value: str) -> Exchange:
    return scan.sender.send(operation, identity, {parameter: value})
