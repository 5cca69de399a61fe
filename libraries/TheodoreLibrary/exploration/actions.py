"""What an operation of the model is made of: how it is drawn, sent, and held to the contract."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from TheodoreLibrary.exploration.steps import Step

if TYPE_CHECKING:
    import random

    from TheodoreLibrary.exploration.judging import Judge
    from TheodoreLibrary.exploration.steps import Answer, Request
    from TheodoreLibrary.exploration.world import World

OK, BAD, REFUSED, FORBIDDEN, MISSING, CONFLICT, INVALID = 200, 400, 401, 403, 404, 409, 422


class Action:
    """An operation. ``weight`` is how often it is drawn, ``makes`` the kind of label that it makes."""

    name = ""
    area = ""
    weight = 1
    scope = ""  # that an API key needs
    admin = False
    public = False
    makes = ""

    def draw(self, world: World, source: random.Random) -> Step | None:
        """A step of this action; None where there is nothing to act on."""
        values = self.values(world, source)
        return None if values is None else Step(self.name, self.caller(world, source, values), values)

    def caller(self, world: World, source: random.Random, values: dict[str, Any]) -> str:
        """Who sends it."""
        del values
        return world.some_caller(source, admin=self.admin)

    def values(self, world: World, source: random.Random) -> dict[str, Any] | None:
        """The values of a step; None where there is nothing to act on."""
        del world, source
        return {}

    def request(self, world: World, step: Step) -> Request:
        """The request of a step."""
        raise NotImplementedError

    def scope_needed(self, world: World, step: Step) -> str:
        """The scope that an API key needs; empty for none."""
        del world, step
        return self.scope

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        """The statuses that the contract allows for a caller who is admitted."""
        del world, step
        return (OK,)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        """Compare an answer that says that it was done, and keep what is so from now on."""

    def done(self, world: World, step: Step, request: Request) -> None:
        """Keep what stands in the request alone, once it was done."""

    def refused(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        """Compare an answer that says that it was not done."""

    def sentence(self, step: Step) -> str:
        """The step as a tester writes it."""
        values = ", ".join(f"{name} {_brief(value)}" for name, value in step.values.items())
        return f"{self.name} ({values})" if values else self.name


def query(path: str, **parameters: Any) -> str:
    """A path with its query; parameters that are None are left out."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def within(value: Any, least: float, most: float) -> bool:
    """Whether a number, or the absence of one, is allowed."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most)


def _brief(value: Any) -> str:
    text = str(value)
    return f"{text[:20]}… of {len(text)} characters" if len(text) > 60 else text or "''"  # noqa: PLR2004  # characters
