"""What many answers together say of an API: doubled headers, shapes of errors, statuses without documents, limits without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.discovery import seen_answers
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import MISCONFIGURATION
from SecurityLibrary.identities.accounts import require_working_sign_in
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.systems.exchange import retry_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

INVENTORY = ("API9:2023", "A04:2021", "A06:2025")


class DoubledHeaders(Probe):
    """A header that may stand once stands twice."""

    id = "doubled-headers"
    title = "Headers are sent twice"
    topic = "api"
    severity = Severity.LOW
    cwe = 436
    owasp = MISCONFIGURATION
    tier = 2
    sends = "what security-headers sends"
    oracle = (
        "an answer has one of these headers twice: low with different values, or where browsers refuse both; else for information"
    )
    bad = "the application and the proxy in front both add Access-Control-Allow-Origin"
    good = "proxy_hide_header Access-Control-Allow-Origin;  # one of them adds it"
    remediation = "Let one place add each header: browsers drop or misread those that come twice."

    REFUSED = ("access-control-allow-origin", "access-control-allow-credentials")
    ONCE = (
        *REFUSED, "content-type", "strict-transport-security", "x-frame-options", "x-content-type-options", "referrer-policy",
        "location", "retry-after", "etag", "last-modified", "server", "date",
    )  # fmt: skip

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Look at the headers of all answers."""
        for route, answer in seen_answers.collected(scan, self.id):
            scan.coverage.tried(self.id, route)
            for name in self.ONCE:
                if values := answer.doubled.get(name):
                    harmless = len(set(values)) == 1 and name not in self.REFUSED
                    severity = Severity.INFO if harmless else None
                    yield self.finding(
                        route, f"{name}: {' and '.join(value[:60] for value in values)}", answer, severity=severity
                    )


class CorsMethods(Probe):
    """A preflight allows other methods than the route has."""

    id = "cors-methods"
    title = "Preflights allow methods that the route does not have"
    topic = "api"
    severity = Severity.INFO
    cwe = 942
    owasp = MISCONFIGURATION
    tier = 2
    sends = "a preflight for each path, from a foreign origin and from its own"
    oracle = "Access-Control-Allow-Methods names methods that the description does not, or leaves out one that it has, twice"
    bad = 'CORSMiddleware(allow_methods=["*"])'
    good = 'CORSMiddleware(allow_methods=["GET", "POST"])'
    remediation = "Allow foreign pages the methods that they need, for each route."

    ALWAYS = ("OPTIONS", "HEAD")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Ask what each path allows."""
        methods: dict[str, set[str]] = {}
        for operation in scan.target.operations:
            methods.setdefault(operation.path, set()).add(operation.method)
        own = scan.client.url.rstrip("/")
        for operation in scan.plan.working(self.id, sample=True):
            with scan.apart(self.id, str(operation)):
                if operation.path not in methods or not operation.safe:
                    continue
                documented = methods.pop(operation.path)
                path = scan.plan.control(operation, scan.plan.identity_for(operation))[0].path
                origins = (seen_answers.FOREIGN, own)
                answers = [self._preflight(scan, path, origin, operation.method) for origin in origins]
                scan.coverage.tried(self.id, operation.path)
                for origin, answer in zip(origins, answers, strict=True):
                    if (wrong := self._wrong(answer, documented)) and wrong == self._wrong(
                        self._preflight(scan, path, origin, operation.method), documented
                    ):
                        yield self.finding(f"OPTIONS {operation.path}", wrong, answer)
                        break

    @staticmethod
    def _preflight(scan: Scan, path: str, origin: str, method: str) -> Exchange:
        return scan.sender.request("OPTIONS", path, headers={"Origin": origin, "Access-Control-Request-Method": method})

    def _wrong(self, answer: Exchange, documented: set[str]) -> str:
        text = answer.headers.get("access-control-allow-methods", "")
        allowed = {method.strip().upper() for method in text.split(",") if method.strip()}
        if not answer.ok or not allowed:
            return ""
        more = sorted(allowed - documented - {*self.ALWAYS})
        fewer = sorted(documented - allowed) if "*" not in allowed else []
        parts = [f"allowed beyond {', '.join(sorted(documented))}: {', '.join(more)}"] if more else []
        return "; ".join([*parts, *([f"not allowed: {', '.join(fewer)}"] if fewer else [])])


class ErrorShapes(Probe):
    """Errors of one API come in several shapes."""

    id = "error-shapes"
    title = "Errors come in several shapes"
    topic = "api"
    severity = Severity.INFO
    cwe = 755
    owasp = ("A10:2025", "A04:2021")
    tier = 2
    sends = "what security-headers sends, and broken JSON"
    oracle = "two errors share no property, or one is JSON and another is not"
    bad = 'return {"error": "not found"}, and elsewhere: return {"detail": [{"msg": "invalid"}]}'
    good = 'return problem(404, "not found")  # application/problem+json (RFC 9457) for all'
    remediation = "Answer all errors in one shape, such as RFC 9457: clients that misread a refusal go on."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Compare the errors that were seen."""
        for operation in scan.plan.working(self.id):
            with scan.apart(self.id, str(operation)):
                if operation.takes_json and (operation.safe or scan.allow_changes):
                    scan.sender.send(operation, scan.plan.identity_for(operation), body=b'{"qa":')
        shapes: dict[frozenset[str], tuple[str, Exchange]] = {}
        for route, answer in seen_answers.collected(scan, self.id):
            if answer.status < seen_answers.ERROR or not answer.text:
                continue
            scan.coverage.tried(self.id, route)
            shape = frozenset(answer.body) if isinstance(answer.body, dict) else frozenset([answer.media or "no media type"])
            if not any(shape & known for known in shapes):
                shapes[shape] = f"{route}: {answer.status}", answer
        if not shapes:
            raise NotEvaluatedError("no error with a body was seen")
        if len(shapes) > 1:
            observed = "; ".join(f"{', '.join(sorted(shape))} ({where})" for shape, (where, _) in shapes.items())
            first, second, *_ = (answer for _, answer in shapes.values())
            yield self.finding([where for where, _ in shapes.values()], observed[:300], first, second)


