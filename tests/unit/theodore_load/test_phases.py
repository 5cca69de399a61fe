"""The system's own phases, as its answers list them."""

import pytest
from raw_server import answering, raw_serving
from theodore_load_driving import driven

from LoadLibrary.bottleneck import OUTSIDE, shares
from theodore_load import engine, phases, scenario
from theodore_qa.errors import UsageError

WHERE = {"at": "a.list", "name": "who", "milliseconds": "ms"}
ODD = [{"who": "x", "ms": 5}, {"who": "y", "ms": "5"}, {"who": 3, "ms": 5}, {"ms": 5}, 7, {"who": "z", "ms": -1}, {"who": "t", "ms": True}]


def test_phases_are_found_and_what_is_no_number_is_left_out():
    assert list(phases.read(WHERE, "s").found({"a": {"list": ODD}})) == [("x", 0.005)]
    assert list(phases.read(WHERE, "s").found({"a": "none"})) == []


def test_they_are_merged_over_workers_and_shared_out(tmp_path):
    body = b'{"list": [{"n": "db", "s": 0.0001}]}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    step = {"request": "GET /", "name": "get", "expect": {"text": "db"}, "phases": {"at": "list", "name": "n", "seconds": "s"}}
    with raw_serving(answering(answer)) as port:
        entries = {"url": f"http://127.0.0.1:{port}", "workers": 2, "limits": {"lateness": 60}}
        result = engine.run(scenario.read(entries | {"stages": ["4 users x 5"], "journeys": [{"steps": [step]}]}, tmp_path))
    assert result.data()["phases"] == {"db": {"count": 20, "mean": pytest.approx(0.0001)}}
    found = {phase.name: phase for phase in shares(result, result.of("get"))}
    assert (found["db"].count, found["db"].mean) == (20, pytest.approx(0.0001))
    assert sum(phase.share for phase in found.values()) == pytest.approx(1)
    assert OUTSIDE in found


def test_an_answer_that_is_no_json_is_an_error():
    step = {"request": "GET /", "expect": {"text": "a"}, "phases": WHERE}
    with raw_serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")) as port:
        figures = driven(port, step)
    assert (figures.ok, figures.examples) == (0, {"check": "expected JSON, observed a"})


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("list", "are no mapping"),
        ({"at": "a", "name": "b"}, "need a list, a name and a duration"),
        ({"at": "a", "name": "b", "seconds": "c", "milliseconds": "d"}, "need a list, a name and a duration"),
        ({"at": "a", "nam": "b"}, "There is no entry 'nam' in the phases of the step 's': did you mean 'name'?"),
    ],
)
def test_phases_that_are_none(declared, message):
    with pytest.raises(UsageError) as raised:
        phases.read(declared, "s")
    assert message in str(raised.value)
