*** Settings ***
Documentation       Each documented option of the command line has its effect in the request that is sent, or in a file.
Metadata            Scenario    command_options

Library             TheodoreLibrary
Library             TestDataLibrary

Test Tags           area:cli    control:SOC2-PI1.2    scenario:command_options


*** Variables ***
# It has no pages, so that its research ends at once.
${UNKNOWN}      Fake Corp ABC456


*** Test Cases ***
Research Options Are Sent
    [Documentation]    Website, time limit and overrides of a research are sent as they were given.
    ${result} =    Run Theodore Command    research    ${UNKNOWN}    fake-corp.example.test    --no-domain-discovery    --timeout
    ...    77    --config-override    depth\=3    --config-override    language\=de    watched=True
    Command Should Have Sent    ${result}    POST /research    company_name=${UNKNOWN}    website=fake-corp.example.test
    ...    timeout_seconds=${77}    config_overrides.skip_domain_discovery=${True}    config_overrides.depth=${3}
    ...    config_overrides.language=de

Values Are Sent As They Are Written
    [Documentation]    Signs that a command line has a use for are part of a value: quotes, commas, equal signs, other scripts.
    VAR    ${name} =    Fake, "Corp" & Söhne; $HOME 株式会社
    ${result} =    Run Theodore Command    research    ${name}    --config-override    note\=a\=b    --config-override
    ...    terms\={"of": ["x=1"]}    watched=True
    Command Should Have Sent    ${result}    POST /research    company_name=${name}    config_overrides.note=a=b
    ...    config_overrides.terms=${{ {"of": ["x=1"]} }}
    ${refused} =    Run Theodore Command    research    ${UNKNOWN}    --config-override    depth    --dry-run
    Command Should Fail    ${refused}    key=value    code=2

Research Defaults Are Sent
    [Documentation]    Without options a research takes at most 60 seconds, looks for the domain itself, and is in the history.
    ...    So is the one before it, after the latest.
    ${result} =    Run Theodore Command    research    ${UNKNOWN}    watched=True
    Command Should Have Sent    ${result}    POST /research    company_name=${UNKNOWN}    website=${NONE}
    ...    timeout_seconds=${60}    config_overrides.skip_domain_discovery=${NONE}
    Run Theodore Command    research    Nonexistent Company XYZ123    folder=${result.folder}
    ${history} =    Run Theodore Command    research    history    --format    json    folder=${result.folder}
    VAR    ${both} =    [entry["company_name"] for entry in json.loads(value) if entry["status"] == "failed"]
    Get Command Output    ${history}    validate    ${both} == ["Nonexistent Company XYZ123", "${UNKNOWN}"]
    VAR    ${zoned} =    all(any(sign in entry["started"][19:] for sign in "+-Z") for entry in json.loads(value))
    Get Command Output    ${history}    validate    ${zoned}

Discovery Options Are Sent
    [Documentation]    Each filter and each choice of a discovery is sent as it was given.
    ${result} =    Run Theodore Command    discover    Stripe    --limit    7    --business-model    saas    --company-size
    ...    large    --industry    finance    --location    Europe    --similarity-threshold    0.35    --source    vector
    ...    --research-discovered    --explain-similarity    watched=True
    Command Should Have Sent    ${result}    POST /discover    company_name=Stripe    limit=${7}    similarity_threshold=${0.35}
    ...    filters.business_model=${{["saas"]}}    filters.company_size=${{["large"]}}    filters.industry=${{["finance"]}}
    ...    filters.location=${{["Europe"]}}    source_preference=${{["vector"]}}    include_research=${True}
    ...    enable_ai_explanations=${True}

Switches Of A Discovery Are Sent One By One
    [Documentation]    Each switch alone sets what it is for, and leaves what the other is for.
    [Template]    Switch Of Discovery Sets
    --research-discovered    include_research=${True}    enable_ai_explanations=${False}
    --explain-similarity    include_research=${False}    enable_ai_explanations=${True}

Discovery Defaults Are Sent
    [Documentation]    Without options ten companies are sought, similar by 0.6, in both sources; --save keeps what was found.
    ${result} =    Run Theodore Command    discover    Stripe    --output    json    --save    found.json    watched=True
    Command Should Have Sent    ${result}    POST /discover    limit=${10}    similarity_threshold=${0.6}
    ...    filters.industry=${NONE}    source_preference=${{["vector", "web"]}}    include_research=${False}
    File Of Command Should Hold Output    ${result}    found.json

