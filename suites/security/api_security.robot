*** Settings ***
Documentation       How the API behaves at its edges: methods, origins, hosts, headers, errors, forgotten operations.
Metadata            Scenario    api_security

Library             SecurityLibrary

Test Template       API Should Withstand
Test Tags           area:security    control:soc2-cc6.6    owasp:a02-2025    owasp:a05-2021    owasp:api8-2023
...                 scenario:api_security


*** Test Cases ***    ATTACK    ALLOW_CHANGES
Methods
    [Documentation]    Only documented methods are served, and TRACE repeats nothing.
    methods    allow_changes=True

Origins
    [Documentation]    Pages of foreign sites cannot read answers.
    cors

Hosts
    [Documentation]    What a request says of its host leads nobody anywhere.
    host-header

Headers
    [Documentation]    Every kind of answer carries the security headers.
    security-headers

Banners
    [Documentation]    No answer tells what the system runs on.
    banner

Errors
    [Documentation]    No error tells of the inside.
    stack-trace    allow_changes=True

Forgotten Operations
    [Documentation]    Nothing is served that is not documented.
    undocumented
