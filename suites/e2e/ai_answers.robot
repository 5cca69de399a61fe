*** Settings ***
Documentation       Answers of an AI provider that are of no use, and pages that give orders, lead to a right record
...                 or an open failure.
Metadata            Scenario    ai_answers

Library             TheodoreLibrary
Library             TestDataLibrary
Resource            theodore/providers.resource

Test Setup          Have Providers Answer

Test Tags           area:ai-answers    control:SOC2-PI1.3    scenario:ai_answers


*** Test Cases ***
Useless Answer Of One Provider Is Replaced
    [Documentation]    In another language, empty, truncated, 2 MB, of no company, a list, of wrong types, made up: another
    ...                provider's answer is taken.
    [Template]    One Provider Answers
    foreign
    empty
    truncated
    huge
    nameless
    listed
    mistyped
    invented

Useless Answers Of All Providers Are An Honest Failure
    [Documentation]    If no provider answers usefully, the research fails openly.
    [Template]    All Providers Answer
    foreign
    empty
    truncated
    huge
    nameless
    listed
    mistyped
    invented

Pages Give No Orders
    [Documentation]    "Ignore your instructions" on a page changes nothing in the record.
    ${truth} =    Get Company    Quiet Harbor Goods
    ${research} =    Research Company    Quiet Harbor Goods
    Pages Should Not Give Orders    ${research}    industry    finance    truth=${truth}


*** Keywords ***
One Provider Answers
    [Documentation]    The first provider misbehaves, and is asked: the result must be right all the same.
    [Arguments]    ${answer}
    Have Providers Answer
    ${truth} =    Get Company    Canva
    Make Dependency Misbehave    openai    answer=${answer}
    ${research} =    Research Company    Canva
    Result Should Be Honest    ${research}    truth=${truth}
    Get Research Status    ${research}    ==    completed
    Dependency Should Have Been Asked    ${research}    openai    at_least=1
    Make Dependency Behave    openai

All Providers Answer
    [Documentation]    All providers misbehave, and each is asked.
    [Arguments]    ${answer}
    Have Providers Answer
    ${truth} =    Get Company    Canva
    FOR    ${provider}    IN    openai    gemini    bedrock
        Make Dependency Misbehave    ${provider}    answer=${answer}
    END
    ${research} =    Research Company    Canva
    Result Should Be Honest    ${research}    truth=${truth}
    Get Research Status    ${research}    ==    failed
    FOR    ${provider}    IN    openai    gemini    bedrock
        Dependency Should Have Been Asked    ${research}    ${provider}    at_least=1
        Make Dependency Behave    ${provider}
    END
