"""Injection into other queries: of document databases, directories and XML."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.description.operations import JSON
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import INJECTION
from SecurityLibrary.objects.identifiers import unknown_identifier
from SecurityLibrary.probes.base import InsertionPointProbe
from SecurityLibrary.proof import comparison, oracles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

LOOKING_UP = re.compile(r"(?i)/(?:check|verify|validate|look-?up|search|find|query|filter|preview|resolve|quote)[\w-]*/?$")


def _looks_up(operation: ScanOperation) -> bool:
    """Whether an operation changes nothing: with an operator it would change what belongs to somebody."""
    return operation.safe or bool(LOOKING_UP.search(operation.route))


class NoSqlInjection(InsertionPointProbe):
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
        "password of an identity; where something is changed, the operator $eq with what is one's own, and a made-up operator"
    )
    oracle = (
        "what is answered follows the operator in three rounds; or the identity gets in, twice, and with the other not; or what "
        "is changed by $eq is what the value itself changes, twice, and not with a made-up value or operator"
    )
    bad = 'users.find_one({"name": body["name"]})'
    good = 'users.find_one({"name": str(body["name"])})'
    remediation = "Check that a value is a text before it goes into a query; hand queries over with a schema."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """The sign-in first: there the name has to be right."""
        if scan.authenticator.operation and scan.authenticator.way.media == JSON:
            yield from self._at_sign_in(scan)
        yield from super().run(scan)

        def find_unknown(point: InsertionPoint) -> Finding | None:
            found = self.look(scan, point)  # where nothing is known that a look-up finds, an operator may find it
            if found:
                scan.coverage.tried(self.id, point.location)
            return found

        looking_up = [point for point in scan.plan.refused_points(self.applies) if _looks_up(point.operation)]
        yield from scan.side_by_side(self.id, looking_up, find_unknown, lambda point: point.location)

    def applies(self, point: InsertionPoint) -> bool:
        """Bodies and queries."""
        return point.parameter.kind == "string" and point.parameter.location in ("body", "query")

    def _at_sign_in(self, scan: Scan) -> Iterator[Finding]:
        identity = next(iter(scan.target.accounts), None)
        if identity is None:
            return
        scan.coverage.tried(self.id, f"{scan.authenticator.operation} as {identity.name}")
        for enters, refused in (("$ne", "$eq"), ("$gt", "$lt")):
            tries = [
                scan.sender.try_sign_in(identity.username, {operator: "" if operator in ("$gt", "$lt") else "qa"})
                for operator in (enters, refused, enters)
            ]
            if [bool(scan.authenticator.token_in(answer)) for answer in tries] == [True, False, True]:
                observed = (
                    f"an object with {enters} in place of the password signs '{identity.name}' in, one with {refused} does not"
                )
                yield self.finding(scan.authenticator.operation, observed, *tries[:2])
                return

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Compare what is unlike a made-up text with what is equal to it."""
        if point.parameter.location == "query":
            return self._by_name(scan, point)
        changes = not _looks_up(point.operation) and not graphql.reads(point.operation)
        if changes and (point.operation.method in ("PUT", "PATCH") or noun_of(point.operation, point.parameter)):
            return self._of_own(scan, point)  # what is unlike a text is all that others have
        found = oracles.differential(
            scan, point, lambda: {"$ne": f"qa{scan.random.number()}"}, lambda: {"$eq": f"qa{scan.random.number()}"}
        )
        if not found:
            return None
        return self.finding(
            point.location, f"answers follow an operator in the value ({comparison.listed(found[0])})", found[1], found[2]
        )

    def _of_own(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Where something is changed: whether an operator that finds the object of one's own alone is understood.

        It is answered as the value itself, twice; the same operator with a made-up value and one that there is not are not.
        """
        value = point.value
        if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
            return None
        plain = [comparison.leaves(scan.sender.put(point, value)) for _ in range(2)]
        mask = point.mask() | comparison.changing(plain)
        taken: list[Exchange] = []
        for _ in range(2):
            found = scan.sender.put(point, {"$eq": value})
            if not found.ok or comparison.differ(plain[0], comparison.leaves(found), mask):
                return None
            for other in ({"$eq": unknown_identifier(value)}, {f"$qa{scan.random.number()}": value}):
                answer = scan.sender.put(point, other)
                if answer.ok and not comparison.differ(plain[0], comparison.leaves(answer), mask):
                    return None
            taken.append(found)
        return self.finding(point.location, "an operator in place of the value finds what the value finds", *taken)

    def _by_name(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        parameter = point.parameter
        renamed = {
            operator: replace(parameter, name=f"{parameter.name}[{operator}]", required=True) for operator in ("$ne", "$eq")
        }
        others = tuple(candidate for candidate in point.operation.parameters if candidate != parameter)
        points = {
            operator: replace(point, operation=replace(point.operation, parameters=(*others, as_named)), parameter=as_named)
            for operator, as_named in renamed.items()
        }
        answers = [scan.sender.put(points[operator], f"qa{scan.random.number()}") for operator in ("$ne", "$eq", "$ne", "$eq")]
        outlines = [_outline(answer) for answer in answers]
        if outlines[0] == outlines[2] and outlines[1] == outlines[3] and outlines[0] != outlines[1] and answers[0].ok:
            return self.finding(point.location, "answers follow an operator in the parameter's name", answers[0], answers[1])
        return None


class LdapInjection(InsertionPointProbe):
    """A value becomes a part of an LDAP filter."""

    id = "ldap-injection"
    likely = re.compile(r"(?i)user|name|uid|cn|mail|search|filter|group|dn")
    title = "LDAP injection"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 90
    owasp = INJECTION
    tier = 2
    sends = "brackets that close the filter and add a condition that holds for all entries, or for none"
    oracle = "answers follow the condition in three rounds"
    bad = 'search(f"(&(uid={name})(active=1))")'
    good = 'search(filter_format("(&(uid=%s)(active=1))", [name]))'
    remediation = "Escape values for LDAP filters with the library's own function."

    # With a condition of another number each time, so that no two places are ever sent the same text.
    FORMS = (
        "{v})(!(cn=qa{n}))(objectClass={c}",
        "{v})(!(cn=qa{n}))(|(objectClass={c})",
        "{v})(!(cn=qa{n})))(|(objectClass={c}",
        "*)(!(cn=qa{n}))(objectClass={c}",
    )

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Compare a condition that always holds with one that never does."""
        for form in self.FORMS:

            def value(condition: str, form: str = form) -> str:
                return form.format(v=point.value, c=condition, n=scan.random.number())

            # The same length either way: what limits lengths must not look like a condition.
            found = oracles.differential(scan, point, lambda: value("*"), lambda: value("%"))
            if found:
                again = oracles.differential(scan, point, lambda: value("*"), lambda: value(f"qa{scan.random.number()}"))
                plain = oracles.differential(scan, point, lambda: "qa*", lambda: "qa%")
                if again and not plain:
                    observed = f"answers follow a condition in the value ({comparison.listed(found[0])})"
                    return self.finding(point.location, observed, found[1], found[2])
        return None


class XpathInjection(InsertionPointProbe):
    """A value becomes a part of an XPath expression."""

    id = "xpath-injection"
    likely = re.compile(r"(?i)name|query|search|term|user|node|path|^q$")
    title = "XPath injection"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 643
    owasp = INJECTION
    tier = 2
    sends = "conditions with count(), which XPath has and SQL has otherwise, that hold or do not"
    oracle = "answers follow the condition in three rounds"
    bad = "tree.xpath(f\"//user[name='{name}']\")"
    good = 'tree.xpath("//user[name=$name]", name=name)'
    remediation = "Pass values as variables of the expression."

    FORMS = (
        "{v}' and {c} and '1'='1",
        "{v}') and {c} and ('1'='1",  # in the call of a function, such as contains()
        "{v}' or {c} or '1'='2",
        '{v}" and {c} and "1"="1',
        '{v}") and {c} and ("1"="1',
        "{v} and {c}",
    )

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Compare a condition that holds for every document with one that holds for none."""
        for form in self.FORMS:

            def value(*, holds: bool, form: str = form) -> str:
                number = scan.random.number()
                return form.format(v=point.value, c=f"count(/*)+{number}={number + (1 if holds else 2)}")

            found = oracles.differential(scan, point, lambda: value(holds=True), lambda: value(holds=False))
            if found:
                observed = f"answers follow an XPath condition in the value ({comparison.listed(found[0])})"
                return self.finding(point.location, observed, found[1], found[2])
        return None


def _outline(answer: Any) -> tuple[Any, ...]:
    leaves = comparison.leaves(answer)
    return tuple(sorted((location, value) for location, value in leaves.items()))
