"""What tells strangers which users there are."""

from __future__ import annotations

import re
from statistics import median
from typing import TYPE_CHECKING

from SecurityLibrary import compare
from SecurityLibrary.composing import FORGOTTEN
from SecurityLibrary.findings import Severity
from SecurityLibrary.probe import Probe
from SecurityLibrary.probes.signin import account_of, LOCKED, refuses_made_up, TOO_MANY
from SecurityLibrary.probes.tokens import AUTHENTICATION
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.exchange import Exchange
    from SecurityLibrary.findings import Finding
    from SecurityLibrary.identities import Person
    from SecurityLibrary.scan import Scan


class UserEnumeration(Probe):
    """The sign-in tells which names there are."""

    id = "user-enumeration"
    title = "Names of users can be found out"
    topic = "authentication"
    severity = Severity.MEDIUM
    cwe = 204
    owasp = AUTHENTICATION
    sends = (
        "wrong passwords for a name that there is and for made-up names of the same length, in turn; both to what is for those "
        "who have forgotten their password"
    )
    decides = "status or text differ in all of 3 rounds; or the times of 8 rounds lie apart, with no overlap and a factor of 2"
    bad = 'if user is None: raise HTTPException(404, "No such user")'
    good = 'if user is None or not matches: raise HTTPException(401, "Invalid username or password")'
    mend = "Answer alike whether the name or the password is wrong, and check a dummy hash for unknown names."

    ROUNDS, LONGER, LEAST = 8, 2.0, 0.015
    LEAST_ROUNDS = 3
    NAMED = re.compile(r"(?i)^(?:e?-?mail|email_?address|user_?name|login|user|account)$")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Compare what is said, then how long it takes."""
        refuses_made_up(scan)
        person = account_of(scan)
        known: list[tuple[Exchange, compare.Leaves]] = []
        unknown: list[tuple[Exchange, compare.Leaves]] = []
        for number in range(self.ROUNDS):
            head, at, domain = person.username.partition("@")
            made_up = f"{head[:-4] if len(head) > 5 else 'qa'}{scan.number()}{at}{domain}"  # noqa: PLR2004  # the same length
            for name, answers in scan.random.sample(((person.username, known), (made_up, unknown)), 2):
                answer = scan.api.door.try_sign_in(scan.client, name, f"Wrong-{number}-{scan.number()}")
                answers.append((answer, compare.leaves(answer, name)))
            if {answer.status for answer, _ in (known[-1], unknown[-1])} & {TOO_MANY, LOCKED}:
                known.pop()
                unknown.pop()
                break
        if len(known) < self.LEAST_ROUNDS:
            raise NotEvaluatedError("the sign-ins were limited before three rounds were done")
        scan.tried(self, scan.api.door.operation)
        yield from self._by_text(scan.api.door.operation, known, unknown)
        yield from self._by_time(scan, known, unknown)
        if scan.allow_changes:
            yield from self._forgotten(scan, person)

    def _forgotten(self, scan: Scan, person: Person) -> Iterator[Finding]:
        """What sends a new password to those who have forgotten theirs: it names somebody as well."""
        for operation in scan.api.operations:
            named = next((one for one in operation.parameters if one.location == "body" and self.NAMED.search(one.name)), None)
            if not FORGOTTEN.search(operation.path) or operation.method != "POST" or named is None or scan.forbidden(operation):
                continue
            own = scan.objects.address_of(person) if "mail" in named.name.lower() else person.username
            if not own:
                continue
            _, at, domain = own.partition("@")
            told: dict[bool, list[tuple[Exchange, compare.Leaves]]] = {True: [], False: []}
            for number in range(self.LEAST_ROUNDS):
                for known in scan.random.sample((True, False), 2):
                    name = own if known else f"qa{scan.number()}{number}{at}{domain}"
                    answer = scan.send(operation, None if operation.secured is False else person, {named: name})
                    told[known].append((answer, compare.leaves(answer, name)))
            if not {answer.status for kind in told.values() for answer, _ in kind} & {TOO_MANY, LOCKED}:
                scan.tried(self, str(operation))
                yield from self._by_text(str(operation), told[True], told[False])

    def _by_text(
        self, place: str, known: list[tuple[Exchange, compare.Leaves]], unknown: list[tuple[Exchange, compare.Leaves]]
    ) -> Iterator[Finding]:
        mask = compare.changing([told for _, told in known]) | compare.changing([told for _, told in unknown])
        if places := compare.differ(known[0][1], unknown[0][1], mask):
            told = f"names that there are and names that there are not are answered differently ({', '.join(places[:3])})"
            yield self.finding(place, told, known[0][0], unknown[0][0])

    def _by_time(
        self, scan: Scan, known: list[tuple[Exchange, compare.Leaves]], unknown: list[tuple[Exchange, compare.Leaves]]
    ) -> Iterator[Finding]:
        times = [sorted(answer.seconds for answer, _ in kind) for kind in (known, unknown)]
        slow, quick = sorted(times, key=median, reverse=True)
        apart = slow[1] > quick[-2] and median(slow) > self.LONGER * median(quick) and median(slow) - median(quick) > self.LEAST
        if len(known) == self.ROUNDS and apart:
            told = (
                f"names that there are take {median(times[0]) * 1000:.0f} ms to refuse, names that there are not "
                f"{median(times[1]) * 1000:.0f} ms (medians of {self.ROUNDS})"
            )
            yield self.finding(scan.api.door.operation, told, known[0][0], unknown[0][0])
