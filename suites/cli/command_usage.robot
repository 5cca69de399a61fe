*** Settings ***
Documentation       Help, version and settings, and what a wrong call is answered.
Metadata            Scenario    command_usage

Library             TheodoreLibrary

Test Tags           area:cli    control:SOC2-PI1.2


*** Test Cases ***
Help Names All Commands
    [Documentation]    --help names the six commands.
    [Tags]    scenario:help_command
    [Template]    Help Names
    research    discover    batch    export    config    plugin

Research Help
    [Documentation]    The help of research names its options and their defaults.
    [Tags]    scenario:research_help
    [Template]    Help Of Command Names
    research    COMPANY_NAME    WEBSITE    --output=table    --no-domain-discovery    --timeout=60    --save    --config-override
    ...    batch    history

Discover Help
    [Documentation]    The help of discover names its options and their defaults.
    [Tags]    scenario:discover_help
    [Template]    Help Of Command Names
    discover    --limit=10    --output=table    --business-model    --company-size    --industry    --location
    ...    --similarity-threshold=0.6    --source=hybrid    --interactive    --research-discovered    --save
    ...    --explain-similarity    --timeout=45

Config Help
    [Documentation]    The help of config names its commands.
    [Tags]    scenario:config_help
    [Template]    Help Of Command Names
    config    show    set    get    reset    validate    init

Batch Help
    [Documentation]    The help of batch names its commands.
    [Tags]    scenario:batch_help
    [Template]    Help Of Command Names
    batch    research    list-jobs    status    cancel    pause    resume

Help Of A Batch
    [Documentation]    The help of a batch names its options and their defaults.
    [Tags]    scenario:batch_help
    ${result} =    Run Theodore Command    batch    research    --help
    Command Help Should Name    ${result}    --output=results.csv    --format=csv    --concurrency=5    --timeout=120
    ...    --job-name    --checkpoint-interval=10    --cost-estimate    --dry-run    --max-retries=2    --priority=medium

Export Help
    [Documentation]    The help of export names its commands.
    [Tags]    scenario:export_help
    [Template]    Help Of Command Names
    export    companies    report    backup    formats

Help Of An Export
    [Documentation]    The help of each export names its options and their defaults.
    [Tags]    scenario:export_help
    [Template]    Help Of Subcommand Names
    export companies    --format=json    --output    --filter-industry    --min-quality-score
    export report    --format=json    --output    --include-similar
    export backup    --backup-path=theodore_backup.zip    --include-cache

Help Beside Research
    [Documentation]    The help of the commands beside research names their options and their defaults.
    [Tags]    scenario:research_help
    [Template]    Help Of Subcommand Names
    research batch    --output-dir=results    --parallel=3
    research history    --format=table

Plugin Help
    [Documentation]    The help of plugin names its commands.
    [Tags]    scenario:help_command
    [Template]    Help Of Command Names
    plugin    list    search    discover    install    uninstall    enable    disable    reload    configure    health    info
    ...    stats

Version Is The System's
    [Documentation]    --version names the version that the API has.
    [Tags]    scenario:version_command
    ${result} =    Run Theodore Command    --version
    Command Should Succeed    ${result}
    Command Output Should Hold    ${result}    GET /version    version

Default Settings Are Listed
    [Documentation]    config show lists the defaults of the contract without a file of settings.
    [Tags]    scenario:config_list_default
    ${result} =    Run Theodore Command    config    show    --output    json
    Command Should Succeed    ${result}
    Get Command Data    ${result}    research.timeout    ==    ${60}
    Get Command Data    ${result}    discover.limit    ==    ${10}
    Get Command Data    ${result}    discover.similarity_threshold    ==    ${0.6}
    Get Command Data    ${result}    output.format    ==    table

Unknown Command Is Refused
    [Documentation]    A command that there is not is a wrong call.
    [Tags]    scenario:invalid_command
    [Template]    Call Is Refused
    No such command 'resurch'    resurch    Salesforce

Nobody Is Refused
    [Documentation]    Without an identity a command that needs one fails, says how it is named, and writes no file.
    [Tags]    scenario:missing_arguments
    Nobody Is Served    research    Slack
    Nobody Is Served    discover    Slack
    Nobody Is Served    batch    list-jobs
    Nobody Is Served    plugin    list
    Nobody Is Served    export    companies    --output    all.json

Missing Argument Is Refused
    [Documentation]    research without a company is a wrong call.
    [Tags]    scenario:missing_arguments
    [Template]    Call Is Refused
    COMPANY_NAME    research
    COMPANY_NAME    discover
    INPUT_FILE    batch    research
    JOB    batch    status
    VALUE    config    set    discover.limit
    --output    export    companies

Blank Name Is Refused
    [Documentation]    A company without a name is a wrong call.
    [Tags]    scenario:missing_arguments
    [Template]    Call Is Refused
    COMPANY_NAME    research    ${SPACE * 3}
    COMPANY_NAME    discover    ${SPACE * 3}

Option Without What It Needs Is Refused
    [Documentation]    An option that needs a website, or a terminal, is a wrong call without it.
    [Tags]    scenario:missing_arguments
    [Template]    Call Is Refused
    WEBSITE    research    Slack    --no-domain-discovery
    terminal    discover    Stripe    --interactive

Invalid Value Is Refused
    [Documentation]    A similarity above 1 is a wrong call.
    [Tags]    scenario:invalid_option_value
    [Template]    Call Is Refused
    --similarity-threshold    discover    Stripe    --similarity-threshold    1.5
    --source    discover    Stripe    --source    all
    --output    research    Slack    --output    pdf
    --format    export    companies    --output    all.pdf    --format    pdf
    --format    export    report    Slack    --output    slack.csv    --format    csv
    --min-quality-score    export    companies    --output    all.json    --min-quality-score    1.01
    --min-quality-score    export    companies    --output    all.json    --min-quality-score    -0.01

Help Is Quick Without The System
    [Documentation]    Help comes within five seconds where the system does not answer: it has no need of it.
    [Tags]    scenario:help_response_time
    ${result} =    Run Theodore Command    --help    environment=${{ {'THEODORE_API_URL': 'http://127.0.0.1:9'} }}
    Command Help Should Name    ${result}    research    discover
    Command Should End Within    ${result}    5 s


*** Keywords ***
Help Names
    [Documentation]    What the help of the command line names.
    [Arguments]    @{words}
    ${result} =    Run Theodore Command    --help
    Command Help Should Name    ${result}    @{words}

Help Of Command Names
    [Documentation]    What the help of a command names.
    [Arguments]    ${command}    @{words}
    ${result} =    Run Theodore Command    ${command}    --help
    Command Help Should Name    ${result}    @{words}

Help Of Subcommand Names
    [Documentation]    What the help of a command of a group names.
    [Arguments]    ${command}    @{words}
    VAR    @{parts} =    @{{ $command.split() }}
    ${result} =    Run Theodore Command    @{parts}    --help
    Command Help Should Name    ${result}    @{words}

Nobody Is Served
    [Documentation]    A command without an identity.
    [Arguments]    @{command}
    ${result} =    Run Theodore Command    @{command}    identity=NOBODY
    Command Should Fail    ${result}    THEODORE_USERNAME

Call Is Refused
    [Documentation]    A wrong call ends with exit code 2, and says why on standard error.
    [Arguments]    ${message}    @{arguments}
    ${result} =    Run Theodore Command    @{arguments}
    Command Should Fail    ${result}    ${message}    code=2
