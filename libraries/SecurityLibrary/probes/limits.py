"""What an API lets one caller use up: long and deep bodies, large pages, many requests."""

from __future__ import annotations

import math
import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.limits import archives, made_lists, nesting
from SecurityLibrary.probes.base import HeavyProbe, InsertionPointProbe, Probe
from SecurityLibrary.sending.answers import SERVER_ERROR
from SecurityLibrary.sending.pacing import INVALID, TOO_MANY
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

AT_MOST = re.compile(r"(?i)\b(?:at most|up to|maximum(?: of)?:?|max\.?:?|no more than)\s+(\d[\d,]*)\b")
USUAL, ROUND = 100, 10  # a page that is larger than most limits, and what limits are multiples of
CONSUMPTION = ("API4:2023", "A04:2021", "A06:2025")


class SizeLimit(HeavyProbe):
    """Texts of any length and objects of any depth are taken."""

    id = "size-limit"
    title = "No limit of size or depth"
    topic = "api"
    severity = Severity.LOW
    cwe = 770
    owasp = CONSUMPTION
    sends = (
        "texts of a thousand, ten thousand, a hundred thousand and a million characters, one at a time until one takes over a "
        "second; then JSON that is 100 to 2,000 objects deep; where archives or compressed bodies are taken 20 KB that hold "
        "20 MB; objects of 10 to 100 levels in properties that hold objects, and of up to 100,000 that are called alike; last, "
        "for each operation, JSON of 5,000 to 20,000 levels (80 KB); with a look at the system's health after each"
    )
    oracle = (
        "the longest text is taken (2xx), twice; or a text takes long that a tenth of it does not; or depth makes the server "
        "fail, twice; or it is not answered, and nothing is afterwards, or not a second time while less depth is; or an archive "
        "or a body that holds 20 MB is taken, twice, where a damaged one is refused"
    )
    bad = "name: str"
    good = "name: Annotated[str, Field(max_length=200)]"
    remediation = "Limit the length of each text, the size of a body and the depth of JSON."

    LENGTHS, DEPTHS, DEEPER = (1000, 10_000, 100_000, 1_000_000), (100, 1900, 2000), (5000, 10_000, 20_000)
    TOO_LARGE = 413
    LONG = 1.0  # seconds

    def __init__(self) -> None:
        self._deepened: set[str] = set()  # operations that were sent deep bodies

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each point; then, last of all, what may end the process: ever deeper JSON for each operation that is still sound."""
        known: set[str] = set()
        for finding in super().run(scan):
            known |= set(finding.locations)
            yield finding
        yield from archives.unpacked(self, scan)
        for finding in nesting.nested(self, scan):
            known |= set(finding.locations)
            yield finding
        points = scan.plan.insertion_points(self.id, self.applies)
        for operation, identity in {point.operation: point.identity for point in points}.items():
            if not operation.takes_json or str(operation) in known:
                continue
            location = f"{operation} (JSON of up to {self.DEEPER[-1]:,} levels)"
            with scan.apart(self.id, location):
                with scan.sender.lock.exclusive():
                    found = self._deeper(scan, operation, identity)
                scan.coverage.tried(self.id, location)
                if found:
                    yield found
            if not scan.sender.is_healthy():
                scan.sender.recover()

    def applies(self, point: InsertionPoint) -> bool:
        """Texts in bodies."""
        return point.parameter.kind == "string" and point.parameter.location == "body"

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """A text that grows, then an object that gets deeper."""
        if point.controls[0].ok:
            if found := self._long(scan, point):
                return found
            if point.location in scan.slow_points:
                return None
        if point.operation.takes_json and str(point.operation) not in self._deepened:  # its body is the same for each place
            self._deepened.add(str(point.operation))
            return self._deep(scan, point)
        return None

    def _long(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        before = max(answer.duration for answer in point.controls)
        for length in self.LENGTHS:
            answer = scan.sender.put(point, "a" * length)
            if answer.duration > max(self.LONG, 4 * before):
                return self._slow(scan, point, length, before, answer)
            before = max(answer.duration, 0.05)
        if answer.ok and (again := scan.sender.put(point, "b" * length)).ok:
            return self.finding(f"{point.location}", f"a text of {length:,} characters is accepted", answer, again)
        return None

    def _slow(self, scan: Scan, point: InsertionPoint, length: int, before: float, answer: Exchange) -> Finding | None:
        """What slowed the system down; a text that was answered is sent a second time, for machines are busy at times."""
        took = f"takes {answer.duration:.1f} s" if answer.status else f"is not answered within {answer.duration:.0f} s"
        if answer.status:
            again, shorter = (scan.sender.put(point, "a" * size).duration for size in (length, length // 10))
            if again < max(self.LONG, 4 * shorter):
                return None
        scan.slow_points.add(point.location)
        observed = f"a text of {length:,} characters ('aaa…') {took}, one of {length // 10:,} took {before:.2f} s"
        return self.finding(point.location, observed, answer, severity=Severity.MEDIUM)

    def _deep(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        failed: list[Exchange] = []
        before = 0
        for depth in self.DEPTHS:
            body = b'{"a":' * depth + b"1" + b"}" * depth
            answer = scan.sender.send(point.operation, point.identity, body=body)
            if not answer.status:
                return self._unanswered(scan, point.operation, point.identity, (before, depth), answer)
            if answer.duration > self.LONG:
                scan.slow_points.add(point.location)
                raise NotEvaluatedError(f"JSON {depth} objects deep was answered after {answer.duration:.1f} s only")
            failed += [answer] if answer.status >= SERVER_ERROR else []
            before = depth
        if len(failed) > 1:
            observed = f"JSON {self.DEPTHS[-1]:,} objects deep makes the server fail"
            return self.finding(str(point.operation), observed, *failed, severity=Severity.MEDIUM)
        return None

    def _deeper(self, scan: Scan, operation: ScanOperation, identity: Identity | None) -> Finding | None:
        """What becomes of an operation one step of depth after another."""
        before = self.DEPTHS[-1]
        if (answer := self._nested(scan, operation, identity, before)).status >= SERVER_ERROR or not answer.status:
            raise NotEvaluatedError(f"JSON {before:,} levels deep was answered {answer.status} already")
        for depth in self.DEEPER:
            answer = self._nested(scan, operation, identity, depth)
            if not answer.status:
                return self._unanswered(scan, operation, identity, (before, depth), answer)
            if answer.status >= SERVER_ERROR:
                again = self._nested(scan, operation, identity, depth)
                if again.status >= SERVER_ERROR:
                    observed = f"JSON {depth:,} levels deep makes the server fail, {before:,} levels do not"
                    return self.finding(str(operation), observed, answer, again, severity=Severity.MEDIUM)
            if answer.status == self.TOO_LARGE:
                return None
            if not scan.sender.is_healthy():
                raise NotEvaluatedError(f"the system got slow by JSON {depth:,} levels deep")
            before = depth
        return None

    def _unanswered(
        self,
        scan: Scan,
        operation: ScanOperation,
        identity: Identity | None,
        depths: tuple[int, int],
        answer: Exchange,
    ) -> Finding | None:
        """Depth that brought no answer: a finding if nothing is answered afterwards, or it brings none a second time."""
        before, depth = depths
        cause = f" ({answer.problem})" if answer.problem else ""
        observed = f"JSON {depth:,} levels deep is not answered{cause}, {before:,} levels are"
        if not scan.sender.is_healthy():
            observed += "; the system answers nothing afterwards"
            return self.finding(str(operation), observed, answer, severity=Severity.HIGH)
        again = self._nested(scan, operation, identity, depth)
        if again.status or not self._nested(scan, operation, identity, before).status:
            raise NotEvaluatedError(f"JSON {depth:,} levels deep was not answered once{cause}")
        return self.finding(str(operation), f"{observed}, twice", answer, again, severity=Severity.MEDIUM)

    @staticmethod
    def _nested(scan: Scan, operation: ScanOperation, identity: Identity | None, depth: int) -> Exchange:
        """The answer to objects and lists by turns, which take few bytes for a level."""
        body = b'{"a":[' * (depth // 2) + b"1" + b"]}" * (depth // 2)
        return scan.sender.send(operation, identity, body=body)


class PageLimit(InsertionPointProbe):
    """A page may be of any size."""

    id = "page-limit"
    title = "No limit of the size of a page"
    topic = "api"
    severity = Severity.LOW
    cwe = 770
    owasp = CONSUMPTION
    sends = (
        "a million, ten million, 0 and -1, as the number of items of a page; 3 to 10,000 where an answer had as many items as "
        "the body said"
    )
    oracle = (
        "it is taken, and the answer says so itself, or holds a thousand items (10,000 that a body asks for), twice; or holds "
        "more items than the maximum of the document, or names a limit above it, twice; for information if it is taken, while 0 "
        "and -1 are refused or more than 100 items come that are no round number, and the items are too few to see more, or if "
        "thousands come for 10,000 that a body asks for"
    )
    bad = "limit: int = 50"
    good = "limit: Annotated[int, Query(ge=1, le=200)] = 50"
    remediation = "Refuse or lower page sizes above a limit."

    needs_free_text = False
    LARGE = 1000
    LOWERED = re.compile(r"(?i)\"(?:limit|per_?page|page_?size|size)\"\s*:\s*\d")
    CONFIRMED = re.compile(r"(?i)(?:limit|per_?page|page_?size)")
    NAMES = re.compile(r"(?i)^(?:limit|per_?page|page_?size|size|count|first|top|max_?results|take|page\[(?:size|limit)\])$")

    def applies(self, point: InsertionPoint) -> bool:
        """Numbers of items, in the address of what reads or among the variables of a query."""
        variable = graphql.takes_variable(point.parameter) and graphql.reads(point.operation) and "#" in point.operation.path
        named = self.NAMES.match(point.parameter.name.rpartition(".")[2] if variable else point.parameter.name)
        return (bool(named) and (point.parameter.location == "query" or variable)) or made_lists.applies(point)

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Ask for too much."""
        return self._of_body(scan, point) if made_lists.applies(point) else self._of_page(scan, point)

    def _of_body(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        number, taken = made_lists.unlimited(scan, point)
        if number == made_lists.LARGER:
            return self.finding(point.location, f"{number:,} items come for as large a number", *taken)
        most = _most(point.parameter.schema)
        if not taken or (most is not None and most >= number):
            return None
        named = "names no limit" if most is None else f"allows {most:,}"
        observed = f"{number:,} items come for {made_lists.LARGER:,}, the document {named}"
        return self.finding(point.location, observed, *taken, severity=Severity.INFO if most is None else None)

    def _of_page(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        sizes = (1_000_000, 10_000_000)
        answers = [scan.sender.put(point, number) for number in sizes]
        repeated = [str(number) in answer.text.replace(" ", "") for number, answer in zip(sizes, answers, strict=True)]
        if all(answer.ok for answer in answers) and all(repeated):
            return self.finding(point.location, "a page size of 10,000,000 is confirmed", *answers)
        if not all(answer.ok for answer in answers):
            return None
        most = _most(point.parameter.schema)
        if isinstance(most, int) and all(beyond := [self._beyond(answer, most, point.controls[0]) for answer in answers]):
            return self.finding(point.location, f"{beyond[0]}, the document allows {most}", *answers)
        if self.LOWERED.search(answers[0].text):
            return None
        if min(map(_items, answers)) < self.LARGE:
            return self.finding(point.location, self._few(scan, point, answers, most), *answers, severity=Severity.INFO)
        return self.finding(point.location, f"a page of {_items(answers[0])} items", *answers)

    @staticmethod
    def _few(scan: Scan, point: InsertionPoint, answers: list[Exchange], most: int | None) -> str:
        """What pages of few items tell.

        Raises:
            NotEvaluatedError: Nothing.
        """
        every = _items(answers[0])
        if all(scan.sender.put(point, number).outcome in INVALID for number in (0, -1)):
            few = plural(every, "item")
            return f"a page size of 10,000,000 is taken, 0 and -1 are refused; {few} are too few to see more"
        usual = max(map(_items, point.controls), default=0)
        if most is None and every > max(USUAL, usual) and every % ROUND and every == _items(answers[1]):
            return f"a page size of 10,000,000 is taken and brings {plural(every, 'item')}, no round limit: it may bring all"
        raise NotEvaluatedError(f"too few items for a verdict: {every} came")

    def _beyond(self, answer: Exchange, most: int, control: Exchange) -> str:
        """What of an answer exceeds the maximum of the document; empty if nothing does, or did before."""
        usual = dict(_beside(control.body))
        for name, value in _beside(answer.body):
            before = usual.get(name)
            if isinstance(value, list) and len(value) > most and isinstance(before, list) and len(before) <= most:
                return f"a page of {plural(len(value), 'item')}"
            named = isinstance(value, int) and self.CONFIRMED.fullmatch(name.rpartition("/")[2])
            if named and value > most and value != before:
                return f"a limit of {value} is confirmed"
        return ""


def _most(schema: dict[str, Any]) -> int | None:
    """The maximum of a number by its schema, or by the words of its description, as in "at most 100"."""
    named = schema.get("maximum")
    if isinstance(named, int):
        return named
    match = AT_MOST.search(str(schema.get("description", "")))
    return int(match[1].replace(",", "")) if match else None


def _beside(body: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """What an answer holds by its path, without what stands in the items of its lists."""
    yield path, body
    for name, value in body.items() if isinstance(body, dict) else ():
        yield from _beside(value, f"{path}/{name}")


def _items(answer: Exchange) -> int:
    """How many items the longest list of an answer has."""
    bodies, most = [answer.body], 0
    while bodies:
        body = bodies.pop()
        most = max(most, len(body)) if isinstance(body, list) else most
        bodies += body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return most


class RateLimit(Probe):
    """Requests are not limited, or not where the limit is announced."""

    id = "rate-limit"
    title = "Requests are not limited"
    topic = "api"
    severity = Severity.INFO
    cwe = 770
    owasp = CONSUMPTION
    sends = "200 requests, as fast as the scan's rate allows, to the operation that tells of the lowest limit"
    oracle = (
        "low if more requests are answered than the announced limit, the last ten with none remaining; for information if "
        "none is answered 429 and no answer tells of a limit: a high limit may be a good one"
    )
    bad = "no limit"
    good = "X-RateLimit-Limit and 429 with Retry-After"
    remediation = "Limit requests for each identity, and say so in headers."

    TRIES = 200
    BEYOND = 10

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Ask often, as the identity that has the limits of production if there is one."""

        def identity(operation: ScanOperation) -> Identity | None:
            return scan.target.limited or scan.plan.identity_for(operation)

        reads = [
            operation
            for operation in scan.plan.working(self.id, identity, sample=True)
            if operation.method == "GET" and operation.secured is not False
        ]
        if not reads:
            raise NotEvaluatedError("no operation that reads answers an identity")
        lowest = {operation: _limits(scan.plan.control(operation, identity(operation))[0])[0] or math.inf for operation in reads}
        operation = min(reads, key=lambda operation: lowest[operation])
        scan.coverage.tried(self.id, str(operation))
        answers = self._answers(scan, operation, identity(operation))
        if answers is None:
            return
        if len(answers) < self.TRIES:
            scan.coverage.not_tried(self.id, str(operation), f"{self.TRIES - len(answers)} requests could not be sent")
            return
        beyond: list[Exchange] = []
        spoken = False
        for number, answer in enumerate(answers, 1):
            limit, remaining = _limits(answer)
            beyond = [*beyond, answer] if remaining == 0 and answer.ok else []
            if limit is not None and number > limit and len(beyond) >= self.BEYOND:
                observed = f"{plural(number, 'request')} answered, announced limit {limit}, the last ten with 0 remaining"
                yield self.finding(str(operation), observed, *beyond[-2:], severity=Severity.LOW)
                return
            spoken = spoken or any("ratelimit" in _plain(name) or name.lower() == "retry-after" for name in answer.headers)
        if not spoken:
            yield self.finding(str(operation), f"{self.TRIES} of {self.TRIES} requests answered, no limit announced", answers[-1])

    def _answers(self, scan: Scan, operation: ScanOperation, identity: Identity | None) -> list[Exchange] | None:
        """The answers to many requests; None once one of them was limited."""
        limited: list[Exchange] = []

        def once(_: int) -> Exchange | None:
            if limited:
                return None
            answer = scan.sender.send(operation, identity, patient=False)
            limited.extend([answer] if answer.status == TOO_MANY else [])
            return answer

        tries = list(range(self.TRIES))
        if scan.workers > scan.threads:  # an answer at a time would be slower than any limit
            answers = list(scan.side_by_side(self.id, tries, once, lambda _: str(operation)))
        else:
            answers = [came for number in tries if (came := once(number))]
        return None if limited else answers


def _limits(answer: Exchange) -> tuple[int | None, int | None]:
    """The limit and what remains of it, as the headers X-RateLimit-Limit and -Remaining or RateLimit-Limit and -Remaining say."""
    plain = {_plain(name): value.strip() for name, value in answer.headers.items()}
    limit, remaining = (plain.get(f"ratelimit{what}", "").partition(",")[0] for what in ("limit", "remaining"))
    return (int(limit) if limit.isdecimal() else None), (int(remaining) if remaining.isdecimal() else None)


def _plain(name: str) -> str:
    return name.lower().removeprefix("x-").replace("-", "")
