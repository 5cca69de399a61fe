"""What becomes of values, decisions, costs and health on the platform, each with its exact message."""

import re

VALUES = """\
*** Settings ***
Library    PromptCraftLibrary
Library    TheodoreLibrary

*** Test Cases ***
Credentials
    Credentials Should Be Read As Written    analyst

Second Rejection
    Workflow Should Follow Decisions    approved    rejected

After The End
    ${workflow} =    Execute Workflow    collect
    Follow Workflow    ${workflow}
    Decisions Should Change Nothing    ${workflow}    admin    viewer    partner    NOBODY

Costs
    Tool Costs Should Add Up    none    1

Messages
    MCP Messages Should Be Passed On Unchanged

Health
    Platform Health Should Tell    healthy    provider    healthy    identity=admin
    Make Dependency Misbehave    provider    status=503    system=promptcraft
    Platform Health Should Tell    degraded    provider    unhealthy    identity=admin
    [Teardown]    Make Dependency Behave    provider    system=promptcraft

Behind A Rejection
    Workflow Should Follow Decisions    rejected    approved

Unknown Decision
    Workflow Should Follow Decisions    approve

May Decide
    ${workflow} =    Execute Workflow    review    approval=review
    Follow Workflow    ${workflow}
    Decisions Should Change Nothing    ${workflow}    admin

Nobody Tries
    ${workflow} =    Execute Workflow    collect
    Follow Workflow    ${workflow}
    Decisions Should Change Nothing    ${workflow}

Many Calls
    Tool Costs Should Add Up    6
"""
OF_VALUES = "scheme-by-its-letters,first-decision-counts,ended-workflow-cancelled,last-answer-costs,message-ids-as-texts,health-of-another-part"

GREATEST = 2**53
SAID_OF_VALUES = {
    "Credentials": "credentials.letters of analyst: expected status 200 for each of 4 writings, observed 401 for bearer TOKEN; 401 for BEARER TOKEN; "
    "401 for bEARER TOKEN\ncredentials.each_operation of analyst: expected the status of the role for each of 29 operations, observed "
    "401 for GET /auth/me, not 200; 401 for GET /api/v4/sessions, not 200; 401 for GET /api/v4/admin/sessions, not 403; "
    "401 for GET /api/v4/admin/users, not 403; 401 for GET /api/v4/admin/audit/events, not 403.",
    "Second Rejection": "decisions.end of approved → rejected: expected rejected, observed completed\n"
    "decisions.carried_out of approved → rejected: expected step_1, observed step_1 → step_2.",
    "After The End": "decisions.refused of workflow NAME (completed): expected the refusal due to each of 24 attempts, observed 200 for cancel by admin, "
    "not 409; 200 for cancel by admin, not 409.",
    "Costs": "costs.total of calls none, 1: expected 0.03 for 3 answers, observed 0.02\n"
    "workflows.record_total_cost of calls none, 1: expected 0.03, as the orchestrator named it, observed 0.02.",
    "Messages": "\n".join(
        f'mcp.{check} of NAME: expected each of 8 ids as it was sent, observed "0" for 0; "7" for 7; "{GREATEST}" for {GREATEST}'
        for check in ("id_kept", "id_kept_by_error")
    )
    + "\nmcp.ids_refused of NAME: expected status 422 for each of 10 messages, observed 200 for a message of the id -1; "
    f"200 for a message of the id {GREATEST + 1}.",
    "Health": "health.part of provider: expected unhealthy, observed healthy\nhealth.others of provider: expected healthy for each other part, "
    "observed database unhealthy, sessions healthy, provider healthy.",
    "Behind A Rejection": "Give at least one decision, and none behind a rejection, which ends the workflow.",
    "Unknown Decision": "There is no decision 'approve': did you mean 'approved'?",
    "May Decide": "admin may decide on the workflow NAME, which is waiting_for_approval: name somebody who may not.",
    "Nobody Tries": "Name at least one identity that tries, such as viewer.",
    "Many Calls": "Give how often each step calls the tool, 0 to 5 or none, not 6.",
}


def test_what_becomes_of_values_and_decisions_is_said_by_each_value(robot):
    _, result = robot(VALUES, env={"THEODORE_SANDBOX_DEFECTS": OF_VALUES})
    messages = {test.name: re.sub("(qa-|wf_)[0-9a-f]+", "NAME", test.message) for test in result.suite.tests}
    assert messages == SAID_OF_VALUES
