*** Settings ***
Documentation       When something that a job depends on fails, the job fails openly, says where, and works again afterwards.
Metadata            Scenario    dependency_failures

Library             TheodoreLibrary

Test Tags           area:dependencies    control:SOC2-A1.2    scenario:dependency_failures


*** Test Cases ***
Search Fails
    [Documentation]    Without search a research does not find the company, and does not say that there is none.
    [Template]    Research Fails In
    search    domain_discovery

Web Fails
    [Documentation]    Without web sites there is nothing to read.
    [Template]    Research Fails In
    web    intelligent_scraping

Vector Store Fails
    [Documentation]    A record that cannot be stored is no result.
    [Template]    Research Fails In
    vectors    vector_storage

Discovery Without Search
    [Documentation]    A discovery without search fails openly.
    [Template]    Discovery Fails In
    search    target_profile

Discovery Without Vectors
    [Documentation]    A discovery without vector store fails openly.
    [Template]    Discovery Fails In
    vectors    target_profile

Health Tells What Fails
    [Documentation]    Each failing dependency makes the health degraded, by its name.
    [Template]    Health Tells
    search
    web
    vectors
    openai
    gemini
    bedrock


*** Keywords ***
Research Fails In
    [Documentation]    A research during the failure, and one after it.
    [Arguments]    ${link}    ${phase}
    Make Dependency Misbehave    ${link}    status=503
    ${research} =    Research Company    Zoom
    Job Should Fail In    ${research}    ${phase}
    Make Dependency Behave    ${link}
    ${again} =    Research Company    Zoom
    Get Research Status    ${again}    ==    completed

Discovery Fails In
    [Documentation]    A discovery during the failure.
    [Arguments]    ${link}    ${phase}
    Make Dependency Misbehave    ${link}    status=503
    ${discovery} =    Discover Similar Companies    Zoom
    Job Should Fail In    ${discovery}    ${phase}

Health Tells
    [Documentation]    The health during the failure and after it.
    [Arguments]    ${link}
    Make Dependency Misbehave    ${link}    status=503
    Health Should Tell    degraded    ${link}    unhealthy
    Make Dependency Behave    ${link}
    Health Should Tell    healthy    ${link}    healthy
