"""Amounts and numbers of pieces below zero, which turn a business upside down."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary import graphql, moved_totals
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings import Severity
from SecurityLibrary.objects import scalars
from SecurityLibrary.pacing import INVALID
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

PIECES = re.compile(
    r"(?i)(?:^|[._]|\])(?:quantity|qty|count|units?|pieces|seats?|tickets|nights|guests|persons|people|hours|days|copies|items|km|kilomet(?:er|re)s?|miles|mileage|distance|odometer"
    r"|weight|lit(?:er|re)s|portions|servings|minutes)$"
    r"|(?-i:[a-z](?:Quantity|Qty|Count)$)"
)
MONEY = re.compile(
    r"(?i)(?:^|[._]|\])(?:amount|price|total|sum|payment|fee|fare|bid|deposit|tip|cents|points|credits)$|(?-i:[a-z](?:Amount|Price)$)"
)
SPENT = (402, 409)  # where there is too little of what would pay
MOVING = re.compile(
    r"(?i)transfer|pay|order|withdraw|deposit|donat|charge|purchase|cart|basket|book|reserv|bid|invoice|checkout|top-?up|gift|buy|sell"
)


# Nobody moves less than nothing, whatever the document allows.
NEVER_BELOW = re.compile(r"(?i)[/#_-](?:transfer|pay|payment|donat\w*|withdraw\w*|purchase|gift|top-?up|tip|bid)s?(?=/|$|[-_])")
# Where less than nothing is meant: what corrects, and what keeps books.
CORRECTING = re.compile(
    r"(?i)adjust|correct|movement|delta|change|stock|inventor|ledger|entr(?:y|ies)|transaction|journal|refund"
)


class NegativeAmount(Probe):
    """A number below zero is taken where none can be meant."""

    id = "negative-amount"
    tier = 2
    title = "Negative amounts are taken"
    topic = "api"
    severity = Severity.MEDIUM
    cwe = 840
    owasp = ("A04:2021", "A06:2025", "API6:2023")
    changes = True
    sends = (
        "small numbers below zero as quantities and prices, as amounts of what pays, transfers, orders or books, and wherever "
        "the document states a minimum that is not below zero; also in the items of lists and of what is spent"
    )
    oracle = (
        "they are taken, twice, as a number above zero is, and the answer holds the number below zero or one that is calculated "
        "of it, or an amount that follows them, up where it goes down usually, in the answer or as another operation reads it; "
        "low where nothing shows it; what is moved is moved back by the same number above zero"
    )
    bad = "balance[source] -= amount; balance[target] += amount"
    good = "amount: Annotated[int, Field(gt=0)]"
    remediation = "Refuse amounts and quantities below the least that makes sense, in the model and again where they are used."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each number of pieces, and each amount of what moves money."""
        places = [
            (operation, parameter)
            for operation in scan.plan.operations
            if operation.method in ("POST", "PUT", "PATCH") and not operation.admin and not graphql.reads(operation)
            for parameter in operation.parameters
            if self._counts(operation, parameter)
        ]
        if not places:
            raise NotApplicableError("no operation takes an amount or a number of pieces")
        for operation, parameter in places:
            with scan.apart(self.id, f"{operation} {parameter}"):
                if found := self._look(scan, operation, parameter):
                    yield found

    @staticmethod
    def _counts(operation: ScanOperation, parameter: InsertableParameter) -> bool:
        example = parameter.schema.get("example")
        number = parameter.kind in ("integer", "number") or (operation.takes_form and str(example).isdigit())
        least = parameter.schema.get("minimum", parameter.schema.get("exclusiveMinimum"))
        stated = isinstance(least, int | float) and not isinstance(least, bool) and least >= 0
        named = _named(operation, parameter) or stated or _adds_up(operation, parameter)
        allowed = isinstance(least, int | float) and least < 0 and not NEVER_BELOW.search(operation.route)
        meant = (CORRECTING.search(operation.path) and not stated) or allowed
        return parameter.location == "body" and number and bool(named) and not meant

    def _look(self, scan: Scan, operation: ScanOperation, parameter: InsertableParameter) -> Finding | None:
        identity = scan.plan.identity_for(operation)
        control, refused = None, None
        try:
            control = scan.plan.control(operation, identity, parameter)[0]
        except NotEvaluatedError as error:
            if not scan.plan.answered_with(str(error), SPENT):
                raise
            refused = error  # what may be spent is spent: below zero nothing would be
        taken: list[Exchange] = []
        below = []
        following: list[dict[str, float]] = []  # the numbers of each answer, of what goes and of what comes back
        for number in (-1, -2):
            answer = scan.sender.send(operation, identity, {parameter: number})
            if not answer.ok and refused:
                raise refused
            if not answer.ok:
                if answer.status not in INVALID and answer.status < 400:  # noqa: PLR2004  # a redirect may be a page of errors
                    raise NotEvaluatedError(f"{number} was answered {answer.status}")
                scan.coverage.tried(self.id, f"{operation} {parameter}")
                return None
            if operation.method == "POST" and answer.status != 201:  # noqa: PLR2004  # what was made is removed at the end
                with scan.sender.traces.putting_back():
                    back = scan.sender.send(operation, identity, {parameter: -number})
                following += [_numbers(answer), _numbers(back)]
            taken.append(answer)
            below.append(_below_zero(answer.body))
        scan.coverage.tried(self.id, f"{operation} {parameter}")
        least = parameter.schema.get("minimum", parameter.schema.get("exclusiveMinimum"))
        beyond = isinstance(least, int | float) and least >= 0
        seen = (all(below) and not (control and _below_zero(control.body))) or _turned(following)
        observed = f"{parameter.name} = -1 and -2 are taken{', a number above zero is not' if refused else ''}"
        if _adds_up(operation, parameter):
            usual = control is not None and moved_totals.derived(control, parameter)
            other = all(moved_totals.derived(answer, parameter) for answer in taken) and not usual
            follows = moved_totals.moved(scan, operation, parameter, identity)
            if not other and not follows and not _named(operation, parameter) and not beyond:
                return None
            seen, observed = seen or bool(follows), observed + (f", and {follows} goes the other way" if follows else "")
        observed += "" if seen else ", and no answer shows what becomes of them"
        severity = self.severity if seen or (beyond and _named(operation, parameter)) else Severity.LOW
        return self.finding(f"{operation} {parameter}", observed, *taken, severity=severity)


