*** Settings ***
Documentation       Corrupt, stale and senseless answers of dependencies become a right record or an open failure, never data.
Metadata            Scenario    data_corruption

Library             ChaosLibrary
Library             TestDataLibrary
Library             TheodoreLibrary

Test Setup          Wait Until Providers Answer    openai    gemini    bedrock

Test Tags           area:chaos    control:SOC2-PI1.4    experiment:data_resilience    scenario:data_corruption


*** Test Cases ***
One Provider Answers Badly
    [Documentation]    One provider's answers are broken: another's are taken.
    [Template]    One Provider Is Corrupt
    malformed_json
    truncated_json
    wrong_schema
    empty

All Providers Answer Badly
    [Documentation]    Broken answers of all providers: an open failure.
    ${truth} =    Get Company    Slack
    ${first} =    Let Dependency Answer    openai    malformed_json
    ${second} =    Let Dependency Answer    gemini    malformed_json
    ${third} =    Let Dependency Answer    bedrock    malformed_json
    ${research} =    Research Company    Slack
    Job Should Be Honest    ${research}    truth=${truth}
    Fault Should Have Touched    ${first}    ${second}    ${third}

Store Answers Badly
    [Documentation]    A store that does not confirm has not stored.
    [Template]    Store Is Corrupt
    malformed_json
    truncated_json
    wrong_schema

Bytes Are Changed On The Way
    [Documentation]    Bytes of the provider's answers are changed: no answer that can still be read is wrong.
    ${truth} =    Get Company    Slack
    ${fault} =    Corrupt Data    openai    size=400    seed=3
    ${research} =    Start Research    Slack
    Job Should End Within    ${research}    25 s
    Job Should Be Honest    ${research}    truth=${truth}
    Fault Should Have Touched    ${fault}


*** Keywords ***
One Provider Is Corrupt
    [Documentation]    A research while the first provider's answers are broken in one way.
    [Arguments]    ${kind}
    Wait Until Providers Answer    openai    gemini    bedrock
    ${truth} =    Get Company    Slack
    ${fault} =    Let Dependency Answer    openai    ${kind}
    ${research} =    Research Company    Slack
    Fault Should Have Touched    ${fault}
    Get Research Status    ${research}    ==    completed
    Job Should Be Honest    ${research}    truth=${truth}

Store Is Corrupt
    [Documentation]    A research while the vector store's answers are broken in one way.
    [Arguments]    ${kind}
    ${fault} =    Let Dependency Answer    vectors    ${kind}
    ${research} =    Research Company    Slack
    Fault Should Have Touched    ${fault}
    Job Should Fail In    ${research}    vector_storage