Chosen Companies Are Researched
    [Documentation]    --interactive asks on a terminal which of the companies to research, and takes no number that there is not.
    ${result} =    Run Theodore Command    discover    Stripe    --limit    3    --output    json    --interactive    stdin=2\n
    ...    terminal=True    watched=True
    Command Should Succeed    ${result}
    Command Should Have Sent    ${result}    POST /research    company_name=${result.data}[results][1][company][name]
    ${refused} =    Run Theodore Command    discover    Stripe    --limit    3    --output    json    -i    stdin=4\n
    ...    terminal=True
    Command Should Fail    ${refused}    '4'

Discovery On The Web Is Sent
    [Documentation]    --source web looks on the web alone.
    ${result} =    Run Theodore Command    discover    Stripe    --source    web    --dry-run    --output    json
    Get Command Data    ${result}    request.source_preference    ==    ${{["web"]}}

Batch Options Are Sent
    [Documentation]    Each choice of a batch is sent as it was given, and its results are a workbook.
    ${path} =    Create Company File    ${{["Slack"]}}    csv
    ${result} =    Run Theodore Command    batch    research    ${path}    --output    results.xlsx    --format    excel
    ...    --concurrency    7    --timeout    90    --job-name    Quarter    --checkpoint-interval    4    --max-retries    1
    ...    --priority    high    watched=True
    Command Should Have Sent    ${result}    POST /batch/research    output_format=excel    concurrency=${7}    priority=high
    ...    max_retries=${1}    config_overrides.timeout_per_company=${90}    config_overrides.checkpoint_interval=${4}
    ...    config_overrides.job_name=Quarter
    Batch Of Command Should Be Successful    ${result}    results.xlsx    Slack

Cost Is Estimated
    [Documentation]    --cost-estimate says on standard error what the companies of a file cost, at the price that was set.
    ${set} =    Run Theodore Command    config    set    batch.cost_per_company    0.07
    ${path} =    Create Company File    ${{["Slack", "Zoom", "Figma"]}}    csv
    ${result} =    Run Theodore Command    batch    research    ${path}    --cost-estimate    --dry-run    folder=${set.folder}
    Get Command Output    ${result}    contains    0.21    errors=True

Batch Defaults Are Sent
    [Documentation]    Without options a batch works on five companies at once, tries each three times, and writes results.csv.
    ${path} =    Create Company File    ${{["Slack"]}}    csv
    ${result} =    Run Theodore Command    batch    research    ${path}    watched=True
    Command Should Have Sent    ${result}    POST /batch/research    output_format=csv    concurrency=${5}    priority=normal
    ...    max_retries=${2}
    Batch Of Command Should Be Successful    ${result}    results.csv    Slack

Batch Beside Research
    [Documentation]    research batch works on three companies at once, and writes into a folder.
    ${path} =    Create Company File    ${{["Slack"]}}    csv
    ${result} =    Run Theodore Command    research    batch    ${path}    --output-dir    kept    watched=True
    Command Should Have Sent    ${result}    POST /batch/research    concurrency=${3}
    Batch Of Command Should Be Successful    ${result}    kept/results.csv    Slack

Limits Of Options Are Inclusive
    [Documentation]    The last value that is allowed is taken, and the next is a wrong call.
    Option Is Taken Up To    discover    Stripe    --limit    100    101
    Option Is Taken Up To    discover    Stripe    --limit    1    0
    Option Is Taken Up To    discover    Stripe    --similarity-threshold    0    -0.1
    Option Is Taken Up To    discover    Stripe    --similarity-threshold    1    1.1
    FOR    ${command}    IN    research    discover
        Option Is Taken Up To    ${command}    Stripe    --timeout    1    0
        Option Is Taken Up To    ${command}    Stripe    --timeout    3600    3601
    END

Limits Of Options Of A Batch Are Inclusive
    [Documentation]    The last value that is allowed is taken, and the next is a wrong call.
    ${path} =    Create Company File    ${{["Slack"]}}    csv
    FOR    ${option}    ${last}    ${beyond}    IN
    ...    --concurrency    1    0
    ...    --concurrency    20    21
    ...    --max-retries    0    -1
    ...    --max-retries    10    11
    ...    --priority    low    urgent
        Batch Option Is Taken Up To    ${path}    ${option}    ${last}    ${beyond}
    END
    Batch Option Is Taken Up To    ${path}    --timeout    30    29    config_overrides.timeout_per_company
    Batch Option Is Taken Up To    ${path}    --timeout    3600    3601    config_overrides.timeout_per_company
    Batch Option Is Taken Up To    ${path}    --checkpoint-interval    1    0    config_overrides.checkpoint_interval

