*** Settings ***
Documentation       What was researched is exported from the command line, and read back by other means.
Metadata            Scenario    command_exports

Library             TheodoreLibrary

Suite Setup         Have Companies

Test Tags           area:cli    area:export    control:SOC2-PI1.4    scenario:command_exports


*** Variables ***
# Have Companies sets it.
${RECORDS}      ${NONE}


*** Test Cases ***
Companies In JSON
    [Documentation]    All companies, each with its values.
    [Template]    Export Holds
    json

Companies In CSV
    [Documentation]    All companies, each with its values.
    [Template]    Export Holds
    csv

Companies In A Workbook
    [Documentation]    All companies, each with its values.
    [Template]    Export Holds
    xlsx

Companies In YAML
    [Documentation]    All companies, each with its values.
    [Template]    Export Holds
    yaml

Packed Companies
    [Documentation]    With --compress the file is packed and holds the same; what is validated and kept of it is as requested.
    ${result} =    Run Theodore Command    export    companies    --format    csv    --output    all.csv.gz    --compress
    ...    --no-validate-data    --include-audit-trail    watched=True
    Command Should Have Sent    ${result}    POST /export/companies    compress=${True}    validate_data=${False}
    ...    include_audit_trail=${True}
    File Of Command Should Hold Companies    ${result}    all.csv.gz    ${RECORDS}

Companies Of An Industry
    [Documentation]    --filter-industry, given twice, leaves out all others.
    ${result} =    Run Theodore Command    export    companies    --output    some.json    --filter-industry    finance
    ...    --filter-industry    manufacturing
    VAR    &{filters} =    industries=${{["finance", "manufacturing"]}}
    File Of Command Should Hold Companies    ${result}    some.json    ${RECORDS}    filters=${filters}

Companies Of No Such Industry
    [Documentation]    An industry that there is not is refused by the system, and no file is written.
    ${result} =    Run Theodore Command    export    companies    --output    none.json    --filter-industry    fintech
    Command Should Fail    ${result}    422

Companies Of A Quality
    [Documentation]    --min-quality-score includes the score itself, and leaves out what is below.
    VAR    ${score} =    ${{ sorted({record["confidence_score"] for record in $RECORDS})[1] }}
    ${result} =    Run Theodore Command    export    companies    --output    good.json    --min-quality-score    ${score}
    VAR    &{filters} =    min_quality_score=${score}
    File Of Command Should Hold Companies    ${result}    good.json    ${RECORDS}    filters=${filters}

Backup
    [Documentation]    A backup is whole, at its place, and holds all companies.
    ${result} =    Run Theodore Command    export    backup    --include-cache    watched=True
    Command Should Have Sent    ${result}    POST /export/backup    include_cache=${True}
    Backup Of Command Should Be Whole    ${result}    theodore_backup.zip    ${RECORDS}

Formats Are Listed
    [Documentation]    export formats names each documented format.
    ${result} =    Run Theodore Command    export    formats
    Command Help Should Name    ${result}    json    csv    xlsx    yaml    pdf    html    markdown    zip

Report Beside Similar Companies
    [Documentation]    For a report that is written here similar companies are looked for too, ten at most.
    ${result} =    Run Theodore Command    export    report    Slack    --format    html    --output    slack.html
    ...    --include-similar    watched=True
    Command Should Have Sent    ${result}    POST /discover    company_name=Slack    limit=${10}

Report For People
    [Documentation]    A report as PDF holds the facts of its company, which is researched again for it.
    ${result} =    Run Theodore Command    export    report    Slack    --format    pdf    --output    slack.pdf
    ...    --include-similar    watched=True
    Command Should Have Sent    ${result}    POST /export/report    format=pdf    include_similar=${True}
    ${record} =    Evaluate    next(record for record in $RECORDS if record["name"] == "Slack")
    Report Of Command Should Hold Facts    ${result}    slack.pdf    ${record}


*** Keywords ***
Have Companies
    [Documentation]    Researched companies of several industries.
    ${batch} =    Research Batch    ${{["Slack", "Stripe", "Siemens", "Adyen", "Figma"]}}    concurrency=10
    ${records} =    Get Batch Records    ${batch}
    VAR    ${RECORDS} =    ${records}    scope=SUITE

Export Holds
    [Documentation]    An export of all companies in a format.
    [Arguments]    ${format}
    ${result} =    Run Theodore Command    export    companies    --format    ${format}    --output    all.${format}
    Command Should Succeed    ${result}
    File Of Command Should Hold Companies    ${result}    all.${format}    ${RECORDS}
