"""Reports of other tools: what they show, and what they do not."""

import json

import pytest

from theodore_qa.errors import UsageError
from theodore_qa.readiness import inputs

HOSTS = ("shop.test",)
JUNIT = '<testsuites><testsuite><testcase name="a"/><testcase name="b">%s</testcase></testsuite></testsuites>'
COVERAGE = '<coverage line-rate="%s"><packages><line number="1" hits="3"/><line number="2" hits="0"/></packages></coverage>'
RULES = {"driver": {"name": "t", "rules": [{"id": "A"}, {"id": "B", "defaultConfiguration": {"level": "error"}}]}}


def sarif(results, **more):
    return json.dumps({"runs": [{"tool": RULES, "results": results} | more]})


@pytest.mark.parametrize(
    ("kind", "text", "hits", "tried", "reason"),
    [
        ("junit", JUNIT % "", 2, 2, ""),
        ("junit", JUNIT % "<failure/>", 1, 2, ""),
        ("junit", JUNIT % "<error/>", 1, 2, ""),
        ("junit", JUNIT % "<skipped/>", 1, 1, "1 of 2 tests of r were skipped"),
        ("junit", "<testsuites/>", 0, 0, ""),
        ("coverage", COVERAGE % "0.5", 1, 2, ""),
        ("coverage", COVERAGE % "0.99", 0, 0, "r states a rate of 99.00%, and its lines give 50.00%"),
        ("coverage", '<coverage line-rate="1"/>', 0, 0, "r lists no lines"),
        ("sarif", sarif([]), 2, 2, ""),
        ("sarif", sarif([{"ruleId": "A"}]), 2, 2, ""),
        ("sarif", sarif([{"ruleId": "B"}]), 1, 2, ""),
        ("sarif", sarif([{"ruleId": "B", "suppressions": [{"kind": "external"}]}]), 2, 2, ""),
        ("sarif", sarif([{"ruleId": "C", "level": "error"}]), 2, 3, ""),
        ("sarif", sarif([], invocations=[{"executionSuccessful": False}]), 0, 0, "a tool of r did not end well"),
        ("sarif", '{"runs": []}', 0, 0, "r names no rules"),
    ],
)
def test_what_a_report_shows(tmp_path, kind, text, hits, tried, reason):
    (tmp_path / "r").write_text(text, encoding="utf-8")
    found, paths = inputs.read([f"{kind}={tmp_path / 'r'}"], HOSTS)
    assert (found[kind].share.hits, found[kind].share.tried, found[kind].reason) == (hits, tried, reason)
    assert paths == [tmp_path / "r"]


@pytest.mark.parametrize("kind", inputs.READERS)
@pytest.mark.parametrize("text", ["", "{}", "<a>", "[1]", '{"runs": [1]}'])
def test_what_is_no_report_is_refused(tmp_path, kind, text):
    (tmp_path / "r").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=f"r is no {kind} report, or is damaged"):
        inputs.read([f"{kind}={tmp_path / 'r'}"], HOSTS)


def test_unknown_kinds_missing_files_and_doubles_are_refused(tmp_path):
    (tmp_path / "r").write_text(JUNIT % "", encoding="utf-8")
    urls = tmp_path / "urls.txt"
    urls.write_text("GET https://shop.test/\n")
    for given, message in (
        (["junitt=x"], "did you mean 'junit'"),
        (["junit=/none"], "cannot be read"),
        ([f"junit={tmp_path / 'r'}"] * 2, "Two reports of the kind junit"),
        ([f"zap-urls={urls}"], "A list of scanned URLs shows nothing alone"),
    ):
        with pytest.raises(UsageError, match=message):
            inputs.read(given, HOSTS)
