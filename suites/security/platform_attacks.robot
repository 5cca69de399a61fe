# robocop: off=TAG05  # the tag of the folder above can be taken from each test alone
*** Settings ***
Documentation       What an attacker would try on PromptCraft: who is let in, what is sent, what answers carry, and the transport.
Metadata            Scenario    platform_attacks

Library             SecurityLibrary

Test Template       API Should Withstand
Test Tags           area:security    scenario:platform_attacks    system:promptcraft


*** Test Cases ***    ATTACK    ALLOW_CHANGES
Nobody Is Served Without Signing In
    [Documentation]    Each operation that is not public refuses nobody, and credentials that are none.
    [Tags]    -system:theodore    attack:missing-authentication    control:SOC2-CC6.1    owasp:API2-2023
    missing-authentication    allow_changes=True

Names Cannot Be Found Out
    [Documentation]    Wrong passwords are refused alike, whether the name exists or not, and usual ones open nothing.
    [Tags]    -system:theodore    attack:default-credentials    attack:user-enumeration    control:SOC2-CC6.1    penetration
    user-enumeration    default-credentials

Forged Tokens
    [Documentation]    Tokens that are unsigned, signed otherwise, or signed by a guessed key open nothing.
    [Tags]    -system:theodore    attack:jwt-kid    attack:jwt-none    attack:jwt-signature    attack:jwt-weak-key
    ...       control:SOC2-CC6.1    owasp:API2-2023    penetration
    jwt-none    jwt-signature    jwt-weak-key    jwt-kid

Genuine Tokens Out Of Place
    [Documentation]    Tokens out of their time, of another issuer, for another use, or of an ended session open nothing.
    [Tags]    -system:theodore    attack:token-after-logout    attack:token-expired    attack:token-foreign
    ...       attack:token-not-yet-valid    attack:token-use    control:SOC2-CC6.1    owasp:API2-2023
    token-expired    token-not-yet-valid    token-foreign    token-use    token-after-logout    allow_changes=True

Administration
    [Documentation]    Administrative operations refuse ordinary accounts.
    [Tags]    -system:theodore    attack:function-level    control:SOC2-CC6.3    owasp:API5-2023
    function-level    allow_changes=True

Database
    [Documentation]    No value reaches a database as SQL or as an operator of a document store.
    [Tags]    -system:theodore    attack:nosql-injection    attack:sql-injection    control:SOC2-CC6.6    owasp:A05-2025
    sql-injection    nosql-injection    allow_changes=True

Database Of Analytics
    [Documentation]    Nor does a filter of analytics, which an analyst sends.
    [Tags]    -system:theodore    attack:nosql-injection    attack:sql-injection    control:SOC2-CC6.6    owasp:A05-2025
    sql-injection    nosql-injection    identity=analyst

Shell And Templates
    [Documentation]    No value reaches a shell, a template or a header of the answer.
    [Tags]    -system:theodore    attack:command-injection    attack:header-injection    attack:template-injection
    ...       control:SOC2-CC6.6    owasp:A05-2025    penetration
    command-injection    template-injection    header-injection    allow_changes=True

Headers
    [Documentation]    Every kind of answer carries the security headers, once, and tells nothing of what it runs on.
    [Tags]    -system:theodore    attack:banner    attack:doubled-headers    attack:security-headers    control:SOC2-CC6.6
    ...       owasp:API8-2023
    security-headers    doubled-headers    banner    allow_changes=True

Origins And Methods
    [Documentation]    Pages of foreign sites read nothing, and only documented methods are served.
    [Tags]    -system:theodore    attack:cors    attack:cors-methods    attack:host-header    attack:methods
    ...       control:SOC2-CC6.6    owasp:API8-2023
    cors    cors-methods    methods    host-header    allow_changes=True

Errors
    [Documentation]    What is not valid is refused, and no error tells of the inside, whoever may send the most.
    [Tags]    -system:theodore    attack:server-error    attack:stack-trace    control:SOC2-PI1.2    owasp:API8-2023
    stack-trace    server-error    allow_changes=True    identity=admin

Transport
    [Documentation]    TLS 1.2 and later, no weak cipher, a valid certificate, and browsers are asked to stay.
    [Tags]    -system:theodore    attack:hsts    attack:tls-certificate    attack:tls-versions    control:SOC2-CC6.7
    [Template]    NONE
    Transport Should Be Encrypted
