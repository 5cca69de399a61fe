"""Skips, swallowed errors, setups, lost suites and lost evidence: none of them ends as a pass."""

import itertools
import os
import subprocess
import sys

import pytest

HEAD = """\
*** Settings ***
Library    TheodoreLibrary
Library    TestDataLibrary

"""
GOOD = "*** Test Cases ***\nGood\n    ${r} =    Research Company    Slack\n    Get Research Status    ${r}    ==    completed\n\n"
SKIPS = """\
Failed And Then Skipped
    ${r} =    Research Company    Slack
    Run Keyword And Ignore Error    Get Research Status    ${r}    ==    failed
    Skip    never mind

Skip On Failure
    [Tags]    robot:skip-on-failure
    ${r} =    Research Company    Slack
    Get Research Status    ${r}    ==    failed

Only Skipped
    Skip    no time today

Skipped In Setup
    [Setup]    Skip    no
    Fail    x

Skipped By Tag
    [Tags]    robot:skip
    Fail    x
"""
SWALLOWED = """\
Not Followed To Its End
    ${r} =    Start Research    Salesforce
    Run Keyword And Ignore Error    Follow Research    ${r}    timeout=0.01 s

Not Accepted
    Sign In Should Work
    Run Keyword And Expect Error    *    Research Company    ${EMPTY}

Unknown Company
    Sign In Should Work
    Run Keyword And Ignore Error    Get Company    No Such Company At All

No Keyword
    Sign In Should Work
    Run Keyword And Ignore Error    Sing In

Another Try
    FOR    ${status}    IN    failed    completed
        ${r} =    Research Company    Slack
        VAR    ${expected} =    ${{ 'failed' if '${status}' == 'failed' else 'completed' }}
        Run Keyword And Ignore Error    Get Research Status    ${r}    ==    ${expected}
    END
"""
SETUPS = """\
*** Settings ***
Library    TheodoreLibrary
Suite Setup    Look And Go On    failed
Suite Teardown    Look And Go On    running

*** Test Cases ***
Good
    Get Research Status    ${R}    ==    completed

*** Keywords ***
Look And Go On
    [Arguments]    ${status}
    ${r} =    Research Company    Slack
    VAR    ${R} =    ${r}    scope=SUITE
    Run Keyword And Ignore Error    Get Research Status    ${r}    ==    ${status}
"""


def project(tmp_path, **suites):
    for name, text in suites.items():
        path = tmp_path / "suites" / "e2e" / f"{name}.robot"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def verdicts(done):
    """The tests that are told as red, with what is said of them."""
    lines = done.stdout.splitlines()
    return {line.split(": ")[2]: after.strip() for line, after in itertools.pairwise(lines) if line.count(": ") == 2}


def test_a_skip_is_no_pass(theodore, tmp_path):
    project(tmp_path, skips=HEAD + GOOD + SKIPS)
    done = theodore("test", "e2e")
    assert done.returncode == 3, done.stdout
    assert "1 PASS, 2 FAIL, 3 NOT EVALUATED, 0 SKIP" in done.stdout
    assert "The test was skipped, and nothing that it lacks is waived by the environment file" in done.stdout


def test_failures_cannot_be_turned_into_skips(theodore, tmp_path):
    project(tmp_path, one=HEAD + GOOD.replace("completed", "failed"))
    done = theodore("test", "e2e", "--", "--skiponfailure", "NOTx")
    assert done.returncode == 1
    assert "1 FAIL, 0 NOT EVALUATED, 0 SKIP" in done.stdout


def test_an_error_that_was_swallowed_is_an_error(theodore, tmp_path):
    project(tmp_path, swallowed=HEAD + GOOD + SWALLOWED)
    done = theodore("test", "e2e")
    assert done.returncode == 1, done.stdout
    messages = verdicts(done)
    assert messages["Not Followed To Its End"].startswith("The keyword 'Follow Research' failed and the test went on: ")
    assert messages["Not Accepted"].startswith("The keyword 'Research Company' failed and the test went on: ")
    assert messages["Unknown Company"].startswith("The keyword 'Get Company' failed and the test went on: ")
    assert messages["No Keyword"].startswith(
        "The keyword 'Sing In' failed and the test went on: No keyword with name 'Sing In' found."
    )
    assert messages["Another Try"].startswith("A check failed and the test went on: research.status of Slack")
    assert "1 PASS, 5 FAIL" in done.stdout


