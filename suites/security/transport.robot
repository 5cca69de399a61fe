*** Settings ***
Documentation       What travels is encrypted, by versions and ciphers that are still well, with a certificate that is right.
Metadata            Scenario    transport

Library             SecurityLibrary

Test Tags           area:security    control:CIS-3.10    control:HIPAA-164.312    control:NIST-800-53-SC-8
...                 control:PCI-DSS-4.2.1    control:SOC2-CC6.7    owasp:A02-2021    owasp:A04-2025    scenario:transport


*** Test Cases ***
Encryption On The Way
    [Documentation]    TLS 1.2 and later, no weak cipher, a valid certificate, and browsers are asked to stay.
    [Tags]    attack:hsts    attack:tls-certificate    attack:tls-versions
    Transport Should Be Encrypted
