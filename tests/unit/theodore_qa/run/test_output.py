"""Outputs in one pass: the same suites, tests and errors as Robot reads in them."""

import datetime as dt

import pytest
from robot.api import ExecutionResult

from theodore_qa.run import output

TEST = """
<test id="s1-s1-t1" name="A &amp; B" line="7"><kw name="Log" type="SETUP"><msg level="ERROR" time="2026-01-01T00:00:00">in a keyword</msg>
<tag>of a keyword</tag><status status="PASS" start="2026-01-01T00:00:00" elapsed="0.5"/></kw><doc>said</doc><tag>a:b</tag><tag>c</tag>
<status status="{status}" start="2026-01-01T00:00:00" elapsed="1.25">{message}</status></test>"""
OUTPUT = """<?xml version="1.0" encoding="UTF-8"?>
<robot generator="{generator} 7.5 (Python 3.11 on linux)" generated="2026-01-01T00:00:00" rpa="false" schemaversion="5">
<suite id="s1" name="Suites" source="/x/suites"><suite id="s1-s1" name="E2e" source="/x/suites/e2e.robot">{test}
<kw name="Close" type="TEARDOWN"><kw name="Fail"><status status="FAIL" start="2026-01-01T00:00:00" elapsed="0">inner</status></kw>
<status status="{teardown}" start="2026-01-01T00:00:00" elapsed="0">at the end</status></kw>
<doc>x</doc><meta name="m">y</meta><status status="FAIL" start="2026-01-01T00:00:00" elapsed="2"/></suite>
<status status="FAIL" start="2026-01-01T00:00:00" elapsed="3"/></suite>
<statistics><total><stat pass="0" fail="1" skip="0">All</stat></total></statistics>
<errors><msg level="ERROR" time="2026-01-01T00:00:00">No library 'X'.</msg><msg level="WARN" time="2026-01-01T00:00:00">old</msg></errors>
</robot>"""


def facts(suite):
    """All that is read of a suite, of Robot's model and of ours."""
    tests = [(t.name, t.source, t.lineno or 0, t.status, t.message, list(map(str, t.tags)), t.elapsed_time) for t in suite.tests]
    return suite.name, suite.source, suite.elapsed_time, tests, [facts(child) for child in suite.suites]


@pytest.mark.parametrize("generator", ["Robot", "Rebot"])
@pytest.mark.parametrize("teardown", ["PASS", "FAIL", "SKIP", "NOT RUN"])
@pytest.mark.parametrize(("status", "message"), [("PASS", ""), ("FAIL", "no &lt;b&gt;\nsecond"), ("SKIP", "waived")])
def test_it_says_what_robot_says(tmp_path, generator, teardown, status, message):
    path = tmp_path / "output.xml"
    path.write_text(OUTPUT.format(generator=generator, teardown=teardown, test=TEST.format(status=status, message=message)))
    found, by_robot = output.read(path), ExecutionResult(path)
    assert facts(found.suite) == facts(by_robot.suite)
    assert found.errors == [message.message for message in by_robot.errors.messages if message.level == "ERROR"] == ["No library 'X'."]


def test_outputs_before_robot_7_say_when_a_test_began_and_ended(tmp_path):
    path = tmp_path / "output.xml"
    times = 'starttime="20240101 12:00:00.000" endtime="20240101 12:00:01.500"'
    path.write_text(f'<robot generator="Robot 6.1"><suite name="S"><test name="A"><status status="PASS" {times}/></test></suite></robot>')
    assert [test.elapsed_time for test in output.read(path).suite.all_tests] == [dt.timedelta(seconds=1.5)]


def test_json_is_read_by_robot(tmp_path):
    path = tmp_path / "output.xml"
    path.write_text(OUTPUT.format(generator="Rebot", teardown="PASS", test=TEST.format(status="PASS", message="")))
    ExecutionResult(path).to_json(tmp_path / "output.json")
    assert facts(output.read(tmp_path / "output.json").suite) == facts(output.read(path).suite)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "<robot/>",
        "<html><suite/></html>",
        "<robot><suite><html/></suite></robot>",
        "<robot><suite/><suite/></robot>",
        OUTPUT[:400],
        OUTPUT + "<more/>",
    ],
)
def test_what_is_cut_off_or_none_of_robot_is_refused(tmp_path, text):
    path = tmp_path / "output.xml"
    path.write_text(text)
    with pytest.raises(output.OutputError):
        output.read(path)
