*** Settings ***
Documentation       The limits of a research request are inclusive, and what lies beyond is refused.
Metadata            Scenario    promises_research_requests

Library             ApiLibrary

Test Tags           area:promises    control:SOC2-PI1.3    scenario:promises_research_requests
Test Template       Research Request Is Answered


*** Test Cases ***
Name 0
    422    ${{{"company_name": "Q" * 0}}}

Name 1
    200    ${{{"company_name": "Q" * 1}}}

Name 200
    200    ${{{"company_name": "Q" * 200}}}

Name 201
    422    ${{{"company_name": "Q" * 201}}}

Tags 10
    200    ${{{"tags": [str(number) for number in range(10)]}}}

Tags 11
    422    ${{{"tags": [str(number) for number in range(11)]}}}

Timeout 29
    422    ${{{"timeout_seconds": 29}}}

Timeout 30
    200    ${{{"timeout_seconds": 30}}}

Timeout 3600
    200    ${{{"timeout_seconds": 3600}}}

Timeout 3601
    422    ${{{"timeout_seconds": 3601}}}

Priority Low
    200    ${{{"priority": "low"}}}

Priority Normal
    200    ${{{"priority": "normal"}}}

Priority High
    200    ${{{"priority": "high"}}}

Priority Urgent
    200    ${{{"priority": "urgent"}}}

Priority Unknown
    422    ${{{"priority": "soon"}}}

Company Name Missing
    [Template]    Request Should Be Answered
    POST    /research    422    {}


*** Keywords ***
Research Request Is Answered
    [Documentation]    A research of a company that does not exist, with these fields; the answer has its whole name.
    [Arguments]    ${status}    ${fields}
    VAR    ${body} =    ${{ {"company_name": "Fake Corp ABC456"} | $fields }}
    ${answer} =    Request Should Be Answered    POST    /research    ${status}    ${body}
    IF    ${status} == 200    Should Be Equal    ${answer}[company_name]    ${body}[company_name]
