*** Settings ***
Documentation       Each answer holds the fields that the contract names, with documented values.
Metadata            Scenario    promises_answers

Library             ApiLibrary
Library             TheodoreLibrary

Suite Setup         Have Jobs

Test Tags           area:promises    control:SOC2-PI1.3    scenario:promises_answers
Test Template       Response Should Have Fields


*** Variables ***
@{INDUSTRIES}        technology    finance    healthcare    education    retail    manufacturing    services    media
...                 real_estate    energy    transportation    agriculture    government    non_profit    other    unknown
# Have Jobs sets them.
${RESEARCH}         ${NONE}
${DISCOVERY}        ${NONE}


*** Test Cases ***
Login
    [Template]    NONE
    ${response} =    Get Sign In Response
    Response Should Have Fields    ${response}    access_token    refresh_token    token_type    expires_in    user
    Get Response Field    ${response}    expires_in    ==    3600

Login Remembered
    [Documentation]    Who wants to be remembered signs in as others do, for an hour.
    [Template]    NONE
    ${response} =    Get Sign In Response    remember=True
    Response Should Have Fields    ${response}    access_token    refresh_token
    Get Response Field    ${response}    expires_in    ==    3600

Refresh
    [Template]    NONE
    ${response} =    Get Refresh Response
    Get Response Field    ${response}    expires_in    ==    3600

Research Start
    POST /research    job_id    status    company_name    created_at    updated_at    body={"company_name": "Fake Corp ABC456"}

Research
    GET /research/${RESEARCH.id}    job_id    status    company_name    created_at    updated_at

Research Result
    GET /research/${RESEARCH.id}
    ...    result.name    result.website    result.description    result.industry    result.business_model

Research Progress
    GET /research/${RESEARCH.id}/progress
    ...    current_step    step_number    total_steps    percentage    started_at    updated_at

Discovery Progress
    GET /discover/${DISCOVERY.id}/progress
    ...    current_step    step_number    total_steps    percentage    started_at    updated_at

Discovery
    GET /discover/${DISCOVERY.id}    job_id    status    query_company    created_at    updated_at    results    total_found
    GET /discover/${DISCOVERY.id}    results.0.company    results.0.similarity_score

Quick
    GET /discover/quick?company_name=Figma&limit=2
    ...    query_company    results    total_found    similarity_threshold    execution_type

Suggestions
    GET /discover/suggestions?query=Salesfor    query    suggestions    count

Plugin Categories
    GET /plugins/categories
    ...    categories.6.name    categories.6.display_name    categories.6.description    categories.6.examples

Categories 7
    [Template]    Get Response Field
    GET /plugins/categories    categories    validate    len(value) == 7

Health
    GET /health    status    timestamp    version    uptime_seconds    components    metrics

Metrics
    GET /metrics    timestamp    period_seconds    requests    response_times    error_rates    jobs    system

Status
    GET /status    service    container    system    configuration    capabilities

Config
    GET /config    api    container    environment    debug_mode    identity=admin

Version
    GET /version    version    api_version    build    api_features    supported_formats    limits

Root
    GET /    name    version    description    status    timestamp    endpoints

Ping
    GET /ping    status    timestamp

Limits Are Configured
    [Documentation]    The configuration names each limit of the contract, with its requests and its seconds.
    [Template]    NONE
    ${config} =    Send Request    GET /config    identity=admin
    FOR    ${bucket}    ${requests}    ${seconds}    IN
    ...    global    1000    3600
    ...    research    100    3600
    ...    discovery    200    3600
    ...    batch    10    3600
    ...    login    10    900
    ...    health    1000    60
    ...    metrics    100    60
        Get Response Field    ${config}    api.rate_limiting.${bucket}.requests    ==    ${requests}
        Get Response Field    ${config}    api.rate_limiting.${bucket}.seconds    ==    ${seconds}
    END

Ping Says Ok
    [Template]    Get Response Field
    GET /ping    status    ==    ok

Quick Says How
    [Documentation]    The quick route names itself as such.
    [Template]    Get Response Field
    GET /discover/quick?company_name=Figma&limit=1    execution_type    ==    quick

Research Is No Deep One
    [Documentation]    A research for which no deep analysis was requested names none, and when it has ended no end to expect.
    [Template]    Get Response Field
    GET /research/${RESEARCH.id}    result.research_depth    validate    value != "deep"
    GET /research/${RESEARCH.id}    estimated_completion    ==    ${NONE}

Limit Max Batch Size
    [Template]    Get Response Field
    GET /version    limits.max_batch_size    ==    10000

Limit Max Concurrent Jobs
    [Template]    Get Response Field
    GET /version    limits.max_concurrent_jobs    ==    20

