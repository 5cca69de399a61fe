"""Code injection: what is sent as a value becomes a part of a program in the language of the system."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import INJECTION
from SecurityLibrary.probes.base import InsertionPointProbe
from SecurityLibrary.proof import oracles
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange


class CodeInjection(InsertionPointProbe):
    """A value becomes a part of an expression in JavaScript or Python."""

    id = "code-injection"
    likely = re.compile(r"(?i)formula|expr|calc|rule|filter|condition|code|script|query")
    title = "Code injection"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 94
    owasp = INJECTION
    tier = 2
    needs_free_text = False  # what is no name of a field may be refused by the very program that it becomes a part of
    sends = (
        "expressions in JavaScript and Python that yield a product, and factors and conditions behind the good value that such "
        "an expression makes 1 or -1, true or false, where something is sorted, filtered or calculated"
    )
    oracle = (
        "the product comes back twice, for other numbers each; or what is answered follows the expression in three rounds of "
        "random order, and not a look-alike that no language computes"
    )
    bad = "items.sort((a, b) => new Function('item', `return item.${sort}`)(a) - ...)"
    good = "if (!COLUMNS.includes(sort)) refuse(); items.sort(by(sort))"
    remediation = "Look names up in a list; where formulas are meant, use a parser for arithmetic, never eval."

    NAMES = re.compile(
        r"(?i)sort|filter|where|formula|^expr|expression|calculat|condition|comput|column|criteria|predicate|metric"
        r"|(?:^|[_-])(?:order|order[_-]?by|ordering|eval|script|rules?|fields?|by|group|select|measure|function)$"
    )
    # A product in the language itself: what reads arithmetic alone, as a formula is meant to, computes none of them.
    PRODUCTS = (
        "parseInt('{a}')*{b}",
        "int('{a}')*{b}",
        "'+(parseInt('{a}')*{b})+'",
        '"+(parseInt("{a}")*{b})+"',
        "'+str(int('{a}')*{b})+'",
        '"+str(int("{a}")*{b})+"',
    )
    # Behind a good value: the length of a text, and a look-alike of it that no language knows.
    FACTORS = (("{v}*('{w}'.length-{n})", "{v}*('{w}'.qaqa-{n})"), ("{v}*(len('{w}')-{n})", "{v}*(qaqa('{w}')-{n})"))
    CONDITIONS = (
        ("({v})&&'{w}'.length=={n}", "({v})&&'{w}'.qaqa=={n}"),
        ("({v}) and len('{w}')=={n}", "({v}) and qaqa('{w}')=={n}"),
        ("{v}'&&'{w}'.length=={n}&&'1", "{v}'&&'{w}'.qaqa=={n}&&'1"),
        ("{v}' and len('{w}')=={n} and '1", "{v}' and qaqa('{w}')=={n} and '1"),
    )
    SHORTEST, LONGEST = 3, 9

    def applies(self, point: InsertionPoint) -> bool:
        """Texts by which something is sorted, filtered or calculated."""
        named = bool(self.NAMES.search(point.parameter.name.rpartition(".")[2]))
        return point.textual and named and point.parameter.location in ("query", "body")

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Try what comes back, then what decides."""
        for template in self.PRODUCTS:

            def payload(first: int, second: int, template: str = template) -> tuple[str, str]:
                return template.format(a=first, b=second), str(first * second)

            if found := oracles.computed(scan, point, payload):
                return self.finding(point.location, "a product in the language of a program is computed", *found)
        if point.operation.safe:
            _two_to_sort(scan, point)
        for forms, true, false in ((self.FACTORS, -1, 1), (self.CONDITIONS, 0, 1)):
            for form, lookalike in forms:
                followed = self._follows(scan, point, form, (true, false))
                if followed and not self._follows(scan, point, lookalike, (true, false)):
                    observed = f"the answer follows an expression in the value in 3 of 3 rounds, at {followed[0][0]}"
                    return self.finding(point.location, observed, followed[1], followed[2])
        return None

    def _follows(
        self, scan: Scan, point: InsertionPoint, form: str, off: tuple[int, int]
    ) -> tuple[list[str], Exchange, Exchange] | None:
        """Whether answers follow what an expression yields: by how much its number is ``off`` the length of its text."""

        def value(distance: int) -> str:
            text = "q" * scan.random.randint(self.SHORTEST, self.LONGEST)
            return form.format(v=point.value, w=text, n=len(text) + distance)

        return oracles.differential(scan, point, lambda: value(off[0]), lambda: value(off[1]))


def _two_to_sort(scan: Scan, point: InsertionPoint) -> None:
    """Make two objects that differ in their numbers, where the path makes any: an order shows only by what differs."""
    for operation in scan.plan.operations:
        numbers = [each for each in operation.parameters if each.location == "body" and each.kind in ("integer", "number")]
        makes = operation.method == "POST" and operation.route == point.operation.route and operation is not point.operation
        if not makes or not numbers or scan.plan.skip_reason(operation):
            continue
        identity = scan.plan.identity_for(operation)
        for more in (1, 2):
            with suppress(NotEvaluatedError):
                given = {each: _above(scan.sender.builder.good(operation, each, identity), more) for each in numbers}
                scan.sender.send(operation, identity, given)


def _above(value: object, more: int) -> object:
    return value + more if isinstance(value, int | float) and not isinstance(value, bool) else value