class UndocumentedAnswers(Probe):
    """Statuses and shapes were seen that the document does not name."""

    id = "undocumented-answers"
    title = "Answers that are not documented"
    topic = "api"
    severity = Severity.INFO
    cwe = 1059
    owasp = INVENTORY
    tier = 2
    sends = "what security-headers sends; all that any probe has seen is held to the document"
    oracle = "for information: an answer's status is not documented; low: that of an error is, and its body or header is another"
    bad = "responses: {200: {...}}"
    good = "responses: {200: {...}, 401: {...}, 404: {...}, 422: {...}, 429: {...}}"
    remediation = "Document all statuses with their bodies; where the document is right, correct the answer."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Hold each status of each operation to the document once."""
        contract = scan.target.system.contract
        if contract.document is None:
            raise NotEvaluatedError("the description of the system names no OpenAPI document ('contract')")
        known: set[tuple[str, int]] = set()
        statuses: dict[str, Exchange] = {}
        for route, answer in seen_answers.collected(scan, self.id):
            operation = contract.find(answer.method, answer.path)
            foreign_host = "Host" in answer.sent_headers  # refused before it is known which operation it would be
            if operation is None or contract.label(operation) != route or (route, answer.status) in known or foreign_host:
                continue
            known.add((route, answer.status))
            scan.coverage.tried(self.id, route)
            if contract.undocumented(answer):
                statuses[f"{route}: {answer.status}"] = answer
            elif not answer.ok and (wrong := contract.by_document(answer)):
                yield self.finding(f"{route}: {answer.status}", wrong[0], answer, severity=Severity.LOW)
        if statuses:
            several = sorted({answer.status for answer in statuses.values()})
            observed = f"statuses that are not documented: {', '.join(map(str, several))}"
            yield self.finding(list(statuses), observed, *list(statuses.values())[:2])


class RetryAfter(Probe):
    """Nothing says how long a limit lasts."""

    id = "retry-after"
    title = "Limits do not say when to come back"
    topic = "api"
    severity = Severity.LOW
    cwe = 770
    owasp = ("API4:2023", "A04:2021", "A06:2025")
    tier = 2
    sends = "wrong passwords for a made-up name until they are limited, if no probe has met a limit"
    oracle = "an answer of 429 has no Retry-After that can be read"
    bad = 'raise HTTPException(429, "slow down")'
    good = 'raise HTTPException(429, "slow down", headers={"Retry-After": "30"})'
    remediation = "Send Retry-After with each 429 (RFC 6585): clients that do not know when to come back try again at once."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Look at all limits that were met."""
        if not scan.client.limited:
            self._meet(scan)
        if not scan.client.limited:
            raise NotApplicableError("no request was limited (429)")
        for location, answer in scan.client.limited.items():
            scan.coverage.tried(self.id, location)
            if retry_after(answer.headers) is None:
                yield self.finding(location, "429 without Retry-After", answer)

    @staticmethod
    def _meet(scan: Scan) -> None:
        try:
            require_working_sign_in(scan)
        except QaError:
            return
        name, source = f"qa-nobody-{scan.random.number()}", scan.client.elsewhere()
        for number in range(30):
            scan.authenticator.try_sign_in(name, f"Wrong-{number}", source=source)
            if scan.client.limited:
                return
