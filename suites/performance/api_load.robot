*** Settings ***
Documentation       The API under many users: everybody is answered, soon enough, and with what is their own.
Metadata            Scenario    api_load

Resource            theodore/load.resource

Suite Setup         Define The API

Test Tags           area:load    control:SOC2-A1.1    scenario:api_load


*** Variables ***
# Define The API sets them.
@{API}              @{EMPTY}
@{READ_ONLY}        @{EMPTY}


*** Test Cases ***
Users Of The API
    [Documentation]    50 users at once read what Theodore offers, in full also 100 and 200, who think for 2 s between requests:
    ...    each answer is whole and right.
    [Tags]    gate:load-response-time
    FOR    ${users}    IN    @{API_USERS}
        Run Load Test    @{API}    users=${users}    iterations=${API_ITERATIONS}    think=${THINK}
        ...    identities=${EVERYBODY}    lateness=${LATENESS}
        Load Should Meet Objectives    api    times=${TIMES}
    END

A Thousand Users
    [Documentation]    50 users at once, in full 1,000 with 10 requests each, who come within 30 s and think for 10 s to 30 s
    ...    between them, each in a session of its own; one worker process serves the API. In full p95 within
    ...    2 s, p99 within 5 s, the mean within 1 s.
    [Tags]    users:1000
    Run Load Test    @{API}    users=${PLATFORM_USERS}    iterations=${PLATFORM_ITERATIONS}    think=${PLATFORM_THINK}
    ...    ramp=${PLATFORM_RAMP}    identities=${EVERYBODY}    own_sessions=${TIMES}    lateness=${LATENESS}
    Load Should Meet Objectives    api    times=${TIMES}

A Thousand Users Without Think Time
    [Documentation]    The same users ask again as soon as they are answered: each answer is right. How long they wait is reported
    ...    and not judged.
    [Tags]    profile:full    users:1000
    Run Load Test    @{API}    users=${PLATFORM_USERS}    iterations=${PLATFORM_ITERATIONS}    timeout=60 s
    ...    identities=${EVERYBODY}    own_sessions=True    lateness=5 s
    Load Should Meet Objectives    api    times=${False}

Everybody Gets Their Own Profile
    [Documentation]    Under load of 50 sessions nobody is answered with the profile of another user, or waits for five seconds.
    ${profile} =    Define Load Step    GET    /auth/profile    fields={"username": "{{username}}"}    name=profile
    Run Load Test    ${profile}    users=50    iterations=6    identities=${EVERYBODY}    timeout=5 s
    ...    own_sessions=True    lateness=${LATENESS}
    Error Rate Should Be    ==    0    step=profile

Spike Of Arrivals
    [Documentation]    When five times as many come for a moment, everybody is still answered.
    VAR    @{stages} =    20/s for 1 s    100/s for 1 s    20/s for 1 s
    Run Load Test    @{READ_ONLY}    stages=${stages}    identities=${EVERYBODY}    lateness=${LATENESS}
    Load Should Meet Objectives    api    times=${TIMES}


*** Keywords ***
Define The API
    [Documentation]    What users read, the more often the greater its weight.
    ${version} =    Define Load Step    GET    /version    fields={"version": "*", "build.instance_id": "*"}    weight=3
    ${profile} =    Define Load Step    GET    /auth/profile    fields={"username": "{{username}}"}    weight=2
    ${plugins} =    Define Load Step    GET    /plugins?limit=2    fields={"plugins.0.name": "*"}    weight=2
    ${suggestions} =    Define Load Step    GET    /discover/suggestions?query=Sla    text=Slack
    VAR    @{API} =    ${version}    ${profile}    ${plugins}    ${suggestions}    scope=SUITE
    VAR    @{READ_ONLY} =    ${version}    ${profile}    scope=SUITE
