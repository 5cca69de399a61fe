"""Uploaded files, and what a browser makes of them when they are served again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.discovery import pages
from SecurityLibrary.discovery.pages import BROWSER
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.injection import replaced_files
from SecurityLibrary.objects.identifiers import identifier_in, scalars
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.sending.request_building import is_file
from SecurityLibrary.values.sample_files import File, PICTURE
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

HTML = "<html><body><script>qc{n}</script></body></html>"
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>qc{n}</script></svg>'
BYTES = re.compile(r"(?i)image/|application/(?:octet-stream|pdf)|audio/|video/|\*/\*")
NO_SCRIPTS = re.compile(r"(?:^|;)\s*sandbox(?![^;]*allow-scripts)|script-src\s+'none'|^(?!.*script-src).*default-src\s+'none'")


class FileUpload(Probe):
    """An uploaded file is served as a page, whose scripts run with the rights of whoever opens it."""

    id = "file-upload"
    title = "Uploaded files are served as pages"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 434
    owasp = ("A04:2021", "A06:2025")
    tier = 2
    changes = True
    sends = (
        "pages and drawings (SVG) with a script of a made-up name, named and typed as what they are and as pictures; a file of "
        "a made-up name as two identities"
    )
    oracle = (
        "the file comes back twice, with other names, as what a browser shows: with the media type of a page and not as an "
        "attachment; low if a Content-Security-Policy keeps its scripts from running; or what the first identity handed in "
        "holds what the other one did, for two names: medium"
    )
    bad = "return FileResponse(folder / name)"
    good = 'return FileResponse(folder / name, media_type="application/octet-stream", filename=name)'
    remediation = (
        "Take only the kinds of files that are needed; serve them as attachments, with nosniff, from a host of their own."
    )

    KINDS = (
        ("qa.html", "text/html", HTML),
        ("qa.svg", "image/svg+xml", SVG),
        ("qa.html", "image/png", HTML),
        ("qa.png", "text/html", HTML),
        ("qa.html", "image/gif", f"GIF89a{HTML}"),
    )
    MOST_READERS = 6

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try each place for a file."""
        locations: list[tuple[ScanOperation, InsertableParameter | None]]
        locations = [
            (operation, each) for operation in scan.target.operations for each in operation.parameters if is_file(operation, each)
        ]
        locations += [(operation, None) for operation in scan.target.operations if _is_file(operation)]
        if not locations:
            raise NotApplicableError("no operation takes files")
        return scan.side_by_side(self.id, locations, lambda location: self._look(scan, *location), _named)

    def _look(self, scan: Scan, operation: ScanOperation, parameter: InsertableParameter | None) -> Finding | None:
        if reason := scan.plan.skip_reason(operation):
            raise NotEvaluatedError(reason)
        location = _named((operation, parameter))
        kept = self._handed_out(scan, operation, parameter, (PICTURE.name, PICTURE.media, "{n}"), prefix=PICTURE.content)
        kept = kept or self._handed_out(scan, operation, parameter, ("qa.txt", "text/plain", "{n}"))
        if not kept:
            raise NotEvaluatedError("nothing that is known serves the file that was handed in")
        scan.coverage.tried(self.id, location)
        for kind in self.KINDS:
            found = [self._handed_out(scan, operation, parameter, kind, runs=True) for _ in range(2)]
            if found[0] and found[1]:
                inert = _without_scripts(found[0][1])
                observed = f"a file {kind[0]} of type {kind[1]} comes back as {found[0][1].media}, and "
                observed += "only a policy keeps its script from running" if inert else "its script would run"
                severity = Severity.LOW if inert else self.severity
                return self.finding((location, found[0][0]), observed, found[0][1], found[1][1], severity=severity)
        if parameter is not None and (replaced := replaced_files.by_another(scan, operation, parameter, self._readers)):
            observed = "a file is replaced by that of another identity, which has the same name"
            return self.finding((location, replaced[0]), observed, *replaced[1], severity=Severity.MEDIUM)
        return None

    def _handed_out(
        self,
        scan: Scan,
        operation: ScanOperation,
        parameter: InsertableParameter | None,
        kind: tuple[str, str, str],
        *,
        prefix: bytes = b"",
        runs: bool = False,
    ) -> tuple[str, Exchange] | None:
        """Where a file of a ``kind`` (name, type, content) comes back, and how; where it ``runs``, as a page with its script."""
        number = scan.random.number()
        name, media, content = kind
        mark = f"qc{number}" if runs else f"qa-{number}"
        file = File(name, prefix + content.format(n=number if runs else mark).encode(), media)
        identity = scan.plan.identity_for(operation)
        if parameter is None:
            answer = scan.sender.send(operation, identity, headers={"Content-Type": media}, body=file.content)
        else:
            answer = scan.sender.send(operation, identity, {parameter: file})
        if not answer.ok and (not answer.location or answer.asks_to_sign_in):  # a form leads on to what it made
            return None
        for location, read in self._readers(scan, operation, answer):
            if read.ok and (mark in pages.made_of(read) if runs else mark in read.text):
                return location, read
        return None

    def _readers(self, scan: Scan, operation: ScanOperation, answer: Exchange) -> Iterator[tuple[str, Exchange]]:
        """What may serve a file that was just handed in: what its identifier names, its own path, addresses in the answer."""
        identity = scan.plan.identity_for(operation)
        left = self.MOST_READERS
        for candidate in scan.target.operations:
            same = candidate.path.rstrip("/") == operation.path.rstrip("/")
            named = None if same else candidate.last
            identifier = identifier_in(answer.body, named.name) if named else None
            if left and candidate.method == "GET" and (same or identifier is not None):
                left -= 1
                yield (
                    str(candidate),
                    scan.sender.send(candidate, identity, {named: identifier} if named else None, headers=BROWSER),
                )
        for address in (answer.headers.get("location", ""), *map(str, scalars(answer.body))):
            path = address.removeprefix(scan.client.url)
            if left and path.startswith("/") and not path.startswith("//"):
                left -= 1
                yield "GET (the address that the answer names)", scan.sender.request("GET", path, identity, headers=BROWSER)


def _is_file(operation: ScanOperation) -> bool:
    """Whether the whole body is a file: a picture, a document, or bytes of any kind."""
    return operation.method in ("POST", "PUT") and BYTES.match(operation.media or "") is not None


def _named(location: tuple[ScanOperation, InsertableParameter | None]) -> str:
    """How a finding names a place for a file."""
    operation, parameter = location
    return str(operation) if parameter is None else f"{operation} {parameter}"


def _without_scripts(answer: Exchange) -> bool:
    """Whether a policy keeps the scripts of a page from running; one that allows the own host does not: files are there."""
    return bool(NO_SCRIPTS.search(answer.headers.get("content-security-policy", "").lower()))
