*** Settings ***
Documentation       An export holds the companies, columns and order that are chosen, and is never stale.
Metadata            Scenario    export_choices

Library             TheodoreLibrary

Suite Setup         Have Companies

Test Tags           area:export    control:SOC2-PI1.4    scenario:export_choices
Test Template       Export Holds Chosen


*** Variables ***
# Have Companies sets it.
${RECORDS}          ${NONE}


*** Test Cases ***
Filter Industry
    filters=${{ {"industries": ["finance"]} }}

Filter Business Model
    filters=${{ {"business_models": ["saas", "b2b"]} }}

Filter Company Size
    filters=${{ {"company_sizes": ["enterprise", "large"]} }}

Filter Location
    filters=${{ {"locations": ["california"]} }}

Filter Employees
    filters=${{ {"employee_count_min": 5000, "employee_count_max": 80000} }}

Filter Quality
    filters=${{ {"min_quality_score": 0.5} }}

Filter Several
    filters=${{ {"industries": ["technology"], "company_sizes": ["enterprise"]} }}

Columns In Their Order
    include_fields=${{ ["industry", "domain", "name", "employee_count"] }}

Columns Left Out
    exclude_fields=${{ ["description", "technologies"] }}

Sorted By A Number
    sort_by=employee_count

Sorted Backwards
    sort_by=-name

Sorted Backwards By A Number
    sort_by=-founded_year

Sorted By What Some Lack
    [Documentation]    Companies without a value come last, in either direction.
    [Template]    Sorted With Unknown Values
    contact_email

Grouped
    group_by=industry    sort_by=name

A Page
    sort_by=name    offset=2    limit=3

Fresh After Another Research
    [Documentation]    An export that is made again holds what was researched since.
    [Template]    NONE
    Export Companies    csv    sort_by=domain
    ${batch} =    Research Batch    ${{["Zoom"]}}
    ${more} =    Get Batch Records    ${batch}
    ${again} =    Export Companies    csv    sort_by=domain
    Export Should Hold Companies    ${again}    ${{ $RECORDS + $more }}    alone=True


*** Keywords ***
Have Companies
    [Documentation]    Researched companies of several industries and sizes.
    VAR    @{names} =    Salesforce    Stripe    Slack    Figma    Adyen    SAP    Shopify    Airbnb    Allianz    Asana
    ${batch} =    Research Batch    ${names}    concurrency=10
    ${records} =    Get Batch Records    ${batch}
    VAR    ${RECORDS} =    ${records}    scope=SUITE

Sorted With Unknown Values
    [Documentation]    Exports that are sorted by a field that some companies have and some lack, in both directions.
    [Arguments]    ${field}
    ${kinds} =    Evaluate    {record.get("${field}") is None for record in $RECORDS}
    Should Be True    len($kinds) == 2    Companies with and without ${field} are needed.
    Export Holds Chosen    sort_by=${field}
    Export Holds Chosen    sort_by=-${field}

Export Holds Chosen
    [Documentation]    An export with these choices, read back.
    [Arguments]    &{choices}
    ${export} =    Export Companies    csv    &{choices}
    Export Should Hold Companies    ${export}    ${RECORDS}    alone=True
