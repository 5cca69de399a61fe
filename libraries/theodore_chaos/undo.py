"""Rollback of a fault from its record alone: idempotent, verified, retried, and reported when it fails."""

from __future__ import annotations

import contextlib
import signal
import time
from typing import TYPE_CHECKING

from theodore_chaos import faults
from theodore_chaos.processes import Process

if TYPE_CHECKING:
    from theodore_chaos.journal import Journal, Record

BY_REQUEST = "asked"  # how a fault ends by request, as it was injected
TRIES = 5
FIRST_PAUSE = 0.1


def undo(journal: Journal, record: Record, reason: str) -> Record:
    """Undo the fault of ``record`` unless that was done already; returns the record as it is afterwards.

    Agent and guardian may both try: the first writes how the fault ended, the second finds nothing left to do. A fault that
    cannot be undone stays in the journal as ``failed``; the next clean-up tries it again.
    """
    present = journal.read(record.id) or record
    if not present.active:
        return present
    present.exposure = record.exposure or present.exposure
    if reason == BY_REQUEST:
        reason = lost(present) or reason
    problem = _undone(present)
    figures = _exposure(present)
    with journal.locked():
        latest = journal.read(record.id) or present
        if not latest.active:
            return latest
        latest.state = "failed" if problem else "undone"
        latest.problem = problem
        latest.undone = time.time()
        latest.ended = latest.ended or reason
        latest.exposure = figures
        with contextlib.suppress(OSError):  # it is undone all the same; whoever reads the old record undoes it again
            journal.write(latest)
    return latest


def lost(record: Record) -> str:
    """Why an injected fault is no longer what was injected, such as somebody took it away; empty if it is."""
    fault = faults.KINDS.get(record.kind)
    if fault is None or record.state != "active" or not record.of_this_boot:
        return ""
    try:
        return fault.intact(record)
    except Exception as error:  # noqa: BLE001  # what cannot be looked at is not what was injected
        return f"it could not be looked at ({error})"


def _undone(record: Record) -> str:
    """Undo and verify; returns what went wrong, if anything."""
    fault = faults.KINDS.get(record.kind)
    if fault is None:
        return f"this version knows no fault of kind {record.kind}"
    if not record.of_this_boot and not fault.survives_restart:
        return ""
    problem = ""
    for number in range(TRIES):
        if number:
            time.sleep(FIRST_PAUSE * 2**number)
        try:
            if record.worker:
                Process(*record.worker).send(signal.SIGKILL)
            fault.undo(record)
            if fault.restored(record):
                return ""
            problem = f"{record.target} is not as it was"
        except Exception as error:  # noqa: BLE001  # whatever it is, it is retried and reported
            problem = str(error) or type(error).__name__
    return problem


def _exposure(record: Record) -> dict[str, object]:
    try:
        return faults.KINDS[record.kind].exposure(record)
    except Exception as error:  # noqa: BLE001  # without its figures the fault is still undone
        return {"unknown": str(error)}


def clean(journal: Journal, reason: str, *, everything: bool = False) -> list[Record]:
    """Undo the faults whose holder is gone or whose lease has lapsed, or ``everything``; returns their records."""
    done = []
    for record in journal.records():
        if record.active and (everything or not record.held() or journal.lapsed(record) or record.state == "failed"):
            done.append(undo(journal, record, reason))
        elif not record.active and not record.held():
            journal.forget(record)
    return done