def _named(operation: ScanOperation, parameter: InsertableParameter) -> bool:
    """Whether a number is one of pieces, or an amount of what moves money, by its name."""
    return bool(PIECES.search(parameter.name) or (MONEY.search(parameter.name) and MOVING.search(operation.path)))


def _adds_up(operation: ScanOperation, parameter: InsertableParameter) -> bool:
    """Whether a number is an amount, by its name, that adds up with others to what somebody gets."""
    return bool(MONEY.search(parameter.name)) and moved_totals.adds_up(operation, parameter)


def _numbers(answer: Exchange) -> dict[str, float]:
    """The numbers of an answer, by their places."""
    leaves = pointers.leaves(answer.body) if answer.ok else []
    return {name: value for name, value in leaves if isinstance(value, int | float) and not isinstance(value, bool)}


def _turned(following: list[dict[str, float]]) -> bool:
    """Whether a number follows -1, 1 and -2 by those steps, up where it goes down usually: nobody else moves it so."""
    if len(following) != 4:  # noqa: PLR2004  # -1 and 1, -2 and 2
        return False
    first, back, second, last = following
    return any(
        (step := back[place] - first[place]) and second[place] - back[place] == -2 * step and last[place] == back[place]
        for place in first.keys() & back.keys() & second.keys() & last.keys()
    )


def _below_zero(body: Any) -> bool:
    """Whether an answer holds a number below zero."""
    return any(isinstance(value, int | float) and value < 0 for value in scalars(body))
