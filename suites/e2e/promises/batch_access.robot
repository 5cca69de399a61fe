*** Settings ***
Documentation       Batches open to whom the contract names, keep names and times, and are repeated without surprise.
Metadata            Scenario    promises_batch_access

Library             ApiLibrary
Library             TheodoreLibrary

Suite Setup         Have Batches

Test Tags           area:batch    area:promises    control:SOC2-PI1.3    scenario:promises_batch_access
Test Template       Get Response Status


*** Variables ***
# Have Batches sets it.
${BATCH}            ${NONE}


*** Test Cases ***
Other Tenant Batch
    GET /batch/jobs/${BATCH.id}    ==    404    identity=partner

Other Tenant Batch Cancel
    DELETE /batch/jobs/${BATCH.id}    ==    404    identity=partner

Other Tenant Batch Pause
    POST /batch/jobs/${BATCH.id}/pause    ==    404    identity=partner

Other Tenant Batch Resume
    POST /batch/jobs/${BATCH.id}/resume    ==    404    identity=partner

Other Tenant Batch Download
    GET /batch/jobs/${BATCH.id}/download    ==    404    identity=partner

Other Tenant Batch Upload
    [Template]    Upload Should Be Invisible To
    partner

Other Tenant Batch List
    [Template]    NONE
    VAR    ${foreign} =    "${BATCH.id}" not in {job["job_id"] for job in value} and len(value) > 0
    Get Response Field    GET /batch/jobs    jobs    validate    ${foreign}    identity=partner

Other Tenant Socket Of A Batch
    [Template]    Websocket Should Bring
    /ws/progress/${BATCH.id}    error    identity=partner

Colleague Socket Of A Batch
    [Template]    Websocket Should Bring
    /ws/progress/${BATCH.id}    job_completed    identity=spare

Key Without Scopes Batch List
    [Template]    Api Key Should Be Answered
    GET    /batch/jobs    403    scopes=export
    GET    /batch/jobs/${BATCH.id}    403    scopes=export
    GET    /batch/jobs/${BATCH.id}/download    403    scopes=export

Colleague Batch
    GET /batch/jobs/${BATCH.id}    ==    200    identity=spare

Colleague Batch List
    [Template]    NONE
    VAR    ${listed} =    "${BATCH.id}" in {job["job_id"] for job in value}
    Get Response Field    GET /batch/jobs    jobs    validate    ${listed}    identity=spare

Other Tenant Batch At Work
    [Documentation]    A batch that is at work, and one that is paused, are not there for another tenant, and stay as they are.
    [Template]    NONE
    Make Dependency Misbehave    search    delay=20 s
    ${batch} =    Start Batch Research    ${{["Slack", "Zoom"]}}
    Nobody Else Changes    ${batch}    pause
    Get Response Field    GET /batch/jobs/${batch.id}    status    ==    running
    Response Field Should Be    POST /batch/jobs/${batch.id}/pause    job_id    ${batch.id}
    Nobody Else Changes    ${batch}    resume
    Get Response Field    GET /batch/jobs/${batch.id}    status    ==    paused
    Response Field Should Be    DELETE /batch/jobs/${batch.id}    job_id    ${batch.id}

Colleague Batch Download
    GET /batch/jobs/${BATCH.id}/download    ==    200    identity=spare

Unknown Batch
    GET /batch/jobs/batch_unknown    ==    404

Unknown Batch Cancel
    DELETE /batch/jobs/batch_unknown    ==    404

Unknown Batch Pause
    POST /batch/jobs/batch_unknown/pause    ==    404

Unknown Batch Resume
    POST /batch/jobs/batch_unknown/resume    ==    404

Unknown Batch Download
    GET /batch/jobs/batch_unknown/download    ==    404

Signed Out Batch List
    [Template]    Signed Out Token Should Be Refused
    GET    /batch/jobs

Key Research Batch List
    [Template]    Api Key Should Be Answered
    GET    /batch/jobs    200    scopes=research

