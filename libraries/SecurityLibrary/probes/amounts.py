"""Amounts and numbers of pieces below zero, which turn a business upside down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary.authorization import moved_totals
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description import graphql
from SecurityLibrary.discovery import page_amounts, pages_after
from SecurityLibrary.discovery.pages import PAGES
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.objects.identifiers import scalars
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import effects
from SecurityLibrary.sending.pacing import INVALID
from SecurityLibrary.values.amount_names import MONEY, PIECES
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

SPENT = (402, 409)  # where there is too little of what would pay
MOVING = re.compile(
    r"(?i)transfer|pay|order|withdraw|deposit|donat|charge|purchase|cart|basket|book|reserv|bid|invoice|checkout|top-?up|gift|buy|sell|send|wallet|spend"
)


# Nobody moves less than nothing, whatever the document allows.
NEVER_BELOW = re.compile(r"(?i)[/#_-](?:transfer|pay|payment|donat\w*|withdraw\w*|purchase|gift|top-?up|tip|bid)s?(?=/|$|[-_])")
# Where less than nothing is meant: what corrects, and what keeps books.
CORRECTING = re.compile(
    r"(?i)adjust|correct|movement|delta|change|stock|inventor|ledger|entr(?:y|ies)|transaction|journal|refund"
)


# Numbers that name, place or date something.
COUNTS_NOTHING = re.compile(
    r"(?i)(?:^|[._]|\])(?:\w*id|number|no|key|page|limit|offset|size|year|month|day|hour|minute|lat|lon|zip|postcode|phone|version"
    r"|port|age|floor|room|table|position|index|rank|rating|stars|timeout|retries)$|[a-z](?:Id|ID|Number|No)$"
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
        "of it, or an amount that follows them, up where it goes down usually, in the answer, on the page to which a form leads, "
        "or as another operation reads it; low where nothing shows it; what is moved is moved back by the same number above zero"
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
        named = _named(operation, parameter) or stated or _adds_up(operation, parameter) or _may_move(operation, parameter)
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
        sent = self._sent_below_zero(scan, operation, parameter, identity, refused)
        if sent is None:
            scan.coverage.tried(self.id, f"{operation} {parameter}")
            return None
        taken, below, following = sent
        scan.coverage.tried(self.id, f"{operation} {parameter}")
        least = parameter.schema.get("minimum", parameter.schema.get("exclusiveMinimum"))
        beyond = isinstance(least, int | float) and least >= 0
        on_page = taken[-1].media in PAGES  # a form, which is answered by a page where it is refused, too
        usually = pages_after.of(scan, operation, identity, scan.sender.send(operation, identity)) if on_page else control
        seen = (all(below) and not (usually and _below_zero(usually))) or _turned(following)
        if on_page and not seen:
            return None
        observed = f"{parameter.name} = -1 and -2 are taken{', a number above zero is not' if refused else ''}"
        if not _named(operation, parameter) and not beyond and not _adds_up(operation, parameter):
            follows = moved_totals.moved(scan, operation, parameter, identity)  # all that can show it, whatever it is called
            if not follows:
                return None
            seen, observed = True, f"{observed}, and {follows} goes the other way"
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

    @staticmethod
    def _sent_below_zero(
        scan: Scan,
        operation: ScanOperation,
        parameter: InsertableParameter,
        identity: Identity | None,
        refused: NotEvaluatedError | None,
    ) -> tuple[list[Exchange], list[bool], list[dict[str, float]]] | None:
        """The answers to -1 and -2, whether each shows a number below zero, and the numbers after each and after its return.

        None where they are refused.
        """
        taken: list[Exchange] = []
        below: list[bool] = []
        following: list[dict[str, float]] = []  # the numbers of each answer, of what goes and of what comes back
        for number in (-1, -2):
            answer = scan.sender.send(operation, identity, {parameter: number})
            page = pages_after.of(scan, operation, identity, answer) if effects.done(answer) else answer
            if not page.ok and refused:
                raise refused
            if not page.ok:
                if answer.outcome not in INVALID and answer.outcome < 400:  # noqa: PLR2004  # a redirect may be a page of errors
                    raise NotEvaluatedError(f"{number} was answered {answer.status}")
                return None
            if operation.method == "POST" and answer.status != 201:  # noqa: PLR2004  # what was made is removed at the end
                with scan.sender.traces.putting_back():
                    back = scan.sender.send(operation, identity, {parameter: -number})
                following += [_numbers(page), _numbers(pages_after.of(scan, operation, identity, back))]
            taken += [answer] if page is answer else [answer, page]
            below.append(_below_zero(page, number))
        return taken, below, following


def _named(operation: ScanOperation, parameter: InsertableParameter) -> bool:
    """Whether a number is one of pieces, or an amount of what moves money, by its name."""
    return bool(PIECES.search(parameter.name) or (MONEY.search(parameter.name) and MOVING.search(operation.path)))


def _may_move(operation: ScanOperation, parameter: InsertableParameter) -> bool:
    """Whether a whole number, whatever it is called, is part of what moves money: only what follows it shows that."""
    whole = parameter.kind == "integer" and not operation.takes_form
    return whole and bool(MOVING.search(operation.path)) and not COUNTS_NOTHING.search(parameter.name)


def _adds_up(operation: ScanOperation, parameter: InsertableParameter) -> bool:
    """Whether a number is an amount, by its name, that adds up with others to what somebody gets."""
    return bool(MONEY.search(parameter.name)) and moved_totals.adds_up(operation, parameter)


def _numbers(answer: Exchange) -> dict[str, float]:
    """The numbers of an answer, by their places, or those of a page by their names."""
    return moved_totals.numbers(answer) | (page_amounts.of(answer) if answer.ok else {})


def _turned(following: list[dict[str, float]]) -> bool:
    """Whether a number follows -1, 1 and -2 by those steps, up where it goes down usually: nobody else moves it so."""
    if len(following) != 4:  # noqa: PLR2004  # -1 and 1, -2 and 2
        return False
    first, back, second, last = following
    return any(
        (step := back[place] - first[place]) and second[place] - back[place] == -2 * step and last[place] == back[place]
        for place in first.keys() & back.keys() & second.keys() & last.keys()
    )


def _below_zero(answer: Exchange, sent: float = 0) -> bool:
    """Whether an answer holds a number below zero; a page another one than was sent, which a refusal may repeat."""
    values = (*scalars(answer.body), *(value for value in page_amounts.of(answer).values() if value != sent))
    return any(isinstance(value, int | float) and value < 0 for value in values)
