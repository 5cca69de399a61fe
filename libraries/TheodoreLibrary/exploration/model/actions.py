"""What an operation of the model is: its request, the statuses that the contract allows, and what an answer has to hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from TheodoreLibrary.exploration.judging import Judge
from TheodoreLibrary.exploration.steps import Answer, Request

if TYPE_CHECKING:
    from TheodoreLibrary.exploration.model.world import Caller, Job, World
    from TheodoreLibrary.exploration.steps import Step

OK, BAD, REFUSED, FORBIDDEN, MISSING, CONFLICT, INVALID = 200, 400, 401, 403, 404, 409, 422


@dataclass
class Turn:
    """A step that is taken: the world before it, its request, and its answer."""

    world: World
    step: Step
    judge: Judge = field(default_factory=Judge)
    request: Request | None = None
    answer: Answer = field(default_factory=lambda: Answer(0, None, {}))

    @property
    def values(self) -> dict[str, Any]:
        """The values of the step."""
        return self.step.values

    @property
    def caller(self) -> Caller:
        """Who sends it; None for nobody."""
        return self.world.caller(self.step.caller)

    @property
    def job(self) -> Job:
        """The job that the step names."""
        return self.world.jobs[self.values["job"]]

    @property
    def body(self) -> dict[str, Any]:
        """The fields of the answer."""
        return self.answer.fields

    @property
    def tenant(self) -> str:
        """The tenant of who sends it; empty for nobody."""
        return self.caller.identity.tenant if self.caller else ""

    @property
    def settled(self) -> int | None:
        """A number that changes with the jobs of the caller's tenant; None while its records may still change."""
        return self.world.settled(self.tenant) if self.caller else None

    def items(self, name: str) -> list[Any]:
        """A list of the answer; empty where there is none."""
        listed = self.body.get(name)
        return listed if isinstance(listed, list) else []

    def equal(self, check: str, expected: Any, name: str) -> None:
        """Compare a field of the answer."""
        self.judge.equal(check, expected, self.body.get(name), name)


class Action:
    """An operation; ``scope`` is what an API key needs for it, ``makes`` the kind of label that it makes."""

    name = ""
    area = ""
    scope = ""
    admin = False
    public = False
    makes = ""
    operation = ("GET", "")  # where it is always the same

    def request(self, turn: Turn) -> Request:  # noqa: ARG002  # most depend on the step
        """The request of a step."""
        return Request(*self.operation)

    def scope_needed(self, turn: Turn) -> str:  # noqa: ARG002  # jobs need another scope by their kind
        """The scope that an API key needs; empty for none."""
        return self.scope

    def statuses(self, turn: Turn) -> tuple[int, ...]:  # noqa: ARG002  # most are always done
        """The statuses that the contract allows for a caller who is admitted."""
        return (OK,)

    def learn(self, turn: Turn) -> None:
        """Compare an answer that says that it was done, and keep what is so from now on."""

    def refused(self, turn: Turn) -> None:
        """Compare an answer that says that it was not done."""

    def sentence(self, step: Step) -> str:
        """The step as a tester writes it."""
        given = ", ".join(f"{name} {_brief(value)}" for name, value in step.values.items() if value not in (None, ""))
        return f"{self.name} ({given})" if given else self.name


def query(path: str, **parameters: Any) -> str:
    """A path with its query; parameters that are None are left out."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def within(value: Any, least: float, most: float) -> bool:
    """Whether a number, or the absence of one, is allowed."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most)


def done_or_invalid(*, valid: bool) -> tuple[int, ...]:
    """What a valid request is answered, and an invalid one."""
    return (OK,) if valid else (INVALID,)


def _brief(value: Any) -> str:
    text = str(value)
    return f"{text[:20]}… of {len(text)} characters" if len(text) > 60 else text  # noqa: PLR2004  # characters
