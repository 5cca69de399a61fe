*** Settings ***
Documentation       There is a limit to everything that is sent, and what is not valid is refused.
Metadata            Scenario    input_limits

Library             SecurityLibrary

Test Template       API Should Withstand
Test Tags           area:security    control:NIST-800-53-SC-5    owasp:A04-2021    owasp:A06-2025    scenario:input_limits


*** Test Cases ***    ATTACK    ALLOW_CHANGES
Slow Expressions
    [Documentation]    No value keeps a regular expression busy.
    [Tags]    attack:redos    control:SOC2-A1.1    owasp:API4-2023
    redos    allow_changes=True

Sizes
    [Documentation]    Texts, bodies and depths have a limit.
    [Tags]    attack:size-limit    control:SOC2-A1.1    owasp:API4-2023
    size-limit    allow_changes=True

Pages
    [Documentation]    Pages have a limit.
    [Tags]    attack:page-limit    control:SOC2-A1.1    owasp:API4-2023
    page-limit    allow_changes=True

Malformed Input
    [Documentation]    What is not valid is refused, and nothing that is sent makes the server fail.
    [Tags]    attack:server-error    control:SOC2-PI1.2
    server-error    allow_changes=True

Requests
    [Documentation]    Who has used up the limit that is told is refused.
    [Tags]    attack:rate-limit    control:SOC2-A1.1    owasp:API4-2023
    rate-limit
