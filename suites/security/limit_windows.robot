*** Settings ***
Documentation       A limit lets somebody through again as soon as it says, and nobody earlier.
Metadata            Scenario    limit_windows

Library             TheodoreLibrary

Test Tags           area:security    control:SOC2-A1.1    owasp:API4-2023    scenario:limit_windows


*** Test Cases ***
Window Of Metrics Slides
    [Documentation]    Each request counts for a minute, and one that was refused counts for nothing. Takes a minute.
    Limit Window Should Slide    metrics    100    60
