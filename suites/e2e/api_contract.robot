*** Settings ***
Documentation       Every operation of the contract answers as it says; the last row counts them.
Metadata            Scenario    api_contract

Library             ApiLibrary
Library             TheodoreLibrary

Suite Setup         Have Jobs

Test Tags           area:contract    control:SOC2-PI1.2    scenario:api_contract


*** Variables ***
${OF_RESEARCHES}    website config_overrides webhook_url tags timeout_seconds deep_analysis include_similarity_analysis
...                 include_competitive_analysis
${OF_DISCOVERIES}   limit similarity_threshold include_research source_preference enable_ai_explanations webhook_url
${OF_BATCHES}       concurrency webhook_url config_overrides resume_job_id retry_failed max_retries output_location
...                 include_similarity_analysis include_competitive_analysis
${OF_EXPORTS}       include_fields exclude_fields custom_columns group_by aggregations sort_by limit offset
...                 stream_large_datasets streaming_threshold chunk_size file_path compress validate_data include_audit_trail
${FILTERS}          business_model company_size tech_sophistication industry location founded_after founded_before min_employees
...                 max_employees exclude_competitors exclude_companies include_keywords exclude_keywords
${CHOSEN}           industries business_models company_sizes growth_stages locations employee_count_min employee_count_max
...                 revenue_min revenue_max min_quality_score similar_to similarity_threshold custom_expressions created_after
...                 created_before updated_after updated_before
# Have Jobs sets them.
${RESEARCH}         ${NONE}
${DISCOVERY}        ${NONE}


*** Test Cases ***
System Operations
    [Documentation]    What the system says of itself.
    [Template]    Request Should Be Answered
    GET    /    200
    GET    /ping    200
    GET    /health    200
    GET    /version    200
    GET    /status    200
    GET    /metrics?period_seconds=60    200
    GET    /config    200    identity=admin
    POST    /config    200    {"log_level": "INFO"}    identity=admin
    POST    /restart    200    ["search"]    identity=admin

Account Operations
    [Documentation]    The caller's account; signing in and out is judged with them.
    Request Should Be Answered    GET    /auth/profile    200
    Request Should Be Answered    PUT    /auth/profile    200    {"first_name": "Ada"}
    Api Key Should Keep To Its Scopes    identity=analyst
    Password Change Should Work    identity=partner
    Refreshed Token Should Work    identity=analyst
    Sign Out    identity=admin

Research Operations
    [Documentation]    A research from its start to its end, followed live, and one that is cancelled.
    Request Should Be Answered    GET    /research/${RESEARCH.id}    200
    Request Should Be Answered    GET    /research/${RESEARCH.id}/progress    200
    Research Stream Should Tell Everything    ${RESEARCH}
    ${running} =    Start Research    Salesforce
    Cancel Research    ${running}

Discovery Operations
    [Documentation]    Discoveries in every form.
    Request Should Be Answered    GET    /discover/${DISCOVERY.id}    200
    Request Should Be Answered    GET    /discover/${DISCOVERY.id}/progress    200
    Request Should Be Answered    GET    /discover/quick?company_name=Figma&limit=2    200
    Request Should Be Answered    GET    /discover/suggestions?query=Salesfor    200
    ${job} =    Request Should Be Answered    POST    /discover    200    {"company_name": "Notion", "source_preference": ["web"]}
    Request Should Be Answered    DELETE    /discover/${job}[job_id]    200
    Request Should Be Answered    DELETE    /discover/${job}[job_id]    409

Batch Operations
    [Documentation]    Batches of both kinds: uploaded, listed, looked at and downloaded.
    ${batch} =    Start Batch Discovery    ${{["Fake Corp ABC456"]}}
    Follow Batch    ${batch}
    Request Should Be Answered    GET    /batch/jobs?limit=2    200
    Request Should Be Answered    GET    /batch/jobs/${batch.id}    200
    Request Should Be Answered    GET    /batch/jobs/${batch.id}/download    200
    Uploaded Companies Should Be Kept    csv

Batch Changes
    [Documentation]    A batch is paused, resumed and cancelled in the states that allow it, and refused in others.
    ${batch} =    Start Batch Research    ${{["Slack", "Zoom", "Figma", "Notion", "Asana"]}}    concurrency=1
    FOR    ${method}    ${suffix}    ${status}    IN
    ...    GET    /download    409
    ...    POST    /resume    409
    ...    POST    /pause    200
    ...    POST    /pause    409
    ...    POST    /resume    200
    ...    DELETE    ${EMPTY}    200
    ...    DELETE    ${EMPTY}    409
        Request Should Be Answered    ${method}    /batch/jobs/${batch.id}${suffix}    ${status}
    END

