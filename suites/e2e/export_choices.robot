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
    filters=${{ {"locations": ["LONDON", "Germany"]} }}

Filter Employees
    filters=${{ {"employee_count_min": 5000, "employee_count_max": 80000} }}

Filter Quality
    filters=${{ {"min_quality_score": 0.9} }}

Filter Growth Stage
    [Documentation]    The stage of funding, whatever its case.
    filters=${{ {"growth_stages": ["Series B"]} }}
    filters=${{ {"growth_stages": ["series b"]} }}
    filters=${{ {"growth_stages": ["SERIES B"]} }}

Filter Revenue
    [Documentation]    A revenue counts by the number that it states, with its billions.
    filters=${{ {"revenue_min": 4e10} }}
    filters=${{ {"revenue_max": 4e10} }}

Filter By A Condition
    [Documentation]    A condition as of SQL, of which what is not known is neither true nor false.
    [Template]    Export Chooses By Conditions
    NOT employee_count > 5000 AND (name LIKE 'a%' OR industry IN ('technology', 'finance') OR headquarters IS NULL)
    NOT revenue_range = '$1 billion'
    name LIKE 'a%' AND NOT name LIKE 'a'
    industry = 'technology' OR contact_email = 'nobody@nowhere.example'
    NOT (industry = 'finance' AND contact_email = 'nobody@nowhere.example')
    founded_year >= 2008    industry != 'finance'    NOT company_size = 'small'

Filter By Each Comparison
    [Documentation]    Each comparison of SQL chooses as SQL does, at its value and with what is not known.
    [Template]    Export Chooses By Conditions
    FOR    ${condition}    IN
    ...    founded_year < 2008    founded_year <= 2008    founded_year > 2008    founded_year != 2008
    ...    confidence_score >= 0.9
    ...    industry <> 'finance'
    ...    name > 'M'
    ...    industry NOT IN ('finance', 'technology')
    ...    name NOT LIKE 's%'
    ...    name LIKE '_____'
    ...    name LIKE '%a%'
    ...    contact_email IS NOT NULL
    ...    NOT (industry = 'technology' OR industry = 'finance')
    ...    industry = 'finance' OR industry = 'technology' AND founded_year > 2010
    ...    name = 'It''s' OR founded_year < 1990
    ...    industry = 'finance' or not founded_year > 1990
        ${condition}
    END

Nothing Chosen
    [Documentation]    Lists without entries choose nothing: all companies come, with all fields.
    include_fields=${{ [] }}    exclude_fields=${{ [] }}    custom_columns=${{ {} }}
    ...    filters=${{ {"industries": [], "business_models": [], "company_sizes": [], "growth_stages": [], "locations": []} }}

Filter Similar Companies
    [Documentation]    The companies that resemble another are those that a discovery finds.
    [Template]    Export Should Choose Similar Companies
    Stripe    threshold=0.3
    Salesforce

Filter Several
    filters=${{ {"industries": ["technology"], "company_sizes": ["enterprise"]} }}

Columns In Their Order
    include_fields=${{ ["industry", "domain", "name", "employee_count"] }}

Columns Left Out
    exclude_fields=${{ ["description", "technologies"] }}

Columns Chosen And Left Out
    include_fields=${{ ["industry", "domain", "name", "employee_count"] }}    exclude_fields=${{ ["industry", "headquarters"] }}

Columns Of Its Own
    [Documentation]    Columns with new names hold the fields that they are given, after the others.
    include_fields=${{ ["domain"] }}    custom_columns=${{ {"sector": "industry", "staff": "employee_count"} }}

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
    ...    Linear    Toyota
    ${batch} =    Research Batch    ${names}    concurrency=12
    ${records} =    Get Batch Records    ${batch}
    VAR    ${RECORDS} =    ${records}    scope=SUITE

Sorted With Unknown Values
    [Documentation]    Exports that are sorted by a field that some companies have and some lack, in both directions.
    [Arguments]    ${field}
    ${kinds} =    Evaluate    {record.get("${field}") is None for record in $RECORDS}
    Should Be True    len($kinds) == 2    Companies with and without ${field} are needed.
    Export Holds Chosen    sort_by=${field}
    Export Holds Chosen    sort_by=-${field}

Export Chooses By Conditions
    [Documentation]    A condition, and the further ones that all hold beside it; some companies fit and some do not.
    [Arguments]    ${condition}    @{further}
    VAR    ${filters} =    ${{ {"sql_like_query": $condition, "custom_expressions": $further} }}
    Export Holds Chosen    filters=${filters}

Export Holds Chosen
    [Documentation]    An export with these choices, read back.
    [Arguments]    &{choices}
    ${export} =    Export Companies    csv    &{choices}
    Export Should Hold Companies    ${export}    ${RECORDS}    alone=True
