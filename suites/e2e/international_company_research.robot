*** Settings ***
Documentation       An international company with pages in several languages is researched without loss.
Metadata            Scenario    international_company_research

Resource            theodore/research.resource

Suite Setup         Research The Company    Toyota Motor Corporation

Test Tags           area:research    scenario:international_company_research    company:Toyota_Motor_Corporation


*** Variables ***
${SCENARIO}         international_company_research


*** Test Cases ***
Company Is Found
    [Documentation]    The company is found under its own domain.
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

International Data Are Handled
    [Documentation]    Headquarters and domain are right and no text is damaged.
    [Tags]    control:SOC2-PI1.3
    [Template]    Outcome
    international_data_handling

Languages Are Processed
    [Documentation]    Facts that stand only on Japanese pages are in the record.
    [Tags]    control:SOC2-PI1.3
    [Template]    Outcome
    multi_language_processing

Cultural Context Is Kept
    [Documentation]    The summary keeps the company's own name in its language.
    [Tags]    control:SOC2-PI1.3
    [Template]    Outcome
    cultural_context_awareness

International Data Are Accurate
    [Documentation]    Founding year and headquarters are the true ones.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    international_data_accuracy

Language Processing Is Lossless
    [Documentation]    What was read in another language arrived whole.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    language_processing_quality

Cultural Context Is Preserved
    [Documentation]    The company's own name in its language is preserved.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    cultural_context_preservation

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

Language Processing Is In Time
    [Documentation]    Reading all languages ends within its limit.
    [Tags]    control:SOC2-A1.1    check:performance
    [Template]    Duration
    language_processing_duration_seconds    ${SCENARIO}
