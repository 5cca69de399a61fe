*** Settings ***
Documentation       Groups of companies are exported with their numbers, in each format as the records of the API have them.
Metadata            Scenario    export_aggregations

Library             Collections
Library             TheodoreLibrary

Suite Setup         Have Companies

Test Tags           area:export    control:SOC2-PI1.4    scenario:export_aggregations
Test Template       Groups Hold Numbers


*** Variables ***
# Have Companies sets it.
${RECORDS}          ${NONE}
@{FUNCTIONS}        count    sum    mean    min    max


*** Test Cases ***
Groups In CSV
    csv    employee_count    group_by=industry

Groups In JSON
    json    employee_count    group_by=industry

Groups In A Workbook
    xlsx    employee_count    group_by=industry

Groups In YAML
    yaml    employee_count    group_by=industry

Groups In XML
    xml    employee_count    group_by=industry

Groups In Markdown
    markdown    employee_count    group_by=industry

Groups In HTML
    html    employee_count    group_by=industry

Groups In PDF
    pdf    employee_count    group_by=industry

Groups Of Models
    csv    founded_year    confidence_score    group_by=business_model

Groups Of Sizes
    csv    employee_count    group_by=company_size

Groups Of Places
    csv    employee_count    group_by=headquarters

All Companies
    csv    employee_count    founded_year

Groups Of Chosen Companies
    json    employee_count    group_by=company_size    filters=${{ {"industries": ["technology", "finance"]} }}

A Page Of Groups
    json    employee_count    group_by=industry    offset=1    limit=2

Choices In Each Format
    [Documentation]    Filters, columns, order and groups together hold in each format.
    [Template]    Choices Hold
    FOR    ${format}    IN    json    xlsx    yaml    xml    markdown    html    pdf
        ${format}
    END


*** Keywords ***
Have Companies
    [Documentation]    Researched companies of several industries, models and sizes, of some of which not everything is known.
    VAR    @{names} =    Salesforce    Stripe    Slack    Figma    Adyen    SAP    Shopify    Airbnb    Allianz    Asana
    ...    Acme Startup Inc    Local Artisan Bakery
    ${batch} =    Research Batch    ${names}    concurrency=12
    ${records} =    Get Batch Records    ${batch}
    VAR    ${RECORDS} =    ${records}    scope=SUITE

Groups Hold Numbers
    [Documentation]    Each function over fields in an export of groups, read back.
    [Arguments]    ${format}    @{fields}    &{choices}
    VAR    @{aggregations} =    @{EMPTY}
    FOR    ${field}    IN    @{fields}
        FOR    ${function}    IN    @{FUNCTIONS}
            Append To List    ${aggregations}    ${{ {"field": $field, "function": $function} }}
        END
    END
    ${export} =    Export Companies    ${format}    aggregations=${aggregations}    &{choices}
    Export Should Hold Companies    ${export}    ${RECORDS}    alone=True

Choices Hold
    [Documentation]    A choice of filters, columns, order and groups in a format, read back.
    [Arguments]    ${format}
    VAR    ${filters} =    ${{ {"company_sizes": ["enterprise", "large"], "employee_count_min": 2000} }}
    VAR    ${fields} =    ${{ ["name", "domain", "industry", "employee_count"] }}
    ${export} =    Export Companies    ${format}    filters=${filters}    include_fields=${fields}    group_by=industry
    ...    sort_by=-employee_count
    Export Should Hold Companies    ${export}    ${RECORDS}    alone=True
