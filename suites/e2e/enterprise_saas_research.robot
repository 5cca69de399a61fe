*** Settings ***
Documentation       A well known enterprise software company is researched completely, correctly and in time.
Metadata            Scenario    enterprise_saas_research

Resource            theodore/research.resource

Suite Setup         Research The Company    Salesforce

Test Tags           area:research    scenario:enterprise_saas_research    company:Salesforce


*** Variables ***
${SCENARIO}         enterprise_saas_research


*** Test Cases ***
Company Is Found
    [Documentation]    The company is found under its own domain, with data, and the record names it.
    [Tags]    control:SOC2-PI1.3
    [Template]    Outcome
    company_found    True

Record Is About Its Own Company
    [Documentation]    The record stands on pages of the company's own site, and its fields are what they are for.
    [Tags]    control:SOC2-PI1.3
    Research Should Be About Its Own Company    ${RESEARCH}

Dependencies Are Called
    [Documentation]    Search, web site, AI provider and vector store were really called.
    [Tags]    control:SOC2-PI1.3
    Dependencies Should Have Been Called    ${RESEARCH}

Industry Is Identified
    [Documentation]    The industry is the company's true one.
    [Tags]    control:SOC2-PI1.3    area:industry
    [Template]    Outcome
    industry_identified

Business Model Is Detected
    [Documentation]    The business model is the company's true one.
    [Tags]    control:SOC2-PI1.3
    [Template]    Outcome
    business_model_detected

Competitors Are Analysed
    [Documentation]    Competitors and advantages are named.
    [Tags]    control:SOC2-PI1.3
    [Template]    Outcome
    competitive_analysis

Record Is Complete
    [Documentation]    At least 80 % of the fields that count hold something.
    [Tags]    control:SOC2-PI1.3
    [Template]    Completeness
    0.8

Known Facts Are Accurate
    [Documentation]    Every fact whose true value is known is right.
    [Tags]    control:SOC2-PI1.3    area:industry    check:data-quality
    Accuracy

Company Name Is Accurate
    [Documentation]    The record bears the company's name.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    company_name_accuracy

Industry Classification Is Accurate
    [Documentation]    The classification is the true one.
    [Tags]    control:SOC2-PI1.3    area:industry    check:data-quality
    [Template]    Quality Check
    industry_classification_accuracy

Business Model Detection Is Accurate
    [Documentation]    The detected model is the true one.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    business_model_detection

Website Is Extracted
    [Documentation]    Website and domain are the company's own.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    website_extraction

Description Says Something
    [Documentation]    The description is long enough and about the company.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    description_quality

Record Is Consistent
    [Documentation]    The record does not contradict itself.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    data_consistency

Whole Research Is In Time
    [Documentation]    The research ends within the scenario's limit.
    [Tags]    control:SOC2-A1.1    check:performance
    [Template]    Duration
    total_duration_seconds    ${SCENARIO}

Analysis Is In Time
    [Documentation]    The AI provider's part ends within its limit.
    [Tags]    control:SOC2-A1.1    check:performance
    [Template]    Duration
    ai_operation_duration_seconds    ${SCENARIO}

Scraping Is In Time
    [Documentation]    Reading the site ends within its limit.
    [Tags]    control:SOC2-A1.1    check:performance
    [Template]    Duration
    scraping_duration_seconds    ${SCENARIO}
