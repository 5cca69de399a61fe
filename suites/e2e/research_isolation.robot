*** Settings ***
Documentation       Researches one after another keep to their own company: nothing of one is found in another.
Metadata            Scenario    research_isolation

Resource            theodore/research.resource

Suite Setup         Research Several Companies

Test Tags           area:research    control:SOC2-PI1.3    scenario:research_isolation


*** Variables ***
# Research Several Companies sets it.
@{RESEARCHES}       @{EMPTY}


*** Test Cases ***
First Research Is About Its Own Company
    [Documentation]    The record names the company and stands on pages of its own site.
    Research Should Be About Its Own Company    ${RESEARCHES}[0]

Second Research Is About Its Own Company
    [Documentation]    The record names the company and stands on pages of its own site.
    Research Should Be About Its Own Company    ${RESEARCHES}[1]

Third Research Is About Its Own Company
    [Documentation]    The record names the company and stands on pages of its own site.
    Research Should Be About Its Own Company    ${RESEARCHES}[2]

Facts Of All Researches Are Accurate
    [Documentation]    Every fact whose true value is known is right in each of the researches.
    [Tags]    area:industry    check:data-quality
    FOR    ${research}    IN    @{RESEARCHES}
        ${truth} =    Get Company    ${research.company}
        Record Should Be Accurate    ${research.record}    ${truth}[expected]    subject=${research.company}
    END

Confidence Tells Thick From Thin
    [Documentation]    A well documented company gets a clearly higher confidence than a hardly documented one.
    [Tags]    area:confidence
    Confidence Should Be Higher    ${RESEARCHES}[0]    than=${RESEARCHES}[2]


*** Keywords ***
Research Several Companies
    [Documentation]    Researches three companies one after another with one identity.
    VAR    @{researches} =    @{EMPTY}
    FOR    ${company}    IN    Salesforce    SAP    Acme Startup Inc
        ${research} =    Research Company    ${company}
        Append To List    ${researches}    ${research}
    END
    VAR    @{RESEARCHES} =    @{researches}    scope=SUITE
