*** Settings ***
Documentation       What a system is made of has no version that is known to be critically vulnerable.
Metadata            Scenario    dependencies

Library             SecurityLibrary

Test Template       System Should Have No Vulnerable Dependencies
Test Tags           area:security    gate:dependency-vulnerabilities    owasp:A03-2025    owasp:A06-2021    scenario:dependencies


*** Test Cases ***    AT_MOST
Packages Of Theodore
    [Documentation]    No package of the lock file, the SBOM or the image has a critical vulnerability.
    at_most=high

Packages Of The Platform
    [Documentation]    The same of PromptCraft.
    [Tags]    -system:theodore    system:promptcraft
    at_most=high
