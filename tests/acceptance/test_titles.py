"""A test passes only by a check in its own body: what is swallowed, passed over or only prepared is no pass."""

import json
import subprocess
import sys

import pytest

SUITE = """\
*** Settings ***
Library    ApiLibrary
Library    Collections
Library    OperatingSystem
Library    QualityLibrary
Library    TestDataLibrary
Library    TheodoreLibrary
Suite Setup    Research

*** Test Cases ***
{rows}

*** Keywords ***
Research
    ${{r}} =    Research Company    Slack
    VAR    ${{R}} =    ${{r}}    scope=SUITE

Check Unless
    [Arguments]    ${{left}}
    IF    ${{left}}    RETURN
    Get Research Status    ${{R}}    ==    completed
"""
CHECK = "Get Research Status    ${R}    ==    completed"
NOTHING = "Nothing was checked: the test only signs in, starts or follows"
OVER = "the test passed over a check that it has: "
WENT_ON = "failed and the test went on"
ROWS = {
    # name: (steps, verdict, part of the message)
    "Signing In Is No Check": (["Sign In"], "NOT EVALUATED", NOTHING),
    "Following Is No Check": (["${x} =    Start Research    Slack", "Follow Research    ${x}"], "NOT EVALUATED", NOTHING),
    "A Setup Is No Body": ([f"[Setup]    {CHECK}", "No Operation"], "NOT EVALUATED", NOTHING),
    "A Teardown Is No Body": (["No Operation", f"[Teardown]    {CHECK}"], "NOT EVALUATED", NOTHING),
    "A Failed Research Is Not Looked At": (
        ["Research Company    Fake Corp ABC456", CHECK],
        "NOT EVALUATED",
        "of 'Fake Corp ABC456' ended as failed, and the test does not look at that: check it, for example by "
        "Get Research Status    ${research}    ==    failed.",
    ),
    "A Failed Research Is Looked At": (
        ["${x} =    Research Company    Fake Corp ABC456", "Get Research Status    ${x}    ==    failed"],
        "PASS",
        "",
    ),
    "Ignored Assertion": ([CHECK, "Run Keyword And Ignore Error    Should Be Equal    1    2"], "FAIL", WENT_ON),
    "Assertion For A Status": ([CHECK, "${x} =    Run Keyword And Return Status    Should Contain    abc    d"], "FAIL", WENT_ON),
    "Assertion In A Try": ([CHECK, "TRY", "    List Should Contain Value    ${{[1]}}    2", "EXCEPT", "    No Operation", "END"], "FAIL", WENT_ON),
    "Assertion Of Another Library": ([CHECK, "Run Keyword And Ignore Error    File Should Exist    /none/such"], "FAIL", WENT_ON),
    "Fail Itself": ([CHECK, "Run Keyword And Ignore Error    Fail    no"], "FAIL", WENT_ON),
    "Any Error Expected": ([CHECK, "Run Keyword And Expect Error    *    Should Be Equal    1    2"], "FAIL", WENT_ON),
    "This Error Expected": ([CHECK, "Run Keyword And Expect Error    1 != 2    Should Be Equal    1    2"], "PASS", ""),
    "Waited For": (
        ["VAR    @{left}    1    2", CHECK, "Wait Until Keyword Succeeds    60 s    10 ms    Last Is Left    ${left}"],
        "PASS",
        "",
    ),
    "A Failure Is Meant": (
        ["[Tags]    expects-failure:bug 17", CHECK, "Run Keyword And Ignore Error    Should Be Equal    1    2"],
        "PASS",
        "",
    ),
    "A Banner Is Not There": ([CHECK, "Run Keyword And Ignore Error    Get File    /none/such"], "PASS", ""),
    "Passed Execution": ([CHECK, "Pass Execution    enough", CHECK], "NOT EVALUATED", OVER + "TheodoreLibrary.Get Research Status"),
    "Passed Execution At The End": ([CHECK, "Pass Execution    done", "Log    bye"], "PASS", ""),
    "Returned Early": (["Check Unless    False", "Check Unless    True"], "NOT EVALUATED", OVER),
    "Left A Loop": (
        [CHECK, "FOR    ${x}    IN    a    b", "    BREAK", f"    {CHECK}", "END"],
        "NOT EVALUATED",
        OVER,
    ),
    "Left A Loop Over Rows": ([CHECK, "FOR    ${x}    IN    a    b", f"    {CHECK}", "    BREAK", "END"], "NOT EVALUATED", OVER),
    "Continued A Loop": (
        ["FOR    ${x}    IN    a    b", "    IF    '${x}' == 'b'    CONTINUE", f"    {CHECK}", "END"],
        "NOT EVALUATED",
        OVER,
    ),
    "Tried Until It Was There": (["FOR    ${x}    IN RANGE    9", f"    {CHECK}", "    BREAK", "END"], "PASS", ""),
    "A Branch Is Chosen": (["IF    True", f"    {CHECK}", "ELSE", "    Get Research Status    ${R}    ==    failed", "END"], "PASS", ""),
    "Looks Not At The Value": (
        ["Get Research Status    ${R}    validate    True"],
        "FAIL",
        "The check 'validate True' does not look at the value: write for example 'validate    value > 3'.",
    ),
    "Other Than What Is Never": (
        ["Get Research Status    ${R}    !=    banana"],
        "FAIL",
        "The check 'inequal banana' holds for every value, so that it could not fail: compare with another one.",
    ),
    "Compared With Itself": (
        ["Get Research Field    ${R}    industry    ==    ${R.record}[industry]"],
        "FAIL",
        "The check of Slack compares a value with a part of itself: give what is expected.",
    ),
    "Its Own Truth": (
        ["Record Should Be Accurate    ${R.record}    ${R.record}"],
        "FAIL",
        "The truth comes from ",
    ),
    "Half Of It Is Invented": (
        ["VAR    &{record}    name=Slack    founded_year=1812", "Record Should Be Complete    ${record}    ${{['name', 'founded_year']}}"],
        "NOT EVALUATED",
        "quality.observed.founded_year: expected a value from an answer of the system under test, observed 1812, in no answer.",
    ),
}  # fmt: skip
LAST = """
Last Is Left
    [Arguments]    ${left}
    Remove From List    ${left}    0
    Should Be Empty    ${left}
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """The verdict and the message of each row, of one run."""
    folder = tmp_path_factory.mktemp("titles")
    path = folder / "suites" / "e2e" / "titles.robot"
    path.parent.mkdir(parents=True)
    rows = "\n\n".join("\n".join([name, *(f"    {step}" for step in steps)]) for name, (steps, _, _) in ROWS.items())
    path.write_text(SUITE.format(rows=rows) + LAST, encoding="utf-8")
    command = [sys.executable, "-c", "from theodore_qa.cli import main; main()", "test", "e2e", "--output-report", "r.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    report = folder / "r.json"
    assert report.is_file(), done.stdout + done.stderr
    return {test["name"]: (test["verdict"], test["message"]) for test in json.loads(report.read_text())["tests"]}


@pytest.mark.parametrize("name", ROWS)
def test_a_title_is_bound_to_what_its_test_observed(ended, name):
    _, verdict, part = ROWS[name]
    assert ended[name][0] == verdict, ended[name]
    assert part in ended[name][1]


def test_the_console_and_the_evidence_name_what_was_swallowed(theodore, tmp_path):
    steps = ["Meant", "    [Tags]    expects-failure:bug 17", "    Sign In Should Work", "    Run Keyword And Ignore Error    Fail    no"]
    steps += ["    Run Keyword And Ignore Error    Get File    /none/such"]
    suite = tmp_path / "suites" / "e2e" / "meant.robot"
    suite.parent.mkdir(parents=True)
    suite.write_text("*** Settings ***\nLibrary    OperatingSystem\nLibrary    TheodoreLibrary\n\n*** Test Cases ***\n" + "\n".join(steps))
    done = theodore("test", "e2e")
    assert done.returncode == 0, done.stdout
    assert "EXPECTED FAILURE: meant.robot: Meant says that a failed assertion is meant: bug 17" in done.stdout
    (evidence,) = tmp_path.glob("results/evidence/*/*.jsonl")
    swallowed = [record["what"] for record in map(json.loads, evidence.read_text().splitlines()) if record["type"] == "swallowed"]
    assert [what.partition(": ")[0] for what in swallowed] == ["The keyword 'OperatingSystem.Get File' failed and the test went on"]
