"""What an API lets one caller use up: long and deep bodies, large pages, many requests."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from SecurityLibrary.findings import Severity
from SecurityLibrary.pacing import TOO_MANY
from SecurityLibrary.probes.base import Probe, SlotProbe
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.insertion_points import Slot
    from SecurityLibrary.operations import Operation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

CONSUMPTION = ("API4:2023", "A04:2021", "A06:2025")


class SizeLimit(SlotProbe):
    """Texts of any length and objects of any depth are taken."""

    id = "size-limit"
    title = "No limit of size or depth"
    topic = "api"
    severity = Severity.LOW
    cwe = 770
    owasp = CONSUMPTION
    sends = "a text of a million characters, and JSON that is 2,000 objects deep"
    decides = "it is taken (2xx) or makes the server fail (5xx), twice"
    bad = "name: str"
    good = "name: Annotated[str, Field(max_length=200)]"
    mend = "Limit the length of each text, the size of a body and the depth of JSON."

    rough = False
    LONG, DEEP, OTHER = 1_000_000, 2000, 1900

    def applies(self, slot: Slot) -> bool:
        """Texts in bodies and queries."""
        return slot.parameter.kind == "string" and slot.parameter.location == "body"

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """A long text, then a deep object."""
        if slot.controls[0].ok:
            twice = [scan.sender.put(slot, char * self.LONG) for char in "ab"]
            if all(one.ok for one in twice):
                return self.finding(str(slot.operation), f"a text of {self.LONG:,} characters is taken", *twice)
        if slot.operation.takes_json:
            twice = [self._deep(scan, slot, depth) for depth in (self.DEEP, self.OTHER)]
            if all(one.status >= 500 for one in twice):  # noqa: PLR2004  # the server's errors
                return self.finding(
                    str(slot.operation),
                    f"JSON {self.OTHER:,} objects deep makes the server fail",
                    *twice,
                    severity=Severity.MEDIUM,
                )
        return None

    @staticmethod
    def _deep(scan: Scan, slot: Slot, depth: int) -> Exchange:
        return scan.sender.send(slot.operation, slot.person, body=(b'{"a":' * depth + b"1" + b"}" * depth))


class PageLimit(SlotProbe):
    """A page may be of any size."""

    id = "page-limit"
    title = "No limit of the size of a page"
    topic = "api"
    severity = Severity.LOW
    cwe = 770
    owasp = CONSUMPTION
    sends = "a million, and ten million, as the number of items of a page"
    decides = (
        "it is taken, and the answer says so itself, or holds a thousand items, twice; fewer that say nothing decide nothing"
    )
    bad = "limit: int = 50"
    good = "limit: Annotated[int, Query(ge=1, le=200)] = 50"
    mend = "Refuse or lower page sizes above a limit."

    rough = False
    LARGE = 1000
    LOWERED = re.compile(r"(?i)\"(?:limit|per_?page|page_?size|size)\"\s*:\s*\d")
    NAMES = re.compile(r"(?i)^(?:limit|per_?page|page_?size|size|count|first|top|max_?results|take|page\[(?:size|limit)\])$")

    def applies(self, slot: Slot) -> bool:
        """Numbers of items."""
        return bool(self.NAMES.match(slot.parameter.name)) and slot.parameter.location == "query"

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Ask for too much."""
        asked = (1_000_000, 10_000_000)
        answers = [scan.sender.put(slot, number) for number in asked]
        repeated = [str(number) in one.text.replace(" ", "") for number, one in zip(asked, answers, strict=True)]
        if all(one.ok for one in answers) and all(repeated):
            return self.finding(slot.place, "a page of ten million items is promised", *answers)
        if not all(one.ok for one in answers) or self.LOWERED.search(answers[0].text):
            return None
        if min(map(_items, answers)) < self.LARGE:
            raise NotEvaluatedError(f"it has too few items to tell: {_items(answers[0])} came")
        return self.finding(slot.place, f"a page of {_items(answers[0])} items comes", *answers)


def _items(answer: Exchange) -> int:
    """How many items the longest list of an answer has."""
    bodies, most = [answer.body], 0
    while bodies:
        body = bodies.pop()
        most = max(most, len(body)) if isinstance(body, list) else most
        bodies += body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return most


class RateLimit(Probe):
    """Requests are not limited, or not where the limit is told to be."""

    id = "rate-limit"
    title = "Requests are not limited"
    topic = "api"
    severity = Severity.INFO
    cwe = 770
    owasp = CONSUMPTION
    sends = "200 requests, as fast as the scan's rate allows, to the operation that tells of the lowest limit"
    decides = (
        "low if more requests are answered than the limit that is told, the last ten with none remaining; for information if "
        "none is answered 429 and no answer tells of a limit: a high limit may be a good one"
    )
    bad = "no limit"
    good = "X-RateLimit-Limit and 429 with Retry-After"
    mend = "Limit requests for each identity, and say so in headers."

    TRIES = 200
    BEYOND = 10

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Ask often, as the identity that has the limits of production if there is one."""

        def person(operation: Operation) -> Identity | None:
            return scan.target.limited or scan.plan.identity_for(operation)

        reads = [one for one in scan.plan.working(self.id, person) if one.method == "GET" and one.secured is not False]
        if not reads:
            raise NotEvaluatedError("no operation that reads answers an identity")
        lowest = {one: _limits(scan.plan.control(one, person(one))[0])[0] or math.inf for one in reads}
        operation = min(reads, key=lambda one: lowest[one])
        scan.coverage.tried(self.id, str(operation))
        beyond: list[Exchange] = []
        spoken = False
        for number in range(1, self.TRIES + 1):
            answer = scan.sender.send(operation, person(operation), patient=False)
            if answer.status == TOO_MANY:
                return
            limit, remaining = _limits(answer)
            beyond = [*beyond, answer] if remaining == 0 and answer.ok else []
            if limit is not None and number > limit and len(beyond) >= self.BEYOND:
                observed = f"{number} requests are answered where a limit of {limit} is told, ten with none remaining"
                yield self.finding(str(operation), observed, *beyond[-2:], severity=Severity.LOW)
                return
            spoken = spoken or any("ratelimit" in _plain(name) or name.lower() == "retry-after" for name in answer.headers)
        if not spoken:
            yield self.finding(str(operation), f"{self.TRIES} requests were all answered, and none told of a limit", answer)


def _limits(answer: Exchange) -> tuple[int | None, int | None]:
    """The limit and what remains of it, as the headers X-RateLimit-Limit and -Remaining or RateLimit-Limit and -Remaining say."""
    told = {_plain(name): value.strip() for name, value in answer.headers.items()}
    limit, remaining = (told.get(f"ratelimit{what}", "").partition(",")[0] for what in ("limit", "remaining"))
    return (int(limit) if limit.isdecimal() else None), (int(remaining) if remaining.isdecimal() else None)


def _plain(name: str) -> str:
    return name.lower().removeprefix("x-").replace("-", "")
