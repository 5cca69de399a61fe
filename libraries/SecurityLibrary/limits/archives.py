"""Archives and compressed bodies that are small as they are sent, and large once they are unpacked."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from functools import partial
from typing import TYPE_CHECKING

from SecurityLibrary.sending.request_building import is_file
from SecurityLibrary.values.sample_files import File, zipped
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

STEPS = (2, 20)  # megabytes
MEGABYTE = 1_000_000
LONG = 5.0  # seconds
MOST_BODIES = 4
GZIP = {"Content-Type": "application/json", "Content-Encoding": "gzip"}


def unpacked(probe: Probe, scan: Scan) -> Iterator[Finding]:
    """A finding for each place for a file, and some bodies of JSON, that unpack 20 KB to 20 MB."""
    bodies = 0
    for operation in scan.target.operations:
        if scan.plan.skip_reason(operation) or operation.safe:
            continue
        identity = scan.plan.identity_for(operation)
        if operation.takes_json and isinstance(operation.body, dict) and "#" not in operation.path and bodies < MOST_BODIES:
            bodies += 1
            send = partial(_compressed, scan, operation, identity)
            content = json.dumps(scan.sender.builder.composed(operation, {}, identity, raw=False)[2]).encode()
            yield from _apart(probe, scan, f"{operation} (compressed)", send, partial(_padded, content), _damaged_stream)
        for parameter in operation.parameters:
            if is_file(operation, parameter):
                send = partial(_filed, scan, operation, parameter)
                yield from _apart(probe, scan, f"{operation} {parameter} (archive)", send, _dense, _damaged)


def _apart(
    probe: Probe,
    scan: Scan,
    location: str,
    send: Callable[[bytes], Exchange],
    dense: Callable[[int], bytes],
    damaged: Callable[[bytes], bytes],
) -> Iterator[Finding]:
    with scan.apart(probe.id, location):
        with scan.sender.lock.exclusive():
            found = _look(probe, scan, location, send, (dense, damaged))
        if found:
            yield found
    if not scan.sender.is_healthy():
        scan.sender.recover()


def _filed(scan: Scan, operation: ScanOperation, parameter: InsertableParameter, content: bytes) -> Exchange:
    file = File("qa.zip", content, "application/zip")
    return scan.sender.send(operation, scan.plan.identity_for(operation), {parameter: file})


def _compressed(scan: Scan, operation: ScanOperation, identity: Identity | None, content: bytes) -> Exchange:
    return scan.sender.send(operation, identity, headers=GZIP, body=content)


def _look(
    probe: Probe,
    scan: Scan,
    location: str,
    send: Callable[[bytes], Exchange],
    packing: tuple[Callable[[int], bytes], Callable[[bytes], bytes]],
) -> Finding | None:
    dense, damaged = packing
    good = dense(0)
    if not send(good).ok:
        return None  # it takes nothing of the kind
    scan.coverage.tried(probe.id, location)
    if send(damaged(good)).ok:
        return None  # it does not look into it
    place, _, kind = location.removesuffix(")").rpartition(" (")
    called = "an archive" if kind == "archive" else "a compressed body"
    for megabytes in STEPS:
        answer = send(dense(megabytes))
        size = len(answer.sent_body) // 1000
        if answer.duration > LONG or not scan.sender.is_healthy():
            observed = f"{called} of {size} KB that holds {megabytes} MB takes {answer.duration:.1f} s"
            return probe.finding(place, observed, answer)
        if not answer.ok:
            return None
    again = send(dense(megabytes))
    if not again.ok:
        raise NotEvaluatedError(f"{called} that holds {megabytes} MB was taken once, and then answered {again.status}")
    damaged_kind = f"a damaged {called.rpartition(' ')[2]}"
    observed = f"{called} of {size} KB is unpacked to {megabytes} MB, and {damaged_kind} is refused"
    return probe.finding(place, observed, answer, again)


def _dense(megabytes: int) -> bytes:
    """An archive that is a thousandth of what it holds."""
    if not megabytes:
        return zipped("qa.txt")
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("qa.txt", b"0" * (megabytes * MEGABYTE))
    return kept.getvalue()


def _padded(content: bytes, megabytes: int) -> bytes:
    """A compressed body that is valid, and mostly white space."""
    return gzip.compress(content + b" " * (megabytes * MEGABYTE), 9, mtime=0)


def _damaged_stream(stream: bytes) -> bytes:
    """A compressed body whose content has another sum than it says."""
    return stream[:-8] + bytes(byte ^ 1 for byte in stream[-8:-4]) + stream[-4:]


def _damaged(archive: bytes) -> bytes:
    """An archive whose table is right, and whose content has another sum than it says."""
    with zipfile.ZipFile(io.BytesIO(archive)) as listed:
        entry = listed.infolist()[0]
        mark = entry.CRC.to_bytes(4, "little")
    return archive.replace(mark, (entry.CRC ^ 1).to_bytes(4, "little"))
