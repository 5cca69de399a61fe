"""The first line of a test in log.html, and what is cut there."""

from judged_runs import finished, judged, observation
from robot import result as robot_results

from theodore_qa.report import first_lines


def documented(tmp_path, test, records, doc="Orders are answered in time.\n\nMore."):
    (tmp_path / "suites").mkdir()
    suite = robot_results.TestSuite(name="Suites", source=tmp_path / "suites")
    child = suite.suites.create("A", source=tmp_path / "suites" / test.suite)
    case = child.tests.create(test.name, doc=doc, lineno=test.key[1])
    case.body.create_keyword(name="K").body.create_message("y" * 20_000)
    first_lines.add(robot_results.Result(suite=suite), finished([test], tmp_path, suites=tmp_path / "suites", observations=records))
    return case


def test_a_pass_says_how_many_checks_hold(tmp_path):
    test = judged("a.robot", "A")
    records = [observation(test, "api.time", "3 ms"), observation(test, "x", "y"), observation(test, "signed_in", "yes", precondition=True)]
    case = documented(tmp_path, test, records)
    assert case.doc == (
        "*PASS.* Tried: Orders are answered in time. Seen: 2 checks hold, the first: api.time, 3 ms.\n\nMore."
    )
    message = case.body[0].body[0].message
    assert message.startswith("y" * 10_000 + "… (cut here: output.xml has all 20000 characters)")


def test_a_failure_says_what_was_seen_as_text(tmp_path):
    test = judged("a.robot", "A", "FAIL")
    records = [observation(test, "api.body", "see http://evil.example/x.png [javascript:alert(1)|here]\nand more", "FAIL", expected="an order")]
    doc = documented(tmp_path, test, records, doc="").doc
    assert doc.startswith("*FAIL.* Tried: A. Seen: api.body: expected an order, observed see http:\u2060//evil.example/x.png")
    assert "[\u2060javascript:" in doc
    assert "\n" not in doc


def test_without_an_observation_the_reason_is_shown(tmp_path):
    test = judged("a.robot", "A", "NOT EVALUATED", message="The test was planned and has no result.")
    assert "*NOT EVALUATED.* Tried: A. Seen: The test was planned and has no result." in documented(tmp_path, test, [], doc="").doc
