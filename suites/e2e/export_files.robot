*** Settings ***
Documentation       Files of exports are downloaded in parts and by their tenant alone; reports and backups are whole.
Metadata            Scenario    export_files

Library             TheodoreLibrary

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

Report In JSON
    [Documentation]    A report about a company holds its facts.
    [Template]    Report Holds Facts
    json

Report Of A Domain
    [Documentation]    A company is named by its domain too.
    VAR    ${record} =    ${RECORDS}[1]
    ${export} =    Export Company Report    ${record}[domain]    json    include_similar=False
    Company Report Should Hold Facts    ${export}    ${record}

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
    [Documentation]    Researched companies of several industries and sizes.
    VAR    @{names} =    Salesforce    Stripe    Slack    Figma    Adyen    SAP    Shopify    Airbnb    Allianz    Asana
    ${batch} =    Research Batch    ${names}    concurrency=10
    ${records} =    Get Batch Records    ${batch}
    VAR    ${RECORDS} =    ${records}    scope=SUITE

Report Holds Facts
    [Documentation]    A report about a company, read back.
    [Arguments]    ${format}
    VAR    ${record} =    ${RECORDS}[0]
    ${export} =    Export Company Report    ${record}[name]    ${format}    include_similar=True
    Company Report Should Hold Facts    ${export}    ${record}
