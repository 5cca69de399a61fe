*** Settings ***
Documentation       Batches and plugins are looked after from the command line, as they are over the API.
Metadata            Scenario    command_jobs

Library             ApiLibrary
Library             TheodoreLibrary

Test Tags           area:cli    control:SOC2-PI1.3    scenario:command_jobs


*** Variables ***
${PLUGIN}       crunchbase-source


*** Test Cases ***
Batches Are Listed
    [Documentation]    A batch is listed beside another as long as it has not ended, paused or not; then --all alone lists it.
    ${batch} =    Have A Batch At Work
    List Names    ${batch}    contains
    Batch Becomes    pause    ${batch}    paused
    List Names    ${batch}    contains
    Batch Becomes    cancel    ${batch}    cancelled
    List Names    ${batch}    not contains
    List Names    ${batch}    contains    --all
    ${whole} =    Run Theodore Command    batch    list-jobs    --all    --verbose    --output    json
    VAR    ${shown} =    all("updated_at" in job for job in json.loads(value))
    Get Command Output    ${whole}    validate    ${shown}

Batch Is Looked After
    [Documentation]    A batch at work is shown as the API has it, paused, resumed and cancelled.
    ${batch} =    Have A Batch At Work
    ${shown} =    Run Theodore Command    batch    status    ${batch.id}    --output    json
    Command Result Should Be Stored    ${shown}
    Batch Becomes    pause    ${batch}    paused
    Batch Becomes    resume    ${batch}    running
    Batch Becomes    cancel    ${batch}    cancelled

Unknown Batch Is Refused
    [Documentation]    What there is not is neither shown nor changed.
    FOR    ${command}    IN    status    pause    resume    cancel
        Unknown Batch    ${command}
    END

Plugin Goes Through Its Life
    [Documentation]    Each step that the command line takes is seen over the API.
    Plugin Becomes    install    installed
    Plugin Becomes    enable    enabled
    Plugin Becomes    reload    enabled
    Plugin Becomes    disable    disabled
    Plugin Becomes    uninstall    available

Plugin Options Are Sent
    [Documentation]    A version and --force are sent as they were given: what is there or in use is installed and removed too.
    ${result} =    Run Theodore Command    plugin    install    ${PLUGIN}    --version    99.0.0    --force    identity=admin
    ...    watched=True
    Command Should Fail    ${result}    99.0.0
    Get Command Output    ${result}    contains    404    errors=True
    Get Response Status    POST /plugins/${PLUGIN}/install    ==    200    identity=admin
    ${result} =    Run Theodore Command    plugin    install    ${PLUGIN}    --force    identity=admin    watched=True
    Command Should Have Sent    ${result}    POST /plugins/${PLUGIN}/install    force=true
    Get Response Status    POST /plugins/${PLUGIN}/enable    ==    200    identity=admin
    ${result} =    Run Theodore Command    plugin    uninstall    ${PLUGIN}    --force    identity=admin    watched=True
    Command Should Have Sent    ${result}    DELETE /plugins/${PLUGIN}    force=true
    Get Response Field    GET /plugins/${PLUGIN}/status    status    ==    available

Unknown Plugin Is Refused
    [Documentation]    A plugin that there is not is neither shown nor changed.
    FOR    ${command}    IN    info    install    enable    disable    uninstall
        ${result} =    Run Theodore Command    plugin    ${command}    no-such-plugin    identity=admin
        Command Should Fail    ${result}    404
    END

Health Is Told
    [Documentation]    plugin health succeeds while the system is healthy, and fails with its reason when a part of it is not.
    ${healthy} =    Run Theodore Command    plugin    health    --output    json
    Command Should Succeed    ${healthy}
    Get Command Data    ${healthy}    status    ==    healthy
    Make Dependency Misbehave    search    status=503
    ${degraded} =    Run Theodore Command    plugin    health    --output    json
    Command Should Fail    ${degraded}    degraded
    Get Command Data    ${degraded}    components.search.status    ==    unhealthy

Address May End With A Slash
    [Documentation]    The address of the system is the same with a slash at its end.
    ${address} =    Run Theodore Command    config    get    api.url
    VAR    &{slashed} =    THEODORE_API_URL=${address.stdout.strip()}/
    ${result} =    Run Theodore Command    plugin    list    --output    json    environment=${slashed}
    Command Should Succeed    ${result}

