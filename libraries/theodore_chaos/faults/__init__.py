"""The kinds of faults, each with its rollback."""

from __future__ import annotations

from typing import Any, Protocol, TYPE_CHECKING

from theodore_chaos.faults import clock, containers, disk, limits, namespaces, network, process, rerouting, workers

if TYPE_CHECKING:
    from theodore_chaos.journal import Record


class FaultKind(Protocol):
    """One kind of fault. The record holds all that the rollback needs, so that any process can do it."""

    survives_restart: bool

    def target(self, parameters: dict[str, Any]) -> str:
        """The name of what the fault hits; two faults on one target give the same name."""

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The absolute original state; raises ``FaultUnavailableError`` where the fault is not possible."""

    def inject(self, record: Record) -> None:
        """Inject the fault."""

    def intact(self, record: Record) -> str:
        """What became of the fault before it was to be undone, such as somebody took it away; empty if it is as injected."""

    def undo(self, record: Record) -> None:
        """Restore the original state; may be called more than once, and after a half-done injection."""

    def restored(self, record: Record) -> bool:
        """Whether the state is the original one."""

    def exposure(self, record: Record) -> dict[str, Any]:
        """The blast radius: how many connections, requests, bytes or processes the fault has disturbed.

        ``no_effect`` says why it disturbed nothing, with the figure, and ``unknown`` why that cannot be seen.
        """


KINDS: dict[str, FaultKind] = {
    "toxic": network.LinkToxic(),
    "link_down": network.LinkDown(),
    "pause": process.Pause(),
    "kill": process.Kill(),
    "limit": limits.Limit(),
    "cpu_throttling": workers.CpuThrottling(),
    "connections": workers.Connections(),
    "database_lock": workers.DatabaseLock(),
    "disk": disk.Fill(),
    "reroute": rerouting.Reroute(),
    "loss": namespaces.Loss(),
    "clock": clock.Skew(),
    "container_pause": containers.Pause(),
    "container_kill": containers.Kill(),
    "container_disconnect": containers.Disconnect(),
    "container_limit": containers.Limit(),
}
