*** Settings ***
Documentation       The four companies of the enterprise testing ticket stand in its eleven categories, and reach the data quality
...                 that it expects of each.
Metadata            Scenario    ticket_companies

Resource            theodore/quality.resource

Test Tags           scenario:ticket_companies


*** Test Cases ***
Well Known API Company
    [Documentation]    At least 0.9 of the fields of Stripe are filled, and its known facts are right.
    [Template]    Data Quality Should Be Reached
    Stripe    well_known    api_company    fintech

Public Commerce Platform
    [Documentation]    At least 0.85 of the fields of Shopify are filled, and its known facts are right.
    [Template]    Data Quality Should Be Reached
    Shopify    public_company    e_commerce    platform

Local Business That Hardly Anybody Knows
    [Documentation]    At least 0.4 of the fields of Local Artisan Bakery are filled, and its known facts are right.
    [Template]    Data Quality Should Be Reached
    Local Artisan Bakery    local_business    unknown_online    small_business

Company That Does Not Exist
    [Documentation]    Definitely Not Real Company XYZ has a data quality of 0: it is not found, there is no record, and the error
    ...                says so.
    ${truth} =    Company In Categories    Definitely Not Real Company XYZ    non_existent    error_handling
    Should Be Equal As Numbers    ${truth}[expected_data_quality]    0
    ${research} =    Research Company    ${truth}[name]
    Outcome Should Be    ${research}    company_found    False    truth=${truth}
    Quality Check Should Pass    ${research}    error_message_clarity    truth=${truth}
