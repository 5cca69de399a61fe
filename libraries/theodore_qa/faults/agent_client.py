"""The client of the chaos agent: asks it for faults and says what became of each."""

from __future__ import annotations

import atexit
import contextlib
import datetime as dt
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

from theodore_qa.errors import NotEvaluatedError, QaError

LEASE = 5.0
ANSWER_WITHIN = 60.0
LOST = "The chaos agent was lost, killed perhaps: its guardian undoes what it had injected."
COUNTED = ("connections", "requests", "bytes", "processes", "packets", "links", "databases")


class ImpossibleFaultError(QaError):
    """The environment cannot have this fault."""


class NotInjectedError(QaError):
    """The fault was not injected, for a reason on the tester's side: another holder, a process that is gone, a full disk."""


class LostError(QaError):
    """The agent is gone; what it had injected is being undone by its guardian."""


@dataclass(eq=False, repr=False)  # generated methods cost import time
class Fault:
    """A fault that was injected: its lease, what it was done to, when, and what became of it."""

    id: str
    kind: str
    target: str
    injected: float
    label: str = ""
    undone: float | None = None
    ended: str = ""
    exposure: dict[str, Any] = field(default_factory=dict)
    group: str = ""

    @property
    def lapsed(self) -> bool:
        """Whether it ended otherwise than by being asked to."""
        return self.ended not in ("", "asked")

    @property
    def touched(self) -> int:
        """How much it disturbed: connections, requests, processes, bytes and the like, whichever there is more of."""
        return max(int(self.exposure.get(name, 0)) for name in COUNTED)

    @property
    def disturbed(self) -> bool:
        """Whether it is known to have disturbed something."""
        return self.touched > 0 and not self.exposure.keys() & {"unknown", "no_effect"}

    def __str__(self) -> str:
        return self.label or f"{self.kind} of {self.target}"


class AgentClient:
    """The agent of this process, started when it is first needed."""

    def __init__(self) -> None:
        self._active: set[str] = set()
        self._misbehaving: set[str] = set()  # doubles that a test has made fail, by their links
        self._calm_since = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._lost: set[str] = set()
        self._process: subprocess.Popen[str] | None = None
        self._turn = threading.Lock()

    def inject(self, kind: str, parameters: dict[str, Any], *, duration: float, lease: float = LEASE, label: str = "") -> Fault:
        """Inject a fault that is undone after ``duration`` seconds at the latest, and when nobody renews its lease."""
        command = {"do": "inject", "kind": kind, "parameters": parameters, "duration": duration, "lease": lease, "label": label}
        answer = self._ask(command)
        self._active.add(answer["id"])
        return Fault(answer["id"], kind, answer["target"], answer["injected"], label)

    def undo(self, fault: Fault) -> Fault:
        """Undo a fault and say what it touched; one that cannot be undone is an error."""
        if fault.id in self._lost:
            raise LostError(LOST)
        answer = self._ask({"do": "undo", "id": fault.id})
        self._active.discard(fault.id)
        self._calm_since = dt.datetime.now(dt.UTC)
        fault.undone, fault.ended, fault.exposure = answer["undone"], answer["ended"], answer["exposure"]
        if answer["state"] == "failed":
            raise QaError(
                f"The fault {fault} could not be undone: {answer['problem']}. The environment is contaminated: "
                f"mend that, then run theodore chaos rollback."
            )
        return fault

    def note_double(self, link: str, *, misbehaves: bool) -> None:
        """Note that the double behind a link fails or is slow from now on, or behaves again: that is a fault, too."""
        if misbehaves:
            self._misbehaving.add(link)
        elif link in self._misbehaving:
            self._misbehaving.discard(link)
            self._calm_since = dt.datetime.now(dt.UTC)

    def calm_at(self, moment: dt.datetime) -> bool:
        """Whether no fault of this process was active at the moment, nor has been since."""
        return not self._active and not self._misbehaving and moment > self._calm_since

    def companions(self) -> dict[str, int | None]:
        """The pids of the agent and of those that run beside it."""
        self._started()
        return {"agent": self._process.pid if self._process else None} | self._ask({"do": "companions"})

    def close(self) -> None:
        """End the agent, which undoes everything first."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        try:
            process.wait(ANSWER_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        with self._turn:
            process = self._started()
            try:
                if process.stdin and process.stdout:
                    process.stdin.write(json.dumps(command) + "\n")
                    process.stdin.flush()
                    line = process.stdout.readline()
            except OSError:
                line = ""
            if not line:
                self.close()
                self._lost |= self._active
                self._active.clear()
                raise LostError(LOST)
        answer: dict[str, Any] = json.loads(line)
        if "cannot" in answer:
            raise ImpossibleFaultError(f"This environment cannot have the fault: {answer['cannot']}.")
        if "refused" in answer or ("problem" in answer and "state" not in answer):
            raise NotInjectedError(f"The fault was not injected: {answer.get('refused') or answer['problem']}")
        return answer

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "theodore_chaos", "agent", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            atexit.register(self.close)
            line = self._process.stdout.readline() if self._process.stdout else ""
            if problem := json.loads(line or '{"problem": "it gave no reason"}').get("problem"):
                self.close()
                raise NotEvaluatedError(f"The chaos agent did not start: {problem}.")
        return self._process


agent = AgentClient()


def standing(role: str) -> list[dict[str, Any]]:
    """What ``status`` or ``rollback`` of the agent's journal says, asked of a process of its own."""
    done = subprocess.run([sys.executable, "-m", "theodore_chaos", role], capture_output=True, text=True, check=False)
    if done.returncode:
        errors = done.stderr.strip().splitlines()
        raise QaError(f"The journal of the faults could not be read: {errors[-1] if errors else 'no reason given'}.")
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows
