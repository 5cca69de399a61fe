# robocop: off=TAG05
*** Settings ***
Documentation       What each role of PromptCraft may do, and where a role comes from.
Metadata            Scenario    roles

Library             PromptCraftLibrary

Test Tags           area:roles    control:SOC2-CC6.3    scenario:roles    system:promptcraft


*** Test Cases ***
Administrator
    [Documentation]    An administrator may do what the vocabulary says of the role, and nothing else.
    [Tags]    -system:theodore
    Role Should Have Exactly Its Permissions    admin

Developer
    [Documentation]    A developer may do what the vocabulary says of the role, and nothing else.
    [Tags]    -system:theodore
    Role Should Have Exactly Its Permissions    developer

Analyst
    [Documentation]    An analyst may do what the vocabulary says of the role, and nothing else.
    [Tags]    -system:theodore
    Role Should Have Exactly Its Permissions    analyst

Viewer
    [Documentation]    A viewer may do what the vocabulary says of the role, and nothing else.
    [Tags]    -system:theodore
    Role Should Have Exactly Its Permissions    viewer

Program
    [Documentation]    A program may do what the vocabulary says of its role, and nothing else.
    [Tags]    -system:theodore
    Role Should Have Exactly Its Permissions    service

Nobody
    [Documentation]    Who has not signed in may do nothing.
    [Tags]    -system:theodore
    Role Should Have Exactly Its Permissions    NOBODY

Claimed Roles
    [Documentation]    A role that a request claims opens nothing.
    [Tags]    -system:theodore
    Role Should Not Come From The Request    viewer    administrator=admin

Changed Roles
    [Documentation]    A role that was taken away is gone for sessions that are open.
    [Tags]    -system:theodore
    Role Change Should Hold At Once    developer    administrator=admin

Several Roles
    [Documentation]    Who has several roles may do what any of them permits, in whatever order the token names them.
    [Tags]    -system:theodore
    Roles Of A Token Should Add Up    analyst    administrator=admin
