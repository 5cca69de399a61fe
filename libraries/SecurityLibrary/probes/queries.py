"""Injection into other queries: of document databases, directories and XML."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary import comparison, oracles
from SecurityLibrary.findings import Severity
from SecurityLibrary.operations import JSON
from SecurityLibrary.owasp import INJECTION
from SecurityLibrary.probes.base import SlotProbe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.insertion_points import Slot
    from SecurityLibrary.scan import Scan


class NoSqlInjection(SlotProbe):
    """An object in place of a text becomes a part of a query."""

    id = "nosql-injection"
    title = "NoSQL injection"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 943
    owasp = INJECTION
    tier = 2
    sends = (
        "objects with the operators $ne and $eq in place of a text, in bodies and as name[$ne] in queries, and in place of the "
        "password of an identity"
    )
    decides = "what is answered follows the operator in three rounds; or the identity gets in, twice, and with the other not"
    bad = 'users.find_one({"name": body["name"]})'
    good = 'users.find_one({"name": str(body["name"])})'
    mend = "Check that a value is a text before it goes into a query; hand queries over with a schema."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """The door first: there the name has to be right."""
        if scan.authenticator.operation and scan.authenticator.way.media == JSON:
            yield from self._at_the_door(scan)
        yield from super().run(scan)

    def applies(self, slot: Slot) -> bool:
        """Bodies and queries."""
        return slot.parameter.kind == "string" and slot.parameter.location in ("body", "query")

    def _at_the_door(self, scan: Scan) -> Iterator[Finding]:
        person = next(iter(scan.target.accounts), None)
        if person is None:
            return
        scan.coverage.tried(self.id, f"{scan.authenticator.operation} as {person.name}")
        for enters, refused in (("$ne", "$eq"), ("$gt", "$lt")):
            tries = [
                scan.sender.try_sign_in(person.username, {operator: "" if operator in ("$gt", "$lt") else "qa"})
                for operator in (enters, refused, enters)
            ]
            if [bool(scan.authenticator.token_in(one)) for one in tries] == [True, False, True]:
                told = f"an object with {enters} in place of the password signs '{person.name}' in, one with {refused} does not"
                yield self.finding(scan.authenticator.operation, told, *tries[:2])
                return

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Compare what is unlike a made-up text with what is equal to it."""
        if slot.parameter.location == "query":
            return self._by_name(scan, slot)
        found = oracles.differential(
            scan, slot, lambda: {"$ne": f"qa{scan.random.number()}"}, lambda: {"$eq": f"qa{scan.random.number()}"}
        )
        if not found:
            return None
        return self.finding(
            slot.place, f"answers follow an operator in the value ({comparison.listed(found[0])})", found[1], found[2]
        )

    def _by_name(self, scan: Scan, slot: Slot) -> Finding | None:
        parameter = slot.parameter
        asked = {one: replace(parameter, name=f"{parameter.name}[{one}]", required=True) for one in ("$ne", "$eq")}
        others = tuple(one for one in slot.operation.parameters if one != parameter)
        slots = {
            one: replace(slot, operation=replace(slot.operation, parameters=(*others, as_named)), parameter=as_named)
            for one, as_named in asked.items()
        }
        answers = [scan.sender.put(slots[one], f"qa{scan.random.number()}") for one in ("$ne", "$eq", "$ne", "$eq")]
        told = [_outline(answer) for answer in answers]
        if told[0] == told[2] and told[1] == told[3] and told[0] != told[1] and answers[0].ok:
            return self.finding(slot.place, "answers follow an operator in the parameter's name", answers[0], answers[1])
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

    # With a condition of another number each time, so that no two places are ever sent the same text.
    FORMS = (
        "{v})(!(cn=qa{n}))(objectClass={c}",
        "{v})(!(cn=qa{n}))(|(objectClass={c})",
        "{v})(!(cn=qa{n})))(|(objectClass={c}",
        "*)(!(cn=qa{n}))(objectClass={c}",
    )

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Compare a condition that always holds with one that never does."""
        for form in self.FORMS:

            def value(condition: str, form: str = form) -> str:
                return form.format(v=slot.value, c=condition, n=scan.random.number())

            # The same length either way: what limits lengths must not look like a condition.
            found = oracles.differential(scan, slot, lambda: value("*"), lambda: value("%"))
            if found:
                again = oracles.differential(scan, slot, lambda: value("*"), lambda: value(f"qa{scan.random.number()}"))
                plain = oracles.differential(scan, slot, lambda: "qa*", lambda: "qa%")
                if again and not plain:
                    told = f"answers follow a condition in the value ({comparison.listed(found[0])})"
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
                number = scan.random.number()
                return form.format(v=slot.value, c=f"count(/*)+{number}={number + (1 if holds else 2)}")

            found = oracles.differential(scan, slot, lambda: value(holds=True), lambda: value(holds=False))
            if found:
                told = f"answers follow an XPath condition in the value ({comparison.listed(found[0])})"
                return self.finding(slot.place, told, found[1], found[2])
        return None


def _outline(answer: Any) -> tuple[Any, ...]:
    told = comparison.leaves(answer)
    return tuple(sorted((place, value) for place, value in told.items()))
