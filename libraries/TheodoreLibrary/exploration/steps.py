"""Steps of an exploration: plain data that can be saved, replayed and shortened."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

NOBODY = "nobody"
INVENTED = "Explored"  # how names begin that nobody bears
STREAM = "STREAM"  # the method of a request whose answer is a stream of events
REFRESH = ", refresh token"  # after the label of a session: its refresh token in place of the access token
RUN = "{run}"  # stands in names for the run, which has as many characters
REFERENCES = ("job", "key", "session")


@dataclass(frozen=True)
class Step:
    """One operation: who sends it, with which values, and the label of what it makes.

    A caller is the label of a session or of an API key, or nobody. Values under ``job``, ``key`` and ``session`` are labels too.
    """

    action: str
    caller: str
    values: dict[str, Any] = field(default_factory=dict)
    label: str = ""

    def needs(self) -> set[str]:
        """The labels that have to exist before this step."""
        return {str(self.values[name]) for name in REFERENCES if name in self.values} | {self.caller.removesuffix(REFRESH)}

    def data(self) -> dict[str, Any]:
        """The step as JSON has it."""
        return asdict(self)


class Request(NamedTuple):
    """A request as it is sent, without its credentials."""

    method: str
    path: str
    body: Any = None


class Answer(NamedTuple):
    """What came back: the status, the JSON body, the headers, the text, and what of it violates the contract's document."""

    status: int
    body: Any
    headers: dict[str, str]
    text: str = ""
    violations: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, Any]:
        """The body's fields; none where it is no object."""
        return self.body if isinstance(self.body, dict) else {}
