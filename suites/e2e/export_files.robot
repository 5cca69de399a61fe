*** Settings ***
Documentation       Files of exports are downloaded in parts and by their tenant alone; reports and backups are whole.
Metadata            Scenario    export_files

Library             ApiLibrary
Resource            theodore/canaries.resource

Suite Setup         Have Companies

Test Tags           area:export    control:SOC2-PI1.4    scenario:export_files


*** Variables ***
# Have Companies sets it.
${RECORDS}          ${NONE}


*** Test Cases ***
Download In Parts
    [Documentation]    A download that was broken off is resumed where it was.
    VAR    ${wide} =    ${{ {f"copy_{n}": "data_sources" for n in range(20)} }}
    ${export} =    Export Companies    xml    custom_columns=${wide}
    Export Should Hold Companies    ${export}    ${RECORDS}    alone=True
    Export Download Should Resume    ${export}

Packed File Of A Name
    [Documentation]    A file is packed, whole, and has the name that was requested, with the endings that it lacks.
    [Tags]    scenario:export_options
    ${export} =    Export Companies    csv    compress=True    file_path=Quarter 3
    Export Should Hold Companies    ${export}    ${RECORDS}    alone=True
    ${streamed} =    Export Companies    json    compress=True    file_path=all.json    streaming_threshold=2    chunk_size=3
    Export Should Hold Companies    ${streamed}    ${RECORDS}    alone=True

Formats Are Described
    [Documentation]    Each format has the media type and the ending that it is known by.
    [Tags]    scenario:export_formats
    [Template]    Format Is Described
    csv    csv    text/csv
    json    json    application/json
    xlsx    xlsx    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
    yaml    yaml    application/yaml
    xml    xml    application/xml
    html    html    text/html
    markdown    md    text/markdown
    pdf    pdf    application/pdf

Names That Look Like An Ending
    [Documentation]    A name has the ending of its format where it lacks it, also where it ends with the same letters.
    [Tags]    scenario:export_options
    [Template]    Name Is Completed
    csv    ourcsv    ourcsv.csv
    csv    all.csv    all.csv
    csv    all.json    all.json.csv
    json    json    json.json
    xlsx    our.xlsx    our.xlsx
    csv    ourgz    ourgz.csv.gz    compress=True
    csv    all.csv    all.csv.gz    compress=True

Paths Are No Names
    [Documentation]    What would lead out of a folder, or into one, is no name of a file.
    [Tags]    control:SOC2-CC6.1    scenario:export_options
    Export Names Should Be Refused    ../../etc/passwd    /tmp/companies.csv    ..\\companies.csv    folder/companies.csv
    ...    .hidden    ..    ${EMPTY}    companies\n.csv

Audit Trail
    [Documentation]    An export says who made it, when and with which filters, where that is requested, and where not nothing.
    [Tags]    control:SOC2-CC7.2    scenario:export_options
    VAR    ${filters} =    ${{ {"industries": ["finance"], "employee_count_min": 10} }}
    ${export} =    Export Companies    json    filters=${filters}    include_audit_trail=True
    Export Should Have Audit Trail    ${export}
    ${other} =    Export Companies    json    filters=${filters}
    Export Should Have Audit Trail    ${other}

Other Tenant
    [Documentation]    A file is its tenant's.
    [Tags]    control:SOC2-CC6.1
    ${export} =    Export Companies    csv
    Export Should Be Invisible To    ${export}    partner

Backup
    [Documentation]    A backup is whole, keeps to its folder and holds all companies.
    [Tags]    control:SOC2-A1.2
    ${backup} =    Export Backup
    Backup Should Be Whole    ${backup}    ${RECORDS}    alone=True

Backup With Finished Researches
    [Documentation]    A backup holds the researches that completed where they are requested, and where not none.
    [Tags]    control:SOC2-A1.2
    ${research} =    Research Company    Slack
    ${backup} =    Export Backup    include_cache=True
    Backup Should Hold Researches    ${backup}    ${research}
    VAR    @{records} =    ${research.record}
    Backup Should Be Whole    ${backup}    ${records}

