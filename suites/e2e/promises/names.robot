*** Settings ***
Documentation       A company's name is answered as it was sent, in every writing, and what is no name is refused.
Metadata            Scenario    promises_names

Library             ApiLibrary
Library             TheodoreLibrary

Test Tags           area:promises    control:SOC2-PI1.3    scenario:promises_names
Test Template       Name Is Kept


*** Test Cases ***
Research Upper Case
    POST /research    company_name    ACME LIMITED

Discovery Upper Case
    POST /discover    query_company    ACME LIMITED

Research Accents
    POST /research    company_name    Société Générale Éléphant

Discovery Accents
    POST /discover    query_company    Société Générale Éléphant

Research Punctuation
    POST /research    company_name    O'Neill & Sons, Inc.

Discovery Punctuation
    POST /discover    query_company    O'Neill & Sons, Inc.

Research Other Script
    POST /research    company_name    株式会社デンソー

Discovery Other Script
    POST /discover    query_company    株式会社デンソー

Research Inner Spaces
    POST /research    company_name    Acme of the North

Discovery Inner Spaces
    POST /discover    query_company    Acme of the North

Research Blanks
    [Template]    Request Should Be Answered
    POST    /research    422    ${{ {"company_name": " " * 3} }}

Discovery Blanks
    [Template]    Request Should Be Answered
    POST    /discover    422    ${{ {"company_name": " " * 3} }}

Research Characters 1000
    [Template]    Request Should Be Answered
    POST    /research    422    ${{ {"company_name": "Q" * 1000} }}

Discovery Characters 1000
    [Template]    Request Should Be Answered
    POST    /discover    422    ${{ {"company_name": "Q" * 1000} }}

Quick Blanks
    [Template]    Request Should Be Answered
    GET    /discover/quick?company_name=%20%20    422

Quick Characters 1000
    [Template]    Request Should Be Answered
    GET    /discover/quick?company_name=${{ "Q" * 1000 }}    422

Letters Of Several Bytes
    [Documentation]    A limit counts letters of whatever script, and not their bytes or halves.
    [Template]    Request Should Be Answered
    FOR    ${letter}    IN    é    株    😀
        POST    /research    200    ${{ {"company_name": $letter * 200} }}
        POST    /research    422    ${{ {"company_name": $letter * 201} }}
        POST    /discover    200    ${{ {"company_name": $letter * 200} }}
        POST    /discover    422    ${{ {"company_name": $letter * 201} }}
        POST    /batch/research    200    ${{ {"input_data": [{"name": $letter * 200}]} }}
        POST    /batch/research    422    ${{ {"input_data": [{"name": $letter * 201}]} }}
        GET    /discover/quick?company_name=${{ urllib.parse.quote($letter * 200) }}    404
        GET    /discover/quick?company_name=${{ urllib.parse.quote($letter * 201) }}    422
    END

Letters Of Several Bytes In Accounts
    [Documentation]    So do the limits of accounts and keys.
    [Template]    Request Should Be Answered
    FOR    ${letter}    IN    é    株    😀
        POST    /auth/api-keys    200    ${{ {"name": $letter * 100, "description": $letter * 500} }}
        PUT    /auth/profile    200    ${{ {"first_name": $letter * 50, "last_name": $letter * 50} }}
        POST    /auth/login    401    ${{ {"username": $letter * 100, "password": "quite-wrong"} }}    identity=NOBODY
    END

Quick Upper Case
    [Template]    Get Response Field
    GET /discover/quick?company_name=SLACK&limit=1    query_company    ==    SLACK

Quick Finds The Same
    [Documentation]    A company is the same company in small and in capital letters.
    [Template]    NONE
    ${found} =    Get Response Field    GET /discover/quick?company_name=Slack&limit=3    results
    VAR    ${same} =    [match["company"]["domain"] for match in value] == ${{[match["company"]["domain"] for match in $found]}}
    Get Response Field    GET /discover/quick?company_name=SLACK&limit=3    results    validate    ${same}

Suggestions Find The Same
    [Documentation]    What is typed in capital letters is completed as what is typed in small ones.
    [Template]    NONE
    ${found} =    Get Response Field    GET /discover/suggestions?query=salesfor    suggestions
    Get Response Field    GET /discover/suggestions?query=SALESFOR    suggestions    ==    ${found}
    Get Response Field    GET /discover/suggestions?query=SALESFOR    query    ==    SALESFOR

Quick Accents
    [Template]    Get Response Field
    GET /discover/quick?company_name=L'Or%C3%A9al&limit=1    query_company    ==    L'Oréal

Quick Punctuation
    [Template]    Get Response Field
    GET /discover/quick?company_name=Booking.com&limit=1    query_company    ==    Booking.com

Quick Inner Spaces
    [Template]    Get Response Field
    GET /discover/quick?company_name=Microsoft%20Teams&limit=1    query_company    ==    Microsoft Teams

Research Script Tag
    [Template]    Script Is No Company
    /research

Discovery Script Tag
    [Template]    Script Is No Company
    /discover

Quick Script Tag
    [Template]    Get Response Status
    GET /discover/quick?company_name=%3Cscript%3Ealert(1)%3C/script%3E    ==    404


*** Keywords ***
Name Is Kept
    [Documentation]    The answer names the company as the request did.
    [Arguments]    ${request}    ${field}    ${name}
    VAR    &{body} =    company_name=${name}
    Get Response Field    ${request}    ${field}    ==    ${name}    body=${body}

Script Is No Company
    [Documentation]    A job for a name with a script ends as failed: there is no such company.
    [Arguments]    ${path}
    VAR    &{body} =    company_name=<script>alert(1)</script>
    ${id} =    Get Response Field    POST ${path}    job_id    body=${body}
    Wait Until Keyword Succeeds    60 s    100 ms    Get Response Field    GET ${path}/${id}    status    ==    failed
