*** Settings ***
Documentation       A startup with hardly any presence is found by a second search and researched from its page.
Metadata            Scenario    emerging_startup_research

Resource            theodore/research.resource

Suite Setup         Research The Company    Acme Startup Inc

Test Tags           area:research    scenario:emerging_startup_research    company:Acme_Startup_Inc


*** Variables ***
${SCENARIO}         emerging_startup_research


*** Test Cases ***
Company Is Found
    [Documentation]    The startup is found under its own domain.
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

Domain Is Discovered
    [Documentation]    The domain is found without being given.
    [Tags]    control:SOC2-PI1.3
    [Template]    Outcome
    domain_discovery_success

Fallback Search Is Used
    [Documentation]    The search service is asked a second time, since the first search knows nothing.
    [Tags]    control:SOC2-PI1.3
    [Template]    Outcome
    fallback_search_utilized

Record Is Complete Enough
    [Documentation]    At least 60 % of the basic fields hold something.
    [Tags]    control:SOC2-PI1.3
    [Template]    Completeness
    0.6    @{BASIC_FIELDS}

Domain Discovery Is Accurate
    [Documentation]    The domain is the startup's own.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    domain_discovery_accuracy

Search Results Are Relevant
    [Documentation]    Only pages of the startup itself are used.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    search_result_relevance

Company Is Validated
    [Documentation]    What was found is the company that was asked for.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    company_validation

Known Facts Are Accurate
    [Documentation]    Every fact whose true value is known is right.
    [Tags]    control:SOC2-PI1.3    area:industry    check:data-quality
    Accuracy

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

Domain Discovery Is In Time
    [Documentation]    Finding the domain ends within its limit.
    [Tags]    control:SOC2-A1.1    check:performance
    [Template]    Duration
    domain_discovery_duration_seconds    ${SCENARIO}

Fallback Search Is In Time
    [Documentation]    Both searches together end within the limit of the second.
    [Tags]    control:SOC2-A1.1    check:performance
    [Template]    Duration
    fallback_search_duration_seconds    ${SCENARIO}