Key Discovery Batch List
    [Template]    Api Key Should Be Answered
    GET    /batch/jobs    200    scopes=discovery

Key Default Scopes Batch List
    [Template]    Api Key Should Be Answered
    GET    /batch/jobs    200

Key Discovery Batch Research
    [Template]    Api Key Should Be Answered
    POST    /batch/research    403    scopes=discovery    body={"input_data": [{"name": "Fake Corp ABC456"}]}

Batch Upper Case
    [Template]    Name Is Kept
    ACME LIMITED

Batch Accents
    [Template]    Name Is Kept
    Société Générale Éléphant

Batch Punctuation
    [Template]    Name Is Kept
    O'Neill & Sons, Inc.

Batch Other Script
    [Template]    Name Is Kept
    株式会社デンソー

Batch Inner Spaces
    [Template]    Name Is Kept
    Acme of the North

Batch Blanks
    [Template]    Request Should Be Answered
    POST    /batch/research    422    ${{ {"input_data": [{"name": " " * 3}]} }}

Batch Characters 1000
    [Template]    Request Should Be Answered
    POST    /batch/research    422    ${{ {"input_data": [{"name": "Q" * 1000}]} }}

Batch Script Tag
    [Template]    NONE
    ${batch} =    Research Batch    ${{["<script>alert(1)</script>"]}}
    Get Response Field    GET /batch/jobs/${batch.id}/download    0.status    ==    failed

Zone Batch
    [Template]    Response Times Should Have A Zone
    GET /batch/jobs/${BATCH.id}

Order Batch
    [Template]    NONE
    ${job} =    Send Request    GET /batch/jobs/${BATCH.id}
    ${created} =    Get Response Field    ${job}    created_at
    ${started} =    Get Response Field    ${job}    started_at
    Get Response Field    ${job}    started_at    >=    ${created}
    Get Response Field    ${job}    completed_at    >=    ${started}

Download Is Named
    [Documentation]    A name has the ending of the format where it lacks it, also where it ends with the same letters.
    [Template]    Results Are Named
    ourcsv    csv=ourcsv.csv    json=ourcsv.json    excel=ourcsv.xlsx
    json    csv=json.csv    json=json.json    xml=json.xml    yaml=json.yaml
    all.csv    csv=all.csv    json=all.csv.json    yaml=all.csv.yaml

Download Without A Name
    [Template]    Get Response Header
    GET /batch/jobs/${BATCH.id}/download?format=csv    content-disposition    matches    ^attachment; filename="[^"/]+\\.csv"$
    GET /batch/jobs/${BATCH.id}/download?format=excel    content-disposition    matches    ^attachment; filename="[^"/]+\\.xlsx"$

Media Types
    [Documentation]    Each format has its media type, whatever the batch was started with.
    [Template]    Get Response Header
    GET /batch/jobs/${BATCH.id}/download?format=json    content-type    contains    application/json
    GET /batch/jobs/${BATCH.id}/download?format=csv    content-type    contains    text/csv
    GET /batch/jobs/${BATCH.id}/download?format=excel    content-type    contains    spreadsheetml.sheet
    GET /batch/jobs/${BATCH.id}/download?format=xml    content-type    contains    xml
    GET /batch/jobs/${BATCH.id}/download?format=yaml    content-type    contains    yaml

Times While Paused
    [Documentation]    A paused batch has started and not ended, and no error; when it is cancelled, its beginning stays.
    [Template]    NONE
    Make Dependency Misbehave    search    delay=20 s
    ${batch} =    Start Batch Research    ${{["Slack", "Zoom"]}}
    Get Response Status    POST /batch/jobs/${batch.id}/pause    ==    200
    ${paused} =    Send Request    GET /batch/jobs/${batch.id}
    FOR    ${field}    IN    completed_at    error
        Get Response Field    ${paused}    ${field}    ==    ${NONE}
    END
    Get Response Field    ${paused}    progress_percentage    <    100
    Get Response Status    DELETE /batch/jobs/${batch.id}    ==    200
    Ended After    ${batch}    ${paused.body}

