*** Settings ***
Documentation       Settings of the command line: what is set is used, named with its source, checked and forgotten.
Metadata            Scenario    command_settings

Library             TheodoreLibrary

Test Tags           area:cli    control:SOC2-PI1.2    scenario:command_settings


*** Test Cases ***
Setting Is Read And Used
    [Documentation]    What was set is read by config get with its source, and used by the command that it is for.
    ...    So are the form of output, the time and the likeness, where no option says otherwise.
    ${set} =    Run Theodore Command    config    set    discover.limit    23
    ${got} =    Run Theodore Command    config    get    discover.limit    --show-source    folder=${set.folder}
    Get Command Output    ${got}    ==    23
    Get Command Output    ${got}    contains    config.yml    errors=True
    Settings Are Used    ${set.folder}

Setting Leaves The Others
    [Documentation]    What is set changes nothing that was set before.
    ${set} =    Run Theodore Command    config    set    discover.limit    23
    Run Theodore Command    config    set    output.format    json    folder=${set.folder}
    Setting Is    discover.limit    23    ${set.folder}
    Setting Is    output.format    json    ${set.folder}

Default Has Its Source
    [Documentation]    A setting that nobody has set is named as a default.
    ${got} =    Run Theodore Command    config    get    research.timeout    --show-source
    Get Command Output    ${got}    ==    60
    Get Command Output    ${got}    contains    default    errors=True

Setting In The Environment Comes First
    [Documentation]    A variable of the environment is used in place of the file, and named.
    ${set} =    Run Theodore Command    config    set    api.url    http://127.0.0.1:9
    ${got} =    Run Theodore Command    config    get    api.url    --show-source    folder=${set.folder}
    Get Command Output    ${got}    not contains    127.0.0.1:9
    Get Command Output    ${got}    contains    environment    errors=True

API Key Is Used
    [Documentation]    An API key in its variable or among the settings opens the system, and a wrong one does not.
    ...    Of two keys the one in the variable counts.
    Command Should Use Api Key    batch    list-jobs    setting=credentials.api_key

Name And Password Are Used
    [Documentation]    Name and password among the settings open the system, and a wrong password does not.
    Command Should Use Name And Password    batch    list-jobs    username=credentials.username    password=credentials.password

Unknown Setting Is Refused
    [Documentation]    A setting that there is not is a wrong call.
    ${result} =    Run Theodore Command    config    set    discover.limits    5
    Command Should Fail    ${result}    discover.limits    code=2
    ${result} =    Run Theodore Command    config    get    discover.limits
    Command Should Fail    ${result}    discover.limits    code=2

Setting Keeps To Its Limits
    [Documentation]    A value beyond what the option takes is refused, the last one is kept.
    ${set} =    Run Theodore Command    config    set    discover.limit    100
    ${refused} =    Run Theodore Command    config    set    discover.limit    101    folder=${set.folder}
    Command Should Fail    ${refused}    discover.limit    code=2
    ${got} =    Run Theodore Command    config    get    discover.limit    folder=${set.folder}
    Get Command Output    ${got}    ==    100

Settings Take Both Ends
    [Documentation]    The first and the last value of each setting with limits is taken, and what lies beyond is refused.
    FOR    ${key}    ${last}    ${beyond}    IN
    ...    discover.limit    1    0
    ...    discover.limit    100    101
    ...    discover.similarity_threshold    0    2
    ...    discover.similarity_threshold    1    1.01
    ...    batch.concurrency    1    0
    ...    batch.concurrency    20    21
    ...    research.timeout    30    0
    ...    research.timeout    3600    3601
        Setting Is Taken Up To    ${key}    ${last}    ${beyond}
    END

Settings Take Each Form
    [Documentation]    Each form of output is taken as a setting, and a price that is a number; what is neither is refused.
    FOR    ${key}    ${last}    ${beyond}    IN
    ...    output.format    table    pdf
    ...    output.format    json    JSON,yaml
    ...    output.format    yaml    xml
    ...    output.format    markdown    ${EMPTY}
    ...    batch.cost_per_company    0.1    cheap
    ...    discover.limit    20    7.5
        Setting Is Taken Up To    ${key}    ${last}    ${beyond}
    END

