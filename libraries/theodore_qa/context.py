"""One environment per process: its systems, and what was opened or changed and has to be undone."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.observing.observations import recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from theodore_qa.systems.environment import Environment
    from theodore_qa.systems.system import System

SELECTED = "THEODORE_SYSTEM"  # the system that ``theodore test --system`` names
OLDER_THAN = "THEODORE_OLDER_THAN"  # the age in seconds that ``theodore test security --older-than`` allows reports
TAG = "system:"


class Context:
    """What the keywords of this process share; everything is opened when it is first needed."""

    def __init__(self) -> None:
        self._environment: Environment | None = None
        self._calls: list[tuple[str | None, str]] = [(None, "")]  # the system that a keyword names, and its library's own
        self._at_test_end: list[tuple[str, Callable[[], None]]] = []
        self._at_suite_end: list[tuple[str, Callable[[], None]]] = []
        self.suite_tags: tuple[str, ...] = ()
        self.timeout: Any = None  # of the test that runs, as Robot counts it

    @property
    def environment(self) -> Environment:
        """The environment of this process."""
        if self._environment is None:
            from theodore_qa.systems import environment as environments

            self._environment = environments.load(environments.locate())
        return self._environment

    @property
    def started(self) -> bool:
        """Whether an environment is in use."""
        return self._environment is not None

    @property
    def used(self) -> list[System]:
        """The systems that were used in the suite that runs."""
        return [system for system in self._environment.systems.values() if system.used] if self._environment else []

    def time_left(self) -> float | None:
        """How many seconds the running test has until its timeout; None where it has none."""
        left = getattr(self.timeout, "time_left", None)
        try:
            return float(left()) if left and self.timeout else None
        except ValueError:  # it has not begun
            return None

    # Which system

    @property
    def system(self) -> System:
        """The system that the running keyword talks to: see :meth:`named`."""
        return self.named(*self._calls[-1])

    def named(self, name: str | None = None, own: str = "") -> System:
        """The system ``name``; without one, that of ``own``, of the suite's ``system:`` tag, or the only one.

        ``own`` is the system that a Library is made for: one of that name, or one whose description extends it. ``theodore test
        --system`` goes before the tags, and the environment's ``default`` comes after all.
        """
        environment = self.environment
        if name:
            return environment.system(name)
        systems = environment.systems
        fitting = [system for key, system in systems.items() if own in ("", key) or own == system.base]
        if len(fitting) == 1:
            return fitting[0]
        if not fitting and len(systems) == 1:  # a Library for one system, and a system that nobody says to be another
            fitting = list(systems.values())
        for preferred in (self._selected(), *self._tagged(), own, environment.default):
            for known in (
                [system for system in fitting if system.name == preferred],
                [system for system in fitting if system.base == preferred],
            ):
                if len(known) == 1:
                    return known[0]
        if not fitting:
            raise UsageError(
                f"There is no system '{own}' in {environment.path.name}: add one that extends {own}.system.yaml, "
                f"or name another by system=NAME ({', '.join(systems)})."
            )
        raise UsageError(
            f"Name the system by system=NAME, or by a tag system:NAME: {environment.path.name} has {', '.join(systems)}."
        )

    @staticmethod
    def _selected() -> str:
        import os

        return os.environ.get(SELECTED, "")

    def _tagged(self) -> list[str]:
        tags = recorder.test.tags if recorder.test else self.suite_tags
        return [tag.removeprefix(TAG) for tag in tags if tag.startswith(TAG)]

    @contextmanager
    def calling(self, name: str | None, own: str) -> Iterator[None]:
        """Within a keyword: the system that it names, and the one that its Library is made for."""
        self._calls.append((name, own))
        try:
            yield
        finally:
            self._calls.pop()

    # What has to be undone

    def at_test_end(self, what: str, undo: Callable[[], None]) -> None:
        """Have something undone when the test ends, whatever its result; outside a test, when the suite ends.

        It is undone on the system that the keyword talks to now.
        """
        (self._at_test_end if recorder.test else self._at_suite_end).append((what, self._bound(undo)))

    def at_suite_end(self, what: str, undo: Callable[[], None]) -> None:
        """Have something undone when the suite ends."""
        self._at_suite_end.append((what, self._bound(undo)))

    def _bound(self, undo: Callable[[], None]) -> Callable[[], None]:
        name, own = self._calls[-1]
        try:
            name = self.system.name if self._environment else name
        except UsageError:  # several systems, and none is named: then the undoing names none either
            return undo

        def bound() -> None:
            with self.calling(name, own):
                undo()

        return bound

    def start_suite(self) -> list[str]:
        """Reset the systems whose descriptions say how; returns what is wrong."""
        from theodore_qa.systems import resetting

        try:
            systems = self.environment.systems.values()
        except UsageError:  # whoever needs the environment says what is wrong with it
            return []
        return [problem for system in systems if (problem := resetting.reset(system))]

    def end_test(self) -> list[str]:
        """Undo what the test left, last first; returns what could not be undone."""
        return _undone(self._at_test_end)

    def end_suite(self) -> list[str]:
        """Undo what the suite's setup left, end its sessions, and reset what this process owns and used.

        Returns what could not be undone.
        """
        problems = _undone(self._at_suite_end)
        for system in self._environment.systems.values() if self._environment else ():
            system.end_suite()
        return problems

    def close(self) -> None:
        """Close and stop everything; the context can be used anew afterwards."""
        for system in self._environment.systems.values() if self._environment else ():
            system.close()
        self.__init__()  # type: ignore[misc]  # back to the state of a new one


def _undone(left: list[tuple[str, Callable[[], None]]]) -> list[str]:
    problems = []
    while left:
        what, undo = left.pop()
        try:
            undo()
        except Exception as error:  # noqa: BLE001  # one failing clean-up must not keep the others from running
            problems.append(f"{what}: {error}")
    return problems


def tags_of(data: Any) -> tuple[str, ...]:
    """The ``system:`` tags that all tests of a suite share."""
    shared: set[str] | None = None
    for test in data.all_tests:
        own = {str(tag) for tag in test.tags if str(tag).startswith(TAG)}
        shared = own if shared is None else shared & own
    return tuple(sorted(shared or ()))


context = Context()
