"""What a probe is: a small class that says which weakness it looks for, what it sends, and by which oracle it decides."""

from __future__ import annotations

from typing import ClassVar, TYPE_CHECKING

from SecurityLibrary.findings import curl
from SecurityLibrary.findings.finding import Finding, Severity
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import redact

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

TOPICS = ("injection", "authentication", "authorization", "api", "exposure", "transport", "storage")

NOT_FOUND = "GET /{a path that there is not}"  # the path itself, which a page of errors or a redirect may repeat


class Probe:
    """One weakness that is looked for.

    ``tier`` 1 is proved on the embedded sandbox, ``tier`` 2 on vulnerable and fixed fixtures. ``changes`` says that it may change
    something in the system under test and needs leave to. Those of one ``group`` only read, measure nothing, and leave nothing
    for each other: they may go side by side.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    topic: ClassVar[str]
    severity: ClassVar[Severity]
    cwe: ClassVar[int]
    owasp: ClassVar[tuple[str, ...]]
    sends: ClassVar[str]
    oracle: ClassVar[str]
    bad: ClassVar[str]
    good: ClassVar[str]
    remediation: ClassVar[str]
    tier: ClassVar[int] = 1
    changes: ClassVar[bool] = False
    group: ClassVar[str] = ""
    resumable: ClassVar[bool] = False  # goes on where its time was over, and does not begin anew

    def run(self, scan: Scan) -> Iterable[Finding]:
        """Look for the weakness everywhere; what could be tried goes into ``scan.coverage``."""
        raise NotImplementedError

    def finding(
        self,
        locations: str | Iterable[str],
        observed: str,
        *evidence: Exchange,
        severity: Severity | None = None,
        identity: str = "",
    ) -> Finding:
        """A finding of this probe."""
        return Finding(
            self.id,
            self.title,
            self.severity if severity is None else severity,
            self.cwe,
            self.owasp,
            (locations,) if isinstance(locations, str) else tuple(locations),
            redact(observed),
            self.remediation,
            tuple(exchange.evidence() | {"curl": curl.line(exchange)} for exchange in evidence),
            identity=identity,
        )


class InsertionPointProbe(Probe):
    """A probe that tries each insertion point.

    ``needs_free_text`` says that a point which refuses every text beside its good values cannot have the weakness.
    """

    needs_free_text: ClassVar[bool] = True
    resumable = True
    likely: ClassVar[re.Pattern[str] | None] = None  # names of places that often have the weakness

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try all insertion points side by side, the best ones first where the time is limited."""
        points = self.ordered(scan, scan.plan.insertion_points(self.id, self.applies))
        return scan.over_insertion_points(self.id, points, self.look, free_text=self.needs_free_text)

    def ordered(self, scan: Scan, points: list[InsertionPoint]) -> list[InsertionPoint]:
        """The points in the order in which they are tried: the time may not be enough for all.

        Those whose names tell of the weakness come first, then texts, then what names an object in a path.
        """
        if scan.sender.turn is None:
            return points

        def place(point: InsertionPoint) -> tuple[bool, bool, bool]:
            name = point.parameter.name.rpartition(".")[2]
            named = self.likely is not None and self.likely.search(name) is not None
            return not named, point.parameter.location == "path", point.parameter.kind != "string"

        return sorted(points, key=place)

    def applies(self, point: InsertionPoint) -> bool:
        """Whether an insertion point is of the kind that this weakness needs."""
        return point.textual

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Try one insertion point; a finding only for an effect that was observed twice."""
        raise NotImplementedError


class HeavyProbe(InsertionPointProbe):
    """An insertion-point probe that may slow the system down.

    It tries one point after another, alone, and looks at the system's health after each. A point that slowed the system down is
    its finding; the other ones are not tried any more, neither by it nor by another heavy probe at this point.
    """

    needs_free_text = False

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try the points one after another until the system gets slow."""
        slow = ""
        for point in scan.still_to_try(self.id, self.ordered(scan, scan.plan.insertion_points(self.id, self.applies))):
            if point.location in scan.slow_points:
                scan.coverage.skip(self.id, point.location, "a value that takes long was found there")
                continue
            if slow:
                scan.coverage.skip(self.id, point.location, f"not tried after {slow} had slowed the system down")
                continue
            try:
                with scan.sender.lock.exclusive(), scan.sender.answers.counting() as answers:
                    found = self.look(scan, point)
                if found is None and answers[False] > answers[True]:
                    raise NotEvaluatedError(f"{answers[False]} of {answers.total()} requests were not answered")  # noqa: TRY301
                scan.coverage.tried(self.id, point.location)
            except NotEvaluatedError as error:
                if scan.stopped:
                    raise
                scan.coverage.skip(self.id, point.location, error)
                continue
            if point.location in scan.slow_points:
                slow = point.location
            if found:
                yield found
            if not scan.sender.is_healthy():
                slow = slow or point.location
                scan.sender.recover()
