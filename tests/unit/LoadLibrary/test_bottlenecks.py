"""Where the time goes: dependency links by their own records, functions by samples, and calls for each result."""

import types

import pytest

from LoadLibrary import bottleneck, dependencies, profiling
from LoadLibrary.keywords.bottlenecks import BottleneckKeywords
from LoadLibrary.keywords.running import RunningKeywords
from LoadLibrary.verdicts import Load
from theodore_load.recording import Figures
from theodore_load.results import Result
from theodore_qa.errors import NotEvaluatedError, QaError, UsageError

pytestmark = pytest.mark.usefixtures("observed")


@pytest.fixture
def keywords():
    return BottleneckKeywords(RunningKeywords())


def call(seconds, number=1):
    return {"seq": number, "link": "ai", "started": 100.0, "finished": 100.0 + seconds}


def figures_of(ok, seconds=1.0):
    figures = Figures("get")
    for _ in range(ok):
        figures.good(seconds, seconds, checked=True)
    return figures


def load(calls, ok=10):
    window = dependencies.Window(types.SimpleNamespace(entry=types.SimpleNamespace(links={})), after=10**6, _calls=calls)
    scenario = types.SimpleNamespace(open=False, limits={"lateness": 60})
    return Load("busy", None, Result(scenario, 1, steps=[figures_of(ok)], seconds=1.0), calls=window)


def test_shares_of_links_and_of_the_system_itself():
    calls = {"store": [call(0.2)] * 10, "ai": [call(0.3)] * 20, "search": []}
    found = bottleneck.of_links(calls, figures_of(10))
    assert [(share.name, share.count) for share in found] == [("ai", 20), ("store", 10), ("the system itself", 10)]
    assert [share.share for share in found] == pytest.approx([0.6, 0.2, 0.2], abs=0.01)


@pytest.mark.parametrize(
    ("calls", "ok"), [({}, 10), ({"ai": []}, 10), ({"ai": [{"seq": 1, "started": "now"}]}, 10), ({"ai": [call(1)]}, 0)]
)
def test_without_calls_or_answers_there_are_no_shares(calls, ok):
    assert bottleneck.of_links(calls, figures_of(ok)) == []


@pytest.mark.parametrize(
    "record", [{}, {"started": 2, "finished": 1}, {"started": True, "finished": 2}, {"started": None, "finished": 1}]
)
def test_a_record_that_says_no_duration(record):
    assert dependencies.seconds(record) is None


def test_a_dependency_that_takes_most_of_the_time_is_named(keywords):
    calls = {"ai": [call(0.9)] * 10}
    with pytest.raises(QaError, match=r"expected no link takes more than 60% of the time, observed ai 90% \(900 ms\)"):
        keywords.find_bottleneck(at_most="60 %", by="links", load=load(calls))
    assert keywords.find_bottleneck(at_most="95 %", by="links", load=load(calls)) == "ai"


def test_links_without_calls_prove_nothing(keywords):
    with pytest.raises(NotEvaluatedError, match="nothing was called over dependency links"):
        keywords.find_bottleneck(at_most="60 %", by="links", load=load({"ai": []}))


def test_a_system_without_links_says_so():
    environment = types.SimpleNamespace(name="shop-test")
    window = dependencies.begin(
        types.SimpleNamespace(name="shop", entry=types.SimpleNamespace(links={}), environment=environment)
    )
    window.end()
    with pytest.raises(NotEvaluatedError, match="the environment shop-test names no links of shop whose calls are recorded"):
        window.calls()


def test_one_call_for_each_result_is_found(keywords):
    few, many = load({"store": [call(0.1)] * 20}), load({"store": [call(0.1)] * 70})
    keywords.calls_should_not_grow(few, few)
    with pytest.raises(QaError, match="expected at most 1 calls of store more, observed 2.0 → 7.0 calls of store a request"):
        keywords.calls_should_not_grow(many, few)
    with pytest.raises(UsageError, match="'stor' in the environment: did you mean 'store'"):
        keywords.calls_should_not_grow(many, few, link="stor")


@pytest.mark.parametrize(
    ("few", "many"), [(load({"store": []}), load({"store": []})), (load({"store": [call(1)]}, ok=0), load({}))]
)
def test_nothing_called_or_answered_proves_nothing(keywords, few, many):
    with pytest.raises(NotEvaluatedError):
        keywords.calls_should_not_grow(many, few)


def test_the_hottest_functions():
    lines = ["main (a.py:1);work (a.py:9) 30", "main (a.py:1);work (a.py:9);parse (b.py:2) 60", "main (a.py:1) 10", "torn", ""]
    found = profiling.read(lines)
    assert found.samples == 100
    assert [(function.name, function.own, function.whole) for function in found.hottest] == [
        ("parse (b.py:2)", 0.6, 0.6),
        ("work (a.py:9)", 0.3, 0.9),
        ("main (a.py:1)", 0.1, 1.0),
    ]


def test_without_py_spy_the_command_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotEvaluatedError, match="py-spy, which is needed for a profile, is not installed: pip install py-spy"):
        profiling.Profiler(1)
