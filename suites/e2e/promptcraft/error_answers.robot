# robocop: off=TAG05
*** Settings ***
Documentation       Errors of PromptCraft come in one shape and as well protected as successes, whichever part of it refuses.
Metadata            Scenario    error_answers

Library             ApiLibrary
Library             PromptCraftLibrary

Test Tags           area:errors    scenario:error_answers    system:promptcraft


*** Variables ***
# One of each kind: no session, no permission, nothing there, no such method, not valid, no state for it, another origin.
@{ERRORS}
...                 401 NOBODY GET /auth/me
...                 403 viewer GET /api/v4/admin/users
...                 404 admin GET /api/v4/no-such-path
...                 404 developer GET /api/v4/admin/agents/creation/agent_creation_none_0/status
...                 405 admin PUT /health
...                 422 admin GET /api/v4/analytics/insights?time_range=soon
...                 422 developer POST /api/v4/workflows/execute {"name": "qa"}
...                 405 NOBODY OPTIONS /auth/me


*** Test Cases ***
One Shape
    [Documentation]    All errors have the same fields, so that a client reads each of them.
    [Tags]    -system:theodore    control:SOC2-PI1.3
    Errors Should Have One Shape    @{ERRORS}    system=promptcraft

Headers
    [Documentation]    Errors carry the protective headers that successes carry.
    [Tags]    -system:theodore    control:SOC2-CC6.6
    Errors Should Carry The Headers Of A Success    GET /api/v4/version    @{ERRORS}    system=promptcraft

Headers Of Refusals
    [Documentation]    A refusal says what would be let through: how to sign in, which methods there are.
    [Tags]    -system:theodore    control:SOC2-PI1.2
    Get Response Header    GET /auth/me    www-authenticate    contains    Bearer    identity=NOBODY
    Get Response Header    PUT /health    allow    contains    GET    identity=viewer

As The Contract Says
    [Documentation]    Errors are those of the contract, field by field.
    [Tags]    -system:theodore    control:SOC2-PI1.2
    Request Should Be Answered    GET    /auth/me    401    identity=NOBODY    system=promptcraft
    Request Should Be Answered    GET    /api/v4/admin/users    403    identity=viewer    system=promptcraft
    Request Should Be Answered    GET    /api/v4/analytics/insights?time_range=soon    422    identity=admin    system=promptcraft
    Request Should Be Answered
    ...    POST
    ...    /api/v4/workflows/execute
    ...    422
    ...    {"name": "qa"}
    ...    identity=developer
    ...    system=promptcraft
