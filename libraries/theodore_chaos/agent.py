"""The chaos agent: injects each fault under a lease and undoes it, whatever happens to the process that requested it.

That process is the holder of the leases. The agent reads one JSON command a line from standard input and answers each with one
line. When its input closes, because the holder ended or was killed, it rolls everything back and ends. Two companions run
beside it: the renewal helper renews the leases while the holder lives, and the guardian undoes faults in the agent's place.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
import threading
import time
from typing import Any, ClassVar, TYPE_CHECKING

from theodore_chaos import faults
from theodore_chaos.claims import Claims
from theodore_chaos.errors import FaultUnavailableError, RefusedError
from theodore_chaos.journal import Journal, Record
from theodore_chaos.processes import boot_id, Process, uptime
from theodore_chaos.undo import BY_REQUEST, clean, lost, undo

if TYPE_CHECKING:
    from theodore_chaos.faults import FaultKind

WATCH_INTERVAL = 0.1
LOOK_INTERVAL = 0.5  # for faults that are looked at over a network or by a program
NEAR = ("pause", "limit", "cpu_throttling", "connections", "database_lock")
LAST = ("kill", "container_kill")  # undoing them waits for somebody else
GRACE = 1.0
NOT_INJECTED = "it could not be injected"
LEASE_LOST = "The lease was lost while the fault was injected: {}."


class ChaosAgent:
    """The agent of one holder."""

    def __init__(self, holder: Process) -> None:
        self.holder = holder
        self.me = Process.current()
        self.journal = Journal()
        (self.journal.folder / ".lock").touch()  # raises where nothing can be written
        self.leases: dict[str, Record] = {}
        self._lock = threading.RLock()
        self._turns: dict[str, threading.Lock] = {}
        self._claims = Claims()
        self._guardian: subprocess.Popen[str] | None = None
        self._renewal: subprocess.Popen[str] | None = None

    def serve(self) -> None:
        """Answer commands until there are no more, then undo everything."""
        clean(self.journal, "rolled back: its holder was gone")
        self._send({"pid": self.me.pid})
        threading.Thread(target=self._watch, daemon=True).start()
        try:
            for line in sys.stdin:
                with contextlib.suppress(BrokenPipeError):
                    self._send(self._answer(line))
        finally:
            self.undo_all("the process that held it ended")
            for companion in (self._renewal, self._guardian):
                if companion and companion.stdin:
                    companion.stdin.close()
            for record in self.journal.records():
                if not record.active and record.agent == list(self.me):
                    self.journal.forget(record)

    def _answer(self, line: str) -> dict[str, Any]:
        try:
            command = json.loads(line)
            return self.COMMANDS[command["do"]](self, command)
        except FaultUnavailableError as error:
            return {"cannot": str(error)}
        except RefusedError as error:
            return {"refused": str(error)}
        except Exception as error:  # noqa: BLE001  # the agent outlives what one command does to it
            return {"problem": f"{type(error).__name__}: {error}"}

    def inject(self, command: dict[str, Any]) -> dict[str, Any]:
        """Journal the rollback, then inject the fault; a half-done injection is undone."""
        self._start_companions()
        fault = faults.KINDS[command["kind"]]
        record = self._prepare(fault, command)
        try:
            fault.inject(record)
        except Exception as error:
            ended = self.undo(record.id, NOT_INJECTED).ended
            if ended != NOT_INJECTED:  # whoever undid it has stopped what was injecting it
                raise RefusedError(LEASE_LOST.format(ended)) from error
            raise
        self._activate(record)
        return {"id": record.id, "token": record.token, "target": record.target, "injected": record.injected}

    def _prepare(self, fault: FaultKind, command: dict[str, Any]) -> Record:
        """Claim the target and write the way back to disk. From then on the guardian can undo what is injected."""
        kind, parameters, lease = command["kind"], command["parameters"], float(command["lease"])
        with self.journal.locked():
            self._refuse_held(fault, kind, parameters)
            with self.journal.needed():
                token = self.journal.next_token()
            record = Record(
                secrets.token_hex(6),
                token,
                boot_id(),
                kind,
                fault.target(parameters),
                parameters,
                list(self.holder),
                list(self.me),
                uptime() + float(command["duration"]) + GRACE,
                lease,
                command.get("label", ""),
            )
            record.original = fault.capture(parameters)
            if not self._claims.take(record.target):
                raise RefusedError(f"Another run on this machine, which keeps another journal, holds {record.target}.")
            try:
                with self.journal.needed():
                    self.journal.renew(record.id, uptime() + lease)
                    self.journal.write(record)
            except RefusedError:
                self.journal.forget(record)
                self._claims.release(record.target)
                raise
            with self._lock:
                self.leases[record.id] = record
                self._turns[record.id] = threading.Lock()
        return record

    def _activate(self, record: Record) -> None:
        """Journal that the fault is injected.

        The lease may have lapsed during the injection, and the guardian may have undone the fault: the journal knows.

        Raises:
            RefusedError: the fault is undone already.
        """
        with self.journal.locked():
            latest = self.journal.read(record.id)
            if latest is None or latest.state != "prepared":
                raise RefusedError(LEASE_LOST.format(latest.ended if latest else "no record"))
            record.state, record.injected = "active", time.time()
            self.journal.write(record)

    def _refuse_held(self, fault: FaultKind, kind: str, parameters: dict[str, Any]) -> None:
        """Raise ``RefusedError`` if another holder has the target, or this one has it with an equal fault."""
        target = fault.target(parameters)
        for other in self.journal.records():
            if not other.active or other.target != target:
                continue
            if other.state == "failed":
                raise RefusedError(
                    f"A fault on {target} could not be undone ({other.problem}): fix that, then run theodore chaos rollback."
                )
            mine = other.agent == list(self.me)
            if not mine or (other.kind, other.parameters) == (kind, parameters) or kind != "toxic":
                holder = "this run" if mine else f"process {other.holder[0]}"
                named = f" ({other.label})" if other.label else ""
                raise RefusedError(f"{holder.capitalize()} holds {target} with a fault of kind {other.kind}{named}.")

    def undo_by_command(self, command: dict[str, Any]) -> dict[str, Any]:
        """Undo one fault; answers with its final record."""
        record = self.undo(command["id"], BY_REQUEST)
        names = ("id", "target", "injected", "undone", "ended", "state", "problem", "exposure")
        return {name: getattr(record, name) for name in names}

    def companions(self, _: dict[str, Any]) -> dict[str, Any]:
        """The process ids of the guardian and of the renewal helper."""
        named = {"guardian": self._guardian, "renewal": self._renewal}
        return {name: process.pid if process else None for name, process in named.items()}

    def undo(self, lease: str, reason: str, *, wait: bool = True) -> Record:
        """Undo one fault; without ``wait``, leave it to whoever undoes it already."""
        with self._lock:
            record = self.leases.get(lease)
        if record is None:
            raise RefusedError(f"There is no lease '{lease}'.")
        if not self._turns[lease].acquire(blocking=wait):
            return record
        try:
            record = self.leases[lease]
            done = undo(self.journal, record, reason)
            with self._lock:
                self.leases[lease] = done
                if record.active and not done.active:
                    self._claims.release(record.target)
        finally:
            self._turns[lease].release()
        return done

    def undo_all(self, reason: str) -> None:
        """Undo every active fault, the last one first."""
        with self._lock:
            active = [record for record in self.leases.values() if record.active]
        for record in sorted(active, key=lambda record: (record.kind in LAST, -record.token)):
            with contextlib.suppress(Exception):  # one fault's trouble keeps no other from being undone
                self.undo(record.id, reason)

    def _start_companions(self) -> None:
        """Start the guardian and the renewal helper unless they run; both end when the agent's end of their input closes."""
        with self._lock:
            if self._guardian is None or self._guardian.poll() is not None:
                self._guardian = _start("guardian", self.me)
            if self._renewal is None or self._renewal.poll() is not None:
                self._renewal = _start("renewal", self.holder)
                threading.Thread(target=self._renew, args=(self._renewal,), daemon=True).start()

    def _renew(self, helper: subprocess.Popen[str]) -> None:
        """Renew all leases at each heartbeat of the helper; undo them without it: nothing proves that the holder lives."""
        for _ in helper.stdout or ():
            with self._lock:
                held = [record for record in self.leases.values() if record.active]
            for record in held:
                with contextlib.suppress(OSError):  # what cannot be renewed lapses
                    self.journal.renew(record.id, min(uptime() + record.lease, record.ends))
        self.undo_all("the renewal helper was lost")

    def _watch(self) -> None:
        """Undo faults whose lease has lapsed or that somebody took away, and all of them when the guardian is gone."""
        looked = 0.0
        while True:
            time.sleep(WATCH_INTERVAL)
            far = uptime() - looked > LOOK_INTERVAL
            looked = uptime() if far else looked
            guardian = self._guardian
            if guardian is not None and guardian.poll() is not None:
                self.undo_all("the guardian was lost")
            with self._lock:
                active = [lease for lease in self.leases.values() if lease.active]
            for record in active:
                with contextlib.suppress(Exception):  # one fault's trouble keeps no other from being undone
                    self._look_at(record, far=far)

    def _look_at(self, record: Record, *, far: bool) -> None:
        if self.journal.lapsed(record):
            over = uptime() > record.ends
            self.undo(record.id, "its maximum duration was over" if over else "the lease lapsed", wait=False)
        elif (far or record.kind in NEAR) and self._turns[record.id].acquire(blocking=False):
            try:
                reason = lost(record) if self.leases[record.id].active else ""
            finally:
                self._turns[record.id].release()
            if reason:
                self.undo(record.id, reason, wait=False)

    COMMANDS: ClassVar = {"inject": inject, "undo": undo_by_command, "companions": companions}

    def _send(self, answer: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _start(role: str, watched: Process) -> subprocess.Popen[str]:
    companion = subprocess.Popen(
        [sys.executable, "-m", "theodore_chaos", role, str(watched.pid), str(watched.start)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if companion.stdout is None or not companion.stdout.readline():
        raise FaultUnavailableError(f"the {role} of the chaos agent did not start")
    return companion
