# robocop: off=TAG05
*** Settings ***
Documentation       People of a tenant are found, changed and removed by its administrators, each of them alone and wholly.
Metadata            Scenario    people

Library             PromptCraftLibrary

Test Tags           area:people    control:SOC2-CC6.3    scenario:people    system:promptcraft


*** Test Cases ***
Searched
    [Documentation]    A search finds all and only people whose names hold its text, taken literally.
    [Tags]    -system:theodore
    User Search Should Be Exact    admin

Changed
    [Documentation]    Name and role are changed one without the other, within their limits, and nobody else's.
    [Tags]    -system:theodore
    User Should Be Changed As Requested    admin

Removed
    [Documentation]    Who is removed is gone from everywhere, with all sessions, and nobody else is.
    [Tags]    -system:theodore
    User Should Be Removed Wholly    admin
