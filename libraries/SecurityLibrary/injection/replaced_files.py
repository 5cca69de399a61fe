"""Files of two identities with one name: the second takes the place of the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.proof.effects import done
from SecurityLibrary.values.sample_files import File, PICTURE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

    Readers = Callable[[Scan, ScanOperation, Exchange], Iterator[tuple[str, Exchange]]]


def by_another(
    scan: Scan, operation: ScanOperation, parameter: InsertableParameter, readers: Readers
) -> tuple[str, list[Exchange]] | None:
    """What reads to an identity what another one handed in, under two names that both used; None where nothing does.

    Both files are the scan's own. ``readers`` are what may serve a file, by the answer to whoever handed it in.
    """
    owner = scan.plan.identity_for(operation)
    people = [each for each in scan.target.identities.values() if each is not owner and each.role != "admin"]
    if owner is None or not people:
        return None
    for ending, media, prefix in (("txt", "text/plain", b""), ("png", PICTURE.media, PICTURE.content)):
        found = [_read(scan, operation, parameter, readers, people[0], (ending, media, prefix)) for _ in range(2)]
        if found[0] and found[1]:
            return found[0][0], [found[0][1], found[1][1]]
    return None


def _read(
    scan: Scan,
    operation: ScanOperation,
    parameter: InsertableParameter,
    readers: Readers,
    other: Identity,
    kind: tuple[str, str, bytes],
) -> tuple[str, Exchange] | None:
    """What reads the file of a second identity in place of the first one's, of a name that is new to both."""
    ending, media, prefix = kind
    name, marks = f"qa{scan.random.number()}{scan.random.number()}.{ending}", [f"qa-{scan.random.number()}" for _ in range(2)]
    files = [File(name, prefix + mark.encode(), media) for mark in marks]
    first = scan.sender.send(operation, scan.plan.identity_for(operation), {parameter: files[0]})
    if not done(first) or not any(marks[0] in read.text for _, read in readers(scan, operation, first) if read.ok):
        return None
    if not done(scan.sender.send(operation, other, {parameter: files[1]})):
        return None
    seen = ((place, read) for place, read in readers(scan, operation, first) if read.ok)
    return next(((place, read) for place, read in seen if marks[1] in read.text and marks[0] not in read.text), None)
