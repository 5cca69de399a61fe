*** Settings ***
Documentation       The limits of a discovery request are inclusive, and what lies beyond is refused.
Metadata            Scenario    promises_discovery_requests

Library             ApiLibrary

Test Tags           area:promises    control:SOC2-PI1.3    scenario:promises_discovery_requests
Test Template       Discovery Request Is Answered


*** Test Cases ***
Name 0
    422    ${{{"company_name": "Q" * 0}}}

Name 1
    200    ${{{"company_name": "Q" * 1}}}

Name 200
    200    ${{{"company_name": "Q" * 200}}}

Name 201
    422    ${{{"company_name": "Q" * 201}}}

Limit 0
    422    ${{{"limit": 0}}}

Limit 1
    200    ${{{"limit": 1}}}

Limit 100
    200    ${{{"limit": 100}}}

Limit 101
    422    ${{{"limit": 101}}}

Threshold Below 0
    422    ${{{"similarity_threshold": -0.01}}}

Threshold 0
    200    ${{{"similarity_threshold": 0}}}

Threshold 1
    200    ${{{"similarity_threshold": 1}}}

Threshold Above 1
    422    ${{{"similarity_threshold": 1.01}}}

Priorities
    [Documentation]    Each priority is taken, and no other.
    FOR    ${priority}    IN    low    normal    high    urgent
        200    ${{ {"priority": $priority} }}
    END
    422    ${{ {"priority": "soon"} }}

Sources 10
    200    ${{{"source_preference": ["vector"] * 10}}}

Sources 11
    422    ${{{"source_preference": ["vector"] * 11}}}

Locations 20
    200    ${{{"filters": {"location": ["Paris"] * 20}}}}

Locations 21
    422    ${{{"filters": {"location": ["Paris"] * 21}}}}

Founded After 1799
    422    ${{{"filters": {"founded_after": 1799}}}}

Founded After 1800
    200    ${{{"filters": {"founded_after": 1800}}}}

Founded After 2025
    200    ${{{"filters": {"founded_after": 2025}}}}

Founded After 2026
    422    ${{{"filters": {"founded_after": 2026}}}}

Founded Before 1799
    422    ${{{"filters": {"founded_before": 1799}}}}

Founded Before 1800
    200    ${{{"filters": {"founded_before": 1800}}}}

Founded Before 2025
    200    ${{{"filters": {"founded_before": 2025}}}}

Founded Before 2026
    422    ${{{"filters": {"founded_before": 2026}}}}

Founded Reversed
    422    ${{{"filters": {"founded_after": 2011, "founded_before": 2010}}}}

Min Employees Below 0
    422    ${{{"filters": {"min_employees": -1}}}}

Min Employees 0
    200    ${{{"filters": {"min_employees": 0}}}}

Max Employees Below 0
    422    ${{{"filters": {"max_employees": -1}}}}

Max Employees 0
    200    ${{{"filters": {"max_employees": 0}}}}

Employees Equal
    200    ${{{"filters": {"min_employees": 9, "max_employees": 9}}}}

Employees Reversed
    422    ${{{"filters": {"min_employees": 10, "max_employees": 9}}}}

Excluded Companies 50
    200    ${{{"filters": {"exclude_companies": ["word"] * 50}}}}

Excluded Companies 51
    422    ${{{"filters": {"exclude_companies": ["word"] * 51}}}}

Included Keywords 20
    200    ${{{"filters": {"include_keywords": ["word"] * 20}}}}

Included Keywords 21
    422    ${{{"filters": {"include_keywords": ["word"] * 21}}}}

Excluded Keywords 20
    200    ${{{"filters": {"exclude_keywords": ["word"] * 20}}}}

Excluded Keywords 21
    422    ${{{"filters": {"exclude_keywords": ["word"] * 21}}}}

Business Model Unknown Value
    422    ${{{"filters": {"business_model": ["fintech"]}}}}

Company Size Unknown Value
    422    ${{{"filters": {"company_size": ["fintech"]}}}}

Tech Sophistication Unknown Value
    422    ${{{"filters": {"tech_sophistication": ["fintech"]}}}}

Industry Unknown Value
    422    ${{{"filters": {"industry": ["fintech"]}}}}

Company Name Missing
    [Template]    Request Should Be Answered
    POST    /discover    422    {}


*** Keywords ***
Discovery Request Is Answered
    [Documentation]    A discovery for a company that does not exist, with these fields.
    [Arguments]    ${status}    ${fields}
    VAR    ${body} =    ${{ {"company_name": "Fake Corp ABC456"} | $fields }}
    Request Should Be Answered    POST    /discover    ${status}    ${body}
