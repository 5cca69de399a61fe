# robocop: off=TAG05
*** Settings ***
Documentation       A session's token is read from its header alone, in each writing that the standard allows and in no other.
Metadata            Scenario    credentials

Library             PromptCraftLibrary

Test Tags           area:sign-on    control:SOC2-CC6.1    scenario:credentials    system:promptcraft


*** Test Cases ***
Of A Person
    [Documentation]    The scheme's letters and blanks make no difference; without them, or elsewhere, a token opens nothing.
    [Tags]    -system:theodore
    Credentials Should Be Read As Written    analyst

Of A Program
    [Documentation]    The same holds for the session of a program.
    [Tags]    -system:theodore
    Credentials Should Be Read As Written    service
