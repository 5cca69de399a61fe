*** Settings ***
Documentation       Exports choose by each value of each filter, each column and order, and by times.
Metadata            Scenario    export_each_value

Library             TheodoreLibrary

Suite Setup         Have Companies

Test Tags           area:export    control:SOC2-PI1.4    scenario:export_each_value


*** Variables ***
# Have Companies sets it.
${RECORDS}          ${NONE}


*** Test Cases ***
Each Value Of Each Filter
    [Documentation]    Each industry, business model and size alone, and several together, choose the companies that have them.
    Export Should Choose By Each Value    ${RECORDS}    alone=True

Each End Of Each Range
    [Documentation]    The least and the greatest of a range belong to it, and what is a little less or more does not.
    Export Should Choose At Each End    ${RECORDS}    alone=True

Each Column And Order
    [Documentation]    Each field can be a column and the order, forwards and backwards.
    Export Should Have Each Column And Order    ${RECORDS}    alone=True

Times
    [Documentation]    A company that is researched again is updated and not created; a new one is both.
    Export Should Choose By Time    Slack    Zoom


*** Keywords ***
Have Companies
    [Documentation]    Researched companies of several industries, models and sizes, of some of which not everything is known.
    VAR    @{names} =    Salesforce    Stripe    Slack    Figma    Adyen    SAP    Toyota    Airbnb    Allianz    Asana
    ...    Acme Startup Inc    Local Artisan Bakery
    ${batch} =    Research Batch    ${names}    concurrency=12
    ${records} =    Get Batch Records    ${batch}
    VAR    ${RECORDS} =    ${records}    scope=SUITE