Reset Forgets All But The Credentials
    [Documentation]    config reset wants a confirmation, forgets what was set, and keeps credentials where an option says so.
    ${set} =    Run Theodore Command    config    set    discover.limit    20
    Run Theodore Command    config    set    credentials.username    somebody    folder=${set.folder}
    ${asked} =    Run Theodore Command    config    reset    folder=${set.folder}
    Command Should Fail    ${asked}    --confirm    code=2
    Run Theodore Command    config    reset    --confirm    --keep-credentials    folder=${set.folder}
    Setting Is    discover.limit    10    ${set.folder}
    Setting Is    credentials.username    somebody    ${set.folder}
    Run Theodore Command    config    reset    --confirm    folder=${set.folder}
    Setting Is    credentials.username    ${EMPTY}    ${set.folder}

Settings Are Checked
    [Documentation]    config validate takes settings of its own, and ends with exit code 1 where a value cannot be used.
    ${init} =    Run Theodore Command    config    init
    ${valid} =    Run Theodore Command    config    validate    folder=${init.folder}
    Command Should Succeed    ${valid}
    Spoil Settings    ${init.folder}
    ${wrong} =    Run Theodore Command    config    validate    folder=${init.folder}
    Command Should Fail    ${wrong}    discover.limit
    Write Settings    ${init.folder}    discover.limits: 5
    ${unknown} =    Run Theodore Command    config    validate    folder=${init.folder}
    Command Should Fail    ${unknown}    discover.limits

Settings Are Not Overwritten
    [Documentation]    config init leaves a file alone that is there, unless an option says to overwrite it; -o names another one.
    ${set} =    Run Theodore Command    config    set    discover.limit    20
    ${refused} =    Run Theodore Command    config    init    folder=${set.folder}
    Command Should Fail    ${refused}    --force
    Setting Is    discover.limit    20    ${set.folder}
    Run Theodore Command    config    init    --force    folder=${set.folder}
    Setting Is    discover.limit    10    ${set.folder}
    ${written} =    Run Theodore Command    config    get    batch.concurrency    --show-source    folder=${set.folder}
    Get Command Output    ${written}    contains    config.yml    errors=True
    ${other} =    Run Theodore Command    config    init    --output    other.yml    folder=${set.folder}
    File Of Command Should Be Private    ${other}    other.yml


*** Keywords ***
Settings Are Used
    [Documentation]    Settings are used in place of options, and an option in place of a setting.
    [Arguments]    ${folder}
    Write Settings    ${folder}    discover.limit: 23    discover.similarity_threshold: 0.35    output.format: json
    ...    research.timeout: 77
    ${dry} =    Run Theodore Command    discover    Stripe    --dry-run    folder=${folder}
    Get Command Data    ${dry}    request.limit    ==    ${23}
    Get Command Data    ${dry}    request.similarity_threshold    ==    ${0.35}
    ${dry} =    Run Theodore Command    research    Slack    --dry-run    folder=${folder}
    Get Command Data    ${dry}    request.timeout_seconds    ==    ${77}
    ${given} =    Run Theodore Command    research    Slack    --timeout    55    --output    yaml    --dry-run
    ...    folder=${folder}
    Get Command Output    ${given}    contains    timeout_seconds: 55

Setting Is Taken Up To
    [Documentation]    A setting with a value that it takes, and with one beyond, which leaves it as it was.
    [Arguments]    ${key}    ${last}    ${beyond}
    ${set} =    Run Theodore Command    config    set    ${key}    ${last}
    ${refused} =    Run Theodore Command    config    set    ${key}    ${beyond}    folder=${set.folder}
    Command Should Fail    ${refused}    ${key}    code=2
    ${got} =    Run Theodore Command    config    get    ${key}    folder=${set.folder}
    Get Command Output    ${got}    validate    value.strip() in ("${last}", "${last}.0")

Setting Is
    [Documentation]    A setting, without what the environment says of it.
    [Arguments]    ${key}    ${value}    ${folder}
    VAR    &{bare} =    THEODORE_USERNAME=${EMPTY}
    ${got} =    Run Theodore Command    config    get    ${key}    environment=${bare}    folder=${folder}
    Get Command Output    ${got}    ==    ${value}

Spoil Settings
    [Documentation]    Write a value that cannot be used into the file of settings.
    [Arguments]    ${folder}
    Write Settings    ${folder}    discover.limit: many

Write Settings
    [Documentation]    Write the file of settings anew.
    [Arguments]    ${folder}    @{lines}
    Evaluate    pathlib.Path($folder, ".theodore", "config.yml").write_text("\\n".join($lines) + "\\n")    modules=pathlib
