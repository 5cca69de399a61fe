"""Archives of a scan's own, of which an entry in a later one leads into an earlier one, or to a canary: read for proof."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from SecurityLibrary.objects.identifiers import identifier_in
from SecurityLibrary.values.sample_files import File, zipped, zipped_link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.canaries.canary_files import CanaryFiles
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

NAMED = re.compile(r"(?i)name|file|path|member|entry|document")
TWICE = 2
LEVELS = 2  # of folders between archives that are tried


def overwritten(scan: Scan, operation: ScanOperation, parameter: InsertableParameter) -> list[Exchange]:
    """The answers that show a file of an earlier archive with the text that a later one has for it, twice.

    Empty where none does, or where nothing reads the files of an archive by its identifier and their names.
    """
    for reader, archive, name in _readers(scan, operation):
        kept, text = f"qa{scan.random.number()}.txt", f"qa-kept-{scan.random.number()}"
        identifier = _stored(scan, operation, parameter, archive, zipped(kept, text=text))
        if identifier is None:
            continue
        read = _reading(scan, reader, {archive: identifier, name: kept})
        if not read.ok or text not in read.text:
            continue
        for ups in range(1, LEVELS + 1):
            found: list[Exchange] = []
            for _ in range(2):
                other = f"qa-led-{scan.random.number()}{scan.random.number()}"
                _stored(scan, operation, parameter, archive, zipped(f"{'../' * ups}{identifier}/{kept}", text=other))
                found.append(_reading(scan, reader, {archive: identifier, name: kept}))
                if other not in found[-1].text:
                    break
            else:
                return found
    return []


def followed(scan: Scan, operation: ScanOperation, parameter: InsertableParameter, files: CanaryFiles) -> list[Exchange]:
    """The answers that show what links in archives lead to: two canaries on this machine, or files of two earlier archives.

    Empty where links are refused or left alone, or where nothing reads the files of an archive.
    """
    for reader, archive, name in _readers(scan, operation):
        through_link = partial(_read_through_link, scan, operation, parameter, (reader, archive, name))
        canaries = [through_link(*files.made()) for _ in range(TWICE)]
        if found := _all(canaries):
            return found
        for ups in range(1, LEVELS + 1):
            earlier: list[Exchange | None] = []
            for _ in range(TWICE):
                kept, text = f"qa{scan.random.number()}.txt", f"qa-kept-{scan.random.number()}"
                identifier = _stored(scan, operation, parameter, archive, zipped(kept, text=text))
                earlier.append(through_link(f"{'../' * ups}{identifier}/{kept}", text) if identifier is not None else None)
                if earlier[-1] is None:
                    break
            if found := _all(earlier):
                return found
    return []


def _read_through_link(
    scan: Scan,
    operation: ScanOperation,
    parameter: InsertableParameter,
    reading: tuple[ScanOperation, InsertableParameter, InsertableParameter],
    leads_to: str,
    text: str,
) -> Exchange | None:
    """The answer with a text to which a link in a new archive leads; None where it does not hold it."""
    reader, archive, name = reading
    link = f"qa{scan.random.number()}.txt"
    identifier = _stored(scan, operation, parameter, archive, zipped_link(link, leads_to))
    read = _reading(scan, reader, {archive: identifier, name: link}) if identifier is not None else None
    return read if read is not None and read.ok and text in read.text else None


def _all(seen: list[Exchange | None]) -> list[Exchange]:
    """What was seen, where it was seen each time; else nothing."""
    found = [each for each in seen if each is not None]
    return found if len(found) == TWICE else []


def _readers(scan: Scan, operation: ScanOperation) -> Iterator[tuple[ScanOperation, InsertableParameter, InsertableParameter]]:
    """What reads a file of an archive that an operation takes, with the places for its identifier and for the file's name."""
    for candidate in scan.plan.operations:
        if candidate.method != "GET" or not candidate.route.startswith(f"{operation.route.rstrip('/')}/{{"):
            continue
        in_path = [each for each in candidate.parameters if each.location == "path"]
        named = [
            each
            for each in candidate.parameters
            if each.location in ("path", "query") and each not in in_path[:1] and NAMED.search(each.name)
        ]
        if in_path and named:
            yield candidate, in_path[0], named[0]


def _stored(
    scan: Scan,
    operation: ScanOperation,
    parameter: InsertableParameter,
    archive: InsertableParameter,
    content: bytes,
) -> object:
    """The identifier of a new archive; None where it is not taken."""
    file = File("qa.zip", content, "application/zip")
    answer = scan.sender.send(operation, scan.plan.identity_for(operation), {parameter: file})
    return identifier_in(answer.body, archive.name) if answer.ok else None


def _reading(scan: Scan, reader: ScanOperation, given: dict[InsertableParameter, object]) -> Exchange:
    return scan.sender.send(reader, scan.plan.identity_for(reader), given)
