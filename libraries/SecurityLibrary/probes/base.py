"""What a probe is: a small class that says what it sends, how it decides, and what the weakness it looks for is."""

from __future__ import annotations

from typing import ClassVar, TYPE_CHECKING

from SecurityLibrary.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from SecurityLibrary.insertion_points import Slot
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

TOPICS = ("injection", "authentication", "authorization", "api", "exposure", "transport", "storage")


class Probe:
    """One weakness that is looked for.

    ``tier`` 1 is proved on the embedded sandbox, ``tier`` 2 on pairs of small services. ``changes`` says that it may change
    something in the system under test and needs leave to.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    topic: ClassVar[str]
    severity: ClassVar[Severity]
    cwe: ClassVar[int]
    owasp: ClassVar[tuple[str, ...]]
    sends: ClassVar[str]
    decides: ClassVar[str]
    bad: ClassVar[str]
    good: ClassVar[str]
    mend: ClassVar[str]
    tier: ClassVar[int] = 1
    changes: ClassVar[bool] = False

    def run(self, scan: Scan) -> Iterable[Finding]:
        """Look for the weakness everywhere; what could be tried goes into ``scan.coverage``."""
        raise NotImplementedError

    def finding(
        self,
        places: str | Iterable[str],
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
            (places,) if isinstance(places, str) else tuple(places),
            observed,
            self.mend,
            tuple(exchange.evidence() for exchange in evidence),
            identity=identity,
        )


class SlotProbe(Probe):
    """A probe that tries each place for a value in turn; ``rough`` says that a place that refuses any odd text is safe."""

    rough: ClassVar[bool] = True

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try all slots side by side."""
        return scan.over_insertion_points(self.id, self.applies, self.look, free_text=self.rough)

    def applies(self, slot: Slot) -> bool:
        """Whether a slot is of the kind that this weakness needs."""
        return slot.textual

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Try one slot; a finding only for an effect that was observed twice."""
        raise NotImplementedError
