"""Two builds side by side: each sample drives both alike, and only right answers count."""

import asyncio
import math
import types

import pytest
from raw_server import answering, OK, raw_serving, read_request

from LoadLibrary import building, comparing
from LoadLibrary.building import LoadJourney, LoadStep
from LoadLibrary.builds import Builds
from LoadLibrary.keywords import benchmarks
from theodore_load import scenario
from theodore_qa.errors import NotEvaluatedError, QaError, UsageError

STEP = LoadStep({"request": "GET /", "name": "get", "expect": {"fields": {"status": "ok"}}})


async def slow(reader, writer):
    """A server that answers after 200 ms."""
    while True:
        await read_request(reader)
        await asyncio.sleep(0.2)
        writer.write(OK)


def system(name, port):
    return types.SimpleNamespace(name=name, embedded=False, url=f"http://127.0.0.1:{port}")


@pytest.fixture(autouse=True)
def built(monkeypatch):
    """Scenarios are built without signing in."""

    def build(of, steps, _identities, options, folder):
        journeys = [step if isinstance(step, LoadJourney) else LoadJourney("", (step,)) for step in steps]
        declared = {
            "url": of.url,
            "journeys": [{"name": made.name, "steps": [step.declared for step in made.steps]} for made in journeys],
        }
        return scenario.read(declared | options, folder)

    monkeypatch.setattr(building, "build", build)


def test_the_slower_build_has_a_positive_difference():
    with raw_serving(slow) as test, raw_serving(answering(OK)) as reference:
        builds = Builds(system("new", test), system("old", reference), [STEP], 2, 0, 20)
        (difference,) = builds.sample(["get"], 1)["get"]
    assert difference > math.log(1.1)
    assert (builds.answers, builds.restarts) == (4, False)


def test_a_build_that_answers_something_else_is_not_compared():
    wrong = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    with raw_serving(wrong) as test, raw_serving(wrong) as reference:
        builds = Builds(system("new", test), system("old", reference), [STEP], 1, 0, 20)
        with pytest.raises(NotEvaluatedError, match="was answered as expected 0 of 1 times"):
            builds.sample(["get"], 1)


def test_builds_take_turns_in_random_order():
    turns = []

    def counted(name):
        async def handler(reader, writer):
            while True:
                await read_request(reader)
                turns.append(name)
                writer.write(OK)

        return handler

    with raw_serving(counted("new")) as test, raw_serving(counted("old")) as reference:
        builds = Builds(system("new", test), system("old", reference), [STEP], 12, 2, 20)
        builds.sample(["get"], 1)
    rounds = [tuple(turns[number : number + 2]) for number in range(0, len(turns), 2)]
    assert len(rounds) == builds.answers / 2 == 14
    assert set(rounds) == {("new", "old"), ("old", "new")}


def phased(milliseconds):
    """Answers that list how long a phase took."""
    text = b'{"status": "ok", "phases": [{"name": "analysis", "ms": %d}]}' % milliseconds
    return answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))


def research():
    """A journey whose second step lists phases."""
    start = LoadStep({"request": "GET /start", "name": "start", "expect": {"fields": {"status": "ok"}}})
    where = {"at": "phases", "name": "name", "milliseconds": "ms"}
    return LoadJourney("research", (start, LoadStep(STEP.declared | {"phases": where})))


def test_journeys_and_phases_of_the_system_are_compared():
    with raw_serving(phased(120)) as test, raw_serving(phased(100)) as reference:
        builds = Builds(system("new", test), system("old", reference), [research()], 2, 0, 20, ["analysis"])
        assert builds.names == ["research", "phase analysis"]
        found = builds.sample(builds.names, 1)
        again = builds.sample(["phase analysis"], 1)
    assert found["phase analysis"] == again["phase analysis"] == pytest.approx([math.log(1.2)], rel=0.02)
    assert len(found["research"]) == 1


def test_a_phase_that_no_answer_lists_is_not_evaluated():
    with raw_serving(phased(120)) as test, raw_serving(phased(100)) as reference:
        builds = Builds(system("new", test), system("old", reference), [research()], 1, 0, 20, ["analyses"])
        with pytest.raises(NotEvaluatedError, match="lists how long the phase 'analyses' took; there are analysis"):
            builds.sample(builds.names, 1)


@pytest.fixture
def compared(monkeypatch):
    """What the keyword says of builds with such differences of a pair."""

    def say(*differences, **arguments):
        environment = types.SimpleNamespace(systems={"shop", "shop-reference"}, path=types.SimpleNamespace(name="shop.yaml"))
        environment.system = lambda name: system(name, 1)
        monkeypatch.setattr(benchmarks, "context", types.SimpleNamespace(system=system("shop", 1), environment=environment))
        turns = iter(differences * 100)
        monkeypatch.setattr(Builds, "sample", lambda _, names, pairs: {name: [next(turns) for _ in range(pairs)] for name in names})
        return benchmarks.BenchmarkKeywords().builds_should_be_as_fast(STEP, **arguments)

    return say


def test_a_slower_build_fails(compared):
    with pytest.raises(QaError) as raised:
        compared(0.5, 0.52, 0.48)
    expected = "load.regression of shop-reference: expected get no slower than in shop-reference, observed REGRESSED: +65."
    assert str(raised.value).startswith(expected)


def test_a_build_that_is_slower_by_what_processes_may_differ_by_is_not_evaluated(compared):
    expected = "one process of each build may differ by 15%: deploy both anew, and compare again"
    with pytest.raises(NotEvaluatedError, match=f"observed INCONCLUSIVE: .*; {expected}"):
        compared(0.22, 0.23, 0.21)


def test_what_noise_hides_is_not_evaluated(compared):
    with pytest.raises(NotEvaluatedError, match=r"observed INCONCLUSIVE: .* pairs would decide"):
        compared(1.5, -1.52, 0.01, -0.02)


def test_too_few_restarts_are_refused(compared):
    with pytest.raises(UsageError, match="needs at least 3 restarts"):
        compared(0.0, restarts=2)


def test_a_comparison_says_what_it_found():
    assert comparing.judged({"a": [0.5, 0.51, 0.49, 0.5]}, 4, 0.1)[0].change is comparing.Change.REGRESSED
