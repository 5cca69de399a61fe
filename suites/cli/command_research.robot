*** Settings ***
Documentation       Research and discovery from the command line: what it writes is what the API has.
Metadata            Scenario    command_research

Library             TheodoreLibrary
Library             QualityLibrary
Library             TestDataLibrary

Test Tags           area:cli    control:SOC2-PI1.3


*** Test Cases ***
Research Is Written In Four Formats
    [Documentation]    JSON is what the API has, and is true; table, YAML and Markdown hold the same values.
    [Tags]    scenario:research_output_formats
    ${json} =    Run Theodore Command    research    Slack    --output    json
    Command Should Succeed    ${json}
    Command Result Should Be Stored    ${json}
    ${table} =    Run Theodore Command    research    Slack    --output    table    --save    record.json
    ${yaml} =    Run Theodore Command    research    Slack    --output    yaml    --save    record.yaml
    ${markdown} =    Run Theodore Command    research    Slack    --output    markdown    --save    record.md
    Command Outputs Should Agree    ${json}    ${table}    ${yaml}    ${markdown}
    FOR    ${saved}    ${file}    IN    ${table}    record.json    ${yaml}    record.yaml    ${markdown}    record.md
        File Of Command Should Hold Output    ${saved}    ${file}
    END
    ${truth} =    Get Company    Slack
    Record Should Be Accurate    ${json.data}[result]    ${truth}[expected]    subject=Slack

Research Is Saved Without An Output
    [Documentation]    Where no form of output is named the record is saved all the same, in a folder of another name too.
    ...    With --verbose its phases are named on standard error.
    ${result} =    Run Theodore Command    research    Slack    --save    our record.json    --verbose
    FOR    ${phase}    IN    domain_discovery    intelligent_scraping    ai_analysis    embedding_generation    vector_storage
        Get Command Output    ${result}    contains    ${phase}    errors=True
    END
    Command Should Succeed    ${result}
    File Of Command Should Hold Output    ${result}    our record.json

Discovery Is Written In Four Formats
    [Documentation]    Table, YAML and Markdown name the companies that JSON does, and each is saved as it is written.
    [Tags]    scenario:research_output_formats
    ${json} =    Discovery In    json
    VAR    ${names} =    ${{ [match["company"]["name"] for match in $json.data["results"]] }}
    FOR    ${form}    IN    table    yaml    markdown
        ${result} =    Discovery In    ${form}
        Get Command Output    ${result}    validate    all(name in value for name in ${names})
    END

Research Can Be Tried Dry
    [Documentation]    --dry-run shows the request, and the system does nothing.
    ...    What a format has a use for is a part of the value: bars, quotes, colons, commas, braces.
    [Tags]    scenario:research_dry_run
    VAR    ${name} =    Fake | Corp "A", 'B': #1 *c* & {D}
    ${result} =    Run Theodore Command    research    ${name}    --dry-run    --output    json
    Command Should Start Nothing    ${result}
    Get Command Data    ${result}    request.company_name    ==    ${name}
    ${yaml} =    Run Theodore Command    research    ${name}    --dry-run    --output    yaml
    ${markdown} =    Run Theodore Command    research    ${name}    --dry-run    --output    markdown
    Command Outputs Should Agree    ${result}    ${yaml}    ${markdown}

Company That Does Not Exist Fails
    [Documentation]    A research that finds nothing ends with exit code 1, and the system has it as failed.
    [Tags]    scenario:research_invalid_company
    ${result} =    Run Theodore Command    research    Nonexistent Company XYZ123    --output    json
    Command Should Fail    ${result}    Nonexistent Company XYZ123
    Command Result Should Be Stored    ${result}
    Get Command Data    ${result}    status    ==    failed

Discovery For No Company Fails
    [Documentation]    A discovery for a company that does not exist ends with exit code 1, and the system has it as failed.
    [Tags]    scenario:research_invalid_company
    ${result} =    Run Theodore Command    discover    Nonexistent Company XYZ123    --output    json
    Command Should Fail    ${result}    Nonexistent Company XYZ123
    Command Result Should Be Stored    ${result}
    Get Command Data    ${result}    status    ==    failed

