# robocop: off=TAG05
*** Settings ***
Documentation       Nobody who has a second factor signs on to PromptCraft without it, whichever way they take.
Metadata            Scenario    second_factor

Library             PromptCraftLibrary

Test Template       Second Factor Should Be Needed
Test Tags           area:sign-on    scenario:second_factor    system:promptcraft


*** Test Cases ***    WAY    IDENTITY
By Name And Password
    [Documentation]    Name and password open nothing without a code, with a wrong, an old or a used one.
    [Tags]    -system:theodore    control:ASVS-6.5    control:SOC2-CC6.1
    password    identity=guarded

By The Provider's Page
    [Documentation]    Nor does the page of the identity provider lead back with a code for the platform.
    [Tags]    -system:theodore    control:ASVS-6.5    control:SOC2-CC6.1
    page    identity=guarded
