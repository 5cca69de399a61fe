"""Archives that are small as they are sent, and large once they are unpacked."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from SecurityLibrary.request_building import is_file
from SecurityLibrary.sample_files import File, zipped
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

STEPS = (2, 20)  # megabytes
MEGABYTE = 1_000_000
LONG = 5.0  # seconds


def unpacked(probe: Probe, scan: Scan) -> Iterator[Finding]:
    """A finding for each place for a file that unpacks 20 KB of ZIP to 20 MB."""
    for operation in scan.target.operations:
        for parameter in operation.parameters:
            if not is_file(operation, parameter) or scan.plan.skip_reason(operation):
                continue
            with scan.apart(probe.id, f"{operation} {parameter} (archive)"):
                with scan.sender.lock.exclusive():
                    found = _look(probe, scan, operation, parameter)
                if found:
                    yield found
            if not scan.sender.is_healthy():
                scan.sender.recover()


def _look(probe: Probe, scan: Scan, operation: ScanOperation, parameter: InsertableParameter) -> Finding | None:
    def send(content: bytes) -> Exchange:
        file = File("qa.zip", content, "application/zip")
        return scan.sender.send(operation, scan.plan.identity_for(operation), {parameter: file})

    good = zipped("qa.txt")
    if not send(good).ok:
        return None  # it takes no archives
    scan.coverage.tried(probe.id, f"{operation} {parameter} (archive)")
    if send(_damaged(good)).ok:
        return None  # it looks into none
    for megabytes in STEPS:
        answer = send(_dense(megabytes))
        if answer.duration > LONG or not scan.sender.is_healthy():
            size = len(answer.sent_body) // 1000
            observed = f"an archive of {size} KB that holds {megabytes} MB takes {answer.duration:.1f} s"
            return probe.finding(f"{operation} {parameter}", observed, answer)
        if not answer.ok:
            return None
    again = send(_dense(megabytes))
    if not again.ok:
        raise NotEvaluatedError(f"an archive that holds {megabytes} MB was taken once, and then answered {again.status}")
    size = len(again.sent_body) // 1000
    observed = f"an archive of {size} KB is unpacked to {megabytes} MB, and a damaged archive is refused"
    return probe.finding(f"{operation} {parameter}", observed, answer, again)


def _dense(megabytes: int) -> bytes:
    """An archive that is a thousandth of what it holds."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("qa.txt", b"0" * (megabytes * MEGABYTE))
    return kept.getvalue()


def _damaged(archive: bytes) -> bytes:
    """An archive whose table is right, and whose content has another sum than it says."""
    with zipfile.ZipFile(io.BytesIO(archive)) as listed:
        entry = listed.infolist()[0]
        mark = entry.CRC.to_bytes(4, "little")
    return archive.replace(mark, (entry.CRC ^ 1).to_bytes(4, "little"))
