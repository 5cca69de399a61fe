"""Injection: what is sent as a value is taken for a part of a query, a command or a template."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary import deciding
from SecurityLibrary.findings import Severity
from SecurityLibrary.probe import SlotProbe

if TYPE_CHECKING:
    from SecurityLibrary.findings import Finding
    from SecurityLibrary.scan import Scan
    from SecurityLibrary.slots import Slot

INJECTION = ("A03:2021", "A05:2025")
SERVER_ERROR = 500
DATABASE_ERRORS = re.compile(
    r"(?i)SQL syntax|sqlite3?\.(?:Operational|Programming|Database)Error|SQLITE_ERROR|near \".{1,80}\": syntax error|"
    r"unrecognized token: |unterminated quoted string|syntax error at or near|psycopg2?\.|PG::|SQLSTATE\[|ORA-\d{5}|"
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
    )
    OR = (("' OR ", " -- -"), ("') OR ", " -- -"), ('" OR ', " -- -"), (" OR ", ""))
    PAUSES = (
        "{v}' AND 1=(SELECT 1 FROM pg_sleep({d})) -- -",
        "{v}'; SELECT pg_sleep({d}) -- -",
        "{v} AND 1=(SELECT 1 FROM pg_sleep({d}))",
        "{v}' AND SLEEP({d}) -- -",
        "{v}'; WAITFOR DELAY '0:0:{d}' -- -",
        "'||(SELECT CAST(pg_sleep({d}) AS text))||'",
    )

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
            answers = [scan.put(slot, f"{slot.value}{quote * number}") for number in (1, 2)]
            if answers[0].status >= SERVER_ERROR > answers[1].status:
                answers += [scan.put(slot, f"{slot.value}{quote * number}") for number in (3, 4)]
                if answers[2].status >= SERVER_ERROR > answers[3].status:
                    told = "an odd number of quotes makes it fail, an even number does not (1 to 4 tried)"
                    return self.finding(slot.place, told, *answers[:2])
            one = scan.put(slot, f"{slot.value}{quote}")
            match = DATABASE_ERRORS.search(one.text)
            if not match or DATABASE_ERRORS.search(slot.controls[0].text):
                continue
            two = scan.put(slot, f"{slot.value}{quote}{quote}")
            again = scan.put(slot, f"qa{scan.number()}{quote}")
            if not DATABASE_ERRORS.search(two.text) and DATABASE_ERRORS.search(again.text):
                return self.finding(slot.place, f"one quote brings an error of the database ('{match[0]}'), two do not", one, two)
        return None

    def _by_condition(self, scan: Scan, slot: Slot) -> Finding | None:
        reads = slot.operation.safe or str(slot.operation) == scan.api.door.operation
        value = str(slot.value)
        forms = [(f"{value}{before}", after) for before, after in (*self.AND, *(self.OR if reads else ()))]
        if re.fullmatch(r"[A-Za-z_]\w*", value):
            forms.append(("(CASE WHEN ", f" THEN {value} END) DESC"))  # where a column is named to sort by
        for before, after in forms:

            def condition(*, holds: bool, before: str = before, after: str = after) -> str:
                number = scan.number()
                return f"{before}{number}={number if holds else number + 1}{after}"

            found = deciding.differential(scan, slot, lambda: condition(holds=True), lambda: condition(holds=False))
            if found:
                places, true, false = found
                told = f"answers follow a condition in the value ({_listed(places)} differ between N=N and N=M, 3 of 3 rounds)"
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

                if found := deciding.computed(scan, slot, union):
                    return self.finding(slot.place, "a text that the database put together comes back", *found)
        return None

    def _by_pause(self, scan: Scan, slot: Slot) -> Finding | None:
        for template in self.PAUSES:

            def payload(dose: float, template: str = template) -> str:
                return template.format(v=slot.value, d=dose)

            if found := deciding.delayed(scan, slot, payload):
                return self.finding(slot.place, f"the answer waits as long as the value asks: {found[0]}", found[1])
        return None


class NoSqlInjection(SlotProbe):
    """An object in place of a text becomes a part of a query."""

    id = "nosql-injection"
    title = "NoSQL injection"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 943
    owasp = INJECTION
    tier = 2
    sends = "objects with the operators $ne and $eq in place of a text, in bodies and as name[$ne] in queries"
    decides = "what is answered follows the operator in three rounds"
    bad = 'users.find_one({"name": body["name"]})'
    good = 'users.find_one({"name": str(body["name"])})'
    mend = "Check that a value is a text before it goes into a query; hand queries over with a schema."

    def applies(self, slot: Slot) -> bool:
        """Bodies and queries."""
        return slot.parameter.kind == "string" and slot.parameter.location in ("body", "query")

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Compare what is unlike a made-up text with what is equal to it."""
        if slot.parameter.location == "query":
            return self._by_name(scan, slot)
        found = deciding.differential(scan, slot, lambda: {"$ne": f"qa{scan.number()}"}, lambda: {"$eq": f"qa{scan.number()}"})
        if not found:
            return None
        return self.finding(slot.place, f"answers follow an operator in the value ({_listed(found[0])})", found[1], found[2])

    def _by_name(self, scan: Scan, slot: Slot) -> Finding | None:
        from dataclasses import replace

        parameter = slot.parameter
        asked = {one: replace(parameter, name=f"{parameter.name}[{one}]", required=True) for one in ("$ne", "$eq")}
        others = tuple(one for one in slot.operation.parameters if one != parameter)
        slots = {
            one: replace(slot, operation=replace(slot.operation, parameters=(*others, as_named)), parameter=as_named)
            for one, as_named in asked.items()
        }
        answers = [scan.put(slots[one], f"qa{scan.number()}") for one in ("$ne", "$eq", "$ne", "$eq")]
        told = [_outline(answer) for answer in answers]
        if told[0] == told[2] and told[1] == told[3] and told[0] != told[1] and answers[0].ok:
            return self.finding(slot.place, "answers follow an operator in the parameter's name", answers[0], answers[1])
        return None


