*** Settings ***
Documentation       What users keep of themselves: profile, password, API keys.
Metadata            Scenario    accounts

Library             TheodoreLibrary

Test Tags           area:accounts    control:SOC2-CC6.1    scenario:accounts


*** Test Cases ***
Profile Is Kept
    [Documentation]    What a user changes is there when it is asked for again.
    Profile Changes Should Be Kept    identity=analyst

Password Can Be Changed
    [Documentation]    Only the new password works, only with the old one can it be changed, and old tokens are
    ...                worthless.
    Password Change Should Work    identity=partner    other=analyst

Keys Keep To Their Scopes
    [Documentation]    An API key does what its scopes say, and nothing when it has expired.
    Api Key Should Keep To Its Scopes    identity=analyst

Errors Do Not Echo
    [Documentation]    A validation error does not repeat what was sent.
    VAR    &{body} =    new_password=aB3xq
    Validation Errors Should Not Echo    POST    /auth/change-password    current_password    ${body}
