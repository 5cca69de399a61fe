"""Names of a scan's own that lead out of a folder, written by what makes files and read by another way to the same place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from SecurityLibrary.insertion_points import InsertionPoint
    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

NAMES = re.compile(
    r"(?i)(?:^|[._-])(?:name|file|file_?name|path|template|report|document|key|title|folder)$|[a-z](?:Name|File|Path)$"
)
TWICE = 2
# Two ways to one place of a file system; a table that is looked up in has the first alone.
WRITTEN, READ = "../{name}", ".././{name}"


def written(scan: Scan, point: InsertionPoint) -> list[Exchange]:
    """The answers that show two texts which were written outside; empty if none is.

    A text counts that is read by another way to the place it was written to, and neither by its plain name nor before it was
    written. Nothing that exists has the name of either.
    """
    text, reader = _text(point), _reader(scan, point)
    if not NAMES.search(point.parameter.name) or text is None or reader is None:
        return []
    operation, parameter = reader
    ending = match[0] if (match := re.search(r"\.\w{1,5}$", str(point.value))) else ""
    read_back: list[Exchange] = []

    def read(name: str) -> Exchange:
        raw = parameter.location == "path"
        return scan.sender.send(operation, point.identity, {parameter: name.replace("/", "%2f") if raw else name}, raw=raw)

    for _ in range(TWICE):
        name, mark = f"qa{scan.random.getrandbits(40):010x}{ending}", f"qa{scan.random.getrandbits(40):010x}"
        before = read(READ.format(name=name))
        stored = scan.sender.send(point.operation, point.identity, {point.parameter: WRITTEN.format(name=name), text: mark})
        if not stored.ok:
            return []
        answer, plain = read(READ.format(name=name)), read(name)
        if not answer.ok or mark not in answer.text or mark in plain.text or mark in before.text:
            return []
        scan.sender.traces.not_removed.append(
            f"../{name} beside the folder of {point.operation}: nothing is known that removes it"
        )
        read_back += [stored, answer]
    return read_back


def _text(point: InsertionPoint) -> InsertableParameter | None:
    """Where else in the body a free text goes."""
    return next(
        (
            each
            for each in point.operation.parameters
            if each.location == "body" and each.kind == "string" and each != point.parameter and "enum" not in each.schema
        ),
        None,
    )


def _reader(scan: Scan, point: InsertionPoint) -> tuple[ScanOperation, InsertableParameter] | None:
    """What reads a file by its name, with the place for it."""
    name, own = point.parameter.name.rpartition(".")[2].lower(), point.operation.route.rstrip("/")
    for operation in scan.plan.operations:
        if operation.method != "GET" or not operation.route.startswith(own) or scan.plan.skip_reason(operation):
            continue
        for parameter in operation.parameters:
            same = parameter.name.lower() == name or (
                parameter.location == "path" and operation.route == f"{own}/{{{parameter.name}}}"
            )
            if parameter.location in ("query", "path") and same:
                return operation, parameter
    return None
