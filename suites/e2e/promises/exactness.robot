*** Settings ***
Documentation       A filter, a threshold and a limit let through all and only what they should.
Metadata            Scenario    promises_exactness

Library             TheodoreLibrary

Suite Setup         Discover All

Test Tags           area:promises    control:SOC2-PI1.3    scenario:promises_exactness
Test Template       Filter Should Be Exact


*** Variables ***
@{COMPANIES}        Square    PayPal    Adyen    Klarna    Shopify    Slack    Lemonade    Discord    Coursera    Booking.com
...                 Salesforce    Checkout.com
# With four of the companies above these are more than ten whose names hold "co".
@{MORE_WITH_CO}     BigCommerce    Corner Crust    Coty    Harbour Bread Company    Monday.com    Toyota Motor Corporation
...                 WooCommerce    Uncommon Local Business XYZ
# Discover All sets them.
${ALL}              ${NONE}
${JOB}              ${NONE}
${QUICK}            ${NONE}
${SUGGESTIONS}      ${NONE}


*** Test Cases ***
Business Model First Value
    ${ALL}    business_model    b2b

Business Model Several Values
    ${ALL}    business_model    b2b    saas

Business Model No Value
    ${ALL}    business_model

Business Model Value Without Match
    ${ALL}    business_model    freemium

Company Size First Value
    ${ALL}    company_size    enterprise

Company Size Several Values
    ${ALL}    company_size    enterprise    large

Company Size No Value
    ${ALL}    company_size

Company Size Value Without Match
    ${ALL}    company_size    startup

Tech Sophistication First Value
    ${ALL}    tech_sophistication    basic

Tech Sophistication Several Values
    ${ALL}    tech_sophistication    basic    advanced

Tech Sophistication No Value
    ${ALL}    tech_sophistication

Tech Sophistication Value Without Match
    ${ALL}    tech_sophistication    cutting_edge

Industry First Value
    ${ALL}    industry    technology

Industry Several Values
    ${ALL}    industry    technology    retail

Industry No Value
    ${ALL}    industry

Industry Value Without Match
    ${ALL}    industry    agriculture

Location First Value
    ${ALL}    location    Amsterdam

Location Several Values
    ${ALL}    location    Amsterdam    London

Location No Value
    ${ALL}    location

Location Value Without Match
    ${ALL}    location    Atlantis

Exclude Companies First Value
    ${ALL}    exclude_companies    PayPal

Exclude Companies Several Values
    ${ALL}    exclude_companies    PayPal    Adyen

Exclude Companies No Value
    ${ALL}    exclude_companies

Exclude Companies Value Without Match
    ${ALL}    exclude_companies    No Such Company

Exclude Competitors False
    ${ALL}    exclude_competitors    false

Include Keywords First Value
    ${ALL}    include_keywords    payments

Include Keywords Several Values
    ${ALL}    include_keywords    payments    Amsterdam

Include Keywords No Value
    ${ALL}    include_keywords

Include Keywords Value Without Match
    ${ALL}    include_keywords    xylophone

Exclude Keywords First Value
    ${ALL}    exclude_keywords    Amsterdam

Exclude Keywords Several Values
    ${ALL}    exclude_keywords    Amsterdam    London

Exclude Keywords No Value
    ${ALL}    exclude_keywords

Exclude Keywords Value Without Match
    ${ALL}    exclude_keywords    xylophone

Founded After At The Value
    ${ALL}    founded_after    at the value

Founded After Just Beyond
    ${ALL}    founded_after    just beyond

Founded Before At The Value
    ${ALL}    founded_before    at the value

Founded Before Just Beyond
    ${ALL}    founded_before    just beyond

Min Employees At The Value
    ${ALL}    min_employees    at the value

Min Employees Just Beyond
    ${ALL}    min_employees    just beyond

Max Employees At The Value
    ${ALL}    max_employees    at the value

Max Employees Just Beyond
    ${ALL}    max_employees    just beyond

Filter Before Limit
    ${ALL}    business_model    b2c    limit=1
    ${ALL}    founded_after    just beyond    limit=1
    ${ALL}    exclude_companies    PayPal    limit=2

Business Model B2b
    ${ALL}    business_model    b2b

Business Model B2c
    ${ALL}    business_model    b2c

Business Model B2b2c
    ${ALL}    business_model    b2b2c

Business Model Marketplace
    ${ALL}    business_model    marketplace

Business Model Saas
    ${ALL}    business_model    saas

Business Model Ecommerce
    ${ALL}    business_model    ecommerce

Business Model Subscription
    ${ALL}    business_model    subscription

Business Model Freemium
    ${ALL}    business_model    freemium

Business Model Advertising
    ${ALL}    business_model    advertising

Business Model Unknown
    ${ALL}    business_model    unknown

