*** Settings ***
Documentation       When something that a job depends on fails, the job fails openly, says where, and works again afterwards.
Metadata            Scenario    dependency_failures

Library             ApiLibrary
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

Useless Answer Is Asked For Again
    [Documentation]    A dependency that once answers without what was asked for is asked again, and nothing is lost.
    [Template]    Research Completes In Spite Of
    search
    vectors

Search Answers Without Results
    [Documentation]    Answers in which the results are missing are a failure, not a company that is unknown.
    [Template]    Research Fails In
    search    domain_discovery    200

Vector Store Answers Without Receipt
    [Documentation]    A record whose storing was not confirmed is no result.
    [Template]    Research Fails In
    vectors    vector_storage    200

Discovery Without Search
    [Documentation]    A discovery without search fails openly.
    [Template]    Discovery Fails In
    search    target_profile

Discovery Without Vectors
    [Documentation]    A discovery without vector store fails openly.
    [Template]    Discovery Fails In
    vectors    target_profile

Discovery Without Web
    [Documentation]    A discovery of which no site can be read fails openly, and does not say that there are none.
    VAR    @{web} =    web
    VAR    &{request} =    company_name=Zoom    source_preference=${web}
    Research Company    Zoom
    Make Dependency Misbehave    web    status=503
    ${discovery} =    Request Should Be Answered    POST    /discover    200    ${request}
    VAR    ${path} =    /discover/${discovery}[job_id]
    Wait Until Keyword Succeeds    30 s    200 ms    Get Response Field    GET ${path}    status    ==    failed
    Get Response Field    GET ${path}    error    validate    bool(value)

Answers At Once Fail Openly
    [Documentation]    What is answered at once says 503 during a failure, not that there is nothing, and works again after it.
    [Template]    Answer Fails Openly
    /discover/quick?company_name=Zoom&limit=2    search
    /discover/quick?company_name=Zoom&limit=2    vectors
    /discover/suggestions?query=Zoom    search

Each Passing Failure Is Tried Again
    [Documentation]    An answer that fails for the moment, in each of the ways that HTTP has for it, is asked for again.
    [Template]    Answer Survives
    FOR    ${status}    IN    408    425    429    500    502    503    504
        ${status}
    END

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
Research Completes In Spite Of
    [Documentation]    A research during which one answer of a dependency is useless.
    [Arguments]    ${link}
    Make Dependency Misbehave    ${link}    status=200    times=1
    ${research} =    Research Company    Zoom
    Get Research Status    ${research}    ==    completed
    Dependency Should Have Been Asked    ${research}    ${link}    at_least=2

Research Fails In
    [Documentation]    A research during the failure, and one after it.
    [Arguments]    ${link}    ${phase}    ${status}=503
    Make Dependency Misbehave    ${link}    status=${status}
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

Answer Fails Openly
    [Documentation]    An answer during the failure, and one after it.
    [Arguments]    ${path}    ${link}
    Make Dependency Misbehave    ${link}    status=503
    Get Response Status    GET ${path}    ==    503
    Make Dependency Behave    ${link}
    Get Response Status    GET ${path}    ==    200

Answer Survives
    [Documentation]    An answer at once, while the search fails once.
    [Arguments]    ${status}
    Make Dependency Misbehave    search    status=${status}    times=1
    Get Response Status    GET /discover/suggestions?query=Zoom    ==    200

Health Tells
    [Documentation]    The health during the failure and after it.
    [Arguments]    ${link}
    Make Dependency Misbehave    ${link}    status=503
    Health Should Tell    degraded    ${link}    unhealthy
    Make Dependency Behave    ${link}
    Health Should Tell    healthy    ${link}    healthy