Companies That Are Not Valid
    [Documentation]    A company whose site states no possible number of employees is named, exported all the same, and no other.
    [Tags]    scenario:export_options
    VAR    ${name} =    Qa ${{ secrets.token_hex(4) }}
    ${canary} =    Open Canary    seed=${5}    name=${name}    # chance leaves the year out elsewhere
    Change Canary Fact    ${canary}    employee_count    value=${0}
    Change Canary Fact    ${canary}    founded_year    value=${2999}
    ${research} =    Research Canary    ${canary}
    ${export} =    Export Companies    json
    Export Should Name Invalid Companies    ${export}    ${research.record}    @{RECORDS}
    ${unseen} =    Export Companies    json    validate_data=False
    Export Should Hold Companies    ${unseen}    ${{[$research.record]}}

Report In JSON
    [Documentation]    A report about a company holds its facts.
    [Template]    Report Holds Facts
    json

Report Of A Domain
    [Documentation]    A company is named by its domain too.
    VAR    ${record} =    ${RECORDS}[1]
    ${export} =    Export Company Report    ${record}[domain]    json    include_similar=False
    Company Report Should Hold Facts    ${export}    ${record}

Report In Another Writing
    [Documentation]    A company is the same company in small and in capital letters, by its name and by its domain.
    [Template]    Report Is About
    ${{ $RECORDS[1]["name"].upper() }}
    ${{ $RECORDS[1]["name"].lower() }}
    ${{ $RECORDS[1]["domain"].upper() }}

Report In PDF
    [Documentation]    A report about a company holds its facts.
    [Template]    Report Holds Facts
    pdf

Report In HTML
    [Documentation]    A report about a company holds its facts.
    [Template]    Report Holds Facts
    html

Report In Markdown
    [Documentation]    A report about a company holds its facts.
    [Template]    Report Holds Facts
    markdown


*** Keywords ***
Have Companies
    [Documentation]    Researched companies of several industries and sizes, of which three resemble the first.
    VAR    @{names} =    Salesforce    Stripe    Slack    Figma    Adyen    SAP    Shopify    Airbnb    Allianz    Asana
    ...    HubSpot    Workday
    ${batch} =    Research Batch    ${names}    concurrency=12
    ${records} =    Get Batch Records    ${batch}
    VAR    ${RECORDS} =    ${records}    scope=SUITE

Format Is Described
    [Documentation]    What an export of a format says of its file.
    [Arguments]    ${format}    ${ending}    ${media}
    ${export} =    Send Request    POST /export/companies    body=${{ {"format": $format, "limit": 1} }}
    Response Field Should Be    ${export}    media_type    ${media}
    Response Field Should Be    ${export}    file_name    ${export.body}[export_id].${ending}
    Response Field Should Be    ${export}    format    ${format}

Name Is Completed
    [Documentation]    The name of an export that was requested under another.
    [Arguments]    ${format}    ${path}    ${name}    ${compress}=${False}
    VAR    ${body} =    ${{ {"format": $format, "file_path": $path, "compress": bool($compress), "limit": 1} }}
    ${export} =    Send Request    POST /export/companies    body=${body}
    Response Field Should Be    ${export}    file_name    ${name}

Report Is About
    [Documentation]    A report about the second company under a name.
    [Arguments]    ${name}
    ${export} =    Export Company Report    ${name}    json    include_similar=False
    Company Report Should Hold Facts    ${export}    ${RECORDS}[1]

Report Holds Facts
    [Documentation]    A report about a company, read back.
    [Arguments]    ${format}
    VAR    ${record} =    ${RECORDS}[0]
    ${export} =    Export Company Report    ${record}[name]    ${format}    include_similar=True
    Company Report Should Hold Facts    ${export}    ${record}
