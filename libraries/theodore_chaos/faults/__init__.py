"""What can be done to a system, each kind with its way back."""

from __future__ import annotations

from typing import Any, Protocol, TYPE_CHECKING

from theodore_chaos.faults import clock, containers, disk, leading, namespaces, network, process, workers

if TYPE_CHECKING:
    from theodore_chaos.journal import Record


class FaultKind(Protocol):
    """One kind of fault. All that undoing needs stands in the record, so that any process can do it."""

    survives_restart: bool

    def target(self, parameters: dict[str, Any]) -> str:
        """What the fault is done to, named so that two faults on one thing have one name."""

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The absolute state before; raises ``FaultUnavailableError`` where the fault is not possible."""

    def inject(self, record: Record) -> None:
        """Do it."""

    def undo(self, record: Record) -> None:
        """Bring the state before back; may be called more than once, and after a half-done injection."""

    def restored(self, record: Record) -> bool:
        """Whether the state is as it was before."""

    def exposure(self, record: Record) -> dict[str, Any]:
        """What the fault has touched: connections, requests, bytes, processes."""


KINDS: dict[str, FaultKind] = {
    "toxic": network.LinkToxic(),
    "cut": network.LinkDown(),
    "pause": process.Pause(),
    "kill": process.Kill(),
    "limit": process.Limit(),
    "starve": workers.Starve(),
    "connections": workers.Connections(),
    "disk": disk.Fill(),
    "lead": leading.Lead(),
    "loss": namespaces.Loss(),
    "clock": clock.Skew(),
    "container_pause": containers.Pause(),
    "container_kill": containers.Kill(),
    "container_disconnect": containers.Disconnect(),
    "container_limit": containers.Limit(),
}
