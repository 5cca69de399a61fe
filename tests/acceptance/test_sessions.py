"""Raw calls carry the right credential, to our own hosts only."""

SUITE = """\
*** Settings ***
Library    RequestsLibrary
Library    ApiLibrary
Library    TheodoreLibrary

*** Test Cases ***
Each Session Has Its Own Credential
    Create Authorised Session    one    identity=analyst
    Create Authorised Session    two    identity=admin
    ${first} =    GET On Session    one    /api/v2/auth/profile
    ${second} =    GET On Session    two    /api/v2/auth/profile
    Response Field Should Be    ${first}    username    analyst@example.test
    Response Field Should Be    ${second}    username    admin@example.test
    Response Field Should Be    ${second}    role    admin
"""


def test_the_server_got_the_right_credential(robot, tmp_path):
    done, result = robot(SUITE, "--loglevel", "TRACE:TRACE")
    assert result.suite.tests[0].status == "PASS", result.suite.tests[0].message
    written = (tmp_path / "out" / "output.xml").read_text() + done.stdout
    assert "Bearer ***" in written
    assert "eyJ" not in written
