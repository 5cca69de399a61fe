*** Settings ***
Documentation       Batches from the command line: what it writes of them is what the API has.
Metadata            Scenario    command_batches

Library             TheodoreLibrary
Library             TestDataLibrary

Test Tags           area:cli    area:batch    control:SOC2-PI1.3


*** Test Cases ***
Batch Is Researched
    [Documentation]    Of fifteen companies of a CSV file at least four in five are researched, each with its row in its order.
    [Tags]    scenario:batch_csv
    ${names} =    Create Company Batch    15
    ${path} =    Create Company File    ${names}    csv
    ${result} =    Run Theodore Command    batch    research    ${path}    --format    json    --output    results.json
    ...    --job-name    Quarterly    timeout=120 s
    Command Should Succeed    ${result}
    Batch Of Command Should Be Successful    ${result}    results.json    @{names}
    Get Command Data    ${result}    job_name    ==    Quarterly

Company That Does Not Exist Fails Its Batch
    [Documentation]    A batch in which a company failed ends with exit code 1, names how many, and has the outcome of each.
    [Tags]    scenario:batch_csv
    ${path} =    Create Company File    ${{["Slack", "Fake Corp ABC456"]}}    csv
    ${result} =    Run Theodore Command    batch    research    ${path}    --max-retries    0    --format    json
    ...    --output    results.json
    Command Should Fail    ${result}    1 of 2 companies failed
    Batch Of Command Should Be Successful    ${result}    results.json    Slack    Fake Corp ABC456    at_least=0.5
    Command Result Should Be Stored    ${result}

Batch Is Interrupted
    [Documentation]    Ctrl-C cancels the batch.
    Make Dependency Misbehave    web    delay=6 s
    ${path} =    Create Company File    ${{["Slack", "Zoom"]}}    csv
    ${result} =    Run Theodore Command    batch    research    ${path}    interrupt_at=has started
    Job Of Command Should Be Cancelled    ${result}
