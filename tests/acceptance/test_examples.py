"""The example in each keyword's documentation runs."""

import re

import pytest
from robot.libdoc import LibraryDocumentation

LIBRARIES = ("TheodoreLibrary", "ApiLibrary", "ChaosLibrary", "LoadLibrary", "PromptCraftLibrary", "SecurityLibrary", "QualityLibrary", "TestDataLibrary")
EXPLORATION = '{"format": 1, "check": "explore.accounts.profile", "identities": [], "steps": [{"action": "read the profile", "caller": "analyst"}]}'
COMPANIES = (
    "    VAR    ${companies}    ${OUTPUT DIR}/companies.csv\n"
    "    Evaluate    open($companies, 'w').write('id,name,industry,employees,parent_id,updated_at\\\\n' + ''.join("
    "f'{n},Company {n},finance,{n * 7},1,{datetime.datetime.now(datetime.UTC).isoformat()}\\\\n' for n in range(1, 1001)))    modules=datetime\n"
)
NEEDED = {
    "${companies}": COMPANIES,
    "${records}": COMPANIES + "    VAR    &{types}    employees=integer\n    ${records} =    Read Records    ${companies}    types=${types}\n",
    "${database}": "    VAR    ${database}    ${OUTPUT DIR}/shop.db\n    ${connection} =    Evaluate    sqlite3.connect($database)\n"
    "    Evaluate    $connection.executescript('create table if not exists companies (id, name); insert into companies values (1, 2)')\n"
    "    Evaluate    $connection.close()\n",
    "${record}": "    ${research} =    Research Company    Slack\n    VAR    ${record} =    ${research.record}\n",
    "${failure}": f"    VAR    ${{failure}}    ${{OUTPUT DIR}}/exploration.json\n    VAR    ${{saved}}    {EXPLORATION}\n"
    "    Evaluate    open($failure, 'w').write($saved)\n",
}
# What these examples do on a system that has no real providers, and outside the suite that they are for.
EXPECTED = {
    "Get Completeness Score": "Nothing was observed",
    "Sign In": "Nothing was checked",
    "Start Research": "Nothing was checked",
    "Wait Until Providers Answer": "Nothing was checked",
    "Limit Window Should Slide": "expected an empty window of a limit",  # Limit Should Be Enforced has used it up
    "Set Test Data Seed": "Nothing was observed",
    "Register Secret": "Nothing was observed",
    "Real Provider Should Complete": "names no provider 'openai'",
    "Real Provider Should Embed": "names no provider 'openai'",
    "Real Services Should Research": "has doubles of its services",
    "Real Services Should Discover": "has doubles of its services",
    "Agent Should Pass MCP Conformance Suite": "the conformance suite of MCP",  # where npm has not brought it
    "Scan With ZAP": "OWASP ZAP goes its own ways and could send what the description of theodore skips",
    "Scan With Sqlmap": "NOT EVALUATED: security.scanner: expected a scan by sqlmap",
    "Scan With Testssl": "NOT EVALUATED: security.scanner: expected a scan by testssl",
    "System Should Have No Vulnerable Dependencies": "it is a double, made of the packages of this product",
    "Limit File Handles": "disturbs something",  # alone they meet no traffic that comes up against the limit
    "Limit Process Memory": "disturbs something",
    "Builds Should Be As Fast": "the environment names no reference build",
    "Memory Should Not Grow": "samples are too few for a trend",  # where the machine is busy
    "Connections Should Not Grow": "samples are too few for a trend",
    "Plan Capacity": "expected at most 5 instances",
    "Profile Process": "py-spy",  # where it is not installed, or may not look at processes
    "Latency Should Not Drift": "seconds are too few for a trend: load for longer",
    "Lose Packets": "names no namespace 'api'",
    "Skew Clock": "names no clock 'api'",
    "Fill Disk": "names no disk 'data'",
    "Pause Container": "names no container 'api'",
    "Kill Container": "names no container 'api'",
    "Disconnect Container": "names no container 'api'",
    "Limit Container": "names no container 'api'",
    "Every Operation Should Have Succeeded": "expected success of 48 of 48 operations",
}
# Where the machine is busy, a load says that its own client was late.
SATURATED = "expected a client that keeps up"
HEAD = """\
*** Settings ***
Library    Collections
Library    RequestsLibrary
Library    TheodoreLibrary
Library    ApiLibrary
Library    QualityLibrary
Library    TestDataLibrary
Library    ChaosLibrary
Library    LoadLibrary
Library    SecurityLibrary
Library    PromptCraftLibrary

*** Test Cases ***
"""


