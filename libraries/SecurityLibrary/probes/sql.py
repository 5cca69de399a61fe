"""Injection into SQL: a value becomes a part of a statement, at once or once it is stored."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from SecurityLibrary import comparison, oracles
from SecurityLibrary.findings import Severity
from SecurityLibrary.owasp import INJECTION
from SecurityLibrary.probes.base import Probe, SlotProbe
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.insertion_points import Slot
    from SecurityLibrary.operations import Operation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

SERVER_ERROR = 500
DATABASE_ERRORS = re.compile(
    r"(?i)SQL syntax|sqlite3?\.(?:Operational|Programming|Database)Error|SQLITE_ERROR|near \".{1,80}\": syntax error|"
    r"unrecognized token: |unterminated quoted string at or near|syntax error at or near|psycopg2?\.|PG::|SQLSTATE\[|ORA-\d{5}|"
    r"quoted string not properly terminated|Unclosed quotation mark|Incorrect syntax near|System\.Data\.SqlClient|"
    r"You have an error in your SQL|MySQLSyntaxError|mysql_fetch|com\.mysql\.jdbc|org\.postgresql\.util\.PSQL|"
    r"SQLServerException|JdbcSQL|near '.{0,80}' at line \d"
)


class SqlInjection(SlotProbe):
    """A value becomes a part of an SQL statement."""

    id = "sql-injection"
    title = "SQL injection"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 89
    owasp = INJECTION
    sends = "quotes; conditions that are true and false; a union with a computed text; a pause of 0, 2 and 4 seconds"
    decides = (
        "an error of the database, or a failure of the server, comes with one quote and not with two; or answers follow the "
        "condition in three rounds; or a "
        "text that the database put together comes back; or the answer waits as long as asked, twice"
    )
    bad = "query(f\"SELECT name FROM companies WHERE name LIKE '%{text}%'\")"
    good = 'query("SELECT name FROM companies WHERE name LIKE :text", text=f"%{text}%")'
    mend = "Pass values as parameters of the statement, never as parts of its text."

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

    # In place of a name at the sign-in: whoever comes first, or the identity itself, without a right password.
    DOOR = ("{v}' -- -", "{v}'--", "{v}'#", "' OR 1=1 -- -", "') OR 1=1 -- -", '" OR 1=1 -- -', "' OR '1'='1")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """The door first: there only a few tries are taken before it is shut."""
        yield from self._at_the_door(scan)
        yield from super().run(scan)

    def _at_the_door(self, scan: Scan) -> Iterator[Finding]:
        door = scan.authenticator
        person = next(iter(scan.target.accounts), None)
        if not door.operation or person is None:
            return

        def enters(name: str, password: str = "") -> Exchange | None:
            answer = scan.sender.try_sign_in(name, password or f"Wrong-{scan.random.number()}")
            return answer if door.token_in(answer) else None

        if enters(f"qa{scan.random.number()}") is not None:
            return  # anybody gets in: that tells nothing of statements
        for form in self.DOOR:
            name = form.format(v=person.username)
            first, second = enters(name), None
            if first is not None and enters(f"qa{scan.random.number()}") is None:
                second = enters(name)
            if first is not None and second is not None:
                told = f"'{name}' signs somebody in with any password, a made-up name does not"
                yield self.finding(door.operation, told, first, second)
                return
        condition = "' OR '1'='1"
        first, second = enters(person.username, condition), enters(person.username, condition)
        if first is not None and second is not None:
            yield self.finding(door.operation, "a condition in place of the password signs somebody in", first, second)

    def applies(self, slot: Slot) -> bool:
        """Numbers too: they need no quotes."""
        return slot.parameter.kind != "object"

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Try errors, conditions, a union and pauses."""
        return (
            self._by_error(scan, slot)
            or self._by_condition(scan, slot)
            or self._by_union(scan, slot)
            or self._by_pause(scan, slot)
        )

    def _by_error(self, scan: Scan, slot: Slot) -> Finding | None:
        for quote in ("'", '"'):
            answers = [scan.sender.put(slot, f"{slot.value}{quote * number}") for number in (1, 2)]
            if answers[0].status >= SERVER_ERROR > answers[1].status:
                answers += [scan.sender.put(slot, f"{slot.value}{quote * number}") for number in (3, 4)]
                if answers[2].status >= SERVER_ERROR > answers[3].status:
                    told = "an odd number of quotes makes it fail, an even number does not (1 to 4 tried)"
                    return self.finding(slot.place, told, *answers[:2])
            one = scan.sender.put(slot, f"{slot.value}{quote}")
            match = DATABASE_ERRORS.search(one.text)
            if not match or DATABASE_ERRORS.search(slot.controls[0].text):
                continue
            two = scan.sender.put(slot, f"{slot.value}{quote}{quote}")
            again = scan.sender.put(slot, f"qa{scan.random.number()}{quote}")
            if not DATABASE_ERRORS.search(two.text) and DATABASE_ERRORS.search(again.text):
                return self.finding(slot.place, f"one quote brings an error of the database ('{match[0]}'), two do not", one, two)
        return None

    def _by_condition(self, scan: Scan, slot: Slot) -> Finding | None:
        reads = slot.operation.safe or str(slot.operation) == scan.authenticator.operation
        value = str(slot.value)
        forms = [(f"{value}{before}", after) for before, after in (*self.AND, *(self.OR if reads else ()))]
        if column := re.fullmatch(r"[-+]?([A-Za-z_][\w.]*)", value):
            forms += [(before.format(v=column[1]), after.format(v=column[1])) for before, after in self.SORT]
        for before, after in forms:

            def condition(*, holds: bool, before: str = before, after: str = after) -> str:
                number = scan.random.number()
                return f"{before}{number}={number if holds else number + 1}{after}"

            found = oracles.differential(scan, slot, lambda: condition(holds=True), lambda: condition(holds=False))
            if found:
                places, true, false = found
                where = comparison.listed(places)
                told = f"answers follow a condition in the value ({where} differ between N=N and N=M, 3 of 3 rounds)"
                return self.finding(slot.place, told, true, false)
        return None

    def _by_union(self, scan: Scan, slot: Slot) -> Finding | None:
        if not slot.operation.safe:
            return None
        for quote in ("'", ""):
            for columns in range(1, 7):

                def union(first: int, second: int, quote: str = quote, columns: int = columns) -> tuple[str, str]:
                    text = ", ".join([f"'qa{first}'||'z{second}'"] * columns)
                    return f"qa0{quote} UNION SELECT {text} -- -", f"qa{first}z{second}"

                if found := oracles.computed(scan, slot, union):
                    return self.finding(slot.place, "a text that the database put together comes back", *found)
        return None

    def _by_pause(self, scan: Scan, slot: Slot) -> Finding | None:
        for template in self.PAUSES:

            def payload(dose: float, template: str = template) -> str:
                return template.format(v=slot.value, d=dose)

            if found := oracles.delayed(scan, slot, payload):
                return self.finding(slot.place, f"the answer waits as long as the value asks: {found[0]}", found[1])
        return None


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
    sends = "texts with a quote, and with conditions that are true and false, into what is stored; then what reads is read"
    decides = "a text with quotes is stored as any other, and what another operation reads follows the condition in three rounds"
    bad = "query(f\"SELECT * FROM people WHERE name = '{me.name}'\")  # it came from the database: it is safe, is it not?"
    good = 'query("SELECT * FROM people WHERE name = :name", name=me.name)'
    mend = "Pass values as parameters of each statement, those that come from the database too."

    CONDITION = "qa' OR '{one}'='{two}"
    READERS = 8

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Store in each slot and read, with nobody else about; what was stored last is the good value again."""
        readers = [one for one in scan.plan.working(self.id) if one.method == "GET"]
        stores = [slot for slot in scan.plan.insertion_points(self.id) if slot.textual and not slot.operation.safe]
        slots = [slot for slot in stores if str(slot.operation) != scan.authenticator.operation]
        yield from scan.side_by_side(self.id, slots, lambda slot: self._look(scan, slot, readers), lambda slot: slot.place)

    def _look(self, scan: Scan, slot: Slot, readers: list[Operation]) -> Finding | None:
        with scan.sender.gate.alone():
            if not scan.sender.put(slot, f"{slot.value}'").ok:
                raise NotEvaluatedError("a text with a quote is not taken")
            scan.coverage.tried(self.id, slot.place)
            try:
                return self._read(scan, slot, _near(readers, slot.operation)[: self.READERS])
            finally:
                scan.sender.put(slot, slot.value)

    def _read(self, scan: Scan, slot: Slot, readers: list[Operation]) -> Finding | None:
        sent: list[str] = []

        def stored(asked: list[Operation], *, holds: bool) -> list[Exchange]:
            number = scan.random.number()
            sent.append(self.CONDITION.format(one=number, two=number if holds else number + 1))
            scan.sender.put(slot, sent[-1])
            return [scan.sender.send(one, scan.plan.identity_for(one)) for one in asked]

        first, second = stored(readers, holds=True), stored(readers, holds=False)
        for reader, true, false in zip(readers, first, second, strict=True):
            if not comparison.differ(comparison.leaves(true, *sent), comparison.leaves(false, *sent)):
                continue

            def ask(*, condition: bool, reader: Operation = reader) -> Exchange:
                return stored([reader], holds=condition)[0]

            if found := oracles.in_rounds(scan, ask, sent, set()):
                places, held, failed = found
                observed = (
                    f"what it reads follows a condition in the stored value ({comparison.listed(places)} differ, 3 of 3 rounds)"
                )
                return self.finding((str(reader), slot.place), observed, held, failed)
        return None


def _near(readers: list[Operation], operation: Operation) -> list[Operation]:
    """Operations, those first whose path has most in common with another's."""
    own = operation.path.split("/")

    def common(one: Operation) -> int:
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(own, one.path.split("/"), strict=False)))

    return sorted(readers, key=common, reverse=True)
