"""Durations, tables, scores and option splitting."""

import pytest

from QualityLibrary import scoring
from theodore_qa import log, timing
from theodore_qa.cli.test import split_options
from theodore_qa.errors import unknown, UsageError


@pytest.mark.parametrize(("text", "value"), [("1.5 s", 1.5), ("200 ms", 0.2), (3, 3), ("2 minutes", 120), ("1h", 3600),
     ("1 minute 30 seconds", 90), ("00:01:30", 90), ("0.25", 0.25), ("1 day", 86400)])
def test_durations(text, value):
    assert timing.seconds(text) == value


@pytest.mark.parametrize("text", ["soon", "", "1 parsec", "-1 s", "nan", "inf", "1:2:3:4"])
def test_no_duration(text):
    with pytest.raises(UsageError) as caught:
        timing.seconds(text)
    assert str(caught.value) == (
        f"'{text}' is not a duration: write a number of seconds, or for example '1.5 s', '200 ms', '1 minute 30 seconds' or '00:01:30'."
    )


@pytest.mark.parametrize(("value", "text"), [(0.085, "85 ms"), (1.5, "1.5 s"), (125, "2 min 5 s")])
def test_shown_durations(value, text):
    assert timing.show(value) == text


def test_tables_are_escaped_and_capped():
    html = log.table("<t>", ("<h>",), [("<script>",)] * 40)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "… and 10 more of 40 rows" in html


def test_completeness_shows_its_arithmetic():
    score = scoring.completeness({"a": 1, "b": "", "c": "unknown", "d": 0}, ["a", "b", "c", "d"], {"a": 2})
    assert score.arithmetic == "3 of 5 = 0.600"


@pytest.mark.parametrize("record", [{}, {"other": 1}])
def test_an_empty_record_scores_zero(record):
    assert scoring.completeness(record, ["a"], {}).value == 0
    assert scoring.accuracy(record, {"a": "x"}, 0, {}).value == 0


def test_a_score_over_nothing_is_an_error():
    with pytest.raises(UsageError):
        scoring.completeness({"a": 1}, [], {})
    with pytest.raises(UsageError):
        scoring.accuracy({"a": 1}, {}, 0, {})


@pytest.mark.parametrize(
    ("value", "true", "right"),
    [("SaaS", "saas", True), (100, 105, False), (["a", "b"], ["B"], True), ("1", 1, False), (True, 1, False), (None, None, True)],
)
def test_accuracy(value, true, right):
    assert scoring.agrees(value, true, 0) is right


def test_numbers_have_a_tolerance():
    assert scoring.agrees(100, 105, 0.05)


def test_options_are_split_between_robot_and_pabot(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v.py").write_text("")
    robot, pabot = split_options(("--include", "x", "--processtimeout", "5", "--variablefile", "v.py", "--chunk"))
    assert robot == ["--include", "x", "--variablefile", str(tmp_path / "v.py")]
    assert pabot == ["--processtimeout", "5", "--chunk"]


def test_unknown_names():
    assert (
        str(unknown("thing", "aple", ["apple", "pear"], "the box"))
        == "There is no thing 'aple' in the box: did you mean 'apple'?"
    )
    assert str(unknown("thing", "x", ["apple", "pear"])) == "There is no thing 'x': there are: apple, pear."
