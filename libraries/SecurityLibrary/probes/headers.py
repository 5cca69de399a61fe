"""What stands in the headers of answers: origins, policies, banners; and what is believed of those of requests."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from SecurityLibrary.discovery import seen_answers
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import MISCONFIGURATION
from SecurityLibrary.injection import known_origins
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from theodore_qa import headers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

EVIL, WORSE = "https://evil.example", "https://worse.example"
SCHEMES = ("http", "https")
FOREIGN = ("evil.example", "worse.example")
# Headers by which proxies tell the host beside X-Forwarded-Host, and how it stands in each.
BESIDE = {
    "X-Forwarded-Server": "{}",
    "X-Host": "{}",
    "X-Original-Host": "{}",
    "X-HTTP-Host-Override": "{}",
    "Forwarded": "for=192.0.2.7;host={};proto=https",
}
VERSION = re.compile(r"\d+\.\d")


class Cors(Probe):
    """Pages of any site may read answers in the name of who is signed in."""

    id = "cors"
    resumable = True
    group = "headers"
    title = "Any origin may read answers (CORS)"
    topic = "api"
    severity = Severity.MEDIUM
    cwe = 942
    owasp = MISCONFIGURATION
    sends = (
        "requests from two foreign origins, from 'null', and from origins that begin or end like the system's own, like those of "
        "the document's servers, and like those that answers allow or lead to"
    )
    oracle = (
        "the origin is repeated as allowed together with credentials, for both; or any origin is, where credentials are cookies"
    )
    bad = 'CORSMiddleware(allow_origin_regex=".*", allow_credentials=True)'
    good = 'CORSMiddleware(allow_origins=["https://app.example.com"], allow_credentials=True)'
    remediation = "List the origins that may read answers; never repeat what the request says."

    BEGIN, END = "origins that begin like its own", "origins that end like its own"
    _known: list[str] | None = None  # origins that answers allow, or that the system calls its own

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Ask from elsewhere."""
        self._known = None
        return scan.over_operations(self.id, scan.plan.working(self.id), partial(self._at, scan))

    def _at(self, scan: Scan, operation: ScanOperation) -> Iterator[Finding]:
        """Ask for an operation from elsewhere."""
        if not operation.safe:
            return
        identity = scan.plan.identity_for(operation)
        control = scan.plan.control(operation, identity)[0]
        scan.coverage.tried(self.id, str(operation))
        host = scan.client.url.partition("//")[2].partition("/")[0]
        name = host.partition(":")[0]
        for who, origins in (
            ("any origin", (EVIL, WORSE)),
            ("null", ("null", "null")),
            (self.BEGIN, (f"https://{host}.evil.example", f"https://{host}.worse.example")),
            *((self.BEGIN, (f"{scheme}://{name}.evil.example", f"{scheme}://{name}.worse.example")) for scheme in SCHEMES),
            (self.END, (f"https://evil{host}", f"https://worse{host}")),
            *self._like_known(scan),
        ):
            answers = []
            for origin in origins:
                answers.append(scan.sender.request("GET", control.path, identity, headers={"Origin": origin}))
                if not _allowed(answers[-1], origin):
                    break
            else:
                yield self.finding(str(operation), f"{who} may read answers with credentials", *answers)
                break

    def _like_known(self, scan: Scan) -> list[tuple[str, tuple[str, str]]]:
        """Origins that look like those that the system allows or calls its own, in twos, with what they are."""
        if self._known is None:
            self._known = known_origins.of(scan)
        pairs = []
        for known in self._known:
            both = zip(known_origins.lookalikes(known, "evil"), known_origins.lookalikes(known, "worse"), strict=True)
            pairs += [(f"origins that {how} like {known}", (first, second)) for (how, first), (_, second) in both]
        return pairs


def _allowed(answer: Exchange, origin: str) -> bool:
    """Whether pages of an origin may read an answer in the name of who is signed in."""
    with_credentials = answer.headers.get("access-control-allow-credentials") == "true"
    return with_credentials and answer.headers.get("access-control-allow-origin") == origin


