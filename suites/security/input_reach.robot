*** Settings ***
Documentation       What is sent reaches no shell, no file and no other machine.
Metadata            Scenario    input_reach

Library             SecurityLibrary

Test Template       API Should Withstand
Test Tags           area:security    control:CIS-16.10    control:NIST-800-53-SI-10    owasp:A03-2021    owasp:A05-2025
...                 scenario:input_reach


*** Test Cases ***    ATTACK    ALLOW_CHANGES
Command Injection
    [Documentation]    A semicolon in a value never reaches a shell.
    [Tags]    attack:command-injection    control:PCI-DSS-6.2.4    control:SOC2-CC6.6    penetration
    command-injection    allow_changes=True

Path Traversal
    [Documentation]    No value leads to a file of the machine.
    [Tags]    attack:path-traversal    control:PCI-DSS-6.2.4    control:SOC2-CC6.6
    path-traversal    allow_changes=True

Header Injection
    [Documentation]    A line break in a value begins no header of the answer.
    [Tags]    attack:header-injection    control:SOC2-CC6.6
    header-injection    allow_changes=True

Server-Side Request Forgery
    [Documentation]    No address in a value makes the system call an inner address.
    [Tags]    attack:ssrf    control:SOC2-CC6.6    owasp:API7-2023    penetration
    ssrf    allow_changes=True

Look-Up Of What Is Logged
    [Documentation]    What is logged is not looked up anywhere.
    [Tags]    attack:log4shell    control:SOC2-CC7.1    penetration
    log4shell    allow_changes=True