def test_what_a_setup_or_a_teardown_saw_fail_counts(theodore, tmp_path):
    project(tmp_path, setups=SETUPS)
    done = theodore("test", "e2e")
    assert done.returncode == 1, done.stdout
    assert "FAIL: setups.robot: Good\n    A check failed and the test went on: research.status of Slack" in done.stdout
    project(tmp_path, setups=SETUPS.replace("Look And Go On    failed", "Look And Go On    completed"))
    done = theodore("test", "e2e")
    assert done.returncode == 1, done.stdout
    assert "FAIL: setups.robot: A check failed and the test went on: research.status of Slack" in done.stdout


def test_a_library_that_is_not_there_makes_the_run_incomplete(theodore, tmp_path):
    lost = "*** Settings ***\nLibrary    NoSuchLibrary\n\n*** Test Cases ***\nLost\n    Log    1\n"
    project(tmp_path, good=HEAD + GOOD, lost=lost)
    done = theodore("test", "e2e")
    assert done.returncode == 3, done.stdout
    assert "INCOMPLETE: Robot says: Error in file" in done.stdout
    assert "NoSuchLibrary" in done.stdout


def test_a_misspelt_section_is_wrong_usage(theodore, tmp_path):
    project(tmp_path, good=HEAD + GOOD, lost="*** Test Casess ***\nLost\n    Sign In Should Work\n")
    done = theodore("test", "e2e")
    assert done.returncode == 2, done.stdout
    assert "Unrecognized section header '*** Test Casess ***'" in done.stderr


def test_the_log_of_an_incomplete_run_is_red(theodore, tmp_path):
    from robot.api import ExecutionResult

    killer = HEAD + "*** Test Cases ***\nKiller\n    Evaluate    __import__('os')._exit(0)\n"
    project(tmp_path, a_good=HEAD + GOOD, b_bad=killer)
    done = theodore("test", "e2e")
    assert done.returncode == 3
    tests = {test.name: test for test in ExecutionResult(tmp_path / "results" / "output.xml").suite.all_tests}
    assert {name: test.status for name, test in tests.items()} == {
        "Good": "PASS",
        "Killer": "FAIL",
        "The Run Is Complete": "FAIL",
    }
    assert tests["Killer"].message == "NOT EVALUATED: The test was planned and has no result."
    assert "is empty: the robot process that wrote it was killed, or was ended from within" in tests["The Run Is Complete"].message


def test_without_evidence_nothing_passes(robot, tmp_path):
    (tmp_path / "nowhere").touch()
    _, result = robot(HEAD + GOOD + "Hollow\n    No Operation\n", env={"THEODORE_EVIDENCE": str(tmp_path / "nowhere")})
    assert {test.name: test.status for test in result.suite.tests} == {"Good": "FAIL", "Hollow": "FAIL"}
    assert result.suite.tests[0].message == "NOT EVALUATED: the evidence could not be written: Not a directory."


LEAVING = "Evaluate    theodore_qa.context.context.at_test_end('the fault on openai could not be undone', lambda: 1/0)    theodore_qa.context"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + GOOD + f"Leaves\n    Sign In Should Work\n    {LEAVING}\n    Fail    something else\n",
        HEAD.replace("\n\n", f"\nSuite Setup    {LEAVING}\n\n") + GOOD,
    ],
    ids=["test", "suite"],
)
def test_what_could_not_be_undone_makes_a_run_incomplete(theodore, tmp_path, text):
    project(tmp_path, leaves=text)
    done = theodore("test", "e2e")
    assert done.returncode == 3, done.stdout
    assert "left something behind: the fault on openai could not be undone: division by zero." in done.stdout


def test_another_listener_cannot_turn_a_failure_into_a_pass(theodore, tmp_path):
    (tmp_path / "Green.py").write_text(
        "ROBOT_LISTENER_API_VERSION = 3\ndef end_test(data, result):\n    result.status, result.message = 'PASS', ''\n"
    )
    bad = "Bad\n    ${r} =    Research Company    Slack\n    Get Research Status    ${r}    ==    completed\n    Fail    otherwise\n"
    project(tmp_path, one=HEAD + GOOD + bad)
    done = theodore("test", "e2e", "--", "--listener", "Green.py")
    assert done.returncode == 1, done.stdout
    assert "1 PASS, 1 FAIL" in done.stdout


