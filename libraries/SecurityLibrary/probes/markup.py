"""What a browser or a spreadsheet would run: markup in pages, formulas in tables; and expressions that take too long."""

from __future__ import annotations

import csv
import io
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from SecurityLibrary import pages
from SecurityLibrary.findings import Severity
from SecurityLibrary.objects import identifier_in
from SecurityLibrary.pacing import INVALID
from SecurityLibrary.pages import BROWSER
from SecurityLibrary.probes.base import Probe, SlotProbe
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.insertion_points import Slot
    from SecurityLibrary.operations import Operation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

MARKUP = '"><qa{n} qb{n}=1></qa{n}>'
# After the end of an attribute, of a script, of a text in a script; and as an address that is a script.
PLACES = (
    '" qb{n}="1',
    "' qb{n}='1",
    "</script><qa{n}>",
    '"-qc{n}-"',
    "'-qc{n}-'",
    "`-qc{n}-`",
    "${{qc{n}}}",
    "javascript:qc{n}",
)
STORED = (MARKUP, "[qa](javascript:qc{n})", "javascript:qc{n}")


class ReflectedXss(SlotProbe):
    """A page repeats a value as markup."""

    id = "reflected-xss"
    title = "Reflected cross-site scripting"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 79
    owasp = ("A03:2021", "A05:2025")
    sends = "an element, an attribute and a variable of made-up names, after what ends an attribute, a script or a text in it"
    decides = (
        "a browser would make the element or attribute of the page, or run the variable, twice, with other names; JSON that "
        "repeats it is none"
    )
    bad = 'HTMLResponse(f"<p>No such company: {name}</p>")'
    good = 'HTMLResponse(f"<p>No such company: {html.escape(name)}</p>")'
    mend = "Escape values for the place at which they stand in a page, and send a Content-Security-Policy."

    rough = False  # a page may hold what it refuses

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each slot, and the path itself, for which there is a page that says that there is nothing."""
        yield from super().run(scan)
        place = "GET /{a path that there is not}"
        scan.coverage.tried(self.id, place)
        if found := self._tried(scan, lambda text: scan.client.send("GET", f"/{quote(text, safe='')}", BROWSER)):
            yield self.finding(place, "a page holds the path as markup that a browser would run", *found)

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Try each place of a page; also as a browser asks, which may bring a page."""
        if found := self._tried(scan, lambda text: scan.sender.put(slot, text, headers=BROWSER)):
            return self.finding(slot.place, "a page holds the value as markup that a browser would run", *found)
        return None

    @staticmethod
    def _tried(scan: Scan, send: Callable[[str], Exchange]) -> list[Exchange]:
        for template in (MARKUP, *PLACES):
            found = []
            for _ in range(2):
                number = scan.random.number()
                answer = send(template.format(n=number))
                if answer.status in INVALID and answer.body is not None:
                    return []  # refused, and not on a page
                if not pages.made_of(answer) & {f"qa{number}", f"qb{number}", f"qc{number}"}:
                    break
                found.append(answer)
            else:
                return found
        return []


class StoredXss(Probe):
    """A page shows a value that was sent earlier, as markup."""

    id = "stored-xss"
    title = "Stored cross-site scripting"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 79
    owasp = ("A03:2021", "A05:2025")
    tier = 2
    changes = True
    sends = "an element of a made-up name, and a link to a script, into what changes something; then all pages are read"
    decides = "a browser would make the element of a page that is read later, twice, with other names"
    bad = '"".join(f"<li>{comment}</li>" for comment in comments)'
    good = '"".join(f"<li>{html.escape(comment)}</li>" for comment in comments)'
    mend = "Escape stored values when they are shown, whoever stored them."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Store in each slot, then read each page."""
        readable = [one for one in self._readable(scan) if pages.made_of(scan.plan.control(one, scan.plan.identity_for(one))[0])]
        slots = [slot for slot in scan.plan.insertion_points(self.id) if slot.textual and not slot.operation.safe]
        marks: dict[str, Slot] = {}
        read: list[tuple[Operation, Exchange]] = []
        for slot in slots:
            for template in (*STORED, *STORED):
                number = scan.random.number()
                marks |= {f"qa{number}": slot, f"qc{number}": slot}
                stored = scan.sender.put(slot, template.format(n=number))
                read += [(page, answer) for page in readable if (answer := self._of_this(scan, page, stored))]
            scan.coverage.tried(self.id, slot.place)
        read += [(page, scan.sender.send(page, scan.plan.identity_for(page))) for page in readable]
        shown: dict[str, list[tuple[str, Exchange]]] = {}
        for page, answer in read:
            for mark in marks.keys() & pages.made_of(answer):
                shown.setdefault(marks[mark].place, []).append((str(page), answer))
        for place, found in shown.items():
            if len(found) > 1:
                yield self.finding((place, found[0][0]), "a page shows what was stored as markup", found[0][1])

    @staticmethod
    def _of_this(scan: Scan, page: Operation, stored: Exchange) -> Exchange | None:
        """The page of the very object that was stored, where a page is about one."""
        last = page.last
        identifier = identifier_in(stored.body, last.name) if last and stored.ok else None
        return (
            scan.sender.send(page, scan.plan.identity_for(page), {last: identifier}) if last and identifier is not None else None
        )

    def _readable(self, scan: Scan) -> list[Operation]:
        return [one for one in scan.plan.working(self.id) if one.method == "GET"]


class FormulaInjection(Probe):
    """A table for spreadsheets holds a value as a formula."""

    id = "formula-injection"
    title = "Formula injection"
    topic = "injection"
    severity = Severity.MEDIUM
    cwe = 1236
    owasp = ("A03:2021", "A05:2025")
    tier = 2
    changes = True
    sends = "a harmless formula into what changes something, also in a cell of a table; then all tables (CSV) are read"
    decides = "a cell begins with the formula, twice, with other numbers"
    bad = "csv.writer(file).writerow([name])"
    good = "csv.writer(file).writerow([\"'\" + name if name[:1] in '=+-@' else name])"
    mend = "Put an apostrophe before cells that begin with = + - @, a tab or a line break."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Store in each slot, then read each table."""
        tables = [
            one
            for one in scan.plan.working(self.id)
            if one.method == "GET" and "csv" in scan.plan.control(one, scan.plan.identity_for(one))[0].media
        ]
        if not tables:
            raise NotEvaluatedError("no operation answers with a table (CSV)")
        marks = {}
        for place, holding, store in self._ways(scan):
            for _ in range(2):
                mark = f"={scan.random.number()}+{scan.random.number()}"
                marks[mark] = place
                store(holding(mark))
            scan.coverage.tried(self.id, place)
        shown: dict[str, list[tuple[str, Exchange]]] = {}
        for table in tables:
            answer = scan.sender.send(table, scan.plan.identity_for(table))
            cells = {cell for row in csv.reader(io.StringIO(answer.text)) for cell in row}
            for mark in marks.keys() & cells:
                shown.setdefault(marks[mark], []).append((str(table), answer))
        for place, found in shown.items():
            if len(found) > 1:
                yield self.finding((place, found[0][0]), "a cell of a table is a formula that was sent as a value", found[0][1])

    def _ways(self, scan: Scan) -> Iterator[tuple[str, Callable[[str], str], Callable[[str], Exchange]]]:
        """Each place for a text, and each cell in the last row of a table; what makes a value of a mark, and what sends it."""
        for slot in (slot for slot in scan.plan.insertion_points(self.id) if slot.textual and not slot.operation.safe):
            yield slot.place, str, partial(scan.sender.put, slot)
            for column, table in _columns(str(slot.value)):
                yield f"{slot.place}, column {column}", table, partial(scan.sender.put, slot)
        for one in scan.plan.working(self.id):
            if not one.safe and "csv" in (one.media or ""):
                for column, table in _columns(str(one.body)):
                    yield f"{one} column {column}", table, partial(_send, scan, one)


