"""What a browser or a spreadsheet would run: markup in pages, and formulas in tables."""

from __future__ import annotations

import csv
import io
import re
from contextlib import suppress
from functools import partial
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.discovery import linked_pages, pages, written_pages
from SecurityLibrary.discovery.pages import BROWSER
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.injection import jsonp, known_cookies, noted_headers
from SecurityLibrary.objects import described_objects, made_tables, readers
from SecurityLibrary.probes.base import InsertionPointProbe, NOT_FOUND, Probe
from SecurityLibrary.sending.pacing import INVALID
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

MARK = re.compile(r"q[ac]\d+")
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
FORMULAS = ("={}+{}", "+{}+{}", "-{}+{}", "@SUM({}+{})")  # what begins one in Excel, Calc and Sheets
STORED = (MARKUP, "[qa](javascript:qc{n})", "javascript:qc{n}")
# Where an address is asked for: what begins like any address, and is a comment up to the end of its line; in other letters.
IN_ADDRESSES = ("javascript://qa.example/%0Aqc{n}", "JavaScript:qc{n}")
ADDRESSES = re.compile(r"(?i)ur[li]|link|web|site|home_?page|href|blog|avatar|image")


class ReflectedXss(InsertionPointProbe):
    """A page repeats a value as markup."""

    id = "reflected-xss"
    title = "Reflected cross-site scripting"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 79
    owasp = ("A03:2021", "A05:2025")
    sends = "an element, an attribute and a variable of made-up names, after what ends an attribute, a script or a text in it"
    oracle = (
        "a browser would make the element or attribute of the page, or run the variable, twice, with other names; JSON that "
        "repeats it is none, but a script that begins with any text of the value is (JSONP)"
    )
    bad = 'HTMLResponse(f"<p>No such company: {name}</p>")'
    good = 'HTMLResponse(f"<p>No such company: {html.escape(name)}</p>")'
    remediation = "Escape values for their context in a page, and send a Content-Security-Policy."

    needs_free_text = False  # a page may hold what it refuses

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each insertion point, cookies that answers have set, and the path itself, which a not-found page may repeat."""
        yield from super().run(scan)
        for point in known_cookies.on_pages(scan):
            with scan.apart(self.id, point.location):
                on_page = self.look(scan, point)
                scan.coverage.tried(self.id, point.location)
                if on_page:
                    yield on_page
        scan.coverage.tried(self.id, NOT_FOUND)
        if found := self._tried(scan, lambda text: scan.sender.request("GET", f"/{quote(text, safe='')}", headers=BROWSER)):
            yield self.finding(NOT_FOUND, "a page holds the path as markup that a browser would run", *found)

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Try each place of a page; also as a browser asks, which may bring a page."""
        forms: list[Callable[[str], str]] = [str]
        if point.parameter.location == "cookie":  # its value holds no quotes and spaces, unless they are encoded
            forms.append(partial(quote, safe=""))
        for form in forms:
            marked = partial(self._sent, scan, point, form)
            if found := self._tried(scan, marked):
                return self.finding(point.location, "a page holds the value as markup that a browser would run", *found)
        if called := jsonp.begun_by_any_text(scan, point):
            observed = "the answer is a script that begins with any text of the value (JSONP)"
            return self.finding(point.location, observed, *called, severity=Severity.MEDIUM)
        return None

    @staticmethod
    def _sent(scan: Scan, point: InsertionPoint, form: Callable[[str], str], text: str) -> Exchange:
        """The answer to a value; what of it would show on a page is noted: what only reads may store it all the same."""
        if point.operation.safe:
            scan.sent_marks.update(dict.fromkeys(MARK.findall(text), point.location))
        return scan.sender.put(point, form(text), headers=BROWSER)

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
    sends = (
        "an element of a made-up name, and a link to a script, into what changes something, also added to objects of the "
        "examples and removed again, and the element in User-Agent, Referer and X-Forwarded-For beside it; under a name with "
        "the element something is written where pages show it; then all pages are read, those of administrators by them, and "
        "those to which answers to what only seems to read have led"
    )
    oracle = "a browser would make the element of a page that is read later, twice, with other names"
    bad = '"".join(f"<li>{comment}</li>" for comment in comments)'
    good = '"".join(f"<li>{html.escape(comment)}</li>" for comment in comments)'
    remediation = "Escape stored values when they are shown, whoever stored them."

    MOST_AT_ONCE = 6  # pages that are read after each value

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Store in each insertion point and read the pages that may show it; in the end, read each page once more."""
        readable = self._readable(scan)
        if not readable:
            raise NotApplicableError("no operation answers with a page")
        points = scan.plan.insertion_points(self.id, lambda point: point.textual and not point.operation.safe)
        marks: dict[str, str] = {}  # where each was put
        read: list[tuple[ScanOperation | str, Exchange]] = []
        for point in points:
            with scan.apart(self.id, point.location):
                for template in self._templates(point) * 2:
                    number = scan.random.number()
                    marks |= {f"qa{number}": point.location, f"qc{number}": point.location}
                    stored = scan.sender.put(point, template.format(n=number))
                    read += self._next_to(scan, stored, readable, everywhere=template == MARKUP)
                    read += self._written(scan, point, readable) if template == MARKUP else []
                scan.coverage.tried(self.id, point.location)
                if described_objects.adds(scan, point):
                    read += self._added(scan, point, readable, marks)
        marks |= self._in_headers(scan) | scan.sent_marks
        for page in readable:
            with scan.apart(self.id, str(page)):
                read.append((page, self._page(scan, page, {})))
        read += linked_pages.after(scan) if scan.sent_marks else []
        seen: dict[str, dict[str, tuple[str, Exchange]]] = {}
        for page_read, answer in read:
            for mark in marks.keys() & pages.made_of(answer):
                seen.setdefault(marks[mark], {}).setdefault(mark, (str(page_read), answer))
        for location, found in seen.items():
            if len(found) > 1:
                page_name, answer = next(iter(found.values()))
                yield self.finding((location, page_name), "a page shows what was stored as markup", answer)

    def _in_headers(self, scan: Scan) -> dict[str, str]:
        """The marks of elements in headers that systems note down, with where each was put."""
        marks: dict[str, str] = {}
        for operation in noted_headers.noting(scan):
            with scan.apart(self.id, f"{operation} headers"):
                marks |= noted_headers.sent(scan, operation, MARKUP)
                scan.coverage.tried(self.id, f"{operation} headers")
        return marks

    def _added(
        self, scan: Scan, point: InsertionPoint, readable: list[ScanOperation], marks: dict[str, str]
    ) -> list[tuple[ScanOperation, Exchange]]:
        """The pages beside an object of the description's examples while it holds the element."""
        read: list[tuple[ScanOperation, Exchange]] = []
        for number in (scan.random.number(), scan.random.number()):
            marks[f"qa{number}"] = point.location
            with described_objects.added(scan, point, MARKUP.format(n=number)) as stored:
                read += self._next_to(scan, stored, readable, everywhere=True)
        return read

    def _written(self, scan: Scan, point: InsertionPoint, readable: list[ScanOperation]) -> list[tuple[ScanOperation, Exchange]]:
        """The pages on which something was written under the name that was stored, if it is one."""
        return [(page, self._page(scan, page, {})) for page in written_pages.under_a_name(scan, point, readable)]

    @staticmethod
    def _templates(point: InsertionPoint) -> tuple[str, ...]:
        return STORED + (IN_ADDRESSES if ADDRESSES.search(point.parameter.name) else ())

    def _next_to(
        self, scan: Scan, stored: Exchange, readable: list[ScanOperation], *, everywhere: bool
    ) -> list[tuple[ScanOperation, Exchange]]:
        """The pages of the object that was stored; ``everywhere`` some others too, for the next value may replace this one."""
        found = []
        for page in readable:
            last = page.last
            identifier = readers.made(stored, last.name, page.route.partition(f"{{{last.name}}}")[0]) if last else None
            if last and identifier is not None:
                found.append((page, self._page(scan, page, {last: identifier})))
            elif everywhere and len(found) < self.MOST_AT_ONCE:
                found.append((page, self._page(scan, page, {})))
        return found

    @staticmethod
    def _page(scan: Scan, page: ScanOperation, given: dict[InsertableParameter, Any]) -> Exchange:
        return scan.sender.send(page, scan.plan.identity_for(page), given, headers=BROWSER)

    def _readable(self, scan: Scan) -> list[ScanOperation]:
        """What answers with pages, where it is asked as a browser asks."""
        reads = [operation for operation in scan.plan.working(self.id) if operation.method == "GET"]
        return [operation for operation in reads if pages.made_of(self._page(scan, operation, {}))]


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
    sends = (
        "a harmless formula into what changes something, also in a cell of a table; then all tables (CSV) are read, and those "
        "that exports and reports make of what there is now"
    )
    oracle = "a cell is the formula, twice, with other numbers; = + - and @ begin one each"
    bad = "csv.writer(file).writerow([name])"
    good = "csv.writer(file).writerow([\"'\" + name if name[:1] in '=+-@' else name])"
    remediation = "Put an apostrophe before cells that begin with = + - @, a tab or a line break."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Store in each insertion point, then read each table."""
        tables = [
            operation
            for operation in scan.plan.working(self.id)
            if operation.method == "GET" and "csv" in scan.plan.control(operation, scan.plan.identity_for(operation))[0].media
        ]
        makers = made_tables.makers(scan)
        if not tables and not any(True for operation, given in makers for _ in self._made(scan, operation, given)):
            raise NotApplicableError("no operation answers with a table (CSV)")
        marks = {}
        for location, holding, store in self._ways(scan):
            with scan.apart(self.id, location):
                for form in FORMULAS * 2:
                    mark = form.format(scan.random.number(), scan.random.number())
                    marks[mark] = location, form[0]
                    store(holding(mark))
                scan.coverage.tried(self.id, location)
        seen: dict[str, dict[str, list[tuple[str, Exchange]]]] = {}
        for name, answer in self._tables(scan, tables, makers):
            for mark in marks.keys() & made_tables.cells(answer.text):
                location, sign = marks[mark]
                seen.setdefault(location, {}).setdefault(sign, []).append((name, answer))
        for location, by_sign in seen.items():
            signs = [form[0] for form in FORMULAS if len(by_sign.get(form[0], ())) > 1]
            if signs:
                table, answer = by_sign[signs[0]][0]
                which = "" if "=" in signs else f", beginning with {' or '.join(signs)}"
                yield self.finding((location, table), f"a cell of a table is a formula that was sent as a value{which}", answer)

    def _tables(
        self, scan: Scan, tables: list[ScanOperation], makers: list[tuple[ScanOperation, dict[InsertableParameter, Any]]]
    ) -> Iterator[tuple[str, Exchange]]:
        """Each table as it is now, with what answers it: those that are read, and those that are made first."""
        for table in tables:
            with scan.apart(self.id, str(table)):
                yield str(table), scan.sender.send(table, scan.plan.identity_for(table))
        for operation, given in makers:
            yield from self._made(scan, operation, given)

    def _made(
        self, scan: Scan, operation: ScanOperation, given: dict[InsertableParameter, Any]
    ) -> Iterator[tuple[str, Exchange]]:
        with suppress(NotEvaluatedError):
            yield from made_tables.read(scan, operation, given)

    def _ways(self, scan: Scan) -> Iterator[tuple[str, Callable[[str], str], Callable[[str], Exchange]]]:
        """Each place for a text, and each cell in the last row of a table; what makes a value of a mark, and what sends it."""
        for point in scan.plan.insertion_points(self.id, lambda point: point.textual and not point.operation.safe):
            yield point.location, str, partial(scan.sender.put, point)
            for column, table in _columns(str(point.value)):
                yield f"{point.location}, column {column}", table, partial(scan.sender.put, point)
        for operation in scan.plan.working(self.id):
            if not operation.safe and "csv" in (operation.media or ""):
                for column, table in _columns(str(operation.body)):
                    yield f"{operation} column {column}", table, partial(_send, scan, operation)


def _send(scan: Scan, operation: ScanOperation, text: str) -> Exchange:
    return scan.sender.send(operation, scan.plan.identity_for(operation), body=text.encode())


def _columns(text: str) -> Iterator[tuple[str, Callable[[str], str]]]:
    """The columns of a table (CSV) with a head and rows, each with what puts a text into its last row; none of another text."""
    rows = list(csv.reader(text.splitlines())) if "\n" in text.strip() else []
    if len({len(row) for row in rows}) != 1 or len(rows[0]) < 2:  # noqa: PLR2004  # a table has columns
        return

    def table(index: int, mark: str) -> str:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([*rows[:-1], [*rows[-1][:index], mark, *rows[-1][index + 1 :]]])
        return out.getvalue()

    for index, column in enumerate(rows[0]):
        yield column, partial(table, index)
