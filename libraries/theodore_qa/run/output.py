"""An output of Robot in one pass: suites, tests and errors, without the keywords, of which a large output mostly consists."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from robot.result import Result

IN_SUITE = {"doc", "metadata", "meta", "status", "kw", "test", "suite"}
CHUNK = 1 << 20
FAILED = "Parent suite teardown failed:\n{0}"
ALSO_FAILED = "{1}\n\nAlso parent suite teardown failed:\n{0}"
SKIPPED = "Skipped in parent suite teardown:\n{0}"
ALSO_SKIPPED = "Skipped in parent suite teardown:\n{0}\n\nEarlier message:\n{1}"
LEGACY_TIME = "%Y%m%d %H:%M:%S.%f"


class OutputError(Exception):
    """An output that is cut off, damaged or none of Robot."""


@dataclass
class Test:
    """The result of a test as Robot says it."""

    name: str
    source: Path | None
    lineno: int
    status: str = "FAIL"
    message: str = ""
    tags: list[str] = field(default_factory=list)
    elapsed_time: dt.timedelta = dt.timedelta()


@dataclass
class Suite:
    """A suite with its tests; its teardown can take back what they say."""

    name: str
    source: Path | None
    suites: list[Suite] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    elapsed_time: dt.timedelta = dt.timedelta()

    @property
    def all_tests(self) -> Iterator[Test]:
        """The tests of the suite and of those in it, in their order."""
        yield from self.tests
        for suite in self.suites:
            yield from suite.all_tests


@dataclass
class Output:
    """What an output says, and what Robot could not read."""

    suite: Suite
    errors: list[str] = field(default_factory=list)


def read(path: Path) -> Output:
    """Read an output.

    Raises:
        OutputError: it is cut off, damaged or none of Robot.
    """
    if path.suffix.lower() == ".json":
        return _of_json(path)
    reader = _Reader()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                reader.parser.Parse(chunk, False)
        reader.parser.Parse(b"", True)
    except (expat.ExpatError, OSError, ValueError) as error:
        raise OutputError(str(error)) from None
    if reader.root is None:
        raise OutputError("it has no suite")
    return Output(reader.root, reader.errors)


class _Reader:
    """Handlers of the parser; within what is left out, they only count how deep it is."""

    def __init__(self) -> None:
        self.root: Suite | None = None
        self.errors: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self._suites: list[tuple[Suite, list[tuple[str, str]]]] = []  # with what their teardown came to
        self._test: Test | None = None
        self._text: list[str] = []
        self._attributes: dict[str, str] = {}
        self._open: list[str] = []
        self._skipped = 0
        self._by_robot = False
        self._listen()

    def _listen(self) -> None:
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _skip(self) -> None:
        self._skipped = 1
        self.parser.StartElementHandler = self._start_skipped
        self.parser.EndElementHandler = self._end_skipped

    def _start_skipped(self, *_: Any) -> None:
        self._skipped += 1

    def _end_skipped(self, _: str) -> None:
        self._skipped -= 1
        if not self._skipped:
            self._listen()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        within = self._open[-1] if self._open else ""
        if not within:
            if tag != "robot":
                raise OutputError(f"its root is {tag}, expected robot")
            self._by_robot = attributes.get("generator", "").upper().startswith("ROBOT")
        elif within == "suite" and tag not in IN_SUITE:
            raise OutputError(f"a suite holds {tag}")
        elif tag == "suite" and within in ("robot", "suite"):
            self._begin_suite(attributes)
        elif within == "suite" and tag == "test":
            self._test = Test(attributes.get("name", ""), self._suites[-1][0].source, int(attributes.get("line") or 0))
            self._suites[-1][0].tests.append(self._test)
        elif not self._is_read(within, tag, attributes):
            self._skip()
            return
        self._open.append(tag)

    def _begin_suite(self, attributes: dict[str, str]) -> None:
        source = attributes.get("source")
        suite = Suite(attributes.get("name", ""), Path(source) if source else None)
        if self._suites:
            self._suites[-1][0].suites.append(suite)
        elif self.root is None:
            self.root = suite
        else:
            raise OutputError("it has two suites at its root")
        self._suites.append((suite, []))

    def _is_read(self, within: str, tag: str, attributes: dict[str, str]) -> bool:
        """Whether an element says something that is read; its text is collected from here on."""
        if tag == "errors" and within == "robot":
            return True
        if tag == "kw" and within == "suite":
            return attributes.get("type", "").upper() == "TEARDOWN"
        if (tag in ("status", "tag", "tags") and within in ("test", "suite", "tags", "kw")) or (tag, within) == ("msg", "errors"):
            self._attributes, self._text = attributes, []
            self.parser.CharacterDataHandler = self._text.append
            return True
        return False

    def _end(self, tag: str) -> None:
        self._open.pop()
        within = self._open[-1] if self._open else ""
        if tag == "test":
            self._test = None
        elif tag == "suite":
            self._end_suite()
        elif tag in ("status", "tag", "msg"):
            self.parser.CharacterDataHandler = None
            self._take(tag, within, "".join(self._text))

    def _take(self, tag: str, within: str, text: str) -> None:
        if tag == "msg":
            if self._attributes.get("level") == "ERROR":
                self.errors.append(text)
        elif tag == "tag":
            if self._test is not None:
                self._test.tags.append(text)
        elif self._test is not None and within == "test":
            self._test.status = self._attributes.get("status", "FAIL")
            self._test.message = text or self._test.message
            self._test.elapsed_time = _elapsed(self._attributes)
        elif within == "suite":
            self._suites[-1][0].elapsed_time = _elapsed(self._attributes)
        elif within == "kw":
            self._suites[-1][1].append((self._attributes.get("status", "FAIL"), text))

    def _end_suite(self) -> None:
        """Close a suite: where its teardown failed or was skipped, Robot gives that to its tests when it reads them again."""
        suite, teardowns = self._suites.pop()
        for status, message in teardowns if self._by_robot else ():
            for test in suite.all_tests if status in ("FAIL", "SKIP") else ():
                if status == "SKIP":
                    test.message = (ALSO_SKIPPED if test.message else SKIPPED).format(message, test.message)
                    test.status = "SKIP"
                    continue
                test.message = (ALSO_FAILED if test.message else FAILED).format(message, test.message)
                test.status = test.status if test.status == "SKIP" else "FAIL"


def _elapsed(attributes: dict[str, str]) -> dt.timedelta:
    """How long something took; outputs before Robot 7 say when it began and ended."""
    if "elapsed" in attributes:
        return dt.timedelta(seconds=float(attributes["elapsed"]))
    began, ended = attributes.get("starttime", "N/A"), attributes.get("endtime", "N/A")
    if "N/A" in (began, ended):
        return dt.timedelta()
    return dt.datetime.strptime(ended, LEGACY_TIME) - dt.datetime.strptime(began, LEGACY_TIME)  # noqa: DTZ007  # two of one zone


def _of_json(path: Path) -> Output:
    from robot.api import ExecutionResult
    from robot.errors import DataError

    try:
        result: Result = ExecutionResult(path, include_keywords=False)
    except DataError as error:
        raise OutputError(str(error)) from None
    return Output(_of_robot(result.suite), [message.message for message in result.errors.messages if message.level == "ERROR"])


def _of_robot(suite: Any) -> Suite:
    tests = [
        Test(test.name, test.source, test.lineno or 0, test.status, test.message, list(map(str, test.tags)), test.elapsed_time)
        for test in suite.tests
    ]
    return Suite(suite.name, suite.source, list(map(_of_robot, suite.suites)), tests, suite.elapsed_time)
