*** Settings ***
Documentation       Each state shows on every route, and each option has its effect.
Metadata            Scenario    promises_states_and_options

Library             ApiLibrary
Library             TheodoreLibrary

Test Tags           area:promises    control:SOC2-PI1.3    scenario:promises_states_and_options


*** Test Cases ***
Research Running
    [Documentation]    A running research shows as running on each route, and over a WebSocket, and to another tenant not at all.
    Make Dependency Misbehave    search    delay=20 s
    ${research} =    Start Research    Slack
    Wait Until Keyword Succeeds
    ...    60 s    100 ms    Get Response Field    GET /research/${research.id}    status    ==    running
    Get Response Field    GET /research/${research.id}/progress    percentage    <    100
    Has Not Ended    /research/${research.id}    result
    Event Stream Should Bring    /research/${research.id}/stream    progress
    Websocket Should Bring    /ws/progress/${research.id}    progress_update
    Nobody Else Sees    /research/${research.id}    /progress    /stream

Research Completed
    [Documentation]    A completed research shows as completed.
    ${research} =    Research Company    Slack
    Get Response Field    GET /research/${research.id}    status    ==    completed
    Get Response Field    GET /research/${research.id}/progress    percentage    ==    100

Research Failed
    [Documentation]    A failed research shows as failed, with its reason.
    ${research} =    Research Company    Fake Corp ABC456
    Get Research Status    ${research}    ==    failed
    Get Response Field    GET /research/${research.id}    status    ==    failed
    Get Response Field    GET /research/${research.id}/progress    message    contains    ABC456

Research Cancelled
    [Documentation]    A cancelled research shows as cancelled, ends its stream and its socket, and is not cancelled twice.
    Make Dependency Misbehave    search    delay=20 s
    ${research} =    Start Research    Slack
    Response Field Should Be    DELETE /research/${research.id}    job_id    ${research.id}
    Get Response Field    GET /research/${research.id}    status    ==    cancelled
    Get Response Field    GET /research/${research.id}/progress    message    contains    ancelled
    Event Stream Should Bring    /research/${research.id}/stream    error    ends=True
    Websocket Should Bring    /ws/progress/${research.id}    job_failed
    Get Response Status    DELETE /research/${research.id}    ==    409
    Get Response Field    GET /research/${research.id}    status    ==    cancelled
    Response Should Have Fields    GET /research/${research.id}    completed_at

Research Cancelled Alone
    [Documentation]    A research that is cancelled leaves another at work.
    Make Dependency Misbehave    search    delay=20 s
    ${beside} =    Start Research    Zoom
    ${research} =    Start Research    Slack
    Get Response Status    DELETE /research/${research.id}    ==    200
    Get Response Field    GET /research/${beside.id}    status    validate    value in ("pending", "running")
    Get Response Field    GET /research/${research.id}    status    ==    cancelled

Discovery Running
    [Documentation]    A running discovery shows as running, to another tenant not at all, and can be cancelled.
    Make Dependency Misbehave    search    delay=20 s
    ${id} =    Get Response Field    POST /discover    job_id    body={"company_name": "Stripe"}
    Wait Until Keyword Succeeds    60 s    100 ms    Get Response Field    GET /discover/${id}    status    ==    running
    Get Response Field    GET /discover/${id}/progress    percentage    <    100
    Has Not Ended    /discover/${id}    results
    Nobody Else Sees    /discover/${id}    /progress
    Get Response Field    GET /discover/${id}    status    ==    running
    Response Field Should Be    DELETE /discover/${id}    job_id    ${id}

Discovery Failed
    [Documentation]    A failed discovery shows as failed, with its reason, and is not cancelled any more.
    ${discovery} =    Discover Similar Companies    Fake Corp ABC456
    Get Research Status    ${discovery}    ==    failed
    Get Response Field    GET /discover/${discovery.id}    status    ==    failed
    Get Response Field    GET /discover/${discovery.id}    error    contains    ABC456
    Get Response Field    GET /discover/${discovery.id}/progress    message    contains    ABC456
    Get Response Status    DELETE /discover/${discovery.id}    ==    409

Discovery Completed
    [Documentation]    A completed discovery shows as completed, and is not cancelled any more.
    ${discovery} =    Discover Similar Companies    Figma    limit=2
    Get Response Field    GET /discover/${discovery.id}    status    ==    completed
    Get Response Field    GET /discover/${discovery.id}/progress    percentage    ==    100
    Get Response Status    DELETE /discover/${discovery.id}    ==    409
    Get Response Field    GET /discover/${discovery.id}    status    ==    completed

Discovery Cancelled
    [Documentation]    A cancelled discovery shows as cancelled, and is not cancelled twice.
    Make Dependency Misbehave    search    delay=20 s
    ${id} =    Get Response Field    POST /discover    job_id    body={"company_name": "Stripe"}
    Get Response Status    DELETE /discover/${id}    ==    200
    Get Response Field    GET /discover/${id}    status    ==    cancelled
    Get Response Field    GET /discover/${id}/progress    message    contains    ancelled
    Response Should Have Fields    GET /discover/${id}    completed_at    error
    Get Response Status    DELETE /discover/${id}    ==    409
    Get Response Field    GET /discover/${id}    status    ==    cancelled