Times That The System Takes Are Sent
    [Documentation]    A limit of 30 seconds, the least that the system takes, is sent to it; one below is the command's own.
    ${sent} =    Run Theodore Command    research    ${UNKNOWN}    --timeout    30    --dry-run    --output    json
    Get Command Data    ${sent}    request.timeout_seconds    ==    ${30}
    ${own} =    Run Theodore Command    research    ${UNKNOWN}    --timeout    29    --dry-run    --output    json
    Get Command Output    ${own}    not contains    timeout_seconds

Each Choice Of A Discovery Is Sent
    [Documentation]    Each value that an option of a discovery takes is sent as it was given.
    FOR    ${option}    ${value}    ${field}    ${expected}    IN
    ...    --business-model    b2b    filters.business_model    ${{["b2b"]}}
    ...    --business-model    b2c    filters.business_model    ${{["b2c"]}}
    ...    --business-model    marketplace    filters.business_model    ${{["marketplace"]}}
    ...    --business-model    ecommerce    filters.business_model    ${{["ecommerce"]}}
    ...    --company-size    startup    filters.company_size    ${{["startup"]}}
    ...    --company-size    small    filters.company_size    ${{["small"]}}
    ...    --company-size    medium    filters.company_size    ${{["medium"]}}
    ...    --company-size    enterprise    filters.company_size    ${{["enterprise"]}}
    ...    --source    hybrid    source_preference    ${{["vector", "web"]}}
        Choice Is Sent    ${option}    ${value}    ${field}    ${expected}
    END

Short Options Are The Long Ones
    [Documentation]    -o, -f and -v do what --output, --format and --verbose do.
    ${path} =    Create Company File    ${{["Slack"]}}    csv
    ${yaml} =    Run Theodore Command    research    ${UNKNOWN}    --dry-run    -o    yaml
    Get Command Output    ${yaml}    contains    company_name: ${UNKNOWN}
    ${json} =    Run Theodore Command    discover    Stripe    --dry-run    -o    json    -v
    Get Command Data    ${json}    request.company_name    ==    Stripe
    ${batch} =    Run Theodore Command    batch    research    ${path}    -o    ours.csv    -v
    Batch Of Command Should Be Successful    ${batch}    ours.csv    Slack
    ${file} =    Run Theodore Command    export    companies    -f    yaml    -o    all.yaml    watched=True
    Command Should Have Sent    ${file}    POST /export/companies    format=yaml

Each Priority Of A Batch Is Sent
    [Documentation]    The words of the command line for a priority are those of the API.
    ${path} =    Create Company File    ${{["Slack"]}}    csv
    FOR    ${given}    ${sent}    IN    low    low    medium    normal    high    high
        ${result} =    Run Theodore Command    batch    research    ${path}    --priority    ${given}    --dry-run
        Get Command Data    ${result}    request.priority    ==    ${sent}
    END


*** Keywords ***
Option Is Taken Up To
    [Documentation]    An option with its last value, and with one beyond.
    [Arguments]    ${command}    ${argument}    ${option}    ${last}    ${beyond}
    ${taken} =    Run Theodore Command    ${command}    ${argument}    ${option}    ${last}    --dry-run    --output    json
    Command Should Succeed    ${taken}
    ${refused} =    Run Theodore Command    ${command}    ${argument}    ${option}    ${beyond}    --dry-run
    Command Should Fail    ${refused}    ${option}    code=2

Batch Option Is Taken Up To
    [Documentation]    An option of a batch with its last value, and with one beyond.
    [Arguments]    ${path}    ${option}    ${last}    ${beyond}    ${field}=${{ $option.strip("-").replace("-", "_") }}
    ${taken} =    Run Theodore Command    batch    research    ${path}    ${option}    ${last}    --dry-run
    Get Command Data    ${taken}    request.${field}    ==    ${{ int($last) if $last.isdigit() else $last }}
    ${refused} =    Run Theodore Command    batch    research    ${path}    ${option}    ${beyond}    --dry-run
    Command Should Fail    ${refused}    ${option}    code=2

Choice Is Sent
    [Documentation]    An option of a discovery with one of its values, in a request that is not sent.
    [Arguments]    ${option}    ${value}    ${field}    ${expected}
    ${result} =    Run Theodore Command    discover    Stripe    ${option}    ${value}    --dry-run    --output    json
    Get Command Data    ${result}    request.${field}    ==    ${expected}

Switch Of Discovery Sets
    [Documentation]    A switch alone, in a request that is not sent.
    [Arguments]    ${switch}    &{fields}
    ${result} =    Run Theodore Command    discover    Stripe    ${switch}    --dry-run    --output    json
    FOR    ${field}    ${value}    IN    &{fields}
        Get Command Data    ${result}    request.${field}    ==    ${value}
    END
