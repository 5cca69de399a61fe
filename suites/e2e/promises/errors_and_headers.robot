*** Settings ***
Documentation       Errors have the documented form, and every kind of answer the security headers.
Metadata            Scenario    promises_errors_and_headers

Library             ApiLibrary
Library             TheodoreLibrary

Suite Setup         Have A Research

Test Tags           area:promises    control:SOC2-PI1.3    scenario:promises_errors_and_headers
Test Template       Error Should Have The Documented Form


*** Variables ***
# Have A Research sets it.
${RESEARCH}         ${NONE}
&{PREFLIGHT}        Origin=http://localhost:3000    Access-Control-Request-Method=POST
&{FOREIGN}          Origin=https://foreign.example
&{HOST}             Host=foreign.example


*** Test Cases ***
Status 400
    POST /config    400    identity=admin    body={"signing_key": "x"}

Status 401
    GET /auth/profile    401    identity=NOBODY

Status 403
    GET /config    403    identity=analyst

Status 404
    GET /research/res_unknown    404

Status 422
    POST /research    422    body={}

Headers Of Stream
    [Template]    Get Response Header
    GET /research/${RESEARCH.id}/stream    x-content-type-options    ==    nosniff
    GET /research/${RESEARCH.id}/stream    x-frame-options    ==    DENY
    GET /research/${RESEARCH.id}/stream    referrer-policy    ==    strict-origin-when-cross-origin
    GET /research/${RESEARCH.id}/stream    permissions-policy    contains    camera
    GET /research/${RESEARCH.id}/stream    content-security-policy    contains    default-src 'none'

Headers Of Preflight
    [Template]    Get Response Header
    OPTIONS /research    x-content-type-options    ==    nosniff    identity=NOBODY    headers=${PREFLIGHT}
    OPTIONS /research    x-frame-options    ==    DENY    identity=NOBODY    headers=${PREFLIGHT}
    OPTIONS /research    referrer-policy    ==    strict-origin-when-cross-origin    identity=NOBODY    headers=${PREFLIGHT}
    OPTIONS /research    permissions-policy    contains    camera    identity=NOBODY    headers=${PREFLIGHT}
    OPTIONS /research    content-security-policy    contains    default-src 'none'    identity=NOBODY    headers=${PREFLIGHT}

Banner Status 200
    [Template]    Get Response Header
    GET /version    x-powered-by    ==    ${NONE}
    GET /version    server    ==    ${NONE}

Banner Status 404
    [Template]    Get Response Header
    GET /research/res_unknown    x-powered-by    ==    ${NONE}
    GET /research/res_unknown    server    ==    ${NONE}

Foreign Origin
    [Template]    Get Response Header
    GET /version    access-control-allow-origin    ==    ${NONE}    headers=${FOREIGN}
    GET /version    access-control-allow-credentials    ==    ${NONE}    headers=${FOREIGN}

Foreign Host
    [Template]    Get Response Status
    POST /config    ==    400    identity=admin    headers=${HOST}    body={"log_level": "INFO"}

Secret Login
    [Template]    Validation Errors Should Not Echo
    POST    /auth/login    password    ${{ {"username": ""} }}

Secret Change Password
    [Template]    Validation Errors Should Not Echo
    POST    /auth/change-password    current_password    ${{ {"new_password": "aB3xq"} }}

Status 429
    [Template]    NONE
    ${response} =    Use Up The Sign Ins
    Error Should Have The Documented Form    ${response}    429


*** Keywords ***
Have A Research
    [Documentation]    A finished research.
    ${research} =    Research Company    Zoom
    VAR    ${RESEARCH} =    ${research}    scope=SUITE

Use Up The Sign Ins
    [Documentation]    The first answer to a sign-in beyond the limit.
    FOR    ${_}    IN RANGE    12
        ${response} =    Send Request
        ...    POST /auth/login
        ...    identity=NOBODY
        ...    body={"username": "limited@example.test", "password": "quite-wrong"}
        IF    ${response.status} == 429    RETURN    ${response}
    END
    RETURN    ${response}
