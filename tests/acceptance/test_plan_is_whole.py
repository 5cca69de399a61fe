"""What was not selected is counted, what was changed is noticed, and what an earlier run left is nobody's result."""

import json

import pytest

CHECK = "${r} =    Research Company    Slack\n    Get Research Status    ${r}    ==    completed\n"
HEAD = "*** Settings ***\nLibrary    TheodoreLibrary\n\n*** Test Cases ***\n"
HOLLOW = """\
from robot.api import SuiteVisitor


class Hollow(SuiteVisitor):
    def start_test(self, test):
        if test.name == "Second":
            test.body.clear()
            test.body.create_keyword("Sign In Should Work")


class Drop(SuiteVisitor):
    def start_suite(self, suite):
        suite.tests = [test for test in suite.tests if test.name != "Second"]
"""


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "suites" / "e2e"
    folder.mkdir(parents=True)
    rows = [f"First\n    {CHECK}", f"Second\n    {CHECK}", f"Third\n    [Tags]    robot:exclude\n    {CHECK}"]
    (folder / "rows.robot").write_text(HEAD + "\n".join(rows), encoding="utf-8")
    (tmp_path / "modifiers.py").write_text(HOLLOW, encoding="utf-8")
    return tmp_path


def test_a_test_that_takes_itself_out_is_named(theodore, project):
    done = theodore("test", "e2e")
    assert done.returncode == 0, done.stdout
    assert "PARTIAL: 1 of 3 tests were not selected; " in done.stdout
    assert "PARTIAL: the tag robot:exclude takes out Third (rows.robot:13)." in done.stdout
    (plan,) = project.glob("results/evidence/*/plan.json")
    lists = json.loads(plan.read_text())
    assert [test["name"] for test in lists["planned"]] == ["First", "Second"]
    assert [test["name"] for test in lists["not selected"]] == ["Third"]
    assert "Not selected" in (project / "results" / "output.xml").read_text()


@pytest.mark.parametrize(("more", "code"), [((), 3), (("--allow-modifiers",), 0)])
def test_steps_that_a_modifier_changed_are_noticed(theodore, project, more, code):
    done = theodore("test", "e2e", *more, "--", "--prerunmodifier", "modifiers.Hollow", "--pythonpath", ".")
    assert done.returncode == code, done.stdout
    noticed = "INCOMPLETE: Tests ran with other steps than stand in their files: Second (rows.robot:9)."
    assert (noticed in done.stdout) is bool(code)


def test_a_test_that_a_modifier_dropped_is_not_selected(theodore, project):
    done = theodore("test", "e2e", "--", "--prerunmodifier", "modifiers.Drop", "--pythonpath", ".")
    assert "PARTIAL: 2 of 3 tests were not selected; " in done.stdout


def test_a_mistake_leaves_no_log_of_an_earlier_run(theodore, project):
    results = project / "results"
    results.mkdir()
    (results / "log.html").write_text("all green")
    done = theodore("test", "e2e", "--scenario", "none-such")
    assert done.returncode == 2
    assert "The log of the run before this one is in results/earlier." in done.stderr
    assert not (results / "log.html").exists()
    assert (results / "earlier" / "log.html").read_text() == "all green"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--company", "Nonsense Ltd"), "No test of e2e is about the company 'Nonsense Ltd': add the tag company:Nonsense Ltd"),
        (("--results", ""), "--results needs the name of a folder of its own, such as results"),
        (("--", "--outputdir", "there"), "The option --outputdir does not go to Robot: name the folder of all results by --results"),
        (("suites/e2e/rows.robot",), "is no option: the suites are those of the area."),
    ],
)
def test_what_selects_nothing_or_goes_beside_the_results_is_refused(theodore, project, options, sentence):
    done = theodore("test", "e2e", *options)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_a_folder_that_is_nearly_the_areas_is_named(theodore, project):
    (project / "suites" / "e2e").rename(project / "suites" / "e2ee")
    done = theodore("test", "e2e")
    assert done.returncode == 2
    assert "This project has no suites/e2e, but suites/e2ee: rename the folder to suites/e2e." in done.stderr


def test_suites_that_came_with_the_installation_are_said_to_be_these(theodore, tmp_path):
    done = theodore("test", "e2e", "--scenario", "sessions", "--", "--test", "User Signs In")
    assert "Suites: those that came with the installation, since there is no suites/e2e here." in done.stdout
    assert "1 PASS" in done.stdout


def test_a_keyword_that_hides_one_of_ours_is_refused(theodore, project):
    hiding = "\n*** Keywords ***\nget research_status\n    [Arguments]    @{any}\n    No Operation\n"
    suite = project / "suites" / "e2e" / "rows.robot"
    suite.write_text(suite.read_text() + hiding)
    done = theodore("test", "e2e")
    assert done.returncode == 2
    assert "of rows.robot hides the one of TheodoreLibrary: give it another name." in done.stderr


def test_the_logs_tell_not_evaluated_from_failed(theodore, project):
    suite = project / "suites" / "e2e" / "rows.robot"
    suite.write_text(HEAD + "Only Signs In\n    Sign In\n\nFails\n    ${r} =    Research Company    Slack\n"
                     "    Get Research Status    ${r}    ==    failed\n")  # fmt: skip
    done = theodore("test", "e2e", "--", "--xunit", "x.xml")
    assert "0 PASS, 1 FAIL, 1 NOT EVALUATED" in done.stdout
    output = (project / "results" / "output.xml").read_text()
    assert '<stat pass="0" fail="1" skip="0">NOT EVALUATED</stat>' in output
    assert 'message="NOT EVALUATED: Nothing was checked' in (project / "x.xml").read_text()


def test_outputs_that_are_there_are_judged(robot, theodore, tmp_path):
    text = HEAD + f"Good\n    {CHECK}\nTried Again\n    {CHECK.replace('completed', '%{EXPECTED}')}"
    for number, expected in enumerate(("failed", "completed")):
        robot(text, env={"EXPECTED": expected})
        (tmp_path / "out").rename(tmp_path / f"run-{number}")
    done = theodore("judge", "run-0/output.xml", "run-1/output.xml", "--results", "both")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "RERUN: Tried Again (suite.robot:9) has 2 results: FAIL then PASS; the last one counts." in done.stdout
    assert "2 PASS, 0 FAIL, 0 NOT EVALUATED" in done.stdout
    assert (tmp_path / "both" / "log.html").is_file()


def test_an_output_without_evidence_is_no_pass(robot, theodore, tmp_path):
    import shutil

    robot(HEAD + f"Good\n    {CHECK}")
    shutil.rmtree(tmp_path / "out" / "evidence")
    done = theodore("judge", "out/output.xml", "--results", "judged")
    assert done.returncode == 3
    assert "There is no evidence beside output.xml: nothing shows what was observed." in done.stdout


def test_an_output_that_is_not_there(theodore):
    done = theodore("judge", "none.xml")
    assert (done.returncode, done.stderr) == (2, "Error: There is no output none.xml.\n")
