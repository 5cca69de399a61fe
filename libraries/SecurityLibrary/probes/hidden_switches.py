"""Switches that no description names: parameters and headers by which answers show what was meant for developers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

PARAMETERS = (
    "debug", "_debug", "debugMode", "trace", "verbose", "dev", "test", "internal", "_internal", "admin", "isAdmin", "sudo", "raw",
    "explain", "profile", "profiler", "show_hidden", "showAll", "include_deleted", "unmask", "unredacted", "full", "details",
)  # fmt: skip
HEADERS = ("X-Debug", "X-Debug-Mode", "X-Trace", "X-Verbose", "X-Internal", "X-Dev-Mode", "X-Test-Mode", "X-Profile", "Debug")
VALUES = ("true", "1")
MADE_UP = tuple(f"qa{name[::-1].lower()}" for name in PARAMETERS)
MADE_UP_HEADERS = tuple(f"X-Qa{name[::-1].replace('-', '').lower()}" for name in HEADERS)
GRAVE = re.compile(
    r"(?i)passw|secret|token|_?hash|api_?key|private|credential|env(?:iron\w*)?$|config|settings|stack|trace|sql|quer(?:y|ies)"
)
TEXTS = re.compile(r"(?i)traceback \(most recent|\bselect\b.{1,200}\bfrom\b|(?:^|\n)[A-Z][A-Z_]{3,}=\S")


class HiddenSwitches(Probe):
    """An answer shows more where a request has a parameter or a header for developers."""

    id = "hidden-switches"
    title = "Hidden switches show more than is meant for callers"
    topic = "exposure"
    severity = Severity.MEDIUM
    cwe = 489
    owasp = ("A05:2021", "A02:2025", "API8:2023")
    tier = 2
    sends = (
        "parameters and headers that the description does not have, such as debug and X-Debug, with true and 1; all at once "
        "first, then each half that shows more"
    )
    oracle = (
        "the answer has names that it does not have otherwise, twice, and not for made-up parameters and headers: high where "
        "they are called as secrets, settings or statements"
    )
    bad = 'if request.query_params.get("debug"): body["settings"] = vars(settings)'
    good = "log.debug(...)  # and nothing in the answer"
    remediation = "Take switches for developers out of what is served, or guard them as administration."

    MOST = 20  # operations

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each operation that reads, as who may send it."""
        reading = [each for each in scan.plan.working(self.id, sample=True) if each.method == "GET" and not each.admin]
        if not reading:
            raise NotApplicableError("no operation reads")
        yield from scan.over_operations(self.id, reading[: self.MOST], lambda operation: self._at(scan, operation))

    def _at(self, scan: Scan, operation: ScanOperation) -> Iterator[Finding]:
        identity = scan.plan.identity_for(operation)
        controls = scan.plan.control(operation, identity)
        known = {each.name.lower() for each in operation.parameters}
        usual = frozenset().union(*map(_names, controls))

        def sent(names: tuple[str, ...], value: str) -> Exchange:
            query = urlencode({name: value for name in names if name not in HEADERS and name not in MADE_UP_HEADERS})
            headers = {name: value for name in names if name in HEADERS or name in MADE_UP_HEADERS}
            joined = f"{'&' if '?' in controls[0].path else '?'}{query}" if query else ""
            return scan.sender.request("GET", f"{controls[0].path}{joined}", identity, headers=headers)

        switches = tuple(name for name in (*PARAMETERS, *HEADERS) if name.lower() not in known)
        for value in VALUES:
            more = _names(sent(switches, value)) - usual
            scan.coverage.tried(self.id, str(operation))
            made_up = _names(sent((*MADE_UP, *MADE_UP_HEADERS), value)) if more else frozenset()
            if not more or made_up - usual:  # it repeats what it is sent, or changes by itself
                continue
            found = switches
            while len(found) > 1:
                half = found[: len(found) // 2]
                found = half if _names(sent(half, value)) & more else found[len(found) // 2 :]
            answers = [sent(found, value) for _ in range(2)]
            again = [sent((*MADE_UP, *MADE_UP_HEADERS), value), sent((), value)]
            revealed = frozenset.intersection(*map(_names, answers)) & more
            if revealed and not any(_names(answer) & revealed for answer in again):
                names = sorted(revealed)
                where = f"{operation} {'header' if found[0] in HEADERS else 'query'} {found[0]}"
                observed = f"with {found[0]}={value} it shows {comparison.listed(names)}, and not without"
                severity = Severity.HIGH if any(map(GRAVE.search, names)) else self.severity
                yield self.finding(where, observed, *answers, severity=severity)
                return


def _names(answer: Exchange) -> frozenset[str]:
    """The names that an answer has, as paths; of a text, what of it looks like the inside of a program."""
    if not answer.ok:
        return frozenset()
    if answer.body is None:
        return frozenset(match[0].strip()[:40] for match in TEXTS.finditer(answer.text))
    return frozenset(name for name in comparison.shape(answer) if not name.endswith(("/", "[]")))
