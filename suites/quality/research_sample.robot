*** Settings ***
Documentation       A sample of eight researches, thick and thin, in several languages: complete, accurate, valid, fresh, without
...                 doubles, and each fact on a page that was read.
Metadata            Scenario    research_sample

Resource            theodore/quality.resource

Suite Setup         Research The Sample    @{SAMPLE}

Test Tags           scenario:research_sample


*** Variables ***
@{SAMPLE}
...                 Salesforce
...                 Stripe
...                 Shopify
...                 Toyota Motor Corporation
...                 SAP
...                 Linear
...                 Acme Startup Inc
...                 Local Artisan Bakery
@{FIELDS_OF_ALL}
...                 name
...                 domain
...                 website
...                 description
...                 industry
...                 business_model
...                 company_size
...                 headquarters
...                 employee_count
...                 ai_summary
...                 data_sources


*** Test Cases ***
Fields That Each Company States Are Filled
    [Documentation]    What the pages of each company in the sample state is in each record.
    Records Should Be Complete    ${RECORDS}    @{FIELDS_OF_ALL}

Fields That Most Companies State Are Filled
    [Documentation]    What seven of eight companies state is in their records.
    Records Should Be Complete    ${RECORDS}    founded_year    at_least=0.85

Records Of The Sample Have Quality
    [Documentation]    The mean score over all fields is at least 0.8, and no record is below 0.4.
    Batch Should Have Quality    ${RECORDS}    ${INTELLIGENCE_FIELDS}    at_least=0.8    worst=0.4

Known Facts Are Right
    [Documentation]    Over all researches each fact whose true value is known is right.
    Researches Should Be True    ${RESEARCHES}    ${TRUTHS}

Facts Stand On Pages That Were Read
    [Documentation]    Over all researches each stated fact is on a page that was read for it.
    Facts Should Be Attributed    ${RESEARCHES}

Values Are Valid
    [Documentation]    Numbers, years, addresses and times keep their form and their limits.
    [Template]    Records Should Be Valid
    ${RECORDS}    founded_year    minimum=1000    maximum=2100
    ${RECORDS}    employee_count    minimum=1    maximum=10000000
    ${RECORDS}    confidence_score    minimum=0    maximum=1
    ${RECORDS}    website    pattern=^https://[a-z0-9.-]+$
    ${RECORDS}    contact_email    pattern=^[^@ ]+@[^@ ]+$
    ${RECORDS}    last_updated    pattern=^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+]00:00)$

Records Are Fresh
    [Documentation]    Each record says that it was made now: not a day ago, not in the future.
    Records Should Be Fresh    ${RECORDS}    last_updated    days=1

Companies Are Distinguished
    [Documentation]    No two records bear one domain.
    Records Should Be Unique    ${RECORDS}    domain

Items Are Listed Once
    [Documentation]    No product and no competitor stands twice in a record.
    [Template]    Items Should Be Listed Once
    products
    competitors
    data_sources


*** Keywords ***
Items Should Be Listed Once
    [Documentation]    No item of a list stands twice in one record.
    [Arguments]    ${field}
    ${items} =    Items Of The Sample    ${field}
    Records Should Be Unique    ${items}    company    item
