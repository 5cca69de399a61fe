"""Archives of a scan's own, of which an entry in a later one leads into an earlier one: read back from there for proof."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary.objects import identifier_in
from SecurityLibrary.sample_files import File, zipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

NAMED = re.compile(r"(?i)name|file|path|member|entry|document")
LEVELS = 2  # of folders between archives that are tried


def overwritten(scan: Scan, operation: ScanOperation, parameter: InsertableParameter) -> list[Exchange]:
    """The answers that show a file of an earlier archive with the text that a later one has for it, twice.

    Empty where none does, or where nothing reads the files of an archive by its identifier and their names.
    """
    for reader, archive, name in _readers(scan, operation):
        kept, text = f"qa{scan.random.number()}.txt", f"qa-kept-{scan.random.number()}"
        identifier = _stored(scan, operation, parameter, archive, (kept, text))
        if identifier is None:
            continue
        read = _reading(scan, reader, {archive: identifier, name: kept})
        if not read.ok or text not in read.text:
            continue
        for ups in range(1, LEVELS + 1):
            found: list[Exchange] = []
            for _ in range(2):
                other = f"qa-led-{scan.random.number()}{scan.random.number()}"
                _stored(scan, operation, parameter, archive, (f"{'../' * ups}{identifier}/{kept}", other))
                found.append(_reading(scan, reader, {archive: identifier, name: kept}))
                if other not in found[-1].text:
                    break
            else:
                return found
    return []


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
    entry: tuple[str, str],
) -> object:
    """The identifier of a new archive with this entry, a name and a text; None where it is not taken."""
    name, text = entry
    file = File("qa.zip", zipped(name, text=text), "application/zip")
    answer = scan.sender.send(operation, scan.plan.identity_for(operation), {parameter: file})
    return identifier_in(answer.body, archive.name) if answer.ok else None


def _reading(scan: Scan, reader: ScanOperation, given: dict[InsertableParameter, object]) -> Exchange:
    return scan.sender.send(reader, scan.plan.identity_for(reader), given)
