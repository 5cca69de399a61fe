*** Settings ***
Documentation       How the API behaves at its edges: methods, origins, hosts, headers, errors, forgotten operations.
Metadata            Scenario    api_security

Library             SecurityLibrary

Test Template       API Should Withstand
Test Tags           area:security    control:CIS-16.1    control:NIST-800-53-CM-7    control:SOC2-CC6.6    owasp:A02-2025
...                 owasp:A05-2021    owasp:API8-2023    scenario:api_security


*** Test Cases ***    ATTACK    ALLOW_CHANGES
Methods
    [Documentation]    Only documented methods are served, and TRACE repeats nothing.
    [Tags]    attack:methods
    methods    allow_changes=True

Origins
    [Documentation]    Pages of foreign sites cannot read answers.
    [Tags]    attack:cors
    cors    allow_changes=True

Hosts
    [Documentation]    What a request says of its host leads nobody anywhere.
    [Tags]    attack:host-header
    host-header    allow_changes=True

Headers
    [Documentation]    Every kind of answer carries the security headers.
    [Tags]    attack:security-headers
    security-headers    allow_changes=True

Banners
    [Documentation]    No answer tells what the system runs on.
    [Tags]    attack:banner
    banner    allow_changes=True

Errors
    [Documentation]    No error tells of the inside.
    [Tags]    attack:stack-trace
    stack-trace    allow_changes=True

Answers As Documented
    [Documentation]    Status, media type and properties are those of the document.
    [Tags]    attack:contract
    contract    allow_changes=True

Forgotten Operations
    [Documentation]    Nothing is served that is not documented.
    [Tags]    attack:undocumented
    undocumented

Headers Once
    [Documentation]    No header that says something comes twice with two values.
    [Tags]    attack:doubled-headers
    doubled-headers    allow_changes=True

Methods For Other Origins
    [Documentation]    A preflight allows no method that the route does not have.
    [Tags]    attack:cors-methods
    cors-methods    allow_changes=True

Errors Of One Form
    [Documentation]    All errors have the same form.
    [Tags]    attack:error-shapes
    error-shapes    allow_changes=True

Undocumented Answers
    [Documentation]    No answer has a status or a property that the document does not name.
    [Tags]    attack:undocumented-answers
    undocumented-answers    allow_changes=True

Limits Say When To Try Again
    [Documentation]    A refusal for too many requests says when to try again.
    [Tags]    attack:retry-after
    retry-after    allow_changes=True

Requests At Once
    [Documentation]    What may be done once is done once, and many requests at once make nothing fail.
    [Tags]    attack:race    owasp:API6-2023
    race    allow_changes=True
