*** Settings ***
Documentation       Every kind of reply carries the security headers and says nothing of what it runs on.
Metadata            Scenario    security_headers

Library             TheodoreLibrary

Test Tags           area:headers    control:SOC2-CC6.6    scenario:security_headers


*** Test Cases ***
Every Kind Of Reply Is Shielded
    [Documentation]    Successes, refusals, errors and the 429 alike.
    Security Headers Should Be On Every Reply
