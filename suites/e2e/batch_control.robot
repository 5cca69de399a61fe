*** Settings ***
Documentation       A batch is paused, resumed, cancelled, tried again and worked on beside others, and loses nothing.
Metadata            Scenario    batch_control

Library             ApiLibrary
Library             TestDataLibrary
Library             TheodoreLibrary

Test Tags           area:batch    control:SOC2-PI1.3    scenario:batch_control


*** Test Cases ***
Pause And Resume
    [Documentation]    A paused batch stands still and gives no results yet; resumed it ends with each company once.
    ${names} =    Create Company Batch    8
    ${batch} =    Start Batch Research    ${names}    concurrency=2
    Pause Batch    ${batch}    after=2
    Get Response Status    GET /batch/jobs/${batch.id}/download    ==    409
    Resume Batch    ${batch}
    Batch Numbers Should Add Up    ${batch}
    Each Company Should Have One Outcome    ${batch}

Resume By A New Request
    [Documentation]    A request for a batch that names a paused one goes on with that, and adds no company.
    ${names} =    Create Company Batch    4
    ${batch} =    Start Batch Research    ${names}    concurrency=1
    Pause Batch    ${batch}    settle=0.3 s
    Resume Batch    ${batch}    by_new_request=True
    Batch Numbers Should Add Up    ${batch}
    Each Company Should Have One Outcome    ${batch}

Cancel
    [Documentation]    A cancelled batch does nothing more, and says what became of each company.
    ${names} =    Create Company Batch    8
    ${batch} =    Start Batch Research    ${names}    concurrency=1
    Cancel Batch    ${batch}
    Get Batch Status    ${batch}    ==    cancelled
    Batch Numbers Should Add Up    ${batch}

As Many As The Limit
    [Documentation]    A batch of 10,000 companies, the most that the contract allows, is taken, whatever it does with them.
    Make Dependency Misbehave    search    delay=20 s
    VAR    ${companies} =    ${{ {"input_data": [{"name": f"Company Number {n}"} for n in range(10000)]} }}
    VAR    ${config} =    ${{ {"discovery_config": {"company_name": "each", "limit": 1}} }}
    FOR    ${kind}    ${more}    IN    research    ${{{}}}    discover    ${config}
        ${id} =    Get Response Field    POST /batch/${kind}    job_id    body=${{ $companies | $more }}
        Get Response Field    GET /batch/jobs/${id}    total_companies    ==    ${10000}
        Get Response Status    DELETE /batch/jobs/${id}    ==    200
    END

Long Results
    [Documentation]    Of 1001 companies that nobody worked on any more each has its outcome, in order.
    Make Dependency Misbehave    search    delay=20 s
    ${batch} =    Start Batch Research    ${{[f"Company {n}" for n in range(1001)]}}
    Get Response Status    DELETE /batch/jobs/${batch.id}    ==    200
    ${file} =    Send Request    GET /batch/jobs/${batch.id}/download
    VAR    ${listed} =    ${{[row["company_name"] for row in $file.body]}}
    Observe    companies of the results    ${{[f"Company {n}" for n in range(1001)]}}    ${listed}

Others Go On
    [Documentation]    What is done to one batch is done to no other: it is paused, resumed, cancelled, and another works on.
    Make Dependency Misbehave    search    delay=20 s
    ${batch} =    Start Batch Research    ${{["Slack", "Zoom"]}}
    ${other} =    Start Batch Research    ${{["Slack", "Zoom"]}}
    FOR    ${method}    ${change}    IN    POST    /pause    POST    /resume    DELETE    ${EMPTY}
        Get Response Status    ${method} /batch/jobs/${batch.id}${change}    ==    200
        Get Response Field    GET /batch/jobs/${other.id}    status    ==    running
    END

Error Recovery
    [Documentation]    While the store of vectors fails, companies are tried again, and all of them complete.
    [Tags]    control:SOC2-A1.2
    ${names} =    Create Company Batch    6
    Make Dependency Misbehave    vectors    status=503    times=18
    ${batch} =    Research Batch    ${names}    concurrency=3
    Get Batch Status    ${batch}    ==    completed
    Batch Should Have Recovered    ${batch}
    Each Company Should Have One Outcome    ${batch}    readings=False
    Batch Numbers Should Add Up    ${batch}

Retries End
    [Documentation]    A company that fails each time is given up after its last retry, with the reason.
    [Tags]    control:SOC2-A1.2
    Make Dependency Misbehave    vectors    status=503
    ${batch} =    Research Batch    ${{["Slack", "Zoom"]}}    max_retries=1
    Get Batch Status    ${batch}    ==    failed
    Retries Should Have Ended    ${batch}    max_retries=1

Retries By Default
    [Documentation]    Where nothing is said of retries, a company that fails each time is tried three times more.
    [Tags]    control:SOC2-A1.2
    Make Dependency Misbehave    vectors    status=503
    ${batch} =    Start Batch Research    ${{["Slack"]}}
    Follow Batch    ${batch}
    Retries Should Have Ended    ${batch}    max_retries=3

No Retries
    [Documentation]    A company that fails is not tried again where no retries are requested.
    [Tags]    control:SOC2-A1.2
    Make Dependency Misbehave    vectors    status=503
    ${batch} =    Start Batch Research    ${{["Slack"]}}    retry_failed=False
    Follow Batch    ${batch}
    Get Batch Status    ${batch}    ==    failed
    Retries Should Have Ended    ${batch}    max_retries=0

As Many At Once As Requested
    [Documentation]    A batch works on as many companies at once as it requests: five researches where it names no number.
    Make Dependency Misbehave    search    delay=0.3 s
    ${batch} =    Start Batch Research    ${{[f"Qa Unknown {number}" for number in range(6)]}}
    Follow Batch    ${batch}
    Batch Should Keep To Its Concurrency    ${batch}
    ${few} =    Start Batch Discovery    ${{[f"Qa Unknown {number}" for number in range(3)]}}    concurrency=2
    Follow Batch    ${few}
    Batch Should Keep To Its Concurrency    ${few}

Slow Companies Are Given Up
    [Documentation]    A company that takes longer than its batch allows is given up; in a batch that allows more it is not.
    Make Dependency Misbehave    vectors    delay=1 s
    ${patient} =    Start Batch Research    ${{["Zoom"]}}
    VAR    ${hasty_settings} =    ${{ {"timeout_per_company": 0.5} }}
    ${hasty} =    Start Batch Research    ${{["Slack"]}}    retry_failed=False    config_overrides=${hasty_settings}
    Follow Batch    ${patient}
    Follow Batch    ${hasty}
    Get Batch Success Rate    ${patient}    ==    1
    Get Batch Success Rate    ${hasty}    ==    0
    Batch Numbers Should Add Up    ${hasty}

Concurrent Batches
    [Documentation]    Three batches at once, of two tenants, each with its own companies and records.
    ${first} =    Start Batch Research    ${{["Slack", "Zoom", "Figma", "Notion"]}}
    ${second} =    Start Batch Research    ${{["Stripe", "Adyen", "SAP", "Asana"]}}
    ${other} =    Start Batch Research    ${{["Salesforce", "Adobe", "Apple", "Airbnb"]}}    identity=partner
    FOR    ${batch}    IN    ${first}    ${second}    ${other}
        Follow Batch    ${batch}
        Get Batch Success Rate    ${batch}    ==    1
        Each Company Should Have One Outcome    ${batch}
    END

Batches Come In Pages
    [Documentation]    The list holds each batch once, the filters choose rightly, and the pages are whole.
    Batches Should Be Listed In Pages