Export Operations
    [Documentation]    Exports of companies, of one company and of all, looked at and downloaded whole.
    Request Should Be Answered    GET    /export/formats    200
    ${file} =    Request Should Be Answered    POST    /export/companies    200    {"format": "json", "sort_by": "-name"}
    Request Should Be Answered    GET    /export/files/${file}[export_id]    200
    Request Should Be Answered    GET    /export/files/${file}[export_id]/download    200
    Request Should Be Answered    POST    /export/report    200    {"company": "Zoom", "format": "html"}
    Request Should Be Answered    POST    /export/report    404    {"company": "Fake Corp ABC456"}
    Request Should Be Answered    POST    /export/companies    404    {"filters": {"similar_to": "Fake Corp ABC456"}}
    Request Should Be Answered    POST    /export/backup    200    {}

Exports Without Choices
    [Documentation]    Where nothing is chosen companies come as CSV and a report as PDF, validated, plain and without a trail.
    [Template]    Get Response Field
    POST /export/companies    format    ==    csv    body={}
    POST /export/companies    invalid_count    ==    0    body={}
    POST /export/companies    compressed    ==    False    body={}
    POST /export/companies    audit_trail    ==    ${NONE}    body={}
    POST /export/report    format    ==    pdf    body={"company": "Zoom"}

Plugin Operations
    [Documentation]    Plugins: looked at, searched, and through a whole life.
    Request Should Be Answered    GET    /plugins?limit=2    200
    Request Should Be Answered    GET    /plugins/search?query=slack    200
    Request Should Be Answered    GET    /plugins/categories    200
    Request Should Be Answered    GET    /plugins/gemini-pro/status    200
    Plugin Should Go Through Its Life    crunchbase-source

Invalid Researches Are Refused
    [Documentation]    What the contract forbids a research is refused.
    [Template]    Request Should Be Answered
    POST    /research    422    {"company_name": ""}
    POST    /research    422    {"company_name": " "}
    POST    /research    422    {}
    POST    /research    422    {"company_name": "Slack", "timeout_seconds": 29}
    POST    /research    422    {"company_name": "Slack", "timeout_seconds": 3601}
    POST    /research    422    {"company_name": "Slack", "tags": ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]}
    POST    /research    422    {"company_name": "Slack", "priority": "soon"}
    POST    /research    422    {"company_name": "Slack", "deep_analysis": "perhaps"}

Invalid Discoveries Are Refused
    [Documentation]    What the contract forbids a discovery is refused.
    [Template]    Request Should Be Answered
    POST    /discover    422    {"company_name": ""}
    POST    /discover    422    {"company_name": "Slack", "limit": 0}
    POST    /discover    422    {"company_name": "Slack", "limit": 101}
    POST    /discover    422    {"company_name": "Slack", "similarity_threshold": 1.1}
    POST    /discover    422    {"company_name": "Slack", "filters": {"industry": ["fintech"]}}
    POST    /discover    422    {"company_name": "Slack", "filters": {"founded_after": 2010, "founded_before": 2010}}
    POST    /discover    422    {"company_name": "Slack", "filters": {"founded_after": 1799}}
    POST    /discover    422    {"company_name": "Slack", "filters": {"min_employees": 10, "max_employees": 9}}

Invalid Batches Are Refused
    [Documentation]    What the contract forbids a batch is refused.
    [Template]    Request Should Be Answered
    POST    /batch/research    422    {}
    POST    /batch/research    422    {"input_data": []}
    POST    /batch/research    422    {"input_data": [{"name": " "}]}
    POST    /batch/research    422    {"input_data": "companies.txt"}
    FOR    ${ending}    IN    csv    json    xlsx    yaml
        POST    /batch/research    404    {"input_data": "unknown.${ending}"}
        POST    /batch/discover    404    {"input_data": "unknown.${ending}", "discovery_config": {"company_name": "each"}}
    END
    POST    /batch/research    422    {"input_data": [{"name": "Slack"}], "concurrency": 21}
    POST    /batch/research    422    {"input_data": [{"name": "Slack"}], "max_retries": 11}
    POST    /batch/research    422    {"input_data": [{"name": "Slack"}], "output_location": "../results.csv"}
    POST    /batch/discover    422    {"input_data": [{"name": "Slack"}]}

