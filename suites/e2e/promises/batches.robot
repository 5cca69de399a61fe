*** Settings ***
Documentation       The limits of batch requests, the states of batches, their list, their results and their files.
Metadata            Scenario    promises_batches

Library             ApiLibrary
Library             TheodoreLibrary

Suite Setup         Have A Batch

Test Tags           area:batch    area:promises    control:SOC2-PI1.3    scenario:promises_batches
Test Template       Batch Research Is Answered


*** Variables ***
# Have A Batch sets it.
${BATCH}            ${NONE}
@{SLOW}             Slack    Zoom


*** Test Cases ***
Research Companies 0
    422    ${{ {"input_data": []} }}

Research Companies 1
    200    ${{ {"input_data": [{"name": "Fake Corp ABC456"}]} }}

Research Companies 10001
    422    ${{ {"input_data": [{"name": "Q"}] * 10001} }}

Research Concurrency 0
    422    ${{ {"concurrency": 0} }}

Research Concurrency 1
    200    ${{ {"concurrency": 1} }}

Research Concurrency 20
    200    ${{ {"concurrency": 20} }}

Research Concurrency 21
    422    ${{ {"concurrency": 21} }}

Research Retries Below 0
    422    ${{ {"max_retries": -1} }}

Research Retries 0
    200    ${{ {"max_retries": 0} }}

Research Retries 10
    200    ${{ {"max_retries": 10} }}

Research Retries 11
    422    ${{ {"max_retries": 11} }}

Research Name 0
    422    ${{ {"input_data": [{"name": ""}]} }}

Research Name 200
    200    ${{ {"input_data": [{"name": "Q" * 200}]} }}

Research Name 201
    422    ${{ {"input_data": [{"name": "Q" * 201}]} }}

Research Format Json
    200    ${{ {"output_format": "json"} }}    output_format=json

Research Format Csv
    200    ${{ {"output_format": "csv"} }}    output_format=csv

Research Format Excel
    200    ${{ {"output_format": "excel"} }}    output_format=excel

Research Format Xml
    200    ${{ {"output_format": "xml"} }}    output_format=xml

Research Format Yaml
    200    ${{ {"output_format": "yaml"} }}    output_format=yaml

Research Options Reported
    200    ${{ {"config_overrides": {"job_name": "Kept"}} }}    job_name=Kept    output_format=json

Research Format Unknown
    422    ${{ {"output_format": "pdf"} }}

Research File With Unknown Ending
    422    ${{ {"input_data": "companies.txt"} }}

Research Input Data Missing
    [Template]    Request Should Be Answered
    POST    /batch/research    422    {}

Discovery Companies 0
    [Template]    Batch Discovery Is Answered
    422    ${{ {"input_data": []} }}

Discovery Companies 1
    [Template]    Batch Discovery Is Answered
    200    ${{ {"input_data": [{"name": "Fake Corp ABC456"}]} }}

Discovery Concurrency 0
    [Template]    Batch Discovery Is Answered
    422    ${{ {"concurrency": 0} }}

Discovery Concurrency 1
    [Template]    Batch Discovery Is Answered
    200    ${{ {"concurrency": 1} }}

Discovery Concurrency 10
    [Template]    Batch Discovery Is Answered
    200    ${{ {"concurrency": 10} }}

Discovery Concurrency 11
    [Template]    Batch Discovery Is Answered
    422    ${{ {"concurrency": 11} }}

Discovery Input Data Missing
    [Template]    Request Should Be Answered
    POST    /batch/discover    422    {"discovery_config": {"company_name": "Slack"}}

Discovery Discovery Config Missing
    [Template]    Request Should Be Answered
    POST    /batch/discover    422    {"input_data": [{"name": "Slack"}]}

Answer
    [Template]    Response Should Have Fields
    GET /batch/jobs/${BATCH.id}    job_id    status    job_type    total_companies    completed    failed    pending
    GET /batch/jobs/${BATCH.id}    progress_percentage    created_at    updated_at

Numbers Add Up
    [Template]    Batch Numbers Should Add Up
    ${BATCH}

State Running
    [Template]    State Shows Alike
    running

State Paused
    [Template]    State Shows Alike
    paused    POST /pause

State Cancelled
    [Template]    State Shows Alike
    cancelled    DELETE ${EMPTY}

State Completed
    [Template]    NONE
    ${batch} =    Research Batch    ${{["Slack"]}}
    State Is    ${batch}    completed

State Partially Completed
    [Template]    NONE
    ${batch} =    Research Batch    ${{["Slack", "Fake Corp ABC456"]}}
    State Is    ${batch}    partially_completed

