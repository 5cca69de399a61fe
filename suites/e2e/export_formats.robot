*** Settings ***
Documentation       What was researched is exported in each format, with every value of the API.
Metadata            Scenario    export_formats

Library             ApiLibrary
Library             TheodoreLibrary

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
    ${whole} =    Export Companies    csv    streaming_threshold=5    stream_large_datasets=False
    Export Should Hold Companies    ${whole}    ${RECORDS}    alone=True

Formats Are Listed
    [Documentation]    The list of formats has each that an export, a report or a backup can have, with the ending of its files.
    [Template]    NONE
    VAR    ${endings} =    ${{ {"csv": "csv", "json": "json", "xlsx": "xlsx", "yaml": "yaml", "xml": "xml", "html": "html"} }}
    VAR    ${printed} =    ${{ {"markdown": "md", "pdf": "pdf", "zip": "zip"} }}
    VAR    ${same} =    {entry["format"]: entry["extension"] for entry in value} == ${endings} | ${printed}
    Get Response Field    GET /export/formats    formats    validate    ${same}


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
