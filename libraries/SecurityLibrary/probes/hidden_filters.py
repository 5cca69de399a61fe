"""Filters by properties that answers do not show: what is guessed letter by letter is read all the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description.protected_properties import find
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.objects.identifiers import identifiers_of
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

SECRET = ("password", "hash", "password_hash", "passwordHash", "secret", "api_key", "apiKey", "pin", "reset_token", "mfa_secret")
PRIVATE = ("email", "phone", "iban", "salary", "ssn", "birthday", "notes", "internal_notes")
OWNERS = ("user", "owner", "author", "account", "member", "customer", "created_by")
SIBLING = re.compile(r"(.*(?:\[|\.|__))\w+?((?:__\w+)?\]?)")
# How frameworks write a filter, of a name and of whose it is.
STYLES = (
    "{}",
    "{}__startswith",
    "{}__contains",
    "{}__like",
    "{}[startswith]",
    "{}[like]",
    "{}[contains]",
    "filter[{}]",
    "{}_like",
)
BELOW = ("{}__{}__startswith", "{}__{}", "{}.{}", "{}[{}]")


class HiddenFilters(Probe):
    """A list can be filtered by what it does not show."""

    id = "hidden-filters"
    title = "Lists are filtered by properties that they do not show"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 202
    owasp = (*ACCESS, "API3:2023")
    tier = 2
    sends = (
        "filters that the description does not have, by properties that are secret or private, of the objects and of their "
        "owners, as frameworks write them; all at once first, then each that changes the answer"
    )
    oracle = (
        "a list is empty for a value that nothing has, twice, and is not for a made-up property of the same form; the list "
        "itself does not show the property: medium where it is private and no secret"
    )
    bad = "Order.objects.filter(**request.query_params)"
    good = "Order.objects.filter(status=request.query_params.get('status', 'open'))"
    remediation = "Name the properties by which a list may be filtered and sorted; refuse or ignore all others."

    MOST_LISTS = 6

    def run(self, scan: Scan) -> Iterator[Finding]:
        """The first lists that hold something."""
        lists: list[tuple[ScanOperation, Identity | None, Exchange]] = []
        for operation in scan.plan.working(self.id, sample=True):
            identity = scan.plan.identity_for(operation)
            if operation.method != "GET" or operation.admin or len(lists) == self.MOST_LISTS:
                continue
            control = scan.plan.control(operation, identity)[0]
            if operation.path.rstrip("/").endswith("}") or len(identifiers_of(control.body)) < 1:
                continue
            lists.append((operation, identity, control))
        if not lists:
            raise NotApplicableError("no operation lists anything")
        for operation, identity, control in lists:
            with scan.apart(self.id, str(operation)):
                if found := self._at(scan, operation, identity, control):
                    yield found

    def _at(self, scan: Scan, operation: ScanOperation, identity: Identity | None, control: Exchange) -> Finding | None:
        described = {parameter.name for parameter in operation.parameters}
        every = [*_filters(), *_beside(described)]
        names = [(name, form) for name, form in every if form not in described and find(control.body, name) is None]

        def sent(*forms: str, value: str = "") -> Exchange:
            query = urlencode(dict.fromkeys(forms, value or f"qa-nothing-{scan.random.number()}"))
            return scan.sender.request("GET", f"{control.path}{'&' if '?' in control.path else '?'}{query}", identity)

        made_up = [sent(form.format("qa_nothing")) for form in STYLES[:3]]
        scan.coverage.tried(self.id, str(operation))
        at_once = sent(*(form for _, form in names))
        if not made_up[0].ok and not at_once.ok and made_up[0].status == at_once.status:
            suspected = names  # it refuses what it does not know: each has to be tried
        elif _as_usual(at_once, control):
            return None
        else:
            suspected = [(name, form) for name, form in names if not _as_usual(sent(form), control)]
        for name, form in suspected:
            answers = [sent(form) for _ in range(2)]
            if not all(answer.ok and not identifiers_of(answer.body) for answer in answers):
                continue
            beside = sent(form.replace(name, f"qa_{name[::-1]}"))
            if beside.ok and not _as_usual(beside, control):
                raise NotEvaluatedError("whatever is asked for changes the list")
            if _as_usual(sent(), control):
                observed = f"the list is empty for {form}=qa-nothing, and does not show {name}"
                severity = self.severity if name in SECRET else Severity.MEDIUM
                return self.finding(f"{operation} query {form}", observed, *answers, severity=severity)
        return None


def _filters() -> list[tuple[str, str]]:
    """Properties, and the queries that would filter by them."""
    own = [(name, style.format(name)) for name in SECRET for style in STYLES]
    own += [
        (name, style.format(name)) for name in PRIVATE for style in STYLES[1:]
    ]  # to look somebody up by all of it may be meant
    return own + [(name, style.format(owner, name)) for owner in OWNERS for name in ("password", "email") for style in BELOW]


def _beside(described: set[str]) -> list[tuple[str, str]]:
    """What stands beside filters of the description, such as ``filter[author.phone]`` beside ``filter[author.name]``."""
    forms = [match for name in described if (match := SIBLING.fullmatch(name))]
    return [(name, f"{form[1]}{name}{form[2]}") for form in forms for name in (*SECRET, *PRIVATE)]


def _as_usual(answer: Exchange, control: Exchange) -> bool:
    """Whether a list holds what it holds without a filter."""
    return answer.ok and bool(identifiers_of(answer.body) & identifiers_of(control.body))
