"""Options of the command."""

import pytest

from theodore_qa.cli.areas import _seconds
from theodore_qa.cli.robot_options import split_options
from theodore_qa.errors import UsageError


def test_options_are_split_between_robot_and_pabot(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v.py").write_text("")
    robot, pabot, xunit = split_options(
        ("--include", "x", "--processtimeout", "5", "--variablefile", "v.py", "--chunk", "--xunit", "x.xml")
    )
    assert robot == ["--include", "x", "--variablefile", str(tmp_path / "v.py")]
    assert pabot == ["--processtimeout", "5", "--chunk"]
    assert xunit == tmp_path / "x.xml"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            ("--outputdir", "there"),
            "The option --outputdir does not go to Robot: name the folder of all results by --results DIR.",
        ),
        (("-l=log.html",), "The option -l does not go to Robot: name the folder of all results by --results DIR."),
        (("--bogus",), "Robot does not take what follows '--': option --bogus not recognized."),
        (
            ("a.robot",),
            "'a.robot' is no option: the suites are those of the area. Select some by -- --suite NAME, or by their tags.",
        ),
    ],
)
def test_what_robot_must_not_get(given, sentence):
    with pytest.raises(UsageError) as caught:
        split_options(given)
    assert str(caught.value) == sentence


def test_the_age_of_reports_is_a_time_of_robot():
    assert _seconds("30 days") == 30 * 24 * 3600
    with pytest.raises(UsageError, match="--older-than is 'soon', which is no time: write it such as '30 days' or '12 hours'."):
        _seconds("soon")