Plugin Installed
    [Documentation]    A plugin that was installed is installed, by its status and in the list.
    Get Response Status    POST /plugins/crunchbase-source/install    ==    200    identity=admin
    Get Response Field    GET /plugins/crunchbase-source/status    status    ==    installed
    Get Response Field    GET /plugins?search=crunchbase    plugins.0.status    ==    installed

Plugin Enabled
    [Documentation]    A plugin that was enabled is enabled, by its status and in the list.
    Get Response Status    POST /plugins/crunchbase-source/enable    ==    200    identity=admin
    Get Response Field    GET /plugins/crunchbase-source/status    status    ==    enabled
    Get Response Field    GET /plugins?search=crunchbase    plugins.0.status    ==    enabled

Plugin Disabled
    [Documentation]    A plugin that was disabled is disabled, by its status and in the list.
    Get Response Status    POST /plugins/crunchbase-source/disable    ==    200    identity=admin
    Get Response Field    GET /plugins/crunchbase-source/status    status    ==    disabled
    Get Response Field    GET /plugins?search=crunchbase    plugins.0.status    ==    disabled

Plugin Uninstalled
    [Documentation]    A plugin that was removed is available again, by its status and in the list.
    Get Response Status    DELETE /plugins/crunchbase-source    ==    200    identity=admin
    Get Response Field    GET /plugins/crunchbase-source/status    status    ==    available
    Get Response Field    GET /plugins?search=crunchbase    plugins.0.status    ==    available

Website With Scheme
    [Documentation]    A website with a scheme is read.
    ${research} =    Research Company    Figma    website=https://figma.com
    Given Website Should Be Used    ${research}

Website Without Scheme
    [Documentation]    A website without a scheme is read.
    ${research} =    Research Company    Figma    website=figma.com
    Given Website Should Be Used    ${research}

Website In Another Writing
    [Documentation]    A website is read whatever its scheme is, in capitals, with a path, a query and a port.
    [Template]    Website Is Read
    http://figma.com
    HTTPS://Figma.com/about?of=us
    https://figma.com:443
    Figma.com/about

Deep Analysis
    [Documentation]    A deep analysis is named as such in the record.
    ${research} =    Start Research    Zoom    deep_analysis=True
    Follow Research    ${research}
    Get Research Field    ${research}    research_depth    ==    deep

Configuration Override
    [Documentation]    The provider that a request names does the work.
    ${research} =    Research With Provider    Asana    gemini
    Provider Should Have Answered    ${research}    gemini

Research Included
    [Documentation]    A discovery that includes research reads more of the sites that it finds.
    VAR    ${body} =    ${{ {"company_name": "SAP", "limit": 6, "source_preference": ["web"]} }}
    ${brief} =    Get Response Field    POST /discover    job_id    body=${body}
    ${whole} =    Get Response Field    POST /discover    job_id    body=${{ $body | {"include_research": True} }}
    FOR    ${id}    IN    ${brief}    ${whole}
        Wait Until Keyword Succeeds    60 s    100 ms    Get Response Field    GET /discover/${id}    status    ==    completed
    END
    ${found} =    Get Response Field    GET /discover/${brief}    results
    VAR    ${pages} =    ${{ max(len(match["company"]["data_sources"]) for match in $found) }}
    VAR    ${more} =    max(len(match["company"]["data_sources"]) for match in value) > ${pages} > 0
    Get Response Field    GET /discover/${whole}    results    validate    ${more}

Explanations Left Out
    [Documentation]    A discovery explains nothing where no explanation is requested.
    ${id} =    Get Response Field
    ...    POST /discover    job_id    body={"company_name": "Figma", "limit": 1, "enable_ai_explanations": false}
    Wait Until Keyword Succeeds    60 s    100 ms    Get Response Field    GET /discover/${id}    status    ==    completed
    Get Response Field    GET /discover/${id}    results.0.similarity_explanation    ==    ${NONE}


*** Keywords ***
Nobody Else Sees
    [Documentation]    A job is not there for another tenant, on any of its routes, nor to be cancelled.
    [Arguments]    ${path}    @{routes}
    FOR    ${route}    IN    ${EMPTY}    @{routes}
        Get Response Status    GET ${path}${route}    ==    404    identity=partner
    END
    Get Response Status    DELETE ${path}    ==    404    identity=partner

Has Not Ended
    [Documentation]    A job at work has neither an end nor an error, and nothing of what it will find.
    [Arguments]    ${path}    ${found}
    ${job} =    Send Request    GET ${path}
    FOR    ${field}    IN    completed_at    error
        Get Response Field    ${job}    ${field}    ==    ${NONE}
    END
    Get Response Field    ${job}    ${found}    validate    not value

Website Is Read
    [Documentation]    A research with a website reads that site.
    [Arguments]    ${website}
    ${research} =    Research Company    Figma    website=${website}
    Given Website Should Be Used    ${research}
