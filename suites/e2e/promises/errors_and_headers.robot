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
${EXPORT}           ${NONE}
&{PREFLIGHT}        Origin=http://localhost:3000    Access-Control-Request-Method=POST
&{FOREIGN}          Origin=https://foreign.example
&{HOST}             Host=foreign.example
&{BEYOND}           Range=bytes=99999999-
&{LONG}             company_name=${{"Q" * 1000000}}


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

Status 405
    PATCH /version    405

Status 409
    DELETE /research/${RESEARCH.id}    409

Status 413
    POST /research    413    body=${LONG}

Status 416
    GET /export/files/${EXPORT}/download    416    headers=${BEYOND}

Status 503
    [Template]    NONE
    Make Dependency Misbehave    search    status=503
    Error Should Have The Documented Form    GET /discover/suggestions?query=Zoom    503

Status 400 Of Another Host
    POST /config    400    identity=admin    headers=${HOST}    body={}

Status 404 Without A Route
    GET /no-such-route    404

Status 404 Of An Operation
    GET /discover/quick?company_name=Fake Corp ABC456    404

Error Codes
    [Documentation]    Each kind of refusal has the code that the contract names.
    [Template]    Get Response Field
    POST /config    error    ==    HTTP_ERROR    identity=admin    body={"signing_key": "x"}
    GET /auth/profile    error    ==    HTTP_ERROR    identity=NOBODY
    GET /config    error    ==    HTTP_ERROR    identity=analyst
    GET /research/res_unknown    error    ==    HTTP_ERROR
    GET /research/res_unknown    details    ==    ${NONE}
    PATCH /version    error    ==    HTTP_ERROR
    DELETE /research/${RESEARCH.id}    error    ==    HTTP_ERROR

Headers Of Refusals
    [Documentation]    A refusal says what would be let through: how to sign in, which methods there are.
    [Template]    Get Response Header
    GET /auth/profile    www-authenticate    contains    Bearer    identity=NOBODY
    PATCH /version    allow    contains    GET
    PUT /research    allow    contains    POST

Error Of What Is Not Valid
    [Documentation]    What is not valid is named, in a body as in a query.
    [Template]    Get Response Field
    POST /research    error    ==    VALIDATION_ERROR    body={}
    POST /research    details.0.loc    validate    value[-1] == "company_name"    body={}
    POST /research    details.0.msg    validate    len(value) > 0    body={}
    POST /research    details.0.type    validate    len(value) > 0    body={}
    GET /plugins?limit=0    error    ==    VALIDATION_ERROR
    GET /plugins?limit=0    details.0.loc    validate    value[-1] == "limit"

Headers Of What Is Refused At Once
    [Documentation]    What is refused before a route is looked for carries the headers too: another host, too long a body.
    [Template]    NONE
    ${host} =    Send Request    POST /config    identity=admin    headers=${HOST}    body={}
    ${long} =    Send Request    POST /research    body=${LONG}
    FOR    ${refusal}    IN    ${host}    ${long}
        Get Response Header    ${refusal}    x-content-type-options    ==    nosniff
        Get Response Header    ${refusal}    x-frame-options    ==    DENY
        Get Response Header    ${refusal}    content-security-policy    contains    default-src 'none'
        Get Response Header    ${refusal}    x-request-id    validate    len(value) >= 8
    END

Headers Of A File
    [Template]    Get Response Header
    GET /export/files/${EXPORT}/download    x-content-type-options    ==    nosniff
    GET /export/files/${EXPORT}/download    content-security-policy    contains    default-src 'none'
    GET /export/files/${EXPORT}/download    cache-control    contains    no-store

Request Identifiers
    [Documentation]    Each answer has an identifier of its own, in the header.
    [Template]    NONE
    ${first} =    Get Response Header    GET /version    x-request-id
    Get Response Header    GET /version    x-request-id    !=    ${first}
    Get Response Header    GET /research/res_unknown    x-request-id    !=    ${first}

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
    FOR    ${host}    IN    evil-localhost    localhost.foreign.example    6.127.0.0.1    127.0.0.1.foreign.example    127.0.0.10
        POST /config    ==    400    identity=admin    headers=${{ {"Host": $host} }}    body={"log_level": "INFO"}
    END

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
    Get Response Field    ${response}    error    ==    RATE_LIMIT_EXCEEDED
    ${wait} =    Get Response Header    ${response}    retry-after
    Get Response Field    ${response}    details.retry_after_seconds    ==    ${wait}
    Get Response Field    ${response}    details.limit_type    ==    login


*** Keywords ***
Have A Research
    [Documentation]    A finished research, and a file that holds it.
    ${research} =    Research Company    Zoom
    VAR    ${RESEARCH} =    ${research}    scope=SUITE
    ${export} =    Get Response Field    POST /export/companies    export_id    body={"format": "json"}
    VAR    ${EXPORT} =    ${export}    scope=SUITE

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
