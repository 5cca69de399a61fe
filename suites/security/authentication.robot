*** Settings ***
Documentation       Who did not sign in is served nothing but what is public, and who tries passwords is stopped.
Metadata            Scenario    authentication

Library             SecurityLibrary

Test Template       API Should Withstand
Test Tags           area:security    owasp:a07-2021    owasp:a07-2025    owasp:api2-2023    scenario:authentication


*** Test Cases ***    ATTACK    ALLOW_CHANGES
Nobody Is Served Without Signing In
    [Documentation]    Each operation that is not public refuses nobody, and credentials that are none.
    [Tags]    control:soc2-cc6.1    control:hipaa-164.312-d
    missing-authentication    allow_changes=True

Names Cannot Be Found Out
    [Documentation]    Wrong passwords are refused alike, in text, status and time, whether the name exists or not.
    [Tags]    control:soc2-cc6.1
    user-enumeration

Usual Passwords Open Nothing
    [Documentation]    No account has a usual name and password.
    [Tags]    control:pci-2.2.2    control:soc2-cc6.1
    default-credentials

Passwords Cannot Be Tried For Ever
    [Documentation]    After some wrong passwords for one name there is a pause.
    [Tags]    control:pci-8.3.4    control:soc2-cc6.1
    brute-force

The Pause Cannot Be Passed
    [Documentation]    No header about where a request comes from passes the pause.
    [Tags]    control:pci-8.3.4    control:soc2-cc6.1
    limit-bypass

Weak Passwords Are Refused
    [Documentation]    Short and well-known passwords are not taken.
    [Tags]    control:pci-8.3.6    control:soc2-cc6.1
    password-policy    allow_changes=True
