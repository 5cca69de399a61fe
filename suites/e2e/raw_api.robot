*** Settings ***
Documentation       Raw API calls with RequestsLibrary, for testers who want them, judged by the contract.
Metadata            Scenario    raw_api

Library             RequestsLibrary
Library             ApiLibrary
Library             TheodoreLibrary

Suite Setup         Create Authorised Session    theodore    identity=analyst

Test Tags           area:raw-api    scenario:raw_api


*** Variables ***
@{COMPONENTS}       database    search    web    openai    gemini    bedrock    vectors


*** Test Cases ***
Version Is As In The Contract
    [Documentation]    The version is given as the contract says.
    [Tags]    control:SOC2-PI1.3
    ${response} =    GET On Session    theodore    /api/v2/version
    Response Should Be As In The Contract    ${response}    200

Health Is As In The Contract
    [Documentation]    The health is given as the contract says.
    [Tags]    control:SOC2-A1.1
    ${response} =    GET On Session    theodore    /api/v2/health
    Response Should Be As In The Contract    ${response}    200
    Response Field Should Be    ${response}    status    healthy
    FOR    ${component}    IN    @{COMPONENTS}
        Response Field Should Be    ${response}    components.${component}.status    healthy
    END

Own Profile Is Shown
    [Documentation]    The session's own profile is shown.
    [Tags]    control:SOC2-CC6.1
    ${response} =    GET On Session    theodore    /api/v2/auth/profile
    Response Should Be As In The Contract    ${response}    200
    Response Field Should Be    ${response}    role    user

Blank Company Name Is Refused
    [Documentation]    A research without a company name is refused with the contract's validation error.
    [Tags]    control:SOC2-PI1.2
    VAR    &{body} =    company_name=${EMPTY}
    ${response} =    POST On Session    theodore    /api/v2/research    json=${body}    expected_status=any
    Response Should Be As In The Contract    ${response}    422
