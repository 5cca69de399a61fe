*** Settings ***
Documentation       Times have a zone and are in order; what is repeated gives the same, and no identifier twice.
Metadata            Scenario    promises_times_and_repetition

Library             ApiLibrary
Library             TheodoreLibrary

Suite Setup         Have Jobs

Test Tags           area:promises    control:SOC2-PI1.3    scenario:promises_times_and_repetition
Test Template       Response Times Should Have A Zone


*** Variables ***
# Have Jobs sets them.
${RESEARCH}         ${NONE}
${DISCOVERY}        ${NONE}


*** Test Cases ***
Zone Ping
    GET /ping

Zone Health
    GET /health

Zone Profile
    GET /auth/profile

Zone Research
    GET /research/${RESEARCH.id}

Zone Research Progress
    GET /research/${RESEARCH.id}/progress

Zone Discovery
    GET /discover/${DISCOVERY.id}

Zone Api Keys
    POST /auth/api-keys    body={"name": "qa", "expires_at": "2031-01-01T00:00:00Z"}

Zone Login
    [Template]    NONE
    ${response} =    Get Sign In Response
    Response Times Should Have A Zone    ${response}

Twice Research
    [Template]    Reading Twice Should Give The Same
    GET /research/${RESEARCH.id}

Twice Discovery
    [Template]    Reading Twice Should Give The Same
    GET /discover/${DISCOVERY.id}

Twice Quick
    [Template]    Reading Twice Should Give The Same
    GET /discover/quick?company_name=Figma&limit=3    last_updated

Twice Suggestions
    [Template]    Reading Twice Should Give The Same
    GET /discover/suggestions?query=Salesfor

Twice Profile
    [Template]    Reading Twice Should Give The Same
    GET /auth/profile

Twice Plugins
    [Template]    Reading Twice Should Give The Same
    GET /plugins

Twice Plugin Categories
    [Template]    Reading Twice Should Give The Same
    GET /plugins/categories

Twice Version
    [Template]    Reading Twice Should Give The Same
    GET /version

Identifiers Twice Research Start
    [Template]    Identifiers Should Be Distinct
    POST /research    job_id    body={"company_name": "Fake Corp ABC456"}

Identifiers In Parallel Research Start
    [Template]    Identifiers Should Be Distinct
    POST /research    job_id    parallel=True    times=5    body={"company_name": "Fake Corp ABC456"}

Identifiers Twice Discovery Start
    [Template]    Identifiers Should Be Distinct
    POST /discover    job_id    body={"company_name": "Fake Corp ABC456"}

Identifiers In Parallel Discovery Start
    [Template]    Identifiers Should Be Distinct
    POST /discover    job_id    parallel=True    times=5    body={"company_name": "Fake Corp ABC456"}

Identifiers Twice Api Keys
    [Template]    Identifiers Should Be Distinct
    POST /auth/api-keys    key_id    body={"name": "qa"}

Identifiers In Parallel Api Keys
    [Template]    Identifiers Should Be Distinct
    POST /auth/api-keys    key_id    parallel=True    times=5    body={"name": "qa"}

After Restart Research
    [Template]    Field After Restart
    GET /research/${RESEARCH.id}    status    ==    completed

Order Research
    [Template]    Times Are In Order
    /research/${RESEARCH.id}

After Restart Discovery
    [Template]    Field After Restart
    GET /discover/${DISCOVERY.id}    status    ==    completed

Order Discovery
    [Template]    Times Are In Order
    /discover/${DISCOVERY.id}


*** Keywords ***
Have Jobs
    [Documentation]    A finished research and a finished discovery.
    ${research} =    Research Company    Zoom
    ${discovery} =    Discover Similar Companies    Stripe    limit=2
    VAR    ${RESEARCH} =    ${research}    scope=SUITE
    VAR    ${DISCOVERY} =    ${discovery}    scope=SUITE

Field After Restart
    [Documentation]    A field of a job after all components were restarted.
    [Arguments]    ${request}    ${field}    ${operator}    ${expected}
    Get Response Status    POST /restart    ==    200    identity=admin    body=["ai_providers", "search", "storage", "plugins"]
    Get Response Field    ${request}    ${field}    ${operator}    ${expected}

Times Are In Order
    [Documentation]    A job was created before it started, and started before it ended.
    [Arguments]    ${path}
    ${job} =    Send Request    GET ${path}
    ${created} =    Get Response Field    ${job}    created_at
    ${started} =    Get Response Field    ${job}    progress.started_at
    ${completed} =    Get Response Field    ${job}    completed_at
    Get Response Field    ${job}    progress.started_at    >=    ${created}
    Get Response Field    ${job}    completed_at    >=    ${started}
    Get Response Field    ${job}    updated_at    >=    ${completed}
