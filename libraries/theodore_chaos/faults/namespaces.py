"""Packet loss and network partition in a namespace that belongs to the system under test; never in the machine's own."""

from __future__ import annotations

import re
import subprocess
from typing import Any, TYPE_CHECKING

from theodore_chaos.errors import FaultUnavailableError
from theodore_qa import extras

if TYPE_CHECKING:
    from theodore_chaos.journal import Record

TIMEOUT = 10
CHAINS = ("INPUT", "OUTPUT")


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)


def _inside(record: Record, *command: str) -> subprocess.CompletedProcess[str]:
    return _run("ip", "netns", "exec", record.parameters["namespace"], *command)


def _known() -> list[str]:
    return [line.split()[0] for line in _run("ip", "netns", "list").stdout.splitlines() if line.strip()]


class Loss:
    """Packet loss in a namespace. ``parameters``: namespace, share (1 is a partition)."""

    survives_restart = False

    def target(self, parameters: dict[str, Any]) -> str:
        """The namespace."""
        return f"namespace {parameters['namespace']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its rules; raises for a namespace that does not exist or may not be entered."""
        name = parameters["namespace"]
        for program in ("ip", "iptables"):
            extras.program(program, "lost packets", FaultUnavailableError)
        if name not in _known():
            raise FaultUnavailableError(f"there is no network namespace '{name}'")
        rules = _run("ip", "netns", "exec", name, "iptables", "-S")
        if rules.returncode:
            raise FaultUnavailableError(f"the rules of the network namespace '{name}' cannot be read: {rules.stderr.strip()}")
        return {"rules": rules.stdout.splitlines()}

    def inject(self, record: Record) -> None:
        """Drop packets in both directions, except on its loopback."""
        for chain in CHAINS:
            done = _inside(record, "iptables", "-I", chain, "1", *self._rule(record, chain))
            if done.returncode:
                raise FaultUnavailableError(f"the rule could not be set: {done.stderr.strip()}")

    def intact(self, record: Record) -> str:
        """Whether the rules are still there."""
        if record.parameters["namespace"] not in _known():
            return f"somebody removed the namespace {record.parameters['namespace']}"
        rules = _inside(record, "iptables", "-S").stdout.count(self._mark(record))
        return "" if rules == len(CHAINS) else "somebody removed the rules that drop packets"

    def undo(self, record: Record) -> None:
        """Count the dropped packets and remove the rules."""
        if record.parameters["namespace"] not in _known():
            return
        dropped = self._dropped(record)
        for chain in CHAINS:
            _inside(record, "iptables", "-D", chain, *self._rule(record, chain))
        record.exposure = record.exposure or {"packets": dropped}

    def restored(self, record: Record) -> bool:
        """Whether none of our rules is left."""
        return (
            record.parameters["namespace"] not in _known() or self._mark(record) not in _inside(record, "iptables", "-S").stdout
        )

    def exposure(self, record: Record) -> dict[str, Any]:
        """How many packets were dropped."""
        return record.exposure or {"packets": 0}

    def _rule(self, record: Record, chain: str) -> list[str]:
        share = float(record.parameters["share"])
        direction = "-i" if chain == "INPUT" else "-o"
        chance = ["-m", "statistic", "--mode", "random", "--probability", f"{share:.4f}"] if share < 1 else []
        return ["!", direction, "lo", *chance, "-m", "comment", "--comment", self._mark(record), "-j", "DROP"]

    def _dropped(self, record: Record) -> int:
        listed = _inside(record, "iptables", "-L", "-v", "-x", "-n").stdout.splitlines()
        return sum(int(match[1]) for line in listed if self._mark(record) in line and (match := re.match(r"\s*(\d+)", line)))

    @staticmethod
    def _mark(record: Record) -> str:
        return f"theodore-{record.id}"
