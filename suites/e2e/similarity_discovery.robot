*** Settings ***
Documentation       Companies similar to a well known one are found on the web and in the vector store, sound and in
...                 order.
Metadata            Scenario    similarity_discovery

Resource            theodore/discovery.resource

Suite Setup         Discover Once

Test Tags           area:discovery    control:SOC2-PI1.3    scenario:similarity_discovery


*** Variables ***
# Discover Once sets them.
${STRIPE}           ${NONE}
${SLACK}            ${NONE}
${TRUTHS}           ${NONE}


*** Test Cases ***
Stripe's Rivals Are Found
    [Documentation]    Square, PayPal and Adyen are found at a threshold of 0.7, as the ticket expects.
    Results Should Be Sound    ${STRIPE}    at_least=5
    Discovery Should Include    ${STRIPE}    Square    PayPal    Adyen
    Discovery Should Exclude    ${STRIPE}    Toyota Motor Corporation    Slack    Corner Crust

Slack's Rivals Are Found
    [Documentation]    Microsoft Teams, Discord and Zoom are found at a threshold of 0.6, as the ticket expects.
    Results Should Be Sound    ${SLACK}    at_least=3
    Discovery Should Include    ${SLACK}    Microsoft Teams    Discord    Zoom
    Discovery Should Exclude    ${SLACK}    Stripe    Toyota Motor Corporation

Rivals Are Described Rightly
    [Documentation]    What is said of the companies that were found is true of them.
    [Template]    Companies Found Should Be Described Rightly
    ${STRIPE}    truths=${TRUTHS}
    ${SLACK}    truths=${TRUTHS}

Companies On The Web Are Really Read
    [Documentation]    A tenant that has researched nothing yet gets results from sites that were read for it.
    Discovery Should Have Used    ${STRIPE}    web

Discovery Is In Time
    [Documentation]    The discovery ends within the ticket's limit for hybrid discovery.
    [Tags]    check:performance
    Get Research Duration    ${SLACK}    <=    35

Discovery Can Be Quick
    [Documentation]    The quick route gives sound results at once, and another limit and threshold are heeded at once.
    ${wide} =    Discover Quickly    Figma    limit=10    threshold=0.6
    Should Contain    ${wide}    Sketch
    ${narrow} =    Discover Quickly    Figma    limit=2    threshold=0.9
    Should Be Equal    ${narrow}    ${wide}[:2]

Nothing Is Similar At A Threshold Of One
    [Documentation]    A threshold that nothing reaches gives no results and no error.
    ${none} =    Discover Similar Companies    Stripe    threshold=1
    Results Should Be Sound    ${none}    at_least=0
    Get Discovered Companies    ${none}    ==    ${{[]}}

Names Are Suggested
    [Documentation]    A name that is half typed is completed.
    Suggestions Should Include    Salesfor    Salesforce
    Suggestions Should Include    Adoby    Adobe


*** Keywords ***
Discover Once
    [Documentation]    The ticket's two discoveries.
    ${stripe} =    Discover Similar Companies    Stripe    limit=10    threshold=0.7
    ${slack} =    Discover Similar Companies    Slack    limit=15    threshold=0.6
    VAR    ${STRIPE} =    ${stripe}    scope=SUITE
    VAR    ${SLACK} =    ${slack}    scope=SUITE
    ${truths} =    Get All Companies
    VAR    ${TRUTHS} =    ${truths}    scope=SUITE
