*** Settings ***
Documentation       What was researched is exported in each format, with every value of the API.
Metadata            Scenario    export_formats

Library             ApiLibrary
Library             TheodoreLibrary
Resource            theodore/canaries.resource

Suite Setup         Have Companies

Test Tags           area:export    control:SOC2-PI1.4    scenario:export_formats
Test Template       Export Holds All


*** Variables ***
# Have Companies sets it.
${RECORDS}          ${NONE}


*** Test Cases ***
Companies In CSV
    csv

Companies In JSON
    json

Companies In A Workbook
    xlsx

Companies In YAML
    yaml

Companies In XML
    xml

Companies In Markdown
    markdown

Companies In HTML
    html

Companies In PDF
    pdf

Companies In Chunks
    [Documentation]    Above the threshold the file is streamed, here in chunks of four, and holds the same.
    [Template]    NONE
    FOR    ${format}    IN    csv    json    xlsx
        ${export} =    Export Companies    ${format}    streaming_threshold=5    chunk_size=4
        Export Should Hold Companies    ${export}    ${RECORDS}    alone=True
    END
    ${just} =    Export Companies    csv    streaming_threshold=${{ len($RECORDS) }}
    Export Should Hold Companies    ${just}    ${RECORDS}    alone=True
    ${whole} =    Export Companies    csv    streaming_threshold=5    stream_large_datasets=False
    Export Should Hold Companies    ${whole}    ${RECORDS}    alone=True

Nothing In Each Format
    [Documentation]    A filter that no company fits leaves a whole file of no records, in each format.
    [Template]    NONE
    VAR    &{filters} =    employee_count_min=${10**9}
    FOR    ${format}    IN    csv    json    xlsx    yaml    xml    markdown    html    pdf
        ${export} =    Export Companies    ${format}    filters=${filters}
        Export Should Hold Companies    ${export}    ${RECORDS}    alone=True
    END

Signs Of Each Format
    [Documentation]    What a format has a use for is a part of the value in each: bars, quotes, tags, references, formulas.
    [Template]    NONE
    ${canary} =    Open Canary    language=en    name==Qa|"Bar", <b>&amp; 'Co' \\#1
    ${research} =    Research Canary    ${canary}    partner
    Get Research Field    ${research}    name    ==    ${canary.name}
    FOR    ${format}    IN    csv    json    xlsx    yaml    xml    markdown    html    pdf
        ${export} =    Export Companies    ${format}    identity=partner
        Export Should Hold Companies    ${export}    ${{ [$research.record] }}
    END
    FOR    ${format}    IN    json    markdown    html    pdf
        ${report} =    Export Company Report    ${canary.name}    ${format}    identity=partner
        Company Report Should Hold Facts    ${report}    ${research.record}
    END

Formats Are Listed
    [Documentation]    The list of formats has each that an export, a report or a backup can have, with the ending of its files.
    [Template]    NONE
    VAR    ${endings} =    ${{ {"csv": "csv", "json": "json", "xlsx": "xlsx", "yaml": "yaml", "xml": "xml", "html": "html"} }}
    VAR    ${printed} =    ${{ {"markdown": "md", "pdf": "pdf", "zip": "zip"} }}
    VAR    ${same} =    {entry["format"]: entry["extension"] for entry in value} == ${endings} | ${printed}
    Get Response Field    GET /export/formats    formats    validate    ${same}
    FOR    ${format}    IN    csv    xlsx    pdf
        ${export} =    Export Companies    ${format}    limit=1
        VAR    ${media} =    {entry["format"]: entry["media_type"] for entry in value}["${format}"]
        Get Response Field    GET /export/formats    formats    validate    ${media} == "${export.result}[media_type]"
    END


*** Keywords ***
Have Companies
    [Documentation]    Researched companies of several industries and sizes.
    VAR    @{names} =    Salesforce    Stripe    Slack    Figma    Adyen    SAP    Shopify    Airbnb    Allianz    Asana
    ${batch} =    Research Batch    ${names}    concurrency=10
    ${records} =    Get Batch Records    ${batch}
    VAR    ${RECORDS} =    ${records}    scope=SUITE

Export Holds All
    [Documentation]    An export of all companies in a format, read back.
    [Arguments]    ${format}
    ${export} =    Export Companies    ${format}
    Export Should Hold Companies    ${export}    ${RECORDS}    alone=True
