*** Settings ***
Documentation       When an AI provider fails, another one does its work, nothing is lost, and the failing one is
...                 spared for a while.
Metadata            Scenario    ai_fallback

Library             TheodoreLibrary
Resource            theodore/providers.resource

Suite Setup         Research Once Without Faults

Test Setup          Have Providers Answer

Test Tags           area:ai    control:SOC2-A1.2    scenario:ai_fallback


*** Variables ***
# Research Once Without Faults sets it.
${USUAL}            ${NONE}


*** Test Cases ***
Breaker Opens And Closes
    [Documentation]    A provider that keeps failing is not asked any more, and is asked again when it has recovered.
    Breaker Should Open And Close    openai    recovery=15 s

Failures Between Successes Open No Breaker
    [Documentation]    A provider that fails now and then, and answers in between, is called all the same.
    Failures Between Successes Should Not Open    openai    failures=3

Restart Closes The Breaker
    [Documentation]    A restart of the providers lets one that was spared be asked at once.
    Restart Should Close The Breaker    openai    ai_providers

Restart Of All Closes The Breaker
    [Documentation]    A restart that names no component is one of all, of the providers too.
    Restart Should Close The Breaker    openai

Failing Provider Is Replaced
    [Documentation]    An overloaded provider is asked again with growing pauses, then the next one does the work,
    ...                with nothing lost.
    Make Dependency Misbehave    openai    status=503
    ${research} =    Research Company    Slack
    Fallback Should Have Been Used    ${research}    openai    gemini
    Fallback Should Lose Nothing    ${research}    compared_with=${USUAL}
    Retries Should Back Off    ${research}    openai    at_least=0.1 s    tries=3

Two Failing Providers Are Replaced
    [Documentation]    The third provider does the work when two fail.
    Make Dependency Misbehave    openai    status=500
    Make Dependency Misbehave    gemini    status=503
    ${research} =    Research Company    Slack
    Fallback Should Have Been Used    ${research}    openai    bedrock
    Fallback Should Lose Nothing    ${research}    compared_with=${USUAL}

Retry After Is Heeded
    [Documentation]    A provider that asks for a second's patience gets it, and then does the work itself.
    Make Dependency Misbehave    openai    status=429    retry_after=1    times=1
    ${research} =    Research Company    Slack
    Provider Should Have Answered    ${research}    openai
    Retries Should Back Off    ${research}    openai    at_least=1 s

Patience Has An End
    [Documentation]    A provider that asks for a minute's patience is replaced at once.
    Make Dependency Misbehave    gemini    status=429    retry_after=60
    Make Dependency Misbehave    openai    status=429    retry_after=60
    ${research} =    Research Company    Slack
    Fallback Should Have Been Used    ${research}    openai    bedrock
    Get Research Duration    ${research}    <    10

Wrong Requests Are Not Repeated
    [Documentation]    A provider that refuses a request for good is not asked again.
    Make Dependency Misbehave    openai    status=400
    ${research} =    Research Company    Slack
    Fallback Should Have Been Used    ${research}    openai    gemini
    Dependency Should Have Been Asked    ${research}    openai    at_most=2

All Providers Failing Is An Honest Failure
    [Documentation]    With no provider left the research fails and says so.
    Make Dependency Misbehave    openai    status=503
    Make Dependency Misbehave    gemini    status=503
    Make Dependency Misbehave    bedrock    status=503
    ${research} =    Research Company    Slack
    Get Research Status    ${research}    ==    failed
    Get Research Error    ${research}    contains    ai_analysis


*** Keywords ***
Research Once Without Faults
    [Documentation]    A research to compare with.
    ${usual} =    Research Company    Slack
    VAR    ${USUAL} =    ${usual}    scope=SUITE
