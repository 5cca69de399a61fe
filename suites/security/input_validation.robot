*** Settings ***
Documentation       What is sent as a value stays a value: in queries, commands, pages, paths; and there is a limit to everything.
Metadata            Scenario    input_validation

Library             SecurityLibrary

Test Template       API Should Withstand
Test Tags           area:security    owasp:a03-2021    owasp:a05-2025    scenario:input_validation


*** Test Cases ***    ATTACK    ALLOW_CHANGES
SQL Injection
    [Documentation]    A quote, a condition or a pause in a value never reaches the database as SQL.
    [Tags]    control:pci-6.2.4    control:soc2-cc6.6
    sql-injection    allow_changes=True

Command Injection
    [Documentation]    A semicolon in a value never reaches a shell.
    [Tags]    control:pci-6.2.4    control:soc2-cc6.6
    command-injection    allow_changes=True

Template Injection
    [Documentation]    An expression in a value is never computed.
    [Tags]    control:pci-6.2.4    control:soc2-cc6.6
    template-injection    allow_changes=True

Script Injection
    [Documentation]    No page holds a value as markup that a browser would run.
    [Tags]    control:pci-6.2.4    control:soc2-cc6.6
    reflected-xss    allow_changes=True

Path Traversal
    [Documentation]    No value leads to a file of the machine.
    [Tags]    control:pci-6.2.4    control:soc2-cc6.6
    path-traversal    allow_changes=True

Server-Side Request Forgery
    [Documentation]    No address in a value makes the system call an inner address.
    [Tags]    control:soc2-cc6.6    owasp:api7-2023
    ssrf    allow_changes=True

Look-Up Of What Is Logged
    [Documentation]    What is logged is not looked up anywhere.
    [Tags]    control:soc2-cc7.1    penetration
    log4shell    allow_changes=True

Slow Expressions
    [Documentation]    No value keeps a regular expression busy.
    [Tags]    control:soc2-a1.1    owasp:api4-2023
    redos    allow_changes=True

Sizes
    [Documentation]    Texts, bodies and depths have a limit.
    [Tags]    control:soc2-a1.1    owasp:api4-2023
    size-limit    allow_changes=True

Pages
    [Documentation]    Pages have a limit.
    [Tags]    control:soc2-a1.1    owasp:api4-2023
    page-limit    allow_changes=True

Malformed Input
    [Documentation]    What is not valid is refused, and nothing that is sent makes the server fail.
    [Tags]    control:soc2-pi1.2
    server-error    allow_changes=True
