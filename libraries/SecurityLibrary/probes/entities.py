"""Documents of XML that make the system under test read files or call addresses (XXE, XInclude)."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary.canaries.callback_server import PATIENCE
from SecurityLibrary.canaries.canary_files import canary_files
from SecurityLibrary.canaries.reachable_callbacks import reachable_callback_server
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description.insertion_points import InsertionPoint, value_at
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.identities.accounts import registering
from SecurityLibrary.injection import xml_attacks
from SecurityLibrary.objects import readers
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.sending.request_building import is_file
from SecurityLibrary.values.sample_files import File, is_xml, MARKUP
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.canaries.callback_server import CallbackServer
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

XML = "application/xml"


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
        "callback server, also in UTF-16 and as a parameter entity; and with an element that includes such a file, or one that "
        "there is not (XInclude): as bodies, in place of JSON, as files in forms, and in values that hold XML"
    )
    oracle = (
        "the texts of two files come back, or the callback server is called, twice; or of an element that includes what there "
        "is not the text is left that stands for it alone, twice"
    )
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
                    called = self._called(scan, operation, parameter, callback_server)
                    scan.coverage.tried(self.id, location)
                    if called:
                        yield self.finding(location, "2 of 2 callbacks through an external entity", *called)
                        continue
                if included := self._fallen_back(scan, operation, parameter):
                    observed = "elements that include other documents are carried out (XInclude), 2 of 2"
                    yield self.finding(location, observed, *included, severity=Severity.MEDIUM)

    def _called(
        self, scan: Scan, operation: ScanOperation, parameter: InsertableParameter | None, callback_server: CallbackServer
    ) -> list[Exchange]:
        """The answers to two documents that had the system call an address."""
        sent: list[tuple[list[str], list[Exchange]]] = []
        for write in xml_attacks.CALLING:
            tokens = [callback_server.token(), callback_server.token()]
            addresses = [f"http://{callback_server.address}/{token}" for token in tokens]
            sent.append((tokens, [self._sent(scan, operation, parameter, address, 0, write) for address in addresses]))
        left = PATIENCE  # seconds for all of them
        for tokens, answers in sent:
            if callback_server.called(tokens[0], left) and callback_server.called(tokens[1], PATIENCE):
                return answers
            left = 0.0
        return []

    def _fallen_back(self, scan: Scan, operation: ScanOperation, parameter: InsertableParameter | None) -> list[Exchange]:
        """The answers that hold the word which stands for a document that there is not, and nothing of what stands beside it."""
        found = []
        for _ in range(2):
            word = f"qa{scan.random.number()}"
            answer = self._sent(scan, operation, parameter, word, 0, xml_attacks.falling_back)
            holding = [answer] if word in answer.text else self._left_behind(scan, operation, parameter, answer, word)
            beside = xml_attacks.ignored(word)
            plain = [each for each in holding if beside not in each.text and "fallback" not in each.text]
            if not plain:
                return []
            found += plain[:1]
        return found

    FILES, MOST_TEXTS = 2, 6

    def _files(self, scan: Scan, operation: ScanOperation, parameter: InsertableParameter | None) -> list[Exchange]:
        """The answers that hold both files, for the first text of the document that brings them: others may be too short."""
        texts = len(xml_attacks.TEXT.findall(_good(scan, operation, parameter)))
        with canary_files(scan) as files:
            places = range(max(1, min(self.MOST_TEXTS, texts)))
            for write, index in ((write, index) for write in xml_attacks.READING for index in places):
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
        write: xml_attacks.Write = xml_attacks.with_entity,
    ) -> Exchange:
        """A good document with an entity that stands for ``source``, or as another one writes it; as the whole body or a file."""
        identity, good = scan.plan.identity_for(operation), _good(scan, operation, parameter)
        if parameter is not None:
            document = write(good, source, index)
            if not is_file(operation, parameter):
                return scan.sender.send(operation, identity, {parameter: document.decode("utf-8", "replace")})
            return scan.sender.send(operation, identity, {parameter: File("qa.xml", document, "application/xml")})
        body = write(scan.sender.builder.renewed(operation, good), source, index)
        return scan.sender.send(operation, identity, body=body)


def _takers(scan: Scan) -> Iterator[tuple[str, ScanOperation, InsertableParameter | None]]:
    """Where XML is taken: as a body, in place of JSON, as a file whose good value is a document, and as a text in a value."""
    for operation in scan.target.operations:
        if operation.media and operation.media.endswith("xml"):
            yield str(operation), operation, None
        elif _takes_both(scan, operation):
            yield f"{operation} (as XML)", replace(operation, media=XML), None
        for parameter in operation.parameters:
            if is_file(operation, parameter):
                if is_xml(_file(scan, operation, parameter)):
                    yield f"{operation} {parameter}", operation, parameter
            elif xml_attacks.is_text_of_xml(parameter, _example(operation, parameter)):
                yield f"{operation} {parameter}", operation, parameter


def _takes_both(scan: Scan, operation: ScanOperation) -> bool:
    """Whether what takes JSON takes the same as XML; not where it makes accounts, signs in or is one of several on a path."""
    plain = (
        operation.takes_json and isinstance(operation.body, dict) and "#" not in operation.path and "query" not in operation.body
    )
    known = operation in registering(scan) or scan.authenticator.signs_in(operation)
    if not plain or known or scan.plan.skip_reason(operation):
        return False
    identity = scan.plan.identity_for(operation)
    body = xml_attacks.good_document(replace(operation, media=XML)).encode()
    with contextlib.suppress(NotEvaluatedError):
        scan.plan.control(operation, identity)
        answer = scan.sender.send(operation, identity, headers={"Content-Type": XML}, body=body)
        broken = scan.sender.send(operation, identity, headers={"Content-Type": XML}, body=body[:-2])
        return answer.ok and not broken.ok
    return False


def _example(operation: ScanOperation, parameter: InsertableParameter) -> Any:
    """The value that a document gives a parameter as an example."""
    in_body = value_at(operation.body, parameter.pointer) if parameter.location == "body" else None
    return in_body if in_body is not None else parameter.schema.get("example", "")


def _file(scan: Scan, operation: ScanOperation, parameter: InsertableParameter) -> File:
    """A good file for a place in a form."""
    with contextlib.suppress(NotEvaluatedError):
        scan.plan.control(operation, scan.plan.identity_for(operation), parameter)  # it may find a better kind of file
    good = scan.sender.builder.good(operation, parameter, scan.plan.identity_for(operation))
    return good if isinstance(good, File) else File("", str(good).encode(), "")


def _good(scan: Scan, operation: ScanOperation, parameter: InsertableParameter | None) -> str:
    """A good document for an operation."""
    if parameter is None:
        return xml_attacks.good_document(operation)
    if not is_file(operation, parameter):
        example = str(_example(operation, parameter))
        return example if MARKUP.match(example) else "<a>b</a>"
    return str(_file(scan, operation, parameter)) or "<a>b</a>"