Invalid Exports Are Refused
    [Documentation]    What the contract forbids an export is refused.
    [Template]    Request Should Be Answered
    POST    /export/companies    422    {"format": "docx"}
    POST    /export/companies    422    {"include_fields": ["password"]}
    POST    /export/companies    422    {"sort_by": "name; drop table"}
    POST    /export/companies    422    {"filters": {"employee_count_min": 9, "employee_count_max": 8}}
    POST    /export/companies    422    {"chunk_size": 0}
    POST    /export/report    422    {"company": "Zoom", "format": "zip"}
    GET    /export/files/exp_unknown    404
    GET    /export/files/exp_unknown/download    404

Invalid Choices Of Exports Are Refused
    [Documentation]    Choices that contradict each other, or that name what there is already, are refused.
    [Template]    Request Should Be Answered
    POST    /export/companies    422    {"filters": {"revenue_min": 9, "revenue_max": 8}}
    POST    /export/companies    422    {"filters": {"similarity_threshold": 0.5}}
    POST    /export/companies    422    {"custom_columns": {"domain": "industry"}}
    FOR    ${beside}    IN    "include_fields": ["name"]    "exclude_fields": ["name"]    "sort_by": "name"
    ...    "custom_columns": {"sector": "industry"}
        POST    /export/companies    422    {"aggregations": [{"field": "employee_count", "function": "sum"}], ${beside}}
    END

Conditions That Cannot Be Read Are Refused
    [Documentation]    What is no condition on one text or number of a company is refused.
    [Template]    Request Should Be Answered
    FOR    ${condition}    IN    industry =    industry > 'a' AND    nosuch = 1    industry = 5    founded_year = 'new'
    ...    (founded_year > 1    founded_year > 1 name = 'a'    industry IN ()    industry IS 'a'    locations = 'Paris'
        POST    /export/companies    422    {"format": "json", "filters": {"sql_like_query": "${condition}"}}
        POST    /export/companies    422    {"format": "json", "filters": {"custom_expressions": ["name != 'a'", "${condition}"]}}
    END

Invalid Queries Are Refused
    [Documentation]    What the contract forbids in a query is refused.
    [Template]    Request Should Be Answered
    GET    /discover/quick?company_name=Slack&limit=51    422
    GET    /discover/quick?company_name=Slack&similarity_threshold=-0.1    422
    GET    /discover/quick    422
    GET    /discover/suggestions?query=S    422
    GET    /plugins?limit=201    422
    GET    /batch/jobs?limit=201    422
    GET    /batch/jobs?status=asleep    422
    GET    /plugins/search?query=s    422
    GET    /metrics?period_seconds=0    422

Invalid Changes Are Refused
    [Documentation]    What the contract forbids in accounts and administration is refused.
    [Template]    Request Should Be Answered
    PUT    /auth/profile    422    {"email": "nobody"}
    POST    /auth/change-password    422    {"current_password": "x", "new_password": "nodigitnocapital"}
    POST    /auth/api-keys    422    {"name": ""}
    POST    /auth/login    422    {"username": "somebody"}    identity=NOBODY
    POST    /config    400    {"signing_key": "x"}    identity=admin
    POST    /restart    400    ["zzz"]    identity=admin

Limits Of The Contract Are Accepted
    [Documentation]    The greatest and least values that the contract allows are taken.
    [Template]    Request Should Be Answered
    POST    /research    200    {"company_name": "Fake Corp ABC456", "timeout_seconds": 30}
    POST    /research    200    {"company_name": "Fake Corp ABC456", "timeout_seconds": 3600}
    POST    /research    200    {"company_name": "Fake Corp ABC456", "tags": ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]}
    POST    /discover    200    {"company_name": "Fake Corp ABC456", "limit": 100, "similarity_threshold": 0}
    POST    /discover    200    {"company_name": "Fake Corp ABC456", "filters": {"founded_after": 1800, "founded_before": 2025}}
    POST    /discover    200    {"company_name": "Fake Corp ABC456", "filters": {"min_employees": 9, "max_employees": 9}}
    GET    /plugins?limit=200    200
    GET    /metrics?period_seconds=86400    200