def _send(scan: Scan, operation: Operation, text: str) -> Exchange:
    return scan.sender.send(operation, scan.plan.identity_for(operation), body=text.encode())


def _columns(text: str) -> Iterator[tuple[str, Callable[[str], str]]]:
    """The columns of a table (CSV) with a head and rows, each with what puts a text into its last row; none of another text."""
    rows = list(csv.reader(io.StringIO(text))) if "\n" in text.strip() else []
    if len({len(row) for row in rows}) != 1 or len(rows[0]) < 2:  # noqa: PLR2004  # a table has columns
        return

    def table(index: int, mark: str) -> str:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([*rows[:-1], [*rows[-1][:index], mark, *rows[-1][index + 1 :]]])
        return out.getvalue()

    for index, column in enumerate(rows[0]):
        yield column, partial(table, index)


class SlowExpression(SlotProbe):
    """A regular expression takes exponentially long for some values."""

    id = "redos"
    title = "Regular expression denial of service"
    topic = "injection"
    severity = Severity.MEDIUM
    cwe = 1333
    owasp = ("A04:2021", "A06:2025", "API4:2023")
    sends = "repeated characters with an end that does not match, a few more of them each time until one takes over a second"
    decides = "three quarters of the characters take at most 0.6 of the time, 4 characters at most 0.2, in four tries of each"
    bad = 're.match(r"^(\\w+\\s?)*$", name)'
    good = 're.match(r"^[\\w\\s]*$", name)'
    mend = "Avoid nested repetitions; limit lengths before matching; use an engine without backtracking."

    rough = False
    FAMILIES = ("a", "0", "a ", "a.", "a@", "-")
    # Each step multiplies what grows exponentially, and shows high powers: by 28 characters it has begun, or it does not grow so.
    LENGTHS = (16, 20, 24, 26, 28, 36, 44, 56)
    SHOWS, MARGIN = 28, 0.03
    LONG, HALF, TIMES = 1.0, 0.6, 4

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Grow each family until it takes long or is long enough."""
        for family in self.FAMILIES:
            times: dict[int, float] = {}
            for length in self.LENGTHS:
                answer = scan.sender.put(slot, self._text(family, length))
                times[length] = answer.duration
                if answer.duration > self.LONG:
                    break
                if length == self.SHOWS and answer.duration < times[self.LENGTHS[0]] + self.MARGIN:
                    break
            if answer.duration <= self.LONG:
                continue
            with scan.sender.gate.alone():  # another request that takes long would slow this one down
                again, fewer, fewest = (
                    of(scan.sender.put(slot, self._text(family, size)).duration for _ in range(self.TIMES))
                    for of, size in ((min, length), (max, length * 3 // 4), (max, 4))
                )
            grows = fewer < again * self.HALF and fewest < again * 0.2 and again > self.LONG * 0.7
            if grows:
                told = f"{length} characters take {again:.1f} s, {length * 3 // 4} take {fewer:.1f} s, 4 take {fewest:.2f} s"
                return self.finding(slot.place, told, answer)
        return None

    @staticmethod
    def _text(family: str, length: int) -> str:
        return (family * length)[:length] + "!"
