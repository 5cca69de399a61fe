"""What passes elsewhere with nothing observed is red here; what has no result is named."""

import json
import re

import pytest

HEAD = """\
*** Settings ***
Library    TheodoreLibrary
Library    QualityLibrary

"""
HOLLOW = (
    HEAD
    + """\
*** Test Cases ***
Empty Loop Under A Template
    [Template]    Get Research Status
    FOR    ${x}    IN    @{EMPTY}
        ${x}    ==    completed
    END

Condition That Is False
    IF    False    Research Company    Salesforce

Ignored Error
    ${research} =    Research Company    Salesforce
    Run Keyword And Ignore Error    Get Research Status    ${research}    ==    failed

Return Status
    ${research} =    Research Company    Salesforce
    Run Keyword And Return Status    Get Research Status    ${research}    ==    failed

Try And Except
    ${research} =    Research Company    Salesforce
    TRY
        Get Research Status    ${research}    ==    failed
    EXCEPT
        No Operation
    END

Pass Execution
    Pass Execution    it is fine

Comment Only
    No Operation
    # nothing else

Empty Table
    [Template]    Research Company
    @{EMPTY}
"""
)


def test_eight_shapes_of_an_empty_pass_are_red(robot):
    _, result = robot(HOLLOW)
    assert {test.name: test.status for test in result.suite.tests} == dict.fromkeys(
        [
            "Empty Loop Under A Template",
            "Condition That Is False",
            "Ignored Error",
            "Return Status",
            "Try And Except",
            "Pass Execution",
            "Comment Only",
            "Empty Table",
        ],
        "FAIL",
    )
    messages = {test.name: test.message for test in result.suite.tests}
    for name in ("Condition That Is False", "Pass Execution", "Comment Only"):
        assert "Nothing was observed" in messages[name]
    for name in ("Ignored Error", "Return Status", "Try And Except"):
        assert "A check failed and the test went on: research.status of Salesforce" in messages[name]


def test_they_are_red_with_the_listener_of_the_library_alone(robot):
    _, result = robot(HOLLOW, listener=False)
    assert {test.status for test in result.suite.tests} == {"FAIL"}


def test_a_literal_record_is_no_observation(robot):
    text = HEAD + "*** Test Cases ***\nMade Up\n    VAR    &{r}    a=1\n    Record Should Be Complete    ${r}    ${{['a']}}\n"
    _, result = robot(text)
    assert result.suite.tests[0].status == "FAIL"
    assert "no answer of the system under test in this suite" in result.suite.tests[0].message


def project(tmp_path, **suites):
    for name, text in suites.items():
        path = tmp_path / "suites" / "e2e" / f"{name}.robot"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


GOOD = (
    HEAD
    + "*** Test Cases ***\nGood\n    ${r} =    Research Company    Slack\n    Get Research Status    ${r}    ==    completed\n"
)


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("parallel", ["--parallel", "--no-parallel"])
def test_a_suite_that_kills_its_process_is_named(theodore, tmp_path, code, parallel):
    project(tmp_path, a_good=GOOD, b_bad=HEAD + f"*** Test Cases ***\nKiller\n    Evaluate    __import__('os')._exit({code})\n")
    done = theodore("test", "e2e", parallel)
    assert done.returncode == 3
    assert "b_bad.robot: Killer\n    The test was planned and has no result." in done.stdout


def test_a_truncated_output_is_named(theodore, tmp_path):
    cut = (
        "*** Test Cases ***\nCutter\n    Evaluate    open(r'${OUTPUT FILE}', 'a').write('<kw') and None\n"
        "    Evaluate    __import__('os')._exit(0)\n"
    )
    project(tmp_path, a_good=GOOD, b_bad=HEAD + cut)
    done = theodore("test", "e2e", "--processes", "2")
    assert done.returncode == 3
    assert "b_bad.robot: Cutter" in done.stdout
    assert re.search(r"INCOMPLETE: The output .*output.xml is (cut off|empty)", done.stdout)


def test_two_tests_of_one_name_are_refused(theodore, tmp_path):
    project(tmp_path, twins=GOOD + "\nGood\n    No Operation\n")
    done = theodore("test", "e2e")
    assert done.returncode == 3
    assert "Two tests of one suite have one name" in done.stderr
    assert "Good (twins.robot:" in done.stderr


def test_nothing_selected_is_incomplete(theodore, tmp_path):
    project(tmp_path, good=GOOD)
    done = theodore("test", "e2e", "--", "--include", "nothing")
    assert done.returncode == 3
    assert "Nothing was evaluated: no test was selected." in done.stdout


def test_a_closed_port_is_one_sentence(theodore, tmp_path):
    environment = tmp_path / "closed.yaml"
    environment.write_text(
        "name: closed\nkind: test\nsystems:\n  theodore:\n    extends: theodore.system.yaml\n    url: http://127.0.0.1:9\n"
        "    identities: {a: {username: a, password_env: A_PASSWORD}}\n"
    )
    done = theodore("test", "e2e", "--environment", environment, env={"A_PASSWORD": "correct horse"})
    assert done.returncode == 3
    assert done.stderr == (
        "Error: The entry systems.theodore.url names http://127.0.0.1:9, and GET / was not answered there "
        "(connection refused): start the system, or correct the entry in closed.yaml.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--scenario", "enterprise_sass_research"), "did you mean 'enterprise_saas_research'?"),
        (("--environment", "sandbx"), "did you mean 'sandbox'?"),
        (("--include-real-services",), "has only doubles of its services"),
        (("--output-report", "report.doc"), "its name must end with .html or .json or .md or .csv or .pdf"),
        (("--", "--bogus", "x"), "option --bogus not recognized"),
    ],
)
def test_wrong_usage_is_2_and_one_sentence(theodore, arguments, sentence):
    done = theodore("test", "e2e", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_a_run_leaves_log_and_evidence(theodore, tmp_path):
    project(tmp_path, good=GOOD)
    done = theodore("test", "e2e", "--output-report", "report.json", "--verbose")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all((tmp_path / "results" / name).is_file() for name in ("output.xml", "log.html", "report.html"))
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["counts"]["PASS"] == 1
    assert {"check", "expected", "observed", "n", "verdict"} <= report["tests"][0]["observations"][0].keys()
    assert "no evidence about any production system" in done.stdout


@pytest.mark.parametrize(("company", "suites"), [("toyota motor corporation", 2), ("Adobe", 1)])
def test_a_company_of_the_testers_choice(theodore, tmp_path, company, suites):
    done = theodore("test", "e2e", "--company", company, "--output-report", "report.json")
    assert done.returncode == 0, done.stdout
    tests = json.loads((tmp_path / "report.json").read_text())["tests"]
    assert len({test["suite"] for test in tests}) == suites
