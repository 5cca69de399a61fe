*** Settings ***
Documentation       Keys, passwords and data of persons stay where they belong.
Metadata            Scenario    data_protection

Library             SecurityLibrary

Test Template       API Should Withstand
Test Tags           area:security    control:CCPA-1798.150    control:CIS-3.11    control:GDPR-32
...                 control:NIST-800-53-SC-28    owasp:A02-2021    owasp:A04-2025    scenario:data_protection


*** Test Cases ***    ATTACK    ALLOW_CHANGES
Sensitive Data In Answers
    [Documentation]    No answer holds keys, card numbers or numbers of persons.
    [Tags]    attack:sensitive-data    control:PCI-DSS-3.4.1
    sensitive-data    allow_changes=True

Secrets In Addresses
    [Documentation]    Nothing secret travels in an address.
    [Tags]    attack:secrets-in-urls
    secrets-in-urls

Secrets In Refusals
    [Documentation]    No refusal repeats the password that was sent.
    [Tags]    attack:echoed-secrets
    echoed-secrets    allow_changes=True

Passwords In Answers
    [Documentation]    No answer holds a password of ours.
    [Tags]    attack:own-secrets
    own-secrets    allow_changes=True

Secrets At Rest
    [Documentation]    The files of the store hold no password and no key in clear.
    [Tags]    attack:at-rest    control:HIPAA-164.312    control:PCI-DSS-8.3.2    control:SOC2-CC6.1
    [Template]    NONE
    Stores Should Hold No Plain Secrets

Secrets In Logs
    [Documentation]    The logs hold no password, no token and no key.
    [Tags]    attack:logs    control:SOC2-CC7.2    owasp:A09-2021    owasp:A09-2025
    [Template]    NONE
    Logs Should Hold No Secrets
