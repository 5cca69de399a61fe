"""What a tester gets wrong is answered in one sentence that says what to do."""

import pytest

HEAD = """\
*** Settings ***
Library    RequestsLibrary
Library    TheodoreLibrary
Library    ApiLibrary
Library    QualityLibrary
Library    TestDataLibrary

*** Test Cases ***
A Test
"""


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            "Research Company    Salesforce    timout=60 s",
            "The keyword 'Research Company' has no argument 'timout': did you mean 'timeout'? "
            "(For a value that holds an equal sign write 'timout\\='.)",
        ),
        (
            "Get Research Duration    x    <=    60    mesage=slow",
            "The keyword 'Get Research Duration' has no argument 'mesage': did you mean 'message'? "
            "(For a value that holds an equal sign write 'mesage\\='.)",
        ),
        ("Get Company    Salesfroce", "There is no company 'Salesfroce' in companies.yaml: did you mean 'Salesforce'?"),
        ("Get Companies By Category    fintec", "There is no category 'fintec' in companies.yaml: did you mean 'fintech'?"),
        (
            "Sign In    identity=analist",
            "There is no identity 'analist' in the system theodore of sandbox.yaml: did you mean 'analyst'?",
        ),
        ("Create Company Batch    0", "A batch of 0 companies cannot be made: the contract allows 1 to 10000."),
        ("Create Person    xx_XX", "There is no locale 'xx_XX'"),
        ("Record Should Be Complete    ${None}    ${{['a']}}", "A record is a dictionary of fields, and this is nothing."),
        (
            "Response Should Be As In The Contract    ${42}",
            "Expected a request such as GET /orders/7, or the response of Send Request or RequestsLibrary, observed int '42'.",
        ),
    ],
)
def test_the_message(robot, step, message):
    _, result = robot(HEAD + f"    {step}\n", "--loglevel", "INFO")
    assert result.suite.tests[0].status == "FAIL"
    assert result.suite.tests[0].message.startswith(message)


def test_without_requestslibrary_the_message_says_what_to_import(robot):
    _, result = robot("*** Settings ***\nLibrary    ApiLibrary\n\n*** Test Cases ***\nA\n    Create Authorised Session    x\n")
    assert (
        result.suite.tests[0].message
        == "Create Authorised Session needs RequestsLibrary: add 'Library    RequestsLibrary' to the suite."
    )


def test_no_traceback_at_info(robot):
    done, _ = robot(HEAD + "    Get Company    Salesfroce\n", "--loglevel", "INFO")
    assert "Traceback" not in done.stdout + done.stderr


def test_a_misspelt_argument_is_found_by_a_dry_run(robot):
    _, result = robot(HEAD + "    Research Company    Salesforce    timout=60 s\n", "--dryrun")
    assert result.suite.tests[0].status == "FAIL"