Pause Running
    [Template]    Change Is Answered
    POST    /pause    200

Pause Paused
    [Template]    Change Is Answered
    POST    /pause    409    paused=True

Pause Completed
    [Template]    Get Response Status
    POST /batch/jobs/${BATCH.id}/pause    ==    409

Resume Running
    [Template]    Change Is Answered
    POST    /resume    409

Resume Paused
    [Template]    Change Is Answered
    POST    /resume    200    paused=True

Resume Completed
    [Template]    Get Response Status
    POST /batch/jobs/${BATCH.id}/resume    ==    409

Cancel Running
    [Template]    Change Is Answered
    DELETE    ${EMPTY}    200

Cancel Paused
    [Template]    Change Is Answered
    DELETE    ${EMPTY}    200    paused=True

Cancel Completed
    [Template]    Get Response Status
    DELETE /batch/jobs/${BATCH.id}    ==    409

List Status Running
    [Template]    NONE
    Have A Slow Batch
    List Holds Only    status    running

List Status Paused
    [Template]    NONE
    ${batch} =    Have A Slow Batch
    Get Response Status    POST /batch/jobs/${batch.id}/pause    ==    200
    List Holds Only    status    paused

List Status Completed
    [Template]    List Holds Only
    status    completed

List Status Cancelled
    [Template]    NONE
    ${batch} =    Have A Slow Batch
    Get Response Status    DELETE /batch/jobs/${batch.id}    ==    200
    List Holds Only    status    cancelled

List Status Unknown
    [Template]    Request Should Be Answered
    GET    /batch/jobs?status=asleep    422

List Status Failed
    [Template]    List Holds Only
    status    failed

List Status Partially Completed
    [Template]    List Holds Only
    status    partially_completed

List Status And Type
    [Documentation]    The filters hold together, and a type that no batch has lets none through.
    [Template]    Get Response Field
    GET /batch/jobs?status=failed&job_type=discovery    jobs    validate
    ...    value and {(job["status"], job["job_type"]) for job in value} == {("failed", "discovery")}
    GET /batch/jobs?status=partially_completed&job_type=discovery    total    ==    0
    GET /batch/jobs?status=partially_completed&job_type=research    total    >    0
    GET /batch/jobs?job_type=export    total    ==    0

List Type Research
    [Template]    List Holds Only
    job_type    research

List Type Discovery
    [Template]    List Holds Only
    job_type    discovery

List Limit 0
    [Template]    Request Should Be Answered
    GET    /batch/jobs?limit=0    422

List Limit 1
    [Template]    Request Should Be Answered
    GET    /batch/jobs?limit=1    200

List Limit 200
    [Template]    Request Should Be Answered
    GET    /batch/jobs?limit=200    200

List Limit 201
    [Template]    Request Should Be Answered
    GET    /batch/jobs?limit=201    422

List Offset Below 0
    [Template]    Request Should Be Answered
    GET    /batch/jobs?offset=-1    422

List Offset 0
    [Template]    Request Should Be Answered
    GET    /batch/jobs?offset=0    200

List Offset Last
    [Template]    NONE
    ${total} =    Get Response Field    GET /batch/jobs    total
    Get Response Field    GET /batch/jobs?offset=${total - 1}    jobs    validate    len(value) == 1

List Offset Beyond
    [Template]    NONE
    ${total} =    Get Response Field    GET /batch/jobs    total
    Get Response Field    GET /batch/jobs?offset=${total}    jobs    validate    len(value) == 0

List Has More
    [Template]    NONE
    Get Response Field    GET /batch/jobs?limit=1    has_more    ==    ${True}

List Total
    [Template]    NONE
    ${jobs} =    Get Response Field    GET /batch/jobs?limit=200    jobs
    Get Response Field    GET /batch/jobs?limit=1    total    ==    ${{ len($jobs) }}

List Pages Complete
    [Template]    Batches Should Be Listed In Pages
    page=7

Download Json
    [Template]    Each Company Should Have One Outcome
    ${BATCH}

Download Csv
    [Template]    Batch Results Should Agree In Every Format
    ${BATCH}    csv

Download Excel
    [Template]    Batch Results Should Agree In Every Format
    ${BATCH}    excel

Download Xml
    [Template]    Batch Results Should Agree In Every Format
    ${BATCH}    xml

Download Yaml
    [Template]    Batch Results Should Agree In Every Format
    ${BATCH}    yaml

