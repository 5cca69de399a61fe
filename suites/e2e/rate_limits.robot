*** Settings ***
Documentation       The limits of production hold for an identity that has them, and for no other.
Metadata            Scenario    rate_limits

Library             ApiLibrary
Library             TheodoreLibrary

Test Tags           area:limits    control:SOC2-A1.1    scenario:rate_limits
Test Template       Limit Should Be Enforced


*** Test Cases ***
Limits Are Announced
    [Documentation]    Each answer tells how much is left of the limit that it counts for.
    [Template]    Limit Should Be Announced
    GET    /health    60    limit=1000    identity=NOBODY
    GET    /metrics    60
    GET    /metrics    60    limit=100    identity=limited
    POST    /research    3600    {"company_name": ""}
    POST    /discover    3600    {"company_name": ""}
    GET    /discover/quick?company_name=Slack&limit=51    3600
    POST    /batch/research    3600    {}
    POST    /batch/discover    3600    {}
    POST    /batch/upload    3600    {}

Quotas Are The Limits
    [Documentation]    The quota of a profile has the figures of the limits that hold for it.
    [Template]    Get Response Field
    GET /auth/profile    api_quota.research    ==    100    identity=limited
    GET /auth/profile    api_quota.discovery    ==    200    identity=limited
    GET /auth/profile    api_quota.batch    ==    10    identity=limited
    GET /auth/profile    api_quota.metrics    ==    100    identity=limited
    GET /auth/profile    api_quota.login    ==    10    identity=limited
    GET /auth/profile    api_quota.health    ==    1000    identity=limited
    GET /auth/profile    api_quota.global    ==    1000    identity=limited

Research
    [Documentation]    100 in an hour.
    research    100    3600

Discovery
    [Documentation]    200 in an hour.
    discovery    200    3600

Metrics
    [Documentation]    100 in a minute.
    metrics    100    60

Batch
    [Documentation]    10 in an hour.
    batch    10    3600

Batch Polling
    [Documentation]    To look at batches counts for no limit of their starts, not even when that is used up.
    [Template]    Get Response Status
    GET /batch/jobs    ==    200    identity=limited
    GET /batch/jobs?limit=1    ==    200    identity=limited

Reading Counts For No Start
    [Documentation]    To look at researches and discoveries counts for no limit of their starts.
    [Template]    Reading Is Not Counted
    /research    /research/res_unknown
    /discover    /discover/dis_unknown

Sign-Ins That Succeed Count
    [Documentation]    Who signs in uses up the limit of sign-ins too, not only who fails.
    [Template]    NONE
    ${first} =    Get Sign In Response
    ${left} =    Get Response Header    ${first}    x-ratelimit-remaining    validate    (value or "").isdigit()
    ${second} =    Get Sign In Response
    Get Response Header    ${second}    x-ratelimit-remaining    ==    ${{ str(int($left) - 1) }}

Sign-In
    [Documentation]    10 in 15 minutes; the last row, because the identity cannot sign in after it.
    login    10    900


*** Keywords ***
Reading Is Not Counted
    [Documentation]    Of two starts that are refused the second leaves one fewer, whatever was read in between.
    [Arguments]    ${start}    ${read}
    VAR    &{body} =    company_name=${EMPTY}
    ${left} =    Get Response Header    POST ${start}    x-ratelimit-remaining    body=${body}
    FOR    ${_}    IN RANGE    2
        Get Response Status    GET ${read}    ==    404
    END
    Get Response Header    POST ${start}    x-ratelimit-remaining    ==    ${{ str(int($left) - 1) }}    body=${body}
