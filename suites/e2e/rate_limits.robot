*** Settings ***
Documentation       The limits of production hold for an identity that has them, and for no other.
Metadata            Scenario    rate_limits

Library             TheodoreLibrary

Test Tags           area:limits    control:SOC2-A1.1    scenario:rate_limits
Test Template       Limit Should Be Enforced


*** Test Cases ***
Research
    [Documentation]    100 in an hour.
    research    100    3600

Discovery
    [Documentation]    200 in an hour.
    discovery    200    3600

Metrics
    [Documentation]    100 in a minute.
    metrics    100    60

Sign-In
    [Documentation]    10 in 15 minutes; the last row, because the identity cannot sign in after it.
    login    10    900
