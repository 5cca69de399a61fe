*** Settings ***
Documentation       The companies of the enterprise testing ticket reach the data quality that it expects of each, and stand in its
...                 categories.
Metadata            Scenario    ticket_companies

Resource            theodore/quality.resource

Test Tags           scenario:ticket_companies


*** Test Cases ***
Well Known API Company
    [Documentation]    Stripe (well_known, api_company, fintech): at least 0.9 of the fields are filled, known facts are right.
    [Template]    Data Quality Should Be Reached
    Stripe

Public Commerce Platform
    [Documentation]    Shopify (public_company, e_commerce, platform): at least 0.85 of the fields are filled.
    [Template]    Data Quality Should Be Reached
    Shopify

Local Business That Hardly Anybody Knows
    [Documentation]    Local Artisan Bakery (local_business, unknown_online, small_business): at least 0.4 of the fields are filled.
    [Template]    Data Quality Should Be Reached
    Local Artisan Bakery

Company That Does Not Exist
    [Documentation]    Definitely Not Real Company XYZ (non_existent, error_handling): a data quality of 0, which is no record.
    ${truth} =    Get Company    Definitely Not Real Company XYZ
    Should Be Equal As Numbers    ${truth}[expected_data_quality]    0
    ${research} =    Research Company    ${truth}[name]
    Outcome Should Be    ${research}    company_found    False    truth=${truth}
    Quality Check Should Pass    ${research}    error_message_clarity    truth=${truth}

Each Category Has A Company That Is Researched
    [Documentation]    In each of the ticket's eleven categories a company ends as it must: found, or not found if it does not exist.
    [Template]    Category Should Be Covered
    well_known
    api_company
    fintech
    public_company
    e_commerce
    platform
    local_business
    unknown_online
    small_business
    non_existent
    error_handling


*** Keywords ***
Category Should Be Covered
    [Documentation]    One of the ticket's four companies is in the category, and its research ends as it must.
    [Arguments]    ${category}
    ${companies} =    Get Companies By Category    ${category}
    ${own} =    Evaluate    [company for company in $companies if "expected_data_quality" in company]
    ${exists} =    Evaluate    $own[0].get("exists", True)
    ${research} =    Research Company    ${own}[0][name]
    Outcome Should Be    ${research}    company_found    ${exists}    truth=${own}[0]
