*** Settings ***
Documentation       What is sent as a value stays a value: in queries, templates and pages.
Metadata            Scenario    input_validation

Library             SecurityLibrary

Test Template       API Should Withstand
Test Tags           area:security    control:CIS-16.10    control:NIST-800-53-SI-10    control:PCI-DSS-6.2.4    control:SOC2-CC6.6
...                 owasp:A03-2021    owasp:A05-2025    scenario:input_validation


*** Test Cases ***    ATTACK    ALLOW_CHANGES
SQL Injection
    [Documentation]    A quote, a condition or a pause in a value never reaches the database as SQL.
    [Tags]    attack:sql-injection
    sql-injection    allow_changes=True

Template Injection
    [Documentation]    An expression in a value is never computed.
    [Tags]    attack:template-injection
    template-injection    allow_changes=True

Script Injection
    [Documentation]    No page holds a value as markup that a browser would run.
    [Tags]    attack:reflected-xss
    reflected-xss    allow_changes=True
