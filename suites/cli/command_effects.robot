*** Settings ***
Documentation       Options of exports, backups and plugins take effect: in what is written, and in what the system has.
Metadata            Scenario    command_effects

Library             TheodoreLibrary

Suite Setup         Have Companies

Test Tags           area:cli    control:SOC2-PI1.3


*** Test Cases ***
Industry In CSV
    [Documentation]    With --filter-industry only companies of that industry are written.
    [Tags]    scenario:export_companies
    [Template]    Companies Keep To
    csv    --filter-industry    finance    industry=finance

Industry In JSON
    [Documentation]    With --filter-industry only companies of that industry are written.
    [Tags]    scenario:export_companies
    [Template]    Companies Keep To
    json    --filter-industry    finance    industry=finance

Companies Of A Quality
    [Documentation]    With --min-quality-score only companies of that quality or better are written, beside an industry too.
    [Tags]    scenario:export_companies
    [Template]    Companies Keep To
    csv    --min-quality-score    0.6    --filter-industry    finance    quality=0.6    industry=finance

Backup
    [Documentation]    A backup has all companies, and the finished researches only with --include-cache.
    [Tags]    scenario:export_backup
    ${result} =    Run Theodore Command    export    backup    --backup-path    all.zip
    Backup Of Command Should Have Parts    ${result}    all.zip    companies.json    companies.csv    manifest.json
    ${result} =    Run Theodore Command    export    backup    --backup-path    all.zip    --include-cache
    Backup Of Command Should Have Parts    ${result}    all.zip    companies.json    companies.csv    manifest.json    cache.json

Plugin Is Configured
    [Documentation]    What is configured of one plugin is read back, also when another has been configured since.
    [Tags]    scenario:plugin_configure
    ${result} =    Run Theodore Command    plugin    configure    rate-guard    budget=5    strict=true    identity=admin
    Command Should Succeed    ${result}
    ${other} =    Run Theodore Command    plugin    configure    excel-export    sheet=Companies    identity=admin
    Command Should Succeed    ${other}
    ${shown} =    Run Theodore Command    plugin    configure    rate-guard    --output    json    identity=admin
    Get Command Data    ${shown}    budget    ==    ${5}
    Get Command Data    ${shown}    strict    ==    ${True}
    ${left} =    Run Theodore Command    plugin    configure    rate-guard    --unset    budget    --output    json
    ...    identity=admin
    Get Command Data    ${left}    strict    ==    ${True}
    Get Command Output    ${left}    not contains    budget
    [Teardown]    Forget Settings

Plugin Is Configured By Administrators
    [Documentation]    Who is no administrator does not configure a plugin, and nobody one that there is not.
    [Tags]    scenario:plugin_configure
    ${result} =    Run Theodore Command    plugin    configure    rate-guard    budget=7
    Command Should Fail    ${result}    (403 for
    ${result} =    Run Theodore Command    plugin    configure    no-such-plugin    budget=7    identity=admin
    Command Should Fail    ${result}    no-such-plugin not found


*** Keywords ***
Have Companies
    [Documentation]    Researched companies of two industries, one of them hardly known.
    Research Batch    ${{["Stripe", "Adyen", "Slack", "Local Artisan Bakery"]}}    concurrency=4
    Research Company    Square

Companies Keep To
    [Documentation]    Companies in a format, chosen by an option.
    [Arguments]    ${format}    @{options}    &{expected}
    ${result} =    Run Theodore Command
    ...    export    companies    --format    ${format}    --output    companies.${format}    @{options}
    Command Should Succeed    ${result}
    Companies Of Command Should Keep To    ${result}    companies.${format}    &{expected}

Forget Settings
    [Documentation]    Put the configuration of plugins back, where the command was seen to change it.
    IF    not $TEST_MESSAGE.startswith("NOT EVALUATED")
        Run Theodore Command    plugin    configure    rate-guard    --unset    strict    identity=admin
        Run Theodore Command    plugin    configure    excel-export    --unset    sheet    identity=admin
    END