class CommandInjection(SlotProbe):
    """A value becomes a part of a command."""

    id = "command-injection"
    title = "Command injection"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 78
    owasp = INJECTION
    sends = "echo of a sum that the shell has to compute, after ; | && and in $( ) and backticks; sleep of 0, 2 and 4 seconds"
    decides = "the computed number comes back twice, for other numbers each; or the answer waits as long as asked, twice"
    bad = 'os.popen(f"whois {domain}")'
    good = 'subprocess.run(["whois", "--", domain])'
    mend = "Start programs with a list of arguments and no shell."

    ECHO = ("; echo qa$(({a}*{b}))", "| echo qa$(({a}*{b}))", "&& echo qa$(({a}*{b}))", "$(echo qa$(({a}*{b})))",
            "`expr {a} \\* {b}`", "'; echo qa$(({a}*{b})) #", '"; echo qa$(({a}*{b})) #', "\necho qa$(({a}*{b}))")  # fmt: skip
    PAUSE = ("; sleep {d}", "| sleep {d}", "$(sleep {d})", "'; sleep {d} #", '"; sleep {d} #')

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Try what comes back, then what takes time."""
        for template in self.ECHO:

            def payload(first: int, second: int, template: str = template) -> tuple[str, str]:
                mark = "" if "expr" in template else "qa"
                return f"{slot.value}" + template.format(a=first, b=second), f"{mark}{first * second}"

            if found := deciding.computed(scan, slot, payload):
                return self.finding(slot.place, "the result of a command in the value comes back", *found)
        for template in self.PAUSE:

            def pause(dose: float, template: str = template) -> str:
                return f"{slot.value}" + template.format(d=dose)

            if waited := deciding.delayed(scan, slot, pause):
                return self.finding(slot.place, f"the answer waits as long as a command in the value: {waited[0]}", waited[1])
        return None


class TemplateInjection(SlotProbe):
    """A value becomes a part of a template."""

    id = "template-injection"
    title = "Server-side template injection"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 1336
    owasp = INJECTION
    tier = 2
    sends = "products in the brackets of the usual template languages"
    decides = "the product comes back twice, for other numbers each"
    bad = 'Template(f"Dear {name}").render()'
    good = 'Template("Dear {{ name }}").render(name=name)'
    mend = "Pass values to a template as its variables, never as parts of its text."

    BRACKETS = ("{{{{{e}}}}}", "${{{e}}}", "<%= {e} %>", "#{{{e}}}", "{{{{={e}}}}}", "*{{{e}}}", "@({e})", "{{{e}}}")

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Try each kind of bracket."""
        for bracket in self.BRACKETS:

            def payload(first: int, second: int, bracket: str = bracket) -> tuple[str, str]:
                return f"qa{bracket.format(e=f'{first}*{second}')}", str(first * second)

            if found := deciding.computed(scan, slot, payload):
                return self.finding(slot.place, "an expression in the value is computed", *found)
        return None


