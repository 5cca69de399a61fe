"""How the parts of a scan that look things up send operations."""

from __future__ import annotations

from typing import Any, Protocol, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


class Send(Protocol):
    """What sends an operation as an identity, with ``given`` values, naming the objects of an ``owner``."""

    def __call__(
        self,
        operation: ScanOperation,
        identity: Identity | None,
        given: Mapping[InsertableParameter, Any] | None = None,
        *,
        owner: Identity | None = None,
    ) -> Exchange:
        """Send one request."""
