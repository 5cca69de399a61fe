*** Settings ***
Documentation       Each AI provider in turn does the analysis and the embedding of a research, and says what it took.
Metadata            Scenario    ai_integration

Library             TheodoreLibrary
Library             QualityLibrary
Library             TestDataLibrary
Resource            theodore/canaries.resource

Test Tags           area:ai    control:SOC2-PI1.3    scenario:ai_integration
Test Template       Provider Does The Whole Work


*** Test Cases ***
OpenAI
    [Documentation]    GPT: at least 100 tokens, the analysis in 15 seconds.
    openai    100    15 s

Gemini
    [Documentation]    Gemini 2.5 Pro: at least 200 tokens, the analysis in 20 seconds.
    gemini    200    20 s

Bedrock
    [Documentation]    Nova Pro on Bedrock: at least 100 tokens, the analysis in 15 seconds.
    bedrock    100    15 s

Providers Agree
    [Documentation]    The providers read the same facts out of the same pages.
    [Tags]    check:data-quality
    [Template]    NONE
    ${truth} =    Get Company    Linear
    FOR    ${provider}    IN    openai    gemini    bedrock
        ${research} =    Research With Provider    Linear    ${provider}
        Record Should Be Accurate    ${research.record}    ${truth}[expected]    subject=Linear by ${provider}
    END

Record Says What The Provider Said
    [Documentation]    The class that a provider gave to a company stands in the record, and so does that it knows of none.
    [Tags]    area:canaries
    [Template]    NONE
    ${canary} =    Open Canary    language=ja
    ${research} =    Research Canary    ${canary}
    Classes Should Be Those Of Provider    ${research}

Status Tells The Providers
    [Documentation]    The detailed status names the providers, none of them cut off.
    [Template]    NONE
    Status Should Tell The Providers    openai    gemini    bedrock


*** Keywords ***
Provider Does The Whole Work
    [Documentation]    A research with one provider: who was called, tokens, dimensions, time.
    [Arguments]    ${provider}    ${tokens}    ${limit}
    ${research} =    Research With Provider    Asana    ${provider}
    Provider Should Have Answered    ${research}    ${provider}    at_least_tokens=${tokens}
    Provider Duration Should Be Within    ${research}    analysis=${limit}    embedding=10 s
