"""A system that forgets what a suite left: reset before each suite, with a planted marker that has to be gone afterwards."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from theodore_qa.errors import QaError
from theodore_qa.redaction.secrets import redact
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from theodore_qa.systems.declared import Marker, Reset
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.system import System

GONE = (404, 410)


def reset(system: System) -> str:
    """Reset a system whose description says how; returns what is wrong, or nothing."""
    reset_entry = system.declared.reset
    if reset_entry is None:
        return ""
    try:
        planted = _plant(system, reset_entry.marker) if reset_entry.marker else ""
        _call(system, reset_entry)
        system.end_suite()
        return _left(system, reset_entry.marker, planted) if reset_entry.marker else ""
    except QaError as error:
        return f"the reset of {system.name} failed: {str(error).rstrip('.')}"


def _plant(system: System, marker: Marker) -> str:
    """The identifier of a new object."""
    answer = _send(system, marker.create, marker.identity, marker.body)
    found = pointers.found(answer.body, marker.id)
    if not answer.ok or found is None:
        raise QaError(f"the marker was not planted: expected '{marker.id}' from {marker.create}, observed {answer.status}")
    number = str(found)
    there = _read(system, marker, number)
    if not there.ok:
        raise QaError(f"the marker {number} was planted, and {marker.read} answered {there.status}")
    return number


def _left(system: System, marker: Marker, number: str) -> str:
    answer = _read(system, marker, number)
    if answer.status in GONE:
        return ""
    return (
        f"the reset of {system.name} left something behind: expected 404 for the planted marker at "
        f"{answer.method} {answer.path}, observed {answer.status}"
    )


def _read(system: System, marker: Marker, number: str) -> Exchange:
    method, _, path = marker.read.partition(" ")
    start, _, rest = path.partition("{")
    return _send(system, f"{method} {start}{number}{rest.partition('}')[2]}", marker.identity)


def _call(system: System, entry: Reset) -> None:
    if entry.operation:
        answer = _send(system, entry.operation, entry.identity, entry.body)
        if not answer.ok:
            raise QaError(f"{entry.operation} answered {answer.status} with {answer.excerpt()}")
        return
    try:
        done = subprocess.run(entry.command, capture_output=True, text=True, timeout=entry.timeout, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        overdue = isinstance(error, subprocess.TimeoutExpired)
        raise QaError(f"{entry.command[0]} " + (f"did not end within {entry.timeout:g} s" if overdue else str(error))) from None
    if done.returncode:
        raise QaError(f"{entry.command[0]} ended with exit code {done.returncode}: {redact(done.stderr.strip())[-200:]}")


def _send(system: System, operation: str, identity: str, body: object = None) -> Exchange:
    method, path = system.located(operation)
    who = system.sender(identity or None)
    headers = system.authenticator.credentials(who, method, path)
    content = json.dumps(body).encode() if body is not None else b""
    kind = {"Content-Type": "application/json"} if content else {}
    return system.send(method, system.authenticator.signed_path(who, path), kind | headers, content)
