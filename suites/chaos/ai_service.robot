*** Settings ***
Documentation       A failing AI service: another provider does the work, the failing one is spared, nothing is invented.
Metadata            Scenario    ai_service

Library             ChaosLibrary
Library             TestDataLibrary
Library             TheodoreLibrary

Test Tags           area:chaos    control:SOC2-A1.2    experiment:ai_service_resilience    scenario:ai_service


*** Test Cases ***
First Provider Fails
    [Documentation]    Errors of the first provider: the second does the work, and the first is not stormed.
    ${truth} =    Get Company    Slack
    ${fault} =    Let Dependency Answer    openai    status    status=503
    ${research} =    Research Company    Slack
    Fault Should Have Touched    ${fault}    at_most=8
    Get Research Status    ${research}    ==    completed
    Job Should Be Honest    ${research}    truth=${truth}

First Provider Is Busy
    [Documentation]    429 with Retry-After: the provider is given its pause, or replaced.
    ${truth} =    Get Company    Slack
    ${fault} =    Let Dependency Answer    openai    rate_limit    retry_after=1
    ${research} =    Research Company    Slack
    Fault Should Have Touched    ${fault}    at_most=8
    Get Research Status    ${research}    ==    completed
    Job Should Be Honest    ${research}    truth=${truth}

All Providers Fail
    [Documentation]    No provider answers: the research fails openly.
    [Setup]    Wait Until Providers Answer    openai    gemini    bedrock
    ${first} =    Let Dependency Answer    openai    status    status=500
    ${second} =    Let Dependency Answer    gemini    status    status=500
    ${third} =    Let Dependency Answer    bedrock    status    status=500
    ${research} =    Research Company    Slack
    Job Should Fail In    ${research}    ai_analysis
    Fault Should Have Touched    ${first}    ${second}    ${third}
    Research Should Work Again Within    Slack    15 s

Slow Bodies
    [Documentation]    Answers whose body drips in: they are waited for, or another provider does the work.
    ${truth} =    Get Company    Slack
    ${fault} =    Let Dependency Answer    openai    slow_body    delay=100 ms
    ${research} =    Start Research    Slack
    Job Should End Within    ${research}    20 s
    Get Research Status    ${research}    ==    completed
    Job Should Be Honest    ${research}    truth=${truth}
    Undo Fault    ${fault}
