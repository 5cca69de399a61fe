"""Growth of what a system uses: proved, refuted, or not decided."""

import types

import pytest

from LoadLibrary.keywords.running import RunningKeywords
from LoadLibrary.keywords.usage import UsageKeywords
from LoadLibrary.verdicts import Load
from theodore_load.recording import Figures
from theodore_load.results import Result
from theodore_qa.errors import NotEvaluatedError, QaError, UsageError
from theodore_qa.faults.usage import Usage, UsageWatch

SECONDS = 60


def load(growth, noise=0.0, *, samples=60, requests=6000):
    """A load of a minute in which memory grows by so many MB a second."""
    figures = Figures("get")
    for _ in range(requests):
        figures.good(0.01, 0.01, checked=True)
    scenario = types.SimpleNamespace(open=False, limits={"lateness": 60})
    result = Result(scenario, 1, steps=[figures], began=100.0, seconds=float(SECONDS))
    result.series = {second: {"ok": requests // SECONDS, "errors": 0, "bytes": 0, "times": []} for second in range(SECONDS)}
    watch = UsageWatch("api", lambda: None)
    watch.samples = [Usage(100 + n, 0.5, 100 + growth * n + noise * (n % 3 - 1), 12 + n // 2, 3) for n in range(samples)]
    return Load("soak", None, result, watch)


@pytest.fixture
def keywords():
    return UsageKeywords(RunningKeywords())


def test_growth_is_a_failure_with_its_interval(keywords):
    with pytest.raises(QaError) as raised:
        keywords.memory_should_not_grow("1 MB per 1000 requests", load=load(0.5, 0.5))
    text = str(raised.value)
    assert text.startswith("load.memory_growth of api: expected at most 1 MB per 1000 requests, observed +5.0")
    assert "n = 48 of 59 s" in text


def test_what_the_samples_do_not_decide_is_not_evaluated(keywords):
    with pytest.raises(NotEvaluatedError, match="which does not decide it: load for longer"):
        keywords.memory_should_not_grow("0.3 MB/min", load=load(0.0, 5.0, samples=20))


def test_handles_are_counted_by_time_too(keywords):
    with pytest.raises(QaError, match="expected at most 5 handles per min, observed [+]29.96 handles per min"):
        keywords.connections_should_not_grow("5 per min", load=load(0.0))


@pytest.mark.parametrize("samples", [0, 5])
def test_few_samples_prove_nothing(keywords, samples):
    with pytest.raises(NotEvaluatedError):
        keywords.memory_should_not_grow(load=load(0.0, samples=samples))


def test_samples_of_before_and_after_do_not_count(keywords):
    whole = load(0.0)
    whole.usage.samples = [sample for sample in load(5.0).usage.samples if sample.moment < 104]
    with pytest.raises(NotEvaluatedError, match="4 samples are too few for a trend"):
        keywords.memory_should_not_grow(load=whole)


@pytest.mark.parametrize("text", ["1 TB", "MB/min", "-1 MB/min", "", "1 MB/hour"])
def test_what_is_no_growth(keywords, text):
    with pytest.raises(UsageError, match="is no growth: write for example"):
        keywords.memory_should_not_grow(text, load=load(0.0))


def test_the_most_is_compared(keywords):
    assert keywords.get_resource_usage("memory", load=load(1.0)) == 159
    assert keywords.get_resource_usage("cpu", load=load(1.0)) == 0.5


def test_growth_for_each_request_is_found_where_they_come_unevenly(keywords):
    crowded = load(0.0)
    for second, entry in crowded.result.series.items():
        entry["ok"] = 400 if second % 20 < 3 else 20
    answered = crowded.result.answered(range(SECONDS))
    crowded.usage.samples = [Usage(100 + n, 0.5, 100 + 0.01 * answered[n], 12, 3) for n in range(SECONDS)]
    with pytest.raises(QaError, match=r"observed [+]10[.]00 MB per 1000 requests \(95 %: [+]10[.]00 to [+]10[.]00"):
        keywords.memory_should_not_grow("9 MB per 1000 requests", load=crowded)


def test_answers_are_counted_evenly_within_a_second_and_none_before_or_after():
    result = load(0.0).result
    result.series = {1: {"ok": 8, "errors": 2, "bytes": 0, "times": []}, 3: {"ok": 4, "errors": 0, "bytes": 0, "times": []}}
    assert result.answered([-1, 0.5, 1.5, 2, 2.9, 3.25, 9]) == [0, 0, 5, 10, 10, 11, 14]