Company Size Startup
    ${ALL}    company_size    startup

Company Size Small
    ${ALL}    company_size    small

Company Size Medium
    ${ALL}    company_size    medium

Company Size Large
    ${ALL}    company_size    large

Company Size Enterprise
    ${ALL}    company_size    enterprise

Company Size Unknown
    ${ALL}    company_size    unknown

Tech Sophistication Basic
    ${ALL}    tech_sophistication    basic

Tech Sophistication Intermediate
    ${ALL}    tech_sophistication    intermediate

Tech Sophistication Advanced
    ${ALL}    tech_sophistication    advanced

Tech Sophistication Cutting Edge
    ${ALL}    tech_sophistication    cutting_edge

Tech Sophistication Unknown
    ${ALL}    tech_sophistication    unknown

Industry Technology
    ${ALL}    industry    technology

Industry Finance
    ${ALL}    industry    finance

Industry Healthcare
    ${ALL}    industry    healthcare

Industry Education
    ${ALL}    industry    education

Industry Retail
    ${ALL}    industry    retail

Industry Manufacturing
    ${ALL}    industry    manufacturing

Industry Services
    ${ALL}    industry    services

Industry Media
    ${ALL}    industry    media

Industry Real Estate
    ${ALL}    industry    real_estate

Industry Energy
    ${ALL}    industry    energy

Industry Transportation
    ${ALL}    industry    transportation

Industry Agriculture
    ${ALL}    industry    agriculture

Industry Government
    ${ALL}    industry    government

Industry Non Profit
    ${ALL}    industry    non_profit

Industry Other
    ${ALL}    industry    other

Industry Unknown
    ${ALL}    industry    unknown

Job Threshold 0
    [Template]    Threshold Should Be Exact
    ${JOB}    0

Job Threshold At A Score
    [Template]    Threshold Should Be Exact
    ${JOB}    at a score

Job Threshold 1
    [Template]    Threshold Should Be Exact
    ${JOB}    1

Job Threshold Not Sent
    [Template]    Threshold Should Be Exact
    ${JOB}    not sent

Quick Threshold 0
    [Template]    Threshold Should Be Exact
    ${QUICK}    0

Quick Threshold At A Score
    [Template]    Threshold Should Be Exact
    ${QUICK}    at a score

Quick Threshold 1
    [Template]    Threshold Should Be Exact
    ${QUICK}    1

Quick Threshold Not Sent
    [Template]    Threshold Should Be Exact
    ${QUICK}    not sent

Job Limit 1
    [Template]    Limit Should Be Exact
    ${JOB}    1

Job Limit 2
    [Template]    Limit Should Be Exact
    ${JOB}    2

Job Limit Not Sent
    [Template]    Limit Should Be Exact
    ${JOB}    not sent

Quick Limit 1
    [Template]    Limit Should Be Exact
    ${QUICK}    1

Quick Limit 2
    [Template]    Limit Should Be Exact
    ${QUICK}    2

Quick Limit Not Sent
    [Template]    Limit Should Be Exact
    ${QUICK}    not sent

Suggestions Limit 1
    [Template]    Limit Should Be Exact
    ${SUGGESTIONS}    1

Suggestions Limit 2
    [Template]    Limit Should Be Exact
    ${SUGGESTIONS}    2

Suggestions Limit All
    [Documentation]    A company that is both researched and known to the web counts once against a limit that just lets all in.
    [Template]    NONE
    ${suggestions} =    Discover Widely    suggestions    Shopif
    Limit Should Be Exact    ${suggestions}    all

Suggestions Limit Not Sent
    [Documentation]    Ten names come where more than ten hold what was typed.
    ...    It is the last row, since its companies change what a discovery finds.
    [Template]    NONE
    ${batch} =    Start Batch Research    ${MORE_WITH_CO}    concurrency=20
    Follow Batch    ${batch}
    ${suggestions} =    Discover Widely    suggestions    co
    Limit Should Be Exact    ${suggestions}    not sent


*** Keywords ***
Discover All
    [Documentation]    Companies of several kinds are researched, and discovered without filters to compare with.
    FOR    ${company}    IN    @{COMPANIES}
        Research Company    ${company}
    END
    ${all} =    Discover Similar Companies    Stripe    limit=20    threshold=0.1    sources=vector
    Results Should Be Sound    ${all}    at_least=6
    VAR    ${ALL} =    ${all}    scope=SUITE
    ${job} =    Discover Widely    job    Stripe    source=vector
    VAR    ${JOB} =    ${job}    scope=SUITE
    ${quick} =    Discover Widely    quick    Stripe
    VAR    ${QUICK} =    ${quick}    scope=SUITE
    ${suggestions} =    Discover Widely    suggestions    co
    VAR    ${SUGGESTIONS} =    ${suggestions}    scope=SUITE
