*** Settings ***
Documentation       How long the parts of a research take: the AI of each provider, scraping and storage; by the phases that the
...                 system lists, and by the records of its links. The ticket has figures for the analysis alone: those of the
...                 other parts are the time of a whole research, or what it names for embeddings elsewhere.
...                 The profile full has them all.
Metadata            Scenario    benchmarks_of_parts

Resource            theodore/load.resource

Suite Setup         Sign In Should Work

Test Tags           area:benchmarks    control:SOC2-A1.1    scenario:benchmarks_of_parts    profile:full


*** Test Cases ***
Completion By OpenAI
    [Documentation]    OpenAI completes within 8 s, 40 % tolerated.
    [Tags]    benchmark:openai_completion
    Call Should Be Within    openai    completion    8 s

Completion By Bedrock
    [Documentation]    Bedrock completes within 8 s, 40 % tolerated.
    [Tags]    benchmark:bedrock_completion
    Call Should Be Within    bedrock    completion    8 s

Completion By Gemini
    [Documentation]    Gemini completes within 8 s, 40 % tolerated.
    [Tags]    benchmark:gemini_completion
    Call Should Be Within    gemini    completion    8 s

Embedding By OpenAI
    [Documentation]    OpenAI embeds within 10 s, 40 % tolerated.
    [Tags]    benchmark:openai_embedding
    Call Should Be Within    openai    embedding    10 s

Embedding By Bedrock
    [Documentation]    Bedrock embeds within 10 s, 40 % tolerated.
    [Tags]    benchmark:bedrock_embedding
    Call Should Be Within    bedrock    embedding    10 s

Embedding By Gemini
    [Documentation]    Gemini embeds within 10 s, 40 % tolerated.
    [Tags]    benchmark:gemini_embedding
    Call Should Be Within    gemini    embedding    10 s

Analysis By OpenAI
    [Documentation]    With OpenAI the phase of the analysis takes 8 s at most, 40 % tolerated.
    [Tags]    benchmark:openai_analysis
    Phase Should Be Within    ai_analysis    8 s    40 %    openai

Analysis By Bedrock
    [Documentation]    With Bedrock the phase of the analysis takes 8 s at most, 40 % tolerated.
    [Tags]    benchmark:bedrock_analysis
    Phase Should Be Within    ai_analysis    8 s    40 %    bedrock

Analysis By Gemini
    [Documentation]    With Gemini the phase of the analysis takes 8 s at most, 40 % tolerated.
    [Tags]    benchmark:gemini_analysis
    Phase Should Be Within    ai_analysis    8 s    40 %    gemini

Scraping
    [Documentation]    The pages of a company are read within the time of a research: 5 s, 20 % tolerated.
    [Tags]    benchmark:scraping
    Phase Should Be Within    intelligent_scraping    5 s    20 %    openai

Storage
    [Documentation]    What was found is stored within the time of a research: 5 s, 20 % tolerated.
    [Tags]    benchmark:storage
    Phase Should Be Within    vector_storage    5 s    20 %    openai


*** Keywords ***
Call Should Be Within
    [Documentation]    Calls of a provider take no longer than is expected in the mean.
    [Arguments]    ${provider}    ${operation}    ${expected}
    Benchmark    ${provider} ${operation}    Duration Of Call    ${provider}    ${operation}    expected=${expected}
    ...    tolerance=40 %    iterations=${ITERATIONS}[3]    warm_up=${WARM_UP}    timed_by=result

Phase Should Be Within
    [Documentation]    A phase of researches with a provider takes no longer than is expected in the mean.
    [Arguments]    ${phase}    ${expected}    ${tolerance}    ${provider}
    Benchmark    ${provider} ${phase}    Duration Of Phase    ${provider}    ${phase}    expected=${expected}
    ...    tolerance=${tolerance}    iterations=${ITERATIONS}[3]    warm_up=${WARM_UP}    timed_by=result

Duration Of Call    # robotcode: ignore[KeywordNotUsed]
    [Documentation]    The seconds that a provider takes in a research that it alone was asked in.
    [Arguments]    ${provider}    ${operation}
    ${research} =    Research With Provider    Slack    ${provider}
    Provider Should Have Answered    ${research}    ${provider}
    ${seconds} =    Get Provider Call Duration    ${research}    ${provider}    ${operation}
    RETURN    ${seconds}

Duration Of Phase    # robotcode: ignore[KeywordNotUsed]
    [Documentation]    The seconds that a phase takes in a research that is right.
    [Arguments]    ${provider}    ${phase}
    ${research} =    Research With Provider    Slack    ${provider}
    Phases Should Add Up    ${research}
    ${seconds} =    Get Phase Duration    ${research}    ${phase}
    RETURN    ${seconds}
