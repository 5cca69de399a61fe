*** Settings ***
Documentation       A research can be followed, cancelled and found again, and what cannot be done is refused clearly.
Metadata            Scenario    research_lifecycle

Resource            theodore/research.resource

Suite Setup         Research The Company    Salesforce

Test Tags           area:lifecycle    scenario:research_lifecycle


*** Variables ***
&{STAY}             quick=1 s    full=15 s


*** Test Cases ***
Record Is About Its Own Company
    [Documentation]    The record stands on pages of the company's own site, and its fields are what they are for.
    [Tags]    control:SOC2-PI1.3    company:Salesforce    area:data    area:research
    Research Should Be About Its Own Company    ${RESEARCH}

Known Facts Are Accurate
    [Documentation]    Every fact whose true value is known is right.
    [Tags]    control:SOC2-PI1.3    area:data    area:research    area:industry    check:data-quality
    Accuracy

Progress Never Goes Back
    [Documentation]    Percentage, steps and times of a research only go forward.
    [Tags]    control:SOC2-PI1.3    company:Salesforce
    Progress Should Never Go Back    ${RESEARCH}

Phases Add Up
    [Documentation]    All phases were gone through, and their durations agree with what was observed.
    [Tags]    control:SOC2-PI1.3    company:Salesforce    area:data
    Phases Should Add Up    ${RESEARCH}

Finished Research Is Found Again
    [Documentation]    A finished research is found each time it is asked for, with the same result.
    [Tags]    control:SOC2-PI1.5
    ${research} =    Research Company    Slack
    Research Should Stay Found    ${research}    duration=${STAY}[${PROFILE}]

Forbidden Pages Are Not Read
    [Documentation]    What the company's robots.txt disallows is left alone.
    [Tags]    control:SOC2-PI1.2    company:Salesforce    area:data    area:research
    Forbidden Pages Should Not Be Read    ${RESEARCH}    /internal/

Given Website Is Used
    [Documentation]    Who knows the website need not have it searched for: that site is read, and the record names it.
    [Tags]    control:SOC2-PI1.3    area:research
    Make Dependency Misbehave    search    status=503
    ${research} =    Research Company    Figma    website=https://www.figma.com
    Given Website Should Be Used    ${research}

Running Research Can Be Cancelled
    [Documentation]    A cancelled research stops working: no dependency is called any more.
    [Tags]    control:SOC2-PI1.3    area:cancel
    ${research} =    Start Research    Salesforce
    Cancel Research    ${research}
    Get Research Status    ${research}    ==    cancelled

Finished Research Cannot Be Cancelled
    [Documentation]    The cancel of a finished research is refused and changes nothing.
    [Tags]    control:SOC2-PI1.3    area:cancel
    ${research} =    Research Company    Fake Corp ABC456
    Finished Research Should Not Be Cancelled    ${research}

Unknown Research Is Not Found
    [Documentation]    A research that does not exist is answered 404 in the contract's error shape.
    [Tags]    control:SOC2-PI1.3    area:error-shape
    [Template]    Unknown Research Should Be Refused
    GET

Unknown Progress Is Not Found
    [Documentation]    The progress of a research that does not exist is answered 404.
    [Tags]    control:SOC2-PI1.3    area:error-shape
    [Template]    Unknown Research Should Be Refused
    GET    /progress

Unknown Research Cannot Be Cancelled
    [Documentation]    The cancel of a research that does not exist is answered 404.
    [Tags]    control:SOC2-PI1.3    area:error-shape
    [Template]    Unknown Research Should Be Refused
    DELETE
