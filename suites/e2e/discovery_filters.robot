*** Settings ***
Documentation       Each filter lets through what it should, shuts the rest out, and is reported.
Metadata            Scenario    discovery_filters

Resource            theodore/discovery.resource

Suite Setup         Research Companies Of Several Kinds

Test Tags           area:discovery    control:SOC2-PI1.3    scenario:discovery_filters
Test Template       Filter Is Respected


*** Variables ***
@{COMPANIES}        Stripe    Square    PayPal    Adyen    Klarna    Shopify    Slack    Lemonade
# Research Companies Of Several Kinds sets it.
${ALL}              ${NONE}


*** Test Cases ***
Business Model
    [Documentation]    Only companies that sell to businesses.
    business_model=b2b

Company Size
    [Documentation]    Only companies of one size.
    company_size=enterprise

Industry
    [Documentation]    Only companies of one industry.
    industry=technology

Technology
    [Documentation]    Only companies whose technology is so advanced.
    tech_sophistication=basic

Location
    [Documentation]    Only companies with an address there.
    location=Amsterdam, London

Founded After
    [Documentation]    Only companies founded since.
    founded_after=2008

Founded Before
    [Documentation]    Only companies founded until.
    founded_before=2007

Fewest Employees
    [Documentation]    Only companies with so many people at least.
    min_employees=5000

Most Employees
    [Documentation]    Only companies with so many people at most.
    max_employees=5000

Companies Left Out
    [Documentation]    Named companies are left out.
    exclude_companies=PayPal, Adyen

Words That Must Be There
    [Documentation]    Only companies that speak of it.
    include_keywords=payments

Words That Must Not Be There
    [Documentation]    Only companies that do not speak of it.
    exclude_keywords=Amsterdam

Location In Another Writing
    [Documentation]    A place is the same place in small and in capital letters.
    location=amsterdam, LONDON

Companies Left Out In Another Writing
    [Documentation]    A company is the same company in small and in capital letters.
    exclude_companies=paypal, ADYEN

Words In Another Writing
    [Documentation]    A word is the same word in capital letters.
    include_keywords=PAYMENTS

Two Filters At Once
    [Documentation]    Both filters hold.
    business_model=b2b    max_employees=5000

All Filters At Once
    [Documentation]    Each filter holds beside all others.
    business_model=b2b, b2c, saas    company_size=large, enterprise, medium    industry=finance, technology, retail
    ...    founded_after=1990    founded_before=2020    min_employees=10    max_employees=100000
    ...    exclude_companies=PayPal    include_keywords=payments    exclude_keywords=Amsterdam

Competitors Left Out
    [Documentation]    Companies that the site names as competitors are left out, beside those that the request names.
    [Template]    NONE
    ${found} =    Discover Similar Companies    Stripe    limit=20    threshold=0.2    sources=vector    exclude_competitors=true
    ...    exclude_companies=Lemonade
    Results Should Be Sound    ${found}
    ${truth} =    Get Company    Stripe
    Discovery Should Exclude    ${found}    @{truth}[expected][competitors]    Lemonade


*** Keywords ***
Research Companies Of Several Kinds
    [Documentation]    Companies of several kinds are researched, and discovered without filters to compare with.
    FOR    ${company}    IN    @{COMPANIES}
        Research Company    ${company}
    END
    ${all} =    Discover Similar Companies    Stripe    limit=20    threshold=0.2    sources=vector
    Results Should Be Sound    ${all}    at_least=6
    VAR    ${ALL} =    ${all}    scope=SUITE

Filter Is Respected
    [Documentation]    A discovery with filters against the one without.
    [Arguments]    &{filters}
    ${found} =    Discover Similar Companies    Stripe    limit=20    threshold=0.2    sources=vector    &{filters}
    Filters Should Be Respected    ${found}    compared_with=${ALL}
