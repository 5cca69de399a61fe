*** Settings ***
Documentation       Who does not answer is not waited for for ever, and not asked twice for what has to be paid for.
Metadata            Scenario    timeouts

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