def test_names_made_of_variables_and_loops_over_secrets_are_fine(theodore, tmp_path):
    loop = "Loop\n    Sign In Should Work\n    FOR    ${x}    IN    %{THEODORE_ANALYST_PASSWORD}\n        No Operation\n    END\n"
    named = "Check ${COMPANY}\n    Sign In Should Work\n\n"
    variables = "*** Variables ***\n${COMPANY}    Slack\n\n"
    project(tmp_path, one=HEAD + variables + "*** Test Cases ***\n" + named + loop)
    done = theodore("test", "e2e", env={"THEODORE_ANALYST_PASSWORD": "correct horse battery"})
    assert done.returncode == 0, done.stdout


def test_what_the_system_never_said_is_not_evaluated(robot):
    text = (
        HEAD.replace("TestDataLibrary", "QualityLibrary")
        + "*** Test Cases ***\nMade Up\n    Research Company    Slack\n    VAR    &{r}    name=Acme    founded_year=1812\n"
        "    Record Should Be Complete    ${r}    ${{['name']}}\n\n"
        "Ranked By Itself\n    VAR    @{names}    Elvis    Presley\n    VAR    &{found}    Graceland=${names}\n"
        "    Rankings Should Be Good    ${found}    ${found}\n\n"
        "Weighed Away\n    ${r} =    Research Company    Slack\n"
        "    Record Should Be Accurate    ${r.record}    ${{ {'name': 'Elvis'} }}    weights=${{ {'name': 0} }}\n"
    )
    _, result = robot(text)
    messages = [test.message for test in result.suite.tests]
    assert {test.status for test in result.suite.tests} == {"FAIL"}
    expected = "expected a value from an answer of the system under test, observed"
    assert f"quality.observed.name of Acme: {expected} Acme, in no answer" in messages[0].replace("name:", "name of Acme:")
    assert f"quality.observed.Graceland of 1 query: {expected} Elvis, Presley, in no answer" in messages[1]
    assert messages[2] == "The weight of name is 0, expected more than 0: leave out what does not count."


SPILLED = """\
*** Settings ***
Library    TheodoreLibrary
Metadata    Who    %{THEODORE_ADMIN_PASSWORD}
Test Tags    pw-%{THEODORE_ADMIN_PASSWORD}

*** Test Cases ***
Good
    [Documentation]    doc %{THEODORE_ADMIN_PASSWORD}
    Log    the password is %{THEODORE_ADMIN_PASSWORD}
    Log To Console    console %{THEODORE_ADMIN_PASSWORD}
    Sign In Should Work    analyst
"""


@pytest.mark.parametrize("how", ["theodore", "robot", "pabot"])
def test_a_secret_is_known_before_it_is_used(theodore, clean_environment, tmp_path, how):
    """The administrator never signs in, and the password stands everywhere before anything is started."""
    secret = "unguessable horse"
    project(tmp_path, spilled=SPILLED)
    env = {"THEODORE_ADMIN_PASSWORD": secret}
    if how == "theodore":
        done = theodore("test", "e2e", "--output-report", "report.json", env=env)
    else:
        module = "robot" if how == "robot" else "pabot.pabot"
        listeners = ["--listener", "theodore_qa.listener.First", "--listener", "theodore_qa.listener.Listener"]
        done = subprocess.run(
            [sys.executable, "-m", module, *listeners, "--outputdir", "results", "suites"],
            cwd=tmp_path, env=clean_environment | env, capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert secret not in done.stdout + done.stderr
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert secret.encode() not in path.read_bytes(), path
    assert os.environ.get("THEODORE_ADMIN_PASSWORD") != secret


def test_keys_of_providers_and_of_other_apis_are_secrets_too(theodore, tmp_path):
    from theodore_qa import paths

    sandbox = (paths.shipped("variables") / "sandbox.yaml").read_text()
    more = "systems:\n  shop: {url: 'http://127.0.0.1:1', identities: {bob: {token_env: SHOP_TOKEN}}, jwt: {key_env: SHOP_KEY}}\n"
    (tmp_path / "with-shop.yaml").write_text(sandbox.replace("systems:\n", more))
    project(tmp_path, one=HEAD + "*** Test Cases ***\nGood\n    Log    %{SHOP_TOKEN} %{SHOP_KEY}\n    Sign In Should Work\n")
    env = {"SHOP_TOKEN": "token of the shop", "SHOP_KEY": "key of the shop"}
    done = theodore("test", "e2e", "--environment", "with-shop.yaml", env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    for path in (tmp_path / "results").rglob("*"):
        if path.is_file():
            assert b"of the shop" not in path.read_bytes(), path