Null Is As Nothing
    [Documentation]    An entry that may be null is taken as one that is not there.
    [Template]    Null Is Taken
    /research    ${OF_RESEARCHES}    company_name=Fake Corp ABC456
    /discover    ${OF_DISCOVERIES}    company_name=Fake Corp ABC456
    /batch/research    ${OF_BATCHES}    input_data=${{ [{"name": "Fake Corp ABC456"}] }}
    /batch/discover    concurrency webhook_url deduplicate_results output_location
    ...    input_data=${{ [{"name": "Fake Corp ABC456"}] }}    discovery_config=${{ {"company_name": "each"} }}
    /export/companies    ${OF_EXPORTS}    format=json
    /export/report    include_similar    company=Zoom    format=json
    /export/backup    include_cache

Null Filters Choose Everything
    [Documentation]    Filters that are null let everything through.
    [Template]    NONE
    VAR    ${filters} =    ${{ dict.fromkeys($FILTERS.split()) }}
    Request Should Be Answered    POST    /discover    200    ${{ {"company_name": "Fake Corp ABC456", "filters": $filters} }}
    VAR    ${chosen} =    ${{ dict.fromkeys($CHOSEN.split()) }}
    ${all} =    Get Response Field    POST /export/companies    record_count    body={"format": "json"}
    Get Response Field    POST /export/companies    record_count    ==    ${all}
    ...    body=${{ {"format": "json", "filters": $chosen} }}

Texts At Their Limits
    [Documentation]    Each text of a batch and its companies as long as it may be, in the signs that it may have.
    [Template]    Batch Is Answered
    200    input_data=${{ [{"name": "Q" * 200, "industry": "q" * 200, "location": "q" * 200, "custom_id": "q" * 200}] }}
    200    input_data=${{ [{"name": "Fake Corp ABC456", "website": "https://q.example.test/".ljust(2000, "q")}] }}
    200    input_data=${{ [{"name": "Fake Corp ABC456", "domain": ".".join("q" * 127)}] }}
    200    output_location=${{ "_9 a.b-c".ljust(100, "q") }}
    200    webhook_url=${{ "https://q.example.test/".ljust(2000, "q") }}
    404    resume_job_id=${{ "q" * 100 }}
    404    input_data=${{ "q" * 196 + ".csv" }}

Priorities Of Batches
    [Documentation]    Each priority is taken for either kind of batch, and no other.
    FOR    ${priority}    ${status}    IN    low    200    normal    200    high    200    urgent    200    soon    422
        Batch Is Answered    ${status}    priority=${priority}
        VAR    &{config} =    company_name=each
        Batch Is Answered    ${status}    /batch/discover    priority=${priority}    discovery_config=${config}
    END

Every Operation Succeeds
    [Documentation]    Each operation of the contract was answered with success at least once in this suite.
    Every Operation Should Have Succeeded

Every Operation Wants An Identity
    [Documentation]    Without an identity, and with a made-up one, each operation that wants one is answered 401.
    [Tags]    control:SOC2-CC6.1
    Every Operation Should Need An Identity

Nothing Undocumented Is There
    [Documentation]    Pages of frameworks and made-up paths are answered 404.
    Undocumented Paths Should Not Be There    /docs    /redoc    /openapi.json    /api/v2/admin    /metrics

Every Answer Is As Promised
    [Documentation]    No answer to a test of this suite broke the contract or a convention.
    Every Answer Should Be As Promised


*** Keywords ***
Batch Is Answered
    [Documentation]    A batch, by default of a company that does not exist, with these entries.
    [Arguments]    ${status}    ${path}=/batch/research    &{entries}
    VAR    ${body} =    ${{ {"input_data": [{"name": "Fake Corp ABC456"}]} | dict($entries) }}
    Request Should Be Answered    POST    ${path}    ${status}    ${body}

Null Is Taken
    [Documentation]    A request with entries that are null, beside those that it needs.
    [Arguments]    ${path}    ${names}    &{needed}
    Request Should Be Answered    POST    ${path}    200    ${{ dict.fromkeys($names.split()) | dict($needed) }}

Have Jobs
    [Documentation]    A finished research and a finished discovery to ask for.
    ${research} =    Research Company    Zoom
    ${discovery} =    Discover Similar Companies    Stripe    limit=2
    VAR    ${RESEARCH} =    ${research}    scope=SUITE
    VAR    ${DISCOVERY} =    ${discovery}    scope=SUITE
