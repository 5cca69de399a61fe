"""Pictures of a load are well-formed, and show what they are given."""

from xml.etree import ElementTree

import pytest

from LoadLibrary import pictures
from theodore_load import scenario
from theodore_load.recording import Recorder
from theodore_load.results import Result


@pytest.fixture
def result(tmp_path):
    step = {"request": "GET /", "name": "get", "expect": {"text": "<ok>"}}
    declared = {"url": "http://127.0.0.1:1", "stages": ["1 user x 1"], "journeys": [{"steps": [step]}]}
    recorder = Recorder(["get"], [])
    for number in range(100):
        recorder.steps["get"].good(0.01 * (number + 1), 0.01, checked=True)
        recorder.series.count(number / 20, 0.01 * (number + 1), 10)
    recorder.series.count(5.5, None, 0)
    made = Result(scenario.read(declared, tmp_path), 1)
    made.add(recorder.data() | {"cpu": 0.1, "seconds": 6.0, "stopped": ""})
    return made


def test_percentiles_over_time(result):
    picture = ElementTree.fromstring(pictures.over_time(result))
    lines = picture.findall("polyline")
    assert [len(line.get("points").split()) for line in lines] == [5, 5, 5]  # the last second has errors alone
    texts = [text.text for text in picture.findall("text")]
    assert {"p50", "p95", "p99", "1 s", "6 s", "Response times by second"} <= set(texts)


def test_the_histogram_counts_every_request(result):
    picture = ElementTree.fromstring(pictures.histogram(result))
    assert 10 < len(picture.findall("rect")) <= pictures.BARS
    assert "10 ms" in [text.text for text in picture.findall("text")]


def test_no_picture_without_an_answer(tmp_path):
    step = {"request": "GET /", "expect": {"text": "ok"}}
    declared = {"url": "http://127.0.0.1:1", "stages": ["1 user x 1"], "journeys": [{"steps": [step]}]}
    empty = Result(scenario.read(declared, tmp_path), 1)
    assert (pictures.over_time(empty), pictures.histogram(empty)) == ("", "")
