"""How many texts the look for slow expressions needs, and how long the longest of them takes, without a server."""

import datetime as dt
import itertools
from random import Random
from types import SimpleNamespace

import pytest

from SecurityLibrary.description.insertion_points import InsertionPoint
from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
from SecurityLibrary.probes.expressions import SlowExpression
from theodore_qa.systems.exchange import Exchange

STEP, PATIENCE = 30e-9, 10.0  # seconds
PER_FAMILY = len([length for length in SlowExpression.LENGTHS if length <= SlowExpression.SHOWS])


def answer(duration):
    status = 200 if duration < PATIENCE else 0
    return Exchange("GET", "/check", status, {}, "", dt.datetime.now(dt.UTC), min(duration, PATIENCE))


def looked(takes, usual=0.01, unsteadiness=0.0, schema=None):
    """What is found where a text takes as long as ``takes`` says, and how long each text took."""
    durations = []

    def put(_, text):
        durations.append(takes(text))
        return answer(durations[-1])

    parameter = InsertableParameter("text", "query", schema=schema or {})
    point = InsertionPoint(ScanOperation("GET", "/check", (parameter,)), parameter, None, "hello", (answer(usual),))
    scan = SimpleNamespace(
        sender=SimpleNamespace(put=put), slow_points=set(), plan=SimpleNamespace(unsteadiness=lambda: unsteadiness)
    )
    return SlowExpression().look(scan, point), durations


@pytest.mark.parametrize("base", [1.9, 2.0, 2.4, 2.9, 3.0])
@pytest.mark.parametrize("family", SlowExpression.FAMILIES)
def test_what_grows_is_found_before_it_takes_minutes(base, family):
    def takes(text):
        return 0.01 + (STEP * base ** (len(text) - 1) if text[:2] == (family * 2)[:2] else 0)

    found, durations = looked(takes)
    assert "characters take" in found.observed
    assert max(durations) < 6


def test_what_is_quick_takes_few_texts():
    found, durations = looked(lambda _: 0.01)
    assert found is None
    assert len(durations) == PER_FAMILY * len(SlowExpression.FAMILIES)


@pytest.mark.parametrize("usual", [0.05, 1.2])
def test_what_always_takes_long_takes_few_texts(usual):
    found, durations = looked(lambda _: 1.2, usual)
    assert found is None
    assert len(durations) <= 5 * len(SlowExpression.FAMILIES)


def test_a_busy_machine_takes_few_texts_more():
    count = itertools.count()
    found, durations = looked(lambda _: 3.0 if next(count) % 5 == 4 else 0.01)
    assert found is None
    assert len(durations) <= 2 * PER_FAMILY * len(SlowExpression.FAMILIES)


def test_growth_shows_beside_what_always_takes_a_while():
    found, _ = looked(lambda text: 0.3 + STEP * 2.0 ** (len(text) - 1), 0.3)
    assert "characters take" in found.observed


def test_what_hangs_at_once_is_found_by_what_is_a_little_shorter():
    found, durations = looked(lambda text: 0.01 + STEP * 4.8 ** (len(text) - 1))
    assert "13 characters were not answered within 10 s" in found.observed
    assert len([duration for duration in durations if duration > PATIENCE]) == 1


def test_one_request_that_nobody_answers_shows_no_growth():
    count = itertools.count()
    found, _ = looked(lambda _: PATIENCE + 1 if next(count) == 2 else 0.3)
    assert found is None


UNSTEADY_ANSWERS = (0.15, 0.4)  # seconds


@pytest.mark.parametrize("seed", range(5))
def test_answers_of_all_lengths_take_few_texts(seed):
    random = Random(seed)
    found, durations = looked(lambda _: random.uniform(*UNSTEADY_ANSWERS), 0.27, unsteadiness=0.25)
    assert found is None, seed
    most = len([length for length in SlowExpression.UNSTEADY if length <= SlowExpression.SHOWS])
    assert len(durations) <= 1.3 * most * len(SlowExpression.FAMILIES), seed


@pytest.mark.parametrize("base", [1.9, 2.0, 2.4, 2.9, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_growth_shows_where_answers_take_now_longer_and_now_shorter(base, seed):
    random = Random(seed)

    def takes(text):
        return random.uniform(*UNSTEADY_ANSWERS) + (STEP * base ** (len(text) - 1) if text[:2] == "00" else 0)

    found, durations = looked(takes, 0.27, unsteadiness=0.25)
    assert found is not None, (base, seed)
    assert max(durations) < 8, (base, seed)


@pytest.mark.parametrize("unsteadiness", [0.0, 0.25])
def test_the_longest_text_that_the_document_allows_is_tried(unsteadiness):
    lengths = []

    def takes(text):
        lengths.append(len(text))
        return 0.3 + (STEP * 2.0 ** (len(text) - 1) if len(text) <= 28 and text[:2] == "00" else 0)

    found, _ = looked(takes, 0.3, unsteadiness, {"type": "string", "maxLength": 28})
    assert 28 in lengths
    assert found.observed.startswith(("26 characters take", "27 characters take"))


def test_a_limit_that_the_document_does_not_say_is_gone_up_to():
    lengths = []

    def put(_, text):
        lengths.append(len(text))
        taken = len(text) <= 28
        duration = 0.01 + (STEP * 2 ** (len(text) - 1) if taken and text.startswith("00") else 0)
        return Exchange("POST", "/check", 200 if taken else 422, {}, "", dt.datetime.now(dt.UTC), duration)

    parameter = InsertableParameter("text", "query", schema={})
    point = InsertionPoint(ScanOperation("GET", "/check", (parameter,)), parameter, None, "hello", (answer(0.01),))
    plan = SimpleNamespace(unsteadiness=lambda: 0.0)
    scan = SimpleNamespace(sender=SimpleNamespace(put=put), slow_points=set(), plan=plan)
    assert int(SlowExpression().look(scan, point).observed.split()[0]) > 22
    assert lengths.count(29) == 1  # one more than is taken, which is tried first
