*** Settings ***
Documentation       Who signs in is who he says, and nobody else gets in.
Metadata            Scenario    sessions

Library             TheodoreLibrary

Test Tags           area:session    scenario:sessions


*** Test Cases ***
User Signs In
    [Documentation]    A user signs in and gets the own profile.
    [Tags]    control:SOC2-CC6.1
    [Template]    Sign In
    analyst

Administrator Signs In
    [Documentation]    An administrator signs in and gets the own profile.
    [Tags]    control:SOC2-CC6.1
    [Template]    Sign In
    admin

Wrong Password Is Refused
    [Documentation]    A wrong password is refused although the right one works.
    [Tags]    control:SOC2-CC6.1
    [Template]    Sign In Should Be Refused
    analyst

Token Is Worthless After Sign-Out
    [Documentation]    A token that worked before is refused after sign-out.
    [Tags]    control:SOC2-CC6.1
    [Template]    Sign Out
    analyst

Profile Needs A Token
    [Documentation]    Without a valid token the profile is refused.
    [Tags]    control:SOC2-CC6.1
    [Template]    Anonymous Access Should Be Refused
    GET    /auth/profile

Research Needs A Token
    [Documentation]    Without a valid token a research is refused.
    [Tags]    control:SOC2-CC6.1    area:error-shape
    [Template]    Anonymous Access Should Be Refused
    GET    /research/some-job
