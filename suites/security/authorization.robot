*** Settings ***
Documentation       Who signed in sees and does what is theirs.
Metadata            Scenario    authorization

Library             SecurityLibrary

Test Template       API Should Withstand
Test Tags           area:security    control:CIS-6.8    control:NIST-800-53-AC-3    owasp:A01-2021    owasp:A01-2025
...                 scenario:authorization


*** Test Cases ***    ATTACK    ALLOW_CHANGES
Other Tenants' Objects
    [Documentation]    A tenant cannot read or change the jobs of another by their identifiers.
    [Tags]    attack:tenant-level    control:SOC2-CC6.3    owasp:API1-2023
    tenant-level    allow_changes=True

Administration
    [Documentation]    Administrative operations refuse ordinary accounts.
    [Tags]    attack:function-level    control:SOC2-CC6.3    owasp:API5-2023
    function-level    allow_changes=True

Properties That Nobody May Set
    [Documentation]    Role, tenant and quota do not change because they were sent.
    [Tags]    attack:mass-assignment    control:SOC2-CC6.3    owasp:API3-2023
    mass-assignment    allow_changes=True

Internal Properties
    [Documentation]    No answer holds digests, salts or passwords.
    [Tags]    attack:excessive-data    control:GDPR-25    control:SOC2-CC6.1    owasp:API3-2023
    excessive-data    allow_changes=True

Requests That Speak For Themselves
    [Documentation]    No header, cookie, query or spelling of a path makes more of its sender.
    [Tags]    attack:path-spelling    attack:trusted-headers    control:SOC2-CC6.3    owasp:API5-2023
    trusted-headers    path-spelling    allow_changes=True
