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
${BATCH}            ${NONE}


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

Creation Research
    [Template]    Time Of Creation Stays
    ${RESEARCH}    /research/${RESEARCH.id}

Creation Discovery
    [Template]    Time Of Creation Stays
    ${DISCOVERY}    /discover/${DISCOVERY.id}

Creation Batch
    [Template]    Time Of Creation Stays
    ${BATCH}    /batch/jobs/${BATCH.id}

Order Progress
    [Documentation]    The progress has the time of its last change, on a route of its own as in the job.
    [Template]    Progress Is Dated
    /research/${RESEARCH.id}
    /discover/${DISCOVERY.id}

Zone Status
    GET /status

Zone Metrics
    GET /metrics

Zone Export Companies
    POST /export/companies    body={"format": "json"}

Zone Export Report
    POST /export/report    body={"company": "Zoom", "format": "json"}

Zone Export Backup
    POST /export/backup    body={}

Zone Root
    GET /

Zone Batch List
    GET /batch/jobs

Zone Restart
    POST /restart    identity=admin    body=["search"]

Zone Config Update
    POST /config    identity=admin    body={"log_level": "INFO"}

Twice Batch List
    [Template]    Reading Twice Should Give The Same
    GET /batch/jobs

Twice Plugin Search
    [Template]    Reading Twice Should Give The Same
    GET /plugins/search?query=er

Twice Export Formats
    [Template]    Reading Twice Should Give The Same
    GET /export/formats

Identifiers Twice Export Companies
    [Template]    Identifiers Should Be Distinct
    POST /export/companies    export_id    body={"format": "json"}

Order Discovery
    [Template]    Times Are In Order
    /discover/${DISCOVERY.id}

Fresh After Another Research
    [Documentation]    What is answered at once has a company as soon as it was researched, also where it was asked for before.
    [Template]    NONE
    VAR    ${quick} =    GET /discover/quick?company_name=Stripe&limit=50&similarity_threshold=0
    VAR    ${found} =    "Acme Startup Inc" in {match["company"]["name"] for match in value}
    VAR    ${typed} =    GET /discover/suggestions?query=Acme%20St
    Get Response Field    ${quick}    results    validate    len(value) > 0 and not ${found}
    Get Response Field    ${typed}    suggestions    not contains    Acme Startup Inc
    Research Company    Acme Startup Inc
    Get Response Field    ${quick}    results    validate    ${found}
    Get Response Field    ${typed}    suggestions    contains    Acme Startup Inc


*** Keywords ***
Have Jobs
    [Documentation]    A finished research, a finished discovery and a finished batch.
    ${research} =    Research Company    Zoom
    ${discovery} =    Discover Similar Companies    Stripe    limit=2
    ${batch} =    Research Batch    ${{["Fake Corp ABC456"]}}
    VAR    ${BATCH} =    ${batch}    scope=SUITE
    VAR    ${RESEARCH} =    ${research}    scope=SUITE
    VAR    ${DISCOVERY} =    ${discovery}    scope=SUITE

Progress Is Dated
    [Documentation]    The progress of a job, as it says itself, and as its job says.
    [Arguments]    ${path}
    ${progress} =    Send Request    GET ${path}/progress
    ${started} =    Get Response Field    ${progress}    started_at
    Get Response Field    ${progress}    updated_at    >    ${started}
    Response Field Should Be    GET ${path}    progress.updated_at    ${progress.body}[updated_at]

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
    Get Response Field    ${job}    progress.updated_at    >    ${started}

Time Of Creation Stays
    [Documentation]    A job is created once: each later answer has the time of the first, and its identifier.
    [Arguments]    ${job}    ${path}
    Response Field Should Be    GET ${path}    created_at    ${job.accepted.body}[created_at]
    Response Field Should Be    GET ${path}    job_id    ${job.id}