class SecurityHeaders(Probe):
    """Answers lack headers that keep browsers from harm."""

    id = "security-headers"
    title = "Security headers are missing"
    topic = "api"
    severity = Severity.LOW
    cwe = 693
    owasp = MISCONFIGURATION
    sends = "each operation as it is meant, anonymously and with a token that is none; paths and methods that there are not"
    oracle = "an answer lacks a header, whatever its status and route; all that any probe has seen is looked at"
    bad = "headers are added by the routes"
    good = "headers are added by a middleware outside everything else, to every answer"
    remediation = "Set nosniff on everything, no-store on what needs a sign-in, a policy and no frames on pages, HSTS over TLS."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Collect answers of each status and route, then look at each header."""
        groups: dict[str, set[str]] = {}  # the routes of each kind of answer
        lacking: dict[str, dict[str, dict[str, Exchange]]] = {}  # answers by header, kind and route
        for route, answer in seen_answers.collected(scan, self.id):
            kind = seen_answers.kind(answer)
            groups.setdefault(kind, set()).add(route)
            scan.coverage.tried(self.id, route)
            for header in _needed(scan, answer):
                if headers.weakness(header, answer.headers):
                    lacking.setdefault(header, {}).setdefault(kind, {}).setdefault(route, answer)
        for header, kinds in lacking.items():
            first = next(answer for routes in kinds.values() for answer in routes.values())
            weak = headers.weakness(header, first.headers)
            observed = f"{header} is missing" if weak == "missing" else f"{header} does not protect: {weak}"
            severity = Severity.LOW if header in ("x-content-type-options", "strict-transport-security") else None
            yield self.finding(_where(kinds, groups), observed, first, severity=severity)


def _where(kinds: dict[str, dict[str, Exchange]], groups: dict[str, set[str]]) -> list[str]:
    """Kinds of answers where all routes are concerned, else the routes."""
    found = []
    for kind, routes in kinds.items():
        whole = routes.keys() == groups[kind]
        found += [f"answers of {kind}"] if whole else [f"{route}: {kind}" for route in routes]
    return found


def _needed(scan: Scan, answer: Exchange) -> list[str]:
    """The headers that have to protect an answer."""
    needed = ["x-content-type-options"]
    if scan.client.url.startswith("https"):
        needed.append("strict-transport-security")
    credentials = {"authorization", "cookie", *(identity.header.lower() for identity in scan.target.identities.values())}
    if answer.ok and credentials & {name.lower() for name in answer.sent_headers}:
        needed.append("cache-control")
    if answer.media == "text/html":
        needed.append("content-security-policy")
        needed += [] if headers.frames_refused(answer.headers) else ["x-frame-options"]
    return needed


class Banner(Probe):
    """Answers tell the product and version that the system runs on."""

    id = "banner"
    group = "headers"
    title = "Product and version are disclosed"
    topic = "api"
    severity = Severity.LOW
    cwe = 200
    owasp = MISCONFIGURATION
    sends = "each operation as it is meant, and a path that there is not"
    oracle = "Server, X-Powered-By or a header like them names a product with its version, or X-Powered-By anything"
    bad = "X-Powered-By: Theodore v2, Server: uvicorn/0.30"
    good = "uvicorn.run(app, server_header=False)"
    remediation = "Leave such headers out, in the proxy in front too."

    NAMES = ("server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator", "x-runtime", "via")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Look at all headers."""
        answers = [
            (str(operation), scan.plan.control(operation, scan.plan.identity_for(operation))[0])
            for operation in scan.plan.working(self.id)
        ]
        answers.append(("a path that there is not", scan.sender.request("GET", f"/qa-nowhere-{scan.random.number()}")))
        for location, answer in answers:
            scan.coverage.tried(self.id, location)
            for name in self.NAMES:
                value = answer.headers.get(name, "")
                if value and (VERSION.search(value) or name not in ("server", "via")):
                    yield self.finding(location, f"{name}: {value[:80]}", answer)


def _leads_to(answer: Exchange, host: str) -> bool:
    return host in answer.text + answer.headers.get("location", "")


class HostHeader(Probe):
    """The Host header is believed, whatever it says."""

    id = "host-header"
    resumable = True
    title = "Any Host header is served"
    topic = "api"
    severity = Severity.MEDIUM
    cwe = 644
    owasp = MISCONFIGURATION
    sends = (
        "requests with the hosts evil.example and worse.example, in Host, X-Forwarded-Host, X-Forwarded-Server, X-Host, "
        "X-Original-Host, X-HTTP-Host-Override and Forwarded"
    )
    oracle = "links or redirects lead to the foreign host, for both; a service for any host is reported for information"
    bad = "link = f\"https://{request.headers['host']}/reset/{token}\""
    good = 'app.add_middleware(TrustedHostMiddleware, allowed_hosts=["theodore.example.com"])'
    remediation = "Serve the hosts of a list only, and build links from configuration."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Ask for another host."""
        return scan.over_operations(self.id, scan.plan.working(self.id), partial(self._at, scan))

    def _at(self, scan: Scan, operation: ScanOperation) -> Iterator[Finding]:
        """Ask an operation for another host."""
        identity = scan.plan.identity_for(operation)
        control = scan.plan.control(operation, identity)[0]
        scan.coverage.tried(self.id, str(operation))
        for header in ("Host", "X-Forwarded-Host"):
            answers = [scan.sender.send(operation, identity, headers={header: host}) for host in FOREIGN]
            if all(_leads_to(answer, host) for answer, host in zip(answers, FOREIGN, strict=True)):
                yield self.finding(str(operation), f"the value of {header} appears in links or redirects", *answers)
            elif header == "Host" and all(answer.ok and comparison.same_kind(answer, control) for answer in answers):
                observed = "served for any Host header"
                yield self.finding(str(operation), observed, answers[0], severity=Severity.INFO)
        yield from self._beside(scan, operation, identity)

    def _beside(self, scan: Scan, operation: ScanOperation, identity: Identity | None) -> Iterator[Finding]:
        """Ask by the other headers at once, each with a host of its own, then twice by the one whose host is believed."""
        hosts = {header: f"evil{number}.example" for number, header in enumerate(BESIDE)}
        together = {header: BESIDE[header].format(host) for header, host in hosts.items()}
        first = scan.sender.send(operation, identity, headers=together)
        for header, host in hosts.items():
            if not _leads_to(first, host):
                continue
            again = [scan.sender.send(operation, identity, headers={header: BESIDE[header].format(each)}) for each in FOREIGN]
            if all(_leads_to(answer, each) for answer, each in zip(again, FOREIGN, strict=True)):
                yield self.finding(str(operation), f"the value of {header} appears in links or redirects", *again)