Limit Max File Size Mb
    [Template]    Get Response Field
    GET /version    limits.max_file_size_mb    ==    100

Config Log Level
    [Template]    Get Response Field
    POST /config    results.log_level.status    ==    updated    identity=admin    body={"log_level": "INFO"}

Config Rate Limits
    [Template]    Get Response Field
    POST /config    results.rate_limits.status    ==    updated    identity=admin    body={"rate_limits": {}}

Config Feature Flags
    [Template]    Get Response Field
    POST /config    results.feature_flags.status    ==    updated    identity=admin    body={"feature_flags": {}}

Config Monitoring Settings
    [Template]    Get Response Field
    POST /config    results.monitoring_settings.status    ==    updated    identity=admin    body={"monitoring_settings": {}}

Restart Of Each Component
    [Template]    Get Response Field
    FOR    ${component}    IN    ai_providers    search    storage    plugins
        POST /restart    results.${component}.status    ==    restarted    identity=admin    body=["${component}"]
        POST /restart    results    validate    list(value) == ["${component}"]    identity=admin    body=["${component}"]
    END

Restart Of All
    [Template]    Get Response Field
    POST /restart    results    validate    sorted(value) == ["ai_providers", "plugins", "search", "storage"]
    ...    identity=admin    body=[]

Restart Of A Part That Is Unknown
    [Documentation]    Where one of the components is unknown nothing is restarted.
    [Template]    Get Response Status
    POST /restart    ==    400    identity=admin    body=["search", "zzz"]
    POST /restart    ==    422    identity=admin    body={"components": ["search"]}

Research Failed Fields
    [Documentation]    A failed research has an error, an end, and no result; a completed one has a result and no error.
    [Template]    NONE
    ${failed} =    Research Company    Fake Corp ABC456
    Get Research Status    ${failed}    ==    failed
    Get Response Field    GET /research/${failed.id}    result    ==    ${NONE}
    Response Should Have Fields    GET /research/${failed.id}    error    completed_at
    Get Response Field    GET /research/${RESEARCH.id}    error    ==    ${NONE}
    Get Response Field    GET /research/${RESEARCH.id}    retry_count    ==    0

Discovery Counts
    [Documentation]    The number of results is that of the results, and without filters none is said to be applied.
    [Template]    Get Response Field
    GET /discover/${DISCOVERY.id}    total_found    ==    2
    GET /discover/${DISCOVERY.id}    results    validate    len(value) == 2
    GET /discover/${DISCOVERY.id}    filters_applied    ==    ${{[]}}
    GET /discover/${DISCOVERY.id}    error    ==    ${NONE}
    GET /discover/${DISCOVERY.id}    query_company    ==    Stripe

One Version
    [Documentation]    The version is the same wherever it is named.
    [Template]    NONE
    ${version} =    Get Response Field    GET /version    version
    Get Response Field    GET /health    version    ==    ${version}
    Get Response Field    GET /    version    ==    ${version}
    Get Response Header    GET /version    x-api-version    ==    ${version}

Value Of Business Model
    [Template]    Get Response Field
    GET /research/${RESEARCH.id}
    ...    result.business_model    validate
    ...    value in "b2b b2c b2b2c marketplace saas ecommerce subscription freemium advertising unknown".split()

Value Of Company Size
    [Template]    Get Response Field
    GET /research/${RESEARCH.id}
    ...    result.company_size    validate    value in "startup small medium large enterprise unknown".split()

Value Of Tech Sophistication
    [Template]    Get Response Field
    GET /research/${RESEARCH.id}
    ...    result.tech_sophistication    validate    value in "basic intermediate advanced cutting_edge unknown".split()

Value Of Industry
    [Template]    Get Response Field
    GET /research/${RESEARCH.id}    result.industry    validate    value in ${INDUSTRIES}

Confidence 0 To 1
    [Template]    Get Response Field
    GET /research/${RESEARCH.id}    result.confidence_score    validate    0 <= value <= 1

Discovery Score 0 To 1
    [Template]    Get Response Field
    GET /discover/${DISCOVERY.id}
    ...    results    validate    value and all(0 <= match["similarity_score"] <= 1 for match in value)

Quick Score 0 To 1
    [Template]    Get Response Field
    GET /discover/quick?company_name=Figma&limit=5
    ...    results    validate    value and all(0 <= match["similarity_score"] <= 1 for match in value)


*** Keywords ***
Have Jobs
    [Documentation]    A finished research and a finished discovery.
    ${research} =    Research Company    Zoom
    ${discovery} =    Discover Similar Companies    Stripe    limit=2
    VAR    ${RESEARCH} =    ${research}    scope=SUITE
    VAR    ${DISCOVERY} =    ${discovery}    scope=SUITE
