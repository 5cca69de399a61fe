"""How an API behaves at its edges: methods, errors, forgotten operations, answers that are not as documented."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

from SecurityLibrary.authorization import method_overrides
from SecurityLibrary.description import graphql
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import MISCONFIGURATION
from SecurityLibrary.identities.accounts import own_account
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.probes.base import InsertionPointProbe, Probe
from SecurityLibrary.proof import comparison
from SecurityLibrary.sending.answers import SERVER_ERROR
from SecurityLibrary.sending.pacing import INVALID, TOO_MANY
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

NOT_IMPLEMENTED = 501
DIGITS = 22  # more than 64 bits hold, and few enough for expressions that backtrack: those are tried last, by redos
TRACES = re.compile(
    r"Traceback \(most recent call last\)|File \\?\"[^\"]+\.py\\?\", line \d+|\bat [\w.$<>]+\([\w]+\.java:\d+\)|"
    r"\bat .{1,120} in .{1,200}:line \d+|\bat .{1,80} \((?:/|[A-Z]:\\|node:|file:)[^)]*:\d+:\d+\)|goroutine \d+ \[running\]|"
    r"(?:Fatal error|Warning|Notice): .{1,200} in .{1,200}\.php on line \d+|panicked at .{1,100}\.rs:\d+|"
    r"\.rb:\d+:in [`']|<title>Werkzeug Debugger|django\.core\.|System\.\w+Exception:"
)


class Methods(Probe):
    """A method that the document does not have is served."""

    id = "methods"
    title = "Undocumented method is served"
    topic = "api"
    severity = Severity.MEDIUM
    cwe = 749
    owasp = (*MISCONFIGURATION, "API9:2023")
    sends = (
        "TRACE on each path; methods that GET, HEAD and OPTIONS leave out, on objects that the scan made for that; PUT and PATCH "
        "elsewhere, with broken JSON; a GET that names another method in a header, and a POST that names GET; a POST that names, "
        "in a header, a query or a form, the method by which its sender is refused"
    )
    oracle = (
        "TRACE repeats what was sent, twice; the other method is answered 2xx on an object of the scan's own, or refuses "
        "the broken JSON as invalid, twice, and not for any path; or a GET is refused for a made-up method in a header, twice, "
        "and served with the same in a header of another name; or a POST is served as the GET that the header names; or a POST "
        "does what the method that it names refuses, to two objects, as their owner sees, and not by a header of another name"
    )
    bad = '@app.route("/orders", methods=["GET", "POST", "PUT", "DELETE", "TRACE"])'
    good = '@router.get("/orders")'
    remediation = "Serve the documented methods only; switch TRACE and method overrides off."

    OVERRIDES = method_overrides.HEADERS
    BROKEN = b'{"qa":'

    def run(self, scan: Scan) -> Iterator[Finding]:
        """TRACE everywhere; the others only where changes are allowed."""
        methods: dict[str, set[str]] = {}
        for operation in scan.target.operations:
            methods.setdefault(operation.path, set()).add(operation.method)
        yield from scan.over_operations(self.id, scan.plan.working(self.id), partial(self._at, scan, methods))
        refusing = [each for each in scan.plan.operations if not scan.plan.skip_reason(each) and scan.allow_changes]
        yield from scan.over_operations(self.id, refusing, partial(self._performed, scan))

    def _performed(self, scan: Scan, operation: ScanOperation) -> Iterator[Finding]:
        """What is refused by its method, done by a POST that names it."""
        if done := method_overrides.performed(scan, operation):
            yield self.finding(str(operation), done[0], *done[1], severity=Severity.HIGH)

    def _at(self, scan: Scan, methods: dict[str, set[str]], operation: ScanOperation) -> Iterator[Finding]:
        """TRACE at an operation; the others only where changes are allowed."""
        if operation.disruptive or operation.method != "GET":
            return
        identity = scan.plan.identity_for(operation)
        control = scan.plan.control(operation, identity)[0]
        scan.coverage.tried(self.id, str(operation))
        marks = [f"qa{scan.random.number()}" for _ in range(2)]
        traced = [scan.sender.request("TRACE", control.path, identity, headers={"X-Qa": mark}) for mark in marks]
        if all(answer.ok and mark in answer.text for answer, mark in zip(traced, marks, strict=True)):
            yield self.finding(str(operation), "TRACE repeats the request with its headers", traced[0])
        found = self._overridden(scan, operation, control, identity)
        if found is None and scan.allow_changes and "POST" not in methods[operation.path]:
            found = self._posted(scan, operation, control, identity)
        if found:
            yield found
        if scan.allow_changes:
            others = [method for method in ("PUT", "PATCH", "DELETE") if method not in methods[operation.path]]
            yield from self._undocumented(scan, operation, control, identity, others)

    def _undocumented(
        self, scan: Scan, operation: ScanOperation, control: Exchange, identity: Identity | None, others: list[str]
    ) -> Iterator[Finding]:
        """Other methods: they never meet an object that there was before."""
        named = operation.last if operation.path.rstrip("/").endswith("}") else None
        for method in others:
            location = f"{method} {operation.path}"
            before = control.path.partition("?")[0].rstrip("/").rpartition("/")[0]
            own = scan.objects.identifier(operation, named, identity, fresh=True) if named else None
            if own is None and method == "DELETE":
                scan.coverage.skip(self.id, location, "no object of the scan's own could be removed by it")
                continue
            nowhere = f"/qa-nowhere-{scan.random.number()}"
            twice: list[Exchange] = []
            if own is not None:
                while own is not None and len(twice) < 2 and all(answer.ok for answer in twice):  # noqa: PLR2004  # twice
                    twice.append(scan.sender.request(method, f"{before}/{quote(str(own), safe='')}", identity))
                    own = scan.objects.identifier(operation, named, identity, fresh=True) if named and twice[-1].ok else None
                served = len(twice) > 1 and all(answer.ok for answer in twice)
                served = served and not scan.sender.request(method, nowhere, identity).ok
            else:
                json: dict[str, Any] = {"headers": {"Content-Type": "application/json"}, "body": self.BROKEN}
                while len(twice) < 2 and all(map(_taken, twice)):  # noqa: PLR2004  # as above
                    twice.append(scan.sender.request(method, control.path, identity, **json))
                served = all(map(_taken, twice))
                served = served and scan.sender.request(method, nowhere, identity, **json).status != twice[0].status
            scan.coverage.tried(self.id, location)
            if served:
                yield self.finding(location, f"an undocumented method is served: {twice[0].status}", *twice)

    def _overridden(self, scan: Scan, operation: ScanOperation, control: Exchange, identity: Identity | None) -> Finding | None:
        """A made-up method does no harm: it is refused where the header counts."""
        if not control.ok:
            return None
        for header in self.OVERRIDES:
            sent = self._answered(scan, ("GET", control.path, identity), (header, "QAQA"), (False, True, False, True))
            if sent and sent[0].status not in (TOO_MANY, 0):
                return self.finding(f"GET {operation.path}", f"the header {header} overrides the method", *sent[:2])
        return None

    def _posted(self, scan: Scan, operation: ScanOperation, control: Exchange, identity: Identity | None) -> Finding | None:
        """A POST that says it is a GET is answered as one: then it may say that it is a DELETE."""
        for header in self.OVERRIDES:
            sent = self._answered(scan, ("POST", control.path, identity), (header, "GET"), (True, False, True, False))
            if sent and all(comparison.same_kind(answer, control) for answer in sent[::2]):
                return self.finding(f"POST {operation.path}", f"the header {header} overrides the method", *sent[:2])
        return None

    @staticmethod
    def _answered(
        scan: Scan, request: tuple[str, str, Identity | None], header: tuple[str, str], expected: tuple[bool, ...]
    ) -> list[Exchange]:
        """The answers with a header and with a made-up one by turns; empty as soon as one is no success, or is, unexpectedly."""
        (method, path, identity), (name, value) = request, header
        sent: list[Exchange] = []
        for number, ok in enumerate(expected):
            sent.append(scan.sender.request(method, path, identity, headers={"X-Qa" if number % 2 else name: value}))
            if sent[-1].ok != ok:
                return []
        return sent


def _taken(answer: Exchange) -> bool:
    """Whether a method is served: it does something, or looks at what was sent."""
    return answer.ok or answer.status in INVALID


class ServerErrors(Probe):
    """Something that was sent makes the server fail."""

    id = "server-error"
    title = "Server errors on invalid input"
    topic = "api"
    severity = Severity.LOW
    cwe = 755
    owasp = ("A10:2025", "A04:2021")
    sends = "what the other probes send, broken JSON, wrong types, null bytes, and words that objects inherit, as constructor"
    oracle = (
        "an answer is 5xx; all places are one finding; another one where an inherited word fails, twice, and other words do not"
    )
    bad = 'count = int(request.json["count"])'
    good = "count: int  # of a model that refuses what is none"
    remediation = "Validate all input; answer 4xx for what is wrong with it, and look for the cause of each 5xx."

    BODIES = (b'{"a":', b"[]", b"null", b'"text"', b"\xff\xfe")
    VALUES: tuple[object, ...] = ("\x00", "\ud7ff𝕢🏴", -1, 10**30, "NaN", {"a": {"b": []}}, [[[]]], None)
    # What every object inherits in JavaScript, or is made by: a table that is looked up in without care has it.
    INHERITED = ("constructor", "__proto__", "toString", "hasOwnProperty")
    KEYS = ("constructor", "__proto__")  # not those that a stored object would be shown by
    ODD = (b'{"a":1e999}', b'{"\\u0000":"\\u0000"}')  # what stores any property may never show it again

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Send malformed bodies and texts; then tell of all that failed, of whatever probe."""
        working = scan.plan.working(self.id)
        for operation in working:
            with scan.apart(self.id, str(operation)):
                identity = scan.plan.identity_for(operation)
                scan.coverage.tried(self.id, str(operation))
                if operation.takes_json:
                    own = own_account(scan, operation)
                    needed = own is None and not operation.safe and ABOUT_ONESELF.search(operation.path)
                    for body in self.BODIES if needed else (*self.BODIES, *self.ODD):
                        scan.sender.send(operation, own or identity, body=body)
                    if not needed and isinstance(operation.body, dict):
                        scan.sender.send(operation, own or identity, extra=dict.fromkeys(self.KEYS, "qa"))
        points = scan.plan.insertion_points(self.id)
        for _ in scan.side_by_side(self.id, points, partial(self._odd, scan), lambda point: point.location):
            pass  # what fails is known to the sender
        textual = scan.plan.insertion_points(self.id, lambda point: point.parameter.kind == "string")
        yield from scan.side_by_side(self.id, textual, partial(self._inherited, scan), lambda point: point.location)
        everything = {str(operation) for operation in working}
        errors = scan.sender.answers.server_errors
        failing = {location: answer for location, answer in errors.items() if location in everything}
        always = {location: answer for location, answer in errors.items() if location not in everything}
        if scan.target.system.embedded:  # it says so of a format that this installation lacks an extra for: that is skipped above
            always = {location: answer for location, answer in always.items() if answer.status != NOT_IMPLEMENTED}
        if failing:
            observed = f"answers of {', '.join(sorted({str(answer.status) for answer in failing.values()}))} to invalid input"
            yield self.finding(sorted(failing), observed, *list(failing.values())[:3])
        if always:
            observed = f"{len(always)} operations answer 5xx to valid requests"
            yield self.finding(sorted(always), observed, *list(always.values())[:2], severity=Severity.MEDIUM)

    def _odd(self, scan: Scan, point: InsertionPoint) -> None:
        """Send values of wrong types and forms to an insertion point."""
        with scan.apart(self.id, point.location), scan.sender.answers.counting() as answers:
            for value in self.VALUES:
                if point.parameter.location == "body" or isinstance(value, str | int):
                    scan.sender.send(point.operation, point.identity, {point.parameter: value})
            if answers[False] > answers[True]:
                raise NotEvaluatedError(f"{answers[False]} of {answers.total()} requests were not answered")

    def _inherited(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """A word that objects inherit makes the server fail, where no other word does."""
        with scan.apart(self.id, point.location):
            if scan.sender.put(point, f"qa{scan.random.number()}").status >= SERVER_ERROR:
                return None
            for word in self.INHERITED:
                failed = [scan.sender.put(point, word)]
                if failed[0].status < SERVER_ERROR:
                    continue
                failed.append(scan.sender.put(point, word))
                other = scan.sender.put(point, f"qa{scan.random.number()}")
                if failed[1].status >= SERVER_ERROR > other.status:
                    observed = f"'{word}' is answered {failed[0].status}, and another word {other.status}"
                    return self.finding(point.location, observed, *failed)
        return None


class StackTrace(InsertionPointProbe):
    """An error tells of the inside: traces, files, lines."""

    id = "stack-trace"
    title = "Errors disclose internals"
    topic = "api"
    severity = Severity.MEDIUM
    cwe = 209
    owasp = (*MISCONFIGURATION, "A10:2025")
    sends = "values of wrong types and forms, and broken JSON"
    oracle = "an answer holds a stack trace that the control does not hold, twice"
    bad = 'return JSONResponse({"details": traceback.format_exc()}, 500)'
    good = 'log.exception(...); return JSONResponse({"request_id": request_id}, 500)'
    remediation = "Log traces, and answer with an identifier to find them by."

    def applies(self, point: InsertionPoint) -> bool:
        """Everything."""
        return point.parameter.location in ("path", "query", "body", "header")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each insertion point, even one that refuses texts; then broken bodies, and what all probes have seen."""
        points = self.ordered(scan, scan.plan.insertion_points(self.id))
        yield from scan.over_insertion_points(self.id, points, self.look, free_text=False)
        for operation in scan.plan.working(self.id):
            with scan.apart(self.id, str(operation)):
                if operation.takes_json:
                    twice = [
                        scan.sender.send(operation, scan.plan.identity_for(operation), body=body)
                        for body in (b'{"a":', b"[1", b"\xff")
                    ]
                    if sum(bool(TRACES.search(answer.text)) for answer in twice) > 1:
                        yield self.finding(str(operation), "a stack trace in the answer to broken JSON", twice[0])
        yield from self._in_queries(scan)
        for location, exchange in list(scan.sender.answers.exchanges):
            if exchange.outcome >= 400 and (match := TRACES.search(exchange.text)):  # noqa: PLR2004  # errors
                yield self.finding(location, f"an error holds '{match[0][:60]}'", exchange)

    def _in_queries(self, scan: Scan) -> Iterator[Finding]:
        """Queries of GraphQL that are none: broken, with a field that there is not, and with a variable of another type."""
        for location, operation in graphql.endpoints(scan.plan.operations).items():
            with scan.apart(self.id, location):
                name = f"qa{scan.random.number()}"
                answers = [
                    scan.sender.send(operation, scan.plan.identity_for(operation), body=json.dumps(body).encode())
                    for body in (
                        {"query": f"{{{name}"},
                        {"query": f"{{{name}}}"},
                        {"query": "query($qa: Int!) {__typename @include(if: $qa)}", "variables": {"qa": name}},
                    )
                ]
                if all(answer.status in (0, 401, 403) for answer in answers):
                    raise NotEvaluatedError(f"queries were answered {answers[0].status}")
                scan.coverage.tried(self.id, location)
                if telling := [answer for answer in answers if TRACES.search(answer.text)]:
                    yield self.finding(location, "a stack trace in the answer to a query that is none", *telling[:2])

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Send what is of another kind."""
        values: list[object] = ["qa[]'\"\\", "-1e999", {"qa": [1]}, "\x00", 10**DIGITS, "0" * DIGITS]
        if point.parameter.location != "body":
            values = [value for value in values if not isinstance(value, dict)]
        for value in values:
            answer = scan.sender.put(point, value)
            if (
                TRACES.search(answer.text)
                and not TRACES.search(point.controls[0].text)
                and TRACES.search(scan.sender.put(point, value).text)
            ):
                return self.finding(point.location, "a stack trace in the answer to a value of another form", answer)
        return None


class ContractDeviation(Probe):
    """An answer is not what the document says."""

    id = "contract"
    title = "Answers deviate from the contract"
    topic = "api"
    severity = Severity.LOW
    cwe = 1059
    owasp = ("API9:2023", "A04:2021", "A06:2025")
    sends = "each operation as it is meant; requests made up from the document are the e2e suite's api_generated (schemathesis)"
    oracle = "status, media type or a property is not as the document says, twice"
    bad = 'return {"id": order.id, "internal_margin": order.margin}'
    good = "return OrderOut(**order)  # the model of the document"
    remediation = "Answer with the models of the document; where the document is wrong, correct it."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Hold each control to the document."""
        contract = scan.target.system.contract
        if contract.document is None:
            raise NotEvaluatedError("the description of the system names no OpenAPI document ('contract')")
        for operation in scan.plan.working(self.id):
            answers = [answer for answer in scan.plan.control(operation, scan.plan.identity_for(operation)) if answer.ok]
            deviations = [contract.by_document(answer) for answer in answers]
            if reason := next((reason for answer in answers for reason in answer.undecided), ""):
                if not operation.problems:  # those are listed already, each with its reason
                    scan.coverage.skip(self.id, str(operation), f"the document is not understood: {reason}")
                continue
            scan.coverage.tried(self.id, str(operation))
            if deviations and deviations[0] and deviations[0] == deviations[-1]:
                yield self.finding(str(operation), deviations[0][0], answers[0])


class ContentTypes(Probe):
    """JSON is taken under another name, as forms of foreign sites can send it."""

    id = "content-type"
    tier = 2
    title = "JSON accepted as text/plain"
    topic = "api"
    severity = Severity.INFO
    cwe = 352
    owasp = ("A01:2021", "A01:2025")
    changes = True
    sends = "a good body with the content type text/plain, which pages of foreign sites may send without being asked"
    oracle = "it is taken as the good one is, twice; low where sign-ins set a cookie, else for information"
    bad = "body = json.loads(await request.body())"
    good = "body: Order  # of a framework that asks for application/json"
    remediation = "Refuse other content types than those that are documented with 415."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Send JSON as text."""
        for operation in scan.plan.working(self.id):
            with scan.apart(self.id, str(operation)):
                if not operation.takes_json or operation.safe or scan.authenticator.signs_in(operation):
                    continue
                identity = scan.plan.identity_for(operation)
                control = scan.plan.control(operation, identity)[0]
                twice = [scan.sender.send(operation, identity, headers={"Content-Type": "text/plain"}) for _ in range(2)]
                scan.coverage.tried(self.id, str(operation))
                if all(answer.ok and comparison.same_kind(answer, control) for answer in twice):
                    by_cookie = "cookie" in map(str.lower, scan.authenticator.credentials(identity))
                    severity = Severity.LOW if by_cookie else Severity.INFO
                    yield self.finding(
                        str(operation), "JSON accepted with the content type text/plain", *twice, severity=severity
                    )