Download In The Format Of The Batch
    [Template]    NONE
    ${batch} =    Start Batch Research    ${{["Fake Corp ABC456"]}}    output_format=csv
    Follow Batch    ${batch}
    ${file} =    Send Request    GET /batch/jobs/${batch.id}/download
    Get Response Header    ${file}    content-type    contains    text/csv
    Get Response Header    ${file}    content-disposition    contains    .csv

Download In Another Format
    [Template]    Get Response Header
    GET /batch/jobs/${BATCH.id}/download?format=csv    content-type    contains    text/csv
    GET /batch/jobs/${BATCH.id}/download    content-type    contains    application/json

Download Unknown
    [Template]    Get Response Status
    GET /batch/jobs/${BATCH.id}/download?format=pdf    ==    422

Download Running
    [Template]    Change Is Answered
    GET    /download    409

Upload File Missing
    [Template]    Request Should Be Answered
    POST    /batch/upload    422    {}


*** Keywords ***
Have A Batch
    [Documentation]    A finished batch of two companies that exist and one that does not, and a finished one of discoveries.
    ${batch} =    Research Batch    ${{["Slack", "Zoom", "Fake Corp ABC456"]}}
    ${discoveries} =    Start Batch Discovery    ${{["Fake Corp ABC456"]}}
    Follow Batch    ${discoveries}
    Research Batch    ${{["Figma"]}}
    VAR    ${BATCH} =    ${batch}    scope=SUITE

Have A Slow Batch
    [Documentation]    A batch that is at work until the test ends.
    Make Dependency Misbehave    search    delay=20 s
    ${batch} =    Start Batch Research    ${SLOW}
    RETURN    ${batch}

Batch Research Is Answered
    [Documentation]    A batch of a company that does not exist, with these fields.
    [Arguments]    ${status}    ${fields}    &{fields_seen}
    VAR    ${body} =    ${{ {"input_data": [{"name": "Fake Corp ABC456"}]} | $fields }}
    ${answer} =    Request Should Be Answered    POST    /batch/research    ${status}    ${body}
    IF    $fields_seen
        ${batch} =    Send Request    GET /batch/jobs/${answer}[job_id]
        FOR    ${field}    ${value}    IN    &{fields_seen}
            Should Be Equal    ${answer}[${field}]    ${value}
            Get Response Field    ${batch}    ${field}    ==    ${value}
        END
    END

Batch Discovery Is Answered
    [Documentation]    A batch of discoveries of a company that does not exist, with these fields.
    [Arguments]    ${status}    ${fields}
    VAR    ${config} =    ${{ {"company_name": "each", "limit": 1} }}
    VAR    ${body} =    ${{ {"input_data": [{"name": "Fake Corp ABC456"}], "discovery_config": $config} | $fields }}
    Request Should Be Answered    POST    /batch/discover    ${status}    ${body}

Change Is Answered
    [Documentation]    A request about a batch that is at work, or paused.
    [Arguments]    ${method}    ${suffix}    ${status}    ${paused}=${False}
    ${batch} =    Have A Slow Batch
    IF    ${paused}
        Get Response Status    POST /batch/jobs/${batch.id}/pause    ==    200
    END
    ${answer} =    Send Request    ${method} /batch/jobs/${batch.id}${suffix}
    Get Response Status    ${answer}    ==    ${status}
    IF    ${status} == 200    Response Field Should Be    ${answer}    job_id    ${batch.id}

State Shows Alike
    [Documentation]    The state of a batch at work, after a change, at its own route and in the list.
    [Arguments]    ${state}    ${change}=${EMPTY}
    ${batch} =    Have A Slow Batch
    IF    $change
        ${method}    ${suffix} =    Evaluate    ($change.split(" ") + [""])[:2]
        Get Response Status    ${method} /batch/jobs/${batch.id}${suffix}    ==    200
    END
    State Is    ${batch}    ${state}

State Is
    [Documentation]    The state of the latest batch at its own route and in the list.
    [Arguments]    ${batch}    ${state}
    Get Response Field    GET /batch/jobs/${batch.id}    status    ==    ${state}
    Response Field Should Be    GET /batch/jobs?limit=1    jobs.0.job_id    ${batch.id}
    Get Response Field    GET /batch/jobs?limit=1    jobs.0.status    ==    ${state}

List Holds Only
    [Documentation]    The list with a filter holds batches, and none of another value.
    [Arguments]    ${field}    ${value}
    VAR    ${only} =    {job["${field}"] for job in value} == {"${value}"}
    Get Response Field    GET /batch/jobs?${field}=${value}    jobs    validate    ${only}
