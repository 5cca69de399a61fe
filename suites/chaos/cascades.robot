*** Settings ***
Documentation       Two faults at once.
Metadata            Scenario    cascades

Library             ChaosLibrary
Library             TestDataLibrary
Library             TheodoreLibrary

Test Setup          Wait Until Providers Answer    openai    gemini    bedrock

Test Tags           area:chaos    control:SOC2-A1.2    experiment:cascades    scenario:cascades


*** Test Cases ***
Provider Fails While Another Is Slow
    [Documentation]    The first AI provider fails and the second is slow: the research is right.
    ${truth} =    Get Company    Slack
    ${first} =    Let Dependency Answer    openai    status    status=503
    ${second} =    Add Latency    gemini    600 ms
    ${research} =    Start Research    Slack
    Job Should End Within    ${research}    25 s
    Get Research Status    ${research}    ==    completed
    Job Should Be Honest    ${research}    truth=${truth}
    Fault Should Have Touched    ${first}    ${second}

Restart While A Provider Fails
    [Documentation]    The API is killed while a provider fails: the research is not lost.
    ${fault} =    Let Dependency Answer    openai    status    status=503
    ${research} =    Start Research    Slack
    ${kill} =    Kill Process    api
    Job Should End Within    ${research}    25 s
    Get Research Status    ${research}    ==    completed
    Fault Should Have Touched    ${fault}    ${kill}

Slow Web And Failing Search
    [Documentation]    A slow web and a search that fails now and then: right, or an open failure.
    ${web} =    Add Latency    web    200 ms
    ${search} =    Let Dependency Answer    search    status    rate=0.5    seed=1
    ${research} =    Start Research    Slack
    Job Should End Within    ${research}    30 s
    Job Should Be Honest    ${research}
    Fault Should Have Touched    ${web}    ${search}
