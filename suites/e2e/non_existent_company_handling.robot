*** Settings ***
Documentation       A company that does not exist is not invented: the research fails clearly and says what to do.
Metadata            Scenario    non_existent_company_handling

Resource            theodore/research.resource

Suite Setup         Research The Company    Definitely Not A Real Company XYZ123

Test Tags           area:research    area:not-found    scenario:non_existent_company_handling
...                 company:Definitely_Not_A_Real_Company_XYZ123


*** Variables ***
${SCENARIO}         non_existent_company_handling


*** Test Cases ***
Company Is Not Found
    [Documentation]    The research fails and produces no record.
    [Tags]    control:SOC2-PI1.3
    [Template]    Outcome
    company_found    False

Error Is Handled Gracefully
    [Documentation]    The failure has the contract's shape and no internals, and the system stays healthy.
    [Tags]    control:SOC2-PI1.3
    [Template]    Outcome
    error_handling_graceful

A Name That Nobody Bears Is Not Found
    [Documentation]    A company that was made up for this run has no record, whatever a system may know by heart.
    [Tags]    control:SOC2-PI1.3
    ${company} =    Create Company
    ${research} =    Research Company    ${company}[name]
    Outcome Should Be    ${research}    company_found    False    truth=${company}

Directories Are Asked Too
    [Documentation]    Before it is given up, the company is looked for in directories, and the phase says so.
    [Tags]    control:SOC2-PI1.3
    [Template]    Outcome
    fallback_search_utilized

Suggestions Are Given
    [Documentation]    The answer says what can be done next.
    [Tags]    control:SOC2-PI1.3
    [Template]    Outcome
    fallback_suggestions_provided

Near Names Are Suggested
    [Documentation]    Whoever misspells a company that is known gets its name: letters swapped, left out, doubled.
    [Tags]    control:SOC2-PI1.3
    [Template]    Research Names The Company Meant
    Slakc    Slack
    Figm    Figma
    Stripee    Stripe

Nothing Is Made Up
    [Documentation]    No record is made up, nothing is analysed or stored.
    [Tags]    control:SOC2-PI1.3
    [Template]    Outcome
    no_false_positives

False Positives Are Prevented
    [Documentation]    No record is made up, nothing is analysed or stored.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    false_positive_prevention

Error Message Is Clear
    [Documentation]    The error names the company, says what to do and holds no internals.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    error_message_clarity

Suggestions Are Relevant
    [Documentation]    Each suggestion is a similar name or an advice.
    [Tags]    control:SOC2-PI1.3    check:data-quality
    [Template]    Quality Check
    suggestion_relevance

Whole Research Is In Time
    [Documentation]    The research ends within the scenario's limit.
    [Tags]    control:SOC2-A1.1    check:performance
    [Template]    Duration
    total_duration_seconds    ${SCENARIO}

Error Is Detected In Time
    [Documentation]    That there is no such company is known within its limit.
    [Tags]    control:SOC2-A1.1    check:performance
    [Template]    Duration
    error_detection_duration_seconds    ${SCENARIO}


*** Keywords ***
Research Names The Company Meant
    [Documentation]    A research of a misspelt name fails with the right one.
    [Arguments]    ${misspelt}    ${meant}
    ${research} =    Research Company    ${misspelt}
    Get Research Status    ${research}    ==    failed
    Get Research Error    ${research}    contains    ${meant}
