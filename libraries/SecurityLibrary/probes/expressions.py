"""Regular expressions that take too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.probes.base import HeavyProbe
from SecurityLibrary.sending.pacing import INVALID

if TYPE_CHECKING:
    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange


class SlowExpression(HeavyProbe):
    """A regular expression takes exponentially long for some values."""

    id = "redos"
    title = "Regular expression denial of service"
    topic = "injection"
    severity = Severity.MEDIUM
    cwe = 1333
    owasp = ("A04:2021", "A06:2025", "API4:2023")
    sends = (
        "repeated characters with an end that does not match, a few more of them each time until one takes a second more than "
        "what is valid"
    )
    oracle = "three quarters of the characters take at most 0.6 of the time, 4 characters at most 0.2, in four tries of each"
    bad = 're.match(r"^(\\w+\\s?)*$", name)'
    good = 're.match(r"^[\\w\\s]*$", name)'
    remediation = "Avoid nested repetitions; limit lengths before matching; use an engine without backtracking."

    FAMILIES = ("a", "0", "a ", "a.", "a@", "-")
    # What takes less than MARGIN at one of these lengths takes some seconds at most at the next one, whatever it is raised to;
    # by 28 characters it has begun, or it does not grow so. Once it has begun one character is added at a time: four of them
    # could take a system that has one thread minutes.
    LENGTHS = (13, 17, 22, 28, 36, 44, 56)
    # Where answers take now longer and now shorter, what has begun shows later, so that the steps are smaller then.
    UNSTEADY = (13, 17, 20, 23, 26, 28, 32, 36, 44, 56)
    SHOWS, MARGIN = 28, 0.03
    LONG, HALF, FIFTH, TIMES = 1.0, 0.6, 0.2, 4
    ROUNDS = 3  # since a busy machine hides in one what shows in another

    def ordered(self, scan: Scan, points: list[InsertionPoint]) -> list[InsertionPoint]:
        """Where the time is limited, places that refuse free texts come first, and the same part of other paths last."""
        if scan.sender.turn is None:
            return points
        seen: set[str] = set()

        def place(point: InsertionPoint) -> tuple[bool, bool]:
            above = point.operation.route.partition(f"{{{point.parameter.name}}}")[0]
            again = point.parameter.location == "path" and above in seen
            seen.add(above if point.parameter.location == "path" else "")
            return again, not scan.plan.refuses_text(point)

        return sorted(points, key=place)

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Grow each family until it takes long or is long enough."""
        for family in self.FAMILIES:
            length, answer = self._grown(scan, point, family)
            if answer is None or (answer.status and not self._quick_when_short(scan, point, family, answer)):
                continue
            for _ in range(self.ROUNDS):
                if observed := self._growth(scan, point, family, length, answer):
                    scan.slow_points.add(point.location)
                    return self.finding(point.location, observed, answer)
        return None

    def _grown(self, scan: Scan, point: InsertionPoint, family: str) -> tuple[int, Exchange | None]:
        """The length at which a family takes long, beside what any value takes there, and the answer; None if it never does."""
        long = self.LONG + min((control.duration for control in point.controls), default=0.0)
        margin = max(self.MARGIN, scan.plan.unsteadiness())
        lengths = self._lengths(point, steady=margin == self.MARGIN)
        length, shortest = lengths[0], long
        taken, refused = 0, lengths[-1] + 1  # the most characters that were not refused, and the fewest that were
        while True:
            answer = self._twice_if_slow(scan, point, self._text(family, length), shortest + margin)
            if answer.ok:
                taken = length
            elif answer.status in INVALID and taken:  # there is a limit that the document does not say
                refused, length = length, (taken + length) // 2
                if length == taken:
                    return length, None
                continue
            shortest = min(shortest, answer.duration)
            if answer.duration > long:
                return length, answer
            slower = answer.duration > shortest + margin
            doubled = slower and answer.duration > 2 * shortest
            between = (length + refused) // 2
            further = length + 1 if doubled else next((more for more in lengths if length < more < refused), between)
            if further in (length, refused) or (length >= self.SHOWS and not slower):
                return length, None
            length = further

    def _lengths(self, point: InsertionPoint, *, steady: bool) -> list[int]:
        """The numbers of characters that are tried, the most that the document allows among them."""
        most = point.parameter.schema.get("maxLength")
        usual = self.LENGTHS if steady else self.UNSTEADY
        own = [most - 1] if isinstance(most, int) and usual[0] < most - 1 < usual[-1] else []
        return sorted({*usual, *own})

    @staticmethod
    def _twice_if_slow(scan: Scan, point: InsertionPoint, text: str, usual: float) -> Exchange:
        """The answer to a text, the quicker one of two where it took longer than usual; what hung it once is not sent again."""
        answer = scan.sender.put(point, text)
        if not answer.status or answer.duration <= usual:
            return answer
        again = scan.sender.put(point, text)
        return again if again.status and again.duration < answer.duration else answer

    def _quick_when_short(self, scan: Scan, point: InsertionPoint, family: str, answer: Exchange) -> bool:
        """Whether few characters take little beside what takes long: elsewhere whatever is sent takes long."""
        few = self._text(family, 4)
        return any(scan.sender.put(point, few).duration < answer.duration * self.FIFTH for _ in range(self.ROUNDS))

    def _growth(self, scan: Scan, point: InsertionPoint, family: str, length: int, answer: Exchange) -> str:
        """How the time grows with the characters; empty where it is not shown to."""

        def durations(characters: int) -> list[float]:
            return [scan.sender.put(point, self._text(family, characters)).duration for _ in range(self.TIMES)]

        if not answer.status:  # what hung it once is not sent again: a little less takes a part of that time
            fewest, again = max(durations(4)), min(durations(length - 2))
            grows = fewest < again * self.FIFTH and again > 2 * self.MARGIN
            hung = f"{length} characters were not answered within {answer.duration:.0f} s"
            return f"{hung}, {length - 2} take {again:.1f} s, 4 take {fewest:.2f} s" if grows else ""
        few, fewer, again = durations(4), max(durations(length * 3 // 4)), min(durations(length))
        base = min(few) if scan.plan.unsteadiness() > self.MARGIN else 0.0  # what any answer takes there
        grows = fewer - base < (again - base) * self.HALF and max(few) - base < (again - base) * self.FIFTH
        if grows and again > self.LONG * 0.7:
            shorter = f"{length * 3 // 4} take {fewer:.1f} s, 4 take {max(few):.2f} s"
            return f"{length} characters take {again:.1f} s, {shorter}"
        return ""

    @staticmethod
    def _text(family: str, length: int) -> str:
        return (family * length)[:length] + "!"
