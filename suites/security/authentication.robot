*** Settings ***
Documentation       Who did not sign in is served nothing but what is public, and who tries passwords is stopped.
Metadata            Scenario    authentication

Library             SecurityLibrary

Test Template       API Should Withstand
Test Tags           area:security    control:CIS-6.3    control:NIST-800-53-IA-2    control:SOC2-CC6.1    owasp:A07-2021
...                 owasp:A07-2025    owasp:API2-2023    scenario:authentication


*** Test Cases ***    ATTACK    ALLOW_CHANGES
Nobody Is Served Without Signing In
    [Documentation]    Each operation that is not public refuses nobody, and credentials that are none.
    [Tags]    attack:missing-authentication    control:HIPAA-164.312
    missing-authentication    allow_changes=True

Names Cannot Be Found Out
    [Documentation]    Wrong passwords are refused alike, in text, status and time, whether the name exists or not.
    [Tags]    attack:user-enumeration    penetration
    user-enumeration

Usual Passwords Open Nothing
    [Documentation]    No account has a usual name and password.
    [Tags]    attack:default-credentials    control:PCI-DSS-2.2.2    penetration
    default-credentials

Passwords Cannot Be Tried For Ever
    [Documentation]    After some wrong passwords for one name there is a pause.
    [Tags]    attack:brute-force    control:PCI-DSS-8.3.4    penetration
    brute-force

The Pause Cannot Be Passed
    [Documentation]    No header about where a request comes from passes the pause.
    [Tags]    attack:limit-bypass    control:PCI-DSS-8.3.4    penetration
    limit-bypass

Weak Passwords Are Refused
    [Documentation]    Short and well-known passwords are not taken.
    [Tags]    attack:password-policy    control:PCI-DSS-8.3.6
    password-policy    allow_changes=True