Plugins Are Listed
    [Documentation]    The list holds each plugin that the API has, by category and status those of them alone.
    Plugins Are    ${EMPTY}
    Plugins Are    category=notification    --category    notification
    Plugins Are    status=available    --status    available
    ${all} =    Get Response Field    GET /plugins?limit=200    plugins
    ${table} =    Run Theodore Command    plugin    list    --output    markdown
    VAR    ${named} =    all(f"| {plugin['name']} |" in value for plugin in ${all})
    Get Command Output    ${table}    validate    ${named}

What Is Listed Is The Same In Each Format
    [Documentation]    Table, YAML and Markdown show what JSON does, of a batch, of lists and of settings.
    ${batch} =    Have A Batch At Work
    Get Response Status    POST /batch/jobs/${batch.id}/pause    ==    200
    Formats Agree    batch    status    ${batch.id}
    ${table} =    Run Theodore Command    batch    status    ${batch.id}
    Get Command Output    ${table}    matches    (?m)^\\W*failed\\W+0\\b
    Formats Agree    batch    list-jobs
    Formats Agree    plugin    list
    Formats Agree    plugin    info    gemini-pro
    Formats Agree    plugin    search    slack
    Formats Agree    config    show

Plugins Are Shown
    [Documentation]    What is searched, shown of one, listed by categories and counted is what the API has.
    ${search} =    Get Response Field    GET /plugins/search?query=slack    results
    Command Shows    ${search}    search    slack
    ${status} =    Send Request    GET /plugins/gemini-pro/status
    Command Shows    ${status.body}    info    gemini-pro
    ${categories} =    Get Response Field    GET /plugins/categories    categories
    Command Shows    ${categories}    discover
    ${all} =    Get Response Field    GET /plugins?limit=200    plugins
    Command Shows    ${{ dict(collections.Counter(plugin["status"] for plugin in $all)) }}    stats


*** Keywords ***
Command Shows
    [Documentation]    A command about plugins writes this as JSON.
    [Arguments]    ${expected}    @{command}
    ${result} =    Run Theodore Command    plugin    @{command}    --output    json
    Command Should Succeed    ${result}
    Get Command Output    ${result}    validate    json.loads(value) == ${expected}

Formats Agree
    [Documentation]    A command in each format.
    [Arguments]    @{command}
    ${json} =    Run Theodore Command    @{command}    --output    json
    FOR    ${form}    IN    table    yaml    markdown
        ${other} =    Run Theodore Command    @{command}    --output    ${form}
        Command Outputs Should Agree    ${json}    ${other}
    END

Have A Batch At Work
    [Documentation]    A batch that is at work until the test ends, however slow the machine is, beside another.
    Make Dependency Misbehave    search    delay=20 s
    Start Batch Research    ${{["Figma"] * 30}}    concurrency=1
    ${batch} =    Start Batch Research    ${{["Slack", "Zoom"] * 15}}    concurrency=1
    RETURN    ${batch}

List Names
    [Documentation]    Whether the list of batches names one.
    [Arguments]    ${batch}    ${operator}    @{options}
    ${listed} =    Run Theodore Command    batch    list-jobs    @{options}
    Command Should Succeed    ${listed}
    Get Command Output    ${listed}    ${operator}    ${batch.id}

Batch Becomes
    [Documentation]    The state of a batch by the API, after a command.
    [Arguments]    ${command}    ${batch}    ${state}
    ${result} =    Run Theodore Command    batch    ${command}    ${batch.id}
    Command Should Succeed    ${result}
    Get Response Field    GET /batch/jobs/${batch.id}    status    ==    ${state}

Unknown Batch
    [Documentation]    A command about a batch that there is not.
    [Arguments]    ${command}
    ${result} =    Run Theodore Command    batch    ${command}    batch_0123456789abcdef
    Command Should Fail    ${result}    404

Plugin Becomes
    [Documentation]    The state of the plugin by the API, after a command of an administrator.
    [Arguments]    ${command}    ${state}
    ${result} =    Run Theodore Command    plugin    ${command}    ${PLUGIN}    identity=admin
    Command Should Succeed    ${result}
    Get Response Field    GET /plugins/${PLUGIN}/status    status    ==    ${state}

Plugins Are
    [Documentation]    The names that the command line lists are those of the API.
    [Arguments]    ${query}    @{options}
    ${expected} =    Get Response Field    GET /plugins?limit=200&${query}    plugins
    ${result} =    Run Theodore Command    plugin    list    --output    json    @{options}
    VAR    ${names} =    ${{ sorted(plugin["name"] for plugin in $expected) }}
    VAR    ${same} =    sorted(plugin["name"] for plugin in json.loads(value)) == ${names}
    Get Command Output    ${result}    validate    ${same}
