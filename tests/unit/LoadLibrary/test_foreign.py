"""Results of pytest-benchmark, k6 and JMeter as these tools write them."""

import json

import pytest

from LoadLibrary import foreign
from theodore_qa.errors import UsageError

STATS = {"mean": 0.002, "min": 0.001, "max": 0.004, "median": 0.0015, "stddev": 0.001, "rounds": 4}
BENCHMARK = {"machine_info": {}, "benchmarks": [{"name": "test_parse", "stats": STATS}]}
DURATION = {"avg": 120.5, "min": 20, "med": 100, "max": 900, "p(90)": 200, "p(95)": 300}
K6 = {"metrics": {"http_req_duration": DURATION, "http_reqs": {"count": 200, "rate": 10}, "http_req_failed": {"value": 0.05, "passes": 10}}}
DEEP = {"metrics": {name: {"type": "x", "values": values} for name, values in K6["metrics"].items()}}
JTL = "timeStamp,elapsed,label,responseCode,success\n" + "".join(f"1,{n}00,get,200,true\n" for n in range(1, 10)) + "1,50,get,500,false\n"
XML = (
    '<?xml version="1.0"?><testResults version="1.2"><httpSample t="100" lb="get" s="true"/>'
    '<sample t="300" lb="post" s="false"/></testResults>'
)


@pytest.fixture
def read(tmp_path):
    def reading(content):
        (tmp_path / "results").write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return {figures.name: figures for figures in foreign.read(tmp_path / "results")}

    return reading


def test_a_benchmark_of_pytest(read):
    figures = read(BENCHMARK)["test_parse"]
    assert (figures.count, figures.errors) == (4, 0)
    assert figures.times == {"mean": 0.002, "min": 0.001, "p50": 0.0015, "max": 0.004}


def test_a_benchmark_of_pytest_with_its_rounds(read):
    rounds = {"benchmarks": [{"name": "a", "stats": STATS | {"data": [0.001, 0.0015, 0.002, 0.004]}}]}
    assert read(rounds)["a"].times["p95"] == 0.004


@pytest.mark.parametrize("summary", [K6, DEEP])
def test_a_summary_of_k6(read, summary):
    figures = read(summary)["all requests"]
    assert (figures.count, figures.errors) == (200, 10)
    assert figures.times == pytest.approx({"mean": 0.1205, "min": 0.02, "p50": 0.1, "max": 0.9, "p90": 0.2, "p95": 0.3})


def test_samples_of_jmeter_in_which_a_failed_one_was_never_answered(read):
    figures = read(JTL)
    assert set(figures) == {"get", "all requests"}
    assert (figures["get"].count, figures["get"].errors) == (10, 1)
    assert figures["get"].times == pytest.approx({"mean": 0.5, "min": 0.1, "p50": 0.5, "p90": 0.9})


def test_samples_of_jmeter_in_xml(read):
    figures = read(XML)
    assert (figures["get"].times["p50"], figures["post"].errors, figures["post"].times) == (0.1, 1, {})


@pytest.mark.parametrize(
    "content",
    [
        "",
        "hello",
        "{}",
        "{",
        "[]",
        "<a",
        "<a/>",
        "a,b\n1,2\n",
        '{"metrics": {}}',
        '{"benchmarks": [{"name": "a"}]}',
        JTL.replace("100", "soon"),
        JTL.replace("true", "maybe"),
        JTL.replace("100", "-5"),
        JTL.replace("100", "nan"),
        '<!DOCTYPE a [<!ENTITY b "c">]><testResults><sample t="1" lb="&b;" s="true"/></testResults>',
    ],
)
def test_what_is_no_result(read, content):
    with pytest.raises(UsageError, match=r"The file results is no result of pytest-benchmark"):
        read(content)


@pytest.mark.parametrize("content", [{"benchmarks": []}, {"metrics": K6["metrics"] | {"http_reqs": {"count": 0}}}])
def test_what_measured_nothing(read, content):
    with pytest.raises(UsageError, match="The results in results measured nothing"):
        read(content)


def test_what_cannot_be_read(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="No such file"):
        foreign.read(tmp_path / "gone")
    with pytest.raises(UsageError, match="not written in UTF-8"):
        foreign.read(tmp_path / "binary")
