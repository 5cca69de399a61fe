"""Outputs of parallel and of later processes become one result."""

import datetime as dt

from robot.api import ExecutionResult

from theodore_qa.run import output
from theodore_qa.run.merge import Outputs

WRITTEN = """<?xml version="1.0" encoding="UTF-8"?>
<robot generator="Rebot 7.5" generated="2026-11-30T10:00:00" rpa="false" schemaversion="5">
<suite id="s1" name="Suites" source="/suites"><suite id="s1-s1" name="{name}" source="/suites/{name}.robot">
<test id="s1-s1-t1" name="Test" line="3"><status status="PASS" start="{start}" elapsed="{seconds}"/></test>
<status status="PASS" start="{start}" elapsed="{seconds}"/></suite><status status="PASS" start="{start}" elapsed="{seconds}"/></suite>
<statistics><total/><tag/><suite/></statistics><errors/></robot>
"""


def written(folder, name, start, seconds):
    path = folder / f"{name}.xml"
    path.write_text(WRITTEN.format(name=name, start=f"2026-11-30T10:00:{start:02}", seconds=seconds), encoding="utf-8")
    return path


def test_a_result_lasts_from_the_first_start_to_the_last_end(tmp_path):
    paths = written(tmp_path, "first", 10, 5.5), written(tmp_path, "second", 12, 30), written(tmp_path, "third", 50, 1)
    whole = Outputs(paths).as_robot()
    assert [suite.name for suite in whole.suite.suites] == ["first", "second", "third"]
    assert (whole.suite.start_time, whole.suite.elapsed_time) == (dt.datetime.fromisoformat("2026-11-30T10:00:10"), dt.timedelta(seconds=41))
    whole.save(tmp_path / "output.xml")
    assert ExecutionResult(tmp_path / "output.xml").suite.elapsed_time == dt.timedelta(seconds=41)
    assert output.read(tmp_path / "output.xml").suite.elapsed_time == dt.timedelta(seconds=41)
