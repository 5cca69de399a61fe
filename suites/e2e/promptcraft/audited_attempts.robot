# robocop: off=TAG05
*** Settings ***
Documentation       Every attempt on PromptCraft is in the audit trail, failed ones too.
Metadata            Scenario    audited_attempts

Library             PromptCraftLibrary

Test Template       Attempt Should Be Audited
Test Tags           area:audit-trail    control:SOC2-CC7.2    scenario:audited_attempts    system:promptcraft


*** Test Cases ***    ATTEMPT    IDENTITY
Sign-on
    [Documentation]    A sign-on is in the trail.
    [Tags]    -system:theodore
    sign-on    viewer    administrator=admin    elsewhere=partner

Wrong Password
    [Documentation]    So is one with a wrong password.
    [Tags]    -system:theodore
    wrong password    viewer    administrator=admin    elsewhere=partner

Refused Token
    [Documentation]    So is a token that is not to be believed.
    [Tags]    -system:theodore
    refused token    viewer    administrator=admin    elsewhere=partner

Anonymous Request
    [Documentation]    So is a request of nobody.
    [Tags]    -system:theodore
    anonymous request    viewer    administrator=admin    elsewhere=partner

Forbidden Operation
    [Documentation]    So is what a role does not permit.
    [Tags]    -system:theodore
    forbidden operation    viewer    administrator=admin    elsewhere=partner

Log-out
    [Documentation]    So is a log-out.
    [Tags]    -system:theodore
    log-out    viewer    administrator=admin    elsewhere=partner

Renewal
    [Documentation]    So is the renewal of a session.
    [Tags]    -system:theodore
    renewal    viewer    administrator=admin    elsewhere=partner

Page
    [Documentation]    So is a sign-on by the provider's page.
    [Tags]    -system:theodore
    page    viewer    administrator=admin    elsewhere=partner

Sign-on That Is Begun
    [Documentation]    So is the way to the provider's page.
    [Tags]    -system:theodore
    sign-on begun    viewer    administrator=admin    elsewhere=partner

Refused Logout Token
    [Documentation]    So is a log-out that the provider has not announced.
    [Tags]    -system:theodore
    refused logout token    viewer    administrator=admin    elsewhere=partner

Ended Session
    [Documentation]    So is the end of a session by an administrator.
    [Tags]    -system:theodore
    ended session    admin    administrator=admin    elsewhere=partner

Attempts Of Another Tenant
    [Documentation]    What is attempted at an account is in the trail of its tenant, and not in that of the operator.
    [Tags]    -system:theodore    control:SOC2-CC6.1
    sign-on    partner    administrator=partner    elsewhere=admin
    wrong password    partner    administrator=partner    elsewhere=admin
    log-out    partner    administrator=partner    elsewhere=admin
    renewal    partner    administrator=partner    elsewhere=admin

Assertion That Is Begun
    [Documentation]    So is the way to the provider's page by SAML.
    [Tags]    -system:theodore
    assertion begun    viewer    administrator=admin    elsewhere=partner

Assertion
    [Documentation]    So is a sign-on by SAML.
    [Tags]    -system:theodore
    assertion    viewer    administrator=admin

Tampered Assertion
    [Documentation]    So is an assertion whose signature does not fit.
    [Tags]    -system:theodore
    tampered assertion    viewer    administrator=admin

Replayed Assertion
    [Documentation]    So is an assertion that was used before.
    [Tags]    -system:theodore
    replayed assertion    viewer    administrator=admin

Each Operation
    [Documentation]    So is each operation, with who sent it, what was answered, and when.
    [Tags]    -system:theodore
    [Template]    Operations Should Be Audited
    admin

Work
    [Documentation]    So is work that is done: agents, MCP servers and workflows that are made, changed and ended.
    [Tags]    -system:theodore
    [Template]    Work Should Be Audited
    admin

Listed
    [Documentation]    The trail is listed from the newest event on, by kind, by user and up to a limit.
    [Tags]    -system:theodore
    [Template]    Audit Trail Should Be Listed As Requested
    admin    viewer
