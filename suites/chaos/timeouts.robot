*** Settings ***
Documentation       Who does not answer is not waited for for ever, and not asked twice for what has to be paid for.
Metadata            Scenario    timeouts

Library             ApiLibrary
Library             ChaosLibrary
Library             TestDataLibrary
Library             TheodoreLibrary

Test Tags           area:chaos-time    control:SOC2-A1.2    experiment:timeouts    scenario:timeouts


*** Test Cases ***
Silent AI Provider
    [Documentation]    The first provider takes requests and says nothing: it is given up in time, asked once for each
    ...                thing, and another one does the work.
    ${truth} =    Get Company    Slack
    ${fault} =    Swallow Data    openai
    ${research} =    Start Research    Slack
    Job Should End Within    ${research}    30 s
    Get Research Status    ${research}    ==    completed
    Job Should Be Honest    ${research}    truth=${truth}
    Dependency Should Have Been Asked    ${research}    openai    at_most=2
    Fault Should Have Touched    ${fault}

Silent Vector Store
    [Documentation]    The store says nothing: the research fails openly, in time.
    ${fault} =    Swallow Data    vectors
    ${research} =    Start Research    Slack
    Job Should End Within    ${research}    20 s
    Job Should Fail In    ${research}    vector_storage
    Fault Should Have Touched    ${fault}

Silent Search
    [Documentation]    The search says nothing: the research fails openly, in time.
    ${fault} =    Swallow Data    search
    ${research} =    Start Research    Slack
    Job Should End Within    ${research}    20 s
    Job Should Fail In    ${research}    domain_discovery
    Fault Should Have Touched    ${fault}

Longer Than Its Timeout
    [Documentation]    A research that takes longer than it may has failed, and says so: cancelled is only what a user cancels.
    ...                Takes half a minute, the shortest time that a research may be given.
    [Tags]    profile:full
    ${web} =    Add Latency    web    4 s
    ${ai} =    Add Latency    openai    4 s
    Add Latency    vectors    4 s
    VAR    &{request} =    company_name=Slack    timeout_seconds=${30}
    ${research} =    Request Should Be Answered    POST    /research    200    ${request}
    Wait Until Keyword Succeeds    60 s    1 s
    ...    Get Response Field    GET /research/${research}[job_id]    completed_at    !=    ${NONE}
    Get Response Field    GET /research/${research}[job_id]    status    ==    failed
    Get Response Field    GET /research/${research}[job_id]    error    contains    30 s
    Fault Should Have Touched    ${web}
    Fault Should Have Touched    ${ai}
