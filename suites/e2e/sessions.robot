*** Settings ***
Documentation       Who signs in is who he says, and nobody else gets in.
Metadata            Scenario    sessions

Library             ApiLibrary
Library             TheodoreLibrary

Test Tags           area:session    control:SOC2-CC6.1    scenario:sessions


*** Test Cases ***
User Signs In
    [Documentation]    A user signs in and gets the own profile.
    [Template]    Sign In Should Work
    analyst

Administrator Signs In
    [Documentation]    An administrator signs in and gets the own profile.
    [Template]    Sign In Should Work
    admin

Wrong Password Is Refused
    [Documentation]    A wrong password is refused although the right one works.
    [Template]    Sign In Should Be Refused
    analyst

Token Is Worthless After Sign-Out
    [Documentation]    A token that worked before is refused after sign-out.
    [Template]    Sign Out
    analyst

Profile Needs A Token
    [Documentation]    Without a valid token the profile is refused.
    [Template]    Anonymous Access Should Be Refused
    GET    /auth/profile

Research Needs A Token
    [Documentation]    Without a valid token a research is refused.
    [Tags]    area:error-shape
    [Template]    Anonymous Access Should Be Refused
    GET    /research/some-job

Disruptive Operations Need A Token
    [Documentation]    Without a valid token nobody restarts anything or removes a plugin; scans never send these operations.
    [Template]    Anonymous Access Should Be Refused
    POST    /restart
    DELETE    /plugins/qa-no-such-plugin
    GET    /research/some-job/stream