@pytest.mark.parametrize("library", LIBRARIES)
def test_all_examples_run(robot, tmp_path, library):
    (tmp_path / "advisories").mkdir()
    (tmp_path / "advisories" / "one.json").write_text('{"id": "PYSEC-2099-1", "affected": []}')
    tests, data_only = [], set()
    for kw in LibraryDocumentation(library).keywords:
        blocks = re.findall(r"^```robotframework\n(.+?)^```", kw.doc.partition("Example:")[2] + "\n", re.MULTILINE | re.DOTALL)
        assert blocks, kw.name
        lines = "".join(blocks).splitlines()
        body = "".join(f"    {line}\n" for line in lines)
        before = "".join(setup for name, setup in NEEDED.items() if name in body and f"{name} =" not in body)
        tests.append(f"{library} {kw.name}\n{before}{body}")
        if library == "TestDataLibrary" and "Research" not in body:
            data_only.add(f"{library} {kw.name}")
    _, result = robot(HEAD + "\n".join(tests))
    bad = {}
    for test in result.suite.tests:
        expected = test.name in data_only and "Nothing was observed" in test.message
        expected |= any(test.name.endswith(name) and text in test.message for name, text in EXPECTED.items())
        expected |= library == "LoadLibrary" and SATURATED in test.message
        if test.status != "PASS" and not expected:
            bad[test.name] = test.message
    assert bad == {}


@pytest.mark.parametrize("format", ["csv", "json"])
def test_what_a_test_created_is_removed(robot, tmp_path, format):
    text = (
        HEAD
        + f"A\n    ${{names}} =    Create Company Batch    3\n    ${{path}} =    Create Company File    ${{names}}    {format}\n    Evaluate    open($path).read().count('S') or 1\n"
    )
    robot(text)
    assert list((tmp_path / "out" / "testdata").iterdir()) == []


def test_made_up_data_repeat_with_their_seed(robot, tmp_path):
    text = (
        "*** Settings ***\nLibrary    TestDataLibrary\n\n*** Test Cases ***\nA\n    Set Test Data Seed    42\n    ${a} =    Create Person\n"
        "    ${before} =    Set Test Data Seed    42\n    ${b} =    Create Person\n    Should Be Equal    ${a}    ${b}\n"
        "    Should Be Equal As Integers    ${before}    42\n    Log    same\n"
    )
    robot(text)
    written = (tmp_path / "out" / "output.xml").read_text()
    assert ">same<" in written
    assert "Test data seed: 42" in written


def test_a_research_that_was_left_running_is_cancelled_at_the_end_of_its_test(robot):
    text = HEAD + (
        "Leaves One Running\n    VAR    ${left} =    ${{None}}    scope=SUITE\n"
        "    Make Dependency Misbehave    web    delay=8 s\n    ${job} =    Start Research    Salesforce\n"
        "    VAR    ${left} =    ${job}    scope=SUITE\n    Sign In Should Work\n\nFinds It Cancelled\n    Get Research Status    ${left}    ==    cancelled\n"
    )
    _, result = robot(text)
    assert [(test.status, test.message) for test in result.suite.tests] == [("PASS", ""), ("PASS", "")]


def test_what_a_suite_setup_started_lives_until_the_suite_ends(robot):
    text = (
        "*** Settings ***\nLibrary    TheodoreLibrary\nSuite Setup    Begin\n\n*** Test Cases ***\nFirst\n    Get Research Status    ${job}    !=    failed\n\n"
        "Second\n    Follow Research    ${job}\n    Get Research Status    ${job}    ==    completed\n\n*** Keywords ***\nBegin\n"
        "    ${started} =    Start Research    Salesforce\n    VAR    ${job} =    ${started}    scope=SUITE\n"
    )
    _, result = robot(text)
    assert [(test.status, test.message) for test in result.suite.tests] == [("PASS", ""), ("PASS", "")]