Similarity Is Explained
    [Documentation]    With --explain-similarity the explanation that the API has is said on standard error, beside the table.
    [Tags]    scenario:discover_with_filters
    ${json} =    Run Theodore Command    discover    Figma    --limit    1    --explain-similarity    --output    json
    ${table} =    Run Theodore Command    discover    Figma    --limit    1    --explain-similarity
    Get Command Output    ${table}    contains    ${json.data}[results][0][similarity_explanation]    errors=True

Similar Companies Come In Their Order
    [Documentation]    The most similar company comes first in each form, as the API has it.
    [Tags]    scenario:discover_limit_option
    ${json} =    Run Theodore Command    discover    Stripe    --limit    3    --output    json
    VAR    ${names} =    ${{ [match["company"]["name"] for match in $json.data["results"]] }}
    FOR    ${form}    IN    table    markdown
        ${other} =    Run Theodore Command    discover    Stripe    --limit    3    --output    ${form}
        Get Command Output    ${other}    validate    len(${names}) == 3 and sorted(${names}, key=value.index) == ${names}
    END

Discovery Can Be Tried Dry
    [Documentation]    --dry-run shows the request, and the system does nothing.
    [Tags]    scenario:discover_dry_run
    ${result} =    Run Theodore Command    discover    Stripe    --limit    3    --dry-run    --output    json
    Command Should Start Nothing    ${result}
    Get Command Data    ${result}    request.limit    ==    ${3}

Discovery Heeds Its Filters
    [Documentation]    With --industry only companies of that industry come, and the API says that the filter was applied.
    [Tags]    scenario:discover_with_filters
    ${result} =    Run Theodore Command    discover    Stripe    --industry    finance    --similarity-threshold    0.1
    ...    --output    json
    Command Should Succeed    ${result}
    Discovery Of Command Should Keep To    ${result}    industry=finance

Discovery Heeds Its Limit
    [Documentation]    With --limit 2 two companies come of those that there are.
    [Tags]    scenario:discover_limit_option
    ${result} =    Run Theodore Command    discover    Stripe    --limit    2    --similarity-threshold    0.5    --output    json
    Command Should Succeed    ${result}
    Discovery Of Command Should Keep To    ${result}    limit=2

Research That Takes Too Long Is Given Up
    [Documentation]    With --timeout 1 the command gives up a research that is held up, says so, and cancels it.
    [Tags]    scenario:command_timeout
    Make Dependency Misbehave    web    delay=6 s
    ${result} =    Run Theodore Command    research    Slack    --timeout    1
    Command Should Fail    ${result}    did not end within 1 s
    Command Should Fail    ${result}    was cancelled
    Command Should End Within    ${result}    10 s
    Job Of Command Should Be Cancelled    ${result}

Discovery That Takes Too Long Is Given Up
    [Documentation]    With --timeout 1 the command gives up a discovery that is held up, says so, and cancels it.
    [Tags]    scenario:command_timeout
    Make Dependency Misbehave    search    delay=6 s
    ${result} =    Run Theodore Command    discover    Slack    --timeout    1
    Command Should Fail    ${result}    did not end within 1 s
    Job Of Command Should Be Cancelled    ${result}

Report That Takes Too Long Is Given Up
    [Documentation]    With --timeout 1 the command gives up a report whose research is held up, and cancels that.
    [Tags]    scenario:command_timeout
    Make Dependency Misbehave    web    delay=6 s
    ${result} =    Run Theodore Command    export    report    Slack    --output    slack.json    --timeout    1
    Command Should Fail    ${result}    did not end within 1 s
    Job Of Command Should Be Cancelled    ${result}


*** Keywords ***
Discovery In
    [Documentation]    A discovery that is written in a form, and saved.
    [Arguments]    ${form}
    ${result} =    Run Theodore Command    discover    Figma    --limit    2    --output    ${form}    --save    found.${form}
    Command Should Succeed    ${result}
    File Of Command Should Hold Output    ${result}    found.${form}
    RETURN    ${result}
