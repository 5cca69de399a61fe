*** Settings ***
Documentation       Administration is for administrators, and does what it says; metrics count what happens.
Metadata            Scenario    administration

Library             TheodoreLibrary

Test Tags           area:administration    control:SOC2-CC6.3    scenario:administration


*** Test Cases ***
Only Administrators Administer
    [Documentation]    Each administrative operation is refused to an ordinary user and has no effect.
    Administration Should Need An Administrator    user=analyst    administrator=admin

Configuration Can Be Changed
    [Documentation]    What may be changed is changed and shown; the rest is refused.
    Configuration Should Be Changeable    administrator=admin

Components Can Be Restarted
    [Documentation]    Exactly the named components are restarted.
    Components Should Be Restartable    search    plugins    administrator=admin

Plugin Goes Through Its Life
    [Documentation]    Installed, enabled, disabled, removed: each step where it is allowed and nowhere else.
    Plugin Should Go Through Its Life    crunchbase-source    administrator=admin

Plugins Come In Pages
    [Documentation]    The pages together are the whole list, each plugin once.
    Plugins Should Be Listed In Pages    page=3

Running Jobs Are Reported
    [Documentation]    Health, metrics and status count a research while it runs, and not any more after it.
    [Tags]    control:SOC2-CC7.2
    Running Jobs Should Be Reported    Slack

Metrics Count
    [Documentation]    Successes and failures are counted, no more and no less.
    [Tags]    control:SOC2-CC7.2
    Metrics Should Count What Happens    requests=5
