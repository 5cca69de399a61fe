"""What a system called over its dependency links while a load lasted, by the links' own records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from theodore_qa.systems.system import System


@dataclass
class Window:
    """The calls between two marks in the records of a system's links; ``reason`` says why there are none to look at."""

    system: System
    before: int = 0
    after: int = 0
    reason: str = ""
    _calls: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def end(self) -> None:
        """Mark the end."""
        if not self.reason:
            self.after = self._mark()

    def calls(self) -> dict[str, list[dict[str, Any]]]:
        """The calls over each link that were made in between.

        Raises:
            NotEvaluatedError: The environment names no links, or their records cannot be read.
        """
        if not self._calls and not self.reason:
            from theodore_qa.systems import links

            for name in self.system.entry.links:
                self._calls[name] = [call for call in links.calls(self.system, name, self.before) if self._within(call)]
        if self.reason:
            raise NotEvaluatedError(f"NOT EVALUATED: what was called over dependency links is not known: {self.reason}.")
        return self._calls

    def _within(self, call: dict[str, Any]) -> bool:
        number = call.get("seq")
        return isinstance(number, int) and number <= self.after

    def _mark(self) -> int:
        from theodore_qa.systems import links

        try:
            return links.mark(self.system)
        except NotEvaluatedError as error:
            self.reason = str(error)
            return 0


def begin(system: System) -> Window:
    """Mark the beginning of a load; a system that names no links has no records."""
    window = Window(system)
    if not system.entry.links:
        window.reason = f"the environment {system.environment.name} names no links of {system.name} whose calls are recorded"
    else:
        window.before = window._mark()  # noqa: SLF001  # its own constructor cannot ask
    return window


def seconds(call: dict[str, Any]) -> float | None:
    """How long a call took by its record; None where that does not say."""
    began, ended = call.get("started"), call.get("finished")
    if not all(isinstance(moment, int | float) and not isinstance(moment, bool) for moment in (began, ended)):
        return None
    took = float(ended) - float(began)  # type: ignore[arg-type]  # both are numbers
    return took if took >= 0 else None
