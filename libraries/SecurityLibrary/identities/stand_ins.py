"""Stand-ins: other ordinary identities for operations that the usual one is forbidden, and they are not."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from SecurityLibrary.sending.pacing import BudgetError
from SecurityLibrary.sending.sender import UnresponsiveError
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from SecurityLibrary.description.operations import ScanOperation
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

FORBIDDEN = re.compile(r"answered 403\b")


class StandIns:
    """Who sends what in place of the usual identity; found out once for each operation, by its control request."""

    def __init__(
        self,
        identities: Collection[Identity],
        control: Callable[[ScanOperation, Identity | None], tuple[Exchange, ...]],
    ) -> None:
        self._identities, self._control = identities, control
        self._found: dict[str, tuple[Identity, Identity | None]] = {}  # the usual identity and its stand-in, by operation

    def of(self, operation: ScanOperation | None) -> Identity | None:
        """The stand-in for an operation; None where the usual identity sends it."""
        return self._found.get(str(operation), (None, None))[1]

    def rows(self) -> list[tuple[str, str, str]]:
        """Each operation with a stand-in, who was forbidden it, and who sends it."""
        return [(name, usual.name, other.name) for name, (usual, other) in self._found.items() if other]

    def served(self, operation: ScanOperation, usual: Identity) -> Identity:
        """The identity that an operation serves: the usual one, unless it is forbidden to it and not to another ordinary one."""
        label = str(operation)
        if label in self._found or usual.role == "admin":
            return self.of(operation) or usual
        self._found[label] = usual, None
        try:
            self._control(operation, usual)
        except (BudgetError, UnresponsiveError):
            del self._found[label]
            raise
        except NotEvaluatedError as error:
            others = self._others(usual) if FORBIDDEN.search(str(error)) else []
        else:
            return usual
        for other in others:
            with suppress(NotEvaluatedError):
                self._control(operation, other)
                self._found[label] = usual, other
                return other
        return usual

    def _others(self, usual: Identity) -> list[Identity]:
        return [other for other in self._identities if other is not usual and other.role != "admin" and other.ready]
