*** Settings ***
Documentation       What a tenant has researched is found by its vectors; the web adds what is missing, and nothing
...                 twice.
Metadata            Scenario    hybrid_discovery

Resource            theodore/discovery.resource

Suite Setup         Research Rivals

Test Tags           area:discovery    control:SOC2-PI1.3    scenario:hybrid_discovery


*** Test Cases ***
Vectors Alone Find What Was Researched
    [Documentation]    Of the researched companies the rivals are found, the company itself and the bakery are not.
    ${found} =    Discover Similar Companies    Stripe    sources=vector
    Results Should Be Sound    ${found}    at_least=3
    Discovery Should Have Used    ${found}    vector
    No Site Should Have Been Read    ${found}
    ${truths} =    Get All Companies
    Companies Found Should Be Described Rightly    ${found}    truths=${truths}
    Discovery Should Include    ${found}    Square    PayPal    Adyen
    Discovery Should Exclude    ${found}    Corner Crust    Stripe

Vectors Suffice For A Small Limit
    [Documentation]    Where the vector store knows enough, no site is read.
    ${found} =    Discover Similar Companies    Stripe    limit=2
    Results Should Be Sound    ${found}    at_least=2
    Discovery Should Have Used    ${found}    vector
    No Site Should Have Been Read    ${found}

The Web Adds What Is Missing
    [Documentation]    Vectors and web together find more than the vectors, each company once and the best first.
    ${found} =    Discover Similar Companies    Stripe    limit=20
    Results Should Be Sound    ${found}    at_least=5
    Discovery Should Include    ${found}    Square    PayPal    Adyen    Mollie    Worldpay

The Web Alone Leaves The Vectors Alone
    [Documentation]    By request only the web is asked.
    ${found} =    Discover Similar Companies    Stripe    sources=web    limit=5
    Results Should Be Sound    ${found}    at_least=3
    Discovery Should Have Used    ${found}    web

Researched Companies That Do Not Fit Are Not Enough
    [Documentation]    Where as many are researched as the limit lets through, but none fits, the web adds those that do.
    [Template]    The Web Adds
    Stripe    exclude_companies=Square, PayPal, Adyen, Corner Crust
    Figma
    Figma    industry=technology    exclude_companies=Miro
    Slack


*** Keywords ***
The Web Adds
    [Documentation]    A discovery of one company, which none of the researched ones fits.
    [Arguments]    ${company}    &{filters}
    ${found} =    Discover Similar Companies    ${company}    limit=1    &{filters}
    Results Should Be Sound    ${found}    at_least=1
    Discovery Should Have Used    ${found}    web

Research Rivals
    [Documentation]    Four payment companies and a bakery are researched, so that the vector store knows them.
    FOR    ${company}    IN    Stripe    Square    PayPal    Adyen    Corner Crust
        ${research} =    Research Company    ${company}
        Get Research Status    ${research}    ==    completed
    END

No Site Should Have Been Read
    [Documentation]    The vector store was asked for the company and for its rivals, the web for nothing.
    [Arguments]    ${found}
    Dependency Should Have Been Asked    ${found}    vectors    at_least=2
    Dependency Should Have Been Asked    ${found}    web    at_least=0    at_most=0