Numbers At The End
    [Template]    Get Response Field
    GET /batch/jobs/${BATCH.id}    progress_percentage    ==    100
    GET /batch/jobs/${BATCH.id}    total_companies    ==    1
    GET /batch/jobs/${BATCH.id}    completed    ==    1
    GET /batch/jobs/${BATCH.id}    failed    ==    0
    GET /batch/jobs/${BATCH.id}    pending    ==    0
    GET /batch/jobs/${BATCH.id}    job_type    ==    research
    GET /batch/jobs/${BATCH.id}    error    ==    ${NONE}

Twice Batch
    [Template]    Reading Twice Should Give The Same
    GET /batch/jobs/${BATCH.id}

Identifiers Twice Batch Research
    [Template]    Identifiers Should Be Distinct
    POST /batch/research    job_id    body={"input_data": [{"name": "Fake Corp ABC456"}]}

Identifiers In Parallel Batch Research
    [Template]    Identifiers Should Be Distinct
    POST /batch/research    job_id    parallel=True    times=5    body={"input_data": [{"name": "Fake Corp ABC456"}]}

After Restart Batch
    [Template]    NONE
    Get Response Status    POST /restart    ==    200    identity=admin    body=["ai_providers", "search", "storage", "plugins"]
    Get Response Field    GET /batch/jobs/${BATCH.id}    status    ==    completed


*** Keywords ***
Have Batches
    [Documentation]    A finished batch of one tenant, and one of another.
    ${batch} =    Research Batch    ${{["Slack"]}}
    Research Batch    ${{["Fake Corp ABC456"]}}    identity=partner
    VAR    ${BATCH} =    ${batch}    scope=SUITE

Name Is Kept
    [Documentation]    The name of a company stands in the outcome as it was sent.
    [Arguments]    ${name}
    ${batch} =    Research Batch    ${{[$name]}}
    Get Response Field    GET /batch/jobs/${batch.id}/download    0.company_name    ==    ${name}

Results Are Named
    [Documentation]    The results of a batch with a name, in several formats.
    [Arguments]    ${location}    &{names}
    ${batch} =    Start Batch Research    ${{["Fake Corp ABC456"]}}    output_location=${location}
    Follow Batch    ${batch}
    FOR    ${format}    ${name}    IN    &{names}
        ${file} =    Send Request    GET /batch/jobs/${batch.id}/download?format=${format}
        Get Response Header    ${file}    content-disposition    ==    attachment; filename="${name}"
    END

Ended After
    [Documentation]    A batch that was cancelled ended no earlier than it was last changed, and keeps its beginning.
    [Arguments]    ${batch}    ${before}
    ${ended} =    Send Request    GET /batch/jobs/${batch.id}
    FOR    ${field}    IN    completed_at    updated_at
        Get Response Field    ${ended}    ${field}    >=    ${before}[updated_at]
    END
    FOR    ${field}    IN    created_at    started_at    total_companies
        Response Field Should Be    ${ended}    ${field}    ${before}[${field}]
    END

Nobody Else Changes
    [Documentation]    Another tenant does not find a batch, whatever it tries.
    [Arguments]    ${batch}    ${change}
    Get Response Status    GET /batch/jobs/${batch.id}    ==    404    identity=partner
    Get Response Status    POST /batch/jobs/${batch.id}/${change}    ==    404    identity=partner
    Get Response Status    GET /batch/jobs/${batch.id}/download    ==    404    identity=partner
    Get Response Status    DELETE /batch/jobs/${batch.id}    ==    404    identity=partner
    VAR    ${body} =    ${{ {"input_data": [{"name": "Fake Corp ABC456"}], "resume_job_id": $batch.id} }}
    Get Response Status    POST /batch/research    ==    404    body=${body}    identity=partner