class LdapInjection(SlotProbe):
    """A value becomes a part of an LDAP filter."""

    id = "ldap-injection"
    title = "LDAP injection"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 90
    owasp = INJECTION
    tier = 2
    sends = "brackets that close the filter and add a condition that holds for all entries, or for none"
    decides = "answers follow the condition in three rounds"
    bad = 'search(f"(&(uid={name})(active=1))")'
    good = 'search(filter_format("(&(uid=%s)(active=1))", [name]))'
    mend = "Escape values for LDAP filters with the library's own function."

    FORMS = ("{v})(objectClass={c}", "{v})(|(objectClass={c})", "{v}))(|(objectClass={c}", "*)(objectClass={c}")

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Compare a condition that always holds with one that never does."""
        for form in self.FORMS:

            def value(condition: str, form: str = form) -> str:
                return form.format(v=slot.value, c=condition)

            # The same length either way: what limits lengths must not look like a condition.
            found = deciding.differential(scan, slot, lambda: value("*"), lambda: value("%"))
            if found:
                again = deciding.differential(scan, slot, lambda: value("*"), lambda: value(f"qa{scan.number()}"))
                plain = deciding.differential(scan, slot, lambda: "qa*", lambda: "qa%")
                if again and not plain:
                    told = f"answers follow a condition in the value ({_listed(found[0])})"
                    return self.finding(slot.place, told, found[1], found[2])
        return None


class XpathInjection(SlotProbe):
    """A value becomes a part of an XPath expression."""

    id = "xpath-injection"
    title = "XPath injection"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 643
    owasp = INJECTION
    tier = 2
    sends = "conditions with count(), which XPath has and SQL has otherwise, that hold or do not"
    decides = "answers follow the condition in three rounds"
    bad = "tree.xpath(f\"//user[name='{name}']\")"
    good = 'tree.xpath("//user[name=$name]", name=name)'
    mend = "Pass values as variables of the expression."

    FORMS = ("{v}' and {c} and '1'='1", "{v}' or {c} or '1'='2", '{v}" and {c} and "1"="1', "{v} and {c}")

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Compare a condition that holds for every document with one that holds for none."""
        for form in self.FORMS:

            def value(*, holds: bool, form: str = form) -> str:
                number = scan.number()
                return form.format(v=slot.value, c=f"count(/*)+{number}={number + (1 if holds else 2)}")

            found = deciding.differential(scan, slot, lambda: value(holds=True), lambda: value(holds=False))
            if found:
                told = f"answers follow an XPath condition in the value ({_listed(found[0])})"
                return self.finding(slot.place, told, found[1], found[2])
        return None


class HeaderInjection(SlotProbe):
    """A line break in a value begins a new header of the answer."""

    id = "header-injection"
    title = "Header injection (CRLF)"
    tier = 2  # uvicorn, which Theodore runs on, refuses line breaks in headers
    topic = "injection"
    severity = Severity.HIGH
    cwe = 113
    owasp = INJECTION
    sends = "line breaks, plain and encoded, followed by a header of a made-up name"
    decides = "the header is among those of the answer, twice, with other names"
    bad = 'send_line(f"Location: {target}")'
    good = 'send_line(f"Location: {quote(target)}")'
    mend = "Encode or refuse line breaks in everything that goes into a header."

    BREAKS = ("\r\n", "\n", "%0d%0a", "\u560d\u560a")

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Try each kind of line break."""
        for line_break in self.BREAKS:
            found = []
            for _ in range(2):
                name = f"x-qa-{scan.number()}"
                answer = scan.put(slot, f"{slot.value}{line_break}{name}: 1{line_break}")
                if name not in answer.headers:
                    break
                found.append(answer)
            else:
                return self.finding(slot.place, "a line break in the value begins a header of the answer", *found)
        return None


class PathTraversal(SlotProbe):
    """A value leads to a file outside the folder that it was meant for."""

    id = "path-traversal"
    title = "Path traversal"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 22
    owasp = ("A01:2021", "A01:2025")
    sends = "ways up to /etc/passwd and /etc/group (or win.ini), plain and encoded"
    decides = "the text of the first file comes back, and then that of the second"
    bad = 'open(f"manifests/{name}").read()'
    good = "path = (folder / name).resolve(); path.is_relative_to(folder) or refuse()"
    mend = "Resolve the path and refuse it unless it lies in the folder; better, look names up in a list."

    UPWARDS = ("../../../../../../../..", "..%2f..%2f..%2f..%2f..%2f..%2f..", "....//....//....//....//....//....//....", "",
               "..%252f..%252f..%252f..%252f..%252f..%252f..")  # fmt: skip
    ENDS = ("", "\x00.json")
    FILES = (("/etc/passwd", re.compile(r"\broot:[^:\n]*:0:0:")), ("/etc/group", re.compile(r"\broot:[^:\n]*:0:")))

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Try each way up, in the path itself too."""
        raw = slot.parameter.location == "path"
        for upwards in self.UPWARDS:
            for end in self.ENDS:
                found = [self._reads(scan, slot, f"{upwards}{name}{end}", sign) for name, sign in self.FILES]
                if raw and not all(found):
                    encoded = [f"{upwards}{name}{end}".replace("/", "%2f") for name, _ in self.FILES]
                    found = [
                        self._reads(scan, slot, value, sign, raw=True)
                        for value, (_, sign) in zip(encoded, self.FILES, strict=True)
                    ]
                if all(found):
                    return self.finding(slot.place, "the value leads to /etc/passwd and to /etc/group", *found)
        return None

    @staticmethod
    def _reads(scan: Scan, slot: Slot, value: str, sign: re.Pattern[str], *, raw: bool = False) -> Any:
        answer = scan.put(slot, value, raw=raw)
        return answer if sign.search(answer.text) and not sign.search(slot.controls[0].text) else None


def _listed(places: list[str]) -> str:
    shown = ", ".join(places[:3])
    return shown + (f" and {len(places) - 3} more" if len(places) > 3 else "")  # noqa: PLR2004  # three are shown


def _outline(answer: Any) -> tuple[Any, ...]:
    from SecurityLibrary import compare

    told = compare.leaves(answer)
    return tuple(sorted((place, value) for place, value in told.items()))
